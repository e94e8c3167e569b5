import type { CreateTableCommandInput, DynamoDBClient, TableDescription } from '@aws-sdk/client-dynamodb'
import {
  CreateBackupCommand,
  CreateTableCommand,
  DeleteBackupCommand,
  DeleteTableCommand,
  DescribeBackupCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ListBackupsCommand,
  ListTagsOfResourceCommand,
  PutItemCommand,
  QueryCommand,
  RestoreTableFromBackupCommand,
  ScanCommand,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { TestWorld } from '../../test-world.contract.ts'
import { startTestWorld } from '../../test-world.contract.ts'

const startMs = Date.UTC(2026, 0, 1)

let nowMs: number
let world: TestWorld
let client: DynamoDBClient
beforeEach(async () => {
  nowMs = startMs
  world = await startTestWorld({ nowMs: () => nowMs })
  client = world.client()
})
afterEach(async () => {
  await world.close()
  expect(world.errors).toEqual([])
})

const orders: CreateTableCommandInput = {
  TableName: 'orders',
  BillingMode: 'PROVISIONED',
  ProvisionedThroughput: { ReadCapacityUnits: 500, WriteCapacityUnits: 500 },
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
    { AttributeName: 'day', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'by-day',
      KeySchema: [{ AttributeName: 'day', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['n'] },
      ProvisionedThroughput: { ReadCapacityUnits: 500, WriteCapacityUnits: 500 },
    },
  ],
  LocalSecondaryIndexes: [
    {
      IndexName: 'own-day',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'day', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
  Tags: [{ Key: 'team', Value: 'a' }],
}

async function create(more: Partial<CreateTableCommandInput> = {}): Promise<TableDescription | undefined> {
  return (await client.send(new CreateTableCommand({ ...orders, ...more }))).TableDescription
}

async function put(sk: string, day = 'mon', TableName = 'orders'): Promise<void> {
  await client.send(new PutItemCommand({ TableName, Item: { pk: { S: 'p' }, sk: { S: sk }, day: { S: day }, n: { N: '1' } } }))
}

async function back(BackupName = 'nightly', TableName = 'orders'): Promise<string> {
  const { BackupDetails } = await client.send(new CreateBackupCommand({ TableName, BackupName }))
  return BackupDetails?.BackupArn ?? ''
}

async function described(arn: string): ReturnType<typeof describeOnce> {
  for (;;) {
    const description = await describeOnce(arn)
    if (description?.BackupDetails?.BackupStatus !== 'CREATING') return description
  }
}

const describeOnce = async (BackupArn: string) => (await client.send(new DescribeBackupCommand({ BackupArn }))).BackupDescription
const tableOf = async (TableName: string) => (await client.send(new DescribeTableCommand({ TableName }))).Table

async function active(TableName: string): ReturnType<typeof tableOf> {
  for (;;) {
    const table = await tableOf(TableName)
    if (table?.TableStatus === 'ACTIVE') return table
  }
}

async function sorts(TableName: string, IndexName?: string): Promise<(string | undefined)[]> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName, ...(IndexName === undefined ? {} : { IndexName }) }))
  return Items.map(({ sk }) => sk?.S).sort()
}

const restore = (TargetTableName: string, BackupArn: string, more: object = {}) =>
  client.send(new RestoreTableFromBackupCommand({ TargetTableName, BackupArn, ...more }))

describe('a backup', () => {
  test('tells what the table was when it was made', async () => {
    const table = await create()
    await put('1')
    await client.send(
      new UpdateTimeToLiveCommand({ TableName: 'orders', TimeToLiveSpecification: { Enabled: true, AttributeName: 'until' } }),
    )
    const { BackupDetails } = await client.send(new CreateBackupCommand({ TableName: 'orders', BackupName: 'nightly' }))
    const arn = BackupDetails?.BackupArn ?? ''
    expect(arn).toMatch(/^arn:aws:dynamodb:us-east-1:000000000000:table\/orders\/backup\/01767225600000-[0-9a-f]{8}$/)
    const details = { BackupArn: arn, BackupName: 'nightly', BackupType: 'USER', BackupCreationDateTime: new Date(startMs) }
    expect(BackupDetails).toEqual({ ...details, BackupStatus: 'CREATING', BackupSizeBytes: 15 })
    expect(await described(arn)).toEqual({
      BackupDetails: { ...details, BackupStatus: 'AVAILABLE', BackupSizeBytes: 15 },
      SourceTableDetails: {
        TableName: 'orders',
        TableId: table?.TableId,
        TableArn: table?.TableArn,
        TableSizeBytes: 15,
        ItemCount: 1,
        KeySchema: orders.KeySchema,
        TableCreationDateTime: new Date(startMs),
        ProvisionedThroughput: orders.ProvisionedThroughput,
        BillingMode: 'PROVISIONED',
      },
      SourceTableFeatureDetails: {
        LocalSecondaryIndexes: orders.LocalSecondaryIndexes,
        GlobalSecondaryIndexes: orders.GlobalSecondaryIndexes,
        StreamDescription: orders.StreamSpecification,
        TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'until' },
      },
    })
  })

  test('outlives its table, and is not touched by another one of that name', async () => {
    await create()
    await put('old')
    const arn = await back()
    await client.send(new DeleteTableCommand({ TableName: 'orders' }))
    await create()
    await put('new')
    expect((await described(arn))?.BackupDetails?.BackupStatus).toBe('AVAILABLE')
    await restore('copy', arn)
    await active('copy')
    expect(await sorts('copy')).toEqual(['old'])
    const { BackupSummaries } = await client.send(new ListBackupsCommand({ TableName: 'orders' }))
    expect(BackupSummaries?.map(({ BackupArn }) => BackupArn)).toEqual([arn])
  })

  test('holds what was there when it was made, whatever is written while it is copied', async () => {
    await create({ StreamSpecification: { StreamEnabled: false } })
    const before = Array.from({ length: 450 }, (_, n) => `k${n}`)
    await Promise.all(before.map((sk) => put(sk)))
    const arn = await back()
    const changes = before.map((sk, n) => (n % 2 === 0 ? put(sk, 'changed') : put(`${sk}-new`)))
    await Promise.all(changes)
    expect((await described(arn))?.SourceTableDetails?.ItemCount).toBe(450)
    await restore('copy', arn)
    await active('copy')
    expect(await sorts('copy')).toEqual([...before].sort())
    const mondays = await client.send(
      new QueryCommand({
        TableName: 'copy',
        IndexName: 'by-day',
        KeyConditionExpression: '#d = :d',
        ExpressionAttributeNames: { '#d': 'day' },
        ExpressionAttributeValues: { ':d': { S: 'mon' } },
        Select: 'COUNT',
      }),
    )
    expect(mondays.Count).toBe(450)
  })

  test('is deleted for good', async () => {
    await create()
    await put('1')
    const arn = await back()
    await described(arn)
    const { BackupDescription } = await client.send(new DeleteBackupCommand({ BackupArn: arn }))
    expect(BackupDescription?.BackupDetails).toMatchObject({ BackupStatus: 'DELETED', BackupArn: arn })
    expect(BackupDescription?.SourceTableDetails?.TableName).toBe('orders')
    const gone = { name: 'BackupNotFoundException', message: `Backup not found: ${arn}` }
    await expect(describeOnce(arn)).rejects.toMatchObject(gone)
    await expect(client.send(new DeleteBackupCommand({ BackupArn: arn }))).rejects.toMatchObject(gone)
    await expect(restore('copy', arn)).rejects.toMatchObject(gone)
    expect((await client.send(new ListBackupsCommand({}))).BackupSummaries).toEqual([])
    await client.send(new DeleteTableCommand({ TableName: 'orders' }))
    const { store } = await world.engine('us-east-1')
    const itemsOfBackups = { from: Uint8Array.of(0x01, 0, 0, 0, 2), to: Uint8Array.of(0x02) }
    const rest = async (): Promise<number> => (await store.page(itemsOfBackups, { entriesMax: 9, bytesMax: 9 })).entries.length
    await expect.poll(rest).toBe(0)
  })

  test('is there for a table only, by a name that means one', async () => {
    const missing = { name: 'TableNotFoundException', message: 'Table not found: orders' }
    await expect(back()).rejects.toMatchObject(missing)
    const invalid = async (arn: string): Promise<unknown> => describeOnce(arn).catch((error: unknown) => error)
    const table = 'arn:aws:dynamodb:us-east-1:000000000000:table/orders'
    expect(await invalid(table)).toMatchObject({ name: 'ValidationException', message: 'Invalid Backup ARN' })
    expect(await invalid(`${table.replace('dynamodb', 's3')}/backup/01767225600000-0123abcd`)).toMatchObject({
      name: 'ValidationException',
      message: 'Invalid Request: BackupArn is not valid',
    })
    expect(await invalid(`${table.replace('0000000', '1111111')}/backup/01767225600000-0123abcd`)).toMatchObject({
      name: 'AccessDeniedException',
    })
  })
})

describe('ListBackups', () => {
  const names = async (more: object): Promise<unknown[]> =>
    ((await client.send(new ListBackupsCommand(more))).BackupSummaries ?? []).map(({ BackupName }) => BackupName)

  test('pages through the backups of a table or of all, between two times', async () => {
    await create()
    await create({ TableName: 'other' })
    const arns: string[] = []
    for (const [name, table] of [
      ['one', 'orders'],
      ['two', 'other'],
      ['three', 'orders'],
      ['four', 'orders'],
    ]) {
      arns.push(await back(name, table))
      nowMs += 1000
    }
    expect(await names({})).toEqual(['one', 'two', 'three', 'four'])
    expect(await names({ TableName: 'orders' })).toEqual(['one', 'three', 'four'])
    expect(await names({ TableName: 'arn:aws:dynamodb:us-east-1:000000000000:table/other' })).toEqual(['two'])
    expect(await names({ TableName: 'missing' })).toEqual([])
    const first = await client.send(new ListBackupsCommand({ TableName: 'orders', Limit: 2 }))
    expect(first.LastEvaluatedBackupArn).toBe(arns[2])
    const rest = await client.send(new ListBackupsCommand({ TableName: 'orders', ExclusiveStartBackupArn: arns[2], Limit: 1 }))
    expect([rest.BackupSummaries?.length, rest.LastEvaluatedBackupArn]).toEqual([1, undefined])
    const between = { TimeRangeLowerBound: new Date(startMs + 1000), TimeRangeUpperBound: new Date(startMs + 3000) }
    expect(await names(between)).toEqual(['two', 'three'])
    await expect(names({ TimeRangeLowerBound: new Date(5000), TimeRangeUpperBound: new Date(4000) })).rejects.toThrow(
      'Time range lower bound must be less than or equal to upper bound',
    )
    await expect(names({ ExclusiveStartBackupArn: arns[0]?.replace('us-east-1', 'eu-west-1') })).rejects.toThrow(
      'Invalid Request: The supplied ExclusiveStartBackupArn does not match the region',
    )
  })

  test('shows the backups of its Region alone', async () => {
    await create()
    const arn = await back()
    const elsewhere = world.client('eu-west-1')
    expect((await elsewhere.send(new ListBackupsCommand({}))).BackupSummaries).toEqual([])
    await expect(elsewhere.send(new DescribeBackupCommand({ BackupArn: arn }))).rejects.toThrow('Backup not found')
    await expect(elsewhere.send(new RestoreTableFromBackupCommand({ BackupArn: arn, TargetTableName: 'copy' }))).rejects.toThrow(
      'sseSpecificationOverride must be provided for cross-region restores',
    )
  })
})

describe('a table that is deleted with point-in-time recovery on', () => {
  const systemBackups = async () =>
    (await client.send(new ListBackupsCommand({ TableName: 'orders', BackupType: 'SYSTEM' }))).BackupSummaries ?? []

  test('leaves a backup that nobody can delete and that goes by itself', async () => {
    await create()
    await put('1')
    await client.send(
      new UpdateContinuousBackupsCommand({
        TableName: 'orders',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      }),
    )
    await put('2')
    await client.send(new DeleteTableCommand({ TableName: 'orders' }))
    expect((await client.send(new ListBackupsCommand({ TableName: 'orders' }))).BackupSummaries).toEqual([])
    const [backup, ...others] = await systemBackups()
    expect(others).toEqual([])
    const arn = backup?.BackupArn ?? ''
    expect(arn).toMatch(/\/backup\/01767225600\d{3}-00000000$/)
    expect(await described(arn)).toMatchObject({
      BackupDetails: {
        BackupName: 'orders$DeletedTableBackup',
        BackupType: 'SYSTEM',
        BackupStatus: 'AVAILABLE',
        BackupExpiryDateTime: new Date(startMs + 35 * 24 * 3600 * 1000),
      },
      SourceTableFeatureDetails: {},
    })
    await expect(client.send(new DeleteBackupCommand({ BackupArn: arn }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(`Invalid Request: User is not allowed to delete the system backup with arn ${arn}.`) as string,
    })
    await restore('orders', arn)
    await active('orders')
    expect(await sorts('orders')).toEqual(['1', '2'])
    expect(await sorts('orders', 'by-day')).toEqual(['1', '2'])
    const { backups } = await world.engine('us-east-1')
    await backups.removeExpired(startMs + 35 * 24 * 3600 * 1000 - 1)
    expect(await systemBackups()).toHaveLength(1)
    await backups.removeExpired(startMs + 35 * 24 * 3600 * 1000)
    expect(await systemBackups()).toEqual([])
  })

  test('leaves none when it was switched off', async () => {
    await create()
    const turn = (PointInTimeRecoveryEnabled: boolean) =>
      client.send(
        new UpdateContinuousBackupsCommand({ TableName: 'orders', PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled } }),
      )
    await turn(true)
    await turn(false)
    await client.send(new DeleteTableCommand({ TableName: 'orders' }))
    expect(await systemBackups()).toEqual([])
  })
})

describe('a table restored from a backup', () => {
  test('has items, indexes and capacity of the source, and none of its other settings', async () => {
    await create({ DeletionProtectionEnabled: true, TableClass: 'STANDARD_INFREQUENT_ACCESS' })
    await put('1')
    await put('2', 'tue')
    const ttl = { Enabled: true, AttributeName: 'until' }
    await client.send(new UpdateTimeToLiveCommand({ TableName: 'orders', TimeToLiveSpecification: ttl }))
    await client.send(
      new UpdateContinuousBackupsCommand({ TableName: 'orders', PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }),
    )
    const arn = await back()
    await described(arn)
    nowMs += 60_000
    const { TableDescription } = await restore('copy', arn)
    expect(TableDescription).toMatchObject({
      TableStatus: 'CREATING',
      RestoreSummary: {
        SourceBackupArn: arn,
        SourceTableArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/orders',
        RestoreDateTime: new Date(startMs),
        RestoreInProgress: true,
      },
    })
    const copy = await active('copy')
    expect(copy?.RestoreSummary).toBeUndefined()
    expect(copy?.CreationDateTime).toEqual(new Date(startMs + 60_000))
    expect(copy?.ProvisionedThroughput).toMatchObject({ ReadCapacityUnits: 500, WriteCapacityUnits: 500 })
    expect(copy?.GlobalSecondaryIndexes).toMatchObject([{ IndexName: 'by-day', IndexStatus: 'ACTIVE', ItemCount: 2 }])
    expect(copy?.LocalSecondaryIndexes).toMatchObject([{ IndexName: 'own-day', ItemCount: 2 }])
    expect([copy?.ItemCount, copy?.TableSizeBytes]).toEqual([2, 30])
    expect([copy?.StreamSpecification, copy?.LatestStreamArn, copy?.TableClassSummary]).toEqual([undefined, undefined, undefined])
    expect(copy?.DeletionProtectionEnabled).toBe(false)
    expect((await client.send(new ListTagsOfResourceCommand({ ResourceArn: copy?.TableArn }))).Tags).toEqual([])
    const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: 'copy' }))
    expect(TimeToLiveDescription?.TimeToLiveStatus).toBe('DISABLED')
    const { ContinuousBackupsDescription } = await client.send(new DescribeContinuousBackupsCommand({ TableName: 'copy' }))
    expect(ContinuousBackupsDescription?.PointInTimeRecoveryDescription).toEqual({ PointInTimeRecoveryStatus: 'DISABLED' })
    expect(await sorts('copy', 'by-day')).toEqual(['1', '2'])
    await put('3', 'wed', 'copy')
    expect(await sorts('copy', 'own-day')).toEqual(['1', '2', '3'])
  })

  test('is encrypted as the source was, or as the request asks for', async () => {
    await create({ SSESpecification: { Enabled: true } })
    const arn = await back()
    const sse = (await described(arn))?.SourceTableFeatureDetails?.SSEDescription
    expect(sse).toMatchObject({ Status: 'ENABLED', SSEType: 'KMS' })
    await restore('same', arn)
    expect((await active('same'))?.SSEDescription?.KMSMasterKeyArn).toBe(sse?.KMSMasterKeyArn)
    await restore('plain', arn, { SSESpecificationOverride: { Enabled: false } })
    expect((await active('plain'))?.SSEDescription).toBeUndefined()
    await restore('other', arn, { SSESpecificationOverride: { SSEType: 'KMS', KMSMasterKeyId: 'alias/mine' } })
    const other = (await active('other'))?.SSEDescription?.KMSMasterKeyArn
    expect(other).toMatch(/^arn:aws:kms:us-east-1:/)
    expect(other).not.toBe(sse?.KMSMasterKeyArn)
  })

  test('has the capacity and the indexes that the request asks for', async () => {
    await create()
    await put('1')
    const arn = await back()
    await described(arn)
    await restore('demand', arn, { BillingModeOverride: 'PAY_PER_REQUEST', OnDemandThroughputOverride: { MaxReadRequestUnits: 7 } })
    const demand = await active('demand')
    expect(demand?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST')
    expect(demand?.OnDemandThroughput).toEqual({ MaxReadRequestUnits: 7 })
    expect(demand?.GlobalSecondaryIndexes?.[0]?.ProvisionedThroughput).toMatchObject({ ReadCapacityUnits: 0 })
    await restore('bare', arn, { GlobalSecondaryIndexOverride: [], LocalSecondaryIndexOverride: [] })
    const bare = await active('bare')
    expect([bare?.GlobalSecondaryIndexes, bare?.LocalSecondaryIndexes]).toEqual([undefined, undefined])
    expect(bare?.AttributeDefinitions?.map(({ AttributeName }) => AttributeName)).toEqual(['pk', 'sk'])
    const [byDay] = orders.GlobalSecondaryIndexes ?? []
    await restore('renamed', arn, {
      ProvisionedThroughputOverride: { ReadCapacityUnits: 2, WriteCapacityUnits: 3 },
      GlobalSecondaryIndexOverride: [
        { ...byDay, IndexName: 'days', ProvisionedThroughput: { ReadCapacityUnits: 4, WriteCapacityUnits: 5 } },
      ],
      SSESpecificationOverride: { Enabled: false },
    })
    const renamed = await active('renamed')
    expect(renamed?.ProvisionedThroughput).toMatchObject({ ReadCapacityUnits: 2, WriteCapacityUnits: 3 })
    expect(renamed?.GlobalSecondaryIndexes).toMatchObject([
      { IndexName: 'days', ItemCount: 1, ProvisionedThroughput: { ReadCapacityUnits: 4, WriteCapacityUnits: 5 } },
    ])
    expect(renamed?.LocalSecondaryIndexes).toMatchObject([{ IndexName: 'own-day', ItemCount: 1 }])
  })

  test.each([
    [{ BillingModeOverride: 'PROVISIONED' }, 'Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED'],
    [
      { BillingModeOverride: 'PAY_PER_REQUEST', ProvisionedThroughputOverride: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } },
      'Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST',
    ],
    [
      { OnDemandThroughputOverride: { MaxReadRequestUnits: 1 } },
      'Cannot override MaxReadRequestUnits for OnDemandThroughput unless BillingModeOverride is PAY_PER_REQUEST',
    ],
    [
      { BillingModeOverride: 'PAY_PER_REQUEST', OnDemandThroughputOverride: { MaxWriteRequestUnits: 0 } },
      'Requested MaxWriteRequestUnits for OnDemandThroughput is outside of valid range',
    ],
    [
      {
        GlobalSecondaryIndexOverride: [
          { IndexName: 'new', KeySchema: [{ AttributeName: 'sk', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
        ],
      },
      'Index new does not match a secondary index that existed in the source table and cannot be created during the restore operation',
    ],
    [
      { GlobalSecondaryIndexOverride: [{ ...orders.GlobalSecondaryIndexes?.[0], ProvisionedThroughput: undefined }] },
      'Must specify provisioned throughput for index by-day',
    ],
    [
      { BillingModeOverride: 'PAY_PER_REQUEST', GlobalSecondaryIndexOverride: orders.GlobalSecondaryIndexes },
      'Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST for index by-day',
    ],
  ])('cannot be what the request asks for: %j', async (overrides, problem) => {
    await create()
    const arn = await back()
    await described(arn)
    await expect(restore('copy', arn, overrides)).rejects.toMatchObject({
      name: 'ValidationException',
      message: `Invalid Request: ${problem}`,
    })
    await expect(tableOf('copy')).rejects.toThrow('not found')
    await client.send(new DeleteBackupCommand({ BackupArn: arn }))
  })

  test('takes no name that is in use, and no backup that is being read', async () => {
    await create()
    await Promise.all(Array.from({ length: 1000 }, (_, n) => put(`k${n}`)))
    const arn = await back()
    await described(arn)
    await expect(restore('orders', arn)).rejects.toMatchObject({
      name: 'TableAlreadyExistsException',
      message: 'Table already exists: orders',
    })
    const other = await back()
    await described(other)
    const [, ...outcomes] = await Promise.allSettled([
      restore('copy', arn),
      restore('copy2', arn),
      restore('copy', other),
      client.send(new DeleteBackupCommand({ BackupArn: arn })),
      client.send(new CreateTableCommand({ ...orders, TableName: 'copy' })),
      client.send(new CreateBackupCommand({ TableName: 'copy', BackupName: 'early' })),
      client.send(new ScanCommand({ TableName: 'copy' })),
    ])
    const errors = outcomes.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as Error) : undefined))
    expect(errors.map((error) => error?.name)).toEqual([
      'BackupInUseException',
      expect.stringMatching(/^Table(InUse|AlreadyExists)Exception$/),
      'BackupInUseException',
      'ResourceInUseException',
      'TableNotFoundException',
      'ResourceNotFoundException',
    ])
    expect(errors[0]?.message).toBe(`Backup is being used to restore another table: ${arn}`)
    expect(errors[2]?.message).toBe(`Backup is being used to restore table: ${arn}`)
    await active('copy')
    expect(await sorts('copy')).toHaveLength(1000)
    await client.send(new DeleteBackupCommand({ BackupArn: arn }))
  })
})
