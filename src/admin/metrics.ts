import { createRequire } from 'node:module'
import type promClient from 'prom-client'
import type { MetricStore } from '../telemetry/metric-store.ts'
import type { WriteMeter } from '../cost/write-meter.ts'
import type { World } from '../world/world.ts'
import type { RequestMeter, RequestSeries } from './request-meter.ts'
import { bucketsMs } from './request-meter.ts'
import { countMetrics } from './metric-counters.ts'
import { provisionedUnits } from './provisioned-units.ts'
import { stateOf } from './region-state.ts'
import { replicationOf } from './replication-state.ts'
import type { EventData, LinkState } from './wire.ts'

/**
 * Prometheus metrics. Where CloudWatch has a metric for DynamoDB, the name is CloudWatch's in snake case, with the unit last: ReplicationLatency,
 * PendingReplicationCount, AgeOfOldestUnreplicatedRecord, ConsumedWriteCapacityUnits, SuccessfulRequestLatency. What starts with the process, and what
 * belongs to a table that is gone, begins anew, as counters may. The library is loaded when somebody asks for the first time: a start need not wait for it.
 */
export class Metrics {
  readonly #world: World
  readonly #meter: RequestMeter
  readonly #writeMeter: WriteMeter
  readonly #residentBytes: () => number
  readonly #store: MetricStore
  readonly #conflictsByPlace = new Map<string, EventData['conflicts']>()

  constructor({ world, meter, writeMeter, residentBytes, metricStore }: MetricsOptions) {
    this.#world = world
    this.#meter = meter
    this.#writeMeter = writeMeter
    this.#residentBytes = residentBytes
    this.#store = metricStore
  }

  conflictsFound(data: EventData['conflicts']): void {
    const place = `${data.table} ${data.region} ${data.policy}`
    const before = this.#conflictsByPlace.get(place)?.found ?? 0
    this.#conflictsByPlace.set(place, { ...data, found: before + data.found })
  }

  async print(): Promise<{ readonly contentType: string; readonly text: string }> {
    const client = createRequire(import.meta.url)('prom-client') as typeof promClient
    const registry = new client.Registry()
    const gauges = new Gauges(client, registry)
    gauges.make('resident_memory_bytes', 'Resident memory size in bytes.', []).set(this.#residentBytes())
    this.#countRequests(client, registry)
    this.#countConflicts(client, registry)
    this.#countWriteUnits(client, registry)
    countMetrics(client, registry, this.#store, (region, table) => this.#world.region(region)?.running?.engine.table(table) !== undefined)
    await this.#measureReplication(gauges, registry)
    await this.#measureRegions(gauges)
    return { contentType: registry.contentType, text: await registry.metrics() }
  }

  #countRequests(client: typeof promClient, registry: promClient.Registry): void {
    const labelNames = ['operation', 'region', 'status']
    const help = 'Requests answered, by operation, Region and HTTP status.'
    const requests = new client.Counter({ name: 'everywrite_requests_total', help, labelNames, registers: [registry] })
    for (const { operation, region, status, count } of this.#meter.series()) requests.inc({ operation, region, status }, count)
    register(registry, latencyHistogram(this.#meter.series()))
  }

  #countConflicts(client: typeof promClient, registry: promClient.Registry): void {
    const help =
      'Writes that lost, by table, policy, and the Region that found them, since the start. Each Region that finds a loss counts it.'
    const labelNames = ['table', 'region', 'policy']
    const conflicts = new client.Counter({ name: 'everywrite_conflicts_total', help, labelNames, registers: [registry] })
    for (const { table, region, policy, found } of this.#conflictsByPlace.values()) conflicts.inc({ table, region, policy }, found)
  }

  #countWriteUnits(client: typeof promClient, registry: promClient.Registry): void {
    const help = 'Write units consumed, by table, Region, global index, and source: Customer (requests) or GlobalTable (replication).'
    const labelNames = ['table', 'region', 'index', 'source']
    const consumed = new client.Counter({ name: 'everywrite_consumed_write_capacity_units_total', help, labelNames, registers: [registry] })
    for (const { name: region, running } of this.#world.regions()) {
      for (const { name: table, id } of running?.engine.tables() ?? []) {
        for (const { index, source, units } of this.#writeMeter.unitsOf(id)) {
          consumed.inc({ table, region, ...(index === undefined ? {} : { index }), source }, units)
        }
      }
    }
  }

  async #measureReplication(gauges: Gauges, registry: promClient.Registry): Promise<void> {
    const direction = ['table', 'source_region', 'receiving_region']
    const pending = gauges.make('pending_replication_count', 'Changes that the receiving Region does not have yet.', direction)
    const age = gauges.make(
      'age_of_oldest_unreplicated_record_milliseconds',
      'How long ago the oldest change was committed that the receiving Region does not have yet; 0 when there is none.',
      direction,
    )
    const up = gauges.make('replication_link_up', '1 when messages get through and nothing is stalled.', direction)
    const skew = gauges.make(
      'clock_difference_milliseconds',
      'How far the clock of the source Region is ahead of that of the receiving one (negative: behind), both read at one moment.',
      ['source_region', 'receiving_region'],
    )
    const all: TableLink[] = []
    for (const { table, links } of await replicationOf(this.#world)) {
      for (const link of links) {
        const { from, to, state, pending: count, oldestPendingMs } = link
        const pair = { source_region: from, receiving_region: to }
        all.push({ ...link, labels: { table, ...pair } })
        if (count !== null) pending.set({ table, ...pair }, count)
        if (count !== null) age.set({ table, ...pair }, oldestPendingMs ?? 0)
        up.set({ table, ...pair }, state === 'up' ? 1 : 0)
        const [source, receiving] = [this.#world.region(from), this.#world.region(to)]
        if (source !== undefined && receiving !== undefined) skew.set(pair, Math.round(source.clock.offsetMs - receiving.clock.offsetMs))
      }
    }
    register(registry, replicationLatency(all))
  }

  async #measureRegions(gauges: Gauges): Promise<void> {
    const up = gauges.make('region_up', '1 when the Region runs and can be reached.', ['region'])
    const skew = gauges.make('clock_skew_milliseconds', "How far the Region's clock is ahead of the machine's.", ['region'])
    const items = gauges.make('item_count', 'Items that the replica shows.', ['table', 'region'])
    const bytes = gauges.make('table_size_bytes', "Size of the replica's items by DynamoDB's rules.", ['table', 'region'])
    const [readUnits, writeUnits] = (['read', 'write'] as const).map((kind) =>
      gauges.make(`provisioned_${kind}_capacity_units`, `Provisioned ${kind} units, of tables and global indexes that have them.`, [
        ...['table', 'region', 'index'],
      ]),
    )
    for (const node of this.#world.regions()) {
      const { name: region, status, clockOffsetMs } = stateOf(node)
      up.set({ region }, status === 'running' ? 1 : 0)
      skew.set({ region }, clockOffsetMs)
      const { running } = node
      for (const table of running?.engine.tables() ?? []) {
        if (running === undefined) continue
        const { itemCount, sizeBytes } = await running.engine.statistics(table)
        items.set({ table: table.name, region }, itemCount)
        bytes.set({ table: table.name, region }, sizeBytes)
        for (const { index, units } of provisionedUnits(table)) {
          const place = { table: table.name, region, ...(index === undefined ? {} : { index }) }
          readUnits?.set(place, units.readUnits)
          writeUnits?.set(place, units.writeUnits)
        }
      }
    }
  }
}

export interface MetricsOptions {
  readonly world: World
  readonly meter: RequestMeter
  readonly writeMeter: WriteMeter
  /** The memory that the process holds now. */
  readonly residentBytes: () => number
  /** What CloudWatch tells of. */
  readonly metricStore: MetricStore
}

class Gauges {
  readonly #client: typeof promClient
  readonly #registry: promClient.Registry

  constructor(client: typeof promClient, registry: promClient.Registry) {
    this.#client = client
    this.#registry = registry
  }

  make(name: string, help: string, labelNames: readonly string[]): promClient.Gauge {
    return new this.#client.Gauge({ name: `everywrite_${name}`, help, labelNames: [...labelNames], registers: [this.#registry] })
  }
}

/** The library keeps histograms and summaries that it fills itself only; it prints whatever answers `get` in its shape. */
interface OwnMetric {
  readonly name: string
  get(): Promise<unknown>
}

function register(registry: promClient.Registry, metric: OwnMetric): void {
  registry.registerMetric(metric as unknown as promClient.Metric)
}

interface OwnValue {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

interface TableLink extends LinkState {
  readonly labels: Readonly<Record<string, string>>
}

/** Quantiles over the last changes, as in CloudWatch's statistics; sum and count of all, so that an average can be taken over any time. */
function replicationLatency(links: readonly TableLink[]): OwnMetric {
  const name = 'everywrite_replication_latency_milliseconds'
  const values: OwnValue[] = []
  for (const { labels, received, lagSumMs, lagP50Ms, lagP99Ms, lagP999Ms } of links) {
    for (const [quantile, value] of [
      ['0.5', lagP50Ms],
      ['0.99', lagP99Ms],
      ['0.999', lagP999Ms],
    ] as const) {
      if (value !== null) values.push({ metricName: name, labels: { ...labels, quantile }, value })
    }
    values.push({ metricName: `${name}_sum`, labels, value: lagSumMs })
    values.push({ metricName: `${name}_count`, labels, value: received })
  }
  const help = 'From a commit in the source Region to being durable in the receiving one; quantiles over the last changes.'
  return { name, get: async () => ({ name, help, type: 'summary', values, aggregator: 'sum' }) }
}

function latencyHistogram(all: Iterable<RequestSeries>): OwnMetric {
  const name = 'everywrite_successful_request_latency_milliseconds'
  const values: OwnValue[] = []
  for (const { operation, region, status, count, sumMs, countByBucket } of all) {
    if (status !== 200) continue
    const labels = { operation, region }
    let upTo = 0
    for (const [bucket, bound] of bucketsMs.entries()) {
      upTo += countByBucket[bucket] ?? 0
      values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: bound }, value: upTo })
    }
    values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count })
    values.push({ metricName: `${name}_sum`, labels, value: sumMs })
    values.push({ metricName: `${name}_count`, labels, value: count })
  }
  const help = 'Time from the head of a request to the end of its answer, of requests that succeeded.'
  return { name, get: async () => ({ name, help, type: 'histogram', values, aggregator: 'sum' }) }
}
