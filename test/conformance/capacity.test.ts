import type { AttributeValue, ConsumedCapacity, TransactWriteItem } from '@aws-sdk/client-dynamodb'
import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { useEndpoint, useTable } from './endpoint.ts'

/** Units by DynamoDB's published arithmetic, to the half. */
const endpoint = useEndpoint()
const table = useTable(endpoint, 'capacity', 'pk S, sk N')
const indexed = useTable(endpoint, 'capacity-indexed', 'pk S', {
  AttributeDefinitions: [{ AttributeName: 'k', AttributeType: 'S' }],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'by-k',
      KeySchema: [{ AttributeName: 'k', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['p'] },
    },
  ],
})
const ReturnConsumedCapacity = 'INDEXES'

/** An item of so many bytes: 2 + pk, 2 + 2 of the sort key 1, 1 + the rest. */
function sized(pk: string, bytes: number): Record<string, AttributeValue> {
  return { pk: { S: pk }, sk: { N: '1' }, x: { S: 'x'.repeat(bytes - 2 - pk.length - 4 - 1) } }
}
const key = (pk: string) => ({ pk: { S: pk }, sk: { N: '1' } })
const put = (Item: Record<string, AttributeValue>) =>
  endpoint.client.send(new PutItemCommand({ TableName: table, Item, ReturnConsumedCapacity: 'TOTAL' }))
const unitsOf = (consumed: ConsumedCapacity | readonly ConsumedCapacity[] | undefined): number | undefined =>
  (Array.isArray(consumed) ? (consumed as ConsumedCapacity[])[0] : (consumed as ConsumedCapacity | undefined))?.CapacityUnits

describe('a write', () => {
  it.each([
    [20, 1],
    [1024, 1],
    [1025, 2],
    [1536, 2],
    [2048, 2],
    [409_600, 400],
  ])('of %i bytes takes %i', async (bytes, units) => {
    expect(unitsOf((await put(sized(`w${bytes}`, bytes))).ConsumedCapacity)).toBe(units)
  })

  it('takes what the larger of the item before and after takes', async () => {
    await put(sized('u', 900))
    const update = async (length: number) =>
      unitsOf(
        (
          await endpoint.client.send(
            new UpdateItemCommand({
              TableName: table,
              Key: key('u'),
              UpdateExpression: 'SET x = :x',
              ExpressionAttributeValues: { ':x': { S: 'y'.repeat(length) } },
              ReturnConsumedCapacity,
            }),
          )
        ).ConsumedCapacity,
      )
    expect(await update(1290)).toBe(2)
    expect(await update(10)).toBe(2)
    expect(await update(10)).toBe(1)
    await put(sized('u', 3000))
    const remove = new DeleteItemCommand({ TableName: table, Key: key('u'), ReturnConsumedCapacity })
    expect((await endpoint.client.send(remove)).ConsumedCapacity).toEqual({
      TableName: table,
      CapacityUnits: 3,
      Table: { CapacityUnits: 3 },
    })
    expect(unitsOf((await endpoint.client.send(remove)).ConsumedCapacity)).toBe(1)
  })

  it('is not told of when it was not asked for', async () => {
    const answer = await endpoint.client.send(
      new PutItemCommand({ TableName: table, Item: sized('n', 30), ReturnConsumedCapacity: 'NONE' }),
    )
    expect(answer.ConsumedCapacity).toBeUndefined()
  })
})

describe('a read', () => {
  it.each([
    [0, 1],
    [4096, 1],
    [4097, 2],
  ])('of %i bytes takes %i, half of it when it may be stale, and twice as much in a transaction', async (bytes, units) => {
    const pk = `r${bytes}`
    if (bytes > 0) await put(sized(pk, bytes))
    const get = async (ConsistentRead: boolean) =>
      unitsOf(
        (await endpoint.client.send(new GetItemCommand({ TableName: table, Key: key(pk), ConsistentRead, ReturnConsumedCapacity })))
          .ConsumedCapacity,
      )
    expect([await get(true), await get(false)]).toEqual([units, units / 2])
    const transacted = await endpoint.client.send(
      new TransactGetItemsCommand({ TransactItems: [{ Get: { TableName: table, Key: key(pk) } }], ReturnConsumedCapacity }),
    )
    expect(transacted.ConsumedCapacity).toEqual([
      {
        TableName: table,
        CapacityUnits: 2 * units,
        ReadCapacityUnits: 2 * units,
        Table: { CapacityUnits: 2 * units, ReadCapacityUnits: 2 * units },
      },
    ])
  })

  it('of many items counts their bytes together in a page, and each by itself in a batch', async () => {
    const Item = (at: number) => ({ ...sized('page', 1000), sk: { N: String(at + 1) } })
    for (let at = 0; at < 9; at++) await put(Item(at))
    const query = async (more: object) =>
      unitsOf(
        (
          await endpoint.client.send(
            new QueryCommand({
              TableName: table,
              KeyConditionExpression: 'pk = :p',
              ExpressionAttributeValues: { ':p': { S: 'page' } },
              ReturnConsumedCapacity,
              ...more,
            }),
          )
        ).ConsumedCapacity,
      )
    expect(await query({ ConsistentRead: true })).toBe(3)
    expect(await query({})).toBe(1.5)
    expect(await query({ Select: 'COUNT', FilterExpression: 'attribute_exists(nothing)' })).toBe(1.5)
    const Statement = `SELECT * FROM "${table}" WHERE pk = 'page'`
    const selected = await endpoint.client.send(new ExecuteStatementCommand({ Statement, ConsistentRead: true, ReturnConsumedCapacity }))
    expect(unitsOf(selected.ConsumedCapacity)).toBe(3)
    const Keys = [0, 1, 2, 3].map((at) => ({ ...key('page'), sk: { N: String(at + 1) } }))
    const batch = await endpoint.client.send(new BatchGetItemCommand({ RequestItems: { [table]: { Keys } }, ReturnConsumedCapacity }))
    expect(unitsOf(batch.ConsumedCapacity)).toBe(2)
    const empty = new ScanCommand({ TableName: indexed, ReturnConsumedCapacity })
    expect((await endpoint.client.send(empty)).ConsumedCapacity).toEqual({
      TableName: indexed,
      CapacityUnits: 0.5,
      Table: { CapacityUnits: 0.5 },
    })
  })
})

describe('several writes', () => {
  it('in a batch take what each of them takes', async () => {
    const RequestItems = { [table]: [500, 3584].map((bytes) => ({ PutRequest: { Item: sized(`b${bytes}`, bytes) } })) }
    const { ConsumedCapacity } = await endpoint.client.send(new BatchWriteItemCommand({ RequestItems, ReturnConsumedCapacity: 'TOTAL' }))
    expect(ConsumedCapacity).toEqual([{ TableName: table, CapacityUnits: 5 }])
    const Statements = [{ Statement: `INSERT INTO "${table}" VALUE {'pk': 's1', 'sk': 1}` }]
    const stated = await endpoint.client.send(new BatchExecuteStatementCommand({ Statements, ReturnConsumedCapacity: 'TOTAL' }))
    expect(stated.ConsumedCapacity).toEqual([{ TableName: table, CapacityUnits: 1 }])
  })

  it('in a transaction take twice as much, and as reads when they are sent again', async () => {
    const TransactItems: TransactWriteItem[] = [{ Put: { TableName: table, Item: sized('t', 1500) } }]
    const transaction = new TransactWriteItemsCommand({
      TransactItems,
      ClientRequestToken: endpoint.name('token').slice(-36),
      ReturnConsumedCapacity: 'TOTAL',
    })
    const first = await endpoint.client.send(transaction)
    expect(first.ConsumedCapacity).toEqual([{ TableName: table, CapacityUnits: 4, WriteCapacityUnits: 4 }])
    const again = await endpoint.client.send(transaction)
    expect(again.ConsumedCapacity).toEqual([{ TableName: table, CapacityUnits: 2, ReadCapacityUnits: 2 }])
    const check = new TransactWriteItemsCommand({
      TransactItems: [{ ConditionCheck: { TableName: table, Key: key('t'), ConditionExpression: 'attribute_exists(pk)' } }],
      ReturnConsumedCapacity: 'TOTAL',
    })
    expect(unitsOf((await endpoint.client.send(check)).ConsumedCapacity)).toBe(4)
    const TransactStatements = [{ Statement: `INSERT INTO "${table}" VALUE {'pk': 's2', 'sk': 1}` }]
    const stated = await endpoint.client.send(new ExecuteTransactionCommand({ TransactStatements, ReturnConsumedCapacity: 'TOTAL' }))
    expect(stated.ConsumedCapacity).toMatchObject([{ CapacityUnits: 2, WriteCapacityUnits: 2 }])
  })
})

describe('an index', () => {
  const text = (length: number) => ({ S: 'p'.repeat(length) })
  const write = async (Item: Record<string, AttributeValue>) =>
    (await endpoint.client.send(new PutItemCommand({ TableName: indexed, Item, ReturnConsumedCapacity }))).ConsumedCapacity
      ?.GlobalSecondaryIndexes?.['by-k']?.CapacityUnits

  it('takes what its entries take, the old and the new one when its key changes', async () => {
    const pk = { S: 'i' }
    expect(await write({ pk, k: { S: 'a' }, p: text(280) })).toBe(1)
    expect(await write({ pk, k: { S: 'a' }, p: text(280), other: { N: '1' } })).toBeUndefined()
    expect(await write({ pk, k: { S: 'a' }, p: text(1480) })).toBe(2)
    expect(await write({ pk, k: { S: 'a' }, p: { S: 'q'.repeat(1480) } })).toBe(2)
    expect(await write({ pk, k: { S: 'b' }, p: text(680) })).toBe(3)
    expect(await write({ pk })).toBe(1)
    expect(await write({ pk, other: { N: '2' } })).toBeUndefined()
  })

  it('is told beside its table, and read by what it holds', async () => {
    const { ConsumedCapacity } = await endpoint.client.send(
      new PutItemCommand({ TableName: indexed, Item: { pk: { S: 'j' }, k: { S: 'c' }, p: text(1990) }, ReturnConsumedCapacity }),
    )
    expect(ConsumedCapacity).toEqual({
      TableName: indexed,
      CapacityUnits: 4,
      Table: { CapacityUnits: 2 },
      GlobalSecondaryIndexes: { 'by-k': { CapacityUnits: 2 } },
    })
    const query = new QueryCommand({
      TableName: indexed,
      IndexName: 'by-k',
      KeyConditionExpression: 'k = :k',
      ExpressionAttributeValues: { ':k': { S: 'c' } },
      ReturnConsumedCapacity,
    })
    await expect.poll(async () => (await endpoint.client.send(query)).Count, { timeout: 10_000 }).toBe(1)
    expect((await endpoint.client.send(query)).ConsumedCapacity).toEqual({
      TableName: indexed,
      CapacityUnits: 0.5,
      Table: { CapacityUnits: 0 },
      GlobalSecondaryIndexes: { 'by-k': { CapacityUnits: 0.5 } },
    })
  })

  it('takes no more of a transaction than of a single write', async () => {
    const TransactItems = [{ Put: { TableName: indexed, Item: { pk: { S: 't' }, k: { S: 't' } } } }]
    const { ConsumedCapacity } = await endpoint.client.send(new TransactWriteItemsCommand({ TransactItems, ReturnConsumedCapacity }))
    expect(ConsumedCapacity).toMatchObject([
      { CapacityUnits: 3, Table: { WriteCapacityUnits: 2 }, GlobalSecondaryIndexes: { 'by-k': { WriteCapacityUnits: 1 } } },
    ])
  })
})
