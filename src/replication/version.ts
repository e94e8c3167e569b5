import { assert } from '../base/assert.ts'
import { StoredItem } from '../engine/stored-item.ts'
import type { Cursors } from './cursors.ts'
import type { Dot, Incarnation } from './dot.ts'
import type { Timestamp } from './timestamp.ts'

/**
 * One write of one item, complete: what it made, what it had seen, and where and when. The same bytes are the cell of an
 * item without conflict, the change record in the log, and what travels to the other Regions.
 *
 *   0  layout(1)=1  flags(1)  sizeBytes(4)  imageAt(4)
 *  10  dot: incarnation(8) n(6)   timestamp(8)   committedAtMs(6)   epoch(4)
 *  42  base, if flagged: incarnation(8) n(6) timestamp(8)
 *   …  region length(1) region   contexts(2) { incarnation(8) n(6) }   item key length(2) item key
 *   …  image to the end; none for a tombstone
 *
 * All of it is made by the Region that accepted the write; nothing is added on the way [REP-4].
 */
export interface Version {
  readonly dot: Dot
  readonly timestamp: Timestamp
  /** The Region that accepted the write. */
  readonly region: string
  /** The dot that was shown when it committed, with its timestamp; undefined: nothing was held. */
  readonly base: Base | undefined
  /** The replica's cursors when it committed, joined with what the versions it replaced had seen [REP-3]. */
  readonly context: Cursors
  /** The epoch of the global table that the writer had adopted; every incarnation dropped by then was seen in full. */
  readonly epoch: number
  /** When it committed by the process's own clock, without skew: for measuring lag and for telling the story, never for a decision. */
  readonly committedAtMs: number
  readonly itemKey: Uint8Array
  /** What it made; undefined: a tombstone. */
  readonly stored: StoredItem | undefined
  /** All of the above, encoded. */
  readonly bytes: Uint8Array
}

export interface Base {
  readonly dot: Dot
  readonly timestamp: Timestamp
}

export function encodeVersion(version: Omit<Version, 'bytes'>): Version {
  const { dot, timestamp, region, base, context, epoch, committedAtMs, itemKey, stored } = version
  const imageAt =
    headerBytes + (base === undefined ? 0 : baseBytes) + 1 + region.length + 2 + context.size * cursorBytes + 2 + itemKey.length
  const bytes = Buffer.allocUnsafe(imageAt + (stored?.image.length ?? 0))
  bytes[0] = versionLayout
  bytes[1] = (stored === undefined ? tombstoneFlag : 0) | (base === undefined ? 0 : baseFlag)
  bytes.writeUInt32BE(stored?.sizeBytes ?? 0, 2)
  bytes.writeUInt32BE(imageAt, 6)
  writeCursor(bytes, dot.incarnation, dot.n, dotAt)
  bytes.writeBigUInt64BE(timestamp, 24)
  bytes.writeUIntBE(committedAtMs, 32, 6)
  bytes.writeUInt32BE(epoch, 38)
  let at = headerBytes
  if (base !== undefined) {
    writeCursor(bytes, base.dot.incarnation, base.dot.n, at)
    bytes.writeBigUInt64BE(base.timestamp, at + cursorBytes)
    at += baseBytes
  }
  bytes[at++] = region.length
  for (let index = 0; index < region.length; index++) bytes[at++] = region.charCodeAt(index)
  bytes.writeUInt16BE(context.size, at)
  at += 2
  for (const [incarnation, n] of context) {
    writeCursor(bytes, incarnation, n, at)
    at += cursorBytes
  }
  bytes.writeUInt16BE(itemKey.length, at)
  bytes.set(itemKey, at + 2)
  if (stored !== undefined) bytes.set(stored.image, imageAt)
  return { dot, timestamp, region, base, context, epoch, committedAtMs, itemKey, stored, bytes }
}

export function decodeVersion(encoded: Uint8Array): Version {
  const bytes = asBuffer(encoded)
  assert(bytes[0] === versionLayout, `version layout ${bytes[0]}`)
  const flags = bytes[1] ?? 0
  let at = headerBytes
  let base: Base | undefined
  if ((flags & baseFlag) !== 0) {
    base = { dot: readDot(bytes, at), timestamp: bytes.readBigUInt64BE(at + cursorBytes) }
    at += baseBytes
  }
  const regionLength = bytes.readUInt8(at++)
  const region = bytes.toString('latin1', at, at + regionLength)
  at += regionLength
  const contexts = bytes.readUInt16BE(at)
  at += 2
  const context = new Map<Incarnation, number>()
  for (let read = 0; read < contexts; read++, at += cursorBytes) {
    const seen = readDot(bytes, at)
    context.set(seen.incarnation, seen.n)
  }
  const keyLength = bytes.readUInt16BE(at)
  return {
    dot: readDot(bytes, dotAt),
    timestamp: bytes.readBigUInt64BE(24),
    region,
    base,
    context,
    epoch: bytes.readUInt32BE(38),
    committedAtMs: bytes.readUIntBE(32, 6),
    itemKey: bytes.subarray(at + 2, at + 2 + keyLength),
    stored: storedOf(bytes),
    bytes,
  }
}

/** What an encoded version made, without decoding the rest: the path of every read. */
export function storedOf(encoded: Uint8Array): StoredItem | undefined {
  const bytes = asBuffer(encoded)
  assert(bytes[0] === versionLayout, `version layout ${bytes[0]}`)
  if (((bytes[1] ?? 0) & tombstoneFlag) !== 0) return undefined
  return new StoredItem(bytes.subarray(bytes.readUInt32BE(6)), bytes.readUInt32BE(2))
}

/** The order among concurrent versions [REP-5]: timestamp, Region name, incarnation, n. It ranks siblings and does nothing else. */
export function compareVersions(a: Version, b: Version): number {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1
  if (a.region !== b.region) return a.region < b.region ? -1 : 1
  if (a.dot.incarnation !== b.dot.incarnation) return a.dot.incarnation < b.dot.incarnation ? -1 : 1
  return a.dot.n - b.dot.n
}

export const versionLayout = 1
const tombstoneFlag = 1
const baseFlag = 2
const dotAt = 10
const headerBytes = 42
/** An incarnation and a number in its log. */
export const cursorBytes = 14
const baseBytes = cursorBytes + 8

/** An incarnation, 8 bytes, and a number in its log, 6 bytes. */
export function writeCursor(bytes: Buffer, incarnation: Incarnation, n: number, at: number): void {
  bytes.set(bytesOf(incarnation), at)
  bytes.writeUIntBE(n, at + 8, 6)
}

export function readDot(bytes: Buffer, at: number): Dot {
  return { incarnation: readIncarnation(bytes, at), n: bytes.readUIntBE(at + 8, 6) }
}

/** A replica reads and writes the same few incarnations again and again, and hexadecimal digits cost more than the rest of a version. */
const readLately: (ReadIncarnation | undefined)[] = Array.from({ length: 64 })

interface ReadIncarnation {
  readonly high: number
  readonly low: number
  readonly incarnation: Incarnation
}

function readIncarnation(bytes: Buffer, at: number): Incarnation {
  const high = bytes.readUInt32BE(at)
  const low = bytes.readUInt32BE(at + 4)
  const place = low % readLately.length
  const known = readLately[place]
  if (known?.high === high && known.low === low) return known.incarnation
  const incarnation = bytes.toString('hex', at, at + 8)
  readLately[place] = { high, low, incarnation }
  return incarnation
}

const bytesByIncarnation = new Map<Incarnation, Uint8Array>()
const incarnationsRememberedMax = 1000

function bytesOf(incarnation: Incarnation): Uint8Array {
  let bytes = bytesByIncarnation.get(incarnation)
  if (bytes === undefined) {
    bytes = Uint8Array.from(Buffer.from(incarnation, 'hex'))
    assert(bytes.length === 8, `incarnation ${incarnation}`)
    if (bytesByIncarnation.size === incarnationsRememberedMax) bytesByIncarnation.clear()
    bytesByIncarnation.set(incarnation, bytes)
  }
  return bytes
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
