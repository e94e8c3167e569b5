import type { Cancel, Scheduler } from '../base/scheduler.ts'
import type { StoreReads } from '../engine/item-reader.ts'
import type { Snapshot, Store } from '../storage/store.ts'
import { StoreClosed, StoreFailed } from '../storage/store.ts'

/**
 * The recent past of one store, for reads that lag. After a write it takes a snapshot, and between two it waits a little, so their number is bounded however much
 * is written; those that no read can ask for any more are let go of. It lives in memory: a Region that crashes begins it anew.
 *
 *     write      write write write            what a read of a moment sees is the newest
 *       │          │  ───wait──┐              snapshot that was taken at it or before
 *     taken      taken       taken     now
 */
export class StoreHistory {
  readonly #store: Store
  readonly #scheduler: Scheduler
  #moments: readonly Moment[] = []
  #span: HistorySpan | undefined
  #takeAgain: Cancel | undefined
  /** Counts up whenever the history ends: a snapshot that is taken meanwhile belongs to none. */
  #life = 0

  constructor(store: Store, scheduler: Scheduler) {
    this.#store = store
    this.#scheduler = scheduler
  }

  /** The same store, whose writes are noticed while a history is kept. */
  noticing(store: Store): Store {
    return {
      transact: (keys, decide) => {
        const result = store.transact(keys, decide)
        return this.#span === undefined ? result : result.finally(() => this.#written())
      },
      get: (key) => store.get(key),
      getMany: (keys) => store.getMany(keys),
      page: (range, limit) => store.page(range, limit),
      snapshot: () => store.snapshot(),
      close: () => store.close(),
      failed: store.failed,
    }
  }

  /** Begins a history, or keeps more or less of it. Settles when the present is part of it. */
  async keep(span: HistorySpan): Promise<void> {
    const begins = this.#span === undefined
    this.#span = span
    if (begins) await this.#take()
  }

  /** Ends it, and keeps nothing. */
  end(): void {
    this.#life++
    this.#span = undefined
    this.#takeAgain?.()
    this.#takeAgain = undefined
    for (const { snapshot } of this.#moments) snapshot.close()
    this.#moments = []
  }

  /** The store as it was so long ago, or at the beginning of the history when that is later; undefined when none is kept. */
  ago(ms: number): StoreReads | undefined {
    if (this.#moments.length === 0) return undefined
    const atMs = this.#scheduler.monotonicMs() - ms
    // Asked for at each step: a read that takes long may outlast the snapshot that it began with, and goes on with the next one.
    const snapshot = (): Pick<Snapshot, 'get' | 'page'> => this.#at(atMs)?.snapshot ?? this.#store
    return {
      get: (key) => snapshot().get(key),
      getMany: (keys) => {
        const one = snapshot()
        return Promise.all(keys.map((key) => one.get(key)))
      },
      page: (range, limit) => snapshot().page(range, limit),
    }
  }

  #at(atMs: number): Moment | undefined {
    return this.#moments.findLast((moment) => moment.atMs <= atMs) ?? this.#moments[0]
  }

  #written(): void {
    const span = this.#span
    if (span === undefined || this.#takeAgain !== undefined) return
    const last = this.#moments.at(-1)
    const waitMs = last === undefined ? 0 : Math.max(0, last.atMs + stepMs(span) - this.#scheduler.monotonicMs())
    this.#takeAgain = this.#scheduler.after(waitMs, () => {
      this.#takeAgain = undefined
      void this.#take()
    })
  }

  async #take(): Promise<void> {
    const life = this.#life
    try {
      const snapshot = await this.#store.snapshot()
      const atMs = this.#scheduler.monotonicMs()
      if (life !== this.#life) snapshot.close()
      else this.#moments = this.#pruned([...this.#moments, { atMs, snapshot }], atMs)
    } catch (error) {
      // The store ended, and its past with it; whoever owns it hears of a failure.
      if (!(error instanceof StoreClosed || error instanceof StoreFailed)) throw error
    }
  }

  /** Without what is older than the newest that a read can still ask for. */
  #pruned(moments: readonly Moment[], nowMs: number): readonly Moment[] {
    const oldestMs = nowMs - (this.#span?.ms ?? 0)
    const first = Math.max(
      0,
      moments.findLastIndex(({ atMs }) => atMs <= oldestMs),
    )
    for (const { snapshot } of moments.slice(0, first)) snapshot.close()
    return moments.slice(first)
  }
}

export interface HistorySpan {
  /** How far back reads may ask. */
  readonly ms: number
  /** How exact the shortest of them is to be: it may lag by a sixteenth more. */
  readonly shortestMs: number
}

interface Moment {
  readonly atMs: number
  readonly snapshot: Snapshot
}

/** A snapshot holds on to what was changed since, so there are never more than a few. */
export const momentsMax = 64

function stepMs({ ms, shortestMs }: HistorySpan): number {
  return Math.max(1, shortestMs / 16, ms / (momentsMax - 2))
}
