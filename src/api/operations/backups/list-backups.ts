import type { Backup } from '../../../engine/backup.ts'
import { nameOfBackup } from '../../../engine/backup.ts'
import { isRefusal } from '../../../engine/refusal.ts'
import { fromRefusal, isWireError, validationError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { tableNameOf } from '../table-lookup.ts'
import { backupArn, parseBackupArn } from './backup-arn.ts'
import { backupSummary } from './backup-description.ts'
import { invalidRequest } from './backup-errors.ts'

interface Input {
  readonly TableName?: string
  readonly Limit?: number
  /** Seconds since 1970. */
  readonly TimeRangeLowerBound?: number
  readonly TimeRangeUpperBound?: number
  readonly ExclusiveStartBackupArn?: string
  readonly BackupType?: 'USER' | 'SYSTEM' | 'AWS_BACKUP' | 'ALL'
}

const BACKUPS_MAX = 100

/** Also those of tables that are gone, or were never there. In the order of their creation (observed for one table, a guess for all). */
export const listBackups = operation<Input>(async (context, input) => {
  const { TableName, Limit = BACKUPS_MAX, TimeRangeLowerBound = 0, TimeRangeUpperBound = Infinity } = input
  const tableName = TableName === undefined ? undefined : tableNameOf(context, TableName)
  if (isWireError(tableName)) return tableName
  if (TimeRangeLowerBound > TimeRangeUpperBound) {
    return validationError('One or more parameter values were invalid: Time range lower bound must be less than or equal to upper bound')
  }
  const start = input.ExclusiveStartBackupArn === undefined ? undefined : parseBackupArn(context, input.ExclusiveStartBackupArn)
  if (isWireError(start)) return start
  if (start !== undefined && start.region !== context.region) {
    return invalidRequest('The supplied ExclusiveStartBackupArn does not match the region')
  }
  const engine = await context.controlPlane.engine(context.region)
  if (isRefusal(engine)) return fromRefusal(engine)
  const [fromMs, toMs] = [TimeRangeLowerBound * 1000, TimeRangeUpperBound * 1000]
  const page: Backup[] = []
  let more = false
  for await (const backup of engine.backups.list(start)) {
    if (backup.createdAtMs < fromMs || backup.createdAtMs >= toMs || !isOfType(backup, input.BackupType)) continue
    if (tableName !== undefined && backup.table.name !== tableName) continue
    more = page.length === Limit
    if (more) break
    page.push(backup)
  }
  const last = page.at(-1)
  return {
    BackupSummaries: page.map((backup) => backupSummary(context.region, backup)),
    LastEvaluatedBackupArn: more && last !== undefined ? backupArn(context.region, nameOfBackup(last)) : undefined,
  }
})

/** Without a type, those that clients made. */
function isOfType({ kind }: Backup, type: Input['BackupType'] = 'USER'): boolean {
  return type === 'ALL' || type === kind
}
