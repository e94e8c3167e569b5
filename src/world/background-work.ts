import type { Log } from '../base/log.ts'
import { StoreClosed } from '../storage/store.ts'

/** What goes on after the answer was given: replicas that come and go, tables that are cleared, settings that spread. */
export class BackgroundWork {
  readonly #log: Log
  readonly #work = new Set<Promise<void>>()
  #closed = false

  constructor(log: Log) {
    this.#log = log
  }

  /** Work that nobody waits for: {@link settled} does, and what fails is logged. */
  track(work: Promise<unknown>): void {
    const tracked = work.then(
      () => undefined,
      (error: unknown) => {
        if (!this.#closed && !(error instanceof StoreClosed)) this.#log.error('control-plane-failed', { error })
      },
    )
    this.#work.add(tracked)
    void tracked.then(() => this.#work.delete(tracked))
  }

  /** Settles when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work)
  }

  /** From now on failures are those of a world that ends. */
  close(): void {
    this.#closed = true
  }
}
