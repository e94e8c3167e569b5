/** Whether an item satisfies a condition: the developer guide's table of operators and functions, case by case. */
import type { Comparator, Condition, Operand } from './steps.ts'
import { bytesOf, compare, equal, typeOf, valueAt } from './values.ts'
import type { Item, Value } from './values.ts'

export function holds(condition: Condition, item: Item): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.conditions.every((each) => holds(each, item))
    case 'or':
      return condition.conditions.some((each) => holds(each, item))
    case 'not':
      return !holds(condition.condition, item)
    case 'exists':
      return valueAt(item, condition.path) !== undefined
    case 'missing':
      return valueAt(item, condition.path) === undefined
    case 'type': {
      const value = valueAt(item, condition.path)
      return value !== undefined && typeOf(value) === condition.type
    }
    case 'compare':
      return compared(condition.comparator, operandOf(condition.left, item), operandOf(condition.right, item))
    case 'between': {
      const value = operandOf(condition.operand, item)
      return compared('>=', value, operandOf(condition.low, item)) && compared('<=', value, operandOf(condition.high, item))
    }
    case 'in': {
      const value = operandOf(condition.operand, item)
      return condition.candidates.some((candidate) => compared('=', value, operandOf(candidate, item)))
    }
    case 'begins':
      return begins(operandOf(condition.operand, item), operandOf(condition.prefix, item))
    case 'contains':
      return contains(operandOf(condition.container, item), operandOf(condition.element, item))
  }
}

function operandOf(operand: Operand, item: Item): Value | undefined {
  if ('value' in operand) return operand.value
  if ('path' in operand) return valueAt(item, operand.path)
  const value = valueAt(item, operand.size)
  const size = value && sizeOf(value)
  return size === undefined ? undefined : { N: String(size) }
}

function sizeOf(value: Value): number | undefined {
  if ('S' in value) return value.S.length
  if ('B' in value) return bytesOf(value.B).length
  if ('L' in value) return value.L.length
  if ('M' in value) return Object.keys(value.M).length
  if ('SS' in value) return value.SS.length
  if ('NS' in value) return value.NS.length
  return 'BS' in value ? value.BS.length : undefined
}

/** What is missing, or of another type, equals nothing and has no order. */
function compared(comparator: Comparator, a: Value | undefined, b: Value | undefined): boolean {
  const same = a !== undefined && b !== undefined && equal(a, b)
  if (comparator === '=') return same
  if (comparator === '<>') return !same
  const order = a === undefined || b === undefined ? undefined : compare(a, b)
  if (order === undefined) return false
  return { '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[comparator]
}

function begins(value: Value | undefined, prefix: Value | undefined): boolean {
  if (value === undefined || prefix === undefined) return false
  if ('S' in value && 'S' in prefix) return value.S.startsWith(prefix.S)
  if (!('B' in value) || !('B' in prefix)) return false
  return bytesOf(value.B).toString('hex').startsWith(bytesOf(prefix.B).toString('hex'))
}

function contains(container: Value | undefined, element: Value | undefined): boolean {
  if (container === undefined || element === undefined) return false
  if ('S' in container) return 'S' in element && container.S.includes(element.S)
  if ('B' in container) return 'B' in element && bytesOf(container.B).includes(bytesOf(element.B))
  return elementsOf(container).some((member) => equal(member, element))
}

function elementsOf(container: Value): readonly Value[] {
  if ('L' in container) return container.L
  if ('SS' in container) return container.SS.map((S) => ({ S }))
  if ('NS' in container) return container.NS.map((N) => ({ N }))
  return 'BS' in container ? container.BS.map((B) => ({ B })) : []
}
