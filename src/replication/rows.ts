import { rowKey, spaceRange, spaces, suffixOf } from '../engine/keyspace.ts'
import type { Key, Range } from '../storage/store.ts'
import type { Dot, Incarnation } from './dot.ts'
import type { Timestamp } from './timestamp.ts'
import { asBuffer, cursorBytes, readDot, writeCursor } from './version.ts'

/** The keys of replication's rows within a table (the spaces are listed in the engine's keyspace). */

const membershipSuffix = Uint8Array.of(0x01)
const replicaSuffix = Uint8Array.of(0x00)
const followedPolicySuffix = Uint8Array.of(0x02)
const ownerPrefix = Uint8Array.of(0x03)
const collectedCutSuffix = Uint8Array.of(0x04)
const mergeSuffix = Uint8Array.of(0x05)

export function replicaRowKey(tableNumber: number): Key {
  return rowKey(tableNumber, spaces.replica, replicaSuffix)
}

export function membershipKey(tableNumber: number): Key {
  return rowKey(tableNumber, spaces.replica, membershipSuffix)
}

/** By which policy all cells are decided, once they are. */
export function followedPolicyKey(tableNumber: number): Key {
  return rowKey(tableNumber, spaces.replica, followedPolicySuffix)
}

/** In which Region an incarnation was written: who is lost, or went back, is told by it [REP-36]. */
export function ownerKey(tableNumber: number, incarnation: Incarnation): Key {
  return rowKey(tableNumber, spaces.replica, Buffer.concat([ownerPrefix, Buffer.from(incarnation, 'hex')]))
}

export function ownerRange(tableNumber: number): Range {
  return spaceRange(tableNumber, spaces.replica, ownerPrefix, collectedCutSuffix)
}

/** The inverse of {@link ownerKey}. */
export function incarnationOfOwnerRow(key: Key): Incarnation {
  return Buffer.from(suffixOf(key, ownerPrefix.length)).toString('hex')
}

/** Up to where this replica has let go of what every member had said that it has [REP-35]. */
export function collectedCutKey(tableNumber: number): Key {
  return rowKey(tableNumber, spaces.replica, collectedCutSuffix)
}

/** A state that was received in full and is being taken in [REP-33]. */
export function mergeKey(tableNumber: number): Key {
  return rowKey(tableNumber, spaces.replica, mergeSuffix)
}

/** A cell of a state that is being received, beside the item's own. */
export function stagedKey(tableNumber: number, itemKey: Uint8Array): Key {
  return rowKey(tableNumber, spaces.staged, itemKey)
}

/** Stands for each item with several siblings, so that a change of the policy finds them [REP-11]. */
export function contestedKey(tableNumber: number, itemKey: Uint8Array): Key {
  return rowKey(tableNumber, spaces.contested, itemKey)
}

export function cellKey(tableNumber: number, itemKey: Uint8Array): Key {
  return rowKey(tableNumber, spaces.items, itemKey)
}

export function logKey(tableNumber: number, dot: Dot): Key {
  return rowKey(tableNumber, spaces.log, dotSuffix(dot))
}

/** The records of one log from number `from` on. */
export function logFrom(tableNumber: number, incarnation: Incarnation, from: number): Range {
  return dotRange(tableNumber, spaces.log, incarnation, from, undefined)
}

export function tombstoneKey(tableNumber: number, dot: Dot): Key {
  return rowKey(tableNumber, spaces.tombstones, dotSuffix(dot))
}

/** Rows of one incarnation in a space that is ordered by dots, numbers `from` (inclusive) to `to` (exclusive; undefined: all). */
export function dotRange(
  tableNumber: number,
  space: typeof spaces.log | typeof spaces.tombstones,
  incarnation: Incarnation,
  from: number,
  to: number | undefined,
): Range {
  return {
    from: rowKey(tableNumber, space, dotSuffix({ incarnation, n: from })),
    to: rowKey(tableNumber, space, dotSuffix({ incarnation, n: to ?? nMax })),
  }
}

export function dotOfRow(key: Key): Dot {
  return readDot(asBuffer(suffixOf(key)), 0)
}

/** Rows are ordered by the timestamp of the version that lost; its `id` is the same in every Region. */
export function ledgerKey(tableNumber: number, timestamp: Timestamp, id: string): Key {
  return rowKey(tableNumber, spaces.ledger, ledgerSuffix(timestamp, id))
}

/** Stands beside an entry: a later write built on the version, so it did not lose. */
export function withdrawalKey(tableNumber: number, timestamp: Timestamp, id: string): Key {
  return rowKey(tableNumber, spaces.ledger, Buffer.concat([ledgerSuffix(timestamp, id), Uint8Array.of(withdrawalMark)]))
}

export function isWithdrawal(key: Key): boolean {
  return isBesideEntry(key) && key.at(-1) === withdrawalMark
}

/** Stands beside an entry: somebody looked at the conflict and settled it [REP-21]. */
export function resolutionKey(entry: Key): Key {
  return Buffer.concat([entry, Uint8Array.of(resolutionMark)])
}

export function isResolution(key: Key): boolean {
  return isBesideEntry(key) && key.at(-1) === resolutionMark
}

/** True for what stands beside an entry; it comes right after it in order. */
export function isBesideEntry(key: Key): boolean {
  return suffixOf(key).length === ledgerSuffixBytes + 1
}

/** True when the row under `beside` belongs to the entry under `entry`. */
export function belongsTo(beside: Key, entry: Key): boolean {
  return Buffer.compare(beside.subarray(0, -1), entry) === 0
}

/** Names an entry in all Regions: where it lies in each one's ledger. */
export function entryPlace(timestamp: Timestamp, id: string): Uint8Array {
  return ledgerSuffix(timestamp, id)
}

export function entryAt(tableNumber: number, place: Uint8Array): Key {
  return rowKey(tableNumber, spaces.ledger, place)
}

/** Entries of versions written at `timestamp` or later. */
export function ledgerFrom(tableNumber: number, timestamp: Timestamp): Range {
  const from = Buffer.alloc(8)
  from.writeBigUInt64BE(timestamp)
  return spaceRange(tableNumber, spaces.ledger, from)
}

const nMax = 2 ** 48 - 1
const ledgerSuffixBytes = 24
const withdrawalMark = 0x01
const resolutionMark = 0x02

function dotSuffix(dot: Dot): Uint8Array {
  const suffix = Buffer.allocUnsafe(cursorBytes)
  writeCursor(suffix, dot.incarnation, dot.n, 0)
  return suffix
}

function ledgerSuffix(timestamp: Timestamp, id: string): Uint8Array {
  const suffix = Buffer.alloc(ledgerSuffixBytes)
  suffix.writeBigUInt64BE(timestamp)
  suffix.write(id, 8, 16, 'hex')
  return suffix
}
