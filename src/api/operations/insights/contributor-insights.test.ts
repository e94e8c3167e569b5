import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteTableCommand,
  DescribeContributorInsightsCommand,
  ExecuteStatementCommand,
  GetItemCommand,
  ListContributorInsightsCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateContributorInsightsCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import type { DynamoDBClient, UpdateContributorInsightsCommandInput } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import type { TestWorld } from '../../test-world.contract.ts'
import { startTestWorld } from '../../test-world.contract.ts'

let nowMs: number
let world: TestWorld
let client: DynamoDBClient
beforeEach(async () => {
  nowMs = Date.UTC(2026, 0, 1)
  world = await startTestWorld({ nowMs: () => nowMs })
  client = world.client()
  await create('orders')
})
afterEach(() => world.close())

const createdMs = Date.UTC(2026, 0, 1)

function create(TableName: string, settings: object = { BillingMode: 'PAY_PER_REQUEST' }, gsiSettings: object = {}): Promise<unknown> {
  return client.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'N' },
        { AttributeName: 'kind', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      LocalSecondaryIndexes: [
        {
          IndexName: 'local',
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'kind', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-kind',
          KeySchema: [{ AttributeName: 'kind', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
          ...gsiSettings,
        },
      ],
      ...settings,
    } as never),
  )
}

const withoutMetadata = ({ $metadata: _metadata, ...rest }: { $metadata?: unknown }): object => rest

async function update(action: 'ENABLE' | 'DISABLE', more: Partial<UpdateContributorInsightsCommandInput> = {}): Promise<object> {
  return withoutMetadata(
    await client.send(new UpdateContributorInsightsCommand({ TableName: 'orders', ContributorInsightsAction: action, ...more })),
  )
}

async function described(IndexName?: string): Promise<object> {
  return withoutMetadata(
    await client.send(new DescribeContributorInsightsCommand({ TableName: 'orders', ...(IndexName === undefined ? {} : { IndexName }) })),
  )
}

async function listed(input: { TableName?: string; MaxResults?: number; NextToken?: string } = {}) {
  const { ContributorInsightsSummaries: all = [], NextToken } = await client.send(new ListContributorInsightsCommand(input))
  return { all: all.map(({ TableName, IndexName }) => [TableName, IndexName]), NextToken }
}

const rule = (measure: string, resource = 'orders', atMs = createdMs): string =>
  `DynamoDBContributorInsights-${measure}-${resource}-${atMs}`
const both = 'ACCESSED_AND_THROTTLED_KEYS'

describe('contributor insights', () => {
  it('are off until they are put on, and off again', async () => {
    expect(await described()).toEqual({ TableName: 'orders', ContributorInsightsStatus: 'DISABLED' })
    expect(await update('DISABLE')).toEqual({ TableName: 'orders', ContributorInsightsStatus: 'DISABLED' })
    expect(await update('ENABLE')).toEqual({ TableName: 'orders', ContributorInsightsStatus: 'ENABLING', ContributorInsightsMode: both })
    nowMs += 5000
    expect(await update('ENABLE')).toMatchObject({ ContributorInsightsStatus: 'ENABLED' })
    expect(await described()).toEqual({
      TableName: 'orders',
      ContributorInsightsStatus: 'ENABLED',
      ContributorInsightsMode: both,
      ContributorInsightsRuleList: [rule('PKC'), rule('SKC'), rule('PKT'), rule('SKT')],
      LastUpdateDateTime: new Date(createdMs),
    })
    expect(await update('DISABLE')).toMatchObject({ ContributorInsightsStatus: 'DISABLING', ContributorInsightsMode: both })
    expect(await described()).toEqual({
      TableName: 'orders',
      ContributorInsightsStatus: 'DISABLED',
      ContributorInsightsMode: both,
      LastUpdateDateTime: new Date(nowMs),
    })
  })

  it('change their mode and keep the rules that stay', async () => {
    await update('ENABLE')
    nowMs += 1000
    expect(await update('ENABLE', { ContributorInsightsMode: 'THROTTLED_KEYS' })).toMatchObject({ ContributorInsightsStatus: 'ENABLING' })
    expect(await described()).toMatchObject({
      ContributorInsightsMode: 'THROTTLED_KEYS',
      ContributorInsightsRuleList: [rule('PKT'), rule('SKT')],
      LastUpdateDateTime: new Date(nowMs),
    })
    expect(await update('ENABLE', { ContributorInsightsMode: 'THROTTLED_KEYS' })).toMatchObject({ ContributorInsightsStatus: 'ENABLED' })
  })

  it('are a global index’s own, and go with it', async () => {
    const IndexName = 'by-kind'
    expect(await update('ENABLE', { IndexName })).toMatchObject({ IndexName, ContributorInsightsStatus: 'ENABLING' })
    expect(await described(IndexName)).toMatchObject({
      IndexName,
      ContributorInsightsRuleList: [rule('PKC', 'orders-by-kind'), rule('PKT', 'orders-by-kind')],
    })
    expect(await described()).toMatchObject({ ContributorInsightsStatus: 'DISABLED' })
    const remove = { GlobalSecondaryIndexUpdates: [{ Delete: { IndexName } }] }
    await client.send(new UpdateTableCommand({ TableName: 'orders', ...remove }))
    const missing = {
      name: 'ResourceNotFoundException',
      message: 'Requested resource not found: Index: by-kind not found for table: orders',
    }
    await expect
      .poll(() =>
        described(IndexName).then(
          () => undefined,
          (error: unknown) => error,
        ),
      )
      .toMatchObject(missing)
    const { own } = (await world.engine('us-east-1')).table('orders') ?? {}
    expect(own?.insights).toEqual({})
  })

  it('are of what is there', async () => {
    const missing = { name: 'ResourceNotFoundException' }
    await expect(update('ENABLE', { IndexName: 'local' })).rejects.toMatchObject({
      ...missing,
      message: 'Requested resource not found: Index: local not found for table: orders',
    })
    await expect(update('ENABLE', { TableName: 'nothing' })).rejects.toMatchObject({
      ...missing,
      message: 'Requested resource not found: Table: nothing not found',
    })
    await expect(listed({ TableName: 'nothing' })).rejects.toMatchObject(missing)
    await update('ENABLE')
    await client.send(new DeleteTableCommand({ TableName: 'orders' }))
    await create('orders')
    expect(await described()).toEqual({ TableName: 'orders', ContributorInsightsStatus: 'DISABLED' })
  })

  it('are listed where they are on, page by page', async () => {
    expect(await listed()).toEqual({ all: [], NextToken: undefined })
    await create('accounts')
    await update('ENABLE', { IndexName: 'by-kind' })
    await update('ENABLE')
    await update('ENABLE', { TableName: 'accounts' })
    const [accounts, orders, index] = [
      ['accounts', undefined],
      ['orders', undefined],
      ['orders', 'by-kind'],
    ]
    expect((await listed()).all).toEqual([accounts, orders, index])
    expect((await listed({ TableName: 'orders' })).all).toEqual([orders, index])
    const first = await listed({ MaxResults: 2 })
    expect(first.all).toEqual([accounts, orders])
    expect(await listed({ MaxResults: 2, NextToken: first.NextToken ?? '' })).toEqual({ all: [index], NextToken: undefined })
    await expect(listed({ NextToken: 'x' })).rejects.toMatchObject({ name: 'ValidationException' })
  })
})

async function top(measure: string, indexName?: string): Promise<object> {
  const table = (await world.engine('us-east-1')).table('orders')
  const report = table && world.api.contributors.report(table, indexName, 25, nowMs)
  const found = report?.rules.find(({ rule: name }) => name.includes(`-${measure}-`))?.top ?? []
  return Object.fromEntries(found.map(({ key, weight }) => [key, weight]))
}

const item = (pk: string, sk: number, more: object = {}) => ({ pk: { S: pk }, sk: { N: String(sk) }, ...more })
const pkOf = (pk: string): string => JSON.stringify({ pk: { S: pk } })
const keyOf = (pk: string, sk: number): string => JSON.stringify(item(pk, sk))

describe('the most used keys', () => {
  beforeEach(() => update('ENABLE'))

  it('weigh what they consume, writes three times', async () => {
    await client.send(new PutItemCommand({ TableName: 'orders', Item: item('a', 1) }))
    await client.send(new GetItemCommand({ TableName: 'orders', Key: item('a', 1), ConsistentRead: true }))
    await client.send(new GetItemCommand({ TableName: 'orders', Key: item('b', 1) }))
    expect(await top('PKC')).toEqual({ [pkOf('a')]: 4, [pkOf('b')]: 0.5 })
    expect(await top('SKC')).toEqual({ [keyOf('a', 1)]: 4, [keyOf('b', 1)]: 0.5 })
    expect(await top('PKT')).toEqual({})
  })

  it('are counted however they were used', async () => {
    const write = { PutRequest: { Item: item('batch', 1) } }
    await client.send(new BatchWriteItemCommand({ RequestItems: { orders: [write] } }))
    await client.send(new BatchGetItemCommand({ RequestItems: { orders: { Keys: [item('batch', 1)] } } }))
    await client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: 'orders', Item: item('transaction', 1) } }] }))
    await client.send(new ExecuteStatementCommand({ Statement: `INSERT INTO orders VALUE {'pk': 'partiql', 'sk': 1}` }))
    await client.send(new ExecuteStatementCommand({ Statement: `SELECT * FROM orders WHERE pk = 'partiql'` }))
    for (const sk of [1, 2]) await client.send(new PutItemCommand({ TableName: 'orders', Item: item('query', sk) }))
    for (const pk of ['query', 'nothing']) {
      const ExpressionAttributeValues = { ':p': { S: pk } }
      await client.send(new QueryCommand({ TableName: 'orders', KeyConditionExpression: 'pk = :p', ExpressionAttributeValues }))
    }
    expect(await top('PKC')).toEqual({
      [pkOf('batch')]: 3.5,
      [pkOf('transaction')]: 6,
      [pkOf('partiql')]: 3.5,
      [pkOf('query')]: 6.5,
      [pkOf('nothing')]: 0.5,
    })
    expect(await top('SKC')).toMatchObject({ [keyOf('query', 1)]: 3.25, [keyOf('query', 2)]: 3.25 })
  })

  it('of an index are counted where its own are on', async () => {
    const query = () =>
      client.send(
        new QueryCommand({
          TableName: 'orders',
          IndexName: 'by-kind',
          KeyConditionExpression: 'kind = :k',
          ExpressionAttributeValues: { ':k': { S: 'x' } },
        }),
      )
    await query()
    expect(await top('PKC', 'by-kind')).toEqual({})
    await update('ENABLE', { IndexName: 'by-kind' })
    await client.send(new PutItemCommand({ TableName: 'orders', Item: item('a', 1, { kind: { S: 'x' } }) }))
    await query()
    expect(await top('PKC', 'by-kind')).toEqual({ [JSON.stringify({ kind: { S: 'x' } })]: 3.5 })
  })

  it('begin anew when they are put on again, and are not counted with the throttled ones alone', async () => {
    const put = () => client.send(new PutItemCommand({ TableName: 'orders', Item: item('a', 1) }))
    await put()
    await update('DISABLE')
    nowMs += 1
    await update('ENABLE', { ContributorInsightsMode: 'THROTTLED_KEYS' })
    await put()
    await update('ENABLE', { ContributorInsightsMode: both })
    expect(await top('PKC')).toEqual({})
  })
})

test('throttled keys are counted', async () => {
  await client.send(new DeleteTableCommand({ TableName: 'orders' }))
  const units = { ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } }
  await create('orders', units, units)
  await update('ENABLE')
  const large = { text: { S: 'x'.repeat(390_000) } }
  await client.send(new PutItemCommand({ TableName: 'orders', Item: item('large', 1, large) }))
  const refused = { name: 'ProvisionedThroughputExceededException' }
  for (let round = 0; round < 3; round++) {
    await expect(client.send(new PutItemCommand({ TableName: 'orders', Item: item('hot', 1) }))).rejects.toMatchObject(refused)
  }
  expect(await top('PKT')).toEqual({ [pkOf('hot')]: 3 })
  expect(await top('SKT')).toEqual({ [keyOf('hot', 1)]: 3 })
})
