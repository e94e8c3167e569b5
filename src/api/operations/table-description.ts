import type { Table } from '../../engine/table.ts'
import type { ReplicaView, TableView } from '../control-plane.ts'
import { asIndexKeySchema } from '../../item/key-schema.ts'
import { streamArn, tableArn } from './arn.ts'
import { restoreSummary } from './backups/restore-summary.ts'
import { describeIndexes, keyElements } from './index-description.ts'
import { decreasesOn } from './throughput-settings.ts'

/** A table as DescribeTable shows it, and as the answers of CreateTable, UpdateTable and DeleteTable do. */
export function describeTableView(region: string, view: TableView, nowMs: number): Readonly<Record<string, unknown>> {
  const { table } = view
  return {
    AttributeDefinitions: table.attributeDefinitions.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
    TableName: table.name,
    KeySchema: keySchema(table),
    TableStatus: table.status,
    CreationDateTime: seconds(table.createdAtMs),
    ...capacity(view, nowMs),
    TableSizeBytes: view.sizeBytes,
    ItemCount: view.itemCount,
    TableArn: tableArn(region, table.name),
    TableId: table.id,
    ...describeIndexes(region, view),
    ...describeStream(region, table),
    ...globalTable(view),
    RestoreSummary: restoreSummary(region, table),
    TableClassSummary: table.settings.tableClass === 'STANDARD' ? undefined : { TableClass: table.settings.tableClass },
    DeletionProtectionEnabled: table.settings.deletionProtection,
  }
}

/** DeleteTable tells less: what defined the table is gone. */
export function describeDeletedTable(region: string, view: TableView, nowMs: number): Readonly<Record<string, unknown>> {
  const description = { ...describeTableView(region, view, nowMs), TableStatus: 'DELETING' }
  return { ...description, AttributeDefinitions: undefined, KeySchema: undefined, CreationDateTime: undefined, WarmThroughput: undefined }
}

function keySchema({ schema }: Table): readonly object[] {
  return keyElements(asIndexKeySchema(schema))
}

function capacity({ table, replicas }: TableView, nowMs: number): object {
  const { billing, onDemandMaximum } = table.settings
  if (billing.mode === 'PAY_PER_REQUEST') {
    return {
      ProvisionedThroughput: { NumberOfDecreasesToday: 0, ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
      BillingModeSummary: { BillingMode: billing.mode, LastUpdateToPayPerRequestDateTime: seconds(billing.sinceMs) },
      OnDemandThroughput: onDemandMaximum && {
        MaxReadRequestUnits: onDemandMaximum.readUnits ?? -1,
        MaxWriteRequestUnits: onDemandMaximum.writeUnits ?? -1,
      },
      WarmThroughput: warmOnDemand,
    }
  }
  const wasOnDemand = billing.onDemandSinceMs !== undefined && replicas === undefined
  return {
    ProvisionedThroughput: {
      LastIncreaseDateTime: optionalSeconds(billing.lastIncreaseAtMs),
      LastDecreaseDateTime: optionalSeconds(billing.lastDecreaseAtMs),
      NumberOfDecreasesToday: decreasesOn(billing, nowMs),
      ReadCapacityUnits: billing.readUnits,
      WriteCapacityUnits: billing.writeUnits,
    },
    // It vanishes from a provisioned table with its first replica (observed on AWS, 2026-10).
    BillingModeSummary: wasOnDemand
      ? { BillingMode: billing.mode, LastUpdateToPayPerRequestDateTime: optionalSeconds(billing.onDemandSinceMs) }
      : undefined,
    WarmThroughput: { ReadUnitsPerSecond: billing.readUnits, WriteUnitsPerSecond: billing.writeUnits, Status: 'ACTIVE' },
  }
}

/** What a new on-demand table can take at once (developer guide, "Warm throughput"). */
const warmOnDemand = { ReadUnitsPerSecond: 12_000, WriteUnitsPerSecond: 4_000, Status: 'ACTIVE' }

/** A stream stays the latest after it was disabled. */
function describeStream(region: string, { name, settings, streams }: Table): object {
  const latest = streams.at(-1)
  return {
    StreamSpecification: settings.stream === undefined ? undefined : { StreamEnabled: true, StreamViewType: settings.stream },
    LatestStreamLabel: latest?.label,
    LatestStreamArn: latest && streamArn(region, name, latest.label),
  }
}

/** A regional table has none of these members, not even empty. */
function globalTable({ table, replicas }: TableView): object {
  if (replicas === undefined) return {}
  return {
    GlobalTableVersion: '2019.11.21',
    Replicas: replicas.map((replica) => replicaDescription(table, replica)),
    GlobalTableSettingsReplicationMode: 'ENABLED_WITH_OVERRIDES',
  }
}

function replicaDescription(table: Table, { region, status, readUnitsOverride, tableClassOverride }: ReplicaView): object {
  const { billing } = table.settings
  return {
    RegionName: region,
    ReplicaStatus: status,
    ProvisionedThroughputOverride: readUnitsOverride === undefined ? undefined : { ReadCapacityUnits: readUnitsOverride },
    ReplicaTableClassSummary: tableClassOverride === undefined ? undefined : { TableClass: tableClassOverride },
    WarmThroughput:
      billing.mode === 'PAY_PER_REQUEST'
        ? warmOnDemand
        : { ReadUnitsPerSecond: readUnitsOverride ?? billing.readUnits, WriteUnitsPerSecond: billing.writeUnits, Status: 'ACTIVE' },
    GlobalTableSettingsReplicationMode: 'ENABLED_WITH_OVERRIDES',
  }
}

/** The wire's timestamps: seconds since 1970, milliseconds behind the point. */
function seconds(ms: number): number {
  return ms / 1000
}

function optionalSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : seconds(ms)
}
