/** What a Query or Scan reads in the model, and what each of its pages must say. */
import type { Units } from './model-capacity.ts'
import { readUnits, report, tableUnits } from './model-capacity.ts'
import { holds } from './model-condition.ts'
import { columns, projected, pathsClash } from './model-projection.ts'
import type { ModelTable } from './model-table.ts'
import { isEmpty, keyAttributesOf, projectedNames } from './model-table.ts'
import { normalizedCondition, operandsOf, valuesOf } from './model-write.ts'
import { validation } from './refused.ts'
import type { IndexSpec, KeyAttribute, KeyCondition, KeyRange, PagedStep, Query } from './steps.ts'
import { bytesOf, compare, equal, itemBytes, itemOf, normalized, sum, typeOf, unfitNumber } from './values.ts'
import type { Item, Value } from './values.ts'

/** An item as the table or index has it. */
export interface Row {
  readonly entry: Item
  readonly item: Item
}

export interface Selection {
  readonly table: ModelTable
  readonly index: IndexSpec | undefined
  /** In the order of their keys for a Query; in no order for a Scan. */
  readonly rows: readonly Row[]
}

const PAGE_BYTES_MAX = 1024 * 1024

/** @throws Refused */
export function select(step: PagedStep, tableOf: (name: string) => ModelTable): Selection {
  checkExpressions(step)
  const table = tableOf(step.table)
  const index = step.index === undefined ? undefined : table.index(step.index)
  if (step.index !== undefined && index === undefined) {
    throw validation(`The table does not have the specified index: ${step.index}`)
  }
  if (index?.kind === 'global' && step.consistent === true) {
    throw validation('Consistent reads are not supported on global secondary indexes')
  }
  if (step.kind === 'query') checkKeys(step, table, index)
  checkProjection(step, table, index)
  const entries = table.items().flatMap((item) => {
    const entry = index === undefined ? item : table.entryOf(index, item)
    return entry === undefined ? [] : [{ entry, item }]
  })
  if (step.kind === 'scan') return { table, index, rows: entries }
  const found = entries.filter(({ entry }) => step.keys.every(({ name, range }) => inRange(entry[name], range)))
  const sorted = found.sort((a, b) => order(keysOf(table, index).sort, a.entry, b.entry) * (step.reverse === true ? -1 : 1))
  return { table, index, rows: sorted }
}

export function keysOf({ spec }: ModelTable, index: IndexSpec | undefined): Pick<IndexSpec, 'partition' | 'sort'> {
  return index ?? { partition: [spec.partition], sort: spec.sort === undefined ? [] : [spec.sort] }
}

export function order(sort: readonly KeyAttribute[], a: Item, b: Item): number {
  for (const { name } of sort) {
    const [x, y] = [a[name], b[name]]
    const by = x === undefined || y === undefined ? 0 : (compare(x, y) ?? 0)
    if (by !== 0) return by
  }
  return 0
}

function checkExpressions(step: PagedStep): void {
  const values = [
    ...(step.filter === undefined ? [] : valuesOf(step.filter)),
    ...(step.kind === 'query' ? step.keys.flatMap(({ range }) => valuesIn(range)) : []),
  ]
  if (step.kind === 'query' && step.start !== undefined) values.push({ M: step.start })
  if (values.some((value) => unfitNumber(value) !== undefined)) throw validation()
  if (step.projection !== undefined && pathsClash(step.projection)) throw validation()
  for (const { range } of step.kind === 'query' ? step.keys : []) {
    const bounds = 'low' in range ? compare(normalized(range.low), normalized(range.high)) : 0
    if (bounds === undefined || bounds > 0) throw validation()
  }
}

/** Every partition attribute is given by `=`; sort attributes from the first on, all but the last by `=`. */
function checkKeys(step: Query, table: ModelTable, index: IndexSpec | undefined): void {
  const { partition, sort } = keysOf(table, index)
  const filtered = step.filter === undefined ? [] : operandsOf(step.filter)
  const names = new Set(filtered.flatMap((operand) => ('value' in operand ? [] : ['path' in operand ? operand.path[0] : operand.size[0]])))
  if ([...partition, ...sort].some(({ name }) => names.has(name))) throw validation()

  const conditionOn = ({ name }: KeyAttribute): KeyCondition | undefined => step.keys.find((condition) => condition.name === name)
  const given = sort.filter((key) => conditionOn(key) !== undefined)
  const isEqual = (key: KeyAttribute): boolean => {
    const range = conditionOn(key)?.range
    return range !== undefined && 'comparator' in range && range.comparator === '='
  }
  const fits =
    partition.every(isEqual) &&
    given.every((key, at) => key === sort[at] && (at === given.length - 1 || isEqual(key))) &&
    step.keys.length === partition.length + given.length
  if (!fits) throw validation()
  for (const key of [...partition, ...given]) {
    const values = valuesIn(conditionOn(key)?.range ?? { prefix: { S: '' } })
    if (values.some((value) => typeOf(value) !== key.type || isEmpty(value))) throw validation()
  }
}

function checkProjection(step: PagedStep, { spec }: ModelTable, index: IndexSpec | undefined): void {
  const has = index?.kind === 'global' ? projectedNames(spec, index) : undefined
  if (has === undefined) return
  const lacking = (step.projection ?? []).filter(([name]) => !has.has(String(name)))
  if (step.select === 'ALL_ATTRIBUTES' || lacking.length > 0) throw validation()
}

function valuesIn(range: KeyRange): readonly Value[] {
  if ('comparator' in range) return [range.value]
  return 'prefix' in range ? [range.prefix] : [range.low, range.high]
}

function inRange(value: Value | undefined, range: KeyRange): boolean {
  if (value === undefined) return false
  if ('prefix' in range) return beginsWith(value, range.prefix)
  if ('low' in range) return Number(compare(value, normalized(range.low))) >= 0 && Number(compare(value, normalized(range.high))) <= 0
  const other = normalized(range.value)
  if (range.comparator === '=') return equal(value, other)
  const by = Number(compare(value, other))
  return { '<': by < 0, '<=': by <= 0, '>': by > 0, '>=': by >= 0 }[range.comparator]
}

function beginsWith(value: Value, prefix: Value): boolean {
  if ('S' in value) return 'S' in prefix && value.S.startsWith(prefix.S)
  return 'B' in value && 'B' in prefix && bytesOf(value.B).subarray(0, bytesOf(prefix.B).length).equals(bytesOf(prefix.B))
}

export interface ExpectedPage {
  readonly body: object
  /** How many rows it took. */
  readonly taken: number
  readonly more: boolean
}

/** A page of the rows, which are in the order of the product: up to the limit, or 1 MB before any filter. */
export function pageOf(step: PagedStep, { table, index }: Selection, rows: readonly Row[], named: (table: string) => string): ExpectedPage {
  const fetched = index?.kind === 'local' && fetches(step, table, index)
  const [taken, more] = takenOf(rows, step.limit, fetched)
  const shown = shownRows(step, { table, index, rows: taken })
  const last = taken.at(-1)
  const body = {
    Items: step.select === 'COUNT' ? undefined : shown,
    Count: shown.length,
    ScannedCount: taken.length,
    LastEvaluatedKey: more && last !== undefined ? lastKey(table, index, last.entry) : undefined,
    ConsumedCapacity: report(step.capacity, table.spec, named(step.table), unitsOf(step, index, taken, fetched)),
  }
  return { body, taken: taken.length, more }
}

/** What passes the filter, as far as it is asked for. */
export function shownRows(step: PagedStep, { table, index, rows }: Selection): readonly Item[] {
  const fetched = index?.kind === 'local' && fetches(step, table, index)
  const filter = step.filter && normalizedCondition(step.filter)
  const { projection, statement } = step
  const show = statement === true ? columns : projected
  return rows
    .map(({ entry, item }) => (fetched ? item : entry))
    .filter((item) => filter === undefined || holds(filter, item))
    .map((item) => (projection === undefined ? item : show(projection, item)))
}

/** @param fetched what is fetched fills the page too */
function takenOf(rows: readonly Row[], limit: number | undefined, fetched: boolean): [readonly Row[], boolean] {
  let [entryBytes, fetchedBytes] = [0, 0]
  for (const [at, { entry, item }] of rows.entries()) {
    entryBytes += itemBytes(entry)
    fetchedBytes += fetched ? itemBytes(item) : 0
    if (at > 0 && Math.max(entryBytes, fetchedBytes) > PAGE_BYTES_MAX) return [rows.slice(0, at), true]
    if (at + 1 === limit) return [rows.slice(0, at + 1), true]
  }
  return [rows, false]
}

/** A local index that lacks something gets it from the table. */
function fetches(step: PagedStep, table: ModelTable, index: IndexSpec): boolean {
  const has = projectedNames(table.spec, index)
  if (has === undefined) return false
  const filtered = (step.filter === undefined ? [] : operandsOf(step.filter)).flatMap((operand) =>
    'value' in operand ? [] : ['path' in operand ? operand.path[0] : operand.size[0]],
  )
  const asked = [...(step.projection ?? []).map(([name]) => name), ...filtered]
  return step.select === 'ALL_ATTRIBUTES' || asked.some((name) => !has.has(String(name)))
}

function unitsOf(step: PagedStep, index: IndexSpec | undefined, taken: readonly Row[], fetched: boolean): Units {
  const consistency = step.consistent === true ? 'strong' : 'eventual'
  const units = readUnits(sum(taken.map(({ entry }) => itemBytes(entry))), consistency)
  if (index === undefined) return tableUnits(units)
  const table = fetched ? sum(taken.map(({ item }) => readUnits(itemBytes(item), consistency))) : 0
  return { table, byIndex: new Map([[index.name, units]]) }
}

export function lastKey({ spec }: ModelTable, index: IndexSpec | undefined, entry: Item): Item {
  const names = [...keyAttributesOf(spec), ...(index === undefined ? [] : [...index.partition, ...index.sort])].map(({ name }) => name)
  return itemOf([...new Set(names)].flatMap((name) => (entry[name] === undefined ? [] : [[name, entry[name]] as const])))
}
