import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AttributeValue } from './attribute-value.ts'
import { encodeIndexKey, indexPartitionPrefix, indexSortBytes, indexSortPrefix } from './index-key.ts'
import { compareNumbers } from './number.ts'

const index = {
  name: 'by-place',
  partition: [{ name: 'country', type: 'S' }],
  sort: [
    { name: 'town', type: 'S' },
    { name: 'people', type: 'N' },
  ],
} as const
const itemKey = Buffer.from('an item key')

describe('a sort attribute in an index key', () => {
  const bytes = fc.uint8Array({ maxLength: 40 }).map((value) => Buffer.from(value))
  const shortBytes = fc.array(fc.constantFrom(0, 1, 255), { maxLength: 20 }).map((value) => Buffer.from(value))
  const binary = (value: Buffer): AttributeValue => ({ B: value.toString('base64') })

  test('keeps the order of its values, whatever bytes they hold', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, shortBytes), fc.oneof(bytes, shortBytes), (a, b) => {
        const order = Buffer.compare(indexSortBytes(binary(a)), indexSortBytes(binary(b)))
        expect(order).toBe(Buffer.compare(a, b))
      }),
    )
  })

  test('lies between a prefix and the end of what begins with it exactly when it begins with it', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, shortBytes), fc.oneof(bytes, shortBytes), (value, prefix) => {
        const encoded = Buffer.from(indexSortBytes(binary(value)))
        const encodedPrefix = indexSortPrefix(binary(prefix))
        const begins = encoded.subarray(0, encodedPrefix.length).equals(encodedPrefix)
        const notBefore = Buffer.compare(encoded, indexSortBytes(binary(prefix))) >= 0
        expect(begins && notBefore).toBe(value.subarray(0, prefix.length).equals(prefix))
      }),
      { numRuns: 2000 },
    )
  })

  test('ends where the next begins: no two lists of values give one key', () => {
    fc.assert(
      fc.property(shortBytes, shortBytes, shortBytes, shortBytes, (a1, a2, b1, b2) => {
        const a = Buffer.concat([indexSortBytes(binary(a1)), indexSortBytes(binary(a2))])
        const b = Buffer.concat([indexSortBytes(binary(b1)), indexSortBytes(binary(b2))])
        expect(Buffer.compare(a, b)).toBe(Buffer.compare(a1, b1) || Buffer.compare(a2, b2))
      }),
    )
  })

  test('keeps the order of numbers', () => {
    const number = fc.integer().map(String)
    fc.assert(
      fc.property(number, number, (a, b) => {
        expect(Math.sign(Buffer.compare(indexSortBytes({ N: a }), indexSortBytes({ N: b })))).toBe(Math.sign(compareNumbers(a, b)))
      }),
    )
  })
})

describe('the index key of an item', () => {
  const place = { country: { S: 'CH' }, town: { S: 'Bern' }, people: { N: '134000' } }

  test('begins with its partition', () => {
    const key = encodeIndexKey(index, place, itemKey)
    const prefix = indexPartitionPrefix([{ S: 'CH' }])
    expect(key).toBeInstanceOf(Uint8Array)
    expect(Buffer.from(key as Uint8Array).subarray(0, prefix.length)).toEqual(Buffer.from(prefix))
  })

  test('tells items of one index key apart', () => {
    expect(encodeIndexKey(index, place, itemKey)).not.toEqual(encodeIndexKey(index, place, Buffer.from('another')))
  })

  test('does not exist when an attribute is missing', () => {
    expect(encodeIndexKey(index, { country: { S: 'CH' }, people: { N: '1' } }, itemKey)).toBeUndefined()
  })

  test('is refused for an attribute of another type, and for an empty one', () => {
    expect(encodeIndexKey(index, { ...place, people: { S: 'many' } }, itemKey)).toMatchObject({
      invalid: 'One or more parameter values were invalid: Type mismatch for Index Key people Expected: N Actual: S IndexName: by-place',
    })
    expect(encodeIndexKey(index, { ...place, town: { S: '' } }, itemKey)).toMatchObject({
      invalid: expect.stringContaining('cannot contain an empty string value. IndexName: by-place, IndexKey: town') as string,
    })
  })

  test('fits a store with values of full size', () => {
    const key = encodeIndexKey(index, { country: { S: 'c'.repeat(2048) }, town: { S: 't'.repeat(1000) }, people: { N: '1' } }, itemKey)
    expect((key as Uint8Array).length).toBeLessThan(4000)
    expect(encodeIndexKey(index, { ...place, town: { S: 't'.repeat(1024) } }, itemKey)).toMatchObject({
      invalid: expect.any(String) as string,
    })
  })

  test('of several partition attributes keeps them apart', () => {
    expect(indexPartitionPrefix([{ S: 'a' }, { S: 'bc' }])).not.toEqual(indexPartitionPrefix([{ S: 'ab' }, { S: 'c' }]))
  })
})
