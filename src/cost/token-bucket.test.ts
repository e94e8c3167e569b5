import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

test('begins with what five minutes bring, and lets in until that is used up', () => {
  const bucket = new TokenBucket(2, 300, 0)
  for (let taken = 0; taken < 600; taken++) {
    expect(bucket.admits(0)).toBe(true)
    bucket.take(1)
  }
  expect(bucket.admits(0)).toBe(false)
  expect(bucket.admits(1)).toBe(true)
})

test('a debt is paid before the next is let in', () => {
  const bucket = new TokenBucket(10, 1, 0)
  bucket.take(30)
  expect(bucket.admits(2000)).toBe(false)
  expect(bucket.admits(2001)).toBe(true)
})

test('requests that overlap bring nothing twice', () => {
  const bucket = new TokenBucket(10, 1, 5000)
  bucket.take(11)
  for (let asked = 0; asked < 50; asked++) {
    expect(bucket.admits(4990)).toBe(false)
    expect(bucket.admits(5010)).toBe(false)
  }
  expect(bucket.admits(5101)).toBe(true)
})

test('a clock that was set back brings nothing, and goes on from where it is', () => {
  const bucket = new TokenBucket(10, 1, 500_000)
  bucket.take(20)
  expect(bucket.admits(0)).toBe(false)
  expect(bucket.admits(1001)).toBe(true)
})

test('a higher rate counts from then on, a lower one limits what was saved', () => {
  const bucket = new TokenBucket(10, 10, 0)
  bucket.setRate(1, 0)
  bucket.take(10)
  expect(bucket.admits(0)).toBe(false)
  bucket.setRate(1000, 0)
  expect(bucket.admits(1)).toBe(true)
})

test('never lets in more than was saved and came in, but for the last request', () => {
  const step = fc.record({ waitMs: fc.integer({ min: 0, max: 3000 }), units: fc.integer({ min: 1, max: 20 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const [rate, burstS] = [5, 10]
      const bucket = new TokenBucket(rate, burstS, 0)
      let [nowMs, taken] = [0, 0]
      for (const { waitMs, units } of steps) {
        nowMs += waitMs
        if (!bucket.admits(nowMs)) continue
        bucket.take(units)
        taken += units
        expect(taken).toBeLessThan(rate * burstS + (rate * nowMs) / 1000 + 20)
      }
    }),
  )
})
