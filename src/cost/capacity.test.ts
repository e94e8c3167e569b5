import { describe, expect, it } from 'vitest'
import { readUnits, writeUnits } from './capacity.ts'

describe('write units', () => {
  it.each([
    [0, 1],
    [1, 1],
    [1024, 1],
    [1025, 2],
    [1536, 2],
    [2048, 2],
    [409_600, 400],
  ])('a write of %i bytes costs %i', (sizeBytes, units) => {
    expect(writeUnits(sizeBytes)).toBe(units)
  })

  it('a transactional write of 1.5 KB costs four', () => {
    expect(writeUnits(1536, true)).toBe(4)
  })

  it('a batch rounds each item first', () => {
    expect(writeUnits(500) + writeUnits(3584)).toBe(5)
  })
})

describe('read units', () => {
  it.each([
    [0, 1],
    [1, 1],
    [4096, 1],
    [4097, 2],
    [41_780, 11],
  ])('a strong read of %i bytes costs %i, an eventual one half, a transactional one twice', (sizeBytes, units) => {
    expect(readUnits(sizeBytes, 'strong')).toBe(units)
    expect(readUnits(sizeBytes, 'eventual')).toBe(units / 2)
    expect(readUnits(sizeBytes, 'transactional')).toBe(units * 2)
  })
})
