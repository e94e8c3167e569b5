import type { Key, Range, Value, Write } from '../storage/store.ts'
import { afterPrefix } from '../storage/store.ts'
import { backupPrefix, numberWrite } from './keyspace.ts'
import { StoredItem } from './stored-item.ts'
import type { Table } from './table.ts'
import { decodeTable, encodeTable } from './table.ts'
import type { Statistics } from './versioning.ts'

/**
 * A backup of one table as its row holds it: what the table was, and where the items are. It belongs to the Region and outlives the table. The
 * items are rows under a number that no table ever had, `01 number items itemKey -> size(4) image`.
 */
export interface Backup {
  /** `01791504762511-2779fadd`: the milliseconds of its creation, and digits that tell it from others of that time. */
  readonly id: string
  readonly kind: 'USER' | 'SYSTEM'
  readonly name: string
  /** `CREATING` while the items are copied. */
  readonly status: 'CREATING' | 'AVAILABLE'
  readonly createdAtMs: number
  /** When a SYSTEM backup goes. */
  readonly expiresAtMs: number | undefined
  /** The table as it was. */
  readonly table: Table
  /** The last change in the table's log that it holds, in decimal digits. */
  readonly upTo: string
  readonly statistics: Statistics
  /** Prefix of its rows. */
  readonly number: number
}

/** How long the backup of a deleted table is kept, if it had point-in-time recovery (API reference, BackupDetails). */
export const SYSTEM_BACKUP_DAYS = 35

/** Identifies a backup within its Region, and orders them by their creation. */
export function backupKey({ id, tableName }: BackupName): Key {
  return Buffer.concat([backupPrefix, Buffer.from(`${id}/${tableName}`, 'utf8')])
}

export interface BackupName {
  readonly id: string
  readonly tableName: string
}

export function nameOfBackup({ id, table }: Backup): BackupName {
  return { id, tableName: table.name }
}

export const allBackups: Range = { from: backupPrefix, to: afterPrefix(backupPrefix) }

export function encodeBackup({ table, ...backup }: Backup): Value {
  return Buffer.from(JSON.stringify({ ...backup, table: Buffer.from(encodeTable(table)).toString('utf8') }), 'utf8')
}

export function decodeBackup(row: Value): Backup {
  const { table, ...backup } = JSON.parse(Buffer.from(row).toString('utf8')) as Omit<Backup, 'table'> & { readonly table: string }
  return { ...backup, table: decodeTable(Buffer.from(table, 'utf8')) }
}

/** What begins a backup: its row, and that its number is taken. */
export function newBackupWrites(backup: Backup): readonly Write[] {
  return [{ key: backupKey(nameOfBackup(backup)), value: encodeBackup(backup) }, numberWrite(backup.number)]
}

/** @param digits eight hexadecimal ones */
export function backupId(ms: number, digits: string): string {
  return `${String(ms).padStart(14, '0')}-${digits}`
}

export function encodeBackupItem({ sizeBytes, image }: StoredItem): Value {
  const row = Buffer.allocUnsafe(4 + image.length)
  row.writeUInt32BE(sizeBytes, 0)
  row.set(image, 4)
  return row
}

export function decodeBackupItem(row: Value): StoredItem {
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength)
  return new StoredItem(bytes.subarray(4), bytes.readUInt32BE(0))
}
