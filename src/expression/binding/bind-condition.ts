/**
 * From the tree of a condition and the placeholders of a request to a plan. All that can be known without an item is checked
 * here: types of values, operands that must differ, bounds in the right order.
 */
import { assert } from '../../base/assert.ts'
import { compareValues } from '../../item/attribute-compare.ts'
import { typeOf } from '../../item/attribute-value.ts'
import type { AttributeType, AttributeValue } from '../../item/attribute-value.ts'
import type { ConditionOperand, ConditionPlan } from '../condition.ts'
import { formatPath, samePath } from '../path.ts'
import type { Path } from '../path.ts'
import type { Call, Condition, Operand } from '../syntax/ast.ts'
import type { Scope } from './scope.ts'

export function bindCondition(condition: Condition, scope: Scope): ConditionPlan {
  switch (condition.kind) {
    case 'compare': {
      const { comparator } = condition
      const left = bindOperand(condition.left, scope)
      const right = bindOperand(condition.right, scope)
      if (comparator !== '=' && comparator !== '<>') checkTypes(comparator, ordered, [left, right], scope)
      checkDistinct(comparator, left, [right], scope)
      return { kind: 'compare', comparator, left, right }
    }
    case 'between': {
      const operand = bindOperand(condition.operand, scope)
      const low = bindOperand(condition.low, scope)
      const high = bindOperand(condition.high, scope)
      checkTypes('BETWEEN', ordered, [operand, low, high], scope)
      checkDistinct('BETWEEN', operand, [low, high], scope)
      if (low.kind === 'value' && high.kind === 'value') checkBounds(low.value, high.value, scope)
      return { kind: 'between', operand, low, high }
    }
    case 'in': {
      const operand = bindOperand(condition.operand, scope)
      const candidates = condition.candidates.map((candidate) => bindOperand(candidate, scope))
      checkDistinct('IN', operand, candidates, scope)
      return { kind: 'in', operand, candidates }
    }
    case 'and':
    case 'or':
      return { kind: condition.kind, conditions: condition.conditions.map((each) => bindCondition(each, scope)) }
    case 'not':
      return { kind: 'not', condition: bindCondition(condition.condition, scope) }
    case 'call':
      return bindTest(condition, scope)
  }
}

const ordered: ReadonlySet<AttributeType> = new Set(['S', 'N', 'B'])
const prefixed: ReadonlySet<AttributeType> = new Set(['S', 'B'])
const sized: ReadonlySet<AttributeType> = new Set(['S', 'B', 'SS', 'NS', 'BS', 'L', 'M'])
const containing: ReadonlySet<AttributeType> = new Set(['S', 'B', 'SS', 'NS', 'BS', 'L'])

function bindTest(call: Call, scope: Scope): ConditionPlan {
  const [first, second] = call.operands.map((operand) => bindOperand(operand, scope))
  assert(first !== undefined, 'the grammar counts operands')
  if (call.function === 'attribute_exists') return { kind: 'exists', path: pathOf(first) }
  if (call.function === 'attribute_not_exists') return { kind: 'not-exists', path: pathOf(first) }
  assert(second !== undefined, 'the grammar counts operands')
  if (call.function === 'attribute_type') return { kind: 'has-type', path: pathOf(first), type: typeNamed(second, scope) }
  checkDistinct(call.function, first, [second], scope)
  if (call.function === 'begins_with') {
    checkTypes('begins_with', prefixed, [first, second], scope)
    return { kind: 'begins-with', operand: first, prefix: second }
  }
  assert(call.function === 'contains', 'the grammar refuses functions that are no conditions')
  checkTypes('contains', containing, [first], scope)
  return { kind: 'contains', container: first, element: second }
}

function bindOperand(operand: Operand, scope: Scope): ConditionOperand {
  switch (operand.kind) {
    case 'path':
      return { kind: 'path', path: scope.path(operand.path) }
    case 'value':
      return { kind: 'value', value: scope.value(operand.placeholder) }
    case 'call': {
      const [inner] = operand.operands
      assert(inner !== undefined && operand.function === 'size', 'the grammar refuses other functions here')
      const sizedOperand = bindOperand(inner, scope)
      checkTypes('size', sized, [sizedOperand], scope)
      return { kind: 'size', operand: sizedOperand }
    }
  }
}

function pathOf(operand: ConditionOperand): Path {
  assert(operand.kind === 'path', 'the grammar requires a path here')
  return operand.path
}

/** The type where it is known without an item. */
function staticType(operand: ConditionOperand): AttributeType | undefined {
  if (operand.kind === 'value') return typeOf(operand.value)
  return operand.kind === 'size' ? 'N' : undefined
}

function checkTypes(operator: string, allowed: ReadonlySet<AttributeType>, operands: readonly ConditionOperand[], scope: Scope): void {
  for (const operand of operands) {
    const type = staticType(operand)
    if (type !== undefined && !allowed.has(type)) observeType(operator, type, scope)
  }
}

export function observeType(operator: string, type: string, scope: Scope): void {
  scope.observe(`Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`)
}

/** Only paths: `:a = :a` is accepted (observed in 2019), `a = a` is not. */
function checkDistinct(operator: string, first: ConditionOperand, others: readonly ConditionOperand[], scope: Scope): void {
  if (first.kind !== 'path') return
  if (!others.some((other) => other.kind === 'path' && samePath(other.path, first.path))) return
  scope.observe(
    'The first operand must be distinct from the remaining operands for this operator or function; ' +
      `operator: ${operator}, first operand: ${formatPath(first.path)}`,
  )
}

function checkBounds(low: AttributeValue, high: AttributeValue, scope: Scope): void {
  const order = compareValues(low, high)
  if (order !== undefined && order <= 0) return
  const rule = order === undefined ? 'same data type for lower and upper bounds' : 'upper bound to be greater than or equal to lower bound'
  scope.observe(
    `The BETWEEN operator requires ${rule}; ` +
      `lower bound operand: AttributeValue: ${printValue(low)}, upper bound operand: AttributeValue: ${printValue(high)}`,
  )
}

/** As the service prints a scalar: `{S:a}`. That it prints what is composed as Java would is a guess. */
function printValue(value: AttributeValue): string {
  if ('M' in value) {
    const entries = Object.entries(value.M).map(([name, entry]) => `${name}=${printValue(entry)}`)
    return `{M:{${entries.join(', ')}}}`
  }
  if ('L' in value) return `{L:[${value.L.map(printValue).join(', ')}]}`
  const [[type, content] = ['', '']] = Object.entries(value)
  return `{${type}:${Array.isArray(content) ? `[${content.join(', ')}]` : String(content)}}`
}

/** As the service lists them. */
const typeNames: readonly AttributeType[] = ['B', 'NULL', 'SS', 'BOOL', 'L', 'BS', 'N', 'NS', 'S', 'M']

function typeNamed(operand: ConditionOperand, scope: Scope): AttributeType {
  if (operand.kind !== 'value' || !('S' in operand.value)) {
    // Which type a path has is not known; that all of them are printed then is recalled, not seen.
    observeType('attribute_type', staticType(operand) ?? '{NS,SS,L,BS,N,M,B,BOOL,NULL,S}', scope)
    return 'NULL'
  }
  const name = operand.value.S
  const type = typeNames.find((each) => each === name)
  if (type === undefined) scope.observe(`Invalid attribute type name found; type: ${name}, valid types: {${typeNames.join(',')}}`)
  return type ?? 'NULL'
}
