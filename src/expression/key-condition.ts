/**
 * What a KeyConditionExpression selects: one partition, and possibly a range of sort keys in it.
 *
 * The plan is a list of conditions on top-level attributes, made without knowing the table; {@link resolveKeyCondition} matches it
 * with the key schema of the table or index.
 */
import { typeOf } from '../item/attribute-value.ts'
import type { AttributeValue } from '../item/attribute-value.ts'
import { invalid } from '../item/invalid.ts'
import type { Invalid } from '../item/invalid.ts'
import { partSizeBytes, keyPartOf, PARTITION_KEY_BYTES_MAX, PARTITION_KEY_TOO_LARGE } from '../item/item-key.ts'
import type { IndexKeySchema, KeyAttribute } from '../item/key-schema.ts'

export interface KeyConditionPlan {
  /** In the order of the text; at most one for each attribute. */
  readonly conditions: readonly KeyCondition[]
}

export interface KeyCondition {
  readonly attribute: string
  readonly range: SortRange
}

export type SortRange =
  | { readonly op: '=' | '<' | '<=' | '>' | '>='; readonly value: AttributeValue }
  | { readonly op: 'BETWEEN'; readonly low: AttributeValue; readonly high: AttributeValue }
  | { readonly op: 'begins_with'; readonly prefix: AttributeValue }

export interface KeyRange {
  /** One value for each partition attribute. */
  readonly partition: readonly AttributeValue[]
  /** What the first sort attributes are equal to. */
  readonly equal: readonly AttributeValue[]
  /** The range of the sort attribute after those; undefined: all of it. */
  readonly sort: SortRange | undefined
}

/**
 * Every partition attribute must be given with `=`; sort attributes from the first on, all but the last of them with `=` (developer guide,
 * "Multi-attribute keys"). The order of these checks is partly a guess: each text has been observed, two mistakes at once have not.
 */
export function resolveKeyCondition(plan: KeyConditionPlan, schema: IndexKeySchema): KeyRange | Invalid {
  const { conditions } = plan
  const keys = [...schema.partition, ...schema.sort]
  if (conditions.length > Math.max(2, keys.length)) return invalid('Conditions can be of length 1 or 2 only')
  const conditionOn = (key: KeyAttribute): KeyCondition | undefined => conditions.find(({ attribute }) => attribute === key.name)
  const missing = schema.partition.find((key) => conditionOn(key) === undefined)
  if (missing !== undefined) return missed(missing)
  const given = schema.sort.filter((key) => conditionOn(key) !== undefined)
  if (conditions.length > schema.partition.length + given.length) {
    const [expected] = schema.sort
    return expected === undefined ? NOT_SUPPORTED : missed(expected)
  }
  const skipped = schema.sort.slice(0, given.length).find((key) => conditionOn(key) === undefined)
  if (skipped !== undefined) return missed(skipped)
  if (schema.partition.some((key) => conditionOn(key)?.range.op !== '=')) return NOT_SUPPORTED
  for (const key of keys) {
    const condition = conditionOn(key)
    const unusable = condition && unusableOperand(condition, key)
    if (unusable !== undefined) return unusable
  }
  const partition = schema.partition.flatMap((key) => conditionOn(key)?.range ?? [])
  if (sizeBytesOf(partition) > PARTITION_KEY_BYTES_MAX) return invalid(PARTITION_KEY_TOO_LARGE)
  return rangeOf(
    partition,
    given.flatMap((key) => conditionOn(key)?.range ?? []),
  )
}

/** Of what can be a key: the operands are known to have the types of the schema. */
function sizeBytesOf(ranges: readonly SortRange[]): number {
  return ranges.flatMap(operandsOf).reduce((sum, operand) => sum + partSizeBytes(keyPartOf(operand)), 0)
}

function rangeOf(partition: readonly SortRange[], sort: readonly SortRange[]): KeyRange | Invalid {
  const equal: AttributeValue[] = []
  for (const range of sort.slice(0, -1)) {
    if (range.op !== '=') return NOT_SUPPORTED
    equal.push(range.value)
  }
  return { partition: partition.flatMap((range) => (range.op === '=' ? [range.value] : [])), equal, sort: sort.at(-1) }
}

const NOT_SUPPORTED = invalid('Query key condition not supported')

function missed(key: KeyAttribute): Invalid {
  return invalid(`Query condition missed key schema element: ${key.name}`)
}

function unusableOperand({ range }: KeyCondition, key: KeyAttribute): Invalid | undefined {
  const operands = operandsOf(range)
  if (operands.some((operand) => typeOf(operand) !== key.type)) {
    return invalid('One or more parameter values were invalid: Condition parameter type does not match schema type')
  }
  for (const operand of operands) {
    const kind = 'S' in operand && operand.S === '' ? 'string' : 'B' in operand && operand.B === '' ? 'binary' : undefined
    if (kind !== undefined) {
      return invalid(
        `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${kind} value. Key: ${key.name}`,
      )
    }
  }
  return undefined
}

function operandsOf(range: SortRange): readonly AttributeValue[] {
  if (range.op === 'BETWEEN') return [range.low, range.high]
  return [range.op === 'begins_with' ? range.prefix : range.value]
}
