import { readUnits } from '../../cost/capacity.ts'
import { project } from '../../expression/projection.ts'
import { isInvalid } from '../../item/invalid.ts'
import { parseKey } from '../../item/item-key.ts'
import { parseItem } from '../../item/parse-attribute-value.ts'
import { jsonBytes, jsonItem } from '../answer.ts'
import { fromInvalid, isWireError } from '../wire-error.ts'
import type { ReturnConsumedCapacity } from './consumed-capacity.ts'
import { consumedCapacity } from './consumed-capacity.ts'
import type { Placeholders } from './expressions.ts'
import { bind, legacyProblem } from './expressions.ts'
import { operation } from './operation.ts'
import { openTable } from './table-lookup.ts'

interface Input extends Placeholders {
  readonly TableName: string
  readonly Key: unknown
  readonly ConsistentRead?: boolean
  readonly ProjectionExpression?: string
  readonly ReturnConsumedCapacity?: ReturnConsumedCapacity
}

/** Without a projection the stored bytes are the answer; the item is never parsed. */
export const getItem = operation<Input>(async (context, input) => {
  const parsed = parseItem(input.Key)
  if (isInvalid(parsed) && parsed.kind === 'serialization') return fromInvalid(parsed)
  const bound = legacyProblem(input) ?? bind(input, { projection: input.ProjectionExpression })
  if (isWireError(bound)) return bound
  const open = await openTable(context, input.TableName)
  if (isWireError(open)) return open
  if (isInvalid(parsed)) return fromInvalid(parsed)
  const key = parseKey(open.table.schema, parsed.item)
  if (isInvalid(key)) return fromInvalid(key)

  const found = await open.engine.getItem(open.table, key.key)
  const units = readUnits(found?.sizeBytes ?? 0, input.ConsistentRead === true ? 'strong' : 'eventual')
  return {
    Item: found && (bound.projection === undefined ? jsonBytes(found.image) : jsonItem(project(bound.projection, found.item))),
    ConsumedCapacity: consumedCapacity(input.ReturnConsumedCapacity, input.TableName, units),
  }
})
