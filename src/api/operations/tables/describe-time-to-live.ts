import { isRefusal } from '../../../engine/refusal.ts'
import type { Table } from '../../../engine/table.ts'
import { statusAt } from '../../../engine/table.ts'
import { fromRefusal, validationError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { isReplicaInMaking, tableMissing, tableNameOf } from '../table-lookup.ts'

export const describeTimeToLive = operation<{ readonly TableName: string }>(async (context, { TableName }) => {
  const name = tableNameOf(context, TableName)
  if (typeof name !== 'string') return name
  const view = await context.controlPlane.describeTable(context.region, name)
  if (isRefusal(view)) return fromRefusal(view)
  // Observed on AWS, 2026-10.
  if (view.table.filling !== undefined || isReplicaInMaking(view.table)) return tableMissing(name)
  const status = statusAt(view.table, context.nowMs)
  if (status === 'CREATING' || status === 'DELETING') {
    return validationError(`Cannot describe time to live while table is in ${status} state: Current table state is ${status}`)
  }
  return { TimeToLiveDescription: description(view.table) }
})

/** While the items that are there are looked at, it is on its way; that it is off is told without an attribute. */
function description({ expiry }: Table): object {
  return expiry === undefined ? { TimeToLiveStatus: 'DISABLED' } : { TimeToLiveStatus: expiry.status, AttributeName: expiry.attribute }
}
