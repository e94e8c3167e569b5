/**
 * A small DynamoDB to compare the product with: maps, loops, and the rules of the developer guide in their plainest form. It knows nothing of
 * the product's code. What the product does where the documentation is silent is marked as such in the product, and followed here.
 */
import type { Units } from './model-capacity.ts'
import { added, readUnits, report, tableUnits } from './model-capacity.ts'
import { columns, pathsClash, projected } from './model-projection.ts'
import { checkKey, checkKeyTypes, checkNotEmpty, ModelTable } from './model-table.ts'
import type { Write, Written } from './model-write.ts'
import { carriedOut, checkAgainstTable, checkEmptyKey, checkNumbers, checkRequest } from './model-write.ts'
import type { Reason } from './refused.ts'
import { outcomeOf, Refused, validation } from './refused.ts'
import { anything } from './compare.ts'
import type {
  BatchGet,
  BatchStatement,
  BatchWrite,
  Get,
  GetStep,
  SingleStep,
  TableSpec,
  TransactGet,
  TransactWrite,
  WriteStep,
} from './steps.ts'
import { itemBytes, itemOf, normalized, normalizedItem } from './values.ts'
import type { Item } from './values.ts'

export class Model {
  readonly #tables: ReadonlyMap<string, ModelTable>
  /** What the product calls a table. */
  readonly #named: (table: string) => string

  /** @param makeTable another kind of table, for canaries */
  constructor(
    specs: readonly TableSpec[],
    named: (table: string) => string,
    makeTable: (spec: TableSpec) => ModelTable = (spec) => new ModelTable(spec),
  ) {
    this.#tables = new Map(specs.map((spec) => [spec.name, makeTable(spec)]))
    this.#named = named
  }

  /** @throws Refused when there is no such table */
  table(name: string): ModelTable {
    const table = this.#tables.get(name)
    if (table === undefined) throw new Refused('ResourceNotFoundException', 'Requested resource not found')
    return table
  }

  /** The answer. @throws Refused */
  carryOut(step: SingleStep): object {
    switch (step.kind) {
      case 'put':
      case 'update':
      case 'delete':
        return this.#write(step)
      case 'get':
        return this.#get(step)
      case 'batch-get':
        return this.#batchGet(step)
      case 'batch-write':
        return this.#batchWrite(step)
      case 'batch-statement':
        return this.#batchStatement(step)
      case 'transact-write':
        return step.statement === true ? this.#transactStatements(step) : this.#transactWrite(step)
      case 'transact-get':
        return this.#transactGet(step)
    }
  }

  #write(write: WriteStep): object {
    checkRequest(write)
    const table = this.table(write.table)
    const { attributes, units, before, after } = carriedOut(table, checkAgainstTable(table, write), write)
    const ConsumedCapacity = report(write.capacity, table.spec, this.#named(write.table), units)
    if (write.statement === true) return { Items: attributes === undefined ? [] : [attributes], ConsumedCapacity }
    return {
      Attributes: attributes,
      ConsumedCapacity,
      ItemCollectionMetrics: write.metrics === true && (before ?? after) !== undefined ? metricsOf(table, write) : undefined,
    }
  }

  #get(get: GetStep): object {
    checkGet(get)
    const table = this.table(get.table)
    checkNumbers(get.key)
    if (get.statement === true) return this.#select(get, table)
    checkKey(table.spec, get.key)
    const item = table.get(table.keyOf(get.key))
    const units = readUnits(item === undefined ? 0 : itemBytes(item), get.consistent === true ? 'strong' : 'eventual')
    return {
      Item: item && shown(item, get),
      ConsumedCapacity: report(get.capacity, table.spec, this.#named(get.table), tableUnits(units)),
    }
  }

  #select(get: GetStep, table: ModelTable): object {
    const { spec } = table
    const found = table.get(table.keyOf(get.key))
    const units = readUnits(found === undefined ? 0 : itemBytes(found), get.consistent === true ? 'strong' : 'eventual')
    return {
      Items: found === undefined ? [] : [get.projection === undefined ? found : columns(get.projection, found)],
      ConsumedCapacity: report(get.capacity, spec, this.#named(get.table), tableUnits(units)),
    }
  }

  /** Each statement by itself; but none about the item of another. */
  #batchStatement({ writes, capacity }: BatchStatement): object {
    const keys = writes.map((write) =>
      outcomeOf(() => {
        checkRequest(write)
        return { key: checkAgainstTable(this.table(write.table), write) }
      }),
    )
    const named = writes.flatMap(({ table }, at) => {
      const each = keys[at]
      return each === undefined || each instanceof Refused ? [] : [`${table} ${each.key}`]
    })
    checkDistinct(named)
    const done = writes.map((write, at) => {
      const each = keys[at]
      if (each === undefined || each instanceof Refused) return each ?? validation()
      return outcomeOf(() => carriedOut(this.table(write.table), each.key, write))
    })
    const Responses = done.map((each, at) => {
      const TableName = this.#named(writes[at]?.table ?? '')
      if (!(each instanceof Refused)) return { TableName, Item: each.attributes }
      const Code = reasonCodes[each.exception] ?? each.exception
      return { TableName: each.text === undefined ? anything : TableName, Error: { Code, Message: each.text ?? anything, Item: each.item } }
    })
    const successful = writes.filter((_write, at) => !(done[at] instanceof Refused))
    const reports = [...new Set(successful.map(({ table }) => table))].map((name) => {
      const units = done.flatMap((each, at) => (each instanceof Refused || writes[at]?.table !== name ? [] : [each.units]))
      return report(capacity, this.table(name).spec, this.#named(name), added(units))
    })
    return { Responses, ConsumedCapacity: capacity === undefined || capacity === 'NONE' ? undefined : reports }
  }

  #transactStatements({ writes, capacity }: TransactWrite): object {
    cancelUnless(writes, checkRequest)
    const keys = cancelUnless(writes, (write) => checkAgainstTable(this.table(write.table), write))
    checkEach(writes.map(({ table }, at) => `${table} ${keys[at] ?? ''}`))
    const written = this.#together(writes, keys)
    return {
      Responses: writes.map(() => ({})),
      ConsumedCapacity: this.#transactionReport(writes, capacity, written.map(doubled), 'WriteCapacityUnits'),
    }
  }

  #batchGet({ parts, capacity }: BatchGet): object {
    for (const part of parts) {
      part.keys.forEach(checkNumbers)
      for (const key of part.keys) checkGet({ kind: 'get', table: part.table, key, projection: part.projection })
      checkDistinct(part.keys.map(textOf))
    }
    const opened = parts.map((part) => {
      const table = this.table(part.table)
      for (const key of part.keys) checkKey(table.spec, key)
      return { part, table }
    })
    const answers = opened.map(({ part, table }) => {
      const items = part.keys.map((key) => table.get(table.keyOf(key)))
      const each = items.map((item) =>
        readUnits(item === undefined ? 0 : itemBytes(item), part.consistent === true ? 'strong' : 'eventual'),
      )
      const found = items.flatMap((item) => (item === undefined ? [] : [shown(item, part)]))
      return {
        name: this.#named(part.table),
        found,
        report: report(capacity, table.spec, this.#named(part.table), added(each.map(tableUnits))),
      }
    })
    return {
      Responses: Object.fromEntries(answers.map(({ name, found }) => [name, found])),
      UnprocessedKeys: {},
      ConsumedCapacity: answers.some((answer) => answer.report === undefined) ? undefined : answers.map((answer) => answer.report),
    }
  }

  #batchWrite({ parts, capacity }: BatchWrite): object {
    const planned = parts.map(({ table: name, writes }) => {
      const steps = writes.map((write): Write =>
        'put' in write ? { kind: 'put', table: name, item: write.put } : { kind: 'delete', table: name, key: write.delete },
      )
      steps.forEach(checkRequest)
      const table = this.table(name)
      for (const write of writes) checkNumbers('put' in write ? write.put : write.delete)
      const keys = steps.map((write) => {
        if (write.kind === 'put') checkKeyTypes(table.spec, write.item)
        return checkAgainstTable(table, write)
      })
      checkDistinct(keys)
      return { name, table, steps, keys }
    })
    const reports = planned.map(({ name, table, steps, keys }) => {
      const written = steps.map((write, at) => carriedOut(table, keys[at] ?? '', write))
      return report(capacity, table.spec, this.#named(name), added(written.map(({ units }) => units)))
    })
    return { UnprocessedItems: {}, ConsumedCapacity: reports.includes(undefined) ? undefined : reports }
  }

  #transactWrite({ writes, capacity }: TransactWrite): object {
    writes.forEach(checkRequest)
    for (const write of writes) checkEmptyKey(this.table(write.table), write)
    const keys = cancelUnless(writes, (write) => checkAgainstTable(this.table(write.table), write))
    checkEach(writes.map(({ table }, at) => `${table} ${keys[at] ?? ''}`))
    const written = this.#together(writes, keys)
    return { ConsumedCapacity: this.#transactionReport(writes, capacity, written.map(doubled), 'WriteCapacityUnits') }
  }

  /** All of them or none. */
  #together(writes: readonly Write[], keys: readonly string[]): readonly Written[] {
    const before = writes.map(({ table }, at) => this.table(table).get(keys[at] ?? ''))
    const counts = [...this.#tables.values()].map((table) => table.changes.length)
    try {
      return cancelUnless(writes, (write, at) => carriedOut(this.table(write.table), keys[at] ?? '', write))
    } catch (error) {
      writes.forEach(({ table }, at) => this.table(table).set(keys[at] ?? '', before[at]))
      ;[...this.#tables.values()].forEach((table, at) => table.forget(counts[at] ?? 0))
      throw error
    }
  }

  #transactGet({ gets, capacity }: TransactGet): object {
    gets.forEach(checkGet)
    for (const get of gets) {
      const { spec } = this.table(get.table)
      checkNumbers(get.key)
      checkNotEmpty(spec, get.key)
    }
    cancelUnless(gets, (get) => checkKey(this.table(get.table).spec, get.key))
    const tables = gets.map(({ table }) => this.table(table))
    checkEach(gets.map(({ table, key }, at) => `${table} ${tables[at]?.keyOf(key) ?? ''}`))
    const items = gets.map(({ key }, at) => tables[at]?.get(tables[at].keyOf(key)))
    const units = items.map((item) => tableUnits(readUnits(item === undefined ? 0 : itemBytes(item), 'transactional')))
    return {
      Responses: items.map((item, at) => {
        const seen = item && shown(item, gets[at] ?? {})
        return seen === undefined || Object.keys(seen).length === 0 ? {} : { Item: seen }
      }),
      ConsumedCapacity: this.#transactionReport(gets, capacity, units, 'ReadCapacityUnits'),
    }
  }

  #transactionReport(
    parts: readonly { readonly table: string }[],
    capacity: TransactWrite['capacity'],
    units: readonly Units[],
    kind: 'ReadCapacityUnits' | 'WriteCapacityUnits',
  ): readonly (object | undefined)[] | undefined {
    if (capacity === undefined || capacity === 'NONE') return undefined
    return [...new Set(parts.map(({ table }) => table))].map((name) => {
      const of = units.filter((_units, at) => parts[at]?.table === name)
      return report(capacity, this.table(name).spec, this.#named(name), added(of), kind)
    })
  }
}

/** A transaction's items cost twice, what follows in indexes does not. */
function doubled({ units }: Written): Units {
  return { table: 2 * units.table, byIndex: units.byIndex }
}

/** Of the collection that was changed: a write that found nothing and left nothing changed none. */
function metricsOf({ spec }: ModelTable, write: WriteStep): object | undefined {
  if (!spec.indexes.some(({ kind }) => kind === 'local')) return undefined
  const value = (write.kind === 'put' ? write.item : write.key)[spec.partition.name]
  return value && { ItemCollectionKey: itemOf([[spec.partition.name, normalized(value)]]), SizeEstimateRangeGB: [0, 1] }
}

function checkGet({ projection }: Get): void {
  if (projection !== undefined && pathsClash(projection)) throw validation()
}

function shown(item: Item, { projection }: Pick<Get, 'projection'>): Item {
  return projection === undefined ? item : projected(projection, item)
}

/** Of a key that may be none of its table's. */
function textOf(key: Item): string {
  return JSON.stringify(Object.entries(normalizedItem(key)).sort(([one], [other]) => (one < other ? -1 : 1)))
}

function checkDistinct(keys: readonly string[]): void {
  if (new Set(keys).size < keys.length) throw validation('Provided list of item keys contains duplicates')
}

function checkEach(keys: readonly string[]): void {
  if (new Set(keys).size < keys.length) throw validation('Transaction request cannot include multiple operations on one item')
}

/** What all parts come to. @throws Refused with the reasons, when one of them is refused */
function cancelUnless<Part, Result>(parts: readonly Part[], carryOut: (part: Part, at: number) => Result): readonly Result[] {
  const results: Result[] = []
  const reasons = parts.map((part, at): Reason => {
    try {
      results.push(carryOut(part, at))
      return { Code: 'None' }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return { Code: reasonCodes[error.exception] ?? error.exception, Message: error.text, Item: error.item }
    }
  })
  if (results.length === parts.length) return results
  const codes = reasons.map(({ Code }) => Code).join(', ')
  const text = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`
  throw new Refused('TransactionCanceledException', text, { reasons })
}

const reasonCodes: Readonly<Record<string, string>> = {
  ValidationException: 'ValidationError',
  ConditionalCheckFailedException: 'ConditionalCheckFailed',
  DuplicateItemException: 'DuplicateItem',
  ResourceNotFoundException: 'ResourceNotFound',
}
