import type { Clock } from './clock.ts'
import type { Cancel, Scheduler } from './scheduler.ts'

/** The machine's own clock and timers. */
export const systemTime: Clock & Scheduler = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs: number, task: () => void): Cancel {
    if (delayMs <= 0) {
      const immediate = setImmediate(task)
      return () => clearImmediate(immediate)
    }
    const timeout = setTimeout(task, delayMs)
    return () => clearTimeout(timeout)
  },
}
