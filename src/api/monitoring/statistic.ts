import { percentile } from '../../telemetry/distribution.ts'
import type { Point } from '../../telemetry/series.ts'

/** A statistic by its name: the five that have one, and percentiles as `p99` or `p99.9`. Trimmed means and the like are not there. */
export type Statistic = (point: Point) => number | undefined

export const plainStatistics: Readonly<Record<string, (point: Point) => number>> = {
  SampleCount: ({ count }) => count,
  Average: ({ sum, count }) => sum / count,
  Sum: ({ sum }) => sum,
  Minimum: ({ minimum }) => minimum,
  Maximum: ({ maximum }) => maximum,
}

export function statisticNamed(name: string): Statistic | undefined {
  return Object.hasOwn(plainStatistics, name) ? plainStatistics[name] : percentileNamed(name)
}

export function percentileNamed(name: string): Statistic | undefined {
  const percent = /^p(\d{1,3}(?:\.\d{1,10})?)$/i.exec(name)?.[1]
  if (percent === undefined || Number(percent) > 100) return undefined
  return ({ distribution, minimum, maximum }) => {
    if (distribution !== undefined) return percentile(distribution, Number(percent) / 100, minimum, maximum)
    // What is known of by its sum and bounds alone has percentiles only when all values are alike (API reference, GetMetricStatistics).
    return minimum === maximum ? minimum : undefined
  }
}
