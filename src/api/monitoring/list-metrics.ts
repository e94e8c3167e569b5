import type { Series } from '../../telemetry/series.ts'
import { namespace } from './metric-units.ts'
import { invalidNextToken, invalidValue, missingParameter } from './monitoring-error.ts'
import { placeIn, tokenFor } from './next-token.ts'
import { dimensionFiltersShape, metricNameShape, metricOf, monitoringOperation, namespaceShape } from './operation.ts'

interface Input {
  readonly Namespace?: string
  readonly MetricName?: string
  readonly Dimensions?: readonly { readonly Name: string; readonly Value?: string }[]
  readonly NextToken?: string
  readonly RecentlyActive?: 'PT3H'
}

/** In pages of 500, in an order that stays as it is. */
export const listMetrics = monitoringOperation<Input>({
  input: {
    kind: 'structure',
    members: {
      Namespace: namespaceShape,
      MetricName: metricNameShape,
      Dimensions: dimensionFiltersShape,
      NextToken: { kind: 'string' },
      RecentlyActive: { kind: 'string', choices: ['PT3H'] },
    },
  },
  refuse: ([first]) => (first?.kind === 'missing' ? missingParameter(first.message) : invalidValue(first?.message ?? '')),
  run({ store, region, nowMs, maySee }, input) {
    const from = input.NextToken === undefined ? 0 : placeIn(input.NextToken, 7)
    if (from === undefined) return invalidNextToken
    const found: Series[] = []
    if (input.Namespace === undefined || input.Namespace === namespace) {
      for (const series of store.all())
        if (series.id.region === region && isMeant(series, input, nowMs) && maySee(series)) found.push(series)
    }
    const page = found
      .map((series) => ({ series, name: nameOf(series) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .slice(from, from + pageLength)
    const NextToken = from + pageLength < found.length ? tokenFor(from + pageLength) : undefined
    return { Metrics: page.map(({ series }) => metricOf(series, namespace)), NextToken }
  },
})

const pageLength = 500
const recentMs = 3 * 3_600_000

function isMeant({ id, lastMs }: Series, { MetricName, Dimensions = [], RecentlyActive }: Input, nowMs: number): boolean {
  if (MetricName !== undefined && id.metric !== MetricName) return false
  if (RecentlyActive !== undefined && lastMs < nowMs - recentMs) return false
  return Dimensions.every(({ Name, Value }) =>
    id.dimensions.some(({ name, value }) => name === Name && (Value === undefined || value === Value)),
  )
}

function nameOf({ id: { metric, dimensions } }: Series): string {
  return JSON.stringify([metric, dimensions])
}
