import { conditionAttributes } from '../../../expression/condition.ts'
import type { ConditionPlan } from '../../../expression/condition.ts'
import type { KeyRange } from '../../../expression/key-condition.ts'
import { resolveKeyCondition } from '../../../expression/key-condition.ts'
import type { LegacyParameters } from '../../../expression/legacy.ts'
import { isInvalid } from '../../../item/invalid.ts'
import type { AttributeMap } from '../../../item/attribute-value.ts'
import { newMap } from '../../../item/attribute-value.ts'
import type { IndexKeySchema } from '../../../item/key-schema.ts'
import { parseItem } from '../../../item/parse-attribute-value.ts'
import type { WireError } from '../../wire-error.ts'
import { fromInvalid, isWireError, validationError } from '../../wire-error.ts'
import { bindParameters } from './expressions.ts'
import type { PageInput } from './item-page.ts'
import { readPage, selectProblem } from './item-page.ts'
import type { Bounds } from './key-range.ts'
import { boundsBehind, boundsOf, contains, indexBoundsOf } from './key-range.ts'
import { operation } from '../operation.ts'
import type { ReadSource } from './read-source.ts'
import { readSource, sourceSchema, startKeyIn } from './read-source.ts'
import { openTable } from '../table-lookup.ts'

interface Input extends PageInput, Pick<LegacyParameters, 'QueryFilter'> {
  readonly KeyConditionExpression?: string
  readonly ScanIndexForward?: boolean
}

export const query = operation<Input>(async (context, input) => {
  const start = input.ExclusiveStartKey === undefined ? undefined : parseItem(input.ExclusiveStartKey)
  if (isInvalid(start) && start.kind === 'serialization') return fromInvalid(start)
  const bound = selectProblem(input, 'Querying') ?? bindParameters('Query', input)
  if (isWireError(bound)) return bound
  if (bound.keyCondition === undefined) {
    return validationError('Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.')
  }
  const open = await openTable(context, input.TableName)
  if (isWireError(open)) return open
  const source = readSource(open, input)
  if (isWireError(source)) return source
  const schema = sourceSchema(source)
  const unusable = bound.filter && filterProblem(bound.filter, schema, input)
  if (unusable !== undefined) return unusable
  const range = resolveKeyCondition(bound.keyCondition, schema)
  if (isInvalid(range)) return fromInvalid(range)

  const reverse = input.ScanIndexForward === false
  const within = (keys: KeyRange): Bounds => (source.index === undefined ? boundsOf(keys, source.table.schema) : indexBoundsOf(keys))
  const last = start === undefined ? undefined : isInvalid(start) ? fromInvalid(start) : startIn(start.item, source, range, within)
  if (isWireError(last)) return last
  const whole = within(range)
  const bounds = last === undefined ? whole : boundsBehind(whole, last, reverse)
  const partition = partitionOf(schema, range)
  return readPage(source, input, { bounds, reverse, filter: bound.filter, projection: bound.projection, partition })
})

function partitionOf(schema: IndexKeySchema, { partition }: KeyRange): AttributeMap {
  const values = newMap()
  for (const [at, { name }] of schema.partition.entries()) {
    const value = partition[at]
    if (value !== undefined) values[name] = value
  }
  return values
}

/** The name of the legacy filter is recalled, not seen. */
function filterProblem(filter: ConditionPlan, { partition, sort }: IndexKeySchema, { QueryFilter }: Input): WireError | undefined {
  const read = conditionAttributes(filter)
  const key = [...partition, ...sort].find(({ name }) => read.has(name))
  if (key === undefined) return undefined
  const parameter = QueryFilter === undefined ? 'Filter Expression' : 'QueryFilter'
  return validationError(`${parameter} can only contain non-primary key attributes: Primary key attribute: ${key.name}`)
}

/** Both texts were seen: for the key of another partition, and for one of this partition that the condition leaves out (2020). */
function startIn(start: AttributeMap, source: ReadSource, range: KeyRange, within: (keys: KeyRange) => Bounds): Uint8Array | WireError {
  const key = startKeyIn(source, start)
  if (key === undefined) return validationError('The provided starting key is invalid')
  if (!contains(within({ ...range, equal: [], sort: undefined }), key)) {
    return validationError('The provided starting key is outside query boundaries based on provided conditions')
  }
  if (!contains(within(range), key)) return validationError('The provided starting key does not match the range key predicate')
  return key
}
