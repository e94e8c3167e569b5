/** The part of an item that several document paths name. */
import { itemOf, valueAt } from './values.ts'
import type { Item, Path, Value } from './values.ts'

/** What a SELECT shows: every value under the last name of its path and what follows it. */
export function columns(paths: readonly Path[], item: Item): Item {
  const entries = paths.flatMap((path) => {
    const value = valueAt(item, path)
    const from = path.findLastIndex((step) => typeof step === 'string')
    const name = path.slice(from).map((step) => (typeof step === 'number' ? `[${step}]` : step))
    return value === undefined ? [] : [[name.join(''), value] as const]
  })
  return itemOf(entries)
}

/** Nesting is kept, elements of lists move together, and what holds nothing of what was asked for is left out. */
export function projected(paths: readonly Path[], item: Item): Item {
  return itemOf(
    Object.entries(item).flatMap(([name, value]) => {
      const part = partOf(value, below(paths, name))
      return part === undefined ? [] : [[name, part] as const]
    }),
  )
}

function partOf(value: Value, paths: readonly Path[]): Value | undefined {
  if (paths.length === 0) return undefined
  if (paths.some((path) => path.length === 0)) return value
  if ('M' in value) {
    const map = projected(paths, value.M)
    return Object.keys(map).length === 0 ? undefined : { M: map }
  }
  if (!('L' in value)) return undefined
  const list = value.L.flatMap((element, at) => partOf(element, below(paths, at)) ?? [])
  return list.length === 0 ? undefined : { L: list }
}

/** What is left of the paths that go through this name or index. */
function below(paths: readonly Path[], step: string | number): readonly Path[] {
  return paths.filter((path) => path[0] === step).map((path) => path.slice(1))
}

/** Paths of which one leads through the end of another, or that take one value for a map and for a list, cannot stand together. */
export function pathsClash(paths: readonly Path[]): boolean {
  return paths.some((one, at) => paths.slice(at + 1).some((other) => clash(one, other)))
}

function clash(one: Path, other: Path): boolean {
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    if (one[at] !== other[at]) return typeof one[at] !== typeof other[at]
  }
  return true
}
