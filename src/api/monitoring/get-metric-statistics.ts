import type { Point } from '../../telemetry/series.ts'
import { standardUnits, unitOf } from './metric-units.ts'
import { invalidCombination, invalidValue, missingParameter } from './monitoring-error.ts'
import type { DimensionInput, Output } from './operation.ts'
import { EntryMap, Timestamp, dimensionsShape, metricNameShape, monitoringOperation, namespaceShape, seriesMeant } from './operation.ts'
import { percentileNamed, plainStatistics } from './statistic.ts'
import { asInvalid, periodProblem, roundedStart, timesProblem } from './times.ts'

interface Input {
  readonly Namespace: string
  readonly MetricName: string
  readonly Dimensions?: readonly DimensionInput[]
  readonly StartTime: number
  readonly EndTime: number
  readonly Period: number
  readonly Statistics?: readonly string[]
  readonly ExtendedStatistics?: readonly string[]
  readonly Unit?: string
}

export const getMetricStatistics = monitoringOperation<Input>({
  input: {
    kind: 'structure',
    members: {
      Namespace: namespaceShape,
      MetricName: metricNameShape,
      Dimensions: dimensionsShape,
      StartTime: { kind: 'timestamp' },
      EndTime: { kind: 'timestamp' },
      Period: { kind: 'integer', least: 1 },
      Statistics: { kind: 'list', of: { kind: 'string', choices: Object.keys(plainStatistics) }, most: 5 },
      ExtendedStatistics: { kind: 'list', of: { kind: 'string' }, most: 10 },
      Unit: { kind: 'string', choices: standardUnits },
    },
    required: ['Namespace', 'MetricName', 'StartTime', 'EndTime', 'Period'],
  },
  refuse(findings) {
    const first = findings.find(({ kind }) => kind === 'missing') ?? findings[0]
    return first?.kind === 'missing' ? missingParameter(first.message) : invalidValue(first?.message ?? '')
  },
  run(context, input) {
    const { nowMs } = context
    const { Statistics = [], ExtendedStatistics = [], Period, StartTime, EndTime, MetricName } = input
    if (Statistics.length === 0 && ExtendedStatistics.length === 0)
      return missingParameter('At least one of the parameters Statistics and ExtendedStatistics must be specified.')
    // The text is a guess.
    if (Statistics.length > 0 && ExtendedStatistics.length > 0)
      return invalidCombination('The parameters Statistics and ExtendedStatistics must not be specified together.')
    const odd = ExtendedStatistics.find((name) => percentileNamed(name) === undefined)
    if (odd !== undefined) return invalidValue(`The value ${odd} for parameter ExtendedStatistics is not supported.`)
    const problem = asInvalid(timesProblem(StartTime, EndTime) ?? periodProblem('Period', Period))
    if (problem !== undefined) return problem
    const startMs = roundedStart(StartTime, nowMs)
    const points = Math.ceil((EndTime - startMs) / (Period * 1000))
    if (points > pointsMax) return invalidCombination(tooMany(points))
    const found = seriesMeant(context, input)?.read(startMs, EndTime, Period * 1000, nowMs) ?? []
    const unit = unitOf(MetricName)
    return { Label: MetricName, Datapoints: found.flatMap((point) => datapoint(point, Statistics, ExtendedStatistics, unit)) }
  },
})

const pointsMax = 1440

function tooMany(points: number): string {
  return (
    `You have requested up to ${points.toLocaleString('en')} datapoints, which exceeds the limit of ${pointsMax.toLocaleString('en')}. ` +
    'You may reduce the datapoints requested by increasing Period, or decreasing the time range.'
  )
}

/** Nothing when none of its percentiles is known. */
function datapoint(point: Point, statistics: readonly string[], extended: readonly string[], unit: string): readonly Output[] {
  const values = Object.fromEntries(statistics.map((name) => [name, plainStatistics[name]?.(point)]))
  const percentiles: Record<string, number> = {}
  for (const name of extended) {
    const value = percentileNamed(name)?.(point)
    if (value !== undefined) percentiles[name] = value
  }
  if (extended.length > 0 && Object.keys(percentiles).length === 0) return []
  const more = extended.length === 0 ? {} : { ExtendedStatistics: new EntryMap(percentiles) }
  return [{ Timestamp: new Timestamp(point.startMs), ...values, Unit: unit, ...more }]
}
