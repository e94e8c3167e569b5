/** Prints steps as PartiQL statements, every value as a parameter. */
import type { Check, Condition, Delete, Get, Operand, PagedStep, Put, Reported, SetOperand, Update, UpdateAction } from './steps.ts'
import type { Item, Path, Value } from './values.ts'

export interface PrintedStatement {
  readonly Statement: string
  readonly Parameters: readonly Value[] | undefined
}

export function statementOf(write: (Put | Update | Delete | Check) & Reported, table: string): PrintedStatement {
  const printer = new StatementPrinter()
  return printer.finish(printer.write(write, quoted(table)))
}

export function statementOfGet({ key, projection }: Get, table: string): PrintedStatement {
  const printer = new StatementPrinter()
  return printer.finish(`SELECT ${printer.list(projection)} FROM ${quoted(table)} WHERE ${printer.key(key)}`)
}

export function statementOfReading(step: PagedStep, table: string, sort: readonly string[]): PrintedStatement {
  const printer = new StatementPrinter()
  const from = step.index === undefined ? quoted(table) : `${quoted(table)}.${quoted(step.index)}`
  const what = printer.list(step.projection)
  const keys = step.kind === 'query' ? step.keys.map(({ name, range }) => printer.keyRange(name, range)) : []
  const conditions = [...keys, ...(step.filter === undefined ? [] : [`(${printer.condition(step.filter)})`])]
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  const descending = step.kind === 'query' && step.reverse === true && sort.length > 0
  const order = descending ? ` ORDER BY ${sort.map((name) => `${quoted(name)} DESC`).join(', ')}` : ''
  return printer.finish(`SELECT ${what} FROM ${from}${where}${order}`)
}

const returning = { ALL_OLD: 'ALL OLD', ALL_NEW: 'ALL NEW', UPDATED_OLD: 'MODIFIED OLD', UPDATED_NEW: 'MODIFIED NEW' } as const

class StatementPrinter {
  readonly #parameters: Value[] = []

  finish(Statement: string): PrintedStatement {
    return { Statement, Parameters: this.#parameters.length === 0 ? undefined : this.#parameters }
  }

  write(write: (Put | Update | Delete | Check) & Reported, table: string): string {
    switch (write.kind) {
      case 'put':
        return `INSERT INTO ${table} VALUE ${this.#value({ M: write.item })}`
      case 'update': {
        const actions = (write.actions ?? []).map((action) => this.#action(action)).join(' ')
        return `UPDATE ${table} ${actions} WHERE ${this.#where(write)}${this.#returning(write)}`
      }
      case 'delete':
        return `DELETE FROM ${table} WHERE ${this.#where(write)}${this.#returning(write)}`
      case 'check':
        return `EXISTS(SELECT * FROM ${table} WHERE ${this.#where(write)})`
    }
  }

  list(projection: readonly Path[] | undefined): string {
    return projection === undefined ? '*' : projection.map(pathOf).join(', ')
  }

  key(key: Item): string {
    return Object.entries(key)
      .map(([name, value]) => `${quoted(name)} = ${this.#value(value)}`)
      .join(' AND ')
  }

  keyRange(name: string, range: { comparator: string; value: Value } | { low: Value; high: Value } | { prefix: Value }): string {
    if ('comparator' in range) return `${quoted(name)} ${range.comparator} ${this.#value(range.value)}`
    if ('prefix' in range) return `begins_with(${quoted(name)}, ${this.#value(range.prefix)})`
    return `${quoted(name)} BETWEEN ${this.#value(range.low)} AND ${this.#value(range.high)}`
  }

  condition(condition: Condition): string {
    switch (condition.kind) {
      case 'and':
      case 'or':
        return `(${condition.conditions.map((each) => this.condition(each)).join(condition.kind === 'and' ? ' AND ' : ' OR ')})`
      case 'not':
        return `NOT (${this.condition(condition.condition)})`
      case 'exists':
        return `${pathOf(condition.path)} IS NOT MISSING`
      case 'missing':
        return `${pathOf(condition.path)} IS MISSING`
      case 'type':
        return `attribute_type(${pathOf(condition.path)}, ${this.#value({ S: condition.type })})`
      case 'compare':
        return `${this.#operand(condition.left)} ${condition.comparator} ${this.#operand(condition.right)}`
      case 'between':
        return `${this.#operand(condition.operand)} BETWEEN ${this.#operand(condition.low)} AND ${this.#operand(condition.high)}`
      case 'in':
        return `${this.#operand(condition.operand)} IN [${condition.candidates.map((each) => this.#operand(each)).join(', ')}]`
      case 'begins':
        return `begins_with(${this.#operand(condition.operand)}, ${this.#operand(condition.prefix)})`
      case 'contains':
        return `contains(${this.#operand(condition.container)}, ${this.#operand(condition.element)})`
    }
  }

  #where({ key, condition }: Update | Delete | Check): string {
    const keys = this.key(key)
    return condition === undefined ? keys : `${keys} AND (${this.condition(condition)})`
  }

  #returning({ returnValues }: Reported): string {
    return returnValues === undefined || returnValues === 'NONE' ? '' : ` RETURNING ${returning[returnValues]} *`
  }

  #action(action: UpdateAction): string {
    const path = pathOf(action.path)
    switch (action.kind) {
      case 'set':
        return `SET ${path} = ${this.#data(action.operand)}`
      case 'remove':
        return `REMOVE ${path}`
      case 'add':
        return `SET ${path} = set_add(${path}, ${this.#value(action.value)})`
      case 'delete':
        return `SET ${path} = set_delete(${path}, ${this.#value(action.value)})`
    }
  }

  #data(operand: SetOperand): string {
    if ('path' in operand) return pathOf(operand.path)
    if ('value' in operand) return this.#value(operand.value)
    if ('append' in operand) return `list_append(${operand.append.map((each) => this.#data(each)).join(', ')})`
    if ('operator' in operand) return operand.operands.map((each) => this.#data(each)).join(` ${operand.operator} `)
    throw new Error('PartiQL has no if_not_exists, and the generator knows')
  }

  #operand(operand: Operand): string {
    if ('path' in operand) return pathOf(operand.path)
    return 'value' in operand ? this.#value(operand.value) : `size(${pathOf(operand.size)})`
  }

  #value(value: Value): string {
    this.#parameters.push(value)
    return '?'
  }
}

function pathOf(path: Path): string {
  return path.map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at > 0 ? '.' : ''}${quoted(step)}`)).join('')
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
