import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AttributeValue } from './attribute-value.ts'
import { attributeSizeBytes, itemSizeBytes, numberSizeBytes, utf8SizeBytes } from './item-size.ts'

test.each([
  ['0', 1],
  ['1', 2],
  ['12', 2],
  ['123', 3],
  ['100', 2],
  ['1.5', 3],
  ['3.14159', 5],
  ['-42', 3],
  ['12345678901234567890123456789012345678', 20],
  ['0.5', 2],
  ['0.0001', 2],
  ['-0.001', 3],
  ['1.001', 4],
  ['1000.5', 4],
  ['1' + '0'.repeat(125), 2],
])('the number %s counts %i bytes', (normal, sizeBytes) => {
  expect(numberSizeBytes(normal)).toBe(sizeBytes)
})

const sizes: [AttributeValue, number][] = [
  [{ S: '' }, 0],
  [{ S: 'abc' }, 3],
  [{ S: 'é€😀' }, 9],
  [{ B: '' }, 0],
  [{ B: 'AA==' }, 1],
  [{ B: 'AAA=' }, 2],
  [{ B: 'AAAA' }, 3],
  [{ BOOL: false }, 1],
  [{ NULL: true }, 1],
  [{ L: [] }, 3],
  [{ L: [{ S: 'ab' }, { NULL: true }] }, 3 + (2 + 1) + (1 + 1)],
  [{ M: {} }, 3],
  [{ M: { name: { S: 'ab' } } }, 3 + 4 + 2 + 1],
  [{ SS: ['a', 'bcd'] }, 4],
  [{ NS: ['1', '123'] }, 5],
  [{ BS: ['AA==', 'AAAA'] }, 4],
]

test.each(sizes)('%j counts %i bytes', (value, sizeBytes) => {
  expect(attributeSizeBytes(value)).toBe(sizeBytes)
})

test('an item counts its names and its values and nothing else', () => {
  expect(itemSizeBytes({})).toBe(0)
  expect(itemSizeBytes({ id: { S: 'abc' }, größe: { N: '123' } })).toBe(2 + 3 + 7 + 3)
})

test('the length of a text is that of its UTF-8, short or long', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(utf8SizeBytes(text)).toBe(Buffer.from(text).length)
    }),
  )
})
