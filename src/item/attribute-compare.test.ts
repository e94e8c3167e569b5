import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareText, compareValues, equalValues } from './attribute-compare.ts'
import type { AttributeValue } from './attribute-value.ts'

const unequal: AttributeValue[] = [
  { S: '1' },
  { S: '2' },
  { N: '1' },
  { B: 'AAAA' },
  { BOOL: true },
  { BOOL: false },
  { NULL: true },
  { M: {} },
  { M: { a: { S: '1' } } },
  { M: { b: { S: '1' } } },
  { M: { a: { S: '1' }, b: { S: '1' } } },
  { L: [] },
  { L: [{ S: '1' }, { S: '2' }] },
  { L: [{ S: '2' }, { S: '1' }] },
  { SS: ['1'] },
  { SS: ['1', '2'] },
  { SS: ['1', '3'] },
  { NS: ['1'] },
  { BS: ['AAAA'] },
]

test('values are equal to their copies and to no other value', () => {
  for (const a of unequal) {
    for (const b of unequal) expect(equalValues(a, structuredClone(b)), `${JSON.stringify(a)} ${JSON.stringify(b)}`).toBe(a === b)
  }
})

test('neither sets nor maps have an order, lists have', () => {
  expect(equalValues({ SS: ['a', 'b'] }, { SS: ['b', 'a'] })).toBe(true)
  expect(equalValues({ M: { x: { N: '1' }, y: { NS: ['1', '2'] } } }, { M: { y: { NS: ['2', '1'] }, x: { N: '1' } } })).toBe(true)
})

test('names that every object inherits are names like others', () => {
  expect(equalValues({ M: { constructor: { S: 'a' } } }, { M: { other: { S: 'a' } } })).toBe(false)
  const proto = JSON.parse('{"M":{"__proto__":{"S":"a"}}}') as AttributeValue
  expect(equalValues(proto, { M: { other: { S: 'a' } } })).toBe(false)
  expect(equalValues(proto, structuredClone({ M: {} }))).toBe(false)
  expect(equalValues(proto, JSON.parse('{"M":{"__proto__":{"S":"a"}}}') as AttributeValue)).toBe(true)
})

test('text is ordered by its UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (prefix, a, b) => {
      const order = Buffer.compare(Buffer.from(prefix + a), Buffer.from(prefix + b))
      expect(Math.sign(compareText(prefix + a, prefix + b))).toBe(order)
    }),
    { numRuns: 2000 },
  )
  expect('\u{1f600}' < '\uffff').toBe(true)
  expect(compareText('\u{1f600}', '\uffff')).toBeGreaterThan(0)
})

test('binary values are ordered by their bytes, not by their base64', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5 }), fc.uint8Array({ maxLength: 5 }), (a, b) => {
      const order = compareValues({ B: Buffer.from(a).toString('base64') }, { B: Buffer.from(b).toString('base64') })
      expect(order).toBe(Buffer.compare(a, b))
    }),
  )
})

test('numbers are ordered by value', () => {
  expect(compareValues({ N: '9' }, { N: '10' })).toBeLessThan(0)
  expect(compareValues({ N: '-9' }, { N: '-10' })).toBeGreaterThan(0)
  expect(compareValues({ N: '1.5' }, { N: '1.5' })).toBe(0)
})

test('what has no common order is not compared', () => {
  expect(compareValues({ S: '1' }, { N: '1' })).toBeUndefined()
  expect(compareValues({ BOOL: true }, { BOOL: true })).toBeUndefined()
  expect(compareValues({ SS: ['a'] }, { SS: ['a'] })).toBeUndefined()
})
