import type promClient from 'prom-client'
import type { MetricStore } from '../telemetry/metric-store.ts'

/** What of CloudWatch's metrics is a counter for Prometheus: a sum since the start, with the dimensions for labels. Those that print otherwise are not here. */
const counted: Readonly<Record<string, string>> = {
  ConsumedReadCapacityUnits: 'Read units consumed, by table, Region and global index.',
  ThrottledRequests: 'Requests that were throttled, by table, Region and operation.',
  ReadThrottleEvents: 'Reads that were throttled, by table, Region and global index; a request may be several.',
  WriteThrottleEvents: 'Writes that were throttled, by table, Region and global index; a request may be several.',
  UserErrors: 'Requests that were refused for what is wrong with them, by Region: not for conditions or throughput.',
  SystemErrors: 'Requests that failed here, by table, Region and operation.',
  ConditionalCheckFailedRequests: 'Writes whose condition did not hold, by table and Region.',
  TransactionConflict: 'Requests that met a transaction under way, item by item, by table and Region.',
  ReturnedItemCount: 'Items that queries, scans and statements returned, by table, Region and operation.',
  ReturnedRecordsCount: 'Stream records that were returned, by table, Region and stream.',
  ReturnedBytes: 'Bytes of stream records that were returned, by table, Region and stream.',
  TimeToLiveDeletedItemCount: 'Items that were deleted because they had expired, by table and the Region that did it.',
}

const labels = ['table', 'region', 'index', 'operation', 'stream']
const labelOfDimension: Readonly<Record<string, string>> = {
  TableName: 'table',
  GlobalSecondaryIndexName: 'index',
  Operation: 'operation',
  StreamLabel: 'stream',
}

/** Series of tables that are gone are left out. */
export function countMetrics(
  client: typeof promClient,
  registry: promClient.Registry,
  store: MetricStore,
  isTable: (region: string, name: string) => boolean,
): void {
  const counters = new Map<string, promClient.Counter>()
  for (const [metric, help] of Object.entries(counted)) {
    const name = `everywrite_${snakeCase(metric)}_total`
    counters.set(metric, new client.Counter({ name, help, labelNames: labels, registers: [registry] }))
  }
  for (const { id, sum } of store.all()) {
    const table = id.dimensions.find(({ name }) => name === 'TableName')?.value
    if (table !== undefined && !isTable(id.region, table)) continue
    const named = id.dimensions.flatMap(({ name, value }) => {
      const label = labelOfDimension[name]
      return label === undefined ? [] : [[label, value] as const]
    })
    counters.get(id.metric)?.inc({ region: id.region, ...Object.fromEntries(named) }, sum)
  }
}

function snakeCase(name: string): string {
  return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase()
}
