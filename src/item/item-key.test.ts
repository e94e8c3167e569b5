import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareValues } from './attribute-compare.ts'
import type { AttributeMap, AttributeValue } from './attribute-value.ts'
import { invalid, isInvalid } from './invalid.ts'
import { decodeItemKey, encodeItemKey, hashRangeOfSegment, keyAttributesOf, parseKey, partitionPrefix, sortKeyBytes } from './item-key.ts'
import type { KeyAttributeType, KeySchema } from './key-schema.ts'
import { normalizeNumber } from './number.ts'

const types: KeyAttributeType[] = ['S', 'N', 'B']

const schemaOf = (partition: KeyAttributeType, sort?: KeyAttributeType): KeySchema => ({
  partition: { name: 'pk', type: partition },
  sort: sort && { name: 'sk', type: sort },
})

const texts = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 100 }),
)
const values: Record<KeyAttributeType, fc.Arbitrary<AttributeValue>> = {
  S: texts.map((S) => ({ S })),
  N: fc
    .oneof(
      fc.integer().map(String),
      fc.tuple(fc.integer(), fc.integer({ min: -120, max: 110 })).map(([digits, power]) => `${digits}e${power}`),
    )
    .map((text) => ({ N: normalizeNumber(text) as string })),
  B: fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => ({ B: Buffer.from(bytes).toString('base64') })),
}

function keyOf(schema: KeySchema, attributes: AttributeMap): Uint8Array {
  const key = encodeItemKey(schema, attributes)
  if (isInvalid(key)) throw new Error(key.invalid)
  return key
}

describe.each(types)('with a partition key of type %s', (partition) => {
  test('the key alone gives back the key attributes', () => {
    const schema = schemaOf(partition)
    fc.assert(
      fc.property(values[partition], (pk) => {
        expect({ ...decodeItemKey(schema, keyOf(schema, { pk, other: { S: 'x' } })) }).toEqual({ pk })
      }),
    )
  })

  test.each(types)('and a sort key of type %s the key gives back both', (sort) => {
    const schema = schemaOf(partition, sort)
    fc.assert(
      fc.property(values[partition], values[sort], (pk, sk) => {
        const key = keyOf(schema, { sk, pk })
        expect({ ...decodeItemKey(schema, key) }).toEqual({ pk, sk })
        expect(Buffer.concat([partitionPrefix(schema, pk), sortKeyBytes(sk)]).equals(key)).toBe(true)
      }),
    )
  })
})

test.each(types)('within a partition, keys are in the order of their sort keys of type %s', (sort) => {
  const schema = schemaOf('S', sort)
  fc.assert(
    fc.property(texts, values[sort], values[sort], (pk, a, b) => {
      const order = Buffer.compare(keyOf(schema, { pk: { S: pk }, sk: a }), keyOf(schema, { pk: { S: pk }, sk: b }))
      expect(order).toBe(Math.sign(compareValues(a, b) ?? NaN))
    }),
    { numRuns: 500 },
  )
})

test('a key belongs to its own partition and to no other', () => {
  const schema = schemaOf('B', 'B')
  fc.assert(
    fc.property(values.B, values.B, values.B, (mine, other, sk) => {
      const key = Buffer.from(keyOf(schema, { pk: mine, sk }))
      const prefix = partitionPrefix(schema, other)
      expect(key.subarray(0, prefix.length).equals(prefix)).toBe(compareValues(mine, other) === 0)
    }),
  )
})

test('keys have the layout that is documented, for good', () => {
  const key = Buffer.from(keyOf(schemaOf('S', 'N'), { pk: { S: 'user#1' }, sk: { N: '42' } }))
  expect(key.subarray(4).toString('hex')).toBe(`0006${Buffer.from('user#1').toString('hex')}c154`)
  expect(key.subarray(0, 4).toString('hex')).toBe('0813867f')
})

test('partitions that begin alike are spread evenly over the range of hashes', () => {
  const schema = schemaOf('S')
  const counts = new Array<number>(16).fill(0)
  for (let id = 0; id < 16_000; id++) {
    const bucket = (keyOf(schema, { pk: { S: `user#${id}` } })[0] ?? 0) >> 4
    counts[bucket] = (counts[bucket] ?? 0) + 1
  }
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150)
})

describe('an item without a valid key is refused:', () => {
  const schema = schemaOf('S', 'B')
  const sk = { B: 'AAAA' }
  const pk = { S: 'a' }
  const cases: [string, AttributeMap, string][] = [
    ['no partition key', { sk }, 'One or more parameter values were invalid: Missing the key pk in the item'],
    ['no sort key', { pk }, 'One or more parameter values were invalid: Missing the key sk in the item'],
    ['another type', { pk: { N: '1' }, sk }, 'One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N'],
    ['a set', { pk, sk: { SS: ['a'] } }, 'One or more parameter values were invalid: Type mismatch for key sk expected: B actual: SS'],
    [
      'an empty string',
      { pk: { S: '' }, sk },
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk',
    ],
    [
      'empty bytes',
      { pk, sk: { B: '' } },
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty binary value. Key: sk',
    ],
    [
      'a partition key of 2,049 bytes',
      { pk: { S: 'é'.repeat(1024) + 'a' }, sk },
      'One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes',
    ],
    [
      'a sort key of 1,025 bytes',
      { pk, sk: { B: Buffer.alloc(1025).toString('base64') } },
      'One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes',
    ],
  ]
  test.each(cases)('%s', (_what, attributes, message) => {
    expect(encodeItemKey(schema, attributes)).toEqual(invalid(message))
  })

  test('and keys of full size are accepted', () => {
    const largest = { pk: { S: 'é'.repeat(1024) }, sk: { B: Buffer.alloc(1024).toString('base64') } }
    expect(keyOf(schema, largest).length).toBe(6 + 2048 + 1024)
    expect({ ...decodeItemKey(schema, keyOf(schema, largest)) }).toEqual(largest)
  })

  test('an inherited name is no key attribute', () => {
    const inherited: KeySchema = { partition: { name: 'constructor', type: 'S' }, sort: undefined }
    expect(encodeItemKey(inherited, {})).toEqual(
      invalid('One or more parameter values were invalid: Missing the key constructor in the item'),
    )
  })
})

describe('a Key parameter', () => {
  const schema = schemaOf('S', 'N')
  const key = { pk: { S: 'a' }, sk: { N: '1' } }

  test('names the item that a put of the same attributes writes', () => {
    expect(parseKey(schema, key)).toEqual({ key: encodeItemKey(schema, { ...key, more: { S: 'x' } }) })
  })

  test.each([
    { pk: key.pk },
    { ...key, more: { S: 'x' } },
    { pk: key.pk, other: key.sk },
    { pk: key.pk, sk: { S: '1' } },
    { pk: { M: {} }, sk: key.sk },
    {},
  ] as AttributeMap[])('that does not hold exactly the key attributes is refused: %j', (attributes) => {
    expect(parseKey(schema, attributes)).toEqual(invalid('The provided key element does not match the schema'))
  })

  test('that is empty or too long is refused as in an item', () => {
    const long = { pk: { S: 'a'.repeat(2049) }, sk: key.sk }
    expect(parseKey(schema, { ...key, pk: { S: '' } })).toEqual(encodeItemKey(schema, { ...key, pk: { S: '' } }))
    expect(isInvalid(parseKey(schema, long))).toBe(true)
    expect(parseKey(schema, long)).toEqual(encodeItemKey(schema, long))
  })
})

test('the key attributes of an item are those of the schema', () => {
  const item = { a: { S: 'x' }, sk: { N: '1' }, pk: { S: 'p' } }
  expect({ ...keyAttributesOf(schemaOf('S', 'N'), item) }).toEqual({ pk: item.pk, sk: item.sk })
  expect({ ...keyAttributesOf(schemaOf('S'), item) }).toEqual({ pk: item.pk })
})

test('the segments of a scan follow each other without a gap from the first hash to the last', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), (total) => {
      let from: Uint8Array | undefined = Buffer.alloc(4)
      for (let segment = 0; segment < total; segment++) {
        const range = hashRangeOfSegment(segment, total)
        expect(Buffer.from(range.from).equals(from ?? Buffer.of())).toBe(true)
        expect(range.to === undefined || Buffer.compare(range.from, range.to) < 0).toBe(true)
        from = range.to
      }
      expect(from).toBeUndefined()
    }),
    { numRuns: 20 },
  )
  expect(Buffer.from(hashRangeOfSegment(999_999, 1_000_000).from).toString('hex')).toBe('ffffef39')
})
