import type { Verdict } from '../../../engine/item-writer.ts'
import { encodeImage, StoredItem } from '../../../engine/stored-item.ts'
import type { Table } from '../../../engine/table.ts'
import type { ConditionPlan } from '../../../expression/condition.ts'
import type { Updated, UpdatePlan } from '../../../expression/update.ts'
import { editsOf, goesOnFromWhatWas } from '../../../expression/update-edits.ts'
import { applyUpdate, onlyTakesAway, projectTouched, updatePaths } from '../../../expression/update.ts'
import type { AttributeMap, Item } from '../../../item/attribute-value.ts'
import type { ItemEdit } from '../../../item/item-edit.ts'
import { isInvalid } from '../../../item/invalid.ts'
import { itemSizeBytes } from '../../../item/item-size.ts'
import type { KeySchema } from '../../../item/key-schema.ts'
import { ITEM_BYTES_MAX, NESTING_TOO_DEEP } from '../../../item/parse-attribute-value.ts'
import type { JsonBytes } from '../../answer.ts'
import { jsonBytes, jsonItem } from '../../answer.ts'
import type { WireError } from '../../wire-error.ts'
import { fromInvalid, isWireError, validationError } from '../../wire-error.ts'
import { updatedIndexProblem } from './index-checks.ts'
import type { WriteInput, WriteResult } from './item-write.ts'
import { noItem, oldAttributes, refuseWrite } from './item-write.ts'
import { nestsTooDeep } from './nesting.ts'

/** The update of one item, however it was asked for. */
export interface ItemUpdate {
  readonly key: AttributeMap
  readonly itemKey: Uint8Array
  /** Undefined: the item is to be there, and nothing else. */
  readonly update: UpdatePlan | undefined
  /** What was asked for beside the key. */
  readonly condition: ConditionPlan | undefined
}

/** What the update makes of the item, once its condition holds. An item that is not there is updated as one that has its key alone. */
export function updateVerdict(
  table: Table,
  { key, itemKey, update, condition }: ItemUpdate,
  before: StoredItem | undefined,
  input: Pick<WriteInput, 'ReturnValues'>,
): Verdict<WriteResult> {
  const updated = update === undefined ? undefined : applyUpdate(update, before?.item ?? key)
  if (isInvalid(updated)) return refuseWrite(fromInvalid(updated))
  if (before === undefined && update !== undefined && onlyTakesAway(update)) return { kind: 'keep', result: NOTHING_DONE }
  const item = storedItem(updated?.item ?? before?.item ?? key)
  if (isWireError(item)) return refuseWrite(item)
  const unindexable = updatedIndexProblem(table, item.item, itemKey)
  if (unindexable !== undefined) return refuseWrite(unindexable)
  const attributes = returnedAttributes(input, before, item, updated)
  const result: WriteResult = { attributes, sizeBytes: Math.max(item.sizeBytes, before?.sizeBytes ?? 0) }
  const edits = (): readonly ItemEdit[] => (update === undefined ? [] : editsOf(update, before?.item ?? key, item.item))
  return { kind: 'put', item, result, edits, relative: condition !== undefined || (update !== undefined && goesOnFromWhatWas(update)) }
}

/** The attributes of the key cannot change. */
export function keyUpdateProblem(update: UpdatePlan, schema: KeySchema): WireError | undefined {
  const name = updatePaths(update).find((path) => path === schema.partition.name || path === schema.sort?.name)
  if (name === undefined) return undefined
  return validationError(`One or more parameter values were invalid: Cannot update attribute ${name}. This attribute is part of the key`)
}

const TOO_LARGE = 'Item size to update has exceeded the maximum allowed size'
const NOTHING_DONE: WriteResult = { attributes: undefined, sizeBytes: 0 }

function storedItem(item: Item): StoredItem | WireError {
  if (nestsTooDeep(item)) return validationError(NESTING_TOO_DEEP)
  const sizeBytes = itemSizeBytes(item)
  return sizeBytes > ITEM_BYTES_MAX ? validationError(TOO_LARGE) : new StoredItem(encodeImage(item), sizeBytes, item)
}

/** UPDATED_OLD and UPDATED_NEW: what was told to change, as it was or is. Nothing there, nothing returned. */
function returnedAttributes(
  input: Pick<WriteInput, 'ReturnValues'>,
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
