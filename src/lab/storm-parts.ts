import type { Coverage } from './coverage.ts'
import type { History } from './history.ts'
import type { LabWorld } from './lab-world.ts'
import type { SimulationPlan } from './plan.ts'

/** What everything needs that is done to the world while clients work. */
export interface StormParts {
  readonly plan: SimulationPlan
  readonly lab: LabWorld
  readonly history: History
  readonly coverage: Coverage
  readonly untilMs: number
}
