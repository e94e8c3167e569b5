import type { Operation } from '../operation.ts'
import { createBackup } from './create-backup.ts'
import { deleteBackup } from './delete-backup.ts'
import { describeBackup } from './describe-backup.ts'
import { describeContinuousBackups } from './describe-continuous-backups.ts'
import { listBackups } from './list-backups.ts'
import { restoreTableFromBackup } from './restore-table-from-backup.ts'
import { restoreTableToPointInTime } from './restore-table-to-point-in-time.ts'
import { updateContinuousBackups } from './update-continuous-backups.ts'

/** Backups, point-in-time recovery, and what is restored from them. */
export const backupOperations = {
  CreateBackup: createBackup,
  DeleteBackup: deleteBackup,
  DescribeBackup: describeBackup,
  DescribeContinuousBackups: describeContinuousBackups,
  ListBackups: listBackups,
  RestoreTableFromBackup: restoreTableFromBackup,
  RestoreTableToPointInTime: restoreTableToPointInTime,
  UpdateContinuousBackups: updateContinuousBackups,
} satisfies Readonly<Record<string, Operation>>
