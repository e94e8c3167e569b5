import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SortRange } from '../../../expression/key-condition.ts'
import { compareValues } from '../../../item/attribute-compare.ts'
import type { AttributeValue } from '../../../item/attribute-value.ts'
import { encodeIndexKey } from '../../../item/index-key.ts'
import { isInvalid } from '../../../item/invalid.ts'
import { encodeItemKey } from '../../../item/item-key.ts'
import type { KeyAttributeType } from '../../../item/key-schema.ts'
import { boundsBehind, boundsOf, contains, indexBoundsOf } from './key-range.ts'

/** Few different bytes, with 0 and 255 among them, so that prefixes and neighbours are common. */
const bytes = fc.array(fc.constantFrom(0, 1, 254, 255), { minLength: 1, maxLength: 4 }).map((list) => Buffer.from(list))
const values: Readonly<Record<KeyAttributeType, fc.Arbitrary<AttributeValue>>> = {
  S: fc.string({ unit: fc.constantFrom('\0', 'a', 'b', 'ÿ', '\u{1f600}'), minLength: 1, maxLength: 4 }).map((S) => ({ S })),
  N: fc.integer({ min: -20, max: 20 }).map((n) => ({ N: String(n) })),
  B: bytes.map((value) => ({ B: value.toString('base64') })),
}

function rangeOf(type: KeyAttributeType): fc.Arbitrary<SortRange> {
  const value = values[type]
  const compared = fc.record({ op: fc.constantFrom('=' as const, '<' as const, '<=' as const, '>' as const, '>=' as const), value })
  const between = fc
    .tuple(value, value)
    .filter(([low, high]) => (compareValues(low, high) ?? 0) <= 0)
    .map(([low, high]) => ({ op: 'BETWEEN' as const, low, high }))
  return type === 'N'
    ? fc.oneof(compared, between)
    : fc.oneof(compared, between, fc.record({ op: fc.constant('begins_with' as const), prefix: value }))
}

/** What the condition says, without any key. */
function holds(range: SortRange, value: AttributeValue): boolean {
  const against = (other: AttributeValue): number => compareValues(value, other) ?? NaN
  switch (range.op) {
    case '=':
      return against(range.value) === 0
    case '<':
      return against(range.value) < 0
    case '<=':
      return against(range.value) <= 0
    case '>':
      return against(range.value) > 0
    case '>=':
      return against(range.value) >= 0
    case 'BETWEEN':
      return against(range.low) >= 0 && against(range.high) <= 0
    case 'begins_with':
      return rawOf(value).startsWith(rawOf(range.prefix))
  }
}

function rawOf(value: AttributeValue): string {
  return ('S' in value ? Buffer.from(value.S) : Buffer.from('B' in value ? value.B : '', 'base64')).toString('latin1')
}

describe.each(['S', 'N', 'B'] as const)('the range of a key condition on a sort key of type %s', (type) => {
  const schema = { partition: { name: 'pk', type: 'S' }, sort: { name: 'sk', type } } as const
  const keyOf = (pk: string, sk: AttributeValue): Uint8Array => {
    const key = encodeItemKey(schema, { pk: { S: pk }, sk })
    if (isInvalid(key)) throw new Error(key.invalid)
    return key
  }

  it('holds exactly the keys of the partition that fulfil it', () => {
    fc.assert(
      fc.property(rangeOf(type), values[type], fc.constantFrom('a', 'b'), (sort, sk, pk) => {
        const bounds = boundsOf({ partition: [{ S: 'a' }], equal: [], sort }, schema)
        expect(contains(bounds, keyOf(pk, sk))).toBe(pk === 'a' && holds(sort, sk))
      }),
      { numRuns: 2000 },
    )
  })

  it('behind a key it holds what comes after it, in either direction', () => {
    fc.assert(
      fc.property(values[type], values[type], fc.boolean(), (start, sk, reverse) => {
        const whole = boundsOf({ partition: [{ S: 'a' }], equal: [], sort: undefined }, schema)
        const rest = boundsBehind(whole, keyOf('a', start), reverse)
        const order = compareValues(sk, start) ?? NaN
        expect(contains(rest, keyOf('a', sk))).toBe(reverse ? order < 0 : order > 0)
      }),
    )
  })
})

describe.each(['S', 'N', 'B'] as const)('a range of index keys with a sort attribute of type %s', (type) => {
  const index = { name: 'i', partition: [{ name: 'p', type: 'S' }], sort: [{ name: 's', type }] } as const
  const keyOf = (p: string, s: AttributeValue, item: string): Uint8Array => {
    const key = encodeIndexKey(index, { p: { S: p }, s }, Buffer.from(item))
    if (key === undefined || isInvalid(key)) throw new Error('no key')
    return key
  }

  it('holds exactly the entries of the partition that fulfil it, whatever items they are of', () => {
    fc.assert(
      fc.property(rangeOf(type), values[type], fc.constantFrom('a', 'b'), fc.string(), (sort, value, p, item) => {
        const bounds = indexBoundsOf({ partition: [{ S: 'a' }], equal: [], sort })
        expect(contains(bounds, keyOf(p, value, item))).toBe(p === 'a' && holds(sort, value))
      }),
      { numRuns: 1000 },
    )
  })
})
