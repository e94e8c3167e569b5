import { isRefusal } from '../../../engine/refusal.ts'
import { statusAt } from '../../../engine/table.ts'
import { fromRefusal } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { taggedTable, taggedTableGone } from './tagged-table.ts'

interface Input {
  readonly ResourceArn: string
}

/** A table has few enough tags for one page. */
export const listTagsOfResource = operation<Input>(async (context, { ResourceArn }) => {
  const tableName = taggedTable(context, 'ListTagsOfResource', ResourceArn)
  if (typeof tableName !== 'string') return tableName
  const view = await context.controlPlane.describeTable(context.region, tableName)
  if (isRefusal(view)) return view.refused === 'not-found' ? taggedTableGone(ResourceArn) : fromRefusal(view)
  if (view.table.filling !== undefined || statusAt(view.table, context.nowMs) === 'CREATING') return taggedTableGone(ResourceArn)
  return { Tags: Object.entries(view.table.tags).map(([Key, Value]) => ({ Key, Value })) }
})
