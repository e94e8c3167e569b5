import { isInvalid } from '../../item/invalid.ts'
import { parseKey } from '../../item/item-key.ts'
import { parseItem } from '../../item/parse-attribute-value.ts'
import { fromInvalid, isWireError } from '../wire-error.ts'
import { bind, legacyProblem } from './expressions.ts'
import type { WriteInput } from './item-write.ts'
import { conditionFailure, oldAttributes, returnValuesProblem, writeItem } from './item-write.ts'
import { operation } from './operation.ts'
import { openTable } from './table-lookup.ts'

interface Input extends WriteInput {
  readonly Key: unknown
}

export const deleteItem = operation<Input>(async (context, input) => {
  const parsed = parseItem(input.Key)
  if (isInvalid(parsed) && parsed.kind === 'serialization') return fromInvalid(parsed)
  const misused = legacyProblem(input) ?? returnValuesProblem(input)
  if (misused !== undefined) return misused
  const bound = bind(input, { condition: input.ConditionExpression })
  if (isWireError(bound)) return bound
  const open = await openTable(context, input.TableName)
  if (isWireError(open)) return open
  if (isInvalid(parsed)) return fromInvalid(parsed)
  const key = parseKey(open.table.schema, parsed.item)
  if (isInvalid(key)) return fromInvalid(key)

  return writeItem(open, key.key, input, (before) => {
    const failure = conditionFailure(bound.condition, before, input)
    if (failure !== undefined) return failure
    return { kind: 'delete', result: { attributes: oldAttributes(before, input), sizeBytes: before?.sizeBytes ?? 0 } }
  })
})
