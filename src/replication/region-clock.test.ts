import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RegionClock, clockDriftMaxMs } from './region-clock.ts'
import { latest, millisecondsOf, timestampAt } from './timestamp.ts'

const epochMs = Date.UTC(2026, 0, 1)

function clockAt(mode: 'hlc' | 'wall') {
  const wall = { ms: epochMs, nowMs: () => wall.ms }
  return { wall, clock: new RegionClock(wall, mode) }
}

describe('timestamps', () => {
  test('are whole milliseconds and never negative', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 2 ** 47, noNaN: true }), (ms) => {
        expect(millisecondsOf(timestampAt(ms))).toBe(Math.max(0, Math.floor(ms)))
      }),
    )
    expect(latest(1n, 2n)).toBe(2n)
    expect(latest(2n, 1n)).toBe(2n)
  })

  test('REP-6 (F20): the counter carries into the milliseconds: 200,000 writes within one are all different and in order', () => {
    const { clock } = clockAt('hlc')
    let before = 0n
    for (let write = 0; write < 200_000; write++) {
      const now = clock.now()
      if (now <= before) expect(now).toBeGreaterThan(before)
      before = now
    }
    expect(millisecondsOf(before)).toBe(epochMs + 3)
  })
})

describe('hlc', () => {
  type Step =
    { readonly kind: 'step'; readonly ms: number } | { readonly kind: 'observe'; readonly aheadMs: number } | { readonly kind: 'write' }
  const steps: fc.Arbitrary<Step[]> = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('step' as const), ms: fc.integer({ min: -100_000, max: 100_000 }) }),
      fc.record({ kind: fc.constant('observe' as const), aheadMs: fc.integer({ min: -100_000, max: 10 ** 9 }) }),
      fc.record({ kind: fc.constant('write' as const) }),
    ),
    { maxLength: 60 },
  )

  test('REP-7: gives rising timestamps whatever its clock does and whatever arrives', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const { wall, clock } = clockAt('hlc')
        let last = 0n
        for (const step of history) {
          if (step.kind === 'step') wall.ms += step.ms
          else if (step.kind === 'observe') {
            const timestamp = timestampAt(wall.ms + step.aheadMs)
            clock.observe(timestamp)
            if (step.aheadMs <= clockDriftMaxMs) last = latest(last, timestamp)
          } else {
            const now = clock.now()
            expect(now).toBeGreaterThan(last)
            last = now
          }
        }
      }),
    )
  })

  test('REP-7 (F20): follows at most 60 s beyond its own clock, however far ahead another Region is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (aheadMs) => {
        const { wall, clock } = clockAt('hlc')
        const beyond = clock.observe(timestampAt(wall.ms + aheadMs))
        expect(millisecondsOf(clock.now()) - wall.ms).toBe(Math.min(aheadMs, clockDriftMaxMs))
        expect(beyond).toBe(aheadMs > clockDriftMaxMs ? aheadMs : 0)
        expect(clock.skewMs).toBe(aheadMs)
      }),
    )
  })
})

describe('wall', () => {
  test('REP-7: follows nobody, and goes back when its clock does', () => {
    const { wall, clock } = clockAt('wall')
    clock.observe(timestampAt(wall.ms + 30_000))
    expect(clock.now()).toBe(timestampAt(wall.ms))
    wall.ms -= 5_000
    expect(clock.now()).toBe(timestampAt(epochMs - 5_000))
    expect(clock.observe(timestampAt(wall.ms + 60_001))).toBe(60_001)
  })
})
