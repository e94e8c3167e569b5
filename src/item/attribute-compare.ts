import type { AttributeMap, AttributeValue } from './attribute-value.ts'
import { attributeOf } from './attribute-value.ts'
import { compareNumbers } from './number.ts'

/**
 * Equality and order of attribute values, as conditions, filters and sort keys see them.
 * (AWS developer guide, "Condition and filter expressions".) Values are in normal form, so scalars are equal when their texts are.
 */

/** Deep equality. Sets have no order, and neither have the attributes of a map; a number is never equal to a string. */
export function equalValues(a: AttributeValue, b: AttributeValue): boolean {
  if (a === b) return true
  if ('S' in a) return 'S' in b && a.S === b.S
  if ('N' in a) return 'N' in b && a.N === b.N
  if ('B' in a) return 'B' in b && a.B === b.B
  if ('BOOL' in a) return 'BOOL' in b && a.BOOL === b.BOOL
  if ('NULL' in a) return 'NULL' in b
  if ('M' in a) return 'M' in b && equalMaps(a.M, b.M)
  if ('L' in a) return 'L' in b && equalLists(a.L, b.L)
  if ('SS' in a) return 'SS' in b && equalSets(a.SS, b.SS)
  if ('NS' in a) return 'NS' in b && equalSets(a.NS, b.NS)
  return 'BS' in b && equalSets(a.BS, b.BS)
}

/**
 * Negative, zero or positive, as `a` is below, equal to or above `b`. Undefined when they have no order: not the same type, or
 * a type without one. Strings are ordered by their UTF-8 bytes, binary values by theirs.
 */
export function compareValues(a: AttributeValue, b: AttributeValue): number | undefined {
  if ('S' in a) return 'S' in b ? compareText(a.S, b.S) : undefined
  if ('N' in a) return 'N' in b ? compareNumbers(a.N, b.N) : undefined
  if ('B' in a) return 'B' in b ? compareBinary(a.B, b.B) : undefined
  return undefined
}

/**
 * The order of UTF-8 bytes, which is that of code points. JavaScript's own order differs: it puts the surrogates of what lies
 * above U+FFFF before U+E000 to U+FFFF.
 */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at)
    const y = b.charCodeAt(at)
    if (x !== y) return rankOf(x) - rankOf(y)
  }
  return a.length - b.length
}

/** Moves the surrogates above all other code units. */
function rankOf(unit: number): number {
  if (unit < 0xd800) return unit
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}

function compareBinary(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a, 'base64'), Buffer.from(b, 'base64'))
}

function equalMaps(a: AttributeMap, b: AttributeMap): boolean {
  let left = Object.keys(b).length
  for (const name in a) {
    const inA = a[name]
    const inB = attributeOf(b, name)
    if (inA === undefined || inB === undefined || !equalValues(inA, inB)) return false
    left--
  }
  return left === 0
}

function equalLists(a: readonly AttributeValue[], b: readonly AttributeValue[]): boolean {
  return (
    a.length === b.length &&
    a.every((element, at) => {
      const other = b[at]
      return other !== undefined && equalValues(element, other)
    })
  )
}

/** Members of a set are distinct, so as many members and each of them found is enough. */
function equalSets(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  const members = new Set(b)
  return a.every((member) => members.has(member))
}
