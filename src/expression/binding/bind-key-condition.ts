/**
 * From a bound condition to a key condition: comparisons of top-level attributes with values, joined by AND.
 * Its complaints do not begin with "Invalid KeyConditionExpression:", unlike those about syntax and types (observed).
 */
import type { AttributeValue } from '../../item/attribute-value.ts'
import { invalid, isInvalid } from '../../item/invalid.ts'
import type { Invalid } from '../../item/invalid.ts'
import type { Comparator, ConditionOperand, ConditionPlan } from '../condition.ts'
import type { KeyCondition, KeyConditionPlan, SortRange } from '../key-condition.ts'
import { bindCondition } from './bind-condition.ts'
import type { Condition } from '../syntax/ast.ts'
import type { Scope } from './scope.ts'

export function bindKeyCondition(condition: Condition, scope: Scope): KeyConditionPlan | Invalid {
  const plan = bindCondition(condition, scope)
  // The mistake is answered instead of this; the plan is not usable.
  if (scope.mistake !== undefined) return { conditions: [] }
  const conditions: KeyCondition[] = []
  return collect(plan, conditions) ?? { conditions }
}

function collect(plan: ConditionPlan, into: KeyCondition[]): Invalid | undefined {
  if (plan.kind === 'and') {
    for (const part of plan.conditions) {
      const unusable = collect(part, into)
      if (unusable !== undefined) return unusable
    }
    return undefined
  }
  const condition = keyConditionOf(plan)
  if (isInvalid(condition)) return condition
  if (into.some(({ attribute }) => attribute === condition.attribute)) {
    return invalid('KeyConditionExpressions must only contain one condition per key')
  }
  into.push(condition)
  return undefined
}

function keyConditionOf(plan: Exclude<ConditionPlan, { kind: 'and' }>): KeyCondition | Invalid {
  switch (plan.kind) {
    case 'or':
      return unusableOperator('OR')
    case 'not':
      return unusableOperator('NOT')
    case 'in':
      return unusableOperator('IN')
    case 'exists':
      return unusableOperator('attribute_exists')
    case 'not-exists':
      return unusableOperator('attribute_not_exists')
    case 'has-type':
      return unusableOperator('attribute_type')
    case 'contains':
      return unusableOperator('contains')
    case 'compare':
      return plan.comparator === '<>' ? unusableOperator('<>') : comparison(plan.comparator, plan.left, plan.right)
    case 'between':
      if (plan.operand.kind !== 'path') return notFirst('BETWEEN')
      return withValues(plan.operand, [plan.low, plan.high], ([low, high]) => ({ op: 'BETWEEN', low, high }))
    case 'begins-with':
      if (plan.operand.kind !== 'path') return notFirst('begins_with')
      return withValues(plan.operand, [plan.prefix, plan.prefix], ([prefix]) => ({ op: 'begins_with', prefix }))
  }
}

/** `:v < a` is `a > :v` (observed in 2026: such a condition is accepted). */
function comparison(op: Exclude<Comparator, '<>'>, left: ConditionOperand, right: ConditionOperand): KeyCondition | Invalid {
  if (left.kind === 'path') return withValues(left, [right, right], ([value]) => ({ op, value }))
  return withValues(right, [left, left], ([value]) => ({ op: mirrored[op], value }))
}

const mirrored = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const

function withValues(
  attribute: ConditionOperand,
  operands: readonly [ConditionOperand, ConditionOperand],
  range: (values: readonly [AttributeValue, AttributeValue]) => SortRange,
): KeyCondition | Invalid {
  const [first, second] = operands
  if (attribute.kind === 'size' || first.kind === 'size' || second.kind === 'size') {
    return invalid('KeyConditionExpressions cannot contain nested operations')
  }
  if (attribute.kind === 'value') return invalid('Invalid condition in KeyConditionExpression: No key attribute specified')
  if (first.kind === 'path' || second.kind === 'path') {
    return invalid('Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition')
  }
  const [name] = attribute.path
  if (typeof name !== 'string' || attribute.path.length > 1) {
    return invalid('KeyConditionExpressions cannot have conditions on nested attributes')
  }
  return { attribute: name, range: range([first.value, second.value]) }
}

function unusableOperator(operator: string): Invalid {
  return invalid(`Invalid operator used in KeyConditionExpression: ${operator}`)
}

function notFirst(operator: string): Invalid {
  return invalid(`Invalid condition in KeyConditionExpression: ${operator} operator must have the key attribute as its first operand`)
}
