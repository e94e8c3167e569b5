import type { Backup } from '../../../engine/backup.ts'
import { isRefusal } from '../../../engine/refusal.ts'
import type { RegionEngine } from '../../../engine/region-engine.ts'
import type { WireError } from '../../wire-error.ts'
import { fromRefusal, isWireError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import type { BackupArn as ParsedArn } from './backup-arn.ts'
import { parseBackupArn } from './backup-arn.ts'
import { backupDescription } from './backup-description.ts'
import { backupInUse, backupNotFound, backupUnfinished, invalidRequest } from './backup-errors.ts'

/** It is gone with the answer; its items follow. */
export const deleteBackup = operation<{ readonly BackupArn: string }>(async (context, { BackupArn }) => {
  const arn = parseBackupArn(context, BackupArn)
  if (isWireError(arn)) return arn
  const engine = await context.controlPlane.engine(context.region)
  if (isRefusal(engine)) return fromRefusal(engine)
  if (!engine.backups.claim(arn)) return backupInUse(`Backup is being used to restore table: ${BackupArn}`)
  const deleted = await remove(engine, arn, BackupArn).finally(() => engine.backups.release(arn))
  if (isWireError(deleted)) return deleted
  const { BackupDetails, ...source } = backupDescription(context.region, BackupArn, deleted) as { readonly BackupDetails: object }
  return { BackupDescription: { BackupDetails: { ...BackupDetails, BackupStatus: 'DELETED' }, ...source } }
})

async function remove({ backups }: RegionEngine, arn: ParsedArn, text: string): Promise<Backup | WireError> {
  const backup = await backups.get(arn)
  if (backup === undefined) return backupNotFound(text)
  if (backup.kind === 'SYSTEM') {
    // How the time is printed is a guess.
    const until = new Date(backup.expiresAtMs ?? 0).toISOString()
    return invalidRequest(`User is not allowed to delete the system backup with arn ${text}. It will automatically expire on ${until}`)
  }
  if (backup.status === 'CREATING') return backupUnfinished(text)
  await backups.remove(backup)
  return backup
}
