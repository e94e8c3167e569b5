/**
 * One attribute compared with values by a ComparisonOperator: what Expected, KeyConditions, QueryFilter and ScanFilter consist of.
 * Attributes are top-level ones; `a.b` is a name with a dot in it.
 * Source: API reference, "Condition"; developer guide, "Writing conditions with legacy parameters".
 */
import { assert } from '../../base/assert.ts'
import { compareValues } from '../../item/attribute-compare.ts'
import { typeOf } from '../../item/attribute-value.ts'
import type { AttributeType, AttributeValue } from '../../item/attribute-value.ts'
import type { Invalid } from '../../item/invalid.ts'
import { invalid } from '../../item/invalid.ts'
import type { Comparator, ConditionOperand, ConditionPlan } from '../condition.ts'

export type ComparisonOperator =
  'EQ' | 'NE' | 'IN' | 'LE' | 'LT' | 'GE' | 'GT' | 'BETWEEN' | 'NOT_NULL' | 'NULL' | 'CONTAINS' | 'NOT_CONTAINS' | 'BEGINS_WITH'

export interface Comparison {
  readonly operator: ComparisonOperator
  readonly operands: readonly AttributeValue[]
}

/** Whether the operands are as many, and of such types, as the operator takes. The order of these checks is a guess. */
export function comparisonProblem({ operator, operands }: Comparison): Invalid | undefined {
  const { count, types } = rules[operator]
  if (count === 'some' ? operands.length === 0 : operands.length !== count) {
    return invalidParameters(`Invalid number of argument(s) for the ${operator} ComparisonOperator`)
  }
  const unfit = operands.map(typeOf).find((type) => !types.has(type))
  if (unfit !== undefined) return invalidParameters(`ComparisonOperator ${operator} is not valid for ${unfit} AttributeValue type`)
  return operator === 'BETWEEN' ? boundsProblem(operands) : undefined
}

/** A comparison in which {@link comparisonProblem} found nothing, as a condition. */
export function comparisonPlan(attribute: string, { operator, operands }: Comparison): ConditionPlan {
  const path = [attribute]
  const operand: ConditionOperand = { kind: 'path', path }
  const values = operands.map((value): ConditionOperand => ({ kind: 'value', value }))
  switch (operator) {
    case 'NOT_NULL':
      return { kind: 'exists', path }
    case 'NULL':
      return { kind: 'not-exists', path }
    case 'IN':
      return { kind: 'in', operand, candidates: values }
    case 'BETWEEN':
      return { kind: 'between', operand, low: nth(values, 0), high: nth(values, 1) }
    case 'BEGINS_WITH':
      return { kind: 'begins-with', operand, prefix: nth(values, 0) }
    case 'CONTAINS':
      return { kind: 'contains', container: operand, element: nth(values, 0) }
    case 'NOT_CONTAINS':
      // Unlike `NOT contains(…)` it is false of an attribute that is not there (recalled, not seen).
      return {
        kind: 'and',
        conditions: [
          { kind: 'exists', path },
          { kind: 'not', condition: { kind: 'contains', container: operand, element: nth(values, 0) } },
        ],
      }
    default:
      return { kind: 'compare', comparator: comparators[operator], left: operand, right: nth(values, 0) }
  }
}

export const comparators = { EQ: '=', NE: '<>', LE: '<=', LT: '<', GE: '>=', GT: '>' } as const satisfies Record<string, Comparator>

/** The operand at a place where the operator's rule says that there is one. */
export function nth<T>(operands: readonly T[], at: number): T {
  const operand = operands[at]
  assert(operand !== undefined, 'operands have been counted')
  return operand
}

export function invalidParameters(what: string): Invalid {
  return invalid(`One or more parameter values were invalid: ${what}`)
}

interface Rule {
  readonly count: number | 'some'
  readonly types: ReadonlySet<AttributeType>
}

const any: ReadonlySet<AttributeType> = new Set(['S', 'N', 'B', 'BOOL', 'NULL', 'M', 'L', 'SS', 'NS', 'BS'])
const ordered: ReadonlySet<AttributeType> = new Set(['S', 'N', 'B'])
const prefixes: ReadonlySet<AttributeType> = new Set(['S', 'B'])
/** "Cannot be a set, a map, or a list". */
const elements: ReadonlySet<AttributeType> = new Set(['S', 'N', 'B', 'BOOL', 'NULL'])

const rules: Record<ComparisonOperator, Rule> = {
  EQ: { count: 1, types: any },
  NE: { count: 1, types: any },
  LE: { count: 1, types: ordered },
  LT: { count: 1, types: ordered },
  GE: { count: 1, types: ordered },
  GT: { count: 1, types: ordered },
  BETWEEN: { count: 2, types: ordered },
  IN: { count: 'some', types: ordered },
  NOT_NULL: { count: 0, types: any },
  NULL: { count: 0, types: any },
  CONTAINS: { count: 1, types: elements },
  NOT_CONTAINS: { count: 1, types: elements },
  BEGINS_WITH: { count: 1, types: prefixes },
}

/** That both are of one type is documented, the first text recalled; the second was seen in 2014. */
function boundsProblem(operands: readonly AttributeValue[]): Invalid | undefined {
  const order = compareValues(nth(operands, 0), nth(operands, 1))
  if (order === undefined) return invalidParameters('AttributeValues inside AttributeValueList must be of same type')
  if (order <= 0) return undefined
  return invalid('The BETWEEN condition was provided a range where the lower bound is bigger than the upper bound')
}
