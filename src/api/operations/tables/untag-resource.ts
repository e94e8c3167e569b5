import { isRefusal } from '../../../engine/refusal.ts'
import { noBody } from '../../answer.ts'
import { fromRefusal, validationError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { taggedTable, taggedTableGone } from './tagged-table.ts'
import { removeTags } from './tags.ts'

interface Input {
  readonly ResourceArn: string
  readonly TagKeys: readonly string[]
}

/** A key that is not there is no error. */
export const untagResource = operation<Input>(async (context, { ResourceArn, TagKeys }) => {
  if (TagKeys.length === 0) return validationError('Atleast one Tag Key needs to be provided as Input.')
  const tableName = taggedTable(context, 'UntagResource', ResourceArn)
  if (typeof tableName !== 'string') return tableName
  const changed = await context.controlPlane.changeTags(context.region, tableName, (tags) => removeTags(tags, TagKeys))
  if (isRefusal(changed)) return changed.refused === 'not-found' ? taggedTableGone(ResourceArn) : fromRefusal(changed)
  return noBody
})
