/** Attribute values and items for the model: plain objects in the shape of the wire, and what DynamoDB says of them. */
import { compareDecimals, decimalBytes, decimalOf, numberProblem, printed } from './decimal.ts'

export type Value =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly M: Item }
  | { readonly L: readonly Value[] }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly string[] }

export type Type = 'S' | 'N' | 'B' | 'BOOL' | 'NULL' | 'M' | 'L' | 'SS' | 'NS' | 'BS'

export type Item = Readonly<Record<string, Value>>

export type Path = readonly (string | number)[]

export const noAttributes: Item = {}

/** Items hold whatever names there are, `__proto__` too. */
export function itemOf(entries: Iterable<readonly [string, Value]>): Item {
  const item = Object.create(null) as Record<string, Value>
  for (const [name, value] of entries) item[name] = value
  return item
}

export function typeOf(value: Value): Type {
  const [type] = Object.keys(value)
  return type as Type
}

/** Numbers as they are printed, everything else as it is. */
export function normalized(value: Value): Value {
  if ('N' in value) return { N: printed(decimalOf(value.N)) }
  if ('NS' in value) return { NS: value.NS.map((text) => printed(decimalOf(text))) }
  if ('L' in value) return { L: value.L.map(normalized) }
  return 'M' in value ? { M: normalizedItem(value.M) } : value
}

export function normalizedItem(item: Item): Item {
  return itemOf(Object.entries(item).map(([name, value]) => [name, normalized(value)]))
}

/** The first number in it that DynamoDB does not take. */
export function unfitNumber(value: Value): string | undefined {
  if ('N' in value) return numberProblem(decimalOf(value.N))
  if ('NS' in value) return value.NS.map((text) => numberProblem(decimalOf(text))).find((problem) => problem !== undefined)
  const inner = 'L' in value ? value.L : 'M' in value ? Object.values(value.M) : []
  return inner.map(unfitNumber).find((problem) => problem !== undefined)
}

export function equal(a: Value, b: Value): boolean {
  return sameJson(a, b)
}

/** Equality of JSON in which sets, wherever they stand, have no order. A member that is undefined is none. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((element, at) => sameJson(element, b[at]))
  if (Array.isArray(b)) return false
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>]
  let members = 0
  for (const name in x) {
    if (x[name] === undefined) continue
    members++
    if (!Object.hasOwn(y, name)) return false
    if (!(isSet(name, x[name]) ? sameMembers(x[name], y[name]) : sameJson(x[name], y[name]))) return false
  }
  for (const name in y) if (y[name] !== undefined) members--
  return members === 0
}

function isSet(name: string, members: unknown): members is readonly string[] {
  return (name === 'SS' || name === 'NS' || name === 'BS') && Array.isArray(members)
}

function sameMembers(members: readonly string[], others: unknown): boolean {
  return sameJson([...members].sort(), Array.isArray(others) ? [...(others as unknown[])].sort() : others)
}

/** Undefined when the two have no order. */
export function compare(a: Value, b: Value): number | undefined {
  if ('S' in a) return 'S' in b ? Buffer.compare(Buffer.from(a.S), Buffer.from(b.S)) : undefined
  if ('N' in a) return 'N' in b ? compareDecimals(decimalOf(a.N), decimalOf(b.N)) : undefined
  if ('B' in a) return 'B' in b ? Buffer.compare(bytesOf(a.B), bytesOf(b.B)) : undefined
  return undefined
}

export function bytesOf(base64: string): Buffer {
  return Buffer.from(base64, 'base64')
}

export function valueAt(item: Item, path: Path): Value | undefined {
  let at = { M: item } as Value | undefined
  for (const step of path) {
    if (at === undefined) return undefined
    if (typeof step === 'number') at = 'L' in at ? at.L[step] : undefined
    else at = 'M' in at && Object.hasOwn(at.M, step) ? at.M[step] : undefined
  }
  return at
}

/** The bytes that DynamoDB counts (developer guide, "DynamoDB item sizes and formats"). */
export function itemBytes(item: Item): number {
  const known = bytesByItem.get(item)
  if (known !== undefined) return known
  const bytes = sum(Object.entries(item).map(([name, value]) => Buffer.byteLength(name) + valueBytes(value)))
  bytesByItem.set(item, bytes)
  return bytes
}

/** Items never change. */
const bytesByItem = new WeakMap<Item, number>()

function valueBytes(value: Value): number {
  if ('S' in value) return Buffer.byteLength(value.S)
  if ('N' in value) return decimalBytes(decimalOf(value.N))
  if ('B' in value) return bytesOf(value.B).length
  if ('SS' in value) return sum(value.SS.map((text) => Buffer.byteLength(text)))
  if ('NS' in value) return sum(value.NS.map((text) => decimalBytes(decimalOf(text))))
  if ('BS' in value) return sum(value.BS.map((text) => bytesOf(text).length))
  if ('L' in value) return 3 + sum(value.L.map((element) => 1 + valueBytes(element)))
  if ('M' in value) return 3 + Object.keys(value.M).length + itemBytes(value.M)
  return 1
}

/** 1 for a scalar. */
export function depthOf(value: Value): number {
  const inner = 'L' in value ? value.L : 'M' in value ? Object.values(value.M) : []
  return 1 + Math.max(0, ...inner.map(depthOf))
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
