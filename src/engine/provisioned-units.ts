import type { Refusal } from './refusal.ts'
import { isRefusal, refuse } from './refusal.ts'
import type { IndexThroughput, Units } from './table.ts'

/**
 * How provisioned throughput may change, of a table or of an index, by whoever changes it. It is raised freely and lowered four times in a UTC day,
 * after that once an hour, so 27 times at most; the hour counts from the last time that it was lowered (observed on AWS, 2026-10).
 */
export function changeUnits<U extends IndexThroughput>(before: U, { readUnits, writeUnits }: Units, nowMs: number): U | Refusal {
  const increased = readUnits > before.readUnits || writeUnits > before.writeUnits
  const decreased = readUnits < before.readUnits || writeUnits < before.writeUnits
  if (!decreased) return { ...before, readUnits, writeUnits, lastIncreaseAtMs: increased ? nowMs : before.lastIncreaseAtMs }
  const refusal = decreaseProblem(before, nowMs)
  if (isRefusal(refusal)) return refusal
  return {
    ...before,
    readUnits,
    writeUnits,
    lastIncreaseAtMs: increased ? nowMs : before.lastIncreaseAtMs,
    lastDecreaseAtMs: nowMs,
    decreasesToday: decreasesOn(before, nowMs) + 1,
  }
}

/** How often the throughput was lowered on the UTC day of `nowMs`. */
export function decreasesOn({ lastDecreaseAtMs, decreasesToday = 0 }: IndexThroughput, nowMs: number): number {
  const sameDay = lastDecreaseAtMs !== undefined && Math.floor(lastDecreaseAtMs / DAY_MS) === Math.floor(nowMs / DAY_MS)
  return sameDay ? decreasesToday : 0
}

function decreaseProblem(before: IndexThroughput, nowMs: number): Refusal | undefined {
  const today = decreasesOn(before, nowMs)
  const last = before.lastDecreaseAtMs
  if (today < FREE_DECREASES || last === undefined) return undefined
  const midnightMs = (Math.floor(nowMs / DAY_MS) + 1) * DAY_MS
  const nextMs = Math.min(last + HOUR_MS, midnightMs)
  if (nowMs >= nextMs) return undefined
  return refuse(
    'limit-exceeded',
    'Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. ' +
      `After the first ${FREE_DECREASES} decreases, each subsequent decrease in the same UTC day can be performed at most once every 3600 seconds. ` +
      `Number of decreases today: ${today}. Last decrease at ${longTime(last)}. Next decrease can be made at ${longTime(nextMs)}`,
  )
}

const FREE_DECREASES = 4
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const format = new Intl.DateTimeFormat('en-US', { dateStyle: 'full', timeStyle: 'full', timeZone: 'UTC' })

/** `Friday, October 9, 2026 at 12:21:34 AM Coordinated Universal Time`, with plain spaces. */
function longTime(ms: number): string {
  return format.format(ms).replaceAll('\u202f', ' ')
}
