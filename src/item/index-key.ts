import { createHash } from 'node:crypto'
import type { AttributeMap, AttributeValue } from './attribute-value.ts'
import { attributeOf, typeOf } from './attribute-value.ts'
import type { Invalid } from './invalid.ts'
import { invalid, isInvalid } from './invalid.ts'
import { keyPartOf, PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX, writeKey } from './item-key.ts'
import type { IndexKeySchema, KeyAttribute, KeyAttributeType } from './key-schema.ts'

/**
 * The bytes under which an index keeps an item.
 *
 * ```
 * [ hash u32 ] [ partition length u16 ] [ partition ] [ sort attribute ]... [ digest of the item's own key, 16 bytes ]
 * ```
 *
 * Many items may have one index key, so the item's own key must follow; whole, it would pass what a store takes as a key. Each sort
 * attribute is written in groups of eight bytes, each followed by how many of them count (nine: all, and another group comes): that
 * ends a value without a separator, keeps the order, and makes a key longer by an eighth at most, whatever bytes it holds.
 */

/**
 * The index key of an item; undefined when the item is not in the index, because an attribute is not there. An attribute that cannot
 * be a key is told: a client's write is refused for it, and what another Region accepted is not indexed.
 * @param itemKey the item's key in its table
 */
export function encodeIndexKey(index: NamedIndex, item: AttributeMap, itemKey: Uint8Array): Uint8Array | Invalid | undefined {
  const partition = partsOf(index.partition, item, index.name)
  if (partition === undefined || isInvalid(partition)) return partition
  const sort = partsOf(index.sort, item, index.name)
  if (sort === undefined || isInvalid(sort)) return sort
  const tooLarge =
    tooLargeProblem(index.name, index.partition, partition, PARTITION_KEY_BYTES_MAX) ??
    tooLargeProblem(index.name, index.sort, sort, SORT_KEY_BYTES_MAX)
  if (tooLarge !== undefined) return tooLarge
  return Buffer.concat([writeKey(joined(partition), undefined), ...sort.map(grouped), digestOf(itemKey)])
}

/** What is wrong with an item as an entry of the index; undefined when it is one, or is none. */
export function indexKeyProblem(index: NamedIndex, item: AttributeMap, itemKey: Uint8Array): Invalid | undefined {
  const key = encodeIndexKey(index, item, itemKey)
  return key !== undefined && isInvalid(key) ? key : undefined
}

/** What is wrong with an attribute of the index's key that is there, has its type and is empty; undefined when none is. */
export function emptyIndexKeyProblem({ partition, sort, name: indexName }: NamedIndex, item: AttributeMap): Invalid | undefined {
  for (const { name, type } of [...partition, ...sort]) {
    const value = attributeOf(item, name)
    if (value !== undefined && type in value && keyPartOf(value).length === 0) return emptyIndexKey(name, type, indexName)
  }
  return undefined
}

export interface NamedIndex extends IndexKeySchema {
  readonly name: string
}

/** What the index keys of all items with these partition values begin with. */
export function indexPartitionPrefix(values: readonly AttributeValue[]): Uint8Array {
  return writeKey(joined(values.map(bytesOf)), undefined)
}

/** A sort attribute's value as it stands in index keys. */
export function indexSortBytes(value: AttributeValue): Uint8Array {
  return grouped(bytesOf(value))
}

/**
 * What all index keys begin with whose sort attribute begins with `prefix`. A shorter value that is filled up with zeros may begin with it
 * too; it lies before `prefix` itself.
 */
export function indexSortPrefix(prefix: AttributeValue): Uint8Array {
  const bytes = bytesOf(prefix)
  const wholeGroups = Math.floor(Math.max(0, bytes.length - 1) / groupBytes)
  return Buffer.concat([grouped(bytes).subarray(0, wholeGroups * (groupBytes + 1)), bytes.subarray(wholeGroups * groupBytes)])
}

/** Tells apart the items of one index key. */
export function digestOf(itemKey: Uint8Array): Uint8Array {
  return createHash('sha256').update(itemKey).digest().subarray(0, digestBytes)
}

const digestBytes = 16
const groupBytes = 8
const moreFollows = groupBytes + 1

function partsOf(attributes: readonly KeyAttribute[], item: AttributeMap, indexName: string): Uint8Array[] | Invalid | undefined {
  const parts: Uint8Array[] = []
  for (const { name, type } of attributes) {
    const value = attributeOf(item, name)
    if (value === undefined) return undefined
    if (!(type in value)) {
      return invalid(
        'One or more parameter values were invalid: ' +
          `Type mismatch for Index Key ${name} Expected: ${type} Actual: ${typeOf(value)} IndexName: ${indexName}`,
      )
    }
    const part = bytesOf(value)
    if (part.length === 0) return emptyIndexKey(name, type, indexName)
    parts.push(part)
  }
  return parts
}

function emptyIndexKey(name: string, type: KeyAttributeType, indexName: string): Invalid {
  return invalid(
    'One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue ' +
      `for a key attribute cannot contain an empty ${type === 'S' ? 'string' : 'binary'} value. IndexName: ${indexName}, IndexKey: ${name}`,
  )
}

function bytesOf(value: AttributeValue): Uint8Array {
  const part = keyPartOf(value)
  return typeof part === 'string' ? Buffer.from(part) : part
}

/**
 * The text was seen on AWS for an index's one partition attribute. That it is the same for a sort attribute, and which of several attributes
 * it names, is a guess: here the largest.
 */
function tooLargeProblem(
  indexName: string,
  attributes: readonly KeyAttribute[],
  parts: readonly Uint8Array[],
  bytesMax: number,
): Invalid | undefined {
  const sizes = parts.map((part) => part.length)
  const sizeBytes = sizes.reduce((sum, size) => sum + size, 0)
  if (sizeBytes <= bytesMax) return undefined
  const largest = attributes[sizes.indexOf(Math.max(...sizes))]?.name
  return invalid(
    'One or more parameter values were invalid: ' +
      `Size limit exceeded for Index Key ${largest} Actual Size: ${sizeBytes} bytes Max Size: ${bytesMax} bytes IndexName: ${indexName}`,
  )
}

/** Several partition attributes are kept apart by their lengths; they are compared for equality only. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts
  if (parts.length === 1 && first !== undefined) return first
  return Buffer.concat(parts.flatMap((part) => [lengthOf(part), part]))
}

function lengthOf(part: Uint8Array): Uint8Array {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(part.length)
  return length
}

function grouped(bytes: Uint8Array): Uint8Array {
  const groups = Math.max(1, Math.ceil(bytes.length / groupBytes))
  const encoded = Buffer.alloc(groups * (groupBytes + 1))
  for (let group = 0; group < groups; group++) {
    const from = group * groupBytes
    const at = group * (groupBytes + 1)
    const part = bytes.subarray(from, from + groupBytes)
    encoded.set(part, at)
    encoded[at + groupBytes] = group + 1 < groups ? moreFollows : part.length
  }
  return encoded
}
