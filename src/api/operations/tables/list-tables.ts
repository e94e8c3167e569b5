import { isRefusal } from '../../../engine/refusal.ts'
import { fromRefusal } from '../../wire-error.ts'
import { operation } from '../operation.ts'

interface Input {
  readonly ExclusiveStartTableName?: string
  readonly Limit?: number
}

const NAMES_MAX = 100

export const listTables = operation<Input>(async (context, { ExclusiveStartTableName, Limit = NAMES_MAX }) => {
  const list = await context.controlPlane.listTables(context.region, ExclusiveStartTableName, Limit)
  if (isRefusal(list)) return fromRefusal(list)
  return { TableNames: list.names, LastEvaluatedTableName: list.more ? list.names.at(-1) : undefined }
})
