import { isRefusal } from '../../../engine/refusal.ts'
import { noBody } from '../../answer.ts'
import { fromRefusal, validationError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { taggedTable, taggedTableGone } from './tagged-table.ts'
import type { Tag } from './tags.ts'
import { addTags } from './tags.ts'

interface Input {
  readonly ResourceArn: string
  readonly Tags: readonly Tag[]
}

export const tagResource = operation<Input>(async (context, { ResourceArn, Tags }) => {
  if (Tags.length === 0) return validationError('Atleast one Tag needs to be provided as Input.')
  const tableName = taggedTable(context, 'TagResource', ResourceArn)
  if (typeof tableName !== 'string') return tableName
  const changed = await context.controlPlane.changeTags(context.region, tableName, (tags) => addTags(tags, Tags))
  if (isRefusal(changed)) return changed.refused === 'not-found' ? taggedTableGone(ResourceArn) : fromRefusal(changed)
  return noBody
})
