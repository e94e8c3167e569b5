import type {
  AttributeValue,
  AttributeValueUpdate,
  Condition,
  QueryCommandInput,
  ScanCommandInput,
  UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { beforeEach, describe, expect, it } from 'vitest'
import { onDemandTable, useTestWorld } from '../../use-test-world.contract.ts'

const { client } = await useTestWorld()
/** A table of its own for each test. */
let TableName: string
let tables = 0

beforeEach(async () => {
  TableName = `Table${++tables}`
  await client.send(onDemandTable(TableName, 'pk S, sk N'))
})

type Item = Record<string, AttributeValue>

function item(pk: string, sk: number, more: Item = {}): Item {
  return { pk: { S: pk }, sk: { N: String(sk) }, ...more }
}

const key = item('a', 1)
const put = (Item: Item) => client.send(new PutItemCommand({ TableName, Item }))
const get = async (Key: Item) => (await client.send(new GetItemCommand({ TableName, Key }))).Item
const update = (more: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>) =>
  client.send(new UpdateItemCommand({ TableName, Key: key, ...more }))
const query = (more: Omit<QueryCommandInput, 'TableName'>) => client.send(new QueryCommand({ TableName, ...more }))
const scan = (more: Omit<ScanCommandInput, 'TableName'>) => client.send(new ScanCommand({ TableName, ...more }))

const partition: Condition = { ComparisonOperator: 'EQ', AttributeValueList: [{ S: 'a' }] }
const conditionFailed = { name: 'ConditionalCheckFailedException', message: 'The conditional request failed' }
const invalid = (message: string) => ({ name: 'ValidationException', message })

describe('AttributesToGet', () => {
  beforeEach(async () => {
    await put(item('a', 1, { x: { N: '1' }, y: { N: '2' }, 'x.y': { N: '3' } }))
  })

  it('chooses whole attributes in GetItem, BatchGetItem, Query and Scan', async () => {
    const AttributesToGet = ['x', 'x.y', 'absent']
    const chosen = { x: { N: '1' }, 'x.y': { N: '3' } }
    expect((await client.send(new GetItemCommand({ TableName, Key: key, AttributesToGet }))).Item).toEqual(chosen)
    const batch = await client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [key], AttributesToGet } } }))
    expect(batch.Responses?.[TableName]).toEqual([chosen])
    expect((await query({ KeyConditions: { pk: partition }, AttributesToGet })).Items).toEqual([chosen])
    expect((await scan({ AttributesToGet, Select: 'SPECIFIC_ATTRIBUTES' })).Items).toEqual([chosen])
  })

  it('is handed back with the keys that did not fit into a batch', async () => {
    const keys = Array.from({ length: 50 }, (_, n) => item('big', n))
    await Promise.all(keys.map((each) => put({ ...each, fill: { S: 'x'.repeat(390_000) } })))
    const batch = await client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: keys, AttributesToGet: ['sk'] } } }))
    expect(batch.UnprocessedKeys?.[TableName]?.AttributesToGet).toEqual(['sk'])
  })

  it.each([
    [['x', 'x'], {}, 'One or more parameter values were invalid: Duplicate value in attribute name: x'],
    [
      [],
      {},
      "1 validation error detected: Value '[]' at 'attributesToGet' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      ['x'],
      { Select: 'ALL_ATTRIBUTES' },
      'One or more parameter values were invalid: Cannot specify the AttributesToGet when choosing to get ALL_ATTRIBUTES',
    ],
    [
      ['x'],
      { Select: 'COUNT' },
      'One or more parameter values were invalid: Cannot specify the AttributesToGet when choosing to get only the Count',
    ],
  ] as const)('%j with %j is refused', async (AttributesToGet, more, message) => {
    await expect(scan({ AttributesToGet: [...AttributesToGet], ...more })).rejects.toMatchObject(invalid(message))
  })
})

describe('Expected', () => {
  it('guards PutItem, UpdateItem and DeleteItem', async () => {
    const absent = { pk: { Exists: false } }
    await client.send(new PutItemCommand({ TableName, Item: item('a', 1, { v: { N: '1' } }), Expected: absent }))
    await expect(client.send(new PutItemCommand({ TableName, Item: key, Expected: absent }))).rejects.toMatchObject(conditionFailed)
    const bump = (from: string) => ({
      AttributeUpdates: { v: { Action: 'ADD', Value: { N: '1' } } } as const,
      Expected: { v: { Value: { N: from }, Exists: true } },
    })
    await update(bump('1'))
    await expect(update(bump('1'))).rejects.toMatchObject(conditionFailed)
    const remove = (low: string) =>
      client.send(
        new DeleteItemCommand({
          TableName,
          Key: key,
          Expected: { v: { ComparisonOperator: 'GT', AttributeValueList: [{ N: low }] }, w: { ComparisonOperator: 'NULL' } },
        }),
      )
    await expect(remove('2')).rejects.toMatchObject(conditionFailed)
    expect(await get(key)).toEqual(item('a', 1, { v: { N: '2' } }))
    await remove('1')
    expect(await get(key)).toBeUndefined()
  })

  it('fails on an item that is not there, unless absence is expected', async () => {
    const attempt = client.send(new DeleteItemCommand({ TableName, Key: key, Expected: { v: { Value: { N: '1' } } } }))
    await expect(attempt).rejects.toMatchObject(conditionFailed)
    await client.send(
      new DeleteItemCommand({ TableName, Key: key, Expected: { v: { ComparisonOperator: 'NE', AttributeValueList: [{ N: '1' }] } } }),
    )
  })

  it('joins its conditions as ConditionalOperator says, and shows the item that stood in the way', async () => {
    await put(item('a', 1, { v: { N: '1' } }))
    const Expected = { v: { Value: { N: '1' } }, w: { Value: { N: '1' } } }
    const attempt = (more: object) =>
      client.send(new PutItemCommand({ TableName, Item: item('a', 1, { v: { N: '2' } }), Expected, ...more }))
    const failure = attempt({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })
    await expect(failure).rejects.toMatchObject({ ...conditionFailed, Item: item('a', 1, { v: { N: '1' } }) })
    await attempt({ ConditionalOperator: 'OR' })
    expect(await get(key)).toEqual(item('a', 1, { v: { N: '2' } }))
  })

  it('refuses what cannot be', async () => {
    const attempt = (more: object) => client.send(new PutItemCommand({ TableName, Item: key, ...more }))
    const prefix = 'One or more parameter values were invalid: '
    await expect(attempt({ Expected: { v: { Exists: true } } })).rejects.toMatchObject(
      invalid(`${prefix}Value must be provided when Exists is true for Attribute: v`),
    )
    await expect(attempt({ ConditionalOperator: 'AND' })).rejects.toMatchObject(
      invalid('ConditionalOperator cannot be used without Filter or Expected'),
    )
    await expect(attempt({ Expected: { v: { ComparisonOperator: 'SAME' } } })).rejects.toMatchObject({
      message: expect.stringContaining("Value 'SAME' at 'expected.v.member.comparisonOperator' failed to satisfy constraint") as string,
    })
  })
})

describe('AttributeUpdates', () => {
  it('changes an item, and returns what it changed', async () => {
    await put(item('a', 1, { n: { N: '1' }, list: { L: [{ S: 'x' }] }, gone: { S: 'soon' }, kept: { BOOL: true } }))
    const AttributeUpdates: Record<string, AttributeValueUpdate> = {
      n: { Action: 'ADD', Value: { N: '4' } },
      list: { Action: 'ADD', Value: { L: [{ S: 'y' }] } },
      gone: { Action: 'DELETE' },
      fresh: { Value: { S: 'new' } },
    }
    const old = await update({ AttributeUpdates, ReturnValues: 'UPDATED_OLD' })
    expect(old.Attributes).toEqual({ n: { N: '1' }, list: { L: [{ S: 'x' }] }, gone: { S: 'soon' } })
    const now = { n: { N: '9' }, list: { L: [{ S: 'x' }, { S: 'y' }, { S: 'y' }] }, fresh: { S: 'new' } }
    expect((await update({ AttributeUpdates, ReturnValues: 'UPDATED_NEW' })).Attributes).toEqual(now)
    expect(await get(key)).toEqual(item('a', 1, { ...now, kept: { BOOL: true } }))
  })

  it('makes an item where there is none, but not only to take something away from it', async () => {
    const DELETE = { Action: 'DELETE' } as const
    const nothing = await update({ AttributeUpdates: { x: DELETE }, ReturnValues: 'ALL_NEW' })
    expect(nothing.Attributes).toBeUndefined()
    await update({ UpdateExpression: 'REMOVE x' })
    expect(await get(key)).toBeUndefined()
    await update({ AttributeUpdates: { x: DELETE, y: { Action: 'ADD', Value: { N: '1' } } } })
    expect(await get(key)).toEqual(item('a', 1, { y: { N: '1' } }))
  })

  it('makes an item of its key alone when it is empty', async () => {
    await update({ AttributeUpdates: {} })
    expect(await get(key)).toEqual(key)
  })

  it('does not change the key, nor add to a value of another type', async () => {
    await put(item('a', 1, { s: { S: 'x' } }))
    await expect(update({ AttributeUpdates: { sk: { Action: 'ADD', Value: { N: '1' } } } })).rejects.toMatchObject(
      invalid('One or more parameter values were invalid: Cannot update attribute sk. This attribute is part of the key'),
    )
    await expect(update({ AttributeUpdates: { s: { Action: 'ADD', Value: { N: '1' } } } })).rejects.toMatchObject(
      invalid('Type mismatch for attribute to update'),
    )
  })
})

describe('KeyConditions, QueryFilter and ScanFilter', () => {
  beforeEach(async () => {
    await Promise.all(Array.from({ length: 5 }, (_, n) => put(item('a', n, n % 2 === 0 ? { even: { N: String(n) } } : {}))))
    await put(item('b', 0))
  })

  const sortKeys = (items: Item[] | undefined) => items?.map(({ sk }) => Number(sk?.N))

  it.each([
    ['EQ', ['2'], [2]],
    ['LT', ['2'], [0, 1]],
    ['LE', ['2'], [0, 1, 2]],
    ['GT', ['2'], [3, 4]],
    ['GE', ['2'], [2, 3, 4]],
    ['BETWEEN', ['1', '3'], [1, 2, 3]],
  ] as const)('a Query finds sort keys by %s', async (ComparisonOperator, numbers, expected) => {
    const sk = { ComparisonOperator, AttributeValueList: numbers.map((N) => ({ N })) }
    expect(sortKeys((await query({ KeyConditions: { pk: partition, sk } })).Items)).toEqual(expected)
  })

  it('a Query filters what it finds', async () => {
    const filtered = await query({
      KeyConditions: { pk: partition },
      QueryFilter: {
        even: { ComparisonOperator: 'NE', AttributeValueList: [{ N: '2' }] },
        absent: { ComparisonOperator: 'NOT_NULL' },
      },
      ConditionalOperator: 'OR',
    })
    expect(sortKeys(filtered.Items)).toEqual([0, 1, 3, 4])
    expect(filtered.ScannedCount).toBe(5)
  })

  it('a Query may combine KeyConditions with expressions of other kinds', async () => {
    const answer = await query({
      KeyConditions: { pk: partition },
      FilterExpression: 'even > :zero',
      ProjectionExpression: 'sk',
      ExpressionAttributeValues: { ':zero': { N: '0' } },
    })
    expect(answer.Items).toEqual([{ sk: { N: '2' } }, { sk: { N: '4' } }])
  })

  it('a Scan filters by any attribute, that of the key too', async () => {
    expect((await scan({ ScanFilter: { pk: { ComparisonOperator: 'EQ', AttributeValueList: [{ S: 'b' }] } } })).Items).toEqual([
      item('b', 0),
    ])
    expect((await scan({ ScanFilter: {} })).Count).toBe(6)
    expect(
      (await scan({ ScanFilter: { even: { ComparisonOperator: 'IN', AttributeValueList: [{ N: '0' }, { N: '4' }] } }, Select: 'COUNT' }))
        .Count,
    ).toBe(2)
  })

  it.each([
    [{}, 'Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.'],
    [{ KeyConditions: {} }, 'Conditions can be of length 1 or 2 only'],
    [
      { KeyConditions: { sk: { ComparisonOperator: 'EQ', AttributeValueList: [{ N: '1' }] } } },
      'Query condition missed key schema element: pk',
    ],
    [{ KeyConditions: { pk: partition, x: partition } }, 'Query condition missed key schema element: sk'],
    [{ KeyConditions: { pk: { ComparisonOperator: 'GT', AttributeValueList: [{ S: 'a' }] } } }, 'Query key condition not supported'],
    [
      { KeyConditions: { pk: { ComparisonOperator: 'NE', AttributeValueList: [{ S: 'a' }] } } },
      'Attempted conditional constraint is not an indexable operation',
    ],
    [
      { KeyConditions: { pk: { ComparisonOperator: 'EQ', AttributeValueList: [{ SS: ['a'] }] } } },
      'One or more parameter values were invalid: Condition parameter type does not match schema type',
    ],
    [
      { KeyConditions: { pk: partition }, QueryFilter: { sk: { ComparisonOperator: 'NOT_NULL' } } },
      'QueryFilter can only contain non-primary key attributes: Primary key attribute: sk',
    ],
    [{ KeyConditions: { pk: partition }, ConditionalOperator: 'AND' }, 'ConditionalOperator cannot be used without Filter or Expected'],
    [
      { KeyConditions: { pk: partition }, ExpressionAttributeNames: { '#x': 'x' } },
      'ExpressionAttributeNames can only be specified when using expressions',
    ],
  ] as const)('a Query with %j is refused', async (input: object, message) => {
    await expect(query(input)).rejects.toMatchObject(invalid(message))
  })
})

describe('a mixture of expressions and older parameters', () => {
  const mixture = (legacy: string, expressions: string) =>
    invalid(
      'Can not use both expression and non-expression parameters in the same request: ' +
        `Non-expression parameters: {${legacy}} Expression parameters: {${expressions}}`,
    )
  const Expected = { x: { Exists: false } }

  it('is refused by every operation that has both', async () => {
    const names = { AttributesToGet: ['x'], ProjectionExpression: 'x' }
    const exists = 'attribute_exists(x)'
    await expect(client.send(new GetItemCommand({ TableName, Key: key, ...names }))).rejects.toMatchObject(
      mixture('AttributesToGet', 'ProjectionExpression'),
    )
    await expect(client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [key], ...names } } }))).rejects.toMatchObject(
      mixture('AttributesToGet', 'ProjectionExpression'),
    )
    await expect(client.send(new PutItemCommand({ TableName, Item: key, Expected, ConditionExpression: exists }))).rejects.toMatchObject(
      mixture('Expected', 'ConditionExpression'),
    )
    await expect(
      client.send(new DeleteItemCommand({ TableName, Key: key, ConditionalOperator: 'AND', ConditionExpression: exists })),
    ).rejects.toMatchObject(mixture('ConditionalOperator', 'ConditionExpression'))
    await expect(
      update({ AttributeUpdates: {}, Expected, UpdateExpression: 'REMOVE x', ConditionExpression: exists }),
    ).rejects.toMatchObject(mixture('AttributeUpdates, Expected', 'UpdateExpression, ConditionExpression'))
    await expect(scan({ ScanFilter: {}, ProjectionExpression: 'x' })).rejects.toMatchObject(mixture('ScanFilter', 'ProjectionExpression'))
    await expect(
      query({ KeyConditions: { pk: partition }, KeyConditionExpression: 'pk = :a', ExpressionAttributeValues: { ':a': { S: 'a' } } }),
    ).rejects.toMatchObject(mixture('KeyConditions', 'KeyConditionExpression'))
    await expect(query({ KeyConditions: { pk: partition }, QueryFilter: {}, FilterExpression: exists })).rejects.toMatchObject(
      mixture('QueryFilter', 'FilterExpression'),
    )
  })

  it('is none when the parameter is not one of the operation', async () => {
    await expect(
      client.send(new PutItemCommand({ TableName, Item: key, ConditionExpression: 'attribute_not_exists(pk)', ...{ ScanFilter: {} } })),
    ).resolves.toBeDefined()
  })
})
