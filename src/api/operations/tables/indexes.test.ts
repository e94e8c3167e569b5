import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import type { CreateTableCommandInput, DynamoDBClient, QueryCommandInput } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestWorld } from '../../test-world.contract.ts'
import { startTestWorld } from '../../test-world.contract.ts'

let world: TestWorld
let client: DynamoDBClient
beforeAll(async () => {
  world = await startTestWorld()
  client = world.client()
})
afterAll(() => world.close())

const orders: CreateTableCommandInput = {
  TableName: 'orders',
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [
    { AttributeName: 'customer', AttributeType: 'S' },
    { AttributeName: 'id', AttributeType: 'S' },
    { AttributeName: 'state', AttributeType: 'S' },
    { AttributeName: 'price', AttributeType: 'N' },
  ],
  KeySchema: [
    { AttributeName: 'customer', KeyType: 'HASH' },
    { AttributeName: 'id', KeyType: 'RANGE' },
  ],
  LocalSecondaryIndexes: [
    {
      IndexName: 'by-price',
      KeySchema: [
        { AttributeName: 'customer', KeyType: 'HASH' },
        { AttributeName: 'price', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'by-state',
      KeySchema: [
        { AttributeName: 'state', KeyType: 'HASH' },
        { AttributeName: 'price', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['note'] },
    },
  ],
}

async function idsOf(input: Omit<QueryCommandInput, 'TableName'>, tableName = 'orders'): Promise<(string | undefined)[]> {
  const { Items = [] } = await client.send(new QueryCommand({ TableName: tableName, ...input }))
  return Items.map(({ id }) => id?.S)
}

const byState = (state: string): Omit<QueryCommandInput, 'TableName'> => ({
  IndexName: 'by-state',
  KeyConditionExpression: '#s = :s',
  ExpressionAttributeNames: { '#s': 'state' },
  ExpressionAttributeValues: { ':s': { S: state } },
})

describe('indexes made with their table', () => {
  beforeAll(async () => {
    await client.send(new CreateTableCommand(orders))
    const put = (id: string, rest: object): object => ({ PutRequest: { Item: { customer: { S: 'c1' }, id: { S: id }, ...rest } } })
    await client.send(
      new BatchWriteItemCommand({
        RequestItems: {
          orders: [
            put('a', { state: { S: 'open' }, price: { N: '30' }, note: { S: 'n' }, secret: { S: 's' } }),
            put('b', { state: { S: 'open' }, price: { N: '4' } }),
            put('c', { state: { S: 'paid' }, price: { N: '7' } }),
            put('d', { price: { N: '1' } }),
            put('e', { state: { S: 'open' } }),
          ] as never,
        },
      }),
    )
  })

  test('hold the items that have their key attributes, in their order', async () => {
    expect(await idsOf(byState('open'))).toEqual(['b', 'a'])
    expect(await idsOf({ ...byState('open'), ScanIndexForward: false })).toEqual(['a', 'b'])
  })

  test('answer with what they project', async () => {
    const { Items } = await client.send(new QueryCommand({ TableName: 'orders', ...byState('open'), ScanIndexForward: false, Limit: 1 }))
    expect(Items).toEqual([{ customer: { S: 'c1' }, id: { S: 'a' }, state: { S: 'open' }, price: { N: '30' }, note: { S: 'n' } }])
  })

  test('give ranges of their sort key', async () => {
    const range = { ...byState('open'), KeyConditionExpression: '#s = :s AND price > :t' }
    expect(await idsOf({ ...range, ExpressionAttributeValues: { ':s': { S: 'open' }, ':t': { N: '4' } } })).toEqual(['a'])
  })

  test('are read page by page', async () => {
    const first = await client.send(new QueryCommand({ TableName: 'orders', ...byState('open'), Limit: 1 }))
    expect(first.LastEvaluatedKey).toEqual({ customer: { S: 'c1' }, id: { S: 'b' }, state: { S: 'open' }, price: { N: '4' } })
    expect(await idsOf({ ...byState('open'), ExclusiveStartKey: first.LastEvaluatedKey })).toEqual(['a'])
  })

  test('of the local kind are read consistently, and fetch what they lack', async () => {
    const local = {
      IndexName: 'by-price',
      KeyConditionExpression: 'customer = :c',
      ExpressionAttributeValues: { ':c': { S: 'c1' } },
      ConsistentRead: true,
    }
    expect(await idsOf(local)).toEqual(['d', 'b', 'c', 'a'])
    const fetched = await client.send(
      new QueryCommand({ TableName: 'orders', ...local, Select: 'ALL_ATTRIBUTES', ReturnConsumedCapacity: 'INDEXES' }),
    )
    expect(fetched.Items?.at(-1)?.['secret']).toEqual({ S: 's' })
    expect(fetched.ConsumedCapacity).toMatchObject({
      CapacityUnits: 5,
      Table: { CapacityUnits: 4 },
      LocalSecondaryIndexes: { 'by-price': { CapacityUnits: 1 } },
    })
  })

  test('of the local kind end a page where the items that they fetch fill it', async () => {
    for (const id of ['l1', 'l2', 'l3', 'l4', 'l5']) {
      const Item = { customer: { S: 'large' }, id: { S: id }, price: { N: id.slice(1) }, text: { S: 'x'.repeat(300 * 1024) } }
      await client.send(new PutItemCommand({ TableName: 'orders', Item }))
    }
    const query = {
      TableName: 'orders',
      IndexName: 'by-price',
      KeyConditionExpression: 'customer = :c',
      ExpressionAttributeValues: { ':c': { S: 'large' } },
      Select: 'ALL_ATTRIBUTES' as const,
    }
    const first = await client.send(new QueryCommand(query))
    expect(first.Items?.map(({ id }) => id?.S)).toEqual(['l1', 'l2', 'l3'])
    expect(first.ScannedCount).toBe(3)
    const rest = await client.send(new QueryCommand({ ...query, ExclusiveStartKey: first.LastEvaluatedKey }))
    expect(rest.Items?.map(({ id }) => id?.S)).toEqual(['l4', 'l5'])
    expect(rest.LastEvaluatedKey).toBeUndefined()
  })

  test('of the global kind are not read consistently, and project what they project', async () => {
    await expect(idsOf({ ...byState('open'), ConsistentRead: true })).rejects.toThrow(
      'Consistent reads are not supported on global secondary indexes',
    )
    await expect(idsOf({ ...byState('open'), Select: 'ALL_ATTRIBUTES' })).rejects.toThrow(
      'Select type ALL_ATTRIBUTES is not supported for global secondary index by-state because its projection type is not ALL',
    )
    await expect(idsOf({ ...byState('open'), ProjectionExpression: 'secret' })).rejects.toThrow(
      'Global secondary index by-state does not project [secret]',
    )
  })

  test('are scanned, in parallel too', async () => {
    const found: (string | undefined)[] = []
    for (let Segment = 0; Segment < 4; Segment++) {
      const { Items = [] } = await client.send(new ScanCommand({ TableName: 'orders', IndexName: 'by-state', Segment, TotalSegments: 4 }))
      found.push(...Items.map(({ id }) => id?.S))
    }
    expect(found.sort()).toEqual(['a', 'b', 'c'])
  })

  test('are described, with what they hold', async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: 'orders' }))
    expect(Table?.GlobalSecondaryIndexes).toMatchObject([
      { IndexName: 'by-state', IndexStatus: 'ACTIVE', ItemCount: 3, Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['note'] } },
    ])
    expect(Table?.LocalSecondaryIndexes).toMatchObject([{ IndexName: 'by-price', ItemCount: 9 }])
  })

  test('refuse an item that cannot be indexed', async () => {
    const Item = { customer: { S: 'c1' }, id: { S: 'x' }, state: { N: '1' } }
    await expect(client.send(new PutItemCommand({ TableName: 'orders', Item }))).rejects.toThrow(
      'One or more parameter values were invalid: Type mismatch for Index Key state Expected: S Actual: N IndexName: by-state',
    )
  })

  test.each([
    [{ N: '1' }, 'The update expression attempted to update the secondary index key to unsupported type'],
    [{ S: 'x'.repeat(2049) }, 'The update expression attempted to update the secondary index key beyond allowed size limits'],
    [{ S: '' }, 'The AttributeValue for a key attribute cannot contain an empty string value.'],
  ])('refuse an update to %j', async (state, message) => {
    const update = new UpdateItemCommand({
      TableName: 'orders',
      Key: { customer: { S: 'c1' }, id: { S: 'x' } },
      UpdateExpression: 'SET #s = :s, price = :p',
      ExpressionAttributeNames: { '#s': 'state' },
      ExpressionAttributeValues: { ':s': state as never, ':p': { N: '1' } },
    })
    await expect(client.send(update)).rejects.toThrow(message)
  })

  test('follow updates and deletions, and are charged for them', async () => {
    const Key = { customer: { S: 'c2' }, id: { S: 'a' } }
    const update = (UpdateExpression: string, values: object): UpdateItemCommand =>
      new UpdateItemCommand({
        TableName: 'orders',
        Key,
        UpdateExpression,
        ExpressionAttributeNames: UpdateExpression.includes('#s') ? { '#s': 'state' } : undefined,
        ExpressionAttributeValues: values as never,
        ReturnConsumedCapacity: 'INDEXES',
      })
    const inserted = await client.send(update('SET #s = :s, price = :t', { ':s': { S: 'new' }, ':t': { N: '1' } }))
    expect(inserted.ConsumedCapacity).toMatchObject({
      CapacityUnits: 3,
      GlobalSecondaryIndexes: { 'by-state': { CapacityUnits: 1 } },
      LocalSecondaryIndexes: { 'by-price': { CapacityUnits: 1 } },
    })
    const moved = await client.send(update('SET price = :t', { ':t': { N: '2' } }))
    expect(moved.ConsumedCapacity).toMatchObject({
      GlobalSecondaryIndexes: { 'by-state': { CapacityUnits: 2 } },
      LocalSecondaryIndexes: { 'by-price': { CapacityUnits: 2 } },
    })
    const elsewhere = await client.send(update('SET unrelated = :t', { ':t': { N: '2' } }))
    expect(elsewhere.ConsumedCapacity?.CapacityUnits).toBe(1)
    expect(await idsOf(byState('new'))).toEqual(['a'])
    await client.send(new DeleteItemCommand({ TableName: 'orders', Key }))
    expect(await idsOf(byState('new'))).toEqual([])
  })

  test('measure item collections', async () => {
    const Item = { customer: { S: 'c3' }, id: { S: 'x' }, price: { N: '1' } }
    const { ItemCollectionMetrics } = await client.send(
      new PutItemCommand({ TableName: 'orders', Item, ReturnItemCollectionMetrics: 'SIZE' }),
    )
    expect(ItemCollectionMetrics).toEqual({ ItemCollectionKey: { customer: { S: 'c3' } }, SizeEstimateRangeGB: [0, 1] })
  })
})

describe('an index with several partition and sort attributes', () => {
  beforeAll(async () => {
    const attribute = (AttributeName: string, AttributeType: 'S' | 'N'): object => ({ AttributeName, AttributeType })
    await client.send(
      new CreateTableCommand({
        TableName: 'matches',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['id', 'cup', 'region', 'round']
          .map((name) => attribute(name, 'S'))
          .concat([attribute('seat', 'N')]) as never,
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'by-cup',
            KeySchema: [
              { AttributeName: 'cup', KeyType: 'HASH' },
              { AttributeName: 'region', KeyType: 'HASH' },
              { AttributeName: 'round', KeyType: 'RANGE' },
              { AttributeName: 'seat', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'ALL' },
          },
        ],
      }),
    )
    for (const [id, round, seat] of [
      ['m1', 'final', '1'],
      ['m2', 'semi', '2'],
      ['m3', 'semi', '10'],
      ['m4', 'semi-b', '1'],
    ] as const) {
      const Item = { id: { S: id }, cup: { S: 'W' }, region: { S: 'EU' }, round: { S: round }, seat: { N: seat } }
      await client.send(new PutItemCommand({ TableName: 'matches', Item }))
    }
  })

  const where = (condition: string, values: object): Omit<QueryCommandInput, 'TableName'> => ({
    IndexName: 'by-cup',
    KeyConditionExpression: condition,
    ExpressionAttributeNames: { '#r': 'region' },
    ExpressionAttributeValues: { ':c': { S: 'W' }, ':r': { S: 'EU' }, ...values },
  })

  test('is queried by all partition attributes, and by sort attributes from the first on', async () => {
    expect(await idsOf(where('cup = :c AND #r = :r', {}), 'matches')).toEqual(['m1', 'm2', 'm3', 'm4'])
    expect(await idsOf(where('cup = :c AND #r = :r AND round = :x', { ':x': { S: 'semi' } }), 'matches')).toEqual(['m2', 'm3'])
    const both = where('cup = :c AND #r = :r AND round = :x AND seat > :n', { ':x': { S: 'semi' }, ':n': { N: '2' } })
    expect(await idsOf(both, 'matches')).toEqual(['m3'])
    expect(await idsOf(where('cup = :c AND #r = :r AND begins_with(round, :x)', { ':x': { S: 'semi' } }), 'matches')).toEqual([
      'm2',
      'm3',
      'm4',
    ])
  })

  test('is not queried by a part of its partition, nor by a later sort attribute alone', async () => {
    const part = { IndexName: 'by-cup', KeyConditionExpression: 'cup = :c', ExpressionAttributeValues: { ':c': { S: 'W' } } }
    await expect(idsOf(part, 'matches')).rejects.toThrow('Query condition missed key schema element: region')
    await expect(idsOf(where('cup = :c AND #r = :r AND seat = :n', { ':n': { N: '1' } }), 'matches')).rejects.toThrow(
      'Query condition missed key schema element: round',
    )
  })
})

describe('an index that is added to a table', () => {
  const addition = (tableName: string, IndexName: string, key: string, AttributeDefinitions?: object[]): UpdateTableCommand =>
    new UpdateTableCommand({
      TableName: tableName,
      AttributeDefinitions: AttributeDefinitions as never,
      GlobalSecondaryIndexUpdates: [
        { Create: { IndexName, KeySchema: [{ AttributeName: key, KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } } },
      ],
    })
  const statusOf = async (tableName: string, name: string): Promise<string | undefined> => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }))
    return Table?.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === name)?.IndexStatus
  }

  test('is refused when it is there already, when nothing defines its keys, and when there is none to delete', async () => {
    await expect(client.send(addition('orders', 'by-state', 'state'))).rejects.toThrow('Attempting to create an index which already exists')
    await expect(client.send(addition('orders', 'new', 'unknown'))).rejects.toThrow('AttributeDefinitions is not specified for index: new')
    await expect(client.send(addition('orders', 'new', 'unknown', [{ AttributeName: 'state', AttributeType: 'S' }]))).rejects.toThrow(
      'Some index key attributes are not defined in AttributeDefinitions. Keys: [unknown], AttributeDefinitions: [state]',
    )
    await expect(
      client.send(new UpdateTableCommand({ TableName: 'orders', GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'none' } }] })),
    ).rejects.toThrow('Requested resource not found')
  })

  test('is filled with what is there while items are written, and is gone when it was deleted', async () => {
    const TableName = 'grown'
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    )
    const put = (at: number, team: string): Promise<unknown> =>
      client.send(new PutItemCommand({ TableName, Item: { id: { S: `i${at}` }, team: { S: team } } }))
    for (let from = 0; from < 600; from += 50) await Promise.all(Array.from({ length: 50 }, (_, at) => put(from + at, 'old')))

    const added = await client.send(addition(TableName, 'by-team', 'team', [{ AttributeName: 'team', AttributeType: 'S' }]))
    expect(added.TableDescription?.GlobalSecondaryIndexes?.[0]).toMatchObject({ IndexStatus: 'CREATING', Backfilling: false })
    for (let at = 0; at < 600; at += 7) await put(at, 'new')
    while ((await statusOf(TableName, 'by-team')) !== 'ACTIVE') await put(0, 'new')

    const count = async (team: string): Promise<number | undefined> => {
      const condition = { KeyConditionExpression: 'team = :t', ExpressionAttributeValues: { ':t': { S: team } } }
      return (await client.send(new QueryCommand({ TableName, IndexName: 'by-team', ...condition, Select: 'COUNT' }))).Count
    }
    const moved = Math.ceil(600 / 7)
    expect([await count('old'), await count('new')]).toEqual([600 - moved, moved])

    const { Table } = await client.send(new DescribeTableCommand({ TableName }))
    expect(Table?.AttributeDefinitions).toEqual([
      { AttributeName: 'id', AttributeType: 'S' },
      { AttributeName: 'team', AttributeType: 'S' },
    ])
    await client.send(new UpdateTableCommand({ TableName, GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'by-team' } }] }))
    while ((await statusOf(TableName, 'by-team')) !== undefined) await put(0, 'new')
    await expect(count('old')).rejects.toThrow('The table does not have the specified index: by-team')
  })
})
