import type { Point } from '../../telemetry/series.ts'
import { standardUnits } from './metric-units.ts'
import { invalidNextToken, validationError } from './monitoring-error.ts'
import type { MetricInput, MonitoringContext, Output } from './operation.ts'
import { Timestamp, dimensionsShape, metricNameShape, monitoringOperation, namespaceShape, seriesMeant } from './operation.ts'
import type { Statistic } from './statistic.ts'
import { statisticNamed } from './statistic.ts'
import { placeIn, tokenFor } from './next-token.ts'
import { periodProblem, roundedStart, timesProblem } from './times.ts'

interface Input {
  readonly MetricDataQueries: readonly Query[]
  readonly StartTime: number
  readonly EndTime: number
  readonly NextToken?: string
  readonly ScanBy?: 'TimestampDescending' | 'TimestampAscending'
  readonly MaxDatapoints?: number
}

interface Query {
  readonly Id: string
  readonly MetricStat?: MetricStat
  readonly Expression?: string
  readonly Label?: string
  readonly ReturnData?: boolean
}

interface MetricStat {
  readonly Metric: Omit<MetricInput, 'Unit'>
  readonly Period: number
  readonly Stat: string
  readonly Unit?: string
}

/** Metrics by themselves. Metric math and Metrics Insights are refused by name. */
export const getMetricData = monitoringOperation<Input>({
  input: {
    kind: 'structure',
    members: {
      MetricDataQueries: {
        kind: 'list',
        most: 500,
        of: {
          kind: 'structure',
          members: {
            Id: { kind: 'string', longest: 255 },
            MetricStat: {
              kind: 'structure',
              members: {
                Metric: {
                  kind: 'structure',
                  members: { Namespace: namespaceShape, MetricName: metricNameShape, Dimensions: dimensionsShape },
                },
                Period: { kind: 'integer', least: 1 },
                Stat: { kind: 'string' },
                Unit: { kind: 'string', choices: standardUnits },
              },
              required: ['Metric', 'Period', 'Stat'],
            },
            Expression: { kind: 'string', longest: 2048 },
            Label: { kind: 'string' },
            ReturnData: { kind: 'boolean' },
          },
          required: ['Id'],
        },
      },
      StartTime: { kind: 'timestamp' },
      EndTime: { kind: 'timestamp' },
      NextToken: { kind: 'string' },
      ScanBy: { kind: 'string', choices: ['TimestampDescending', 'TimestampAscending'] },
      MaxDatapoints: { kind: 'integer', least: 1 },
    },
    required: ['MetricDataQueries', 'StartTime', 'EndTime'],
  },
  refuse: (findings) => validationError(findings.map(({ message }) => message)),
  run(context, input) {
    const problems = problemsOf(input)
    if (problems.length > 0) return validationError(problems)
    const after = input.NextToken === undefined ? 0 : placeIn(input.NextToken, 10)
    if (after === undefined) return invalidNextToken
    const pages = new Paging(after, input.MaxDatapoints ?? pointsMax)
    const results: Output[] = []
    for (const query of input.MetricDataQueries) {
      if (query.MetricStat === undefined || query.ReturnData === false) continue
      const points = pointsOf(context, input, query.MetricStat)
      const ordered = input.ScanBy === 'TimestampAscending' ? points : points.toReversed()
      const { page, isWhole } = pages.take(ordered)
      results.push({
        Id: query.Id,
        Label: query.Label ?? query.MetricStat.Metric.MetricName ?? '',
        Timestamps: page.map(({ atMs }) => new Timestamp(atMs)),
        Values: page.map(({ value }) => value),
        StatusCode: isWhole ? 'Complete' : 'PartialData',
      })
    }
    return { MetricDataResults: results, NextToken: pages.next(), Messages: [] }
  },
})

const pointsMax = 100_800

/** Paths are those of the Query protocol, whatever the protocol (texts quoted in issue threads, but for those of expressions, which are our own). */
function problemsOf({ MetricDataQueries: queries, StartTime, EndTime }: Input): readonly string[] {
  const problems: string[] = []
  const times = timesProblem(StartTime, EndTime)
  if (times !== undefined) problems.push(times)
  if (queries.length === 0) problems.push('The parameter MetricDataQueries is required.')
  const ids = new Set<string>()
  for (const [at, { Id, MetricStat: stat, Expression }] of queries.entries()) {
    const path = `MetricDataQueries.member.${at + 1}`
    if (!idPattern.test(Id))
      problems.push(`The value ${Id} for parameter ${path}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`)
    if (ids.has(Id)) problems.push(`The values for parameter id in MetricDataQueries are not unique.`)
    ids.add(Id)
    if (Expression !== undefined)
      problems.push(`The parameter ${path}.Expression is not supported by everywrite: ask for the metrics by themselves.`)
    else if (stat === undefined) problems.push(`The parameter ${path}.MetricStat or ${path}.Expression is required.`)
    else {
      const { Metric: metric, Period, Stat } = stat
      if (metric.Namespace === undefined) problems.push(`The parameter ${path}.MetricStat.Metric.Namespace is required.`)
      if (metric.MetricName === undefined) problems.push(`The parameter ${path}.MetricStat.Metric.MetricName is required.`)
      if (statisticNamed(Stat) === undefined)
        problems.push(`The value ${Stat} for parameter ${path}.MetricStat.Stat is not a valid statistic.`)
      const period = periodProblem(`${path}.MetricStat.Period`, Period)
      if (period !== undefined) problems.push(period)
    }
  }
  return problems
}

const idPattern = /^[a-z][a-zA-Z0-9_]*$/

interface Valued {
  readonly atMs: number
  readonly value: number
}

function pointsOf(
  context: MonitoringContext,
  { StartTime, EndTime }: Input,
  { Metric, Period, Stat, Unit }: MetricStat,
): readonly Valued[] {
  const { nowMs } = context
  const series = seriesMeant(context, { ...Metric, Unit })
  const statistic = statisticNamed(Stat)
  if (series === undefined || statistic === undefined) return []
  return series.read(roundedStart(StartTime, nowMs), EndTime, Period * 1000, nowMs).flatMap((point) => valueOf(point, statistic))
}

function valueOf(point: Point, statistic: Statistic): readonly Valued[] {
  const value = statistic(point)
  return value === undefined ? [] : [{ atMs: point.startMs, value }]
}

/** So many points in a page, whatever metric they are of; a token says how many came before. */
class Paging {
  #skip: number
  #left: number
  readonly #after: number
  readonly #pageMax: number
  #more = false

  constructor(after: number, pageMax: number) {
    this.#skip = after
    this.#after = after
    this.#left = pageMax
    this.#pageMax = pageMax
  }

  take(points: readonly Valued[]): { readonly page: readonly Valued[]; readonly isWhole: boolean } {
    const skipped = Math.min(this.#skip, points.length)
    this.#skip -= skipped
    const page = points.slice(skipped, skipped + this.#left)
    this.#left -= page.length
    const isWhole = skipped + page.length === points.length
    if (!isWhole) this.#more = true
    return { page, isWhole }
  }

  next(): string | undefined {
    return this.#more ? tokenFor(this.#after + this.#pageMax) : undefined
  }
}
