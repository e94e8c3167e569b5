/**
 * Reads from LMDB. What is returned is a copy; lmdb's own buffers are used again by the next read.
 */
import type { Database, RangeOptions, Transaction } from 'lmdb'
import type { Entry, Key, Page, PageLimit, Range, Value } from './store.ts'
import { KEY_BYTES_MAX } from './store.ts'

export type LmdbDatabase = Database<Uint8Array, Uint8Array>

/** Inside a write transaction, what it wrote; outside, what was flushed last. */
export function readValue(database: LmdbDatabase, key: Key): Value | undefined {
  const shared = database.getBinaryFast(key)
  return shared && copyOf(shared)
}

/** How lmdb turns its bytes into values and back. */
export const bytesEncoder = {
  encode: (value: Value): Value => value,
  decode: copyOf,
}

/**
 * A copy in Node's pool: 400 bytes take 1.3 µs instead of the 2.3 µs of an array buffer of their own, which the garbage collector has to follow too.
 * The `length` of lmdb's buffer is the value's, its `byteLength` is not.
 */
function copyOf(shared: Uint8Array): Value {
  return Buffer.from(new Uint8Array(shared.buffer, shared.byteOffset, shared.length))
}

/** @param transaction the snapshot to read; without it, what was flushed last */
export function readPage(database: LmdbDatabase, range: Range, limit: PageLimit, transaction?: Transaction): Page {
  const entries: Entry[] = []
  if (range.to.length === 0) return { entries, more: false }
  const options = rangeOptions(range)
  if (transaction !== undefined) options.transaction = transaction
  let bytes = 0
  for (const { key, value } of database.getRange(options)) {
    entries.push({ key, value })
    bytes += key.length + value.length
    if (entries.length >= limit.entriesMax || bytes >= limit.bytesMax) return { entries, more: true }
  }
  return { entries, more: false }
}

const lowestKey = Uint8Array.of(0)

/**
 * LMDB cannot seek a key that could not be stored: an empty one is below the lowest, and one that is too long stands
 * directly behind its longest storable prefix.
 */
function rangeOptions({ from, to, reverse }: Range): RangeOptions {
  const low = { key: from.length === 0 ? lowestKey : storable(from), included: from.length <= KEY_BYTES_MAX }
  const high = { key: storable(to), included: to.length > KEY_BYTES_MAX }
  return reverse
    ? { start: high.key, exclusiveStart: !high.included, end: low.key, inclusiveEnd: low.included, reverse: true }
    : { start: low.key, exclusiveStart: !low.included, end: high.key, inclusiveEnd: high.included }
}

function storable(bound: Key): Key {
  return bound.length > KEY_BYTES_MAX ? bound.subarray(0, KEY_BYTES_MAX) : bound
}
