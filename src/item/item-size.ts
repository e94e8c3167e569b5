import type { AttributeMap, AttributeValue } from './attribute-value.ts'
import { unreachable } from '../base/assert.ts'

/**
 * How many bytes DynamoDB counts for an item: for its limit of 400 KB, for capacity and for storage.
 * (AWS developer guide, "DynamoDB item sizes and formats"; numbers as measured on AWS in 2026.)
 * It is not the size of what we store. Values are in normal form.
 */

/** Names included. */
export const ITEM_BYTES_MAX = 400 * 1024

/** What DynamoDB answers to a put of an item beyond {@link ITEM_BYTES_MAX}. The check is made where the final item is known. */
export const ITEM_TOO_LARGE = 'Item size has exceeded the maximum allowed size'

/** What a list or map costs by itself, and what each of its elements costs on top of its own size. */
export const COLLECTION_BYTES = 3
export const ELEMENT_BYTES = 1

export function itemSizeBytes(item: AttributeMap): number {
  let sizeBytes = 0
  for (const name in item) {
    const value = item[name]
    if (value !== undefined) sizeBytes += utf8SizeBytes(name) + attributeSizeBytes(value)
  }
  return sizeBytes
}

/** The size of a value without the name under which it is stored. */
export function attributeSizeBytes(value: AttributeValue): number {
  if ('S' in value) return utf8SizeBytes(value.S)
  if ('N' in value) return numberSizeBytes(value.N)
  if ('B' in value) return binarySizeBytes(value.B)
  if ('BOOL' in value || 'NULL' in value) return 1
  if ('M' in value) return mapSizeBytes(value.M)
  if ('L' in value) return listSizeBytes(value.L)
  if ('SS' in value) return totalOf(value.SS, utf8SizeBytes)
  if ('NS' in value) return totalOf(value.NS, numberSizeBytes)
  if ('BS' in value) return totalOf(value.BS, binarySizeBytes)
  return unreachable(value)
}

function mapSizeBytes(map: AttributeMap): number {
  let sizeBytes = COLLECTION_BYTES + itemSizeBytes(map)
  for (const _name in map) sizeBytes += ELEMENT_BYTES
  return sizeBytes
}

function listSizeBytes(list: readonly AttributeValue[]): number {
  return COLLECTION_BYTES + list.length * ELEMENT_BYTES + totalOf(list, attributeSizeBytes)
}

function totalOf<T>(elements: readonly T[], sizeOf: (element: T) => number): number {
  let sizeBytes = 0
  for (const element of elements) sizeBytes += sizeOf(element)
  return sizeBytes
}

/** Most names and values are short and ASCII: for those, looking beats asking the runtime. */
const LOOK_UP_TO = 64

/** The length of a text in UTF-8. */
export function utf8SizeBytes(text: string): number {
  const length = text.length
  if (length > LOOK_UP_TO) return Buffer.byteLength(text)
  for (let at = 0; at < length; at++) {
    if (text.charCodeAt(at) > 0x7f) return Buffer.byteLength(text)
  }
  return length
}

/** The length of the bytes that a canonical base64 text stands for. */
export function binarySizeBytes(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
  return (base64.length / 4) * 3 - padding
}

/**
 * One byte, one for every two significant digits (counted apart before and after the point), one for a minus. Zeros at
 * either end do not count: 100 is as small as 1.
 */
export function numberSizeBytes(normal: string): number {
  if (normal === '0') return 1
  const start = normal.charCodeAt(0) === 0x2d ? 1 : 0
  const dot = normal.indexOf('.')
  let integerDigits = 0
  let fractionDigits = 0
  if (dot < 0) {
    let end = normal.length
    while (normal.charCodeAt(end - 1) === 0x30) end--
    integerDigits = end - start
  } else if (dot === start + 1 && normal.charCodeAt(start) === 0x30) {
    let first = dot + 1
    while (normal.charCodeAt(first) === 0x30) first++
    fractionDigits = normal.length - first
  } else {
    integerDigits = dot - start
    fractionDigits = normal.length - dot - 1
  }
  return 1 + Math.ceil(integerDigits / 2) + Math.ceil(fractionDigits / 2) + start
}
