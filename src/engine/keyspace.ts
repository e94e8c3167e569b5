import type { Key, Range, Value, Write } from '../storage/store.ts'
import { afterPrefix } from '../storage/store.ts'

/**
 * How a Region's store is laid out. One ordered map holds everything:
 *
 *   00 01                              the format of this layout
 *   00 02                              the number that the next table gets
 *   00 03 name                         a table's definition
 *   00 04 number                       a dropped table whose rows are still to be removed
 *   00 05 token                        a transaction that must not be carried out twice
 *   00 06 id / table name              a backup (`backup.ts`)
 *   00 07 number                       a dropped table whose streams can still be read
 *   00 10 kind(1) name                 an export or import, or the token of one (`transfer/job-rows.ts`)
 *   01 number(4) space(1) suffix       the rows of one table, or of one backup
 *   02 length(1) id kind(1) …          a journal of a strong table (`replication/journal-log.ts`)
 *
 * Table numbers are never used again, so a row that outlives its table is never taken for another's.
 */
export const formatKey: Key = Uint8Array.of(0x00, 0x01)
export const nextTableNumberKey: Key = Uint8Array.of(0x00, 0x02)
const definitionPrefix = Uint8Array.of(0x00, 0x03)
const droppedPrefix = Uint8Array.of(0x00, 0x04)
const tokenPrefix = Uint8Array.of(0x00, 0x05)
export const backupPrefix: Key = Uint8Array.of(0x00, 0x06)
const endedPrefix = Uint8Array.of(0x00, 0x07)
const transferPrefix = Uint8Array.of(0x00, 0x10)

/** The kinds of rows that a table has. `items` is the engine's; what is in the others is up to who versions the items. */
export const spaces = {
  /** 00 -> what this replica is and holds; 01 -> its group; 02 -> the policy that its cells follow; 03 incarnation(8) -> the Region that writes it; 04, 05 -> `replication/rows.ts` */
  replica: 0x00,
  /** item key -> cell */
  items: 0x01,
  /** incarnation(8) n(8) -> change record */
  log: 0x02,
  /** incarnation(8) n(8) -> item key of a tombstone */
  tombstones: 0x03,
  /** timestamp(8) id(16) -> ledger entry */
  ledger: 0x04,
  /** set(2) key -> entry: what follows from the items, index by index (`derived-sets.ts`) */
  derived: 0x05,
  /** 00 -> the newest sequence number; 01 sequence(8) -> change record (`change-log.ts`) */
  changes: 0x06,
  /** partition prefix -> bytes in the item collection, for tables with local indexes */
  collections: 0x07,
  /** sequence(8) -> index entries that are written later, on purpose */
  delayed: 0x08,
  /** item key -> nothing: the items of which this replica holds several versions */
  contested: 0x09,
  /** item key -> cell of another Region's replica, received and not yet taken in */
  staged: 0x0b,
  /** when a destination began, ms(6) -> the sequence number of the next change for it */
  deliveries: 0x0a,
  /** position(6) -> item key of a deletion that writes which are being ordered may not have seen (`replication/strong-apply.ts`) */
  deletions: 0x0b,
} as const

export type Space = (typeof spaces)[keyof typeof spaces]

const spaceBytes = 6

export function definitionKey(tableName: string): Key {
  return Buffer.concat([definitionPrefix, Buffer.from(tableName, 'utf8')])
}

export const definitions: Range = { from: definitionPrefix, to: afterPrefix(definitionPrefix) }

/** The number that a new table or backup gets, by the row of {@link nextTableNumberKey}; taken with {@link numberWrite}. */
export function numberFrom(next: Value | undefined): number {
  return next === undefined ? 1 : Buffer.from(next).readUInt32BE()
}

export function numberWrite(taken: number): Write {
  const value = Buffer.alloc(4)
  value.writeUInt32BE(taken + 1)
  return { key: nextTableNumberKey, value }
}

export function droppedKey(tableNumber: number): Key {
  return numbered(droppedPrefix, tableNumber)
}

/** Where a dropped table stays described while its streams can be read. */
export function endedKey(tableNumber: number): Key {
  return numbered(endedPrefix, tableNumber)
}

export const endedTables: Range = { from: endedPrefix, to: afterPrefix(endedPrefix) }

function numbered(prefix: Uint8Array, tableNumber: number): Key {
  const key = Buffer.alloc(6)
  key.set(prefix)
  key.writeUInt32BE(tableNumber, 2)
  return key
}

export const droppedTables: Range = { from: droppedPrefix, to: afterPrefix(droppedPrefix) }

export function tableNumberOfDropped(key: Key): number {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).readUInt32BE(2)
}

/** @param token what identifies the transaction among all of the Region */
export function tokenKey(token: Uint8Array): Key {
  return Buffer.concat([tokenPrefix, token])
}

/** @param kind what the name means, one byte */
export function transferKey(kind: number, name: string): Key {
  return Buffer.concat([transferPrefix, Uint8Array.of(kind), Buffer.from(name, 'utf8')])
}

export const tokens: Range = { from: tokenPrefix, to: afterPrefix(tokenPrefix) }

/** The key of a table's row: its space and what identifies it there. */
export function rowKey(tableNumber: number, space: Space, suffix: Uint8Array): Key {
  const key = Buffer.allocUnsafe(spaceBytes + suffix.length)
  key[0] = 0x01
  key.writeUInt32BE(tableNumber, 1)
  key[5] = space
  key.set(suffix, spaceBytes)
  return key
}

/** What identifies a row within its space, or what follows the first bytes of that: the inverse of {@link rowKey}. */
export function suffixOf(key: Key, withoutBytes = 0): Uint8Array {
  return key.subarray(spaceBytes + withoutBytes)
}

const nothing = new Uint8Array(0)

/** All rows of one space, or of a part of it: suffixes from `from` (inclusive) to `to` (exclusive). */
export function spaceRange(tableNumber: number, space: Space, from: Uint8Array = nothing, to?: Uint8Array): Range {
  return {
    from: rowKey(tableNumber, space, from),
    to: to === undefined ? afterPrefix(rowKey(tableNumber, space, nothing)) : rowKey(tableNumber, space, to),
  }
}

/** All rows of a table but its change log: two ranges. */
export function tableRangesWithoutChanges(tableNumber: number): readonly Range[] {
  const all = tableRange(tableNumber)
  const changes = spaceRange(tableNumber, spaces.changes)
  return [
    { from: all.from, to: changes.from },
    { from: changes.to, to: all.to },
  ]
}

/** All rows of a table. */
export function tableRange(tableNumber: number): Range {
  const prefix = Buffer.alloc(5)
  prefix[0] = 0x01
  prefix.writeUInt32BE(tableNumber, 1)
  return { from: prefix, to: afterPrefix(prefix) }
}
