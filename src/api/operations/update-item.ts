import type { Verdict } from '../../engine/region-engine.ts'
import { encodeImage, StoredItem } from '../../engine/stored-item.ts'
import type { Updated, UpdatePlan } from '../../expression/update.ts'
import { applyUpdate, projectTouched, updatePaths } from '../../expression/update.ts'
import type { AttributeMap, Item } from '../../item/attribute-value.ts'
import { isInvalid } from '../../item/invalid.ts'
import { parseKey } from '../../item/item-key.ts'
import { itemSizeBytes } from '../../item/item-size.ts'
import type { KeySchema } from '../../item/key-schema.ts'
import { ITEM_BYTES_MAX, NESTING_TOO_DEEP, parseItem } from '../../item/parse-attribute-value.ts'
import type { JsonBytes } from '../answer.ts'
import { jsonBytes, jsonItem } from '../answer.ts'
import type { WireError } from '../wire-error.ts'
import { fromInvalid, isWireError, validationError } from '../wire-error.ts'
import { bind, legacyProblem } from './expressions.ts'
import type { WriteInput, WriteResult } from './item-write.ts'
import { conditionFailure, noItem, oldAttributes, refuseWrite, writeItem } from './item-write.ts'
import { nestsTooDeep } from './nesting.ts'
import { operation } from './operation.ts'
import { openTable } from './table-lookup.ts'

interface Input extends WriteInput {
  readonly Key: unknown
  readonly UpdateExpression?: string
}

const TOO_LARGE = 'Item size to update has exceeded the maximum allowed size'

/** An item that is not there is updated as one that has its key alone. */
export const updateItem = operation<Input>(async (context, input) => {
  const parsed = parseItem(input.Key)
  if (isInvalid(parsed) && parsed.kind === 'serialization') return fromInvalid(parsed)
  const bound = legacyProblem(input) ?? bind(input, { update: input.UpdateExpression, condition: input.ConditionExpression })
  if (isWireError(bound)) return bound
  const open = await openTable(context, input.TableName)
  if (isWireError(open)) return open
  if (isInvalid(parsed)) return fromInvalid(parsed)
  const key = parseKey(open.table.schema, parsed.item)
  if (isInvalid(key)) return fromInvalid(key)
  const { update, condition } = bound
  const onKey = update && keyUpdateProblem(update, open.table.schema)
  if (onKey !== undefined) return onKey

  return writeItem(open, key.key, input, (before): Verdict<WriteResult> => {
    const failure = conditionFailure(condition, before, input)
    if (failure !== undefined) return failure
    const updated = update === undefined ? undefined : applyUpdate(update, before?.item ?? parsed.item)
    if (isInvalid(updated)) return refuseWrite(fromInvalid(updated))
    const item = storedItem(updated?.item ?? before?.item ?? parsed.item)
    if (isWireError(item)) return refuseWrite(item)
    const attributes = returnedAttributes(input, before, item, updated)
    return { kind: 'put', item, result: { attributes, sizeBytes: Math.max(item.sizeBytes, before?.sizeBytes ?? 0) } }
  })
})

function keyUpdateProblem(update: UpdatePlan, schema: KeySchema): WireError | undefined {
  const name = updatePaths(update).find((path) => path === schema.partition.name || path === schema.sort?.name)
  if (name === undefined) return undefined
  return validationError(`One or more parameter values were invalid: Cannot update attribute ${name}. This attribute is part of the key`)
}

function storedItem(item: Item): StoredItem | WireError {
  if (nestsTooDeep(item)) return validationError(NESTING_TOO_DEEP)
  const sizeBytes = itemSizeBytes(item)
  return sizeBytes > ITEM_BYTES_MAX ? validationError(TOO_LARGE) : new StoredItem(encodeImage(item), sizeBytes)
}

/** UPDATED_OLD and UPDATED_NEW: what was told to change, as it was or is. Nothing there, nothing returned. */
function returnedAttributes(
  input: Input,
  before: StoredItem | undefined,
  after: StoredItem,
  updated: Updated | undefined,
): JsonBytes | undefined {
  switch (input.ReturnValues) {
    case 'ALL_NEW':
      return jsonBytes(after.image)
    case 'ALL_OLD':
      return oldAttributes(before, input)
    case 'UPDATED_OLD':
      return updated && unlessEmpty(projectTouched(updated.touched, before?.item ?? noItem))
    case 'UPDATED_NEW':
      return updated && unlessEmpty(projectTouched(updated.touched, updated.item))
    default:
      return undefined
  }
}

function unlessEmpty(attributes: AttributeMap): JsonBytes | undefined {
  for (const _name in attributes) return jsonItem(attributes)
  return undefined
}
