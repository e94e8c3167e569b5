/** Prints conditions, updates, projections and key conditions as expressions, and collects the placeholders that they use. */
import type { Condition, KeyCondition, Operand, SetOperand, UpdateAction } from './steps.ts'
import type { Path, Value } from './values.ts'

/** Names that may stand in an expression as they are; all others are written as placeholders. */
const plainName = /^[fgkl][a-z0-9]{1,3}$/

export class Expressions {
  readonly #names = new Map<string, string>()
  readonly #values: Value[] = []

  /** The two members of a request; undefined where nothing was used. */
  placeholders(): { ExpressionAttributeNames: object | undefined; ExpressionAttributeValues: object | undefined } {
    const names = [...this.#names].map(([name, placeholder]) => [placeholder, name] as const)
    const values = this.#values.map((value, at) => [`:v${at}`, value] as const)
    return {
      ExpressionAttributeNames: names.length === 0 ? undefined : Object.fromEntries(names),
      ExpressionAttributeValues: values.length === 0 ? undefined : Object.fromEntries(values),
    }
  }

  condition(condition: Condition): string {
    switch (condition.kind) {
      case 'and':
        return condition.conditions.map((each) => this.#within(each, ['or'])).join(' AND ')
      case 'or':
        return condition.conditions.map((each) => this.condition(each)).join(' OR ')
      case 'not':
        return `NOT ${this.#within(condition.condition, ['and', 'or'])}`
      case 'exists':
        return `attribute_exists(${this.path(condition.path)})`
      case 'missing':
        return `attribute_not_exists (${this.path(condition.path)})`
      case 'type':
        return `attribute_type(${this.path(condition.path)}, ${this.#value({ S: condition.type })})`
      case 'compare':
        return `${this.#operand(condition.left)} ${condition.comparator} ${this.#operand(condition.right)}`
      case 'between':
        return `${this.#operand(condition.operand)} BETWEEN ${this.#operand(condition.low)} AND ${this.#operand(condition.high)}`
      case 'in':
        return `${this.#operand(condition.operand)} IN (${condition.candidates.map((each) => this.#operand(each)).join(', ')})`
      case 'begins':
        return `begins_with(${this.#operand(condition.operand)}, ${this.#operand(condition.prefix)})`
      case 'contains':
        return `contains(${this.#operand(condition.container)},${this.#operand(condition.element)})`
    }
  }

  update(actions: readonly UpdateAction[]): string {
    const clauses = { set: 'SET', remove: 'REMOVE', add: 'ADD', delete: 'DELETE' } as const
    return Object.entries(clauses)
      .map(([kind, keyword]) => [keyword, actions.filter((action) => action.kind === kind)] as const)
      .filter(([, of]) => of.length > 0)
      .map(([keyword, of]) => `${keyword} ${of.map((action) => this.#action(action)).join(', ')}`)
      .join(' ')
  }

  projection(paths: readonly Path[]): string {
    return paths.map((path) => this.path(path)).join(', ')
  }

  keyCondition(conditions: readonly KeyCondition[]): string {
    return conditions
      .map(({ name, range }) => {
        const key = this.path([name])
        if ('comparator' in range) return `${key} ${range.comparator} ${this.#value(range.value)}`
        if ('prefix' in range) return `begins_with(${key}, ${this.#value(range.prefix)})`
        return `${key} BETWEEN ${this.#value(range.low)} AND ${this.#value(range.high)}`
      })
      .join(' AND ')
  }

  path(path: Path): string {
    return path.map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at > 0 ? '.' : ''}${this.#name(step)}`)).join('')
  }

  #within(condition: Condition, parenthesized: readonly Condition['kind'][]): string {
    const text = this.condition(condition)
    return parenthesized.includes(condition.kind) ? `(${text})` : text
  }

  #action(action: UpdateAction): string {
    const path = this.path(action.path)
    if (action.kind === 'remove') return path
    return action.kind === 'set' ? `${path} = ${this.#setOperand(action.operand)}` : `${path} ${this.#value(action.value)}`
  }

  #setOperand(operand: SetOperand): string {
    if ('path' in operand) return this.path(operand.path)
    if ('value' in operand) return this.#value(operand.value)
    if ('ifMissing' in operand) return `if_not_exists(${this.path(operand.ifMissing)}, ${this.#setOperand(operand.otherwise)})`
    if ('append' in operand) return `list_append(${operand.append.map((each) => this.#setOperand(each)).join(', ')})`
    return operand.operands.map((each) => this.#setOperand(each)).join(` ${operand.operator} `)
  }

  #operand(operand: Operand): string {
    if ('path' in operand) return this.path(operand.path)
    return 'value' in operand ? this.#value(operand.value) : `size(${this.path(operand.size)})`
  }

  #name(name: string): string {
    if (plainName.test(name)) return name
    const placeholder = this.#names.get(name) ?? `#n${this.#names.size}`
    this.#names.set(name, placeholder)
    return placeholder
  }

  #value(value: Value): string {
    this.#values.push(value)
    return `:v${this.#values.length - 1}`
  }
}
