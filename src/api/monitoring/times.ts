import { invalidValue } from './monitoring-error.ts'
import type { MonitoringError } from './monitoring-error.ts'

const dayMs = 24 * 3_600_000

/** Rounded down as the API reference says: to the minute, five minutes behind 15 days, the hour behind 63. */
export function roundedStart(startMs: number, nowMs: number): number {
  const ageMs = nowMs - startMs
  const stepMs = ageMs < 15 * dayMs ? 60_000 : ageMs < 63 * dayMs ? 300_000 : 3_600_000
  return Math.floor(startMs / stepMs) * stepMs
}

/** The texts were observed (quoted in issue threads); the first one of them is a guess as to its case. */
export function timesProblem(startMs: number, endMs: number): string | undefined {
  if (startMs > endMs) return 'The parameter StartTime must be less than the parameter EndTime.'
  return startMs === endMs ? 'The parameter StartTime must not equal parameter EndTime.' : undefined
}

/** Metrics have a point each minute; finer ones are of metrics of high resolution only. The text is a guess. */
export function periodProblem(path: string, periodS: number): string | undefined {
  if (periodS % 60 === 0 || [1, 5, 10, 20, 30].includes(periodS)) return undefined
  return `The parameter ${path} must be 1, 5, 10, 20, 30 or a multiple of 60.`
}

export function asInvalid(problem: string | undefined): MonitoringError | undefined {
  return problem === undefined ? undefined : invalidValue(problem)
}
