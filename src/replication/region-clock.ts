import type { Clock } from '../base/clock.ts'
import type { Timestamp } from './timestamp.ts'
import { latest, millisecondsOf, timestampAt } from './timestamp.ts'

/**
 * The clock that stamps a Region's writes.
 *
 * `hlc` follows the timestamps that arrive from other Regions, at most `clockDriftMaxMs` beyond its own clock, so that a Region a year
 * ahead does not pull the others along [REP-7]. `wall` follows nobody: it is the skewed clock as it is.
 */
export class RegionClock {
  readonly #clock: Clock
  readonly #mode: ClockMode
  #last: Timestamp = 0n
  #skewMs = 0

  constructor(clock: Clock, mode: ClockMode) {
    this.#clock = clock
    this.#mode = mode
  }

  /** A timestamp for a write that arrives now. Under `hlc` above every one given or followed before. */
  now(): Timestamp {
    const wall = timestampAt(this.#clock.nowMs())
    if (this.#mode === 'wall') return wall
    this.#last = latest(wall, this.#last + 1n)
    return this.#last
  }

  /** Takes note of a timestamp from another Region. Returns by how much it is beyond the bound, 0 when it is not. */
  observe(timestamp: Timestamp): number {
    const nowMs = this.#clock.nowMs()
    this.#skewMs = millisecondsOf(timestamp) - nowMs
    const bound = timestampAt(nowMs + clockDriftMaxMs)
    if (this.#mode === 'hlc') this.#last = latest(this.#last, timestamp < bound ? timestamp : bound)
    return timestamp > bound ? millisecondsOf(timestamp) - nowMs : 0
  }

  /** How far the last timestamp observed was ahead of this clock, milliseconds; negative: behind (also by the time it travelled). */
  get skewMs(): number {
    return this.#skewMs
  }
}

export type ClockMode = 'hlc' | 'wall'

/** How far `hlc` follows a foreign timestamp beyond its own clock. */
export const clockDriftMaxMs = 60_000
