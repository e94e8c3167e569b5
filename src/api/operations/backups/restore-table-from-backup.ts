import { isRefusal } from '../../../engine/refusal.ts'
import type { RegionEngine } from '../../../engine/region-engine.ts'
import type { Answer } from '../../answer.ts'
import type { WireError } from '../../wire-error.ts'
import { fromRefusal, isWireError } from '../../wire-error.ts'
import type { CallContext } from '../operation.ts'
import { operation } from '../operation.ts'
import type { BackupArn as ParsedArn } from './backup-arn.ts'
import { parseBackupArn } from './backup-arn.ts'
import { backupInUse, backupNotFound, backupUnfinished, crossRegion } from './backup-errors.ts'
import { planRestore, restore } from './restore.ts'
import type { Overrides } from './restored-table.ts'

interface Input extends Overrides {
  readonly TargetTableName: string
  readonly BackupArn: string
}

/** A backup feeds one restore at a time, and cannot be deleted meanwhile. */
export const restoreTableFromBackup = operation<Input>(async (context, input) => {
  const arn = parseBackupArn(context, input.BackupArn)
  if (isWireError(arn)) return arn
  if (arn.region !== context.region) return crossRegion(input.SSESpecificationOverride)
  const engine = await context.controlPlane.engine(context.region)
  if (isRefusal(engine)) return fromRefusal(engine)
  if (!engine.backups.claim(arn)) return backupInUse(`Backup is being used to restore another table: ${input.BackupArn}`)
  const answer = await begin(context, engine, arn, input).catch((error: unknown) => {
    engine.backups.release(arn)
    throw error
  })
  // Otherwise the restore lets go of it at its end.
  if (isWireError(answer)) engine.backups.release(arn)
  return answer
})

async function begin(context: CallContext, engine: RegionEngine, arn: ParsedArn, input: Input): Promise<Answer | WireError> {
  const backup = await engine.backups.get(arn)
  if (backup === undefined) return backupNotFound(input.BackupArn)
  if (backup.status === 'CREATING') return backupUnfinished(input.BackupArn)
  const blueprint = planRestore(context, engine, { target: input.TargetTableName, source: backup.table, overrides: input })
  if (isWireError(blueprint)) return blueprint
  const { id, tableName } = arn
  return restore(context, blueprint, { kind: 'backup', backup: { id, tableName }, atMs: backup.createdAtMs })
}
