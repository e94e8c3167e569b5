import { accountRegion, defaultAccount as accountOfNobody, regionOf } from '../base/account-region.ts'
import type { Exchange } from '../api/http-answer.ts'
import type { Reply } from '../api/dispatch.ts'
import type { Tally } from '../api/tally.ts'
import { exceptionName } from '../api/wire-error.ts'
import type { Clock } from '../base/clock.ts'
import { BoundedCache } from '../base/bounded-cache.ts'
import type { Cancel, Scheduler } from '../base/scheduler.ts'
import type { OnApplied } from '../replication/inbox.ts'
import type { MeteredWrite, WriteSource } from '../cost/write-meter.ts'
import { writeUnits } from '../cost/capacity.ts'
import type { OnExpired } from '../engine/housekeeping.ts'
import type { Units as CapacityUnits, Table } from '../engine/table.ts'
import type { World } from '../world/world.ts'
import type { Series } from '../telemetry/series.ts'
import { MetricStore } from '../telemetry/metric-store.ts'
import { provisionedUnits } from './provisioned-units.ts'
import { TableMetrics } from './table-metrics.ts'

/**
 * Fills the metrics of DynamoDB's namespace in CloudWatch, with their names, dimensions and units (developer guide, "DynamoDB Metrics and dimensions"), as far
 * as there is something to measure. It is told of every answer, so what a usual request costs here are a few numbers.
 *
 * A metric has points only where something happened, as DynamoDB sends only what is not zero.
 */
export class DynamoDBMetrics {
  readonly store = new MetricStore()
  readonly #clock: Clock
  readonly #tables = new BoundedCache<string, BoundedCache<string, TableMetrics>>(regionsMax)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  answered({ call, tally }: Exchange, reply: Reply, tookMs: number): void {
    if (call === undefined || tally === undefined) return
    const { operation } = call
    const nowMs = this.#clock.nowMs()
    for (const { table, kind, units } of tally.consumed) this.#consumed(tally, table, kind, units, nowMs)
    if (tally.throttled.length > 0) this.#throttled(tally, nowMs)
    if (reply.status !== 200) {
      this.#failed(accountRegion(call.region, call.caller?.account ?? accountOfNobody), operation, call.input, tally, reply, nowMs)
      return
    }
    const { returnedItems, returnedRecords } = tally
    for (const { region, table } of tally.tables) {
      const metrics = this.#of(region, table.name)
      if (returnedRecords !== undefined) {
        const { streamLabel, count, bytes } = returnedRecords
        metrics.ofStream('SuccessfulRequestLatency', operation, streamLabel).add(tookMs, nowMs)
        if (count > 0) metrics.ofStream('ReturnedRecordsCount', operation, streamLabel).add(count, nowMs)
        if (count > 0) metrics.ofStream('ReturnedBytes', operation, streamLabel).add(bytes, nowMs)
      } else metrics.ofOperation('SuccessfulRequestLatency', operation).add(tookMs, nowMs)
      if (returnedItems !== undefined) metrics.ofOperation('ReturnedItemCount', operation).add(returnedItems, nowMs)
    }
    if (tally.tables.length > 0) return
    // An operation on a table: that it succeeded says that there is one of this name.
    const name = tableNameIn(call.input)
    const region = accountRegion(call.region, call.caller?.account ?? accountOfNobody)
    if (name !== undefined) this.#of(region, name).ofOperation('SuccessfulRequestLatency', operation).add(tookMs, nowMs)
  }

  /** Writes of other Regions that were taken in: what they consumed here, and how long they had been on their way, which counts where they came from. */
  readonly applied: OnApplied = ({ region, table, versions, works, atMs }) => {
    this.#wrote(region, table, 'GlobalTable', works, atMs)
    for (const { region: from, committedAtMs } of versions) {
      // Seen from another account the Region alone says which replica is meant: an account has one in each.
      this.#of(from, table.name)
        .towards('ReplicationLatency', regionOf(region))
        .add(Math.max(0, atMs - committedAtMs), atMs)
    }
  }

  readonly expired: OnExpired = (region, table, count) => {
    this.#of(region, table.name).ofTable('TimeToLiveDeletedItemCount').add(count, this.#clock.nowMs())
  }

  /** Samples minute by minute until the returned function is called. */
  follow(world: World, scheduler: Scheduler): Cancel {
    let cancel: Cancel = () => undefined
    const look = (): void => {
      this.sample(world)
      cancel = scheduler.after(minuteMs, look)
    }
    look()
    return () => cancel()
  }

  /** What is provisioned, and what the account may have: once in each minute, by whoever comes first. */
  sample(world: World): void {
    const nowMs = this.#clock.nowMs()
    const tell: Gauge = (series, value) => {
      if (series.lastMs < nowMs - (nowMs % minuteMs)) series.add(value, nowMs)
    }
    for (const { name: region, running } of world.regions()) {
      const units = { read: 0, write: 0, readMax: 0, writeMax: 0 }
      for (const table of running?.engine.tables() ?? []) {
        for (const { readUnits, writeUnits: write } of this.#sampleTable(region, table, tell)) {
          units.read += readUnits
          units.write += write
          units.readMax = Math.max(units.readMax, readUnits)
          units.writeMax = Math.max(units.writeMax, write)
        }
      }
      for (const [metric, value] of [
        ['AccountMaxReads', accountUnitsMax],
        ['AccountMaxWrites', accountUnitsMax],
        ['AccountMaxTableLevelReads', tableUnitsMax],
        ['AccountMaxTableLevelWrites', tableUnitsMax],
        ['AccountProvisionedReadCapacityUtilization', percentOfAccount(units.read)],
        ['AccountProvisionedWriteCapacityUtilization', percentOfAccount(units.write)],
        ['MaxProvisionedTableReadCapacityUtilization', percentOfAccount(units.readMax)],
        ['MaxProvisionedTableWriteCapacityUtilization', percentOfAccount(units.writeMax)],
      ] as const)
        tell(this.store.series(region, metric, {}), value)
    }
  }

  /** @returns what is provisioned for the table and for each of its global indexes */
  #sampleTable(region: string, table: Table, tell: Gauge): readonly CapacityUnits[] {
    const metrics = this.#of(region, table.name)
    const provisioned = provisionedUnits(table)
    for (const { index, units } of provisioned) {
      tell(metrics.of('ProvisionedReadCapacityUnits', index), units.readUnits)
      tell(metrics.of('ProvisionedWriteCapacityUnits', index), units.writeUnits)
    }
    if (table.settings.billing.mode === 'PROVISIONED') return provisioned.map(({ units }) => units)
    const global = table.indexes.filter(({ kind }) => kind === 'global')
    for (const { index, maximum } of [
      { index: undefined, maximum: table.settings.onDemandMaximum },
      ...global.map(({ name, onDemandMaximum }) => ({ index: name, maximum: onDemandMaximum })),
    ]) {
      if (maximum?.readUnits !== undefined) tell(metrics.of('OnDemandMaxReadRequestUnits', index), maximum.readUnits)
      if (maximum?.writeUnits !== undefined) tell(metrics.of('OnDemandMaxWriteRequestUnits', index), maximum.writeUnits)
    }
    return []
  }

  /** A global index has what it consumes for itself; a local one takes from its table. */
  #consumed(tally: Tally, table: Table, kind: 'read' | 'write', units: Tally['consumed'][number]['units'], nowMs: number): void {
    const metric = kind === 'read' ? 'ConsumedReadCapacityUnits' : 'ConsumedWriteCapacityUnits'
    const used = tally.tables.find((each) => each.table.id === table.id)
    if (used === undefined) return
    const metrics = this.#of(used.region, table.name)
    let ofTable = units.table
    for (const [index, ofIndex] of units.indexes) {
      if (index.kind === 'local') ofTable += ofIndex
      else {
        metrics.ofIndex(metric, index.name).add(ofIndex, nowMs)
        if (kind === 'write') metrics.ofSource('ConsumedWriteCapacityUnits', 'Customer', index.name).add(ofIndex, nowMs)
      }
    }
    if (ofTable === 0) return
    metrics.ofTable(metric).add(ofTable, nowMs)
    if (kind === 'write') metrics.ofSource('ConsumedWriteCapacityUnits', 'Customer', undefined).add(ofTable, nowMs)
  }

  #wrote(region: string, table: Table, source: WriteSource, works: readonly MeteredWrite[], nowMs: number): void {
    const metrics = this.#of(region, table.name)
    const add = (units: number, index?: string): void => {
      metrics.of('ConsumedWriteCapacityUnits', index).add(units, nowMs)
      metrics.ofSource('ConsumedWriteCapacityUnits', source, index).add(units, nowMs)
    }
    for (const { sizeBytes, indexWrites } of works) {
      let ofTable = writeUnits(sizeBytes)
      for (const { index: name, sizeBytes: entryBytes } of indexWrites) {
        if (table.indexes.find((index) => index.name === name)?.kind === 'global') add(writeUnits(entryBytes), name)
        else ofTable += writeUnits(entryBytes)
      }
      add(ofTable)
    }
  }

  #throttled({ throttled }: Tally, nowMs: number): void {
    for (const { region, table, kind, index, onDemand } of throttled) {
      const metrics = this.#of(region, table.name)
      const verb = kind === 'read' ? 'Read' : 'Write'
      const all = [`${verb}ThrottleEvents`, `${verb}${onDemand ? 'MaxOnDemand' : 'Provisioned'}ThroughputThrottleEvents`] as const
      for (const metric of all) metrics.of(metric, index?.name).add(1, nowMs)
    }
  }

  #failed(region: string, operation: string, input: unknown, tally: Tally, { status, error, body }: Reply, nowMs: number): void {
    const exception = error && exceptionName(error)
    const eachTable = (tell: (metrics: TableMetrics) => void): void => {
      for (const { region: where, table } of tally.tables) tell(this.#of(where, table.name))
    }
    if (status >= 500) eachTable((metrics) => metrics.ofOperation('SystemErrors', operation).add(1, nowMs))
    else if (exception === 'ProvisionedThroughputExceededException' || exception === 'ThrottlingException')
      eachTable((metrics) => metrics.ofOperation('ThrottledRequests', operation).add(1, nowMs))
    else if (exception === 'ConditionalCheckFailedException')
      eachTable((metrics) => metrics.ofTable('ConditionalCheckFailedRequests').add(1, nowMs))
    else if (status === 400) {
      this.store.series(region, 'UserErrors', {}).add(1, nowMs)
      if (exception === 'TransactionConflictException') eachTable((metrics) => metrics.ofTable('TransactionConflict').add(1, nowMs))
      if (exception === 'TransactionCanceledException') this.#canceled(operation, input, body, tally, nowMs)
    }
  }

  /** Each part that stood in the way counts for its table. */
  #canceled(operation: string, input: unknown, body: Buffer, tally: Tally, nowMs: number): void {
    const { CancellationReasons: reasons = [] } = JSON.parse(body.toString('utf8')) as { readonly CancellationReasons?: readonly Reason[] }
    const names = tableNamesOfParts(input)
    const throttled = new Set<TableMetrics>()
    for (const [at, { Code: code }] of reasons.entries()) {
      const used = tally.tables.find(({ table }) => table.name === names[at]) ?? (tally.tables.length === 1 ? tally.tables[0] : undefined)
      if (used === undefined) continue
      const metrics = this.#of(used.region, used.table.name)
      if (code === 'ConditionalCheckFailed') metrics.ofTable('ConditionalCheckFailedRequests').add(1, nowMs)
      else if (code === 'TransactionConflict') metrics.ofTable('TransactionConflict').add(1, nowMs)
      else if (code === 'ProvisionedThroughputExceeded' || code === 'ThrottlingError') throttled.add(metrics)
    }
    for (const metrics of throttled) metrics.ofOperation('ThrottledRequests', operation).add(1, nowMs)
  }

  #of(region: string, table: string): TableMetrics {
    let tables = this.#tables.get(region)
    if (tables === undefined) {
      tables = new BoundedCache(tablesMax)
      this.#tables.set(region, tables)
    }
    let metrics = tables.get(table)
    if (metrics === undefined) {
      metrics = new TableMetrics(this.store, region, table)
      tables.set(table, metrics)
    }
    return metrics
  }
}

/** Takes a value, unless there is one in this minute. */
type Gauge = (series: Series, value: number) => void

interface Reason {
  readonly Code?: string
}

const minuteMs = 60_000
/** Those whose metrics are found fast. */
const regionsMax = 200
const tablesMax = 1000
/** As `DescribeLimits` says. */
const accountUnitsMax = 80_000
const tableUnitsMax = 40_000

function percentOfAccount(units: number): number {
  return (100 * units) / accountUnitsMax
}

function tableNameIn(input: unknown): string | undefined {
  const name: unknown = typeof input === 'object' && input !== null ? Reflect.get(input, 'TableName') : undefined
  return typeof name === 'string' ? nameOf(name) : undefined
}

/** Behind an ARN, too. */
function nameOf(given: string): string {
  return /^arn:.*:table\/([^/]+)/.exec(given)?.[1] ?? given
}

/** Of a transaction's parts, as far as they are said apart. */
function tableNamesOfParts(input: unknown): readonly (string | undefined)[] {
  const parts: unknown = typeof input === 'object' && input !== null ? Reflect.get(input, 'TransactItems') : undefined
  if (!Array.isArray(parts)) return []
  return parts.map((part: unknown) => {
    const [action] = typeof part === 'object' && part !== null ? (Object.values(part) as unknown[]) : []
    return tableNameIn(action)
  })
}
