import { useShortcuts } from '../../keys.ts'
import { Loading } from '../../parts/states.tsx'
import { connection, regions, replicas } from '../../state/server.ts'
import { ActiveFaults } from './active-faults.tsx'
import { Inspector } from './inspector.tsx'
import { LinkTable } from './link-table.tsx'
import { awakeRegions, shownTable, worldLinks } from './links.ts'
import { WorldMap } from './map.tsx'
import { Presets } from './presets.tsx'
import { select, selection } from './selection.ts'
import { Timelines } from './timelines.tsx'
import './world.css'

/** The Regions on a map, how they replicate, and everything that can be broken. */
export default function World() {
  useShortcuts([
    { keys: 'n', label: 'Next Region on the map', run: () => nextRegion(1) },
    { keys: 'p', label: 'Previous Region on the map', run: () => nextRegion(-1) },
    { keys: 'Escape', label: 'Let go of what was picked', run: () => select(undefined) },
  ])
  if (regions.value.length === 0 && connection.value !== 'live') return <Loading what="Waiting for the server" />
  return (
    <div class="world">
      <h1 class="visually-hidden">World</h1>
      <div class="stack">
        <div class="card map-card">
          <div class="map-head">
            <TablePicker />
            <Legend />
          </div>
          <WorldMap />
          {replicas.value.length === 0 && (
            <p class="map-hint">No table has replicas yet, so nothing travels. Replicas are added to a table under Tables.</p>
          )}
        </div>
        <LinkTable />
      </div>
      <div class="stack side">
        <Inspector />
        <ActiveFaults />
        <Presets />
        <Timelines />
      </div>
    </div>
  )
}

function nextRegion(step: number): void {
  const names = awakeRegions.value
  const picked = selection.value
  const at = picked?.kind === 'region' ? names.indexOf(picked.name) : step > 0 ? -1 : 0
  const name = names[(at + step + names.length) % names.length]
  if (name !== undefined) select({ kind: 'region', name })
}

function TablePicker() {
  const tables = replicas.value.map(({ table }) => table)
  return (
    <label class="row small">
      <span class="quiet">Table</span>
      <select
        value={shownTable.value ?? ''}
        onChange={(event) => (shownTable.value = event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
      >
        <option value="">all</option>
        {tables.map((table) => (
          <option key={table} value={table}>
            {table}
          </option>
        ))}
      </select>
    </label>
  )
}

function Legend() {
  const pending = worldLinks.value.reduce((sum, link) => sum + link.pending, 0)
  return (
    <ul class="legend" aria-label="Legend">
      <li data-as="up">replicating</li>
      <li data-as="behind">changes waiting</li>
      <li data-as="down">cut</li>
      <li class="quiet">{pending === 0 ? 'nothing pending' : `${pending.toLocaleString('en-US')} pending`}</li>
    </ul>
  )
}
