/** KeyConditions: the partition, and possibly the range of sort keys, that a Query reads. */
import type { Invalid } from '../../item/invalid.ts'
import { invalid, isInvalid } from '../../item/invalid.ts'
import type { KeyCondition, KeyConditionPlan, SortRange } from '../key-condition.ts'
import type { Comparison } from './comparison.ts'
import { comparators, nth } from './comparison.ts'
import type { Conditions } from './filter.ts'
import { readComparison } from './filter.ts'
import type { ValueReader } from './value-reader.ts'

/** Which attributes are those of the key, and that the partition is given by EQ, is for whoever knows the table to check. */
export function keyConditionPlan(conditionByName: Conditions, reader: ValueReader): KeyConditionPlan | Invalid {
  const comparisons = Object.entries(conditionByName).map(
    ([attribute, condition]) => [attribute, readComparison(condition, reader)] as const,
  )
  if (comparisons.length === 0) return invalid('Conditions can be of length 1 or 2 only')
  const conditions: KeyCondition[] = []
  for (const [attribute, comparison] of comparisons) {
    if (isInvalid(comparison)) return comparison
    const range = rangeOf(comparison)
    if (range === undefined) return invalid('Attempted conditional constraint is not an indexable operation')
    conditions.push({ attribute, range })
  }
  return { conditions }
}

/** Undefined for an operator by which keys cannot be found. */
function rangeOf({ operator, operands }: Comparison): SortRange | undefined {
  switch (operator) {
    case 'BETWEEN':
      return { op: 'BETWEEN', low: nth(operands, 0), high: nth(operands, 1) }
    case 'BEGINS_WITH':
      return { op: 'begins_with', prefix: nth(operands, 0) }
    case 'EQ':
    case 'LE':
    case 'LT':
    case 'GE':
    case 'GT':
      return { op: comparators[operator], value: nth(operands, 0) }
    case 'NE':
    case 'IN':
    case 'NOT_NULL':
    case 'NULL':
    case 'CONTAINS':
    case 'NOT_CONTAINS':
      return undefined
  }
}
