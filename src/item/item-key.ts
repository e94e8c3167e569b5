import { assert, unreachable } from '../base/assert.ts'
import type { AttributeMap, AttributeValue } from './attribute-value.ts'
import { attributeOf, newMap, typeOf } from './attribute-value.ts'
import type { Invalid } from './invalid.ts'
import { invalid, isInvalid } from './invalid.ts'
import { utf8SizeBytes } from './item-size.ts'
import type { KeyAttribute, KeyAttributeType, KeySchema } from './key-schema.ts'
import { decodeNumber, encodeNumber } from './number.ts'

/**
 * The bytes under which an item lies in its table.
 *
 * ```
 * [ hash u32 ] [ partition key length u16 ] [ partition key ] [ sort key ]      integers big endian
 * ```
 *
 * The hash (of the partition key's bytes) spreads a Scan over the partitions and makes parallel segments plain ranges. The
 * length keeps partition keys apart that begin alike and share a hash. Within a partition, items lie in the order of their
 * sort keys: UTF-8 for S, the bytes themselves for B, {@link encodeNumber} for N.
 *
 * It knows nothing of which table it is, nor of indexes: whoever stores puts its own prefix before.
 */

export const PARTITION_KEY_BYTES_MAX = 2048
export const SORT_KEY_BYTES_MAX = 1024

/** Both as seen in public reports; the missing space is DynamoDB's. */
export const PARTITION_KEY_TOO_LARGE = `One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of${PARTITION_KEY_BYTES_MAX} bytes`
export const SORT_KEY_TOO_LARGE = `One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of ${SORT_KEY_BYTES_MAX} bytes`
const KEY_MISMATCH = 'The provided key element does not match the schema'

const HASH_BYTES = 4
const HEADER_BYTES = HASH_BYTES + 2

/** The key of an item, or why it has none, in PutItem's words. */
export function encodeItemKey(schema: KeySchema, attributes: AttributeMap): Uint8Array | Invalid {
  const partition = keyValue(schema.partition, attributes)
  if (isRefused(partition)) return partition
  const sort = schema.sort && keyValue(schema.sort, attributes)
  if (sort !== undefined && isRefused(sort)) return sort
  return encodeParts(partition, sort)
}

/** The key that a request named in its `Key` parameter, which holds the key attributes and nothing else. */
export function parseKey(schema: KeySchema, json: AttributeMap): { key: Uint8Array } | Invalid {
  let named = 0
  for (const _name in json) named++
  if (named !== (schema.sort === undefined ? 1 : 2)) return invalid(KEY_MISMATCH)
  const mismatch = keyMismatch(schema, json)
  if (mismatch !== undefined) return mismatch
  const key = encodeItemKey(schema, json)
  return isInvalid(key) ? key : { key }
}

/** Says of a key attribute that is not there, or has another type, no more than that. */
export function keyMismatch(schema: KeySchema, attributes: AttributeMap): Invalid | undefined {
  if (!hasKeyAttribute(schema.partition, attributes)) return invalid(KEY_MISMATCH)
  return schema.sort !== undefined && !hasKeyAttribute(schema.sort, attributes) ? invalid(KEY_MISMATCH) : undefined
}

/** What is wrong with a key attribute that is there, has its type and is empty; undefined when none is. It asks for no whole key. */
export function emptyKeyProblem({ partition, sort }: KeySchema, attributes: AttributeMap): Invalid | undefined {
  for (const { name, type } of sort === undefined ? [partition] : [partition, sort]) {
    const value = attributeOf(attributes, name)
    if (value !== undefined && type in value && keyPartOf(value).length === 0) return emptyKey(name, type)
  }
  return undefined
}

/** What the keys of all items of a partition begin with. The value has the schema's type. */
export function partitionPrefix(schema: KeySchema, partitionValue: AttributeValue): Uint8Array {
  assert(typeOf(partitionValue) === schema.partition.type, 'a partition key has the type of its schema')
  return writeKey(keyPartOf(partitionValue), undefined)
}

/** What the keys of all items of the same partition begin with, from the key of one of them. */
export function partitionOf(key: Uint8Array): Uint8Array {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength)
  return key.subarray(0, HEADER_BYTES + bytes.readUInt16BE(HASH_BYTES))
}

/** What follows the partition prefix in the key of an item with this sort key. */
export function sortKeyBytes(value: AttributeValue): Uint8Array {
  const part = keyPartOf(value)
  return typeof part === 'string' ? Buffer.from(part) : part
}

/** The key attributes of which a key was made. */
export function decodeItemKey(schema: KeySchema, key: Uint8Array): AttributeMap {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength)
  const sortAt = HEADER_BYTES + bytes.readUInt16BE(HASH_BYTES)
  assert(sortAt <= bytes.length, 'a key holds its whole partition key')
  const attributes = newMap()
  attributes[schema.partition.name] = decodeKeyPart(schema.partition, bytes.subarray(HEADER_BYTES, sortAt))
  if (schema.sort !== undefined) attributes[schema.sort.name] = decodeKeyPart(schema.sort, bytes.subarray(sortAt))
  return attributes
}

/** The key attributes alone of an item. */
export function keyAttributesOf(schema: KeySchema, item: AttributeMap): AttributeMap {
  const attributes = newMap()
  for (const attribute of schema.sort === undefined ? [schema.partition] : [schema.partition, schema.sort]) {
    const value = attributeOf(item, attribute.name)
    assert(value !== undefined, 'an item has its key attributes')
    attributes[attribute.name] = value
  }
  return attributes
}

/**
 * The keys that a segment of a parallel Scan reads: from `from` up to but without `to`, or to the end of the table. Segments
 * do not overlap, and together they are the table.
 */
export function hashRangeOfSegment(segment: number, totalSegments: number): { from: Uint8Array; to: Uint8Array | undefined } {
  assert(segment >= 0 && segment < totalSegments, 'a segment is one of the total')
  return {
    from: hashBoundary(segment, totalSegments),
    to: segment + 1 === totalSegments ? undefined : hashBoundary(segment + 1, totalSegments),
  }
}

/** Exact: with DynamoDB's million of segments the product stays below 2^53. */
function hashBoundary(segment: number, totalSegments: number): Uint8Array {
  const bytes = Buffer.alloc(HASH_BYTES)
  bytes.writeUInt32BE(Math.floor((segment * 0x1_0000_0000) / totalSegments))
  return bytes
}

/** A value in its key form: text is written as UTF-8 directly into the key, the others come as bytes. */
export type KeyPart = string | Uint8Array

function isRefused(part: KeyPart | Invalid): part is Invalid {
  return typeof part === 'object' && 'invalid' in part
}

/** The key form of an item's attribute, or what is wrong with it. */
function keyValue({ name, type }: KeyAttribute, attributes: AttributeMap): KeyPart | Invalid {
  const value = attributeOf(attributes, name)
  if (value === undefined) return invalid(`One or more parameter values were invalid: Missing the key ${name} in the item`)
  if (!(type in value)) {
    return invalid(`One or more parameter values were invalid: Type mismatch for key ${name} expected: ${type} actual: ${typeOf(value)}`)
  }
  const part = keyPartOf(value)
  return part.length === 0 ? emptyKey(name, type) : part
}

function emptyKey(name: string, type: KeyAttributeType): Invalid {
  const kind = type === 'S' ? 'string' : 'binary'
  return invalid(
    `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${kind} value. Key: ${name}`,
  )
}

function hasKeyAttribute({ name, type }: KeyAttribute, attributes: AttributeMap): boolean {
  const value = attributeOf(attributes, name)
  return value !== undefined && type in value
}

function encodeParts(partition: KeyPart, sort: KeyPart | undefined): Uint8Array | Invalid {
  if (partSizeBytes(partition) > PARTITION_KEY_BYTES_MAX) return invalid(PARTITION_KEY_TOO_LARGE)
  if (sort !== undefined && partSizeBytes(sort) > SORT_KEY_BYTES_MAX) return invalid(SORT_KEY_TOO_LARGE)
  return writeKey(partition, sort)
}

export function writeKey(partition: KeyPart, sort: KeyPart | undefined): Uint8Array {
  const partitionBytes = partSizeBytes(partition)
  const sortAt = HEADER_BYTES + partitionBytes
  const key = Buffer.allocUnsafe(sortAt + (sort === undefined ? 0 : partSizeBytes(sort)))
  writePart(key, partition, HEADER_BYTES, partitionBytes)
  key.writeUInt32BE(hashOf(key, HEADER_BYTES, sortAt), 0)
  key.writeUInt16BE(partitionBytes, HASH_BYTES)
  if (sort !== undefined) writePart(key, sort, sortAt, key.length - sortAt)
  return key
}

export function partSizeBytes(part: KeyPart): number {
  return typeof part === 'string' ? utf8SizeBytes(part) : part.length
}

/** Below this, writing ASCII byte by byte is faster than a call into the runtime: most keys are short. */
const LOOP_UP_TO = 64

function writePart(key: Buffer, part: KeyPart, at: number, sizeBytes: number): void {
  if (typeof part !== 'string') key.set(part, at)
  else if (sizeBytes > part.length || sizeBytes > LOOP_UP_TO) key.write(part, at, sizeBytes, 'utf8')
  else for (let index = 0; index < sizeBytes; index++) key[at + index] = part.charCodeAt(index)
}

export function keyPartOf(value: AttributeValue): KeyPart {
  if ('S' in value) return value.S
  if ('N' in value) return encodeNumber(value.N)
  assert('B' in value, 'a key attribute is a string, a number or binary')
  return Buffer.from(value.B, 'base64')
}

function decodeKeyPart({ type }: KeyAttribute, bytes: Buffer): AttributeValue {
  switch (type) {
    case 'S':
      return { S: bytes.toString() }
    case 'N':
      return { N: decodeNumber(bytes) }
    case 'B':
      return { B: bytes.toString('base64') }
    default:
      return unreachable(type)
  }
}

/** FNV-1a, then MurmurHash3's finaliser: FNV alone leaves the high bits, by which keys are ordered, nearly alike for short keys. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
