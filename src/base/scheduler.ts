/** Time that passes: delays, retries, pacing. Monotonic, unlike a {@link Clock}. */
export interface Scheduler {
  /** Milliseconds on a monotonic scale with an arbitrary origin; may have a fraction. */
  monotonicMs(): number
  /** Runs `task` once, `delayMs` from now (0 = as soon as what runs now has ended). Returns a function that cancels it. */
  after(delayMs: number, task: () => void): Cancel
}

export type Cancel = () => void

/** Resolves `delayMs` from now. */
export function sleep(scheduler: Scheduler, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    scheduler.after(delayMs, resolve)
  })
}
