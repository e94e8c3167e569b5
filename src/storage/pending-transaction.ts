/**
 * A transaction from its call to its answer: decided once, answered after the flush, whatever it decided.
 */
import { assertWrites } from './key-bounds.ts'
import type { Decision, Key, Value, Write } from './store.ts'

/** What a store needs of a transaction whose result type is its caller's affair. */
export interface Pending {
  /**
   * Runs `decide` on what `read` finds and returns the writes to apply; none when it threw, which then is the answer.
   * Errors of `read` itself are the store's and pass through.
   */
  decide(read: (key: Key) => Value | undefined): readonly Write[]
  /** Whether `decide` returned. */
  readonly committed: boolean
  /** Settles the promise with what was decided. */
  answer(): void
  reject(reason: Error): void
}

export class PendingTransaction<T> implements Pending {
  readonly #keys: readonly Key[]
  readonly #decide: (values: readonly (Value | undefined)[]) => Decision<T>
  readonly #resolve: (result: T) => void
  readonly #reject: (reason: unknown) => void
  #decision: Decision<T> | undefined
  #thrown: unknown

  constructor(
    keys: readonly Key[],
    decide: (values: readonly (Value | undefined)[]) => Decision<T>,
    resolve: (result: T) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#keys = keys
    this.#decide = decide
    this.#resolve = resolve
    this.#reject = reject
  }

  decide(read: (key: Key) => Value | undefined): readonly Write[] {
    const values = this.#keys.map(read)
    try {
      const decision = this.#decide(values)
      assertWrites(decision.writes)
      this.#decision = decision
      return decision.writes
    } catch (thrown) {
      this.#thrown = thrown
      return []
    }
  }

  get committed(): boolean {
    return this.#decision !== undefined
  }

  answer(): void {
    if (this.#decision === undefined) this.#reject(this.#thrown)
    else this.#resolve(this.#decision.result)
  }

  reject(reason: Error): void {
    this.#reject(reason)
  }
}
