import { encodeImage, StoredItem } from '../../../engine/stored-item.ts'
import type { Table } from '../../../engine/table.ts'
import type { ConditionPlan } from '../../../expression/condition.ts'
import { isInvalid } from '../../../item/invalid.ts'
import { emptyKeyProblem, encodeItemKey } from '../../../item/item-key.ts'
import type { ParsedItem } from '../../../item/parse-attribute-value.ts'
import { ITEM_BYTES_MAX, ITEM_TOO_LARGE, parseItem } from '../../../item/parse-attribute-value.ts'
import type { WireError } from '../../wire-error.ts'
import { fromInvalid, isWireError, validationError } from '../../wire-error.ts'
import { bindParameters } from './expressions.ts'
import { emptyKeyOfIndexProblem, indexProblem } from './index-checks.ts'
import type { WriteInput } from './item-write.ts'
import { conditionFailure, oldAttributes, returnValuesProblem } from './item-write.ts'
import { operation } from '../operation.ts'
import type { PlannedWrite, WriteAction } from './write-action.ts'
import { writeAlone } from './write-action.ts'

export interface PutInput extends WriteInput {
  readonly Item: unknown
}

export const putItem = operation<PutInput>((context, input) => writeAlone(context, understandPut(input), input))

export function understandPut(input: PutInput): WriteAction | WireError {
  const parsed = parseItem(input.Item)
  if (isInvalid(parsed) && parsed.kind === 'serialization') return fromInvalid(parsed)
  const bound = returnValuesProblem(input) ?? bindParameters('PutItem', input)
  if (isWireError(bound)) return bound
  return {
    planFor: (table) => (isInvalid(parsed) ? fromInvalid(parsed) : planPut(table, parsed, bound.condition, input)),
    requestProblem(table) {
      if (isInvalid(parsed)) return fromInvalid(parsed)
      const empty = emptyKeyProblem(table.schema, parsed.item)
      return empty === undefined ? emptyKeyOfIndexProblem(table, parsed.item) : fromInvalid(empty)
    },
  }
}

/** The item that is replaced is parsed only when a condition reads it. */
function planPut(
  table: Table,
  { item: attributes, sizeBytes }: ParsedItem,
  condition: ConditionPlan | undefined,
  input: PutInput,
): PlannedWrite | WireError {
  const itemKey = encodeItemKey(table.schema, attributes)
  if (isInvalid(itemKey)) return fromInvalid(itemKey)
  if (sizeBytes > ITEM_BYTES_MAX) return validationError(ITEM_TOO_LARGE)
  const unindexable = indexProblem(table, attributes, itemKey)
  if (unindexable !== undefined) return unindexable

  const item = new StoredItem(encodeImage(attributes), sizeBytes, attributes)
  return {
    itemKey,
    attemptedBytes: sizeBytes,
    judge(before) {
      const failure = conditionFailure(condition, before, input)
      if (failure !== undefined) return failure
      const largerBytes = Math.max(sizeBytes, before?.sizeBytes ?? 0)
      return { kind: 'put', item, result: { attributes: oldAttributes(before, input), sizeBytes: largerBytes } }
    },
  }
}
