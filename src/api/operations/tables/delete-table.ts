import { isRefusal } from '../../../engine/refusal.ts'
import { fromRefusal } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { describeDeletedTable } from './table-description.ts'
import { tableNameOf } from '../table-lookup.ts'

interface Input {
  readonly TableName: string
}

/** Deletion protection and other Regions' replicas are for the control plane to judge. */
export const deleteTable = operation<Input>(async (context, input) => {
  const name = tableNameOf(context, input.TableName)
  if (typeof name !== 'string') return name
  const view = await context.controlPlane.deleteTable(context.region, name)
  return isRefusal(view) ? fromRefusal(view) : { TableDescription: describeDeletedTable(context, view) }
})
