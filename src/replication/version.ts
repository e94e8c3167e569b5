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
 *   …  merge data, if flagged: length(4) content
 *   …  notes, if flagged: { kind(1) length(2) content }
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
  /** Under `merge`: which writes made the parts of it; undefined: this one made all [REP-14]. */
  readonly merge: Uint8Array | undefined
  readonly notes: Notes
  /** It was conditional, counted or appended: that another write made the same does not make up for its loss. */
  readonly relative: boolean
  /** All of the above, encoded. */
  readonly bytes: Uint8Array
}

export interface Base {
  readonly dot: Dot
  readonly timestamp: Timestamp
}

/** What few versions carry. */
export interface Notes {
  /** Of a tombstone under `home-region`: where what it deleted was at home. */
  readonly home?: Home
  /** Where in the ledger the entries lie that this write resolves [REP-21]. */
  readonly resolves?: readonly Uint8Array[]
  /** It builds on all that it replaced, several versions, which its base alone does not say. */
  readonly joined?: true
}

export interface Home {
  readonly attribute: string
  readonly region: string
}

export const noNotes: Notes = {}

export function encodeVersion(
  version: Omit<Version, 'bytes' | 'notes' | 'merge' | 'relative'> & {
    readonly notes?: Notes
    readonly merge?: Uint8Array | undefined
    readonly relative?: boolean
  },
): Version {
  const { dot, timestamp, region, base, context, epoch, committedAtMs, itemKey, stored, notes = noNotes, merge, relative = false } = version
  const noted = notes === noNotes ? undefined : encodeNotes(notes)
  const mergeAt =
    headerBytes + (base === undefined ? 0 : baseBytes) + 1 + region.length + 2 + context.size * cursorBytes + 2 + itemKey.length
  const notesAt = mergeAt + (merge === undefined ? 0 : 4 + merge.length)
  const imageAt = notesAt + (noted?.length ?? 0)
  const bytes = Buffer.allocUnsafe(imageAt + (stored?.image.length ?? 0))
  bytes[0] = versionLayout
  bytes[1] =
    (stored === undefined ? tombstoneFlag : 0) |
    (base === undefined ? 0 : baseFlag) |
    (noted === undefined ? 0 : notesFlag) |
    (merge === undefined ? 0 : mergeFlag) |
    (relative ? relativeFlag : 0)
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
  if (merge !== undefined) {
    bytes.writeUInt32BE(merge.length, mergeAt)
    bytes.set(merge, mergeAt + 4)
  }
  if (noted !== undefined) bytes.set(noted, notesAt)
  if (stored !== undefined) bytes.set(stored.image, imageAt)
  return { dot, timestamp, region, base, context, epoch, committedAtMs, itemKey, stored, merge, notes, relative, bytes }
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
  const mergeAt = at + 2 + keyLength
  const merge = (flags & mergeFlag) === 0 ? undefined : bytes.subarray(mergeAt + 4, mergeAt + 4 + bytes.readUInt32BE(mergeAt))
  const notesAt = mergeAt + (merge === undefined ? 0 : 4 + merge.length)
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
    merge,
    notes: (flags & notesFlag) === 0 ? noNotes : decodeNotes(bytes.subarray(notesAt, bytes.readUInt32BE(6))),
    relative: (flags & relativeFlag) !== 0,
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

/** What ranks a write among those that are concurrent with it. */
export type Ranked = Pick<Version, 'dot' | 'timestamp' | 'region'>

/** The order among concurrent versions [REP-5]: timestamp, Region name, incarnation, n. It ranks siblings and does nothing else. */
export function compareVersions(a: Ranked, b: Ranked): number {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1
  if (a.region !== b.region) return a.region < b.region ? -1 : 1
  if (a.dot.incarnation !== b.dot.incarnation) return a.dot.incarnation < b.dot.incarnation ? -1 : 1
  return a.dot.n - b.dot.n
}

export const versionLayout = 1
const tombstoneFlag = 1
const baseFlag = 2
const notesFlag = 4
const mergeFlag = 8
const relativeFlag = 16
/** Where the dot stands in an encoded version. */
export const dotAt = 10
const headerBytes = 42
/** An incarnation and a number in its log. */
export const cursorBytes = 14
const baseBytes = cursorBytes + 8

const homeNote = 1
const resolvesNote = 2
const joinedNote = 3

function encodeNotes({ home, resolves = [], joined }: Notes): Buffer {
  const noted = [
    ...(home === undefined ? [] : [{ kind: homeNote, content: Buffer.from(`${home.region}\0${home.attribute}`, 'utf8') }]),
    ...resolves.map((content) => ({ kind: resolvesNote, content })),
    ...(joined === true ? [{ kind: joinedNote, content: nothing }] : []),
  ]
  const bytes = Buffer.allocUnsafe(noted.reduce((sum, { content }) => sum + 3 + content.length, 0))
  let at = 0
  for (const { kind, content } of noted) {
    bytes[at] = kind
    bytes.writeUInt16BE(content.length, at + 1)
    bytes.set(content, at + 3)
    at += 3 + content.length
  }
  return bytes
}

function decodeNotes(bytes: Buffer): Notes {
  let home: Home | undefined
  const resolves: Uint8Array[] = []
  let joined = false
  for (let at = 0; at < bytes.length; at += 3 + bytes.readUInt16BE(at + 1)) {
    const content = bytes.subarray(at + 3, at + 3 + bytes.readUInt16BE(at + 1))
    if (bytes[at] === resolvesNote) resolves.push(content)
    else if (bytes[at] === joinedNote) joined = true
    else if (bytes[at] === homeNote) {
      const [region = '', attribute = ''] = content.toString('utf8').split('\0')
      home = { attribute, region }
    }
  }
  return { ...(home && { home }), ...(resolves.length > 0 && { resolves }), ...(joined && { joined }) }
}

const nothing = new Uint8Array(0)

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
