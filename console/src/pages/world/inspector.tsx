import type { ComponentChildren } from 'preact'
import { useId, useState } from 'preact/hooks'
import type { FaultBody, FaultReport } from '../../../../src/admin/wire.ts'
import { regionOf } from '../../../../src/base/account-region.ts'
import { count, duration } from '../../format.ts'
import { RegionName } from '../../parts/region-name.tsx'
import { placeByRegion } from '../../region-places.ts'
import { concernsLink, concernsRegion, heal, inject } from '../../state/faults.ts'
import { faults, regions } from '../../state/server.ts'
import { awakeRegions, worldLinks } from './links.ts'
import { select, selection } from './selection.ts'

/** What can be done to what was picked on the map. */
export function Inspector() {
  const picked = selection.value
  if (picked === undefined) return <Hint />
  return picked.kind === 'region' ? (
    <OfRegion key={picked.name} name={picked.name} />
  ) : (
    <OfLink key={`${picked.from} ${picked.to}`} from={picked.from} to={picked.to} />
  )
}

function Hint() {
  return (
    <section class="card">
      <div class="body stack-2">
        <h2>Break something</h2>
        <p class="quiet small">Pick a Region or a link on the map, or here:</p>
        <div class="row">
          {awakeRegions.value.map((name) => (
            <button key={name} type="button" class="small-button" onClick={() => select({ kind: 'region', name })}>
              <RegionName name={name} />
            </button>
          ))}
        </div>
      </div>
    </section>
  )
}

function OfRegion({ name }: { readonly name: string }) {
  const [durationMs, setDuration] = useState<number | undefined>(60_000)
  const [skewMs, setSkew] = useState(5000)
  const [rate, setRate] = useState(1)
  const [slowMs, setSlow] = useState(500)
  const state = regions.value.find((region) => regionOf(region.name) === name)
  const here = faults.value.filter((fault) => concernsRegion(fault, name))
  const lasting = durationMs === undefined ? {} : { durationMs }
  const breakWith = (fault: FaultBody): void => void inject({ ...fault, ...lasting })
  return (
    <Frame title={<RegionName name={name} />} sub={placeByRegion[name] ?? ''} here={here}>
      <dl class="facts">
        <div>
          <dt>Status</dt>
          <dd>
            <span class={`tag ${state?.status === 'running' ? 'good' : 'bad'}`}>{state?.status ?? 'unknown'}</span>
          </dd>
        </div>
        <div>
          <dt>Clock</dt>
          <dd>
            {state === undefined || state.clockOffsetMs === 0
              ? 'true'
              : `${state.clockOffsetMs > 0 ? '+' : ''}${duration(state.clockOffsetMs)}`}
          </dd>
        </div>
      </dl>
      <Lasting value={durationMs} onChange={setDuration} />
      <Group title="Replication and reach">
        <Act label="Pause" hint="no replication in or out; its clients are served" run={() => breakWith({ kind: 'pause', region: name })} />
        <Act label="Outage" hint="nobody can reach it" run={() => breakWith({ kind: 'outage', region: name })} />
        <Act
          label="Crash"
          hint={`killed without a flush; recovers from disk ${durationMs === undefined ? 'at once' : 'afterwards'}`}
          run={() => breakWith({ kind: 'crash', region: name })}
        />
      </Group>
      <Group title="Clock">
        <Amount label="How far ahead, ms" value={skewMs} min={-600_000} max={600_000} step={1000} onChange={setSkew} />
        <Act
          label="Skew"
          hint={`${skewMs >= 0 ? '+' : ''}${duration(skewMs)}`}
          run={() => breakWith({ kind: 'skew', region: name, ms: skewMs })}
        />
      </Group>
      <Group title="Requests of clients">
        <label class="amount">
          <span>Which part</span>
          <select value={String(rate)} onChange={(event) => setRate(Number(event.currentTarget.value))}>
            {[1, 0.5, 0.2, 0.05].map((part) => (
              <option key={part} value={String(part)}>
                {part * 100} %
              </option>
            ))}
          </select>
        </label>
        <Amount label="Slower by, ms" value={slowMs} min={1} max={60_000} step={100} onChange={setSlow} />
        <Act label="Throttle" hint="throughput exceeded" run={() => breakWith({ kind: 'throttle', region: name, rate })} />
        <Act label="Fail" hint="internal errors" run={() => breakWith({ kind: 'error', region: name, rate })} />
        <Act label="Slow" hint="answers come later" run={() => breakWith({ kind: 'slow', region: name, rate, p50Ms: slowMs })} />
      </Group>
    </Frame>
  )
}

function OfLink({ from, to }: { readonly from: string; readonly to: string }) {
  const [durationMs, setDuration] = useState<number | undefined>(60_000)
  const [ms, setMs] = useState(2000)
  const here = faults.value.filter((fault) => concernsLink(fault, from, to))
  const links = worldLinks.value.filter((link) => (link.from === from && link.to === to) || (link.from === to && link.to === from))
  const lasting = durationMs === undefined ? {} : { durationMs }
  const breakWith = (fault: FaultBody): void => void inject({ ...fault, ...lasting })
  return (
    <Frame
      title={
        <>
          <RegionName name={from} /> ⇄ <RegionName name={to} />
        </>
      }
      sub="Link"
      here={here}
    >
      <dl class="facts">
        {links.map((link) => (
          <div key={`${link.from} ${link.to}`}>
            <dt>to {link.to}</dt>
            <dd>
              {link.lagP50Ms === null ? link.state : duration(link.lagP50Ms)}
              {link.pending > 0 && <span class="tag warn">{count(link.pending)} pending</span>}
            </dd>
            {link.reason !== undefined && <dd class="error-text">{link.reason}</dd>}
          </div>
        ))}
      </dl>
      <Lasting value={durationMs} onChange={setDuration} />
      <Group title="Partition">
        <Act label="Cut" hint="in both directions" run={() => breakWith({ kind: 'partition', between: [from, to] })} />
      </Group>
      <Group title="Latency">
        <Amount label="Delay, ms" value={ms} min={0} max={600_000} step={100} onChange={setMs} />
        <Act
          label={`Slow to ${to}`}
          hint={`every message takes ${duration(ms)}`}
          run={() => breakWith({ kind: 'latency', from, to, ms })}
        />
        <Act
          label={`Slow to ${from}`}
          hint={`every message takes ${duration(ms)}`}
          run={() => breakWith({ kind: 'latency', from: to, to: from, ms })}
        />
      </Group>
    </Frame>
  )
}

function Frame(props: {
  readonly title: ComponentChildren
  readonly sub: string
  readonly here: readonly FaultReport[]
  readonly children: ComponentChildren
}) {
  const { here } = props
  return (
    <section class="card inspector" aria-label="What was picked">
      <header>
        <div>
          <h2>{props.title}</h2>
          <span class="quiet small">{props.sub}</span>
        </div>
        <div class="end">
          {here.length > 0 && (
            <button type="button" class="bad small-button" onClick={() => here.forEach((fault) => void heal(fault))}>
              Heal
            </button>
          )}
          <button type="button" class="ghost icon small-button" aria-label="Let go of it" onClick={() => select(undefined)}>
            ✕
          </button>
        </div>
      </header>
      <div class="body stack">{props.children}</div>
    </section>
  )
}

const durations: readonly (readonly [string, number | undefined])[] = [
  ['10 s', 10_000],
  ['30 s', 30_000],
  ['1 min', 60_000],
  ['5 min', 300_000],
  ['until healed', undefined],
]

function Lasting({ value, onChange }: { readonly value: number | undefined; readonly onChange: (value: number | undefined) => void }) {
  const name = useId()
  return (
    <fieldset class="lasting">
      <legend>For how long</legend>
      {durations.map(([label, ms]) => (
        <label key={label}>
          <input type="radio" name={name} checked={ms === value} onChange={() => onChange(ms)} />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  )
}

function Group({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <div class="stack-2">
      <h3>{title}</h3>
      {children}
    </div>
  )
}

function Act({ label, hint, run }: { readonly label: string; readonly hint: string; readonly run: () => void }) {
  return (
    <div class="act">
      <button type="button" class="bad small-button" onClick={run}>
        {label}
      </button>
      <span class="quiet small">{hint}</span>
    </div>
  )
}

function Amount(props: {
  readonly label: string
  readonly value: number
  readonly min: number
  readonly max: number
  readonly step: number
  readonly onChange: (value: number) => void
}) {
  return (
    <label class="amount">
      <span>{props.label}</span>
      <input
        type="number"
        min={props.min}
        max={props.max}
        step={props.step}
        value={props.value}
        onInput={(event) => {
          const { valueAsNumber } = event.currentTarget
          if (Number.isFinite(valueAsNumber)) props.onChange(valueAsNumber)
        }}
      />
    </label>
  )
}
