import { isRefusal } from '../../../engine/refusal.ts'
import { fromRefusal } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { describeTableView } from './table-description.ts'
import { tableNameOf } from '../table-lookup.ts'

interface Input {
  readonly TableName: string
}

export const describeTable = operation<Input>(async (context, input) => {
  const name = tableNameOf(context, input.TableName)
  if (typeof name !== 'string') return name
  const view = await context.controlPlane.describeTable(context.region, name)
  return isRefusal(view) ? fromRefusal(view) : { Table: describeTableView(context, view) }
})
