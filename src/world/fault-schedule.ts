import { fraction, seededRandom } from '../base/random.ts'
import type { Fault } from './fault.ts'

/** Faults along a timeline; the same seed draws the same times. */
export interface FaultSchedule {
  readonly seed: number
  readonly steps: readonly ScheduleStep[]
}

export interface ScheduleStep {
  /** From the schedule's start to its first time. */
  readonly atMs: number
  /** It comes so many times, */
  readonly times: number
  /** so far apart from start to start, */
  readonly everyMs: number
  /** and each time up to so much later. */
  readonly jitterMs: number
  readonly fault: Fault
}

export interface TimedFault {
  readonly atMs: number
  readonly fault: Fault
}

/** When each fault comes, in order. */
export function timelineOf({ seed, steps }: FaultSchedule): readonly TimedFault[] {
  const dice = seededRandom(seed)
  const timed = steps.flatMap(({ atMs, times, everyMs, jitterMs, fault }) =>
    Array.from({ length: times }, (_, time) => ({ atMs: Math.round(atMs + time * everyMs + jitterMs * fraction(dice)), fault })),
  )
  return timed.sort((a, b) => a.atMs - b.atMs)
}
