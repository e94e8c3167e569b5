/** The same things in the parameters from before expressions: Expected and its like, AttributeUpdates, KeyConditions. */
import type { Comparator, Condition, KeyCondition, Operand, UpdateAction } from './steps.ts'
import type { Path, Value } from './values.ts'

/** `Expected`, `QueryFilter` or `ScanFilter`, of a condition that the generator made for it. */
export function legacyConditions(condition: Condition): { conditions: object; ConditionalOperator: 'AND' | 'OR' | undefined } {
  const parts = condition.kind === 'and' || condition.kind === 'or' ? condition.conditions : [condition]
  return {
    conditions: Object.fromEntries(parts.map(comparison)),
    ConditionalOperator: parts.length < 2 ? undefined : condition.kind === 'or' ? 'OR' : 'AND',
  }
}

export function attributeUpdates(actions: readonly UpdateAction[]): object {
  return Object.fromEntries(
    actions.map((action) => {
      const name = nameIn(action.path)
      switch (action.kind) {
        case 'remove':
          return [name, { Action: 'DELETE' }]
        case 'set':
          return [name, { Action: 'PUT', Value: 'value' in action.operand ? action.operand.value : impossible() }]
        default:
          return [name, { Action: action.kind.toUpperCase(), Value: action.value }]
      }
    }),
  )
}

export function keyConditions(conditions: readonly KeyCondition[]): object {
  return Object.fromEntries(
    conditions.map(({ name, range }) => {
      if ('comparator' in range) return [name, entry(comparators[range.comparator], [range.value])]
      return [name, 'prefix' in range ? entry('BEGINS_WITH', [range.prefix]) : entry('BETWEEN', [range.low, range.high])]
    }),
  )
}

const comparators: Readonly<Record<Comparator, string>> = { '=': 'EQ', '<>': 'NE', '<': 'LT', '<=': 'LE', '>': 'GT', '>=': 'GE' }

function comparison(condition: Condition): [string, object] {
  switch (condition.kind) {
    case 'compare':
      return [nameOf(condition.left), entry(comparators[condition.comparator], [valueOf(condition.right)])]
    case 'between':
      return [nameOf(condition.operand), entry('BETWEEN', [valueOf(condition.low), valueOf(condition.high)])]
    case 'in':
      return [nameOf(condition.operand), entry('IN', condition.candidates.map(valueOf))]
    case 'begins':
      return [nameOf(condition.operand), entry('BEGINS_WITH', [valueOf(condition.prefix)])]
    case 'contains':
      return [nameOf(condition.container), entry('CONTAINS', [valueOf(condition.element)])]
    case 'exists':
      return [nameIn(condition.path), { ComparisonOperator: 'NOT_NULL' }]
    case 'missing':
      return [nameIn(condition.path), { ComparisonOperator: 'NULL' }]
    default:
      return impossible()
  }
}

function entry(operator: string, values: readonly Value[]): object {
  return { ComparisonOperator: operator, AttributeValueList: values }
}

function nameOf(operand: Operand): string {
  return 'path' in operand ? nameIn(operand.path) : impossible()
}

function valueOf(operand: Operand): Value {
  return 'value' in operand ? operand.value : impossible()
}

export function nameIn([name, ...deeper]: Path): string {
  return typeof name === 'string' && deeper.length === 0 ? name : impossible()
}

function impossible(): never {
  throw new Error('the generator makes what older parameters can say')
}
