import type { Backup } from '../../../engine/backup.ts'
import { nameOfBackup } from '../../../engine/backup.ts'
import type { IndexBlueprint, Table } from '../../../engine/table.ts'
import { asIndexKeySchema } from '../../../item/key-schema.ts'
import { tableArn } from '../arn.ts'
import { describeProjection, keyElements } from '../tables/index-description.ts'
import { backupArn } from './backup-arn.ts'

/** A backup as CreateBackup, DescribeBackup, DeleteBackup and ListBackups tell of it (members observed on AWS, 2026-10). */
export function backupDetails(arn: string, backup: Backup): object {
  return {
    BackupArn: arn,
    BackupName: backup.name,
    BackupSizeBytes: backup.statistics.sizeBytes,
    BackupStatus: backup.status,
    BackupType: backup.kind,
    BackupCreationDateTime: backup.createdAtMs / 1000,
    BackupExpiryDateTime: backup.expiresAtMs === undefined ? undefined : backup.expiresAtMs / 1000,
  }
}

/** @param region of the backup, whatever the client wrote */
export function backupDescription(region: string, arn: string, backup: Backup): object {
  return {
    BackupDetails: backupDetails(arn, backup),
    SourceTableDetails: tableDetails(region, backup),
    SourceTableFeatureDetails: backup.kind === 'SYSTEM' ? {} : featureDetails(backup.table),
  }
}

export function backupSummary(region: string, backup: Backup): object {
  const { table } = backup
  return {
    TableName: table.name,
    TableId: table.id,
    TableArn: tableArn(region, table.name),
    ...backupDetails(backupArn(region, nameOfBackup(backup)), backup),
  }
}

function tableDetails(region: string, { table, statistics }: Backup): object {
  const { billing, onDemandMaximum } = table.settings
  const { readUnits, writeUnits } = billing.mode === 'PROVISIONED' ? billing : { readUnits: 0, writeUnits: 0 }
  return {
    TableName: table.name,
    TableId: table.id,
    TableArn: tableArn(region, table.name),
    TableSizeBytes: statistics.sizeBytes,
    KeySchema: keyElements(asIndexKeySchema(table.schema)),
    TableCreationDateTime: table.createdAtMs / 1000,
    ProvisionedThroughput: { ReadCapacityUnits: readUnits, WriteCapacityUnits: writeUnits },
    OnDemandThroughput: onDemandThroughput(onDemandMaximum),
    ItemCount: statistics.itemCount,
    BillingMode: billing.mode,
  }
}

/** Only what is enabled. */
function featureDetails({ settings }: Table): object {
  const { stream, timeToLive, indexes, encryption } = settings
  const local = indexes.filter(({ kind }) => kind === 'local').map(indexInfo)
  const global = indexes.filter(({ kind }) => kind === 'global').map((index) => ({ ...indexInfo(index), ...globalInfo(index) }))
  return {
    LocalSecondaryIndexes: local.length === 0 ? undefined : local,
    GlobalSecondaryIndexes: global.length === 0 ? undefined : global,
    StreamDescription: stream === undefined ? undefined : { StreamEnabled: true, StreamViewType: stream },
    TimeToLiveDescription: timeToLive === undefined ? undefined : { TimeToLiveStatus: 'ENABLED', AttributeName: timeToLive },
    SSEDescription: encryption === undefined ? undefined : { Status: 'ENABLED', SSEType: 'KMS', KMSMasterKeyArn: encryption.keyArn },
  }
}

function indexInfo(index: IndexBlueprint): object {
  return { IndexName: index.name, KeySchema: keyElements(index), Projection: describeProjection(index) }
}

function globalInfo({ throughput, onDemandMaximum }: IndexBlueprint): object {
  const { readUnits, writeUnits } = throughput ?? { readUnits: 0, writeUnits: 0 }
  return {
    ProvisionedThroughput: { ReadCapacityUnits: readUnits, WriteCapacityUnits: writeUnits },
    OnDemandThroughput: onDemandThroughput(onDemandMaximum),
  }
}

function onDemandThroughput(maximum: Table['settings']['onDemandMaximum']): object | undefined {
  return maximum && { MaxReadRequestUnits: maximum.readUnits ?? -1, MaxWriteRequestUnits: maximum.writeUnits ?? -1 }
}
