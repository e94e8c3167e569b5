import { expect, test } from 'vitest'
import { VirtualTime } from '../base/virtual-time.ts'
import { SkewedClock } from './skewed-clock.ts'

test('is ahead by its offset and gains its drift, from the moment it is set', async () => {
  const time = new VirtualTime()
  const clock = new SkewedClock(time, time)
  await time.advance(1_000)
  expect(clock.nowMs()).toBe(time.nowMs())
  clock.skew(5_000, 1_000)
  expect(clock.nowMs() - time.nowMs()).toBe(5_000)
  await time.advance(10_000)
  expect(clock.nowMs() - time.nowMs()).toBe(5_010)
  clock.skew(-90_000, 0)
  await time.advance(10_000)
  expect(clock.nowMs() - time.nowMs()).toBe(-90_000)
  expect(Number.isInteger(clock.nowMs())).toBe(true)
  clock.skew(0, 0)
  expect(clock.nowMs()).toBe(time.nowMs())
})
