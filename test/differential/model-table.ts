/** One table of the model: items under the text of their keys, and what its indexes make of an item. Nothing is kept in order. */
import { Refused, validation } from './refused.ts'
import type { IndexSpec, KeyAttribute, TableSpec } from './steps.ts'
import { bytesOf, itemBytes, itemOf, normalized, sameJson, typeOf } from './values.ts'
import type { Item, Value } from './values.ts'

export class ModelTable {
  readonly spec: TableSpec
  readonly #itemByKey = new Map<string, Item>()
  /** What a stream shows. */
  #changes: Change[] = []

  constructor(spec: TableSpec) {
    this.spec = spec
  }

  items(): readonly Item[] {
    return [...this.#itemByKey.values()]
  }

  get(key: string): Item | undefined {
    return this.#itemByKey.get(key)
  }

  set(key: string, item: Item | undefined): void {
    if (item === undefined) this.#itemByKey.delete(key)
    else this.#itemByKey.set(key, item)
  }

  get changes(): readonly Change[] {
    return this.#changes
  }

  /** A write that leaves everything as it was is no change (developer guide, "Change data capture for DynamoDB Streams"). */
  record(change: Change): void {
    if (!sameJson(change.before, change.after)) this.#changes.push(change)
  }

  /** Back to when there were so many. */
  forget(count: number): void {
    this.#changes = this.#changes.slice(0, count)
  }

  keyAttributes(): readonly KeyAttribute[] {
    return keyAttributesOf(this.spec)
  }

  /** The text of an item's key. */
  keyOf(item: Item): string {
    return JSON.stringify(this.keyAttributes().map(({ name }) => item[name] && normalized(item[name])))
  }

  index(name: string): IndexSpec | undefined {
    return this.spec.indexes.find((index) => index.name === name)
  }

  /** What an index has of an item; undefined when it has nothing, because a key attribute is missing. */
  entryOf(index: IndexSpec, item: Item): Item | undefined {
    if ([...index.partition, ...index.sort].some(({ name }) => item[name] === undefined)) return undefined
    const names = projectedNames(this.spec, index)
    return names === undefined ? item : itemOf(Object.entries(item).filter(([name]) => names.has(name)))
  }

  /** Write units by index of a change: what is new, gone or different in each, by its own size. */
  indexUnits(before: Item | undefined, after: Item | undefined): ReadonlyMap<string, number> {
    const units = new Map<string, number>()
    for (const index of this.spec.indexes) {
      const was = before && this.entryOf(index, before)
      const is = after && this.entryOf(index, after)
      if (was === is || (was !== undefined && is !== undefined && sameJson(was, is))) continue
      const moved = was !== undefined && is !== undefined && indexKeyOf(index, was) !== indexKeyOf(index, is)
      const sizes = [was, is].flatMap((entry) => (entry === undefined ? [] : [itemBytes(entry)]))
      units.set(
        index.name,
        (moved ? sizes : [Math.max(...sizes)]).reduce((total, bytes) => total + writeUnits(bytes), 0),
      )
    }
    return units
  }
}

export interface Change {
  readonly key: string
  readonly before: Item | undefined
  readonly after: Item | undefined
}

export function keyAttributesOf({ partition, sort }: TableSpec): readonly KeyAttribute[] {
  return sort === undefined ? [partition] : [partition, sort]
}

/** Undefined: all. */
export function projectedNames(table: TableSpec, index: IndexSpec): ReadonlySet<string> | undefined {
  if (index.projection === 'ALL') return undefined
  const keys = [...keyAttributesOf(table), ...index.partition, ...index.sort].map(({ name }) => name)
  return new Set([...keys, ...(index.projection === 'KEYS_ONLY' ? [] : index.projection)])
}

function indexKeyOf(index: IndexSpec, item: Item): string {
  return JSON.stringify([...index.partition, ...index.sort].map(({ name }) => item[name]))
}

export function writeUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 1024))
}

/** @throws Refused unless the request's key is one of the table */
export function checkKey(spec: TableSpec, key: Item): void {
  if (Object.keys(key).length !== keyAttributesOf(spec).length) throw mismatch
  checkKeyTypes(spec, key)
  checkKeyValues(spec, key)
}

/** @throws Refused unless the key attributes are there, with their types */
export function checkKeyTypes(spec: TableSpec, item: Item): void {
  const fits = keyAttributesOf(spec).every(({ name, type }) => item[name] !== undefined && typeOf(item[name]) === type)
  if (!fits) throw mismatch
}

const mismatch = validation('The provided key element does not match the schema')

/** @throws Refused unless the item has a key of the table */
export function checkItemKey(spec: TableSpec, item: Item): void {
  checkKeyValues(spec, item)
}

function checkKeyValues(spec: TableSpec, item: Item): void {
  for (const { name, type } of keyAttributesOf(spec)) {
    const value = item[name]
    if (value === undefined) throw validation(`One or more parameter values were invalid: Missing the key ${name} in the item`)
    if (typeOf(value) !== type) {
      throw validation(
        `One or more parameter values were invalid: Type mismatch for key ${name} expected: ${type} actual: ${typeOf(value)}`,
      )
    }
    if (isEmpty(value)) throw emptyKey(name, type)
  }
  if (keyBytes(item[spec.partition.name]) > 2048) {
    throw validation('One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes')
  }
  if (spec.sort !== undefined && keyBytes(item[spec.sort.name]) > 1024) {
    throw validation(
      'One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes',
    )
  }
}

/** @throws Refused when a value of the key is empty: of all that can be wrong with a key, this refuses a whole transaction */
export function checkNotEmpty(spec: TableSpec, item: Item): void {
  for (const { name, type } of keyAttributesOf(spec)) {
    const value = item[name]
    if (value !== undefined && typeOf(value) === type && isEmpty(value)) throw emptyKey(name, type)
  }
}

/** @throws Refused when the value of an index key is empty */
export function checkIndexesNotEmpty(spec: TableSpec, item: Item): void {
  for (const index of spec.indexes) {
    for (const { name, type } of [...index.partition, ...index.sort]) {
      const value = item[name]
      if (value !== undefined && typeOf(value) === type && isEmpty(value)) throw new Refused('ValidationException')
    }
  }
}

/** @throws Refused when one of the attributes is the key of an index and cannot be one. Its keys are looked at up to the first that is missing. */
export function checkIndexKeys(spec: TableSpec, item: Item): void {
  for (const index of spec.indexes) {
    for (const { name, type } of [...index.partition, ...index.sort]) {
      const value = item[name]
      if (value === undefined) break
      if (typeOf(value) !== type) {
        throw validation(
          `One or more parameter values were invalid: Type mismatch for Index Key ${name} Expected: ${type} Actual: ${typeOf(value)} IndexName: ${index.name}`,
        )
      }
      if (isEmpty(value)) throw new Refused('ValidationException')
    }
  }
}

function emptyKey(name: string, type: string): Refused {
  const kind = type === 'S' ? 'string' : 'binary'
  return validation(
    `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${kind} value. Key: ${name}`,
  )
}

export function isEmpty(value: Value): boolean {
  return ('S' in value && value.S === '') || ('B' in value && value.B === '')
}

function keyBytes(value: Value | undefined): number {
  if (value === undefined) return 0
  if ('S' in value) return Buffer.byteLength(value.S)
  return 'B' in value ? bytesOf(value.B).length : 0
}
