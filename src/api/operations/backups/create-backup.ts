import { nameOfBackup } from '../../../engine/backup.ts'
import { isWireError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { backedUpTable } from './backed-up-table.ts'
import { backupArn } from './backup-arn.ts'
import { backupDetails } from './backup-description.ts'
import { tableNotFound } from './backup-errors.ts'

interface Input {
  readonly TableName: string
  readonly BackupName: string
}

/** Names need not be unique. What was acknowledged before the answer is in the backup; the items are copied behind it. */
export const createBackup = operation<Input>(async (context, { TableName, BackupName }) => {
  const found = await backedUpTable(context, TableName)
  if (isWireError(found)) return found
  const backup = await found.engine.backups.create(found.table, BackupName, context.nowMs)
  if (backup === undefined) return tableNotFound(found.table.name)
  return { BackupDetails: backupDetails(backupArn(context.region, nameOfBackup(backup)), backup) }
})
