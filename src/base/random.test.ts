import { expect, test } from 'vitest'
import { chance, hex64, integerBelow, seededRandom, uuid } from './random.ts'

test('one seed gives one sequence, another seed another', () => {
  const draw = (seed: number): number[] => {
    const random = seededRandom(seed)
    return Array.from({ length: 5 }, () => random.uint32())
  }
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
})

test('draws are spread evenly', () => {
  const random = seededRandom(7)
  const counts = new Array<number>(10).fill(0)
  for (let draw = 0; draw < 100_000; draw++) {
    const bucket = integerBelow(random, 10)
    counts[bucket] = (counts[bucket] ?? 0) + 1
  }
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500)
  let heads = 0
  for (let draw = 0; draw < 100_000; draw++) if (chance(random, 0.25)) heads++
  expect(Math.abs(heads - 25_000)).toBeLessThan(700)
})

test('identifiers have their form', () => {
  const random = seededRandom(3)
  expect(hex64(random)).toMatch(/^[0-9a-f]{16}$/)
  expect(uuid(random)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
