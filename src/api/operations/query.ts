import { conditionAttributes } from '../../expression/condition.ts'
import type { ConditionPlan } from '../../expression/condition.ts'
import { resolveKeyCondition } from '../../expression/key-condition.ts'
import { isInvalid } from '../../item/invalid.ts'
import { parseKey } from '../../item/item-key.ts'
import type { KeySchema } from '../../item/key-schema.ts'
import { parseItem } from '../../item/parse-attribute-value.ts'
import type { WireError } from '../wire-error.ts'
import { fromInvalid, isWireError, validationError } from '../wire-error.ts'
import { bind, legacyProblem } from './expressions.ts'
import type { PageInput } from './item-page.ts'
import { indexProblem, readPage, selectProblem } from './item-page.ts'
import type { Bounds } from './key-range.ts'
import { boundsBehind, boundsOf, contains } from './key-range.ts'
import { operation } from './operation.ts'
import { openTable } from './table-lookup.ts'

interface Input extends PageInput {
  readonly KeyConditionExpression?: string
  readonly ScanIndexForward?: boolean
}

export const query = operation<Input>(async (context, input) => {
  const start = input.ExclusiveStartKey === undefined ? undefined : parseItem(input.ExclusiveStartKey)
  if (isInvalid(start) && start.kind === 'serialization') return fromInvalid(start)
  const misused = legacyProblem(input) ?? selectProblem(input, 'Querying')
  if (misused !== undefined) return misused
  const bound = bind(input, {
    projection: input.ProjectionExpression,
    filter: input.FilterExpression,
    keyCondition: input.KeyConditionExpression,
  })
  if (isWireError(bound)) return bound
  if (bound.keyCondition === undefined) {
    return validationError('Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.')
  }
  const open = await openTable(context, input.TableName)
  if (isWireError(open)) return open
  const { schema } = open.table
  const unusable = indexProblem(input) ?? (bound.filter && filterProblem(bound.filter, schema))
  if (unusable !== undefined) return unusable
  const range = resolveKeyCondition(bound.keyCondition, schema)
  if (isInvalid(range)) return fromInvalid(range)

  const reverse = input.ScanIndexForward === false
  const whole = boundsOf(range, schema)
  const bounds = start === undefined ? whole : isInvalid(start) ? fromInvalid(start) : startBehind(start.item, schema, whole, reverse)
  if (isWireError(bounds)) return bounds
  return readPage(open, input, { bounds, reverse, filter: bound.filter, projection: bound.projection })
})

function filterProblem(filter: ConditionPlan, schema: KeySchema): WireError | undefined {
  const read = conditionAttributes(filter)
  const key = [schema.partition, schema.sort].find((attribute) => attribute !== undefined && read.has(attribute.name))
  if (key === undefined) return undefined
  return validationError(`Filter Expression can only contain non-primary key attributes: Primary key attribute: ${key.name}`)
}

function startBehind(start: Parameters<typeof parseKey>[1], schema: KeySchema, whole: Bounds, reverse: boolean): Bounds | WireError {
  const key = parseKey(schema, start)
  if (isInvalid(key)) return validationError('The provided starting key is invalid')
  if (!contains(whole, key.key)) {
    return validationError('The provided starting key is outside query boundaries based on provided conditions')
  }
  return boundsBehind(whole, key.key, reverse)
}
