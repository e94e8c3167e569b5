import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HeavyHitters } from './heavy-hitters.ts'

test('few keys are counted exactly, the heaviest first', () => {
  const hitters = new HeavyHitters(4)
  for (const [key, weight] of [
    ['a', 1],
    ['b', 5],
    ['a', 1.5],
    ['c', 5],
  ] as const)
    hitters.add(key, weight)
  expect(hitters.top(2)).toEqual([
    { key: 'b', weight: 5, errorMax: 0 },
    { key: 'c', weight: 5, errorMax: 0 },
  ])
  expect(hitters.top(9)[2]).toEqual({ key: 'a', weight: 2.5, errorMax: 0 })
})

test('whatever comes, heavy keys are there, no weight is too low, and none too high by more than it says', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(30), fc.integer({ min: 1, max: 9 })), { maxLength: 400 }),
      fc.integer({ min: 1, max: 8 }),
      (adds, places) => {
        const hitters = new HeavyHitters(places)
        const exact = new Map<string, number>()
        let total = 0
        for (const [number, weight] of adds) {
          const key = String(number)
          hitters.add(key, weight)
          exact.set(key, (exact.get(key) ?? 0) + weight)
          total += weight
        }
        const top = hitters.top(Infinity)
        expect(top.length).toBeLessThanOrEqual(places)
        for (const { key, weight, errorMax } of top) {
          const was = exact.get(key) ?? 0
          expect(weight).toBeGreaterThanOrEqual(was)
          expect(weight - errorMax).toBeLessThanOrEqual(was)
        }
        const found = new Set(top.map(({ key }) => key))
        for (const [key, weight] of exact) if (weight > total / places) expect(found.has(key)).toBe(true)
      },
    ),
  )
})
