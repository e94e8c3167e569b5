import type { AttributeValue, QueryCommandInput } from '@aws-sdk/client-dynamodb'
import { PutItemCommand, QueryCommand, ScanCommand, UpdateItemCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeTable, tablesAreSlow, untilActive, useEndpoint, useTable } from './endpoint.ts'
import { refusalOf, validation } from './refusal.ts'

const endpoint = useEndpoint()
const invalid = 'One or more parameter values were invalid: '

const hash = (AttributeName: string) => ({ AttributeName, KeyType: 'HASH' as const })
const range = (AttributeName: string) => ({ AttributeName, KeyType: 'RANGE' as const })

const table = useTable(endpoint, 'indexes', 'pk S, sk N', {
  AttributeDefinitions: [
    { AttributeName: 'group', AttributeType: 'S' },
    { AttributeName: 'rank', AttributeType: 'N' },
  ],
  LocalSecondaryIndexes: [{ IndexName: 'by-rank', KeySchema: [hash('pk'), range('rank')], Projection: { ProjectionType: 'KEYS_ONLY' } }],
  GlobalSecondaryIndexes: [
    { IndexName: 'groups', KeySchema: [hash('group'), range('rank')], Projection: { ProjectionType: 'ALL' } },
    { IndexName: 'names', KeySchema: [hash('group')], Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['name'] } },
  ],
})

type Item = Record<string, AttributeValue>
const item = (pk: string, sk: number, more: Item = {}): Item => ({ pk: { S: pk }, sk: { N: `${sk}` }, ...more })
const put = (Item: Item) => endpoint.client.send(new PutItemCommand({ TableName: table, Item }))
const g = { S: 'g' }
const rank = (value: number): AttributeValue => ({ N: `${value}` })

beforeAll(async () => {
  await put(item('a', 1, { group: g, rank: rank(3), name: { S: 'one' }, extra: { S: 'x' } }))
  await put(item('a', 2, { group: g, rank: rank(1), name: { S: 'two' } }))
  await put(item('b', 1, { group: g, rank: rank(2) }))
  await put(item('b', 2, { group: g }))
  await put(item('b', 3, { rank: rank(9) }))
}, 60_000)

const query = (input: Partial<QueryCommandInput>) => endpoint.client.send(new QueryCommand({ TableName: table, ...input }))
const whole = {
  IndexName: 'groups',
  KeyConditionExpression: '#g = :g',
  ExpressionAttributeNames: { '#g': 'group' },
  ExpressionAttributeValues: { ':g': g },
}
const keysOf = (items: readonly Item[] | undefined): readonly string[] => (items ?? []).map(({ pk, sk }) => `${pk?.S}${sk?.N}`)

describe('a global index', () => {
  it('has the items that have all of its key, in its order', async () => {
    await expect.poll(async () => keysOf((await query(whole)).Items), { timeout: 20_000 }).toEqual(['a2', 'b1', 'a1'])
    expect(keysOf((await query({ ...whole, ScanIndexForward: false })).Items)).toEqual(['a1', 'b1', 'a2'])
    const above = {
      ...whole,
      KeyConditionExpression: '#g = :g AND #r > :r',
      ExpressionAttributeNames: { '#g': 'group', '#r': 'rank' },
      ExpressionAttributeValues: { ':g': g, ':r': rank(1) },
    }
    expect(keysOf((await query(above)).Items)).toEqual(['b1', 'a1'])
  })

  it('is read page by page, with its own key and that of the table', async () => {
    const first = await query({ ...whole, Limit: 1 })
    expect(first.LastEvaluatedKey).toEqual(item('a', 2, { group: g, rank: rank(1) }))
    const rest = await query({ ...whole, ExclusiveStartKey: first.LastEvaluatedKey })
    expect(keysOf(rest.Items)).toEqual(['b1', 'a1'])
    expect(rest.LastEvaluatedKey).toBeUndefined()
  })

  it('has the attributes that it projects', async () => {
    const names = { ...whole, IndexName: 'names' }
    await expect.poll(async () => (await query(names)).Count, { timeout: 20_000 }).toBe(4)
    const { Items } = await query({
      ...names,
      FilterExpression: 'pk = :a AND sk = :1',
      ExpressionAttributeValues: { ':g': g, ':a': { S: 'a' }, ':1': rank(1) },
    })
    expect(Items).toEqual([item('a', 1, { group: g, name: { S: 'one' } })])
  })

  it('is scanned', async () => {
    await expect
      .poll(async () => keysOf((await endpoint.client.send(new ScanCommand({ TableName: table, IndexName: 'groups' }))).Items).toSorted(), {
        timeout: 20_000,
      })
      .toEqual(['a1', 'a2', 'b1'])
  })

  it('follows the items', async () => {
    const moved = { ...whole, ExpressionAttributeValues: { ':g': { S: 'moved' } } }
    await put(item('m', 1, { group: { S: 'moved' }, rank: rank(1) }))
    await expect.poll(async () => (await query(moved)).Count, { timeout: 20_000 }).toBe(1)
    await endpoint.client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: item('m', 1),
        UpdateExpression: 'REMOVE #r',
        ExpressionAttributeNames: { '#r': 'rank' },
      }),
    )
    await expect.poll(async () => (await query(moved)).Count, { timeout: 20_000 }).toBe(0)
  })

  it('tells its own capacity', async () => {
    const { ConsumedCapacity } = await query({ ...whole, ReturnConsumedCapacity: 'INDEXES' })
    expect(ConsumedCapacity).toEqual({
      TableName: table,
      CapacityUnits: 0.5,
      Table: { CapacityUnits: 0 },
      GlobalSecondaryIndexes: { groups: { CapacityUnits: 0.5 } },
    })
  })
})

describe('a local index', () => {
  const byRank = {
    IndexName: 'by-rank',
    KeyConditionExpression: 'pk = :a',
    ExpressionAttributeValues: { ':a': { S: 'a' } },
  }

  it('is consistent, and fetches what it does not project', async () => {
    expect((await query({ ...byRank, ConsistentRead: true })).Items).toEqual([
      item('a', 2, { rank: rank(1) }),
      item('a', 1, { rank: rank(3) }),
    ])
    const all = await query({ ...byRank, Select: 'ALL_ATTRIBUTES', ConsistentRead: true })
    expect(all.Items?.[1]).toMatchObject({ extra: { S: 'x' }, name: { S: 'one' } })
    const projected = await query({ ...byRank, ProjectionExpression: 'extra' })
    expect(projected.Items).toEqual([{}, { extra: { S: 'x' } }])
  })
})

describe('reading an index refuses', () => {
  it.each<[object, string]>([
    [{ ...whole, ConsistentRead: true }, 'Consistent reads are not supported on global secondary indexes'],
    [{ ...whole, IndexName: 'absent' }, 'The table does not have the specified index: absent'],
    [
      { ...whole, IndexName: 'names', Select: 'ALL_ATTRIBUTES' },
      `${invalid}Select type ALL_ATTRIBUTES is not supported for global secondary index names because its projection type is not ALL`,
    ],
    [{ ...whole, IndexName: 'names', ProjectionExpression: 'extra' }, `${invalid}Global secondary index names does not project [extra]`],
    [
      { ...whole, KeyConditionExpression: 'pk = :g', ExpressionAttributeNames: undefined },
      'Query condition missed key schema element: group',
    ],
    [{ ...whole, ExclusiveStartKey: item('a', 1) }, 'The provided starting key is invalid'],
    [
      {
        ...whole,
        FilterExpression: '#r > :r',
        ExpressionAttributeNames: { '#g': 'group', '#r': 'rank' },
        ExpressionAttributeValues: { ':g': g, ':r': rank(1) },
      },
      'Filter Expression can only contain non-primary key attributes: Primary key attribute: rank',
    ],
  ])('%j', async (body, message) => {
    expect(await refusalOf(endpoint, 'Query', { TableName: table, ...body })).toEqual(validation(message))
  })
})

it('a Scan of an index says less of a starting key than one of a table', async () => {
  const body = { TableName: table, IndexName: 'groups', ExclusiveStartKey: item('a', 1) }
  expect(await refusalOf(endpoint, 'Scan', body)).toEqual(validation('The provided starting key is invalid'))
})

describe('a write refuses', () => {
  it('an attribute that is too large for the key of an index', async () => {
    const Item = item('x', 1, { group: { S: 'x'.repeat(2049) } })
    const refusal = await refusalOf(endpoint, 'PutItem', { TableName: table, Item })
    expect(refusal.message).toMatch(
      new RegExp(
        `^${invalid}Size limit exceeded for Index Key group Actual Size: 2049 bytes Max Size: 2048 bytes IndexName: (groups|names)$`,
      ),
    )
  })

  it('an attribute of the wrong type for a key of an index', async () => {
    const Item = item('x', 1, { group: { N: '1' } })
    const refusal = await refusalOf(endpoint, 'PutItem', { TableName: table, Item })
    expect(refusal.message).toMatch(
      new RegExp(`^${invalid}Type mismatch for Index Key group Expected: S Actual: N IndexName: (groups|names)$`),
    )
    const update = {
      TableName: table,
      Key: item('x', 1),
      UpdateExpression: 'SET #g = :n',
      ExpressionAttributeNames: { '#g': 'group' },
      ExpressionAttributeValues: { ':n': rank(1) },
    }
    expect(await refusalOf(endpoint, 'UpdateItem', update)).toEqual(
      validation('The update expression attempted to update the secondary index key to unsupported type'),
    )
  })

  it('an empty string for a key of an index', async () => {
    const refusal = await refusalOf(endpoint, 'PutItem', { TableName: table, Item: item('x', 1, { group: { S: '' } }) })
    expect(refusal.message).toMatch(
      /^One or more parameter values are not valid\. A value specified for a secondary index key is not supported\. The AttributeValue for a key attribute cannot contain an empty string value\. IndexName: (groups|names), IndexKey: group$/,
    )
  })
})

describe('an index that is made later', () => {
  it(
    'has what was there before',
    async () => {
      const name = endpoint.name('indexes-later')
      await makeTable(endpoint.client, name, 'pk S')
      for (const id of ['a', 'b']) {
        await endpoint.client.send(new PutItemCommand({ TableName: name, Item: { pk: { S: id }, group: g } }))
      }
      await endpoint.client.send(
        new UpdateTableCommand({
          TableName: name,
          AttributeDefinitions: [
            { AttributeName: 'pk', AttributeType: 'S' },
            { AttributeName: 'group', AttributeType: 'S' },
          ],
          GlobalSecondaryIndexUpdates: [
            { Create: { IndexName: 'groups', KeySchema: [hash('group')], Projection: { ProjectionType: 'KEYS_ONLY' } } },
          ],
        }),
      )
      const found = async () => {
        const answer = await endpoint.raw('Query', { TableName: name, ...whole, Select: 'COUNT' })
        return answer.body['Count']
      }
      await expect.poll(found, { timeout: tablesAreSlow ? 900_000 : 20_000, interval: tablesAreSlow ? 5000 : 50 }).toBe(2)
      await untilActive(endpoint.client, name)
      await endpoint.client.send(
        new UpdateTableCommand({ TableName: name, GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'groups' } }] }),
      )
      await expect
        .poll(async () => (await endpoint.raw('Query', { TableName: name, ...whole })).body['message'], {
          timeout: tablesAreSlow ? 900_000 : 20_000,
        })
        .toBe('The table does not have the specified index: groups')
    },
    tablesAreSlow ? 1_800_000 : 60_000,
  )
})
