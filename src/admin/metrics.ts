import { createRequire } from 'node:module'
import type promClient from 'prom-client'
import { tableNames } from '../world/inspection.ts'
import type { World } from '../world/world.ts'
import type { RequestMeter, RequestSeries } from './request-meter.ts'
import { bucketsMs } from './request-meter.ts'
import { stateOf } from './region-state.ts'
import { replicationOf } from './replication-state.ts'
import type { EventData } from './wire.ts'

/**
 * Prometheus metrics. Where CloudWatch has a metric for DynamoDB, the name is CloudWatch's in snake case, with the unit last: ReplicationLatency,
 * PendingReplicationCount, SuccessfulRequestLatency. The library is loaded when somebody asks for the first time: a start need not wait for it.
 */
export class Metrics {
  readonly #world: World
  readonly #meter: RequestMeter
  readonly #residentBytes: () => number
  readonly #conflictsByPlace = new Map<string, EventData['conflicts']>()

  /** @param residentBytes the memory that the process holds now */
  constructor(world: World, meter: RequestMeter, residentBytes: () => number) {
    this.#world = world
    this.#meter = meter
    this.#residentBytes = residentBytes
  }

  conflictsFound(data: EventData['conflicts']): void {
    const place = `${data.table} ${data.region}`
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
    await this.#measureReplication(gauges)
    await this.#measureRegions(gauges)
    return { contentType: registry.contentType, text: await registry.metrics() }
  }

  #countRequests(client: typeof promClient, registry: promClient.Registry): void {
    const labelNames = ['operation', 'region', 'status']
    const help = 'Requests answered, by operation, Region and HTTP status.'
    const requests = new client.Counter({ name: 'everywrite_requests_total', help, labelNames, registers: [registry] })
    for (const { operation, region, status, count } of this.#meter.series()) requests.inc({ operation, region, status }, count)
    // The library keeps histograms that it fills itself only; it prints whatever answers `get` in its shape.
    registry.registerMetric(latencyHistogram(this.#meter.series()) as unknown as promClient.Metric)
  }

  #countConflicts(client: typeof promClient, registry: promClient.Registry): void {
    const help = 'Writes that lost, by table and by the Region that found them, since the start. Each Region that finds a loss counts it.'
    const labelNames = ['table', 'region']
    const conflicts = new client.Counter({ name: 'everywrite_conflicts_total', help, labelNames, registers: [registry] })
    for (const { table, region, found } of this.#conflictsByPlace.values()) conflicts.inc({ table, region }, found)
  }

  async #measureReplication(gauges: Gauges): Promise<void> {
    const direction = ['table', 'source_region', 'receiving_region']
    const latency = gauges.make(
      'replication_latency_milliseconds',
      'From a commit in the source Region to being durable in the receiving one, over the last changes.',
      [...direction, 'quantile'],
    )
    const pending = gauges.make('pending_replication_count', 'Changes that the receiving Region does not have yet.', direction)
    const up = gauges.make('replication_link_up', '1 when messages get through and nothing is stalled.', direction)
    for (const { table, links } of await replicationOf(this.#world)) {
      for (const { from, to, state, pending: count, lagP50Ms, lagP99Ms } of links) {
        const labels = { table, source_region: from, receiving_region: to }
        if (lagP50Ms !== null) latency.set({ ...labels, quantile: '0.5' }, lagP50Ms)
        if (lagP99Ms !== null) latency.set({ ...labels, quantile: '0.99' }, lagP99Ms)
        if (count !== null) pending.set(labels, count)
        up.set(labels, state === 'up' ? 1 : 0)
      }
    }
  }

  async #measureRegions(gauges: Gauges): Promise<void> {
    const up = gauges.make('region_up', '1 when the Region runs and can be reached.', ['region'])
    const skew = gauges.make('clock_skew_milliseconds', "How far the Region's clock is ahead of the machine's.", ['region'])
    const items = gauges.make('item_count', 'Items that the replica shows.', ['table', 'region'])
    const bytes = gauges.make('table_size_bytes', "Size of the replica's items by DynamoDB's rules.", ['table', 'region'])
    const tables = tableNames(this.#world)
    for (const node of this.#world.regions()) {
      const { name: region, status, clockOffsetMs } = stateOf(node)
      up.set({ region }, status === 'running' ? 1 : 0)
      skew.set({ region }, clockOffsetMs)
      for (const name of tables) {
        const table = node.running?.engine.table(name)
        if (table === undefined || node.running === undefined) continue
        const { itemCount, sizeBytes } = await node.running.engine.statistics(table)
        items.set({ table: name, region }, itemCount)
        bytes.set({ table: name, region }, sizeBytes)
      }
    }
  }
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

function latencyHistogram(all: Iterable<RequestSeries>): { readonly name: string; get(): Promise<unknown> } {
  const name = 'everywrite_successful_request_latency_milliseconds'
  const values: { metricName: string; labels: Record<string, string | number>; value: number }[] = []
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
