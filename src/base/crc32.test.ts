import { expect, test } from 'vitest'
import { crc32, crc32ByTable } from './crc32.ts'

test('the check value of the standard, by both ways', () => {
  const bytes = Buffer.from('123456789')
  expect(crc32(bytes)).toBe(0xcbf43926)
  expect(crc32ByTable(bytes)).toBe(0xcbf43926)
})
