/**
 * Whether an item satisfies a condition or filter expression.
 *
 * A plan is bound to one request: names are resolved and values filled in, and what could be checked without an item has been.
 * Evaluation therefore cannot fail. What does not fit (a missing attribute, another type) makes a test false, but `<>` true.
 * Source: the developer guide, "Condition and filter expressions, operators, and functions".
 */
import { compareValues, equalValues } from '../item/attribute-compare.ts'
import { typeOf } from '../item/attribute-value.ts'
import type { AttributeMap, AttributeType, AttributeValue } from '../item/attribute-value.ts'
import { binarySizeBytes } from '../item/item-size.ts'
import { valueAt } from './path.ts'
import type { Path } from './path.ts'

export type ConditionPlan =
  | { readonly kind: 'compare'; readonly comparator: Comparator; readonly left: ConditionOperand; readonly right: ConditionOperand }
  | { readonly kind: 'between'; readonly operand: ConditionOperand; readonly low: ConditionOperand; readonly high: ConditionOperand }
  | { readonly kind: 'in'; readonly operand: ConditionOperand; readonly candidates: readonly ConditionOperand[] }
  | { readonly kind: 'and'; readonly conditions: readonly ConditionPlan[] }
  | { readonly kind: 'or'; readonly conditions: readonly ConditionPlan[] }
  | { readonly kind: 'not'; readonly condition: ConditionPlan }
  | { readonly kind: 'exists' | 'not-exists'; readonly path: Path }
  | { readonly kind: 'has-type'; readonly path: Path; readonly type: AttributeType }
  | { readonly kind: 'begins-with'; readonly operand: ConditionOperand; readonly prefix: ConditionOperand }
  | { readonly kind: 'contains'; readonly container: ConditionOperand; readonly element: ConditionOperand }

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>='

export type ConditionOperand =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly value: AttributeValue }
  | { readonly kind: 'size'; readonly operand: ConditionOperand }

/** An item that does not exist is judged as an empty one. */
export function evaluateCondition(plan: ConditionPlan, item: AttributeMap): boolean {
  switch (plan.kind) {
    case 'compare':
      return compare(plan.comparator, valueOf(plan.left, item), valueOf(plan.right, item))
    case 'between': {
      const value = valueOf(plan.operand, item)
      return compare('>=', value, valueOf(plan.low, item)) && compare('<=', value, valueOf(plan.high, item))
    }
    case 'in': {
      const value = valueOf(plan.operand, item)
      return value !== undefined && plan.candidates.some((candidate) => compare('=', value, valueOf(candidate, item)))
    }
    case 'and':
      return plan.conditions.every((condition) => evaluateCondition(condition, item))
    case 'or':
      return plan.conditions.some((condition) => evaluateCondition(condition, item))
    case 'not':
      return !evaluateCondition(plan.condition, item)
    case 'exists':
      return valueAt(item, plan.path) !== undefined
    case 'not-exists':
      return valueAt(item, plan.path) === undefined
    case 'has-type': {
      const value = valueAt(item, plan.path)
      return value !== undefined && typeOf(value) === plan.type
    }
    case 'begins-with':
      return beginsWith(valueOf(plan.operand, item), valueOf(plan.prefix, item))
    case 'contains':
      return contains(valueOf(plan.container, item), valueOf(plan.element, item))
  }
}

/** The top-level attributes that the condition reads: a filter must not name the attributes of the key that is queried. */
export function conditionAttributes(plan: ConditionPlan): ReadonlySet<string> {
  const names = new Set<string>()
  collectFromCondition(plan, names)
  return names
}

function valueOf(operand: ConditionOperand, item: AttributeMap): AttributeValue | undefined {
  switch (operand.kind) {
    case 'path':
      return valueAt(item, operand.path)
    case 'value':
      return operand.value
    case 'size': {
      const value = valueOf(operand.operand, item)
      const size = value === undefined ? undefined : sizeOf(value)
      return size === undefined ? undefined : { N: String(size) }
    }
  }
}

function compare(comparator: Comparator, a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  if (a === undefined || b === undefined) return comparator === '<>'
  if (comparator === '=') return equalValues(a, b)
  if (comparator === '<>') return !equalValues(a, b)
  const order = compareValues(a, b)
  if (order === undefined) return false
  switch (comparator) {
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}

/** Strings count in UTF-16 units (observed in 2026: `é𝄞` is 3), binary in bytes, collections in elements; other types have no size. */
function sizeOf(value: AttributeValue): number | undefined {
  if ('S' in value) return value.S.length
  if ('B' in value) return binarySizeBytes(value.B)
  if ('L' in value) return value.L.length
  if ('M' in value) return Object.keys(value.M).length
  return membersOf(value)?.length
}

function beginsWith(value: AttributeValue | undefined, prefix: AttributeValue | undefined): boolean {
  if (value === undefined || prefix === undefined) return false
  if ('S' in value) return 'S' in prefix && value.S.startsWith(prefix.S)
  if (!('B' in value) || !('B' in prefix)) return false
  const start = bytesOf(prefix.B)
  return bytesOf(value.B).subarray(0, start.length).equals(start)
}

function contains(container: AttributeValue | undefined, element: AttributeValue | undefined): boolean {
  if (container === undefined || element === undefined) return false
  if ('S' in container) return 'S' in element && container.S.includes(element.S)
  if ('B' in container) return 'B' in element && bytesOf(container.B).includes(bytesOf(element.B))
  if ('L' in container) return container.L.some((member) => equalValues(member, element))
  // Values are in normal form, so members are equal when their texts are.
  if ('SS' in container) return 'S' in element && container.SS.includes(element.S)
  if ('NS' in container) return 'N' in element && container.NS.includes(element.N)
  if ('BS' in container) return 'B' in element && container.BS.includes(element.B)
  return false
}

function membersOf(value: AttributeValue): readonly string[] | undefined {
  if ('SS' in value) return value.SS
  if ('NS' in value) return value.NS
  return 'BS' in value ? value.BS : undefined
}

function bytesOf(base64: string): Buffer {
  return Buffer.from(base64, 'base64')
}

function collectFromCondition(plan: ConditionPlan, names: Set<string>): void {
  switch (plan.kind) {
    case 'compare':
      return collectFromOperands([plan.left, plan.right], names)
    case 'between':
      return collectFromOperands([plan.operand, plan.low, plan.high], names)
    case 'in':
      return collectFromOperands([plan.operand, ...plan.candidates], names)
    case 'and':
    case 'or':
      for (const condition of plan.conditions) collectFromCondition(condition, names)
      return
    case 'not':
      return collectFromCondition(plan.condition, names)
    case 'exists':
    case 'not-exists':
    case 'has-type':
      return collectFromOperands([{ kind: 'path', path: plan.path }], names)
    case 'begins-with':
      return collectFromOperands([plan.operand, plan.prefix], names)
    case 'contains':
      return collectFromOperands([plan.container, plan.element], names)
  }
}

function collectFromOperands(operands: readonly ConditionOperand[], names: Set<string>): void {
  for (const operand of operands) {
    if (operand.kind === 'size') collectFromOperands([operand.operand], names)
    else if (operand.kind === 'path' && typeof operand.path[0] === 'string') names.add(operand.path[0])
  }
}
