/**
 * What a KeyConditionExpression selects: one partition, and possibly a range of sort keys in it.
 *
 * The plan is a list of conditions on top-level attributes, made without knowing the table; {@link resolveKeyCondition} matches it
 * with the key schema of the table or index. An index with several partition and sort attributes needs another resolver
 * over the same plan, and nothing else.
 */
import { typeOf } from '../item/attribute-value.ts'
import type { AttributeValue } from '../item/attribute-value.ts'
import { invalid } from '../item/invalid.ts'
import type { Invalid } from '../item/invalid.ts'
import type { KeyAttribute, KeySchema } from '../item/key-schema.ts'

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
  readonly partition: AttributeValue
  readonly sort: SortRange | undefined
}

/** The order of these checks is partly a guess: each text has been observed, two mistakes at once have not. */
export function resolveKeyCondition(plan: KeyConditionPlan, schema: KeySchema): KeyRange | Invalid {
  const { conditions } = plan
  if (conditions.length > 2) return invalid('Conditions can be of length 1 or 2 only')
  const partition = conditions.find(({ attribute }) => attribute === schema.partition.name)
  if (partition === undefined) return missed(schema.partition)
  const other = conditions.find((condition) => condition !== partition)
  if (other !== undefined) {
    if (schema.sort === undefined) return NOT_SUPPORTED
    if (other.attribute !== schema.sort.name) return missed(schema.sort)
  }
  if (partition.range.op !== '=') return NOT_SUPPORTED
  const unusable =
    unusableOperand(partition, schema.partition) ??
    (other === undefined || schema.sort === undefined ? undefined : unusableOperand(other, schema.sort))
  return unusable ?? { partition: partition.range.value, sort: other?.range }
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
