import type { World } from '../world/world.ts'
import type { FinalState } from './final-state.ts'
import type { History, Operation } from './history.ts'
import type { Plan } from './plan.ts'
import type { Violation } from './violation.ts'
import type { WrittenVersion } from './write-log.ts'

/** Everything that can be judged when a run has come to rest. */
export interface Facts {
  readonly plan: Plan
  readonly history: History
  readonly operations: readonly Operation[]
  /** Every version that was ever committed, also those that were lost. */
  readonly written: readonly WrittenVersion[]
  readonly state: FinalState
  readonly world: World
  /** What the clocks show that nobody has skewed. */
  readonly nowMs: number
  readonly keyName: (itemKey: Uint8Array) => string
}

/** Judges one side of a run, by means that it does not share with what it judges. */
export type Checker = (facts: Facts) => readonly Violation[] | Promise<readonly Violation[]>
