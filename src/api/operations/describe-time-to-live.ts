import { isRefusal } from '../../engine/refusal.ts'
import type { Table } from '../../engine/table.ts'
import { fromRefusal } from '../wire-error.ts'
import { operation } from './operation.ts'
import { tableNameOf } from './table-lookup.ts'

export const describeTimeToLive = operation<{ readonly TableName: string }>(async (context, { TableName }) => {
  const name = tableNameOf(context, TableName)
  if (typeof name !== 'string') return name
  const view = await context.controlPlane.describeTable(context.region, name)
  return isRefusal(view) ? fromRefusal(view) : { TimeToLiveDescription: description(view.table) }
})

/** While the items that are there are looked at, it is on its way; that it is off is told without an attribute. */
function description({ expiry }: Table): object {
  return expiry === undefined ? { TimeToLiveStatus: 'DISABLED' } : { TimeToLiveStatus: expiry.status, AttributeName: expiry.attribute }
}
