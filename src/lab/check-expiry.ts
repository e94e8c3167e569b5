import { sameDot } from '../replication/dot.ts'
import type { Fault } from '../world/fault.ts'
import type { Facts } from './checker.ts'
import { nameOf, saw } from './oracle.ts'
import type { Plan } from './plan.ts'
import { policiesOf, stepsOf } from './plan.ts'
import type { Violation } from './violation.ts'
import type { WrittenVersion } from './write-log.ts'

/**
 * What expires is deleted, not before its time, by the Region that wrote it; others wait ten minutes; and it ranks just above what it deletes,
 * whatever the clock says, so that any concurrent write of a client wins [REP-40].
 */
export function checkExpiry({ plan, history, written, state, nowMs }: Facts): readonly Violation[] {
  if (!plan.setting.timeToLive) return []
  const violations: Violation[] = []
  const wrong = (key: string, message: string): number => violations.push({ rule: 'expiry is not what was asked for', key, message })
  // Of what merges, the time to live may be another version's than the one that is built on.
  const deletions = policiesOf(plan).includes('merge') ? [] : written.filter(isExpiry)
  for (const deletion of deletions) {
    const { version, key } = deletion
    const base = written.find((each) => version.base !== undefined && sameDot(each.version.dot, version.base.dot))
    const untilMs = base && untilOf(base)
    if (base === undefined || untilMs === undefined) {
      wrong(key, `${nameOf(deletion)} deletes what does not expire`)
      continue
    }
    const clockMs = nowMs - history.nowMs + deletion.committedAtMs + aheadMsMax(plan, version.region)
    if (untilMs >= clockMs) wrong(key, `${nameOf(deletion)} deletes what expires ${untilMs - clockMs} ms later`)
    if (base.version.region !== version.region && untilMs + graceMs >= clockMs) {
      wrong(key, `${nameOf(deletion)} is of ${version.region}, which did not wait for ${base.version.region}`)
    }
    const replaced = written.filter((each) => each.key === key && each !== deletion && saw(deletion, each.version.dot))
    const highest = replaced.reduce((max, each) => (each.version.timestamp > max ? each.version.timestamp : max), 0n)
    if (version.timestamp > highest + 1n) wrong(key, `${nameOf(deletion)} ranks higher than just above what it deletes`)
  }
  for (const { region, imageByKey } of state.replicas) {
    for (const [key, image] of imageByKey) {
      const until = image['until']
      const untilMs = until !== undefined && 'N' in until ? Number(until.N) * 1000 : Infinity
      if (untilMs + graceMs + sweepMs < nowMs) wrong(key, `${region} still shows what expired ${nowMs - untilMs} ms ago`)
    }
  }
  return violations
}

/** A deletion that is no client's and settles no conflict. */
export function isExpiry({ operation, value, version, state }: WrittenVersion): boolean {
  return operation === undefined && value === undefined && version.notes.resolves === undefined && state === 'durable'
}

function untilOf({ version }: WrittenVersion): number | undefined {
  const until = version.stored?.item['until']
  return until !== undefined && 'N' in until ? Number(until.N) * 1000 : undefined
}

/** How far a Region's clock may have been ahead at most. */
function aheadMsMax(plan: Plan, region: string): number {
  const skews = stepsOf(plan, 'skew').map(({ what }) => what as Extract<Fault, { kind: 'skew' }>)
  const ahead = skews
    .filter((skew) => skew.region === region)
    .map(({ ms, driftPpm }) => ms + (Math.max(0, driftPpm) * stormMsMax) / 1_000_000)
  return Math.max(0, ...ahead)
}

const stormMsMax = 120_000
const graceMs = 10 * 60_000
const sweepMs = 10_000
