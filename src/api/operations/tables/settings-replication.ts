import { isRefusal } from '../../../engine/refusal.ts'
import type { Answer } from '../../answer.ts'
import type { WireError } from '../../wire-error.ts'
import { fromRefusal, resourceNotFound, validationError } from '../../wire-error.ts'
import type { CallContext } from '../operation.ts'
import type { SettingsReplicationMode } from './multi-account.ts'
import { NO_OVERRIDES } from './multi-account.ts'
import { describeTableView } from './table-description.ts'

/** Says whether a regional table may become the source of a global table of several accounts. That a member is refused, and its text, are guesses. */
export async function setSettingsReplication(
  context: CallContext,
  tableName: string,
  mode: SettingsReplicationMode,
): Promise<Answer | WireError> {
  if (mode === 'ENABLED_WITH_OVERRIDES') return validationError(NO_OVERRIDES)
  const { region, controlPlane } = context
  const before = await controlPlane.describeTable(region, tableName)
  if (isRefusal(before)) return fromRefusal(before)
  if (before.replicas !== undefined) {
    return validationError(
      'One or more parameter values were invalid: GlobalTableSettingsReplicationMode can only be changed while the table is a Regional Table',
    )
  }
  const engine = await controlPlane.engine(region)
  if (isRefusal(engine)) return fromRefusal(engine)
  const table = await engine.changeTable(tableName, ({ own }) => ({ own: { ...own, settingsReplication: mode } }))
  if (table === undefined) return resourceNotFound(`Requested resource not found: Table: ${tableName} not found`)
  return { TableDescription: describeTableView(context, { ...before, table }) }
}
