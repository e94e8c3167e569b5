/**
 * The storage port: an ordered, transactional, durable map from bytes to bytes.
 *
 * A write names the keys that it reads up front, so that one pure function can decide on every implementation: inside a
 * group-committed write transaction (LMDB), under row locks (PostgreSQL), on a map in memory (simulator).
 *
 * Nothing leaves a store before it is flushed: a promise of `transact` settles after the flush, and every read
 * sees the state as of a completed flush. `decide` alone sees what is committed and not yet flushed; its result
 * reaches nobody before the flush.
 *
 * The contract is the suite in `store.contract.ts`.
 */
export interface Store {
  /**
   * Reads `keys`, hands their values to `decide`, and applies the writes that it returns, atomically and durably.
   * `decide` is synchronous, depends on nothing that can change but the values, and may be called again when the store has
   * to start over. What it throws rejects the promise and writes nothing. Transactions are decided one after the other, each on what the
   * earlier ones wrote, in the order of the calls. A refusal too is answered only after a flush: it may rest on what an earlier one wrote.
   */
  transact<T>(keys: readonly Key[], decide: (values: readonly (Value | undefined)[]) => Decision<T>): Promise<T>

  /** The flushed value of a key. */
  get(key: Key): Promise<Value | undefined>

  /** The flushed values of keys, all from one moment. */
  getMany(keys: readonly Key[]): Promise<(Value | undefined)[]>

  /** A page of flushed entries in key order, all from one moment. */
  page(range: Range, limit: PageLimit): Promise<Page>

  /** The flushed state as it is now; it stays as it is while writes go on. It must be closed. */
  snapshot(): Promise<Snapshot>

  /** Waits for what was accepted, then releases files. Later calls reject with {@link StoreClosed}. */
  close(): Promise<void>

  /** Resolves, once, when the store cannot go on (disk full, I/O error). Every later call rejects with the same error. */
  readonly failed: Promise<StoreFailed>
}

/** A state that does not move. */
export interface Snapshot {
  get(key: Key): Promise<Value | undefined>
  page(range: Range, limit: PageLimit): Promise<Page>
  close(): void
}

/**
 * 1 to {@link KEY_BYTES_MAX} bytes; keys are ordered as unsigned bytes, a prefix before what it begins.
 * The bytes of keys and values, once handed to a store or returned by one, are never changed by anybody.
 */
export type Key = Uint8Array
/** Any bytes, also none. */
export type Value = Uint8Array

/**
 * One less than LMDB takes with pages of 8 KiB: the longer ones are the store's own. A full-size partition and sort key (2,048 + 1,024 bytes)
 * with its prefix fits.
 */
export const KEY_BYTES_MAX = 4025

export interface Decision<T> {
  /** Applied in order; a later write to the same key wins. */
  readonly writes: readonly Write[]
  readonly result: T
}

/** Puts `value` under `key`; removes the key when `value` is undefined. */
export interface Write {
  readonly key: Key
  readonly value: Value | undefined
}

/** Keys from `from` (inclusive) to `to` (exclusive). A bound may be empty, or one byte longer than a key (the successor of the longest). */
export interface Range {
  readonly from: Key
  readonly to: Key
  /** From the high end downwards. */
  readonly reverse?: boolean
}

/** A page ends after the entry that reaches one of the limits; it always holds at least one entry if there is one. */
export interface PageLimit {
  readonly entriesMax: number
  /** Bytes of keys and values together. */
  readonly bytesMax: number
}

export interface Page {
  readonly entries: readonly Entry[]
  /** False when the range was read to its end; true when a limit ended the page, though nothing may follow. */
  readonly more: boolean
}

export interface Entry {
  readonly key: Key
  readonly value: Value
}

/** Group commit at work: many commits share a flush. */
export interface StoreStats {
  /** Transactions decided so far that did not throw. */
  readonly commits: number
  readonly flushes: number
}

/** The store was closed (or crashed by a fault); whether an unanswered write took effect is unknown. */
export class StoreClosed extends Error {
  override readonly name = 'StoreClosed'
  readonly code = 'STORE_CLOSED'
}

/** The store met something that it cannot go on after. What it acknowledged before is safe. */
export class StoreFailed extends Error {
  override readonly name = 'StoreFailed'
  readonly code: 'DISK_FULL' | 'IO_ERROR'

  constructor(code: 'DISK_FULL' | 'IO_ERROR', message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** What is stored is not what was written: it was damaged, or put together from several copies. Nothing of it is changed. */
export class StoreDamaged extends Error {
  override readonly name = 'StoreDamaged'
  readonly code = 'STORE_DAMAGED'
  readonly file: string
  /** The end of a sentence that begins with the file. */
  readonly damage: string

  constructor(file: string, damage: string) {
    super(`${file} ${damage}`)
    this.file = file
    this.damage = damage
  }
}

/** The first key after all keys that begin with `prefix`: the end of the range of a prefix. */
export function afterPrefix(prefix: Key): Key {
  let length = prefix.length
  while (length > 0 && prefix[length - 1] === 0xff) length--
  const end = Uint8Array.from(prefix.subarray(0, length))
  const last = end[length - 1]
  if (last === undefined) throw new RangeError('no key follows a prefix of 0xff only')
  end[length - 1] = last + 1
  return end
}
