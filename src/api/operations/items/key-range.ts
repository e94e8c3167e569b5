import type { ItemRange } from '../../../engine/item-reader.ts'
import type { KeyRange, SortRange } from '../../../expression/key-condition.ts'
import type { AttributeValue } from '../../../item/attribute-value.ts'
import { indexPartitionPrefix, indexSortBytes, indexSortPrefix } from '../../../item/index-key.ts'
import { partitionPrefix, sortKeyBytes } from '../../../item/item-key.ts'
import type { KeySchema } from '../../../item/key-schema.ts'

/** Which item keys, or index keys, a Query or a page of a Scan reads: from `from` up to but without `to`. */
export type Bounds = Pick<ItemRange, 'from' | 'to'>

/** How sort keys stand behind the partition's bytes. */
interface SortCoding {
  bytes(value: AttributeValue): Uint8Array
  /** What all keys begin with whose value begins with this; others may, that lie before this value. */
  prefix(value: AttributeValue): Uint8Array
  /** The first key behind all that have exactly this value. */
  behind(key: Uint8Array): Uint8Array | undefined
}

/** An item's sort key is the end of its key. */
const ofItems: SortCoding = { bytes: sortKeyBytes, prefix: sortKeyBytes, behind: following }
/** An index key goes on behind a sort attribute. */
const ofEntries: SortCoding = { bytes: indexSortBytes, prefix: indexSortPrefix, behind: afterAllThatBeginWith }

/** The keys of a table's items that a key condition names. */
export function boundsOf({ partition: [partition], sort }: KeyRange, schema: KeySchema): Bounds {
  if (partition === undefined) throw new RangeError('a key condition names a partition')
  return boundsIn(partitionPrefix(schema, partition), sort, ofItems)
}

/** The index keys that a key condition names. */
export function indexBoundsOf({ partition, equal, sort }: KeyRange): Bounds {
  return boundsIn(Buffer.concat([indexPartitionPrefix(partition), ...equal.map(indexSortBytes)]), sort, ofEntries)
}

function boundsIn(prefix: Uint8Array, sort: SortRange | undefined, coding: SortCoding): Bounds {
  const whole = { from: prefix, to: afterAllThatBeginWith(prefix) }
  if (sort === undefined) return whole
  const keyOf = (value: AttributeValue): Uint8Array => Buffer.concat([prefix, coding.bytes(value)])
  switch (sort.op) {
    case '=':
      return { from: keyOf(sort.value), to: coding.behind(keyOf(sort.value)) }
    case '<':
      return { from: whole.from, to: keyOf(sort.value) }
    case '<=':
      return { from: whole.from, to: coding.behind(keyOf(sort.value)) }
    case '>':
      return { from: coding.behind(keyOf(sort.value)) ?? prefix, to: whole.to }
    case '>=':
      return { from: keyOf(sort.value), to: whole.to }
    case 'BETWEEN':
      return { from: keyOf(sort.low), to: coding.behind(keyOf(sort.high)) }
    case 'begins_with':
      return { from: keyOf(sort.prefix), to: afterAllThatBeginWith(Buffer.concat([prefix, coding.prefix(sort.prefix)])) }
  }
}

/** What is left of the bounds behind the last key that was read. */
export function boundsBehind(bounds: Bounds, last: Uint8Array, reverse: boolean): Bounds {
  return reverse ? { from: bounds.from, to: last } : { from: following(last), to: bounds.to }
}

export function contains(bounds: Bounds, key: Uint8Array): boolean {
  return Buffer.compare(key, bounds.from) >= 0 && (bounds.to === undefined || Buffer.compare(key, bounds.to) < 0)
}

/** The next key in order. */
export function following(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return next
}

/** The first key in order that does not begin with `prefix`; undefined when there is none. */
export function afterAllThatBeginWith(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length
  while (length > 0 && prefix[length - 1] === 0xff) length--
  if (length === 0) return undefined
  const end = Uint8Array.from(prefix.subarray(0, length))
  end[length - 1] = (end[length - 1] ?? 0) + 1
  return end
}
