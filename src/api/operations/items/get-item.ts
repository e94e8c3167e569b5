import { readUnits } from '../../../cost/capacity.ts'
import { project } from '../../../expression/projection.ts'
import { jsonBytes, jsonItem } from '../../answer.ts'
import { tellThrottled } from '../../contributors.ts'
import { isWireError } from '../../wire-error.ts'
import { chargeItemReads } from './charge-reads.ts'
import type { ReturnConsumedCapacity } from './consumed-capacity.ts'
import { consumedCapacity } from './consumed-capacity.ts'
import type { Placeholders } from './expressions.ts'
import { bindParameters } from './expressions.ts'
import { parseKeyParameter, readKey } from './key-parameter.ts'
import { operation } from '../operation.ts'
import { consistentReadProblem, openTable, readsOf } from '../table-lookup.ts'

interface Input extends Placeholders {
  readonly TableName: string
  readonly Key: unknown
  readonly ConsistentRead?: boolean
  readonly ProjectionExpression?: string
  readonly ReturnConsumedCapacity?: ReturnConsumedCapacity
}

/** Without a projection the stored bytes are the answer; the item is never parsed. */
export const getItem = operation<Input>(async (context, input) => {
  const parsed = parseKeyParameter(input.Key)
  if (isWireError(parsed)) return parsed
  const bound = bindParameters('GetItem', input)
  if (isWireError(bound)) return bound
  const open = await openTable(context, input.TableName)
  if (isWireError(open)) return open
  const key = readKey(open.table, parsed)
  if (isWireError(key)) return key

  const throttled = open.limits?.refusal('read')
  tellThrottled(throttled, open.contributors, key.itemKey)
  if (throttled !== undefined) return throttled
  const behind = await consistentReadProblem(open, input.ConsistentRead)
  if (behind !== undefined) return behind
  const found = await readsOf(open, input.ConsistentRead).getItem(open.table, key.itemKey)
  const units = readUnits(found?.sizeBytes ?? 0, input.ConsistentRead === true ? 'strong' : 'eventual')
  chargeItemReads(open, units)
  open.contributors?.read(key.itemKey, units)
  return {
    Item: found && (bound.projection === undefined ? jsonBytes(found.image) : jsonItem(project(bound.projection, found.item))),
    ConsumedCapacity: consumedCapacity(input.ReturnConsumedCapacity, input.TableName, units),
  }
})
