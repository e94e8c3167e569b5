import type { MetricStore } from '../telemetry/metric-store.ts'
import type { Series } from '../telemetry/series.ts'

/** The metrics of one table of one Region: found by name once, and held for the requests after it. */
export class TableMetrics {
  readonly #store: MetricStore
  readonly #region: string
  readonly #table: string
  readonly #seriesByName = new Map<string, Series>()

  constructor(store: MetricStore, region: string, table: string) {
    this.#store = store
    this.#region = region
    this.#table = table
  }

  ofTable(metric: TableMetric): Series {
    return this.#series(metric, metric)
  }

  ofIndex(metric: TableMetric, index: string): Series {
    return this.#series(`${metric}/i/${index}`, metric, { GlobalSecondaryIndexName: index })
  }

  /** @param index undefined: of the table itself */
  of(metric: TableMetric, index: string | undefined): Series {
    return index === undefined ? this.ofTable(metric) : this.ofIndex(metric, index)
  }

  ofSource(metric: 'ConsumedWriteCapacityUnits', source: string, index: string | undefined): Series {
    const dimensions = index === undefined ? { Source: source } : { GlobalSecondaryIndexName: index, Source: source }
    return this.#series(`${metric}/s/${source}/${index ?? ''}`, metric, dimensions)
  }

  ofOperation(metric: OperationMetric, operation: string): Series {
    // Names that are put together have to be hashed anew for each request; this one is for every request.
    if (metric !== 'SuccessfulRequestLatency') return this.#series(`${metric}/o/${operation}`, metric, { Operation: operation })
    return this.#series(operation, metric, { Operation: operation }, true)
  }

  ofStream(metric: OperationMetric, operation: string, label: string): Series {
    const spreads = metric === 'SuccessfulRequestLatency'
    return this.#series(`${metric}/l/${label}/${operation}`, metric, { Operation: operation, StreamLabel: label }, spreads)
  }

  towards(metric: 'ReplicationLatency', receiving: string): Series {
    return this.#series(`${metric}/r/${receiving}`, metric, { ReceivingRegion: receiving }, true)
  }

  #series(name: string, metric: string, more?: Readonly<Record<string, string>>, spreads = false): Series {
    const known = this.#seriesByName.get(name)
    if (known?.live === true) return known
    const series = this.#store.series(this.#region, metric, { TableName: this.#table, ...more }, spreads)
    this.#seriesByName.set(name, series)
    return series
  }
}

export type TableMetric =
  | 'ConsumedReadCapacityUnits'
  | 'ConsumedWriteCapacityUnits'
  | 'ProvisionedReadCapacityUnits'
  | 'ProvisionedWriteCapacityUnits'
  | 'OnDemandMaxReadRequestUnits'
  | 'OnDemandMaxWriteRequestUnits'
  | 'ReadThrottleEvents'
  | 'WriteThrottleEvents'
  | 'ReadProvisionedThroughputThrottleEvents'
  | 'WriteProvisionedThroughputThrottleEvents'
  | 'ReadMaxOnDemandThroughputThrottleEvents'
  | 'WriteMaxOnDemandThroughputThrottleEvents'
  | 'ConditionalCheckFailedRequests'
  | 'TransactionConflict'
  | 'TimeToLiveDeletedItemCount'

export type OperationMetric =
  'SuccessfulRequestLatency' | 'ReturnedItemCount' | 'ReturnedRecordsCount' | 'ReturnedBytes' | 'ThrottledRequests' | 'SystemErrors'
