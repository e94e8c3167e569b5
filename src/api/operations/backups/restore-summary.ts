import { restoreOrigin } from '../../../engine/restore-origin.ts'
import type { Table } from '../../../engine/table.ts'
import { tableArn } from '../arn.ts'
import { backupArn } from './backup-arn.ts'

/** Told of a table that is being restored, and of no other: nothing marks it once it is active (observed on AWS, 2026-10). */
export function restoreSummary(region: string, table: Table): object | undefined {
  const origin = restoreOrigin(table)
  if (origin === undefined) return undefined
  const source = origin.kind === 'backup' ? origin.backup.tableName : origin.source.name
  return {
    SourceBackupArn: origin.kind === 'backup' ? backupArn(region, origin.backup) : undefined,
    SourceTableArn: tableArn(region, source),
    RestoreDateTime: origin.atMs / 1000,
    RestoreInProgress: true,
  }
}
