import type { Judge, NotWritten, Verdict } from '../../../engine/item-writer.ts'
import type { StoredItem } from '../../../engine/stored-item.ts'
import type { ConditionPlan } from '../../../expression/condition.ts'
import { evaluateCondition } from '../../../expression/condition.ts'
import type { Item } from '../../../item/attribute-value.ts'
import type { Answer, JsonBytes } from '../../answer.ts'
import { jsonBytes } from '../../answer.ts'
import { tellThrottled } from '../../contributors.ts'
import type { WireError } from '../../wire-error.ts'
import {
  conditionalCheckFailed,
  internalServerError,
  isWireError,
  itemCollectionFull,
  replicatedWriteConflict,
  transactionConflict,
  validationError,
} from '../../wire-error.ts'
import { chargeWrites } from './charge-writes.ts'
import type { ReturnConsumedCapacity, WriteWork } from './consumed-capacity.ts'
import { consumedByWrites } from './consumed-capacity.ts'
import type { Placeholders } from './expressions.ts'
import { itemCollectionMetrics } from './item-collection.ts'
import type { OpenTable } from '../table-lookup.ts'
import { tableGone } from '../table-lookup.ts'

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

/** A write that was carried out, or that left everything as it was because there was nothing to do. */
export interface WriteDone {
  readonly attributes: JsonBytes | undefined
  readonly work: WriteWork
  /** Size of the item's collection afterwards, where that is known. */
  readonly collectionBytes: number | undefined
}

/**
 * Writes one item within the limits of its table. A write that its judge refuses is charged as if it had been made: by the larger of the item that
 * is there and, as far as that is known, the one that would have been (measured on AWS, 2026-10).
 */
export async function carryOut(
  open: OpenTable,
  itemKey: Uint8Array,
  judge: (before: StoredItem | undefined) => Verdict<WriteResult>,
  attemptedBytes = 0,
): Promise<WriteDone | WireError> {
  const throttled = open.limits?.refusal('write')
  tellThrottled(throttled, open.contributors, itemKey)
  if (throttled !== undefined) return throttled
  let refusedBytes = attemptedBytes
  const weigh = (before: StoredItem | undefined): Verdict<WriteResult> => {
    refusedBytes = Math.max(attemptedBytes, before?.sizeBytes ?? 0)
    return judge(before)
  }
  const outcome = await open.engine.write(open.table, itemKey, weigh)
  if (outcome.kind !== 'written') return notWritten(outcome)
  const { result, indexWrites, collectionBytes } = outcome
  const work = { sizeBytes: isWireError(result) ? refusedBytes : result.sizeBytes, indexWrites }
  chargeWrites(open, [work], 1)
  open.contributors?.written(itemKey, work.sizeBytes, indexWrites, 1)
  return isWireError(result) ? result : { attributes: result.attributes, work, collectionBytes }
}

/** What is written, said when the item that is there is known. */
export interface JudgedWrite {
  readonly judge: Judge<WriteResult>
  /** Size of the item that shall be there, where that is known beforehand. */
  readonly attemptedBytes?: number
}

/** Writes, and puts the answer together. */
export async function writeItem(
  open: OpenTable,
  itemKey: Uint8Array,
  input: WriteInput,
  { judge, attemptedBytes }: JudgedWrite,
): Promise<Answer | WireError> {
  const done = await carryOut(open, itemKey, judge, attemptedBytes)
  if (isWireError(done)) return done
  return {
    Attributes: done.attributes,
    ConsumedCapacity: consumedByWrites(input.ReturnConsumedCapacity, input.TableName, open.table, [done.work]),
    ItemCollectionMetrics: itemCollectionMetrics(input.ReturnItemCollectionMetrics, open.table, itemKey, done.collectionBytes),
  }
}

/** Why a write was not carried out, whatever its condition. */
export function notWritten(outcome: NotWritten): WireError {
  switch (outcome.kind) {
    case 'gone':
      return tableGone
    case 'conflict':
      return transactionConflict
    case 'collection-full':
      return itemCollectionFull
    case 'not-here':
      return validationError(outcome.message)
    case 'overtaken':
      return replicatedWriteConflict
    case 'unreachable':
    case 'unknown':
      return internalServerError
  }
}

/** The verdict on a write whose condition does not hold; undefined when it holds. */
export function conditionFailure(
  condition: ConditionPlan | undefined,
  before: StoredItem | undefined,
  input: Pick<WriteInput, 'ReturnValuesOnConditionCheckFailure'>,
): Verdict<WriteResult> | undefined {
  if (condition === undefined || evaluateCondition(condition, before?.item ?? noItem)) return undefined
  const shown = before !== undefined && input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' ? jsonBytes(before.image) : undefined
  return refuseWrite(conditionalCheckFailed(shown))
}

/** The verdict of a check that holds: the item stays as it is, and what was read of it is charged like a write. */
export function checked(before: StoredItem | undefined): Verdict<WriteResult> {
  return { kind: 'keep', result: { attributes: undefined, sizeBytes: before?.sizeBytes ?? 0 } }
}

export function refuseWrite(error: WireError): Verdict<WriteResult> {
  return { kind: 'keep', result: error }
}

/** `Attributes` of a write that was asked for the item as it was. */
export function oldAttributes(before: StoredItem | undefined, input: Pick<WriteInput, 'ReturnValues'>): JsonBytes | undefined {
  return before !== undefined && input.ReturnValues === 'ALL_OLD' ? jsonBytes(before.image) : undefined
}

export const noItem: Item = {}

/** PutItem and DeleteItem know the item as it was, and nothing else to return. */
export function returnValuesProblem({ ReturnValues }: WriteInput): WireError | undefined {
  if (ReturnValues === undefined || ReturnValues === 'NONE' || ReturnValues === 'ALL_OLD') return undefined
  return validationError('ReturnValues can only be ALL_OLD or NONE')
}
