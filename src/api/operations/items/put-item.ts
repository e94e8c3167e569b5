import type { Table } from '../../../engine/table.ts'
import type { ConditionPlan } from '../../../expression/condition.ts'
import { isInvalid } from '../../../item/invalid.ts'
import { emptyKeyProblem } from '../../../item/item-key.ts'
import type { ParsedItem } from '../../../item/parse-attribute-value.ts'
import { parseItem } from '../../../item/parse-attribute-value.ts'
import type { WireError } from '../../wire-error.ts'
import { fromInvalid, isWireError } from '../../wire-error.ts'
import { bindParameters } from './expressions.ts'
import { emptyKeyOfIndexProblem } from './index-checks.ts'
import type { WriteInput } from './item-write.ts'
import { conditionFailure, oldAttributes, returnValuesProblem } from './item-write.ts'
import { newItem } from './new-item.ts'
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
function planPut(table: Table, parsed: ParsedItem, condition: ConditionPlan | undefined, input: PutInput): PlannedWrite | WireError {
  const storable = newItem(table, parsed)
  if (isWireError(storable)) return storable
  const { itemKey, item } = storable
  const { sizeBytes } = item
  return {
    itemKey,
    attemptedBytes: sizeBytes,
    judge(before) {
      const failure = conditionFailure(condition, before, input)
      if (failure !== undefined) return failure
      const largerBytes = Math.max(sizeBytes, before?.sizeBytes ?? 0)
      const result = { attributes: oldAttributes(before, input), sizeBytes: largerBytes }
      return { kind: 'put', item, result, relative: condition !== undefined }
    },
  }
}
