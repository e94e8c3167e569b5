import type { Log } from '../base/log.ts'
import type { Cancel, Scheduler } from '../base/scheduler.ts'
import { StoreClosed } from '../storage/store.ts'

/**
 * Runs the long jobs of a Region, a few at a time. It remembers nothing: what is left to do is read from durable rows, by `pending`, whenever
 * something may have begun or ended, so a job that was interrupted is found again.
 */
export class DurableJobs {
  readonly #options: JobsOptions
  readonly #running = new Set<string>()
  /** Those that failed wait for a while, so that the others have their turn. */
  readonly #failed = new Set<string>()
  #cancelRetry: Cancel | undefined
  #closed = false

  constructor(options: JobsOptions) {
    this.#options = options
  }

  /** Begins what is pending, as far as there is room. */
  look(): void {
    if (this.#closed) return
    for (const job of this.#options.pending()) {
      if (this.#running.size >= RUNNING_MAX) return
      if (this.#running.has(job.id) || this.#failed.has(job.id)) continue
      this.#running.add(job.id)
      job.run().then(
        () => {
          this.#running.delete(job.id)
          this.look()
        },
        (error: unknown) => {
          this.#running.delete(job.id)
          this.#retryLater(job.id, error)
          this.look()
        },
      )
    }
  }

  close(): void {
    this.#closed = true
    this.#cancelRetry?.()
  }

  #retryLater(id: string, error: unknown): void {
    if (this.#closed || error instanceof StoreClosed) return
    const { log, scheduler, region } = this.#options
    log.error('job-failed', { region, job: id, error })
    this.#failed.add(id)
    this.#cancelRetry ??= scheduler.after(RETRY_MS, () => {
      this.#cancelRetry = undefined
      this.#failed.clear()
      this.look()
    })
  }
}

export interface JobsOptions {
  readonly region: string
  readonly scheduler: Scheduler
  readonly log: Log
  /** What is left to do, in the order in which it shall be done. */
  readonly pending: () => Iterable<DurableJob>
}

export interface DurableJob {
  /** The same after an interruption. */
  readonly id: string
  /** Ends when the job is done, or given up. A job that is given up is pending still. */
  run(): Promise<void>
}

/** Together they may hold a few pages each in memory. */
const RUNNING_MAX = 4
const RETRY_MS = 60_000
