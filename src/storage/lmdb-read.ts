/**
 * Reads from LMDB, and from the overlays that lie above it. What comes from LMDB is a copy; lmdb's own buffers are used again by the next read.
 */
import type { Database, RangeOptions, Transaction } from 'lmdb'
import type { Overlay } from './overlay.ts'
import { laidOver, textOf } from './overlay.ts'
import type { Entry, Key, Page, PageLimit, Range, Value, Write } from './store.ts'

export type LmdbDatabase = Database<Uint8Array, Uint8Array>

/** One state of a store: LMDB's, with what the overlays write, the uppermost first. */
export interface Layers {
  readonly overlays: readonly Overlay[]
  readonly database: LmdbDatabase
  /** The snapshot of LMDB to read; without it, its last state. */
  readonly transaction?: Transaction
}

export function readValue({ overlays, database, transaction }: Layers, key: Key): Value | undefined {
  if (overlays.some(isFilled)) {
    const text = textOf(key)
    for (const overlay of overlays) {
      const write = overlay.get(text)
      if (write !== undefined) return write.value
    }
  }
  if (transaction !== undefined) return database.get(key, { transaction })
  const shared = database.getBinaryFast(key)
  return shared && copyOf(shared)
}

function isFilled(overlay: Overlay): boolean {
  return overlay.size > 0
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

export function readPage(layers: Layers, range: Range, limit: PageLimit): Page {
  const entries: Entry[] = []
  let bytes = 0
  for (const { key, value } of writesIn(layers, range)) {
    if (value === undefined) continue
    entries.push({ key, value })
    bytes += key.length + value.length
    if (entries.length >= limit.entriesMax || bytes >= limit.bytesMax) return { entries, more: true }
  }
  return { entries, more: false }
}

function writesIn({ overlays, database, transaction }: Layers, range: Range): Iterable<Write> {
  let writes: Iterable<Write> = range.to.length === 0 ? [] : database.getRange(rangeOptions(range, transaction))
  for (const overlay of overlays.toReversed()) {
    // Most ranges are not being written to.
    if (overlay.hasAnyIn(range)) writes = laidOver(overlay.writesIn(range), writes, range.reverse)
  }
  return writes
}

const lowestKey = Uint8Array.of(0)

/** LMDB cannot seek an empty key. */
function rangeOptions({ from, to, reverse }: Range, transaction: Transaction | undefined): RangeOptions {
  const low = from.length === 0 ? lowestKey : from
  const bounds = reverse ? { start: to, exclusiveStart: true, end: low, inclusiveEnd: true, reverse } : { start: low, end: to }
  return transaction === undefined ? bounds : { ...bounds, transaction }
}
