import type { Visit } from '../../../engine/item-reader.ts'
import type { StoredItem } from '../../../engine/stored-item.ts'
import { PAGE_BYTES_MAX } from './item-page.ts'
import type { Bounds } from './key-range.ts'
import { afterAllThatBeginWith, boundsBehind, contains, following } from './key-range.ts'
import type { ReadSource } from './read-source.ts'

/**
 * A page of items from several ranges of keys, one in each partition that a statement names: one range after the other, or all of them
 * by their sort keys. A page says where the next one begins, so nothing is remembered between them.
 */
export interface RangeReading {
  readonly source: ReadSource
  readonly ranges: readonly ReadRange[]
  readonly reverse: boolean
  readonly itemsMax: number
}

export interface ReadRange {
  /** What all keys of the partition begin with. */
  readonly prefix: Uint8Array
  readonly bounds: Bounds
}

/** Behind the item with this key in that range; an empty key is the range's beginning. */
export interface Position {
  readonly range: number
  readonly key: Uint8Array
}

export interface RangePage {
  readonly found: readonly Found[]
  readonly next: Position | undefined
  /** What was read of each range that was read at all. */
  readonly bytesByRange: readonly number[]
}

export interface Found {
  readonly item: StoredItem
  /** In the source: the item's own, or that of its index entry. */
  readonly key: Uint8Array
  readonly itemKey: Uint8Array
  readonly range: number
}

/** Undefined when `after` is no position in these ranges. */
export async function readInTurn(reading: RangeReading, after: Position | undefined): Promise<RangePage | undefined> {
  const { ranges, reverse, itemsMax } = reading
  const found: Found[] = []
  const bytesByRange: number[] = []
  let bytesLeft = PAGE_BYTES_MAX
  if (after !== undefined && !isWithin(ranges, after)) return undefined
  for (const [at, { bounds }] of ranges.entries()) {
    if (after !== undefined && at < after.range) continue
    const rest = after?.range === at && after.key.length > 0 ? boundsBehind(bounds, after.key, reverse) : bounds
    const part = await readRange(reading, at, rest, itemsMax - found.length, bytesLeft, found.length === 0)
    found.push(...part.found)
    bytesByRange.push(part.sizeBytes)
    bytesLeft -= part.sizeBytes
    if (part.more) return { found, bytesByRange, next: { range: at, key: part.found.at(-1)?.key ?? beginning } }
  }
  return { found, bytesByRange, next: undefined }
}

/**
 * Items of all ranges in the order of their sort keys; among equal ones, in the order of the ranges. As many are read of each range as
 * the page may hold, and those that do not come into it are read again for the next one.
 */
export async function readMerged(reading: RangeReading, after: Position | undefined): Promise<RangePage | undefined> {
  const { ranges, reverse, itemsMax } = reading
  if (after !== undefined && (after.key.length === 0 || !isWithin(ranges, after))) return undefined
  const parts: RangePart[] = []
  for (const [at, range] of ranges.entries()) {
    const rest = after === undefined ? range.bounds : boundsBehindPosition(reading, at, after)
    parts.push(await readRange(reading, at, rest, itemsMax, PAGE_BYTES_MAX, true))
  }
  const sign = reverse ? -1 : 1
  const all = parts
    .flatMap((part) =>
      part.found.map((found) => ({ found, sort: sortPart(reading, found), endsUnfinished: part.more && found === part.found.at(-1) })),
    )
    .sort((a, b) => sign * Buffer.compare(a.sort, b.sort) || a.found.range - b.found.range)
  const found: Found[] = []
  let sizeBytes = 0
  for (const candidate of all) {
    sizeBytes += candidate.found.item.sizeBytes
    if (found.length === itemsMax || (found.length > 0 && sizeBytes > PAGE_BYTES_MAX)) break
    found.push(candidate.found)
    // What follows in that range is not known, so nothing can be said to come before it.
    if (candidate.endsUnfinished) break
  }
  const last = found.at(-1)
  const more = found.length < all.length || parts.some((part) => part.more)
  return {
    found,
    bytesByRange: parts.map((part) => part.sizeBytes),
    next: more && last !== undefined ? { range: last.range, key: last.key } : undefined,
  }
}

const beginning = new Uint8Array(0)

function isWithin(ranges: readonly ReadRange[], { range: at, key }: Position): boolean {
  const range = ranges[at]
  return range !== undefined && (key.length === 0 || contains(range.bounds, key))
}

interface RangePart {
  readonly found: readonly Found[]
  readonly sizeBytes: number
  /** There is, or may be, more behind the last item found. */
  readonly more: boolean
}

/** @param always at least one item, however large */
async function readRange(
  { source: { reads, table, index }, reverse }: RangeReading,
  range: number,
  bounds: Bounds,
  itemsMax: number,
  bytesMax: number,
  always: boolean,
): Promise<RangePart> {
  const found: Found[] = []
  let sizeBytes = 0
  let more = false
  if (bounds.to !== undefined && Buffer.compare(bounds.from, bounds.to) >= 0) return { found, sizeBytes, more }
  const visit: Visit = (item, place) => {
    if ((found.length > 0 || !always) && sizeBytes + item.sizeBytes > bytesMax) {
      more = true
      return 'stop-before'
    }
    found.push({ item, ...place(), range })
    sizeBytes += item.sizeBytes
    if (found.length < itemsMax) return 'more'
    more = true
    return 'last'
  }
  const span = { ...bounds, reverse, ...(itemsMax === Infinity ? {} : { itemsExpected: itemsMax }) }
  await (index === undefined ? reads.read(table, span, visit) : reads.readIndex(table, index, span, visit))
  return { found, sizeBytes, more }
}

/** An index key ends with what tells apart the items of one sort key. */
const ENTRY_DIGEST_BYTES = 16

/** The bytes by which an item is ordered within its partition. */
function sortPart({ source: { index }, ranges }: RangeReading, { key, range }: Position): Uint8Array {
  return key.subarray(ranges[range]?.prefix.length ?? 0, index === undefined ? key.length : key.length - ENTRY_DIGEST_BYTES)
}

/** What is left of a range when everything up to the position has been taken, of all ranges by their sort keys. */
function boundsBehindPosition(reading: RangeReading, at: number, after: Position): Bounds {
  const { source, ranges, reverse } = reading
  const range = ranges[at]
  if (range === undefined) return { from: beginning, to: beginning }
  if (at === after.range) return boundsBehind(range.bounds, after.key, reverse)
  const equal = Buffer.concat([range.prefix, sortPart(reading, after)])
  const behindEqual = source.index === undefined ? following(equal) : afterAllThatBeginWith(equal)
  const takenWithEqual = at < after.range
  const edge = takenWithEqual === reverse ? equal : behindEqual
  if (reverse) return { from: range.bounds.from, to: least(range.bounds.to, edge) }
  return edge === undefined ? { from: beginning, to: beginning } : { from: greater(range.bounds.from, edge), to: range.bounds.to }
}

function least(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return Buffer.compare(a, b) <= 0 ? a : b
}

function greater(a: Uint8Array, b: Uint8Array): Uint8Array {
  return Buffer.compare(a, b) >= 0 ? a : b
}
