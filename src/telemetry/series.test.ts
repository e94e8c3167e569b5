import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Distribution, mergePacked, percentile } from './distribution.ts'
import { MetricStore } from './metric-store.ts'
import { Series } from './series.ts'

const minute = 60_000
const id = { region: 'eu-west-1', metric: 'SuccessfulRequestLatency', dimensions: [] }

test('values of one minute are one point, with their number, sum and bounds; a period puts minutes together', () => {
  const series = new Series(id, false)
  const start = 1000 * 60 * minute
  for (const [value, at] of [
    [3, 0],
    [1, 59_999],
    [5, minute],
    [7, 3 * minute],
  ] as const)
    series.add(value, start + at)
  const now = start + 5 * minute
  expect(series.read(start, now, minute, now)).toMatchObject([
    { startMs: start, count: 2, sum: 4, minimum: 1, maximum: 3 },
    { startMs: start + minute, count: 1, sum: 5 },
    { startMs: start + 3 * minute, count: 1, sum: 7 },
  ])
  expect(series.read(start, now, 2 * minute, now)).toMatchObject([
    { startMs: start, count: 3, sum: 9, minimum: 1, maximum: 5 },
    { startMs: start + 2 * minute, count: 1 },
  ])
  expect(series.read(start + minute, start + 2 * minute, minute, now)).toMatchObject([{ count: 1, sum: 5 }])
})

test('what is older is kept in five minutes together, then in hours, and nothing is counted twice or lost for 15 days', () => {
  const series = new Series(id, false)
  const start = 480_000 * 60 * minute
  const days = 20
  for (let at = 0; at < days * 24 * 60; at++) series.add(1, start + at * minute)
  const now = start + days * 24 * 60 * minute
  const day = 24 * 60 * minute
  const counts = (fromMs: number, toMs: number, periodMs: number) => series.read(fromMs, toMs, periodMs, now).map(({ count }) => count)
  expect(counts(now - 2 * 60 * minute, now, minute)).toEqual(Array(120).fill(1))
  expect(counts(now - 10 * 60 * minute, now - 5 * 60 * minute, minute)).toEqual(Array(60).fill(5))
  expect(counts(now - 3 * day, now - 2 * day, minute)).toEqual(Array(24).fill(60))
  expect(counts(now - 14 * day, now, day)).toEqual(Array(14).fill(24 * 60))
  expect(counts(now - 20 * day, now - 16 * day, day)).toEqual([])
})

test('a clock that is set back adds to the minute that is open', () => {
  const series = new Series(id, false)
  series.add(1, 10 * minute)
  series.add(2, 5 * minute)
  expect(series.read(0, 20 * minute, minute, 20 * minute)).toMatchObject([{ startMs: 10 * minute, count: 2 }])
})

test('percentiles are off by less than a tenth, also of what was put together', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.001, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 0, max: 100 }),
      (values, percent) => {
        const [first, second] = [new Distribution(), new Distribution()]
        for (const [at, value] of values.entries()) (at % 3 === 0 ? first : second).add(value, 1)
        const packed = mergePacked(first.pack(), second.pack())
        if (packed === undefined) throw new Error('nothing was packed')
        const sorted = values.toSorted((a, b) => a - b)
        const exact = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0
        const found = percentile(packed, percent / 100, sorted[0] ?? 0, sorted.at(-1) ?? 0)
        expect(found / exact).toBeGreaterThan(1 / 1.11)
        expect(found / exact).toBeLessThan(1.11)
      },
    ),
  )
})

test('a store lets go of the series that was not added to for the longest time, and says so to whoever holds it', () => {
  const store = new MetricStore(2)
  const old = store.series('eu-west-1', 'UserErrors', {})
  old.add(1, minute)
  store.series('eu-west-1', 'SystemErrors', { TableName: 'a', Operation: 'PutItem' }).add(1, 2 * minute)
  store.series('us-east-1', 'UserErrors', {}).add(1, 3 * minute)
  expect(old.live).toBe(false)
  expect(store.find('eu-west-1', 'UserErrors', [])).toBeUndefined()
  const dimensions = [
    { name: 'TableName', value: 'a' },
    { name: 'Operation', value: 'PutItem' },
  ]
  expect(store.find('eu-west-1', 'SystemErrors', dimensions)?.sum).toBe(1)
})
