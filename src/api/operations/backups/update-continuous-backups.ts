import { switchRecovery } from '../../../engine/recovery.ts'
import { isWireError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { backedUpTable } from './backed-up-table.ts'
import { invalidRequest, tableNotFound } from './backup-errors.ts'
import { describeContinuous } from './continuous-backups.ts'

interface Input {
  readonly TableName: string
  readonly PointInTimeRecoverySpecification: { readonly PointInTimeRecoveryEnabled: boolean; readonly RecoveryPeriodInDays?: number }
}

const DAYS_MAX = 35

/** To ask for what is so already changes nothing; without a period it is the longest one (API reference, PointInTimeRecoverySpecification). */
export const updateContinuousBackups = operation<Input>(async (context, { TableName, PointInTimeRecoverySpecification: wanted }) => {
  const { PointInTimeRecoveryEnabled: enabled, RecoveryPeriodInDays: days } = wanted
  if (!enabled && days !== undefined) {
    return invalidRequest('Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.')
  }
  const found = await backedUpTable(context, TableName)
  if (isWireError(found)) return found
  const changed = await switchRecovery(found.engine, found.table, enabled ? (days ?? DAYS_MAX) : undefined)
  return changed === undefined ? tableNotFound(found.table.name) : describeContinuous(found.engine, changed)
})
