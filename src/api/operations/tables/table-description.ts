import { regionOf } from '../../../base/account-region.ts'
import { decreasesOn } from '../../../engine/provisioned-units.ts'
import type { Table } from '../../../engine/table.ts'
import { statusAt } from '../../../engine/table.ts'
import { warmedIndex, warmedTable } from '../../../engine/warm-units.ts'
import type { ReplicaView, TableView } from '../../control-plane.ts'
import { asIndexKeySchema } from '../../../item/key-schema.ts'
import { streamArn, tableArn } from '../arn.ts'
import { restoreSummary } from '../backups/restore-summary.ts'
import { unauthorizedReplicas } from './group-permission.ts'
import { describeEncryption } from './encryption-settings.ts'
import { describeIndexes, describeMaximum, keyElements } from './index-description.ts'
import type { CallContext } from '../operation.ts'
import { optionalSeconds, seconds } from './timestamps.ts'
import { describeWarm } from './warm-throughput.ts'

/** Who describes, when, and how long changes take to show. */
export type Describing = Pick<CallContext, 'region' | 'nowMs' | 'controlPlane'>

/** A table as DescribeTable shows it, and as the answers of CreateTable, UpdateTable and DeleteTable do. */
export function describeTableView(context: Describing, view: TableView): Readonly<Record<string, unknown>> {
  const { table } = view
  const { region, nowMs, controlPlane } = context
  return {
    AttributeDefinitions: [...table.attributeDefinitions]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
    TableName: table.name,
    KeySchema: keySchema(table),
    TableStatus: statusAt(table, nowMs),
    CreationDateTime: seconds(table.createdAtMs),
    ...capacity(context, view),
    TableSizeBytes: view.sizeBytes,
    ItemCount: view.itemCount,
    TableArn: tableArn(region, table.name),
    TableId: table.id,
    ...describeIndexes(context, view),
    ...describeStream(region, table),
    ...globalTable(context, view),
    RestoreSummary: restoreSummary(region, table),
    SSEDescription: describeEncryption(table.settings.encryption, nowMs, controlPlane.lifecycleDelayMs),
    TableClassSummary: tableClass(table),
    DeletionProtectionEnabled: table.settings.deletionProtection,
  }
}

/** CreateTable tells a little less than DescribeTable will; of warm throughput only what was asked for. */
export function describeNewTable(context: Describing, view: TableView): Readonly<Record<string, unknown>> {
  const description = describeTableView(context, view)
  const indexes = description['GlobalSecondaryIndexes'] as readonly object[] | undefined
  const { warm } = view.table.settings
  return {
    ...description,
    TableStatus: 'CREATING',
    WarmThroughput: warm && { ReadUnitsPerSecond: warm.readUnits, WriteUnitsPerSecond: warm.writeUnits, Status: 'UPDATING' },
    BillingModeSummary: description['BillingModeSummary'] && { BillingMode: 'PAY_PER_REQUEST' },
    GlobalSecondaryIndexes: indexes?.map((index) => ({ ...index, IndexStatus: 'CREATING', WarmThroughput: undefined })),
  }
}

/** DeleteTable tells less: what defined the table is gone. */
export function describeDeletedTable(context: Describing, view: TableView): Readonly<Record<string, unknown>> {
  const description = { ...describeTableView(context, view), TableStatus: 'DELETING' }
  return { ...description, AttributeDefinitions: undefined, KeySchema: undefined, CreationDateTime: undefined, WarmThroughput: undefined }
}

/** The default is not told, unless it was chosen. */
function tableClass({ settings: { tableClass: TableClass, changes } }: Table): object | undefined {
  const changedAtMs = changes.tableClassAtMs.at(-1)
  if (TableClass === 'STANDARD' && changedAtMs === undefined) return undefined
  return { TableClass, LastUpdateDateTime: optionalSeconds(changedAtMs) }
}

function keySchema({ schema }: Table): readonly object[] {
  return keyElements(asIndexKeySchema(schema))
}

function capacity({ nowMs, controlPlane }: Describing, { table, replicas }: TableView): object {
  const { billing, onDemandMaximum } = table.settings
  const WarmThroughput = describeWarm(warmedTable(table.settings), nowMs, controlPlane.lifecycleDelayMs)
  if (billing.mode === 'PAY_PER_REQUEST') {
    return {
      ProvisionedThroughput: { NumberOfDecreasesToday: 0, ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
      BillingModeSummary: { BillingMode: billing.mode, LastUpdateToPayPerRequestDateTime: seconds(billing.sinceMs) },
      OnDemandThroughput: describeMaximum(onDemandMaximum),
      WarmThroughput,
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
    WarmThroughput,
  }
}

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
function globalTable(context: Describing, view: TableView): object {
  const { table, replicas, multiAccount, consistency, witness, disassociationProtection } = view
  if (replicas === undefined) return { GlobalTableSettingsReplicationMode: table.own.settingsReplication }
  const mode = multiAccount === true ? 'ENABLED' : 'ENABLED_WITH_OVERRIDES'
  const unauthorized = unauthorizedReplicas(context.controlPlane, context.region, view)
  return {
    ...(unauthorized.has(context.region) && { TableStatus: NOT_AUTHORIZED }),
    GlobalTableVersion: '2019.11.21',
    Replicas: replicas.map((replica) => ({
      ...replicaDescription(context, table, replica),
      ...(unauthorized.has(replica.region) && {
        ReplicaStatus: NOT_AUTHORIZED,
        ReplicaInaccessibleDateTime: optionalSeconds(replica.unauthorizedSinceMs),
      }),
      // That it is there for other accounts' replicas is a guess; for those of the same it was not (observed on AWS, 2026-10).
      ReplicaArn: multiAccount === true ? tableArn(replica.region, table.name) : undefined,
      GlobalTableSettingsReplicationMode: mode,
    })),
    GlobalTableSettingsReplicationMode: mode,
    GlobalTableWitnesses: witness && [{ RegionName: regionOf(witness.region), WitnessStatus: witness.status }],
    // The default is not told (observed on AWS, 2026-10).
    MultiRegionConsistency: consistency === 'STRONG' ? consistency : undefined,
    DisassociationProtectionEnabled: disassociationProtection,
  }
}

function replicaDescription({ nowMs, controlPlane }: Describing, { settings }: Table, replica: ReplicaView): object {
  const { region, status, statusDescription, readUnitsOverride, tableClassOverride, indexReadUnits = {}, indexOnDemandReads = {} } = replica
  const known = { RegionName: regionOf(region), ReplicaStatus: status }
  // Captured in 2021, with a status of ACTIVE.
  if (replica.isSilent === true) {
    return { ...known, ReplicaStatusDescription: `Failed to describe settings for the replica in region: ‘${regionOf(region)}’.` }
  }
  const { billing, warm } = settings
  const own = billing.mode === 'PROVISIONED' ? { ...billing, readUnits: readUnitsOverride ?? billing.readUnits } : billing
  const indexes = settings.indexes
    .filter(({ kind }) => kind === 'global')
    .map((index) => {
      const readUnits = indexReadUnits[index.name]
      return {
        IndexName: index.name,
        ProvisionedThroughputOverride: readUnits === undefined ? undefined : { ReadCapacityUnits: readUnits },
        OnDemandThroughputOverride: maximumReads(indexOnDemandReads[index.name]),
        WarmThroughput: describeWarm(warmedIndex(index, billing), nowMs, controlPlane.lifecycleDelayMs),
      }
    })
  return {
    ...known,
    ReplicaStatusDescription: statusDescription,
    KMSMasterKeyId: replica.keyArn,
    OnDemandThroughputOverride: maximumReads(replica.onDemandReads),
    ProvisionedThroughputOverride: readUnitsOverride === undefined ? undefined : { ReadCapacityUnits: readUnitsOverride },
    GlobalSecondaryIndexes: indexes.length === 0 ? undefined : indexes,
    ReplicaTableClassSummary: tableClassOverride === undefined ? undefined : { TableClass: tableClassOverride },
    WarmThroughput: describeWarm(warmedTable({ billing: own, warm }), nowMs, controlPlane.lifecycleDelayMs),
  }
}

const NOT_AUTHORIZED = 'REPLICATION_NOT_AUTHORIZED'

/** None is told as -1, as of a table's own maximum. */
function maximumReads(units: number | null | undefined): object | undefined {
  return units === undefined ? undefined : { MaxReadRequestUnits: units ?? -1 }
}
