/** Attribute values: from small pools, so that they meet each other, with what is special about each type among them. */
import type { Random } from '../../src/base/random.ts'
import { chance, integerBelow, pick } from '../../src/base/random.ts'
import { compare, itemOf, normalized } from './values.ts'
import type { Item, Type, Value } from './values.ts'

const texts = ['', 'a', 'ab', 'abc', 'b', 'B', 'é', '\uffff', '𝄞', 'a\u0000', 'x y', 'é𝄞z']
const binaries = ['', 'AA==', 'AAE=', 'AP8=', '/w==', '//8=', 'YWI=']
const nines = '9'.repeat(38)
const numbers = [
  ...['0', '-0', '1', '1.0', '1e0', '+1', '-1', '2', '10', '1E+1', '0010.50', '10.5', '0.1', '1e-1', '-0.5', '7', '100', '-100'],
  ...[nines, `-${nines}`, `0.${nines}`, `${nines}e87`, '1e125', '-1e125', '1e-130', '-1e-130', '12345678901234567890.123456789012345678'],
]
const unfitNumbers = ['1e126', '-1e126', '1e-131', `${nines}9`, `1.${nines}`]

export const keyTexts = texts.filter((text) => text !== '')
const keyBinaries = binaries.filter((text) => text !== '')

/** Names of attributes, and what usually stands there. */
const usualTypes: Readonly<Record<string, readonly Type[]>> = {
  fa: ['S', 'N', 'B', 'BOOL', 'NULL'],
  fb: ['S', 'N', 'L', 'M'],
  fn: ['N'],
  fs: ['SS', 'NS', 'BS'],
  fm: ['M'],
  fl: ['L'],
  size: ['S', 'N'],
  'a.b': ['N', 'S'],
  é: ['B', 'BS'],
}
export const fieldNames = Object.keys(usualTypes)
const innerNames = ['fa', 'fb', 'fm', 'fl', 'a.b', '__proto__']

export function randomScalar(random: Random, type: 'S' | 'N' | 'B'): Value {
  if (type === 'S') return { S: pick(random, texts) }
  return type === 'N' ? { N: randomNumber(random) } : { B: pick(random, binaries) }
}

/** One that can be ordered. */
export function orderedScalar(random: Random): Value {
  return randomScalar(random, pick(random, ['S', 'N', 'N', 'B']))
}

/** Two of one type, the lower one first. */
export function orderedPair(random: Random, type: 'S' | 'N' | 'B', make = randomScalar): [Value, Value] {
  const [one, other] = [make(random, type), make(random, type)]
  return Number(compare(normalized(one), normalized(other))) <= 0 ? [one, other] : [other, one]
}

export function randomNumber(random: Random): string {
  if (chance(random, 0.002)) return pick(random, unfitNumbers)
  return chance(random, 0.3) ? String(integerBelow(random, 2000) - 1000) : pick(random, numbers)
}

const allTypes: readonly Type[] = ['S', 'N', 'B', 'BOOL', 'NULL', 'M', 'L', 'SS', 'NS', 'BS']

export function randomValue(random: Random, types: readonly Type[] = allTypes, levels = 3): Value {
  const type = pick(random, types)
  switch (type) {
    case 'S':
    case 'N':
    case 'B':
      return randomScalar(random, type)
    case 'BOOL':
      return { BOOL: chance(random, 0.5) }
    case 'NULL':
      return { NULL: true }
    case 'M':
      return { M: levels === 0 ? {} : randomMap(random, levels - 1) }
    case 'L':
      return { L: Array.from({ length: levels === 0 ? 0 : integerBelow(random, 4) }, () => randomValue(random, allTypes, levels - 1)) }
    default:
      return randomSet(random, type)
  }
}

export function randomSet(random: Random, type: 'SS' | 'NS' | 'BS'): Value {
  const length = 1 + integerBelow(random, 3)
  if (type === 'SS')
    return {
      SS: distinct(
        Array.from({ length }, () => pick(random, texts)),
        (text) => text,
      ),
    }
  if (type === 'BS')
    return {
      BS: distinct(
        Array.from({ length }, () => pick(random, binaries)),
        (text) => text,
      ),
    }
  return {
    NS: distinct(
      Array.from({ length }, () => randomNumber(random)),
      (text) => JSON.stringify(normalized({ N: text })),
    ),
  }
}

function randomMap(random: Random, levels: number): Item {
  const names = new Set(Array.from({ length: integerBelow(random, 4) }, () => pick(random, innerNames)))
  return itemOf([...names].map((name) => [name, randomValue(random, usual(random, name), levels)]))
}

export function randomField(random: Random, name: string): Value {
  return randomValue(random, usual(random, name))
}

function usual(random: Random, name: string): readonly Type[] {
  const types = Object.hasOwn(usualTypes, name) ? usualTypes[name] : undefined
  return types === undefined || chance(random, 0.15) ? allTypes : types
}

/** A value that can be a key. */
export function keyValue(random: Random, type: 'S' | 'N' | 'B'): Value {
  if (type === 'S') return { S: pick(random, keyTexts) }
  return type === 'N' ? { N: randomNumber(random) } : { B: pick(random, keyBinaries) }
}

export function innerName(random: Random): string {
  return pick(random, innerNames)
}

function distinct<T>(members: readonly T[], keyOf: (member: T) => string): T[] {
  return [...new Map(members.map((member) => [keyOf(member), member])).values()]
}
