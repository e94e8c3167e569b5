import { writeUnits } from '../../cost/capacity.ts'
import type { Verdict } from '../../engine/region-engine.ts'
import type { StoredItem } from '../../engine/stored-item.ts'
import type { ConditionPlan } from '../../expression/condition.ts'
import { evaluateCondition } from '../../expression/condition.ts'
import type { Item } from '../../item/attribute-value.ts'
import type { Answer, JsonBytes } from '../answer.ts'
import { jsonBytes } from '../answer.ts'
import type { WireError } from '../wire-error.ts'
import { conditionalCheckFailed, isWireError, validationError } from '../wire-error.ts'
import type { ReturnConsumedCapacity } from './consumed-capacity.ts'
import { consumedCapacity } from './consumed-capacity.ts'
import type { Placeholders } from './expressions.ts'
import type { OpenTable } from './table-lookup.ts'
import { tableGone } from './table-lookup.ts'

/** What PutItem, UpdateItem and DeleteItem have in common. */
export interface WriteInput extends Placeholders {
  readonly TableName: string
  readonly ConditionExpression?: string
  readonly ReturnValues?: 'NONE' | 'ALL_OLD' | 'UPDATED_OLD' | 'ALL_NEW' | 'UPDATED_NEW'
  readonly ReturnConsumedCapacity?: ReturnConsumedCapacity
  readonly ReturnItemCollectionMetrics?: 'SIZE' | 'NONE'
  readonly ReturnValuesOnConditionCheckFailure?: 'ALL_OLD' | 'NONE'
}

/** What a write came to: refused, or done, with what is told about it. */
export type WriteResult = WireError | { readonly attributes: JsonBytes | undefined; readonly sizeBytes: number }

/** Writes, and puts the answer together. ItemCollectionMetrics exist for tables with local secondary indexes only. */
export async function writeItem(
  open: OpenTable,
  itemKey: Uint8Array,
  input: WriteInput,
  judge: (before: StoredItem | undefined) => Verdict<WriteResult>,
): Promise<Answer | WireError> {
  const result = await open.engine.write(open.table, itemKey, judge)
  if ('kind' in result) return tableGone
  if (isWireError(result)) return result
  return {
    Attributes: result.attributes,
    ConsumedCapacity: consumedCapacity(input.ReturnConsumedCapacity, input.TableName, writeUnits(result.sizeBytes)),
  }
}

/** The verdict on a write whose condition does not hold; undefined when it holds. */
export function conditionFailure(
  condition: ConditionPlan | undefined,
  before: StoredItem | undefined,
  input: WriteInput,
): Verdict<WriteResult> | undefined {
  if (condition === undefined || evaluateCondition(condition, before?.item ?? noItem)) return undefined
  const shown = before !== undefined && input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' ? jsonBytes(before.image) : undefined
  return refuseWrite(conditionalCheckFailed(shown))
}

export function refuseWrite(error: WireError): Verdict<WriteResult> {
  return { kind: 'keep', result: error }
}

/** `Attributes` of a write that was asked for the item as it was. */
export function oldAttributes(before: StoredItem | undefined, input: WriteInput): JsonBytes | undefined {
  return before !== undefined && input.ReturnValues === 'ALL_OLD' ? jsonBytes(before.image) : undefined
}

export const noItem: Item = {}

/** PutItem and DeleteItem know the item as it was, and nothing else to return. */
export function returnValuesProblem({ ReturnValues }: WriteInput): WireError | undefined {
  if (ReturnValues === undefined || ReturnValues === 'NONE' || ReturnValues === 'ALL_OLD') return undefined
  return validationError('Return values set to invalid value')
}
