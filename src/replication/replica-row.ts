import { assert } from '../base/assert.ts'
import type { Cursors } from './cursors.ts'
import type { Incarnation } from './dot.ts'
import { asBuffer, cursorBytes, readDot, writeCursor } from './version.ts'

/**
 * What one replica is and holds, in one row that every write of the table reads and writes:
 *
 *   0  layout(1)=1  flags(1): 1 = keeps a log, 2 = fenced, 4 = leaving   epoch(4)   itemCount(6)   sizeBytes(6)
 *  18  own incarnation(8), zeros before the first write
 *  26  cursors(2) { incarnation(8) n(6) ours(1) }
 */
export interface ReplicaRow {
  /** The epoch of the global table that this replica has adopted. */
  readonly epoch: number
  /** False when there is no other member that could ask for a record. */
  readonly keepsLog: boolean
  /** True when it takes no more writes from clients: it is being removed. */
  readonly fenced: boolean
  /** True when it leaves its group and keeps its data: what is written from now on is nobody else's, in incarnations that are not among `ours`. */
  readonly leaving: boolean
  readonly itemCount: number
  readonly sizeBytes: number
  /** The incarnation that took the last local write. */
  readonly own: Incarnation | undefined
  readonly cursors: Cursors
  /** Those incarnations in `cursors` that were this replica's own. */
  readonly ours: ReadonlySet<Incarnation>
}

export const newReplicaRow: ReplicaRow = {
  epoch: 0,
  keepsLog: false,
  fenced: false,
  leaving: false,
  itemCount: 0,
  sizeBytes: 0,
  own: undefined,
  cursors: new Map(),
  ours: new Set(),
}

export function encodeReplicaRow(row: ReplicaRow): Uint8Array {
  const bytes = Buffer.allocUnsafe(cursorsAt + row.cursors.size * entryBytes)
  bytes[0] = layout
  bytes[1] = (row.keepsLog ? logFlag : 0) | (row.fenced ? fencedFlag : 0) | (row.leaving ? leavingFlag : 0)
  bytes.writeUInt32BE(row.epoch, 2)
  bytes.writeUIntBE(row.itemCount, 6, 6)
  bytes.writeUIntBE(row.sizeBytes, 12, 6)
  if (row.own === undefined) bytes.fill(0, 18, 26)
  else bytes.write(row.own, 18, 8, 'hex')
  bytes.writeUInt16BE(row.cursors.size, 26)
  let at = cursorsAt
  for (const [incarnation, n] of row.cursors) {
    writeCursor(bytes, incarnation, n, at)
    bytes[at + cursorBytes] = row.ours.has(incarnation) ? 1 : 0
    at += entryBytes
  }
  return bytes
}

export function decodeReplicaRow(encoded: Uint8Array): ReplicaRow {
  const bytes = asBuffer(encoded)
  assert(bytes[0] === layout, `replica row layout ${bytes[0]}`)
  const own = bytes.toString('hex', 18, 26)
  const cursors = new Map<Incarnation, number>()
  const ours = new Set<Incarnation>()
  let at = cursorsAt
  for (let count = bytes.readUInt16BE(26); count > 0; count--) {
    const { incarnation, n } = readDot(bytes, at)
    cursors.set(incarnation, n)
    if (bytes[at + cursorBytes] === 1) ours.add(incarnation)
    at += entryBytes
  }
  return {
    epoch: bytes.readUInt32BE(2),
    keepsLog: ((bytes[1] ?? 0) & logFlag) !== 0,
    fenced: isFenced(bytes),
    leaving: ((bytes[1] ?? 0) & leavingFlag) !== 0,
    itemCount: bytes.readUIntBE(6, 6),
    sizeBytes: bytes.readUIntBE(12, 6),
    own: own === noIncarnation ? undefined : own,
    cursors,
    ours,
  }
}

/**
 * The row after one local write, made from the bytes of the row before: its own head moves on by one, its totals change. What every
 * write of a table does is worth not decoding and printing the rest again.
 */
export function afterLocalWrite(
  before: Uint8Array,
  row: ReplicaRow,
  own: Incarnation,
  change: { items: number; bytes: number },
): Uint8Array {
  const itemCount = row.itemCount + change.items
  const sizeBytes = row.sizeBytes + change.bytes
  const n = (row.cursors.get(own) ?? 0) + 1
  if (row.own !== own || n === 1) {
    const [cursors, ours] = [new Map(row.cursors).set(own, n), row.leaving ? row.ours : new Set(row.ours).add(own)]
    return encodeReplicaRow({ ...row, itemCount, sizeBytes, own, cursors, ours })
  }
  const bytes = Buffer.from(before)
  bytes.writeUIntBE(itemCount, 6, 6)
  bytes.writeUIntBE(sizeBytes, 12, 6)
  let at = cursorsAt
  for (const incarnation of row.cursors.keys()) {
    if (incarnation === own) break
    at += entryBytes
  }
  bytes.writeUIntBE(n, at + 8, 6)
  return bytes
}

/** Asked at every write, so the rest is not decoded for it. */
export function isFenced(encoded: Uint8Array): boolean {
  return ((encoded[1] ?? 0) & fencedFlag) !== 0
}

const layout = 1
const logFlag = 1
const fencedFlag = 2
const leavingFlag = 4
const cursorsAt = 28
const entryBytes = cursorBytes + 1
const noIncarnation = '0000000000000000'
