/** QueryFilter and ScanFilter: comparisons that an item must satisfy to be returned. */
import type { Invalid } from '../../item/invalid.ts'
import { isInvalid } from '../../item/invalid.ts'
import type { ConditionPlan } from '../condition.ts'
import type { Comparison, ComparisonOperator } from './comparison.ts'
import { comparisonPlan, comparisonProblem } from './comparison.ts'
import type { ValueReader } from './value-reader.ts'

export type Conditions = Readonly<Record<string, Condition>>

export interface Condition {
  readonly ComparisonOperator: ComparisonOperator
  readonly AttributeValueList?: readonly unknown[]
}

export type ConditionalOperator = 'AND' | 'OR'

export function filterPlan(
  conditions: Conditions,
  operator: ConditionalOperator,
  reader: ValueReader,
): ConditionPlan | Invalid | undefined {
  return joinedPlan(conditions, operator, (attribute, condition) => {
    const comparison = readComparison(condition, reader)
    return isInvalid(comparison) ? comparison : comparisonPlan(attribute, comparison)
  })
}

export function readComparison(condition: Condition, reader: ValueReader): Comparison | Invalid {
  const operands = reader.values(condition.AttributeValueList ?? [])
  const comparison = { operator: condition.ComparisonOperator, operands }
  return comparisonProblem(comparison) ?? comparison
}

/** One condition for all attributes of a map; undefined for an empty one. The first problem is the answer. */
export function joinedPlan<T>(
  map: Readonly<Record<string, T>>,
  operator: ConditionalOperator,
  planOf: (attribute: string, entry: T) => ConditionPlan | Invalid,
): ConditionPlan | Invalid | undefined {
  const plans = Object.entries(map).map(([attribute, entry]) => planOf(attribute, entry))
  const conditions: ConditionPlan[] = []
  for (const plan of plans) {
    if (isInvalid(plan)) return plan
    conditions.push(plan)
  }
  return conditions.length <= 1 ? conditions[0] : { kind: operator === 'AND' ? 'and' : 'or', conditions }
}
