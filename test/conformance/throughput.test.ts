import type { UpdateTableCommandInput } from '@aws-sdk/client-dynamodb'
import { DeleteTableCommand, DescribeTableCommand, PutItemCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { DescribeStreamCommand, GetRecordsCommand, GetShardIteratorCommand, ListStreamsCommand } from '@aws-sdk/client-dynamodb-streams'
import { describe, expect, it } from 'vitest'
import { keySettings, makeTable, tablesAreSlow, untilActive, untilGone, useEndpoint, useTable } from './endpoint.ts'
import { refusalOf, validation } from './refusal.ts'

const endpoint = useEndpoint()
const byA = {
  IndexName: 'by-a',
  KeySchema: [{ AttributeName: 'a', KeyType: 'HASH' as const }],
  Projection: { ProjectionType: 'KEYS_ONLY' as const },
}
const indexes = { AttributeDefinitions: [{ AttributeName: 'a', AttributeType: 'S' as const }], GlobalSecondaryIndexes: [byA] }
const onDemand = useTable(endpoint, 'throughput-demand', 'pk S', indexes)
const units = (ReadCapacityUnits: number, WriteCapacityUnits: number) => ({ ReadCapacityUnits, WriteCapacityUnits })
const provisioned = useTable(endpoint, 'throughput-units', 'pk S', { ProvisionedThroughput: units(2, 3) })
const TIMEOUT_MS = tablesAreSlow ? 600_000 : 30_000
const invalid = (what: string) => validation(`One or more parameter values were invalid: ${what}`)
const described = async (TableName: string) => (await endpoint.client.send(new DescribeTableCommand({ TableName }))).Table
const update = (TableName: string, more: Partial<UpdateTableCommandInput>) =>
  endpoint.client.send(new UpdateTableCommand({ TableName, ...more }))

describe('warm throughput', () => {
  it('is that of every new on-demand table and index, and the units of a provisioned one', async () => {
    const warm = { ReadUnitsPerSecond: 12_000, WriteUnitsPerSecond: 4_000, Status: 'ACTIVE' }
    const table = await described(onDemand)
    expect([table?.WarmThroughput, table?.GlobalSecondaryIndexes?.[0]?.WarmThroughput]).toEqual([warm, warm])
    expect((await described(provisioned))?.WarmThroughput).toEqual({ ReadUnitsPerSecond: 2, WriteUnitsPerSecond: 3, Status: 'ACTIVE' })
  })

  it('is not lowered', async () => {
    const lower = 'is lower than current WarmThroughput, decreasing WarmThroughput is not supported'
    expect(await refusalOf(endpoint, 'UpdateTable', { TableName: onDemand, WarmThroughput: { ReadUnitsPerSecond: 6000 } })).toEqual(
      invalid(`Requested ReadUnitsPerSecond for WarmThroughput for table ${lower}`),
    )
    expect(await refusalOf(endpoint, 'UpdateTable', { TableName: provisioned, WarmThroughput: { WriteUnitsPerSecond: 1 } })).toEqual(
      invalid(`Requested WriteUnitsPerSecond for WarmThroughput for table ${lower}`),
    )
  })

  it('of a new table is not below what it would have', async () => {
    const body = { TableName: endpoint.name('warm'), ...keySettings('pk S'), BillingMode: 'PAY_PER_REQUEST' }
    expect(await refusalOf(endpoint, 'CreateTable', { ...body, WarmThroughput: { ReadUnitsPerSecond: 1 } })).toEqual(
      invalid(
        'Requested ReadUnitsPerSecond for WarmThroughput for table is lower than initial throughput for OnDemand. ' +
          'See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html#on-demand-capacity-mode-initial',
      ),
    )
  })
})

describe('UpdateTable refuses', () => {
  const stream = { StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' } }
  it.each<[string, object, string]>([
    [
      'protection beside anything',
      { DeletionProtectionEnabled: true, ...stream },
      'DeletionProtection modification must be the only operation in the request',
    ],
    ['a class beside anything', { TableClass: 'STANDARD', ...stream }, 'TableClass modification must be the only operation in the request'],
    [
      'encryption beside anything',
      { SSESpecification: { Enabled: true }, ...stream },
      'Server-Side Encryption modification must be the only operation in the request',
    ],
    [
      'warm throughput beside a stream',
      { WarmThroughput: { ReadUnitsPerSecond: 20_000 }, ...stream },
      'WarmThroughput must be the only operation in the request',
    ],
    [
      'a maximum beside a stream',
      { OnDemandThroughput: { MaxReadRequestUnits: 5 }, ...stream },
      'OnDemandThroughput can only be combined with BillingMode in an UpdateTable request',
    ],
    [
      'units on demand',
      { ProvisionedThroughput: units(1, 1) },
      'Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST',
    ],
    [
      'provisioned without units',
      { BillingMode: 'PROVISIONED' },
      'ProvisionedThroughput must be specified when BillingMode is PROVISIONED',
    ],
    [
      'provisioned without units of an index',
      { BillingMode: 'PROVISIONED', ProvisionedThroughput: units(1, 1) },
      'ProvisionedThroughput must be specified for index: by-a',
    ],
    [
      'a maximum of nothing',
      { OnDemandThroughput: { MaxReadRequestUnits: 0 } },
      'Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range',
    ],
    ['encryption that is there', { SSESpecification: { Enabled: false } }, 'Table is already encrypted by default'],
    [
      'a key without its kind',
      { SSESpecification: { Enabled: true, KMSMasterKeyId: 'alias/aws/dynamodb' } },
      'SSEType KMS is required if KMSMasterKeyId is specified',
    ],
    [
      'an empty action on an index',
      { GlobalSecondaryIndexUpdates: [{}] },
      'One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null',
    ],
  ])('%s', async (_what, more, message) => {
    expect(await refusalOf(endpoint, 'UpdateTable', { TableName: onDemand, ...more })).toEqual(invalid(message))
  })

  it('a maximum of a provisioned table', async () => {
    const body = { TableName: provisioned, OnDemandThroughput: { MaxReadRequestUnits: 5 } }
    expect(await refusalOf(endpoint, 'UpdateTable', body)).toEqual(
      invalid('MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED'),
    )
  })

  it('more than the account may have, an index that is not there, and one that is there already', async () => {
    const refusal = await refusalOf(endpoint, 'UpdateTable', { TableName: provisioned, ProvisionedThroughput: units(2_000_000, 3) })
    expect(refusal.name).toBe('LimitExceededException')
    expect(refusal.message).toMatch(/^The requested ReadCapacityUnits, 2000000, is above the per table maximum for the account in /)
    const gone = { TableName: onDemand, GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'ghost' } }] }
    expect(await refusalOf(endpoint, 'UpdateTable', gone)).toEqual({
      name: 'ResourceNotFoundException',
      message: `Requested resource not found: Index ghost for table ${onDemand}`,
    })
    const again = {
      TableName: onDemand,
      GlobalSecondaryIndexUpdates: [{ Create: byA }],
      AttributeDefinitions: indexes.AttributeDefinitions,
    }
    expect(await refusalOf(endpoint, 'UpdateTable', again)).toEqual(validation('Attempting to create an index which already exists'))
  })
})

it(
  'a maximum on demand is set, changed member by member and taken away',
  async () => {
    await update(onDemand, { OnDemandThroughput: { MaxReadRequestUnits: 1000, MaxWriteRequestUnits: 500 } })
    const maximum = async () => (await described(onDemand))?.OnDemandThroughput
    await expect.poll(maximum, { timeout: TIMEOUT_MS }).toEqual({ MaxReadRequestUnits: 1000, MaxWriteRequestUnits: 500 })
    await update(onDemand, { OnDemandThroughput: { MaxReadRequestUnits: -1 } })
    await expect.poll(maximum, { timeout: TIMEOUT_MS }).toEqual({ MaxWriteRequestUnits: 500 })
    await update(onDemand, { OnDemandThroughput: { MaxWriteRequestUnits: -1 } })
    await expect.poll(maximum, { timeout: TIMEOUT_MS }).toBeUndefined()
  },
  TIMEOUT_MS,
)

it(
  'what was lowered and raised is told with its time',
  async () => {
    await update(provisioned, { ProvisionedThroughput: units(1, 4) })
    await untilActive(endpoint.client, provisioned)
    expect((await described(provisioned))?.ProvisionedThroughput).toMatchObject({
      ...units(1, 4),
      NumberOfDecreasesToday: 1,
      LastDecreaseDateTime: expect.any(Date) as Date,
      LastIncreaseDateTime: expect.any(Date) as Date,
    })
  },
  TIMEOUT_MS,
)

it('scaling of a table that has no replicas is not there', async () => {
  expect(await refusalOf(endpoint, 'DescribeTableReplicaAutoScaling', { TableName: onDemand })).toEqual({
    name: 'ResourceNotFoundException',
    message: `Global table with name: '${onDemand}' does not exist.`,
  })
})

it(
  'the stream of a deleted table can still be read, also when there is another table of the name',
  async () => {
    const TableName = endpoint.name('throughput-stream')
    const stream = { StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' as const } }
    await makeTable(endpoint.client, TableName, 'pk S', stream)
    const StreamArn = (await described(TableName))?.LatestStreamArn ?? ''
    await endpoint.client.send(new PutItemCommand({ TableName, Item: { pk: { S: 'a' } } }))
    const shardOf = async () =>
      (await endpoint.streams.send(new DescribeStreamCommand({ StreamArn }))).StreamDescription?.Shards?.[0]?.ShardId
    await expect.poll(shardOf, { timeout: TIMEOUT_MS }).toBeDefined()
    await endpoint.client.send(new DeleteTableCommand({ TableName }))
    await untilGone(endpoint.client, TableName)
    await makeTable(endpoint.client, TableName, 'pk S', stream)
    const another = (await described(TableName))?.LatestStreamArn
    const listed = (await endpoint.streams.send(new ListStreamsCommand({ TableName }))).Streams?.map((each) => each.StreamArn)
    expect(listed?.toSorted()).toEqual([StreamArn, another].toSorted())
    const disabled = async () => (await endpoint.streams.send(new DescribeStreamCommand({ StreamArn }))).StreamDescription?.StreamStatus
    await expect.poll(disabled, { timeout: TIMEOUT_MS }).toBe('DISABLED')
    const begin = { StreamArn, ShardId: await shardOf(), ShardIteratorType: 'TRIM_HORIZON' as const }
    const { ShardIterator } = await endpoint.streams.send(new GetShardIteratorCommand(begin))
    const { Records } = await endpoint.streams.send(new GetRecordsCommand({ ShardIterator }))
    expect(Records?.map(({ dynamodb }) => dynamodb?.Keys)).toEqual([{ pk: { S: 'a' } }])
  },
  TIMEOUT_MS,
)
