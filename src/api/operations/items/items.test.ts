import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
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

const put = (Item: Item) => client.send(new PutItemCommand({ TableName, Item }))
const get = async (Key: Item) => (await client.send(new GetItemCommand({ TableName, Key }))).Item

describe('GetItem', () => {
  it('returns what was put, of every type', async () => {
    const all = item('a', 1, {
      b: { B: Buffer.from([0, 255]) },
      t: { BOOL: true },
      nothing: { NULL: true },
      list: { L: [{ S: '' }, { N: '-1.5' }] },
      map: { M: { 'a "quoted" näme': { S: 'ü\u2028' } } },
      ss: { SS: ['x', 'y'] },
      ns: { NS: ['1', '2'] },
      bs: { BS: [Buffer.from('z')] },
    })
    await put(all)
    const found = await get(item('a', 1))
    expect({
      ...found,
      b: { B: Buffer.from(found?.['b']?.B ?? []) },
      bs: { BS: found?.['bs']?.BS?.map((bytes) => Buffer.from(bytes)) },
    }).toEqual(all)
  })

  it('returns no Item when there is none, and still the minimum capacity', async () => {
    const answer = await client.send(new GetItemCommand({ TableName, Key: item('no', 1), ReturnConsumedCapacity: 'INDEXES' }))
    expect(answer.Item).toBeUndefined()
    expect(answer.ConsumedCapacity).toEqual({ TableName, CapacityUnits: 0.5, Table: { CapacityUnits: 0.5 } })
  })

  it('projects, and charges for the whole item', async () => {
    await put(item('a', 1, { m: { M: { x: { N: '1' }, y: { N: '2' } } }, big: { S: 'x'.repeat(5000) } }))
    const answer = await client.send(
      new GetItemCommand({
        TableName,
        Key: item('a', 1),
        ConsistentRead: true,
        ProjectionExpression: '#m.y',
        ExpressionAttributeNames: { '#m': 'm' },
        ReturnConsumedCapacity: 'TOTAL',
      }),
    )
    expect(answer.Item).toEqual({ m: { M: { y: { N: '2' } } } })
    expect(answer.ConsumedCapacity).toEqual({ TableName, CapacityUnits: 2 })
  })

  it('takes the ARN of the table, and reports it back', async () => {
    await put(item('a', 1))
    const arn = `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`
    const answer = await client.send(new GetItemCommand({ TableName: arn, Key: item('a', 1), ReturnConsumedCapacity: 'TOTAL' }))
    expect(answer.Item).toEqual(item('a', 1))
    expect(answer.ConsumedCapacity?.TableName).toBe(arn)
  })

  it.each([
    ['the Region of another', 'arn:aws:dynamodb:eu-west-1:000000000000:table/Things', 'ValidationException'],
    ['the account of another', 'arn:aws:dynamodb:us-east-1:123456789012:table/Things', 'AccessDeniedException'],
    ['an index', 'arn:aws:dynamodb:us-east-1:000000000000:table/Things/index/x', 'ValidationException'],
  ])('refuses an ARN with %s', async (_what, arn, name) => {
    await expect(client.send(new GetItemCommand({ TableName: arn, Key: item('a', 1) }))).rejects.toMatchObject({ name })
  })

  it.each([
    ['a table that is not there', { TableName: 'Nowhere', Key: item('a', 1) }, 'ResourceNotFoundException', 'Requested resource not found'],
    [
      'a key that lacks its sort key',
      { Key: { pk: { S: 'a' } } },
      'ValidationException',
      'The provided key element does not match the schema',
    ],
    [
      'a mistake in an expression before a table that is not there',
      { TableName: 'Nowhere', Key: item('a', 1), ProjectionExpression: 'a..b' },
      'ValidationException',
      'Invalid ProjectionExpression: ',
    ],
    [
      'a name that is too short',
      { TableName: 'ab', Key: item('a', 1) },
      'ValidationException',
      "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3",
    ],
    [
      'a legacy parameter beside an expression',
      { Key: item('a', 1), AttributesToGet: ['x'], ProjectionExpression: 'y' },
      'ValidationException',
      'Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}',
    ],
  ])('refuses %s', async (_what, input, name, message) => {
    const refused = client.send(new GetItemCommand({ TableName, ...input }))
    await expect(refused).rejects.toMatchObject({ name, message: expect.stringContaining(message) as string })
  })
})

describe('PutItem', () => {
  it('returns the item that it replaced when asked, and charges for the larger of the two', async () => {
    await put(item('a', 1, { big: { S: 'x'.repeat(3000) } }))
    const answer = await client.send(
      new PutItemCommand({ TableName, Item: item('a', 1), ReturnValues: 'ALL_OLD', ReturnConsumedCapacity: 'TOTAL' }),
    )
    expect(answer.Attributes?.['big']).toEqual({ S: 'x'.repeat(3000) })
    expect(answer.ConsumedCapacity?.CapacityUnits).toBe(3)
    expect(await get(item('a', 1))).toEqual(item('a', 1))
  })

  it('writes nothing when its condition fails, and shows the item that stood in the way when asked', async () => {
    await put(item('a', 1, { v: { N: '1' } }))
    const attempt = (more: object) =>
      client.send(new PutItemCommand({ TableName, Item: item('a', 1), ConditionExpression: 'attribute_not_exists(pk)', ...more }))
    const plain = await attempt({}).catch((error: unknown) => error)
    expect(plain).toBeInstanceOf(ConditionalCheckFailedException)
    expect(plain).toMatchObject({ message: 'The conditional request failed' })
    expect((plain as ConditionalCheckFailedException).Item).toBeUndefined()
    const telling = await attempt({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }).catch((error: unknown) => error)
    expect((telling as ConditionalCheckFailedException).Item).toEqual(item('a', 1, { v: { N: '1' } }))
    expect(await get(item('a', 1))).toEqual(item('a', 1, { v: { N: '1' } }))
  })

  it('of two at once under one condition, one wins', async () => {
    const attempts = Array.from({ length: 8 }, (_, n) =>
      client.send(
        new PutItemCommand({ TableName, Item: item('a', 1, { n: { N: String(n) } }), ConditionExpression: 'attribute_not_exists(pk)' }),
      ),
    )
    const settled = await Promise.allSettled(attempts)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it.each([
    ['an item without its key', { x: { S: 'y' } }, {}, 'One or more parameter values were invalid: Missing the key pk in the item'],
    ['a key of another type', { pk: { N: '1' }, sk: { N: '1' } }, {}, 'Type mismatch for key pk expected: S actual: N'],
    ['return values that it does not have', item('a', 1), { ReturnValues: 'ALL_NEW' }, 'ReturnValues can only be ALL_OLD or NONE'],
    [
      'return values that nobody has',
      item('a', 1),
      { ReturnValues: 'SOME' },
      "Value 'SOME' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]",
    ],
    ['an empty expression', item('a', 1), { ConditionExpression: '' }, 'Invalid ConditionExpression: The expression can not be empty;'],
  ])('refuses %s', async (_what, Item: object, more: object, message) => {
    const refused = client.send(new PutItemCommand({ TableName, Item: Item as Item, ...more }))
    await expect(refused).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringContaining(message) as string })
  })
})

describe('UpdateItem', () => {
  const update = (UpdateExpression: string, more: object = {}) =>
    client.send(new UpdateItemCommand({ TableName, Key: item('a', 1), UpdateExpression, ...more }))
  const one = { ExpressionAttributeValues: { ':one': { N: '1' } } }

  it('makes an item from its key when there is none, also without an expression', async () => {
    await update('ADD hits :one', one)
    expect(await get(item('a', 1))).toEqual(item('a', 1, { hits: { N: '1' } }))
    await client.send(new UpdateItemCommand({ TableName, Key: item('b', 1) }))
    expect(await get(item('b', 1))).toEqual(item('b', 1))
  })

  it.each([
    ['NONE', undefined],
    ['ALL_OLD', item('a', 1, { x: { N: '1' }, y: { S: 's' } })],
    ['UPDATED_OLD', { x: { N: '1' } }],
    ['ALL_NEW', item('a', 1, { x: { N: '2' }, y: { S: 's' } })],
    ['UPDATED_NEW', { x: { N: '2' } }],
  ] as const)('with ReturnValues %s', async (ReturnValues, attributes) => {
    await put(item('a', 1, { x: { N: '1' }, y: { S: 's' } }))
    expect((await update('ADD x :one', { ...one, ReturnValues })).Attributes).toEqual(attributes)
  })

  it('loses no increment of many at once', async () => {
    await Promise.all(Array.from({ length: 50 }, () => update('ADD hits :one', one)))
    expect((await get(item('a', 1)))?.['hits']).toEqual({ N: '50' })
  })

  it('charges for the larger of before and after', async () => {
    await put(item('a', 1, { big: { S: 'x'.repeat(1300) } }))
    const shrunk = await update('REMOVE big', { ReturnConsumedCapacity: 'TOTAL' })
    expect(shrunk.ConsumedCapacity?.CapacityUnits).toBe(2)
    const missed = await client.send(new DeleteItemCommand({ TableName, Key: item('none', 1), ReturnConsumedCapacity: 'TOTAL' }))
    expect(missed.ConsumedCapacity?.CapacityUnits).toBe(1)
  })

  it('refuses to change the key, to grow beyond 400 KB and to nest too deep, and writes nothing', async () => {
    await put(item('a', 1, { big: { S: 'x'.repeat(300 * 1024) } }))
    await expect(update('SET sk = :one', one)).rejects.toThrow('Cannot update attribute sk. This attribute is part of the key')
    const half = { ExpressionAttributeValues: { ':half': { S: 'x'.repeat(200 * 1024) } } }
    await expect(update('SET more = :half', half)).rejects.toThrow('Item size to update has exceeded the maximum allowed size')
    let deep: AttributeValue = { S: 'x' }
    for (let level = 0; level < 20; level++) deep = { M: { m: deep } }
    await update('SET deep = :deep', { ExpressionAttributeValues: { ':deep': deep } })
    const path = `deep${'.m'.repeat(20)}`
    const again = update(`SET ${path} = :deep`, { ExpressionAttributeValues: { ':deep': deep } })
    await expect(again).rejects.toThrow('Nesting Levels have exceeded supported limits')
    expect(Object.keys((await get(item('a', 1))) ?? {}).sort()).toEqual(['big', 'deep', 'pk', 'sk'])
  })
})

describe('DeleteItem', () => {
  it('returns what it deleted when asked, and minds its condition', async () => {
    await put(item('a', 1, { v: { N: '1' } }))
    const remove = (more: object) => client.send(new DeleteItemCommand({ TableName, Key: item('a', 1), ...more }))
    const failing = { ConditionExpression: 'v = :v', ExpressionAttributeValues: { ':v': { N: '2' } } }
    await expect(remove(failing)).rejects.toBeInstanceOf(ConditionalCheckFailedException)
    expect((await remove({ ReturnValues: 'ALL_OLD' })).Attributes).toEqual(item('a', 1, { v: { N: '1' } }))
    expect(await get(item('a', 1))).toBeUndefined()
    expect((await remove({ ReturnValues: 'ALL_OLD' })).Attributes).toBeUndefined()
  })
})

describe('Query', () => {
  const query = (KeyConditionExpression: string, values: Record<string, AttributeValue>, more: object = {}) =>
    client.send(
      new QueryCommand({ TableName, KeyConditionExpression, ExpressionAttributeValues: { ':pk': { S: 'a' }, ...values }, ...more }),
    )
  const numbers = (items: Item[] | undefined) => items?.map(({ sk }) => Number(sk?.N))

  beforeEach(async () => {
    await Promise.all([-10, -1, 0, 2, 10].map((sk) => put(item('a', sk, { even: { BOOL: sk % 2 === 0 } }))))
    await put(item('b', 0))
  })

  it.each([
    ['pk = :pk', {}, [-10, -1, 0, 2, 10]],
    ['pk = :pk AND sk = :n', { ':n': { N: '2' } }, [2]],
    ['pk = :pk AND sk < :n', { ':n': { N: '0' } }, [-10, -1]],
    ['pk = :pk AND sk <= :n', { ':n': { N: '0' } }, [-10, -1, 0]],
    ['pk = :pk AND sk > :n', { ':n': { N: '0' } }, [2, 10]],
    ['pk = :pk AND sk >= :n', { ':n': { N: '0' } }, [0, 2, 10]],
    ['pk = :pk AND sk BETWEEN :n AND :m', { ':n': { N: '-1' }, ':m': { N: '2' } }, [-1, 0, 2]],
  ])('%s', async (condition, values, expected) => {
    expect(numbers((await query(condition, values)).Items)).toEqual(expected)
    expect(numbers((await query(condition, values, { ScanIndexForward: false })).Items)).toEqual([...expected].reverse())
  })

  it.each([true, false])('pages give every item once (forward: %s)', async (ScanIndexForward) => {
    const seen: number[] = []
    let ExclusiveStartKey: Item | undefined
    let pages = 0
    do {
      const page: { Items?: Item[] | undefined; LastEvaluatedKey?: Item | undefined } = await query(
        'pk = :pk',
        {},
        { Limit: 2, ScanIndexForward, ExclusiveStartKey },
      )
      seen.push(...(numbers(page.Items) ?? []))
      ExclusiveStartKey = page.LastEvaluatedKey
      pages++
    } while (ExclusiveStartKey !== undefined)
    expect(seen).toEqual(ScanIndexForward ? [-10, -1, 0, 2, 10] : [10, 2, 0, -1, -10])
    expect(pages).toBe(3)
  })

  it('a limit that is met exactly leaves a key behind, as in DynamoDB', async () => {
    const first = await query('pk = :pk', {}, { Limit: 5 })
    expect(first.LastEvaluatedKey).toEqual(item('a', 10))
    const second = await query('pk = :pk', {}, { Limit: 5, ExclusiveStartKey: first.LastEvaluatedKey })
    expect([second.Count, second.LastEvaluatedKey]).toEqual([0, undefined])
  })

  it('filters after the limit, counts and projects', async () => {
    const filter = { FilterExpression: 'even = :true', Limit: 3 }
    const some = await query('pk = :pk', { ':true': { BOOL: true } }, { ...filter, ProjectionExpression: 'sk' })
    expect(some.Items).toEqual([{ sk: { N: '-10' } }, { sk: { N: '0' } }])
    expect([some.Count, some.ScannedCount]).toEqual([2, 3])
    const counted = await query('pk = :pk', { ':true': { BOOL: true } }, { ...filter, Select: 'COUNT' })
    expect([counted.Items, counted.Count, counted.ScannedCount]).toEqual([undefined, 2, 3])
  })

  it.each([
    [
      'no key condition',
      { KeyConditionExpression: undefined, ExpressionAttributeValues: undefined },
      'Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.',
    ],
    [
      'a filter on the key',
      { FilterExpression: 'sk = :pk' },
      'Filter Expression can only contain non-primary key attributes: Primary key attribute: sk',
    ],
    ['an index that is not there', { IndexName: 'byDate' }, 'The table does not have the specified index: byDate'],
    [
      'a start in another partition',
      { ExclusiveStartKey: item('b', 0) },
      'The provided starting key is outside query boundaries based on provided conditions',
    ],
    ['half a start key', { ExclusiveStartKey: { pk: { S: 'a' } } }, 'The provided starting key is invalid'],
    [
      'a limit of zero',
      { Limit: 0 },
      "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      'a count with a projection',
      { Select: 'COUNT', ProjectionExpression: 'sk' },
      'Cannot specify the ProjectionExpression when choosing to get only the Count',
    ],
  ])('refuses %s', async (_what, more, message) => {
    await expect(query('pk = :pk', {}, more)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message) as string,
    })
  })
})

describe('Scan', () => {
  beforeEach(async () => {
    await Promise.all(Array.from({ length: 40 }, (_, n) => put(item(`p${n % 20}`, n, { n: { N: String(n) } }))))
  })

  async function scanAll(more: object): Promise<number[]> {
    const seen: number[] = []
    let ExclusiveStartKey: Item | undefined
    do {
      const page: { Items?: Item[] | undefined; LastEvaluatedKey?: Item | undefined } = await client.send(
        new ScanCommand({ TableName, ExclusiveStartKey, ...more }),
      )
      seen.push(...(page.Items ?? []).map(({ n }) => Number(n?.N)))
      ExclusiveStartKey = page.LastEvaluatedKey
    } while (ExclusiveStartKey !== undefined)
    return seen.sort((a, b) => a - b)
  }

  it('gives every item once, in pages and in parallel segments', async () => {
    const all = Array.from({ length: 40 }, (_, n) => n)
    expect(await scanAll({})).toEqual(all)
    expect(await scanAll({ Limit: 7 })).toEqual(all)
    const segments = await Promise.all([0, 1, 2].map((Segment) => scanAll({ Segment, TotalSegments: 3, Limit: 4 })))
    expect(segments.flat().sort((a, b) => a - b)).toEqual(all)
    expect(segments.every((segment) => segment.length > 0)).toBe(true)
  })

  it('a page holds at most 1 MB, and at least one item', async () => {
    TableName = `${TableName}-big`
    await client.send(onDemandTable(TableName, 'pk S'))
    await Promise.all(Array.from({ length: 6 }, (_, n) => put({ pk: { S: String(n) }, big: { S: 'x'.repeat(300 * 1024) } })))
    const page = await client.send(new ScanCommand({ TableName, ReturnConsumedCapacity: 'TOTAL' }))
    expect(page.Count).toBe(3)
    expect(page.ConsumedCapacity?.CapacityUnits).toBe(Math.ceil((3 * (300 * 1024 + 6)) / 4096) / 2)
    const rest = await client.send(new ScanCommand({ TableName, ExclusiveStartKey: page.LastEvaluatedKey }))
    expect([rest.Count, rest.LastEvaluatedKey]).toEqual([3, undefined])
  })

  it.each([
    ['a segment beyond the total', { Segment: 3, TotalSegments: 3 }, 'Segment: 3 is not less than TotalSegments: 3'],
    [
      'a segment without a total',
      { Segment: 1 },
      'The TotalSegments parameter is required but was not present in the request when Segment parameter is present',
    ],
    [
      'a total without a segment',
      { TotalSegments: 1 },
      'The Segment parameter is required but was not present in the request when parameter TotalSegments is present',
    ],
    [
      'a start of another shape',
      { ExclusiveStartKey: { pk: { S: 'a' } } },
      'The provided starting key is invalid: The provided key element does not match the schema',
    ],
    [
      'SPECIFIC_ATTRIBUTES that are not given',
      { Select: 'SPECIFIC_ATTRIBUTES' as const },
      'Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES',
    ],
  ])('refuses %s', async (_what, more, message) => {
    await expect(client.send(new ScanCommand({ TableName, ...more }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message) as string,
    })
  })

  it('refuses a start key of another segment', async () => {
    const page = await client.send(new ScanCommand({ TableName, Limit: 1 }))
    const wrong = await Promise.allSettled(
      [0, 1].map((Segment) =>
        client.send(new ScanCommand({ TableName, Segment, TotalSegments: 2, ExclusiveStartKey: page.LastEvaluatedKey })),
      ),
    )
    expect(wrong.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  })
})

describe('the batches', () => {
  it('write and read items of several tables', async () => {
    const first = TableName
    TableName = `${TableName}-2`
    await client.send(onDemandTable(TableName, 'pk S'))
    const written = await client.send(
      new BatchWriteItemCommand({
        RequestItems: {
          [first]: [1, 2].map((n) => ({ PutRequest: { Item: item('a', n, { big: { S: 'x'.repeat(n * 1024) } }) } })),
          [TableName]: [{ PutRequest: { Item: { pk: { S: 'b' } } } }],
        },
        ReturnConsumedCapacity: 'TOTAL',
      }),
    )
    expect(written.UnprocessedItems).toEqual({})
    expect(written.ConsumedCapacity).toEqual([
      { TableName: first, CapacityUnits: 5 },
      { TableName, CapacityUnits: 1 },
    ])
    await client.send(new BatchWriteItemCommand({ RequestItems: { [first]: [{ DeleteRequest: { Key: item('a', 2) } }] } }))
    const read = await client.send(
      new BatchGetItemCommand({
        RequestItems: {
          [first]: { Keys: [item('a', 1), item('a', 2)], ProjectionExpression: 'sk' },
          [TableName]: { Keys: [{ pk: { S: 'b' } }], ConsistentRead: true },
        },
        ReturnConsumedCapacity: 'TOTAL',
      }),
    )
    expect(read.Responses).toEqual({ [first]: [{ sk: { N: '1' } }], [TableName]: [{ pk: { S: 'b' } }] })
    expect(read.UnprocessedKeys).toEqual({})
    expect(read.ConsumedCapacity?.map(({ CapacityUnits }) => CapacityUnits)).toEqual([1, 1])
  })

  it('hand back the keys that no longer fit into 16 MB', async () => {
    TableName = `${TableName}-big`
    await client.send(onDemandTable(TableName, 'pk S'))
    const keys = Array.from({ length: 50 }, (_, n) => ({ pk: { S: String(n) } }))
    await Promise.all(keys.map((key) => put({ ...key, big: { S: 'x'.repeat(390 * 1024) } })))
    const first = await client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: keys } } }))
    const unread = first.UnprocessedKeys?.[TableName]
    expect(first.Responses?.[TableName]?.length).toBe(42)
    expect(unread?.Keys?.length).toBe(8)
    const second = await client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: unread ?? { Keys: [] } } }))
    expect(second.Responses?.[TableName]?.length).toBe(8)
  })

  it('refuse a key twice, too much at once, and write nothing then', async () => {
    const twice = [item('a', 1), item('a', 1)].map((Item) => ({ PutRequest: { Item } }))
    await expect(client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: twice } }))).rejects.toThrow(
      'Provided list of item keys contains duplicates',
    )
    await expect(
      client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [item('a', 1), item('a', 1)] } } })),
    ).rejects.toThrow('Provided list of item keys contains duplicates')
    const many = Array.from({ length: 26 }, (_, n) => ({ PutRequest: { Item: item('a', n) } }))
    await expect(client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: many } }))).rejects.toThrow(
      "at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: " +
        '[Member must have length less than or equal to 25, Member must have length greater than or equal to 1]',
    )
    const both = [{ PutRequest: { Item: item('a', 1) }, DeleteRequest: { Key: item('a', 2) } }]
    await expect(client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: both } }))).rejects.toMatchObject({
      name: 'ValidationException',
    })
    const elsewhere = { [TableName]: [{ PutRequest: { Item: item('a', 1) } }], Nowhere: [{ PutRequest: { Item: item('a', 1) } }] }
    await expect(client.send(new BatchWriteItemCommand({ RequestItems: elsewhere }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
    expect(await get(item('a', 1))).toBeUndefined()
  })
})
