import type { Clock } from '../base/clock.ts'
import type { Scheduler } from '../base/scheduler.ts'

/** A Region's clock: the process's own, with an offset and a drift that a fault can set. */
export class SkewedClock implements Clock {
  readonly #clock: Clock
  readonly #scheduler: Scheduler
  #offsetMs = 0
  #driftPpm = 0
  #sinceMs = 0

  constructor(clock: Clock, scheduler: Scheduler) {
    this.#clock = clock
    this.#scheduler = scheduler
  }

  nowMs(): number {
    return this.#clock.nowMs() + Math.round(this.offsetMs)
  }

  /** How far it is ahead of the process's clock now, milliseconds. */
  get offsetMs(): number {
    return this.#offsetMs + ((this.#scheduler.monotonicMs() - this.#sinceMs) * this.#driftPpm) / 1_000_000
  }

  /** Sets it ahead by `offsetMs` (negative: behind), gaining `driftPpm` microseconds per second from now on. */
  skew(offsetMs: number, driftPpm: number): void {
    this.#offsetMs = offsetMs
    this.#driftPpm = driftPpm
    this.#sinceMs = this.#scheduler.monotonicMs()
  }
}
