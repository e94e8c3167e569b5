import type { ItemRange } from '../../engine/region-engine.ts'
import type { KeyRange, SortRange } from '../../expression/key-condition.ts'
import { partitionPrefix, sortKeyBytes } from '../../item/item-key.ts'
import type { AttributeValue } from '../../item/attribute-value.ts'
import type { KeySchema } from '../../item/key-schema.ts'

/** Which item keys a Query or a page of a Scan reads: from `from` up to but without `to`. */
export type Bounds = Pick<ItemRange, 'from' | 'to'>

/** The keys that a key condition names. */
export function boundsOf(range: KeyRange, schema: KeySchema): Bounds {
  const prefix = partitionPrefix(schema, range.partition)
  const whole = { from: prefix, to: afterAllThatBeginWith(prefix) }
  if (range.sort === undefined) return whole
  return boundsWithin(range.sort, whole, (value) => Buffer.concat([prefix, sortKeyBytes(value)]))
}

function boundsWithin(sort: SortRange, whole: Bounds, keyOf: (value: AttributeValue) => Uint8Array): Bounds {
  switch (sort.op) {
    case '=':
      return { from: keyOf(sort.value), to: following(keyOf(sort.value)) }
    case '<':
      return { from: whole.from, to: keyOf(sort.value) }
    case '<=':
      return { from: whole.from, to: following(keyOf(sort.value)) }
    case '>':
      return { from: following(keyOf(sort.value)), to: whole.to }
    case '>=':
      return { from: keyOf(sort.value), to: whole.to }
    case 'BETWEEN':
      return { from: keyOf(sort.low), to: following(keyOf(sort.high)) }
    case 'begins_with':
      return { from: keyOf(sort.prefix), to: afterAllThatBeginWith(keyOf(sort.prefix)) }
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
function following(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return next
}

/** The first key in order that does not begin with `prefix`; undefined when there is none. */
function afterAllThatBeginWith(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length
  while (length > 0 && prefix[length - 1] === 0xff) length--
  if (length === 0) return undefined
  const end = Uint8Array.from(prefix.subarray(0, length))
  end[length - 1] = (end[length - 1] ?? 0) + 1
  return end
}
