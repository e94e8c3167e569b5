/** Random tables, and random steps against them. The same seed gives the same history. */
import type { Random } from '../../src/base/random.ts'
import { chance, integerBelow, pick, seededRandom } from '../../src/base/random.ts'
import { olderCondition, olderUpdate, randomCondition, randomPaths, randomUpdate } from './generate-expressions.ts'
import { fieldNames, keyValue, orderedPair, orderedScalar, randomField, randomScalar } from './generate-values.ts'
import { isEmpty, keyAttributesOf } from './model-table.ts'
import type {
  Capacity,
  Check,
  Delete,
  Get,
  History,
  IndexSpec,
  KeyAttribute,
  KeyCondition,
  KeyRange,
  Put,
  Query,
  Reading,
  ReturnValues,
  Scan,
  SetOperand,
  Step,
  TableSpec,
  Update,
  UpdateAction,
} from './steps.ts'
import { itemOf, typeOf, unfitNumber } from './values.ts'
import type { Item, Value } from './values.ts'

export function generateHistory(seed: number, steps: number): History {
  const random = seededRandom(seed)
  const tables = ['t0', 't1'].slice(0, chance(random, 0.4) ? 2 : 1).map((name) => randomTable(random, name))
  return { tables, steps: Array.from({ length: steps }, () => randomStep(random, tables)) }
}

const keyTypes = ['S', 'N', 'B'] as const

function randomTable(random: Random, name: string): TableSpec {
  const partition = { name: 'kp', type: pick(random, keyTypes) }
  const sort = chance(random, 0.75) ? { name: 'ks', type: pick(random, keyTypes) } : undefined
  const attributes = Array.from({ length: 8 }, (_, at): KeyAttribute => ({ name: `g${at}`, type: pick(random, keyTypes) }))
  const global = Array.from({ length: integerBelow(random, 3) }, (_, at) =>
    randomGlobalIndex(random, `global${at}`, [partition, sort, attributes]),
  )
  const withLocal = sort !== undefined && chance(random, 0.4)
  const local = withLocal ? [localIndex(random, partition, { name: 'l0', type: pick(random, keyTypes) })] : []
  return { name, partition, sort, indexes: [...local, ...global], stream: chance(random, 0.3) }
}

type KeyParts = readonly [KeyAttribute, KeyAttribute | undefined, readonly KeyAttribute[]]

/** With one attribute, or up to four of each kind; now and then the table's own keys the other way round. */
function randomGlobalIndex(random: Random, name: string, [partition, sort, attributes]: KeyParts): IndexSpec {
  const base = { name, kind: 'global' as const, projection: randomProjection(random) }
  if (sort !== undefined && chance(random, 0.2)) return { ...base, partition: [sort], sort: [partition] }
  const several = chance(random, 0.4)
  const partitions = 1 + (several ? integerBelow(random, 4) : 0)
  const sorts = several ? integerBelow(random, 5) : integerBelow(random, 2)
  return { ...base, partition: attributes.slice(0, partitions), sort: attributes.slice(4, 4 + sorts) }
}

function localIndex(random: Random, partition: KeyAttribute, sort: KeyAttribute): IndexSpec {
  return { name: 'local0', kind: 'local', partition: [partition], sort: [sort], projection: randomProjection(random) }
}

function randomProjection(random: Random): IndexSpec['projection'] {
  return pick(random, ['ALL', 'KEYS_ONLY', ['fa', 'fm']] as const)
}

function randomStep(random: Random, tables: readonly TableSpec[]): Step {
  const spec = pick(random, tables)
  const capacity = maybe(random, 0.6, pick(random, ['TOTAL', 'INDEXES', 'NONE'] as const))
  const dice = integerBelow(random, 100)
  if (chance(random, 0.2)) return randomStatement(random, tables, capacity)
  if (dice < 22) return { ...randomPut(random, spec), ...reported(random, capacity, ['ALL_OLD', 'NONE']) }
  if (dice < 50) return randomUpdateStep(random, spec, capacity)
  if (dice < 56) return { ...randomDelete(random, spec), ...reported(random, capacity, ['ALL_OLD', 'NONE']) }
  if (dice < 64) return { ...randomGet(random, spec), consistent: maybe(random, 0.3, true), capacity }
  if (dice < 80) return randomQuery(random, spec, capacity)
  if (dice < 84) return randomScan(random, spec, capacity)
  if (dice < 88) {
    const parts = tables.map((each) => ({
      table: each.name,
      keys: distinctKeys(random, each),
      projection: maybe(random, 0.3, randomPaths(random, 3)),
    }))
    return { kind: 'batch-get', parts: parts.filter(({ keys }) => keys.length > 0), capacity }
  }
  if (dice < 93)
    return { kind: 'batch-write', parts: tables.map((each) => ({ table: each.name, writes: batchWrites(random, each) })), capacity }
  if (dice < 98)
    return { kind: 'transact-write', writes: several(random, 4, () => transactedWrite(random, pick(random, tables))), capacity }
  return { kind: 'transact-get', gets: several(random, 4, () => randomGet(random, pick(random, tables))), capacity }
}

/** What PartiQL can say. */
function randomStatement(random: Random, tables: readonly TableSpec[], capacity: Capacity): Step {
  const spec = pick(random, tables)
  const dice = integerBelow(random, 100)
  if (dice < 50) return { ...statedWrite(random, spec), capacity }
  if (dice < 58) {
    const key = randomKey(random, spec)
    const projection = maybe(random, 0.4, randomPaths(random, 4))
    return {
      kind: 'get',
      table: spec.name,
      key: fitsKey(spec, key) ? key : commonKeyOf(spec),
      projection,
      consistent: maybe(random, 0.3, true),
      capacity,
      statement: true,
    }
  }
  if (dice < 70) return { kind: 'batch-statement', writes: several(random, 4, () => statedWrite(random, pick(random, tables))), capacity }
  if (dice < 80) {
    const writes = several(random, 4, () =>
      chance(random, 0.2)
        ? statedCheck(random, pick(random, tables))
        : { ...statedWrite(random, pick(random, tables)), returnValues: undefined },
    )
    return { kind: 'transact-write', writes, capacity, statement: true }
  }
  const index = chance(random, 0.5) && spec.indexes.length > 0 ? pick(random, spec.indexes) : undefined
  const { partition, sort } = index ?? { partition: [spec.partition], sort: spec.sort === undefined ? [] : [spec.sort] }
  const depth = integerBelow(random, sort.length + 1)
  const reading: Reading = { ...randomReading(random, spec, index, undefined), select: undefined, legacy: undefined, statement: true }
  if (dice < 84) return { kind: 'scan', ...reading }
  const keys = [
    ...partition.map((key): KeyCondition => ({ name: key.name, range: { comparator: '=', value: commonKey(random, key) } })),
    ...sort.slice(0, depth).map((key, at): KeyCondition => ({ name: key.name, range: sortRange(random, key, at === depth - 1) })),
  ]
  return { kind: 'query', keys, reverse: maybe(random, 0.4, true), ...reading }
}

function statedWrite(random: Random, spec: TableSpec): (Put | Update | Delete) & { returnValues?: ReturnValues } {
  const kind = pick(random, ['put', 'update', 'update', 'delete'] as const)
  const base = { table: spec.name, statement: true }
  if (kind === 'put') return { kind, ...base, item: randomItem(random, spec) }
  const key = randomKey(random, spec)
  const condition = chance(random, 0.3) ? randomCondition(random) : undefined
  const showOld = maybe(random, 0.5, true)
  if (kind === 'delete') return { kind, ...base, key, condition, showOld, returnValues: maybe(random, 0.5, 'ALL_OLD' as const) }
  const actions = randomUpdate(random, indexedValues(random, spec)).filter(sayable)
  const returnValues = maybe(random, 0.5, pick(random, ['ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW'] as const))
  return {
    kind,
    ...base,
    key,
    actions: actions.length === 0 ? [{ kind: 'remove', path: ['fa'] }] : actions,
    condition,
    showOld,
    returnValues,
  }
}

function statedCheck(random: Random, spec: TableSpec): Check {
  const condition = maybe(random, 0.7, randomCondition(random))
  return { kind: 'check', table: spec.name, statement: true, key: randomKey(random, spec), condition, showOld: maybe(random, 0.5, true) }
}

/** PartiQL has no if_not_exists, and adds to sets only. */
function sayable(action: UpdateAction): boolean {
  if (action.kind === 'add') return !('N' in action.value)
  return action.kind !== 'set' || sayableOperand(action.operand)
}

function sayableOperand(operand: SetOperand): boolean {
  if ('ifMissing' in operand) return false
  return 'append' in operand ? operand.append.every(sayableOperand) : !('operator' in operand) || operand.operands.every(sayableOperand)
}

function fitsKey(spec: TableSpec, key: Item): boolean {
  return keyAttributesOf(spec).every(({ name, type }) => {
    const value = key[name]
    return (
      value !== undefined &&
      typeOf(value) === type &&
      !isEmpty(value) &&
      unfitNumber(value) === undefined &&
      JSON.stringify(value).length < 1000
    )
  })
}

function commonKeyOf(spec: TableSpec): Item {
  return itemOf(
    keyAttributesOf(spec).map(({ name, type }) => [name, type === 'S' ? { S: 'a' } : type === 'N' ? { N: '1' } : { B: 'AAE=' }] as const),
  )
}

function transactedWrite(random: Random, spec: TableSpec): Put | Update | Delete | Check {
  switch (pick(random, ['put', 'update', 'update', 'delete', 'check'] as const)) {
    case 'put':
      return expressed(random, randomPut(random, spec))
    case 'update':
      return expressed(random, {
        kind: 'update',
        table: spec.name,
        key: randomKey(random, spec),
        actions: randomUpdate(random, indexedValues(random, spec)),
      })
    case 'delete':
      return expressed(random, { kind: 'delete', table: spec.name, key: randomKey(random, spec) })
    case 'check':
      return {
        kind: 'check',
        table: spec.name,
        key: randomKey(random, spec),
        condition: randomCondition(random),
        showOld: maybe(random, 0.5, true),
      }
  }
}

/** Mostly satisfiable: a transaction in which everything is refused says little. */
function expressed<W extends Put | Update | Delete>(random: Random, write: W): W {
  return chance(random, 0.25)
    ? { ...write, condition: randomCondition(random), showOld: maybe(random, 0.5, true) }
    : { ...write, condition: undefined }
}

function randomPut(random: Random, spec: TableSpec): Put {
  return { kind: 'put', table: tableName(random, spec), item: randomItem(random, spec), ...conditional(random) }
}

function randomDelete(random: Random, spec: TableSpec): Delete {
  return { kind: 'delete', table: spec.name, key: randomKey(random, spec), ...conditional(random) }
}

function randomGet(random: Random, spec: TableSpec): Get {
  return {
    kind: 'get',
    table: tableName(random, spec),
    key: randomKey(random, spec),
    projection: maybe(random, 0.4, randomPaths(random, 4)),
  }
}

function conditional(random: Random): { condition?: ReturnType<typeof randomCondition>; showOld?: boolean } {
  if (chance(random, 0.6)) return {}
  return chance(random, 0.5) ? { condition: randomCondition(random), showOld: true } : { condition: randomCondition(random) }
}

function randomUpdateStep(random: Random, spec: TableSpec, capacity: Capacity): Step {
  const base = { kind: 'update' as const, table: spec.name, key: randomKey(random, spec) }
  const returning = reported(random, capacity, ['NONE', 'ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW'])
  if (chance(random, 0.2)) {
    const condition = maybe(random, 0.4, olderCondition(random))
    return {
      ...base,
      actions: maybe(random, 0.9, olderUpdate(random)),
      condition,
      showOld: maybe(random, 0.3, true),
      ...returning,
      legacy: true,
    }
  }
  if (chance(random, 0.01)) return { ...base, actions: [{ kind: 'remove', path: ['kp'] }], ...returning }
  const actions = maybe(random, 0.95, randomUpdate(random, indexedValues(random, spec)))
  return { ...base, actions, ...conditional(random), ...returning }
}

function reported(
  random: Random,
  capacity: Capacity,
  returning: readonly ReturnValues[],
): { returnValues: ReturnValues; capacity: Capacity; metrics: boolean | undefined } {
  const returnValues = chance(random, 0.4) ? undefined : chance(random, 0.005) ? 'UPDATED_NEW' : pick(random, returning)
  return { returnValues, capacity, metrics: maybe(random, 0.1, true) }
}

function randomQuery(random: Random, spec: TableSpec, capacity: Capacity): Query {
  const index = chance(random, 0.6) && spec.indexes.length > 0 ? pick(random, spec.indexes) : undefined
  const { partition, sort } = index ?? { partition: [spec.partition], sort: spec.sort === undefined ? [] : [spec.sort] }
  const depth = integerBelow(random, sort.length + 1)
  const keys = [
    ...partition.map((key): KeyCondition => ({ name: key.name, range: { comparator: '=', value: commonKey(random, key) } })),
    ...sort.slice(0, depth).map((key, at): KeyCondition => ({ name: key.name, range: sortRange(random, key, at === depth - 1) })),
  ]
  const key = chance(random, 0.01) ? spoiled(random, keys) : keys
  const [first] = key
  const start =
    index === undefined && spec.sort !== undefined && first !== undefined && 'value' in first.range && chance(random, 0.08)
      ? itemOf([
          [spec.partition.name, first.range.value],
          [spec.sort.name, keyValue(random, spec.sort.type)],
        ])
      : undefined
  return {
    kind: 'query',
    keys: key,
    reverse: maybe(random, 0.4, true),
    start: startable(random, keys, start, spec),
    ...randomReading(random, spec, index, capacity),
  }
}

/** Only with the whole partition as the range is it certain that any key may be a beginning. */
function startable(random: Random, keys: readonly KeyCondition[], start: Item | undefined, spec: TableSpec): Item | undefined {
  return keys.length === 1 && spec.sort !== undefined && !chance(random, 0.5) ? start : undefined
}

function sortRange(random: Random, key: KeyAttribute, last: boolean): KeyRange {
  if (!last || chance(random, 0.2)) return { comparator: '=', value: commonKey(random, key) }
  const kind = pick(random, ['<', '<=', '>', '>=', 'between', 'prefix'] as const)
  if (kind === 'between') {
    const [low, high] = orderedPair(random, key.type, keyValue)
    return { low, high }
  }
  if (kind === 'prefix')
    return key.type === 'N' ? { comparator: '>=', value: keyValue(random, 'N') } : { prefix: keyValue(random, key.type) }
  return { comparator: kind, value: keyValue(random, key.type) }
}

/** What DynamoDB refuses. */
function spoiled(random: Random, keys: readonly KeyCondition[]): readonly KeyCondition[] {
  const [first, ...rest] = keys
  if (first === undefined || chance(random, 0.3)) return [{ name: 'fa', range: { comparator: '=', value: { S: 'a' } } }]
  if (chance(random, 0.5)) return [{ name: first.name, range: { comparator: '<', value: orderedScalar(random) } }, ...rest]
  return [{ name: first.name, range: { comparator: '=', value: { S: '' } } }, ...rest]
}

function randomScan(random: Random, spec: TableSpec, capacity: Capacity): Scan {
  const index = chance(random, 0.3) && spec.indexes.length > 0 ? pick(random, spec.indexes) : undefined
  return { kind: 'scan', segments: maybe(random, 0.5, 1 + integerBelow(random, 4)), ...randomReading(random, spec, index, capacity) }
}

function randomReading(random: Random, spec: TableSpec, index: IndexSpec | undefined, capacity: Capacity): Reading {
  const projection = maybe(random, 0.3, readPaths(random, index))
  const legacy = chance(random, 0.15)
  const filter = chance(random, 0.35) ? (legacy ? olderCondition(random) : randomCondition(random)) : undefined
  const select = projection === undefined && chance(random, 0.1) ? pick(random, ['COUNT', 'ALL_ATTRIBUTES'] as const) : undefined
  return {
    table: spec.name,
    index: index?.name,
    filter,
    projection: legacy ? projection && topLevel(projection) : projection,
    select,
    limit: maybe(random, 0.5, 1 + integerBelow(random, 6)),
    consistent: index?.kind === 'global' && !chance(random, 0.02) ? undefined : maybe(random, 0.3, true),
    capacity,
    legacy: legacy ? true : undefined,
  }
}

/** Mostly what the index has. */
function readPaths(random: Random, index: IndexSpec | undefined): ReturnType<typeof randomPaths> {
  if (index === undefined || index.projection === 'ALL' || chance(random, 0.2)) return randomPaths(random, 4)
  return index.projection === 'KEYS_ONLY' ? [['kp']] : [[pick(random, index.projection)], ['kp']]
}

function topLevel(paths: ReturnType<typeof randomPaths>): ReturnType<typeof randomPaths> {
  return [...new Set(paths.map(([name]) => name))].flatMap((name) => (name === undefined ? [] : [[name]]))
}

function randomItem(random: Random, spec: TableSpec): Item {
  const names = fieldNames.filter(() => chance(random, 0.4))
  const fields = names.map((name) => [name, randomField(random, name)] as const)
  const indexed = indexedValues(random, spec).filter(() => chance(random, 0.8))
  const item = [...Object.entries(randomKey(random, spec)), ...fields, ...indexed.map(({ name, value }) => [name, value] as const)]
  if (chance(random, 0.03)) item.push(['fbig', { S: 'x'.repeat(integerBelow(random, chance(random, 0.03) ? 420_000 : 6000)) }])
  return itemOf(item)
}

/** A value for each attribute that is the key of an index; rarely one that cannot be one. */
function indexedValues(random: Random, spec: TableSpec): { name: string; value: Value }[] {
  const own = new Set(keyAttributesOf(spec).map(({ name }) => name))
  const attributes = new Map(spec.indexes.flatMap(({ partition, sort }) => [...partition, ...sort]).map((key) => [key.name, key]))
  return [...attributes.values()]
    .filter(({ name }) => !own.has(name))
    .map((key) => ({
      name: key.name,
      value: chance(random, 0.005) ? randomScalar(random, pick(random, keyTypes)) : commonKey(random, key),
    }))
}

function randomKey(random: Random, spec: TableSpec): Item {
  const entries = keyAttributesOf(spec).map(
    (key, at) => [key.name, at === 0 ? commonKey(random, key) : keyValue(random, key.type)] as const,
  )
  if (!chance(random, 0.01)) return itemOf(entries)
  const [first, ...rest] = entries
  if (first === undefined || chance(random, 0.3)) return itemOf(rest)
  const wrong = pick<Value>(random, [{ S: '' }, { B: '' }, { BOOL: true }, { N: '1' }, { S: 'k'.repeat(2049) }])
  return itemOf([[first[0], wrong], ...rest])
}

const commonKeys = { S: ['a', 'ab', 'é'], N: ['1', '1.0', '-5'], B: ['AAE=', 'YWI='] } as const

/** One of few, so that partitions fill. */
function commonKey(random: Random, { type }: KeyAttribute): Value {
  if (chance(random, 0.1)) return keyValue(random, type)
  const text = pick<string>(random, commonKeys[type])
  return type === 'S' ? { S: text } : type === 'N' ? { N: text } : { B: text }
}

function distinctKeys(random: Random, spec: TableSpec): Item[] {
  const keys = several(random, 6, () => randomKey(random, spec))
  return chance(random, 0.05) ? keys : [...new Map(keys.map((key) => [JSON.stringify(Object.values(key)), key])).values()]
}

function batchWrites(random: Random, spec: TableSpec): ({ put: Item } | { delete: Item })[] {
  return distinctKeys(random, spec).map((key) =>
    chance(random, 0.3) ? { delete: key } : { put: itemOf([...Object.entries(randomItem(random, spec)), ...Object.entries(key)]) },
  )
}

function tableName(random: Random, { name }: TableSpec): string {
  return chance(random, 0.003) ? 'missing' : name
}

function several<T>(random: Random, most: number, make: () => T): T[] {
  return Array.from({ length: 1 + integerBelow(random, most) }, make)
}

/** The value with that probability. It is made either way. */
function maybe<T>(random: Random, probability: number, value: T): T | undefined {
  return chance(random, probability) ? value : undefined
}
