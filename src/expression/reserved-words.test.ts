import { expect, test } from 'vitest'
import { isReservedWord, reservedWords } from './reserved-words.ts'

test('the list has the 573 words of the developer guide', () => {
  expect(reservedWords.size).toBe(573)
  for (const word of ['ABORT', 'SIZE', 'TTL', 'ZONE', 'FLATTERN']) expect(reservedWords.has(word)).toBe(true)
})

test('words are reserved in any case, and names that merely contain one are not', () => {
  expect(isReservedWord('name')).toBe(true)
  expect(isReservedWord('Name')).toBe(true)
  expect(isReservedWord('names_')).toBe(false)
  expect(isReservedWord('pk')).toBe(false)
})
