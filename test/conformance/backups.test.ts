import {
  CreateBackupCommand,
  DeleteBackupCommand,
  DescribeBackupCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  ListBackupsCommand,
  PutItemCommand,
  RestoreTableFromBackupCommand,
  RestoreTableToPointInTimeCommand,
  ScanCommand,
  UpdateContinuousBackupsCommand,
} from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { tablesAreSlow, useEndpoint, useTable } from './endpoint.ts'
import { refusalOf, validation } from './refusal.ts'

const endpoint = useEndpoint()
const table = useTable(endpoint, 'backups', 'pk S, sk S', {
  AttributeDefinitions: [{ AttributeName: 'v', AttributeType: 'S' }],
  GlobalSecondaryIndexes: [
    { IndexName: 'by-v', KeySchema: [{ AttributeName: 'v', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
  ],
})
const WAIT_MS = tablesAreSlow ? 900_000 : 20_000
const wait = { timeout: WAIT_MS, interval: tablesAreSlow ? 5000 : 20 }

const put = (sk: string) =>
  endpoint.client.send(new PutItemCommand({ TableName: table, Item: { pk: { S: 'p' }, sk: { S: sk }, v: { S: 'v' } } }))

/** Right after a table was made, AWS says for some seconds that backups are being enabled. */
async function back(BackupName: string): Promise<string> {
  let arn: string | undefined
  const make = async (): Promise<boolean> => {
    try {
      arn = (await endpoint.client.send(new CreateBackupCommand({ TableName: table, BackupName }))).BackupDetails?.BackupArn
      return true
    } catch (error) {
      if (error instanceof Error && error.name === 'ContinuousBackupsUnavailableException') return false
      throw error
    }
  }
  await expect.poll(make, wait).toBe(true)
  await expect.poll(() => statusOf(arn ?? ''), wait).toBe('AVAILABLE')
  return arn ?? ''
}

const describeBackup = async (BackupArn: string) => (await endpoint.client.send(new DescribeBackupCommand({ BackupArn }))).BackupDescription
const statusOf = async (arn: string) => (await describeBackup(arn))?.BackupDetails?.BackupStatus
const tableOf = async (TableName: string) => (await endpoint.client.send(new DescribeTableCommand({ TableName }))).Table
const active = (name: string) => expect.poll(async () => (await tableOf(name))?.TableStatus, wait).toBe('ACTIVE')

async function sorts(TableName: string, more: object = {}): Promise<(string | undefined)[]> {
  const { Items = [] } = await endpoint.client.send(new ScanCommand({ TableName, ...more }))
  return Items.map(({ sk }) => sk?.S).sort()
}

describe('backups', () => {
  it(
    'are made, described, listed, restored and deleted',
    async () => {
      await put('1')
      await put('2')
      const arn = await back('first')
      expect(arn).toMatch(/^arn:aws:dynamodb:[a-z0-9-]+:\d{12}:table\/[^/]+\/backup\/\d{14}-[0-9a-f]{8}$/)
      const description = await describeBackup(arn)
      expect(description?.BackupDetails).toMatchObject({ BackupArn: arn, BackupName: 'first', BackupType: 'USER' })
      expect(description?.BackupDetails?.BackupExpiryDateTime).toBeUndefined()
      expect(description?.SourceTableDetails).toMatchObject({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        ProvisionedThroughput: { ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      })
      expect(Object.keys(description?.SourceTableFeatureDetails ?? {})).toEqual(['GlobalSecondaryIndexes'])

      const target = endpoint.name('backups-copy')
      const { TableDescription } = await endpoint.client.send(
        new RestoreTableFromBackupCommand({ BackupArn: arn, TargetTableName: target }),
      )
      expect(TableDescription).toMatchObject({
        TableStatus: 'CREATING',
        RestoreSummary: {
          SourceBackupArn: arn,
          RestoreInProgress: true,
          RestoreDateTime: description?.BackupDetails?.BackupCreationDateTime,
        },
      })
      await active(target)
      expect((await tableOf(target))?.RestoreSummary).toBeUndefined()
      expect(await sorts(target, { ConsistentRead: true })).toEqual(['1', '2'])
      await expect.poll(() => sorts(target, { IndexName: 'by-v' }), wait).toEqual(['1', '2'])

      const { BackupDescription } = await endpoint.client.send(new DeleteBackupCommand({ BackupArn: arn }))
      expect(BackupDescription?.BackupDetails?.BackupStatus).toBe('DELETED')
      const gone = { name: 'BackupNotFoundException', message: `Backup not found: ${arn}` }
      expect(await refusalOf(endpoint, 'DescribeBackup', { BackupArn: arn })).toEqual(gone)
      expect(await refusalOf(endpoint, 'DeleteBackup', { BackupArn: arn })).toEqual(gone)
      expect(await refusalOf(endpoint, 'RestoreTableFromBackup', { BackupArn: arn, TargetTableName: endpoint.name('no') })).toEqual(gone)
    },
    2 * WAIT_MS,
  )

  it(
    'are listed page by page, oldest first, and may share a name',
    async () => {
      const arns = [await back('same'), await back('same'), await back('same')]
      const list = async (more: object) => endpoint.client.send(new ListBackupsCommand({ TableName: table, ...more }))
      const first = await list({ Limit: 2 })
      expect(first.BackupSummaries?.map(({ BackupArn }) => BackupArn)).toEqual(arns.slice(0, 2))
      expect(first.LastEvaluatedBackupArn).toBe(arns[1])
      const second = await list({ Limit: 2, ExclusiveStartBackupArn: arns[1] })
      expect(second.BackupSummaries).toMatchObject([
        { BackupArn: arns[2], BackupName: 'same', TableName: table, BackupStatus: 'AVAILABLE' },
      ])
      expect(second.LastEvaluatedBackupArn).toBeUndefined()
      const at = first.BackupSummaries?.[1]?.BackupCreationDateTime
      expect((await list({ TimeRangeLowerBound: at })).BackupSummaries).toHaveLength(2)
      expect((await list({ TimeRangeUpperBound: at })).BackupSummaries).toHaveLength(1)
      expect((await list({ BackupType: 'SYSTEM' })).BackupSummaries).toEqual([])
      const backwards = { TimeRangeLowerBound: 2000, TimeRangeUpperBound: 1000 }
      expect(await refusalOf(endpoint, 'ListBackups', backwards)).toEqual(
        validation('One or more parameter values were invalid: Time range lower bound must be less than or equal to upper bound'),
      )
      for (const BackupArn of arns) await endpoint.client.send(new DeleteBackupCommand({ BackupArn }))
    },
    2 * WAIT_MS,
  )

  it('are of a table that is there', async () => {
    const TableName = endpoint.name('backups-missing')
    const missing = { name: 'TableNotFoundException', message: `Table not found: ${TableName}` }
    expect(await refusalOf(endpoint, 'CreateBackup', { TableName, BackupName: 'none' })).toEqual(missing)
    expect(await refusalOf(endpoint, 'DescribeContinuousBackups', { TableName })).toEqual(missing)
    expect(await refusalOf(endpoint, 'DescribeBackup', { BackupArn: 'x'.repeat(48) })).toEqual(validation('Invalid Backup ARN'))
  })
})

describe('point-in-time recovery', () => {
  const specify = (PointInTimeRecoveryEnabled: boolean, more: object = {}) =>
    endpoint.client.send(
      new UpdateContinuousBackupsCommand({
        TableName: table,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled, ...more },
      }),
    )

  it(
    'is switched on and off, and restores to a table of its own',
    async () => {
      const target = endpoint.name('recovery-copy')
      const restoring = { SourceTableName: table, TargetTableName: target, UseLatestRestorableTime: true }
      const off = { name: 'PointInTimeRecoveryUnavailableException', message: `Point in time recovery is not enabled for table '${table}'` }
      expect(await refusalOf(endpoint, 'RestoreTableToPointInTime', restoring)).toEqual(off)

      const { ContinuousBackupsDescription: on } = await specify(true)
      expect(on).toMatchObject({
        ContinuousBackupsStatus: 'ENABLED',
        PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'ENABLED', RecoveryPeriodInDays: 35 },
      })
      const { EarliestRestorableDateTime: earliest } = on?.PointInTimeRecoveryDescription ?? {}
      const early = { ...restoring, UseLatestRestorableTime: undefined, RestoreDateTime: (earliest?.getTime() ?? 0) / 1000 - 3600 }
      const refused = await refusalOf(endpoint, 'RestoreTableToPointInTime', early)
      expect(refused.name).toBe('InvalidRestoreTimeException')
      expect(refused.message).toMatch(
        /^RestoreDateTime '.*' must be within EarliestRestorableDateTime '.*' and LatestRestorableDateTime '.*'/,
      )
      const taken = { name: 'TableAlreadyExistsException', message: `Table already exists: ${table}` }
      expect(await refusalOf(endpoint, 'RestoreTableToPointInTime', { ...restoring, TargetTableName: table })).toEqual(taken)

      const { TableDescription } = await endpoint.client.send(new RestoreTableToPointInTimeCommand(restoring))
      expect(TableDescription?.RestoreSummary?.SourceBackupArn).toBeUndefined()
      expect(TableDescription?.RestoreSummary).toMatchObject({ RestoreInProgress: true, SourceTableArn: (await tableOf(table))?.TableArn })
      await active(target)
      expect((await tableOf(target))?.GlobalSecondaryIndexes).toMatchObject([{ IndexName: 'by-v' }])

      await specify(true, { RecoveryPeriodInDays: 3 })
      const described = await endpoint.client.send(new DescribeContinuousBackupsCommand({ TableName: table }))
      expect(described.ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.RecoveryPeriodInDays).toBe(3)
      const { ContinuousBackupsDescription } = await specify(false)
      expect(ContinuousBackupsDescription).toMatchObject({ ContinuousBackupsStatus: 'ENABLED' })
      expect(ContinuousBackupsDescription?.PointInTimeRecoveryDescription).toEqual({ PointInTimeRecoveryStatus: 'DISABLED' })
    },
    2 * WAIT_MS,
  )

  it('is not given both a period and an end, nor two times, nor none', async () => {
    const both = { TableName: table, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false, RecoveryPeriodInDays: 3 } }
    expect(await refusalOf(endpoint, 'UpdateContinuousBackups', both)).toEqual(
      validation('Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.'),
    )
    const restoring = { SourceTableName: table, TargetTableName: endpoint.name('recovery-no') }
    expect(await refusalOf(endpoint, 'RestoreTableToPointInTime', restoring)).toEqual(
      validation('Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both'),
    )
    const twice = { ...restoring, UseLatestRestorableTime: true, RestoreDateTime: 1 }
    expect((await refusalOf(endpoint, 'RestoreTableToPointInTime', twice)).message).toContain(
      'Both RestoreDateTime and UseLatestRestorableTime cannot be set for point-in-time restore request.',
    )
  })
})
