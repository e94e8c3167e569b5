/**
 * The store in memory: for the simulator under virtual time, and for a server that may forget (`--memory`).
 *
 * It models durability instead of skipping it, because the worst bugs of replication live between commit and flush:
 *
 *     transact ──> working state ──(a flush begins)──> image ──(it ends)──> flushed state ──> answers, reads, snapshots
 *                  seen by decide                                           what a crash leaves behind
 *
 * One flush is under way at a time; what is committed meanwhile shares the next one. The states are copy-on-write clones of
 * one B+ tree, so a flush and a snapshot cost nothing by themselves.
 */
import type { Cancel, Scheduler } from '../base/scheduler.ts'
import type { ByteTree } from './byte-tree.ts'
import { createByteTree, entriesOf } from './byte-tree.ts'
import { assertKey, assertPage } from './key-bounds.ts'
import type { Pending } from './pending-transaction.ts'
import { PendingTransaction } from './pending-transaction.ts'
import type { Decision, Entry, Key, Page, PageLimit, Range, Snapshot, Store, StoreFailed, StoreStats, Value } from './store.ts'
import { StoreClosed } from './store.ts'

export interface MemoryStoreOptions {
  readonly scheduler: Scheduler
  /** How long the flush that begins now will take; without it, what one turn commits is flushed in the next. */
  readonly flushDelayMs?: () => number
}

export interface MemoryStore extends Store {
  /**
   * Power failure and restart. What was not flushed is gone and its promises reject with {@link StoreClosed}; this handle is
   * closed; the returned one stands on what was flushed.
   * @param underWay what becomes of the flush that is running: a disk may have finished it without anybody hearing of it
   */
  crash(underWay?: 'lost' | 'landed'): MemoryStore
  /** The state that `decide` would see, flushed or not. For checks only: no answer may rest on it. */
  committedView(): Snapshot
  stats(): StoreStats
}

export function createMemoryStore(options: MemoryStoreOptions): MemoryStore {
  return new TreeStore(options, createByteTree())
}

interface Flush {
  readonly image: ByteTree
  readonly decided: readonly Pending[]
}

class TreeStore implements MemoryStore {
  /** Memory does not fail. */
  readonly failed = new Promise<StoreFailed>(() => undefined)
  readonly #options: MemoryStoreOptions
  #working: ByteTree
  #flushed: ByteTree
  /** Committed, and not part of a flush yet. */
  #decided: Pending[] = []
  #underWay: Flush | undefined
  #cancelTimer: Cancel | undefined
  #closing: Promise<void> | undefined
  #drained: (() => void) | undefined
  #commits = 0
  #flushes = 0

  constructor(options: MemoryStoreOptions, tree: ByteTree) {
    this.#options = options
    this.#working = tree
    this.#flushed = tree.clone()
  }

  transact<T>(keys: readonly Key[], decide: (values: readonly (Value | undefined)[]) => Decision<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#assertOpen()
      keys.forEach(assertKey)
      const transaction = new PendingTransaction(keys, decide, resolve, reject)
      this.#commit(transaction)
      this.#decided.push(transaction)
      if (this.#underWay === undefined) this.#cancelTimer ??= this.#options.scheduler.after(0, () => this.#beginFlush())
    })
  }

  async get(key: Key): Promise<Value | undefined> {
    this.#assertOpen()
    assertKey(key)
    return this.#flushed.get(key)
  }

  async getMany(keys: readonly Key[]): Promise<(Value | undefined)[]> {
    this.#assertOpen()
    keys.forEach(assertKey)
    return keys.map((key) => this.#flushed.get(key))
  }

  async page(range: Range, limit: PageLimit): Promise<Page> {
    this.#assertOpen()
    return readPage(this.#flushed, range, limit)
  }

  async snapshot(): Promise<Snapshot> {
    this.#assertOpen()
    return this.#snapshotOf(this.#flushed)
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#drained = resolve
      if (this.#underWay === undefined && this.#decided.length === 0) resolve()
    })
    return this.#closing
  }

  crash(underWay: 'lost' | 'landed' = 'lost'): MemoryStore {
    const flush = this.#underWay
    const unanswered = [...(flush?.decided ?? []), ...this.#decided]
    this.#cancelTimer?.()
    this.#underWay = undefined
    this.#decided = []
    this.#closing ??= Promise.resolve()
    this.#drained?.()
    for (const transaction of unanswered) transaction.reject(new StoreClosed())
    const survivor = underWay === 'landed' && flush !== undefined ? flush.image : this.#flushed
    return new TreeStore(this.#options, survivor.clone())
  }

  committedView(): Snapshot {
    return this.#snapshotOf(this.#working.clone())
  }

  stats(): StoreStats {
    return { commits: this.#commits, flushes: this.#flushes }
  }

  #commit(transaction: Pending): void {
    const writes = transaction.decide((key) => this.#working.get(key))
    for (const { key, value } of writes) {
      if (value === undefined) this.#working.delete(key)
      else this.#working.set(key, value)
    }
    if (transaction.committed) this.#commits++
  }

  #beginFlush(): void {
    const decided = this.#decided
    this.#decided = []
    this.#underWay = { image: this.#working.clone(), decided }
    const delayMs = this.#options.flushDelayMs?.() ?? 0
    if (delayMs > 0) this.#cancelTimer = this.#options.scheduler.after(delayMs, () => this.#endFlush())
    else this.#endFlush()
  }

  #endFlush(): void {
    const flush = this.#underWay
    if (flush === undefined) return
    this.#underWay = undefined
    this.#cancelTimer = undefined
    this.#flushed = flush.image
    this.#flushes++
    for (const transaction of flush.decided) transaction.answer()
    if (this.#decided.length > 0) this.#beginFlush()
    else this.#drained?.()
  }

  #snapshotOf(tree: ByteTree): Snapshot {
    let closed = false
    const assertOpen = (): void => {
      this.#assertOpen()
      if (closed) throw new StoreClosed('the snapshot was closed')
    }
    return {
      async get(key) {
        assertOpen()
        assertKey(key)
        return tree.get(key)
      },
      async page(range, limit) {
        assertOpen()
        return readPage(tree, range, limit)
      },
      close() {
        closed = true
      },
    }
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new StoreClosed()
  }
}

function readPage(tree: ByteTree, range: Range, limit: PageLimit): Page {
  assertPage(range, limit)
  const entries: Entry[] = []
  let bytes = 0
  for (const [key, value] of entriesOf(tree, range)) {
    entries.push({ key, value })
    bytes += key.length + value.length
    if (entries.length >= limit.entriesMax || bytes >= limit.bytesMax) return { entries, more: true }
  }
  return { entries, more: false }
}
