import { decimal, sum, zero } from './money.ts'
import type { Curve } from './usage.ts'
import { flatCurve, hoursPerDay } from './usage.ts'
import type { DailyCurve, Workload } from './workload.ts'

/** Shapes of a day, from its first hour on. What matters of them is how far the busiest hour stands above the mean: 2.1 and 2.5 times. */
const shapes: Readonly<Record<'working-day' | 'evening', readonly number[]>> = {
  'working-day': [2, 1, 1, 1, 1, 2, 4, 8, 14, 18, 20, 20, 18, 19, 20, 19, 17, 13, 8, 6, 4, 3, 3, 2],
  evening: [6, 3, 2, 1, 1, 1, 2, 4, 5, 6, 6, 7, 8, 8, 8, 9, 11, 14, 18, 21, 22, 20, 16, 10],
}

/** A Region's curve, with a mean of 1. */
export function curveOf({ dailyCurve, dailyCurves }: Pick<Workload, 'dailyCurve' | 'dailyCurves'>, region: string): Curve {
  return curveFrom(dailyCurves?.[region] ?? dailyCurve ?? 'flat')
}

export function curveFrom(curve: DailyCurve): Curve {
  if (curve === 'flat') return flatCurve
  const factors = (typeof curve === 'string' ? shapes[curve] : curve).map(decimal)
  const total = sum(factors)
  if (total.eq(zero)) return flatCurve
  return factors.map((factor) => factor.times(decimal(hoursPerDay)).div(total))
}
