import type { Cancel, Scheduler } from '../base/scheduler.ts'
import type { Random } from '../base/random.ts'
import { hex64 } from '../base/random.ts'
import type { Message, SeedLost, SeedPage } from './messages.ts'

/**
 * The receiving end of one state transfer: the pages of a member's snapshot, in order, each once [REP-33]. Pages are asked for ahead, so that a
 * long way costs its time once and not page by page; at most {@link pagesAheadMax} wait here, however large the table. What is lost is
 * asked for again.
 */
export class StateTransfer {
  readonly #options: StateTransferOptions
  readonly #id: string
  readonly #waiting: (SeedPage | SeedLost)[] = []
  /** Where the next page begins that comes; undefined before the first. */
  #receivedTo: Uint8Array | undefined
  /** How many of the pages that were asked for are still to come. */
  #expected = 0
  #complete = false
  #wake: (() => void) | undefined
  #cancelRetry: Cancel | undefined
  #ended = false

  constructor(options: StateTransferOptions) {
    this.#options = options
    this.#id = hex64(options.random)
  }

  /** Ends with the last page, or with `seed-lost`: then everything must begin again. */
  async *pages(): AsyncGenerator<SeedPage | SeedLost> {
    this.#ask()
    for (;;) {
      const next = this.#waiting.shift()
      if (next === undefined) {
        await new Promise<void>((resolve) => (this.#wake = resolve))
        continue
      }
      // Half of them are still here while the next ones are on their way.
      if (!this.#complete && this.#expected === 0 && this.#waiting.length <= pagesAheadMax / 2) this.#ask()
      yield next
      if (next.kind === 'seed-lost' || next.last) return
    }
  }

  received(message: SeedPage | SeedLost): void {
    if (this.#ended || message.transfer !== this.#id) return
    if (message.kind === 'seed-page') {
      if (this.#complete || this.#expected === 0 || !sameKey(message.after, this.#receivedTo)) return
      this.#receivedTo = message.cells.at(-1)?.itemKey ?? this.#receivedTo
      this.#expected--
      this.#complete = message.last
    }
    this.#take(message)
  }

  /** The link is up: what was asked for may be lost. */
  linkUp(): void {
    if (!this.#ended && this.#expected > 0 && !this.#complete) this.#ask()
  }

  /** The receiver has all of it, or wants no more: {@link pages} ends. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#cancelRetry?.()
    const { send, globalId } = this.#options
    send({ kind: 'seed-end', globalId, transfer: this.#id })
    this.#take({ kind: 'seed-lost', globalId, transfer: this.#id })
  }

  #take(message: SeedPage | SeedLost): void {
    this.#waiting.push(message)
    this.#wake?.()
    this.#wake = undefined
    this.#cancelRetry?.()
    if (!this.#ended && !this.#complete && this.#expected > 0) this.#askAgainLater()
  }

  #ask(): void {
    const { send, globalId } = this.#options
    this.#expected = Math.max(1, pagesAheadMax - this.#waiting.length)
    send({ kind: 'seed-request', globalId, transfer: this.#id, after: this.#receivedTo, pages: this.#expected })
    this.#askAgainLater()
  }

  #askAgainLater(): void {
    this.#cancelRetry?.()
    this.#cancelRetry = this.#options.scheduler.after(retryMs, () => this.#ask())
  }
}

export interface StateTransferOptions {
  readonly globalId: string
  readonly scheduler: Scheduler
  readonly random: Random
  /** Sends to the source. */
  readonly send: (message: Message) => boolean
}

const retryMs = 10_000
/** Pages of up to 1 MB: what a receiver holds at most. */
export const pagesAheadMax = 8

function sameKey(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0
}
