import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { hex64 } from '../base/random.ts'
import type { Cancel, Scheduler } from '../base/scheduler.ts'
import type { FaultSchedule, TimedFault } from './fault-schedule.ts'
import { timelineOf } from './fault-schedule.ts'
import type { Faults } from './faults.ts'

/** Schedules that run: each brings its faults in time. They end with the process. */
export class FaultSchedules {
  readonly #faults: Faults
  readonly #scheduler: Scheduler
  readonly #random: Random
  readonly #log: Log
  readonly #runningById = new Map<string, RunningSchedule>()

  constructor(faults: Faults, ports: { scheduler: Scheduler; random: Random; log: Log }) {
    this.#faults = faults
    this.#scheduler = ports.scheduler
    this.#random = ports.random
    this.#log = ports.log
  }

  list(): readonly ScheduleState[] {
    return [...this.#runningById].map(([id, { schedule, waiting }]) => ({ id, schedule, remaining: waiting.length }))
  }

  /** @returns its id, and all that it will do; it leaves the list with its last fault's beginning */
  start(schedule: FaultSchedule): { readonly id: string; readonly timeline: readonly TimedFault[] } {
    const id = hex64(this.#random)
    const timeline = timelineOf(schedule)
    const running: RunningSchedule = {
      schedule,
      beganMs: this.#scheduler.monotonicMs(),
      waiting: [...timeline],
      brought: [],
      cancel: () => undefined,
    }
    this.#runningById.set(id, running)
    this.#awaitNext(id, running)
    return { id, timeline }
  }

  /** Brings nothing more, and heals what it brought; false when there is no such schedule (any more). */
  async stop(id: string): Promise<boolean> {
    const running = this.#runningById.get(id)
    if (running === undefined) return false
    this.#runningById.delete(id)
    running.cancel()
    for (const fault of running.brought) await this.#faults.heal(fault)
    return true
  }

  close(): void {
    for (const { cancel } of this.#runningById.values()) cancel()
    this.#runningById.clear()
  }

  #awaitNext(id: string, running: RunningSchedule): void {
    const [next] = running.waiting
    if (next === undefined) {
      this.#runningById.delete(id)
      return
    }
    const waitMs = Math.max(0, running.beganMs + next.atMs - this.#scheduler.monotonicMs())
    running.cancel = this.#scheduler.after(waitMs, () => {
      running.waiting.shift()
      this.#faults.inject(next.fault).then(
        (active) => running.brought.push(active.id),
        (error: unknown) => this.#log.error('fault-schedule', { schedule: id, fault: next.fault.kind, error }),
      )
      this.#awaitNext(id, running)
    })
  }
}

export interface ScheduleState {
  readonly id: string
  readonly schedule: FaultSchedule
  /** Faults that are still to come. */
  readonly remaining: number
}

interface RunningSchedule {
  readonly schedule: FaultSchedule
  readonly beganMs: number
  readonly waiting: TimedFault[]
  readonly brought: string[]
  cancel: Cancel
}
