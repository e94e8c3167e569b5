import { assert } from '../base/assert.ts'
import type { Key, Range, Value, Write } from '../storage/store.ts'
import { rowKey, spaceRange, spaces, suffixOf } from './keyspace.ts'
import { StoredItem } from './stored-item.ts'
import type { Table } from './table.ts'
import { enabledStream, isLive } from './table.ts'

/**
 * What changed in one Region's table, in order: one record per change of what an item shows, whatever caused it, written in the
 * transaction that changed the item [REP-40]. Streams, destinations, point-in-time recovery and incremental exports all read it; a table that has none of
 * them keeps none.
 *
 * A sequence number is above every earlier one of the table and never below the time of its commit:
 *
 *     milliseconds since 1970 (48 bits)   counter (16 bits)
 *
 * so that a moment names a place in the log. A clock that steps back only makes the counter run on.
 */
export type Sequence = bigint

export interface ChangeRecord {
  readonly sequence: Sequence
  readonly atMs: number
  readonly cause: ChangeCause
  readonly itemKey: Uint8Array
  /** What the item was; undefined: it was not there. */
  readonly before: StoredItem | undefined
  readonly after: StoredItem | undefined
}

/** Whether a client of this Region changed the item, its time to live, or another Region. */
export type ChangeCause = 'client' | 'expiry' | 'replication'

/** How long a stream's changes can be read: 24 hours, also after it was disabled (developer guide, "Change data capture for DynamoDB Streams"). */
export const STREAM_RETENTION_MS = 24 * 3600 * 1000

/** Whether somebody reads, or may come to read, the changes of this table. */
export function keepsChanges(table: Table): boolean {
  const { recovery, destinations } = table.own
  if (enabledStream(table) !== undefined || recovery !== undefined) return true
  return table.logReaders.length > 0 || destinations?.some(isLive) === true
}

/** The row that holds the newest sequence number. */
export function changeHeadKey(tableNumber: number): Key {
  return rowKey(tableNumber, spaces.changes, headSuffix)
}

/** The first sequence number that a change at `ms` or later can have. */
export function sequenceAt(ms: number): Sequence {
  return BigInt(Math.max(0, Math.floor(ms))) << 16n
}

export function timeOfSequence(sequence: Sequence): number {
  return Number(sequence >> 16n)
}

/** 0n when there was none. */
export function decodeChangeHead(row: Value | undefined): Sequence {
  return row === undefined ? 0n : Buffer.from(row.buffer, row.byteOffset, row.byteLength).readBigUInt64BE()
}

export function encodeChangeHead(sequence: Sequence): Value {
  const row = Buffer.allocUnsafe(8)
  row.writeBigUInt64BE(sequence)
  return row
}

export function nextSequence(last: Sequence, atMs: number): Sequence {
  const earliest = sequenceAt(atMs)
  return earliest > last ? earliest : last + 1n
}

/** Records from `from` (inclusive) to `to` (exclusive; undefined: the end). */
export function changeRange(tableNumber: number, from: Sequence, to?: Sequence): Range {
  const range = spaceRange(tableNumber, spaces.changes, recordSuffix(from))
  return to === undefined ? range : { from: range.from, to: rowKey(tableNumber, spaces.changes, recordSuffix(to)) }
}

/**
 * The record as it is stored:
 *
 *   cause(1)  atMs(6)  key length(2) key  before: size(4) length(4) image  after: size(4) length(4) image
 *
 * A length of 0xffffffff says that there was no item.
 */
export function changeWrite(tableNumber: number, { sequence, atMs, cause, itemKey, before, after }: ChangeRecord): Write {
  const images = [before, after]
  const value = Buffer.allocUnsafe(9 + itemKey.length + images.reduce((sum, item) => sum + 8 + (item?.image.length ?? 0), 0))
  value[0] = causes.indexOf(cause)
  value.writeUIntBE(atMs, 1, 6)
  value.writeUInt16BE(itemKey.length, 7)
  value.set(itemKey, 9)
  let at = 9 + itemKey.length
  for (const item of images) {
    value.writeUInt32BE(item?.sizeBytes ?? 0, at)
    value.writeUInt32BE(item?.image.length ?? nothing, at + 4)
    if (item !== undefined) value.set(item.image, at + 8)
    at += 8 + (item?.image.length ?? 0)
  }
  return { key: rowKey(tableNumber, spaces.changes, recordSuffix(sequence)), value }
}

export function decodeChange(key: Key, row: Value): ChangeRecord {
  const value = Buffer.from(row.buffer, row.byteOffset, row.byteLength)
  const cause = causes[value.readUInt8(0)]
  assert(cause !== undefined, `a change has a known cause, not ${value[0]}`)
  const keyEnd = 9 + value.readUInt16BE(7)
  const [before, next] = readItem(value, keyEnd)
  const [after] = readItem(value, next)
  const suffix = suffixOf(key)
  const sequence = Buffer.from(suffix.buffer, suffix.byteOffset, suffix.byteLength).readBigUInt64BE(1)
  return { sequence, atMs: value.readUIntBE(1, 6), cause, itemKey: value.subarray(9, keyEnd), before, after }
}

const causes: readonly ChangeCause[] = ['client', 'expiry', 'replication']
const headSuffix = Uint8Array.of(0x00)
const nothing = 0xffff_ffff

function recordSuffix(sequence: Sequence): Uint8Array {
  const suffix = Buffer.alloc(9)
  suffix[0] = 0x01
  suffix.writeBigUInt64BE(sequence, 1)
  return suffix
}

function readItem(value: Buffer, at: number): [StoredItem | undefined, number] {
  const length = value.readUInt32BE(at + 4)
  if (length === nothing) return [undefined, at + 8]
  const end = at + 8 + length
  return [new StoredItem(value.subarray(at + 8, end), value.readUInt32BE(at)), end]
}
