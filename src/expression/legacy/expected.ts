/**
 * Expected: what must hold of an item for it to be written. Older than the comparisons of filters, it has a form of its own
 * beside them: `Value` alone for equality, `Exists: false` for absence.
 */
import type { Invalid } from '../../item/invalid.ts'
import type { ConditionPlan } from '../condition.ts'
import type { ComparisonOperator } from './comparison.ts'
import { comparisonPlan, comparisonProblem, invalidParameters } from './comparison.ts'
import type { ConditionalOperator } from './filter.ts'
import { joinedPlan } from './filter.ts'
import type { ValueReader } from './value-reader.ts'

export type Expected = Readonly<Record<string, ExpectedAttributeValue>>

export interface ExpectedAttributeValue {
  readonly Value?: unknown
  readonly Exists?: boolean
  readonly ComparisonOperator?: ComparisonOperator
  readonly AttributeValueList?: readonly unknown[]
}

export function expectedPlan(expected: Expected, operator: ConditionalOperator, reader: ValueReader): ConditionPlan | Invalid | undefined {
  return joinedPlan(expected, operator, (attribute, entry) => entryPlan(attribute, entry, reader))
}

function entryPlan(attribute: string, entry: ExpectedAttributeValue, reader: ValueReader): ConditionPlan | Invalid {
  const values = entry.AttributeValueList ?? (entry.Value === undefined ? [] : [entry.Value])
  const operands = reader.values(values)
  const misused = formProblem(entry)
  if (misused !== undefined) return invalidParameters(`${misused} for Attribute: ${attribute}`)
  if (entry.Exists === false) return { kind: 'not-exists', path: [attribute] }
  const comparison = { operator: entry.ComparisonOperator ?? 'EQ', operands }
  return comparisonProblem(comparison) ?? comparisonPlan(attribute, comparison)
}

/**
 * Whether the members fit together. Seen in 2026: the texts with Exists, that a list without an operator is refused before
 * those, and that `Value` beside an operator is accepted, whatever the documentation says. The other texts are recalled.
 */
function formProblem({
  Value,
  Exists,
  ComparisonOperator: operator,
  AttributeValueList: list,
}: ExpectedAttributeValue): string | undefined {
  if (operator === undefined) {
    if (list !== undefined) return 'AttributeValueList can only be used with a ComparisonOperator'
    if (Exists === false) return Value === undefined ? undefined : 'Value cannot be used when Exists is false'
    return Value === undefined ? `Value must be provided when Exists is ${Exists ?? 'null'}` : undefined
  }
  if (Exists !== undefined) return 'Exists and ComparisonOperator cannot be used together'
  if (list !== undefined && Value !== undefined) return 'Value and AttributeValueList cannot be used together'
  if (list !== undefined || Value !== undefined || operator === 'NULL' || operator === 'NOT_NULL') return undefined
  return `Value or AttributeValueList must be used with ComparisonOperator: ${operator}`
}
