import type { FaultSchedule, ScheduleStep } from '../world/fault-schedule.ts'
import { parseFault } from './fault-body.ts'
import { Rejection } from './reply.ts'

/** A schedule as JSON: from untrusted text to times and faults. Durations are milliseconds, or a number with ms, s, m or h behind it. */

/** @param regions the Regions that there are */
export function parseSchedule(json: unknown, regions: readonly string[]): FaultSchedule {
  const { seed = 1, steps, ...others } = objectOf(json, 'A schedule')
  refuseStrangers(others, 'A schedule')
  if (!Number.isSafeInteger(seed)) throw new Rejection(400, 'seed must be a whole number.')
  if (!Array.isArray(steps) || steps.length === 0) throw new Rejection(400, 'steps must be a list of at least one step.')
  const parsed = steps.map((step: unknown, index) => parseStep(step, `steps[${index}]`, regions))
  const count = parsed.reduce((sum, { times }) => sum + times, 0)
  if (count > faultsMax) throw new Rejection(400, `A schedule has at most ${faultsMax} faults; these steps make ${count}.`)
  return { seed: seed as number, steps: parsed }
}

const faultsMax = 10_000
const weekMs = 7 * 24 * 3600 * 1000

function parseStep(json: unknown, place: string, regions: readonly string[]): ScheduleStep {
  const { at, every, times, jitter, for: during, fault, ...others } = objectOf(json, place)
  refuseStrangers(others, place)
  const durationMs = during === undefined ? {} : { durationMs: parseDuration(during, `${place}.for`) }
  if (every === undefined && times !== undefined) throw new Rejection(400, `${place} has times, so it needs every.`)
  if (times !== undefined && !(Number.isSafeInteger(times) && (times as number) >= 1)) {
    throw new Rejection(400, `${place}.times must be a whole number from 1.`)
  }
  if (every !== undefined && times === undefined) throw new Rejection(400, `${place} has every, so it needs times.`)
  return {
    atMs: at === undefined ? 0 : parseDuration(at, `${place}.at`),
    everyMs: every === undefined ? 0 : parseDuration(every, `${place}.every`),
    times: (times as number | undefined) ?? 1,
    jitterMs: jitter === undefined ? 0 : parseDuration(jitter, `${place}.jitter`),
    fault: faultIn({ ...objectOf(fault, `${place}.fault`), ...durationMs }, place, regions),
  }
}

function faultIn(body: unknown, place: string, regions: readonly string[]): ScheduleStep['fault'] {
  try {
    return parseFault(body, regions)
  } catch (error) {
    if (error instanceof Rejection) throw new Rejection(error.status, `${place}.fault: ${error.message}`)
    throw error
  }
}

export function parseDuration(value: unknown, place: string): number {
  const [, digits = '', unit = 'ms'] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(String(value)) ?? []
  const ms = digits === '' ? Number.NaN : Number(digits) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit as 'ms' | 's' | 'm' | 'h']
  if (!(ms >= 0 && ms <= weekMs)) throw new Rejection(400, `${place} must be a duration up to a week, such as 1500, 10s, 2m or 1h.`)
  return ms
}

function objectOf(json: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Rejection(400, `${place} must be an object.`)
  return json as Readonly<Record<string, unknown>>
}

function refuseStrangers(others: Readonly<Record<string, unknown>>, place: string): void {
  const [stranger] = Object.keys(others)
  if (stranger !== undefined) throw new Rejection(400, `${place} has no ${stranger}.`)
}
