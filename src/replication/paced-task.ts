import type { Cancel, Scheduler } from '../base/scheduler.ts'

/** Work that is asked for often and done now and then: once for all that asked within the delay, and never twice at the same time. */
export class PacedTask {
  readonly #options: PacedTaskOptions
  #cancel: Cancel | undefined
  #running = false
  #closed = false

  constructor(options: PacedTaskOptions) {
    this.#options = options
  }

  /** Does it when the delay has passed, unless that is under way. */
  soon(): void {
    if (this.#cancel !== undefined || this.#closed) return
    const { scheduler, delayMs, run, failed } = this.#options
    this.#cancel = scheduler.after(delayMs, () => {
      this.#cancel = undefined
      if (this.#running) {
        // What is under way looked at an older state: once more, later.
        this.soon()
        return
      }
      this.#running = true
      run().then(
        () => (this.#running = false),
        (error: unknown) => {
          this.#running = false
          failed(error)
        },
      )
    })
  }

  close(): void {
    this.#closed = true
    this.#cancel?.()
  }
}

export interface PacedTaskOptions {
  readonly scheduler: Scheduler
  readonly delayMs: number
  readonly run: () => Promise<void>
  readonly failed: (error: unknown) => void
}
