import { describe, expect, it } from 'vitest'
import { seededRandom } from '../base/random.ts'
import type { RequestFault } from './fault.ts'
import { disturbanceBy } from './request-faults.ts'

const [region, any] = ['us-east-1', { table: undefined, operation: undefined, rate: 1 }]
const request = { region, operation: 'PutItem', tables: () => new Set(['users']) }
const dice = seededRandom(1)

function end(fault: RequestFault, of = request): string | undefined {
  return disturbanceBy([fault], of, dice)?.end
}

describe('a fault of requests', () => {
  it('is for the requests of its Region, table and operation, of every account', () => {
    const throttle = { kind: 'throttle', region, ...any } as const
    expect(end(throttle)).toBe('throttled')
    expect(end(throttle, { ...request, region: 'us-east-1.111122223333' })).toBe('throttled')
    expect(end(throttle, { ...request, region: 'us-west-2' })).toBeUndefined()
    expect(end({ ...throttle, table: 'users', operation: 'PutItem' })).toBe('throttled')
    expect(end({ ...throttle, table: 'orders' })).toBeUndefined()
    expect(end({ ...throttle, operation: 'GetItem' })).toBeUndefined()
  })

  it('is for as many of them as it says', () => {
    const faults: RequestFault[] = [{ kind: 'error', region, ...any, rate: 0.1, applied: true }]
    const ends = Array.from({ length: 10_000 }, () => disturbanceBy(faults, request, dice)?.end)
    expect(ends.filter((each) => each === 'unanswered').length).toBeGreaterThan(900)
    expect(ends.filter((each) => each === 'unanswered').length).toBeLessThan(1100)
    expect(ends).toContain(undefined)
  })

  it('delays by a distribution with that median and that 99th percentile, and adds to other faults', () => {
    const faults: RequestFault[] = [
      { kind: 'slow', region, ...any, p50Ms: 20, p99Ms: 200 },
      { kind: 'error', region, ...any, applied: false },
    ]
    const delays = Array.from({ length: 20_000 }, () => {
      const disturbance = disturbanceBy(faults, request, dice)
      expect(disturbance?.end).toBe('failed')
      return disturbance?.delayMs ?? 0
    }).sort((a, b) => a - b)
    expect(delays[10_000]).toBeGreaterThan(18)
    expect(delays[10_000]).toBeLessThan(22)
    expect(delays[19_800]).toBeGreaterThan(160)
    expect(delays[19_800]).toBeLessThan(240)
  })
})
