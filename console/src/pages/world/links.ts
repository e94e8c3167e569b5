import { computed, signal } from '@preact/signals'
import type { LinkState } from '../../../../src/admin/wire.ts'
import { regionOf } from '../../../../src/base/account-region.ts'
import { concernsLink, concernsRegion } from '../../state/faults.ts'
import { history, nameOf } from '../../state/history.ts'
import { faults, regions, replication } from '../../state/server.ts'

/** One direction between two Regions, over all tables or one. */
export interface WorldLink {
  readonly from: string
  readonly to: string
  /** `idle`: no table is replicated over it. */
  readonly state: LinkState['state'] | 'idle'
  readonly reason: string | undefined
  readonly tables: number
  readonly lagP50Ms: number | null
  readonly lagP99Ms: number | null
  readonly pending: number
  readonly oldestPendingMs: number | null
  /** What waits there waits longer than changes usually take. */
  readonly isBehind: boolean
  /** Changes that arrived between the last two looks. */
  readonly arrived: number
}

/** Undefined: all tables. */
export const shownTable = signal<string | undefined>(undefined)

/** The Regions that are awake, by the names that AWS gives them. */
export const awakeRegions = computed(() => [...new Set(regions.value.map(({ name }) => regionOf(name)))])

export const worldLinks = computed<readonly WorldLink[]>(() => {
  const names = awakeRegions.value
  const found = new Map<string, LinkState[]>()
  const arrivedByPair = new Map<string, number>()
  for (const { table, links } of replication.value?.tables ?? []) {
    if (shownTable.value !== undefined && table !== shownTable.value) continue
    for (const link of links) {
      const pair = `${regionOf(link.from)} ${regionOf(link.to)}`
      found.set(pair, [...(found.get(pair) ?? []), link])
      const arrived = history.value.get(nameOf(table, link))?.points.at(-1)?.arrived ?? 0
      arrivedByPair.set(pair, (arrivedByPair.get(pair) ?? 0) + arrived)
    }
  }
  return names.flatMap((from) =>
    names
      .filter((to) => to !== from)
      .map((to) => join(from, to, found.get(`${from} ${to}`) ?? [], arrivedByPair.get(`${from} ${to}`) ?? 0)),
  )
})

/** The worst of what the tables say: that is what one wants to see. */
function join(from: string, to: string, links: readonly LinkState[], arrived: number): WorldLink {
  const worst = (values: readonly (number | null)[]): number | null =>
    values.reduce((most, value) => (value === null ? most : Math.max(most ?? 0, value)), null)
  return {
    from,
    to,
    state: stateOf(from, to, links),
    reason: links.find(({ reason }) => reason !== undefined)?.reason,
    tables: links.length,
    lagP50Ms: worst(links.map(({ lagP50Ms }) => lagP50Ms)),
    lagP99Ms: worst(links.map(({ lagP99Ms }) => lagP99Ms)),
    pending: links.reduce((sum, { pending }) => sum + (pending ?? 0), 0),
    oldestPendingMs: worst(links.map(({ oldestPendingMs }) => oldestPendingMs)),
    isBehind: links.some(({ oldestPendingMs, lagP99Ms }) => (oldestPendingMs ?? 0) > Math.max(2 * (lagP99Ms ?? 0), behindMsMin)),
    arrived,
  }
}

/** Less is no delay that anybody notices; a link of the profile `lesson` takes up to three seconds. */
const behindMsMin = 3500

/** Faults are told at once, the state of links with the next look. */
function stateOf(from: string, to: string, links: readonly LinkState[]): WorldLink['state'] {
  const isCut = faults.value.some(
    (fault) =>
      (fault.kind === 'partition' && concernsLink(fault, from, to)) ||
      ((fault.kind === 'pause' || fault.kind === 'outage' || fault.kind === 'crash') &&
        (concernsRegion(fault, from) || concernsRegion(fault, to))),
  )
  if (isCut || links.some(({ state }) => state === 'down')) return 'down'
  if (links.some(({ state }) => state === 'stalled')) return 'stalled'
  return links.length === 0 ? 'idle' : 'up'
}
