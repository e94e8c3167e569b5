import type { ActiveFault, Fault, FaultKind, RequestScope } from '../world/fault.ts'
import { Rejection } from './reply.ts'
import type { FaultBody, FaultReport } from './wire.ts'

/** Faults as JSON: from untrusted text to a fault of the world, and back. */

/** @param regions the Regions that there are */
export function parseFault(json: unknown, regions: readonly string[]): Fault {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Rejection(400, 'A fault is a JSON object with a kind.')
  const fields = new Fields(new Map(Object.entries(json)), regions)
  const fault: Fault = { ...kindIn(fields), durationMs: fields.optionalNumber('durationMs', { from: 1, to: msMax }) }
  fields.assertAllRead()
  return fault
}

export function reportFault({ id, fault, sinceMs }: ActiveFault): FaultReport {
  return { id, ...reportFaultBody(fault), since: new Date(sinceMs).toISOString() }
}

export function reportFaultBody({ durationMs, ...kind }: Fault): FaultBody {
  return durationMs === undefined ? kind : { ...kind, durationMs }
}

const kinds = ['partition', 'pause', 'latency', 'skew', 'outage', 'crash', 'throttle', 'error', 'slow', 'index-lag', 'stale'] as const

/** The longest that a timer can wait. */
const msMax = 2 ** 31 - 1
/** What changes meanwhile is kept, so reads cannot lag by any time. */
const readLag: Bounds = { from: 0, to: 15 * 60 * 1000 }
const tenYearsMs = 10 * 365 * 24 * 3600 * 1000

function kindIn(fields: Fields): FaultKind {
  const kind = fields.take('kind')
  switch (kind) {
    case 'partition': {
      const between = fields.take('between')
      if (!Array.isArray(between) || between.length !== 2) throw new Rejection(400, 'between must be a list of two Regions.')
      const [a, b] = [fields.asRegion('between', between[0]), fields.asRegion('between', between[1])]
      if (a === b) throw new Rejection(400, `between must name two different Regions; both are ${a}.`)
      return { kind, between: [a, b] }
    }
    case 'latency': {
      const [from, to] = [fields.region('from'), fields.region('to')]
      if (from === to) throw new Rejection(400, `from and to must be different Regions; both are ${from}.`)
      const delay = { from: 0, to: msMax }
      return { kind, from, to, ms: fields.number('ms', delay), jitterMs: fields.optionalNumber('jitterMs', delay) ?? 0 }
    }
    case 'skew': {
      const driftPpm = fields.optionalNumber('driftPpm', { from: -1_000_000, to: 1_000_000 }) ?? 0
      return { kind, region: fields.region('region'), ms: fields.number('ms', { from: -tenYearsMs, to: tenYearsMs }), driftPpm }
    }
    case 'pause':
      return { kind, region: fields.region('region'), table: fields.optionalText('table') }
    case 'outage':
    case 'crash':
      return { kind, region: fields.region('region') }
    case 'throttle':
      return { kind, ...requestsIn(fields) }
    case 'error':
      return { kind, ...requestsIn(fields), applied: fields.optionalBoolean('applied') ?? false }
    case 'slow': {
      const [p50Ms, p99] = [fields.number('p50Ms', { from: 0, to: msMax }), fields.optionalNumber('p99Ms', { from: 0, to: msMax })]
      const p99Ms = p99 ?? p50Ms
      if (p99Ms < p50Ms) throw new Rejection(400, `p99Ms must not be below p50Ms; they are ${p99Ms} and ${p50Ms}.`)
      return { kind, ...requestsIn(fields), p50Ms, p99Ms }
    }
    case 'index-lag':
      return {
        kind,
        region: fields.region('region'),
        table: fields.optionalText('table'),
        index: fields.optionalText('index'),
        ms: fields.number('ms', readLag),
      }
    case 'stale':
      return {
        kind,
        region: fields.region('region'),
        table: fields.optionalText('table'),
        ms: fields.number('ms', readLag),
        jitterMs: fields.optionalNumber('jitterMs', readLag) ?? 0,
        rate: fields.optionalNumber('rate', { from: 0, to: 1 }) ?? 1,
        seed: fields.optionalNumber('seed', { from: 0, to: 2 ** 32 - 1 }) ?? 1,
      }
    default:
      throw new Rejection(400, `kind must be one of ${kinds.join(', ')}${typeof kind === 'string' ? `; there is no ${kind}` : ''}.`)
  }
}

function requestsIn(fields: Fields): RequestScope {
  return {
    region: fields.region('region'),
    table: fields.optionalText('table'),
    operation: fields.optionalText('operation'),
    rate: fields.optionalNumber('rate', { from: 0, to: 1 }) ?? 1,
  }
}

interface Bounds {
  readonly from: number
  readonly to: number
}

/** The members of the object; each may be taken once, and none may be left. */
class Fields {
  readonly #fields: Map<string, unknown>
  readonly #regions: readonly string[]

  constructor(fields: Map<string, unknown>, regions: readonly string[]) {
    this.#fields = fields
    this.#regions = regions
  }

  take(name: string): unknown {
    const value = this.#fields.get(name)
    this.#fields.delete(name)
    return value
  }

  region(name: string): string {
    return this.asRegion(name, this.take(name))
  }

  asRegion(name: string, value: unknown): string {
    if (typeof value !== 'string') throw new Rejection(400, `${name} must name a Region.`)
    if (!this.#regions.includes(value)) {
      throw new Rejection(400, `There is no Region ${value} here. The Regions are ${this.#regions.join(', ')}.`)
    }
    return value
  }

  number(name: string, bounds: Bounds): number {
    const value = this.optionalNumber(name, bounds)
    if (value === undefined) throw new Rejection(400, `${name} is missing.`)
    return value
  }

  optionalNumber(name: string, { from, to }: Bounds): number | undefined {
    const value = this.take(name)
    if (value === undefined) return undefined
    if (typeof value !== 'number' || !(value >= from && value <= to)) {
      throw new Rejection(400, `${name} must be a number from ${from} to ${to}.`)
    }
    return value
  }

  optionalText(name: string): string | undefined {
    const value = this.take(name)
    if (value !== undefined && (typeof value !== 'string' || value === '')) throw new Rejection(400, `${name} must be a name.`)
    return value
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.take(name)
    if (value !== undefined && typeof value !== 'boolean') throw new Rejection(400, `${name} must be true or false.`)
    return value
  }

  assertAllRead(): void {
    const [stranger] = this.#fields.keys()
    if (stranger !== undefined) throw new Rejection(400, `This kind of fault has no ${stranger}.`)
  }
}
