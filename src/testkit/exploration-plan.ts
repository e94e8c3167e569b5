import type { Random } from '../base/random.ts'
import { chance, fraction, integerBelow, pick, seededRandom } from '../base/random.ts'
import type { FaultKind, RequestScope } from '../world/fault.ts'

/**
 * All that one run of an exploration leaves to chance, drawn beforehand: so a run can be repeated, and made simpler by taking things out. The dice that
 * remain (each message's delay, each pause of an actor) hang on the seed.
 */
export interface ExplorationPlan {
  readonly seed: number
  /** An actor's request waits at most so long before it is sent, ms. */
  readonly pauseMsMax: number
  /** A change takes at most so long to another Region, ms. */
  readonly lagMsMax: number
  readonly faults: readonly PlannedFault[]
}

export interface PlannedFault {
  readonly atMs: number
  readonly durationMs: number
  readonly fault: FaultKind
}

export type FaultName = FaultKind['kind']

export const usualFaults: readonly FaultName[] = [
  'partition',
  'pause',
  'latency',
  'skew',
  'outage',
  'crash',
  'throttle',
  'error',
  'slow',
  'index-lag',
  'stale',
]

/** Every third run has no faults: most bugs of applications need nothing but lag. */
export function planRun(seed: number, regions: readonly string[], kinds: readonly FaultName[]): ExplorationPlan {
  const dice = seededRandom(seed)
  const pauseMsMax = pick(dice, [0, 5, 50, 500])
  const lagMsMax = pick(dice, [10, 100, 1000])
  const count = kinds.length === 0 || regions.length < 2 || chance(dice, 1 / 3) ? 0 : 1 + integerBelow(dice, 3)
  const spanMs = Math.max(100, 4 * pauseMsMax)
  const faults = Array.from({ length: count }, () => ({
    atMs: Math.floor(spanMs * fraction(dice)),
    durationMs: Math.ceil(spanMs * (0.2 + 2 * fraction(dice))),
    fault: drawFault(dice, pick(dice, kinds), regions),
  }))
  return { seed, pauseMsMax, lagMsMax, faults }
}

function drawFault(dice: Random, kind: FaultName, regions: readonly string[]): FaultKind {
  const region = pick(dice, regions)
  const other = pick(
    dice,
    regions.filter((name) => name !== region),
  )
  switch (kind) {
    case 'partition':
      return { kind, between: [region, other] }
    case 'latency':
      return { kind, from: region, to: other, ms: 100 * (1 + integerBelow(dice, 50)), jitterMs: 50 }
    case 'skew':
      return { kind, region, ms: (chance(dice, 0.5) ? 1 : -1) * (1 + integerBelow(dice, 5000)), driftPpm: 0 }
    case 'throttle':
      return { kind, ...someRequests(dice, region) }
    case 'error':
      return { kind, ...someRequests(dice, region), applied: chance(dice, 0.5) }
    case 'slow':
      return { kind, ...someRequests(dice, region), p50Ms: 20, p99Ms: 100 * (1 + integerBelow(dice, 20)) }
    case 'index-lag':
      return { kind, region, table: undefined, index: undefined, ms: 10 * (1 + integerBelow(dice, 100)) }
    case 'stale': {
      const [rate, seed] = [pick(dice, [0.2, 0.5, 1]), integerBelow(dice, 1_000_000)]
      return { kind, region, table: undefined, ms: 0, jitterMs: 10 * (1 + integerBelow(dice, 100)), rate, seed }
    }
    case 'pause':
    case 'outage':
    case 'crash':
      return { kind, region }
  }
}

function someRequests(dice: Random, region: string): RequestScope {
  return { region, table: undefined, operation: undefined, rate: pick(dice, [0.2, 0.5, 1]) }
}

/** What is simpler than a plan, the simplest first. */
export function simplerPlans(plan: ExplorationPlan): readonly ExplorationPlan[] {
  const without = plan.faults.map((_, left) => ({ ...plan, faults: plan.faults.filter((_fault, index) => index !== left) }))
  const calmer = plan.pauseMsMax > 0 ? [{ ...plan, pauseMsMax: plan.pauseMsMax > 5 ? 5 : 0 }] : []
  const nearer = plan.lagMsMax > 10 ? [{ ...plan, lagMsMax: 10 }] : []
  return [...(plan.faults.length > 1 ? [{ ...plan, faults: [] }] : []), ...without, ...calmer, ...nearer]
}

/** A plan as one word, for a command line. */
export function printPlan(plan: ExplorationPlan): string {
  return Buffer.from(JSON.stringify(plan), 'utf8').toString('base64url')
}

export function parsePlan(word: string): ExplorationPlan {
  try {
    const plan = JSON.parse(Buffer.from(word, 'base64url').toString('utf8')) as ExplorationPlan
    if (Number.isInteger(plan.seed) && Array.isArray(plan.faults)) return plan
  } catch (cause) {
    throw new TypeError('this is no plan of an exploration', { cause })
  }
  throw new TypeError('this is no plan of an exploration')
}
