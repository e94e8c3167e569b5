import { isRefusal } from '../../../engine/refusal.ts'
import { fromRefusal, isWireError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { parseBackupArn } from './backup-arn.ts'
import { backupDescription } from './backup-description.ts'
import { backupNotFound } from './backup-errors.ts'

/** The backup is that of the Region that is called, whichever the ARN names (observed on AWS, 2026-10). */
export const describeBackup = operation<{ readonly BackupArn: string }>(async (context, { BackupArn }) => {
  const arn = parseBackupArn(context, BackupArn)
  if (isWireError(arn)) return arn
  const engine = await context.controlPlane.engine(context.region)
  if (isRefusal(engine)) return fromRefusal(engine)
  const backup = await engine.backups.get(arn)
  if (backup === undefined) return backupNotFound(BackupArn)
  return { BackupDescription: backupDescription(context.region, BackupArn, backup) }
})
