import { regionOf } from '../base/account-region.ts'
import type { Random } from '../base/random.ts'
import { chance, normal } from '../base/random.ts'
import type { RequestFault } from './fault.ts'

/** A request as faults look at it. */
export interface DisturbedRequest {
  readonly region: string
  readonly operation: string
  tables(): ReadonlySet<string>
}

export interface Disturbance {
  readonly delayMs: number
  readonly end: 'answered' | 'throttled' | 'failed' | 'unanswered'
}

/** What the faults do to a request: delays add up, and of the refusals the first counts. */
export function disturbanceBy(faults: Iterable<RequestFault>, request: DisturbedRequest, random: Random): Disturbance | undefined {
  let delayMs = 0
  let end: Disturbance['end'] = 'answered'
  for (const fault of faults) {
    if (!fits(fault, request) || !chance(random, fault.rate)) continue
    if (fault.kind === 'slow') delayMs += drawDelay(fault, random)
    else if (end === 'answered') end = fault.kind === 'throttle' ? 'throttled' : fault.applied ? 'unanswered' : 'failed'
  }
  return delayMs === 0 && end === 'answered' ? undefined : { delayMs, end }
}

function fits({ region, table, operation }: RequestFault, request: DisturbedRequest): boolean {
  if (region !== regionOf(request.region)) return false
  if (operation !== undefined && operation !== request.operation) return false
  return table === undefined || request.tables().has(table)
}

function drawDelay({ p50Ms, p99Ms }: { readonly p50Ms: number; readonly p99Ms: number }, random: Random): number {
  const sigma = p50Ms > 0 ? Math.log(Math.max(1, p99Ms / p50Ms)) / ninetyNinth : 0
  return p50Ms * Math.exp(sigma * normal(random))
}

/** 99 of a hundred draws from the standard normal distribution are below it. */
const ninetyNinth = 2.326
