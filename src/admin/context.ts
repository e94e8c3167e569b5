import type { Contributors } from '../api/contributors.ts'
import type { Clock } from '../base/clock.ts'
import type { Scheduler } from '../base/scheduler.ts'
import type { FaultSchedules } from '../world/fault-schedules.ts'
import type { Faults } from '../world/faults.ts'
import type { World } from '../world/world.ts'
import type { Events } from './events.ts'

/** What the routes stand on. */
export interface AdminContext {
  readonly world: World
  readonly faults: Faults
  readonly schedules: FaultSchedules
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly events: Events
  readonly contributors: Contributors
  readonly about: About
}

/** What is known of the server since it started. */
export interface About {
  readonly version: string
  readonly profile: string
  readonly clockMode: string
  readonly dataFolder: string | undefined
}
