import { encodeImage, StoredItem } from '../../engine/stored-item.ts'
import { isInvalid } from '../../item/invalid.ts'
import { encodeItemKey } from '../../item/item-key.ts'
import { ITEM_BYTES_MAX, ITEM_TOO_LARGE, parseItem } from '../../item/parse-attribute-value.ts'
import { fromInvalid, isWireError, validationError } from '../wire-error.ts'
import { bind, legacyProblem } from './expressions.ts'
import type { WriteInput } from './item-write.ts'
import { conditionFailure, oldAttributes, returnValuesProblem, writeItem } from './item-write.ts'
import { operation } from './operation.ts'
import { openTable } from './table-lookup.ts'

interface Input extends WriteInput {
  readonly Item: unknown
}

/** The item that is replaced is parsed only when a condition reads it. */
export const putItem = operation<Input>(async (context, input) => {
  const parsed = parseItem(input.Item)
  if (isInvalid(parsed) && parsed.kind === 'serialization') return fromInvalid(parsed)
  const misused = legacyProblem(input) ?? returnValuesProblem(input)
  if (misused !== undefined) return misused
  const bound = bind(input, { condition: input.ConditionExpression })
  if (isWireError(bound)) return bound
  const open = await openTable(context, input.TableName)
  if (isWireError(open)) return open
  if (isInvalid(parsed)) return fromInvalid(parsed)
  const key = encodeItemKey(open.table.schema, parsed.item)
  if (isInvalid(key)) return fromInvalid(key)
  if (parsed.sizeBytes > ITEM_BYTES_MAX) return validationError(ITEM_TOO_LARGE)

  const item = new StoredItem(encodeImage(parsed.item), parsed.sizeBytes)
  return writeItem(open, key, input, (before) => {
    const failure = conditionFailure(bound.condition, before, input)
    if (failure !== undefined) return failure
    const sizeBytes = Math.max(item.sizeBytes, before?.sizeBytes ?? 0)
    return { kind: 'put', item, result: { attributes: oldAttributes(before, input), sizeBytes } }
  })
})
