import type { Cancel, Scheduler } from '../base/scheduler.ts'
import { StoreClosed } from '../storage/store.ts'

/** Time as one process sees it: when the process is killed, nothing that it had planned happens any more. */
export class ProcessLife implements Scheduler {
  /** Rejects when the process is killed. */
  readonly killed: Promise<never>
  readonly #scheduler: Scheduler
  readonly #planned = new Set<Cancel>()
  #reject: (error: Error) => void = () => undefined
  #isOver = false

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
    this.killed = new Promise((_resolve, reject) => {
      this.#reject = reject
    })
    this.killed.catch(() => undefined)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  monotonicMs(): number {
    return this.#scheduler.monotonicMs()
  }

  after(delayMs: number, task: () => void): Cancel {
    if (this.#isOver) return () => undefined
    const cancel = this.#scheduler.after(delayMs, () => {
      this.#planned.delete(cancel)
      task()
    })
    this.#planned.add(cancel)
    return () => {
      this.#planned.delete(cancel)
      cancel()
    }
  }

  end(): void {
    this.#isOver = true
    for (const cancel of this.#planned) cancel()
    this.#planned.clear()
    this.#reject(new StoreClosed('the process was killed'))
  }
}
