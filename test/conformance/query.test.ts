import type { AttributeValue, QueryCommandInput } from '@aws-sdk/client-dynamodb'
import { BatchWriteItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { beforeAll, describe, expect, it } from 'vitest'
import { useEndpoint, useTable } from './endpoint.ts'
import { refusalOf, validation } from './refusal.ts'

const endpoint = useEndpoint()
const table = useTable(endpoint, 'query', 'pk S, sk N')
const texts = useTable(endpoint, 'query-texts', 'pk S, sk S')

const p = { S: 'p' }
const numbers = [-10, -1.5, 0, 2, 10, 100]

beforeAll(async () => {
  const put = (Item: Record<string, AttributeValue>) => ({ PutRequest: { Item } })
  await endpoint.client.send(
    new BatchWriteItemCommand({
      RequestItems: {
        [table]: [
          ...numbers.map((sk) => put({ pk: p, sk: { N: `${sk}` }, even: { BOOL: sk % 2 === 0 }, v: { S: 'x' } })),
          put({ pk: { S: 'other' }, sk: { N: '5' } }),
        ],
        [texts]: ['', 'B', 'a', 'ab', 'abc', 'b', 'é', '漢', '😀'].filter((sk) => sk !== '').map((sk) => put({ pk: p, sk: { S: sk } })),
      },
    }),
  )
}, 60_000)

async function query(
  input: Partial<QueryCommandInput>,
): Promise<{ readonly keys: readonly number[]; readonly more: boolean; readonly counts: readonly unknown[] }> {
  const { Items, LastEvaluatedKey, Count, ScannedCount } = await endpoint.client.send(new QueryCommand({ TableName: table, ...input }))
  return {
    keys: (Items ?? []).map(({ sk }) => Number(sk?.N)),
    more: LastEvaluatedKey !== undefined,
    counts: [Count, ScannedCount],
  }
}

const whole = { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': p } } as const

describe('Query reads in key order', () => {
  it.each<[string, Record<string, AttributeValue>, readonly number[]]>([
    ['pk = :p', {}, numbers],
    ['pk = :p AND sk = :a', { ':a': { N: '2.0' } }, [2]],
    ['pk = :p AND sk < :a', { ':a': { N: '2' } }, [-10, -1.5, 0]],
    ['pk = :p AND sk <= :a', { ':a': { N: '2' } }, [-10, -1.5, 0, 2]],
    ['pk = :p AND sk > :a', { ':a': { N: '2' } }, [10, 100]],
    ['sk >= :a AND pk = :p', { ':a': { N: '2' } }, [2, 10, 100]],
    ['pk = :p AND sk BETWEEN :a AND :b', { ':a': { N: '-1.5' }, ':b': { N: '9' } }, [-1.5, 0, 2]],
    ['(pk = :p) AND (sk > :a)', { ':a': { N: '10' } }, [100]],
    [':p = pk', {}, numbers],
    ['pk = :p AND sk > :a', { ':a': { N: '1000' } }, []],
  ])('%s %j', async (KeyConditionExpression, values, expected) => {
    expect((await query({ KeyConditionExpression, ExpressionAttributeValues: { ':p': p, ...values } })).keys).toEqual(expected)
  })

  it('from the end when told so', async () => {
    expect((await query({ ...whole, ScanIndexForward: false })).keys).toEqual(numbers.toReversed())
  })

  it('and compares texts by their UTF-8 bytes', async () => {
    const { Items } = await endpoint.client.send(new QueryCommand({ ...whole, TableName: texts }))
    expect(Items?.map(({ sk }) => sk?.S)).toEqual(['B', 'a', 'ab', 'abc', 'b', 'é', '漢', '😀'])
    const begins = await endpoint.client.send(
      new QueryCommand({
        TableName: texts,
        KeyConditionExpression: 'pk = :p AND begins_with(sk, :a)',
        ExpressionAttributeValues: { ':p': p, ':a': { S: 'ab' } },
      }),
    )
    expect(begins.Items?.map(({ sk }) => sk?.S)).toEqual(['ab', 'abc'])
  })

  it('page by page, and a page that ends with the last item says there is more', async () => {
    const first = await endpoint.client.send(new QueryCommand({ TableName: table, ...whole, Limit: 4 }))
    expect(first.LastEvaluatedKey).toEqual({ pk: p, sk: { N: '2' } })
    const second = await query({ ...whole, Limit: 2, ExclusiveStartKey: first.LastEvaluatedKey })
    expect(second).toMatchObject({ keys: [10, 100], more: true })
    const third = await query({ ...whole, Limit: 2, ExclusiveStartKey: { pk: p, sk: { N: '100' } } })
    expect(third).toMatchObject({ keys: [], more: false })
    expect(await query({ ...whole, ScanIndexForward: false, Limit: 2, ExclusiveStartKey: { pk: p, sk: { N: '10' } } })).toMatchObject({
      keys: [2, 0],
    })
  })

  it('from a start key that need not exist', async () => {
    expect((await query({ ...whole, ExclusiveStartKey: { pk: p, sk: { N: '1' } } })).keys).toEqual([2, 10, 100])
  })

  it('filters after reading: the limit counts what was read', async () => {
    const filter = { ...whole, FilterExpression: 'even = :t', ExpressionAttributeValues: { ':p': p, ':t': { BOOL: true } } }
    expect(await query({ ...filter, Limit: 3 })).toEqual({ keys: [-10, 0], more: true, counts: [2, 3] })
    expect(await query(filter)).toEqual({ keys: [-10, 0, 2, 10, 100], more: false, counts: [5, 6] })
  })

  it('counts without items', async () => {
    const { body } = await endpoint.raw('Query', { TableName: table, ...whole, Select: 'COUNT' })
    expect(body).toEqual({ Count: 6, ScannedCount: 6 })
  })

  it('projects', async () => {
    const { Items } = await endpoint.client.send(new QueryCommand({ TableName: table, ...whole, ProjectionExpression: 'v', Limit: 1 }))
    expect(Items).toEqual([{ v: { S: 'x' } }])
  })
})

describe('Query refuses', () => {
  const invalid = 'One or more parameter values were invalid: '
  const n = { N: '1' }

  it.each<[object, string]>([
    [{}, 'Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.'],
    [{ KeyConditionExpression: '' }, 'Invalid KeyConditionExpression: The expression can not be empty;'],
    [{ KeyConditionExpression: 'sk = :a', ExpressionAttributeValues: { ':a': n } }, 'Query condition missed key schema element: pk'],
    [{ KeyConditionExpression: 'pk > :p', ExpressionAttributeValues: { ':p': p } }, 'Query key condition not supported'],
    [
      { KeyConditionExpression: 'pk = :p AND v = :p', ExpressionAttributeValues: { ':p': p } },
      'Query condition missed key schema element: sk',
    ],
    [
      { KeyConditionExpression: 'pk = :p OR sk = :a', ExpressionAttributeValues: { ':p': p, ':a': n } },
      'Invalid operator used in KeyConditionExpression: OR',
    ],
    [
      { KeyConditionExpression: 'NOT pk = :p', ExpressionAttributeValues: { ':p': p } },
      'Invalid operator used in KeyConditionExpression: NOT',
    ],
    [
      { KeyConditionExpression: 'pk = :p AND sk <> :a', ExpressionAttributeValues: { ':p': p, ':a': n } },
      'Invalid operator used in KeyConditionExpression: <>',
    ],
    [
      { KeyConditionExpression: 'pk = :p AND sk IN (:a)', ExpressionAttributeValues: { ':p': p, ':a': n } },
      'Invalid operator used in KeyConditionExpression: IN',
    ],
    [
      { KeyConditionExpression: 'pk = :p AND contains(sk, :a)', ExpressionAttributeValues: { ':p': p, ':a': n } },
      'Invalid operator used in KeyConditionExpression: contains',
    ],
    [
      { KeyConditionExpression: 'pk = :p AND sk > :a AND sk < :a', ExpressionAttributeValues: { ':p': p, ':a': n } },
      'KeyConditionExpressions must only contain one condition per key',
    ],
    [
      { KeyConditionExpression: 'pk = :p AND sk = :p', ExpressionAttributeValues: { ':p': p } },
      `${invalid}Condition parameter type does not match schema type`,
    ],
    [
      { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': { S: '' } } },
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk',
    ],
    [
      { ...whole, FilterExpression: 'sk > :a', ExpressionAttributeValues: { ':p': p, ':a': n } },
      'Filter Expression can only contain non-primary key attributes: Primary key attribute: sk',
    ],
    [
      { ...whole, Select: 'ALL_PROJECTED_ATTRIBUTES' },
      `${invalid}ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName`,
    ],
    [
      { ...whole, Select: 'SPECIFIC_ATTRIBUTES' },
      `${invalid}Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES`,
    ],
    [
      { ...whole, Select: 'COUNT', ProjectionExpression: 'v' },
      `${invalid}Cannot specify the ProjectionExpression when choosing to get only the Count`,
    ],
    [
      { ...whole, Select: 'ALL_ATTRIBUTES', ProjectionExpression: 'v' },
      `${invalid}Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES`,
    ],
    [{ ...whole, IndexName: 'absent' }, 'The table does not have the specified index: absent'],
    [
      { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': { S: 'x'.repeat(2049) } } },
      `${invalid}Size of hashkey has exceeded the maximum size limit of2048 bytes`,
    ],
    [{ ...whole, ExclusiveStartKey: { pk: p } }, 'The provided starting key is invalid'],
    [{ ...whole, ExclusiveStartKey: { pk: p, sk: p } }, 'The provided starting key is invalid'],
    [
      { ...whole, ExclusiveStartKey: { pk: { S: 'other' }, sk: n } },
      'The provided starting key is outside query boundaries based on provided conditions',
    ],
    [
      {
        KeyConditionExpression: 'pk = :p AND sk > :a',
        ExpressionAttributeValues: { ':p': p, ':a': { N: '5' } },
        ExclusiveStartKey: { pk: p, sk: { N: '1' } },
      },
      'The provided starting key does not match the range key predicate',
    ],
  ])('%j', async (body, message) => {
    expect(await refusalOf(endpoint, 'Query', { TableName: table, ...body })).toEqual(validation(message))
  })
})

describe('a page', () => {
  const big = useTable(endpoint, 'query-big', 'pk S, sk N')

  it('ends at 1 MB, and the capacity is that of what was read', async () => {
    const filler = 'x'.repeat(299_000)
    for (const half of [0, 4]) {
      const RequestItems = {
        [big]: [0, 1, 2, 3].map((at) => ({ PutRequest: { Item: { pk: p, sk: { N: `${half + at}` }, filler: { S: filler } } } })),
      }
      await endpoint.client.send(new BatchWriteItemCommand({ RequestItems }))
    }
    const { Items, LastEvaluatedKey, ConsumedCapacity } = await endpoint.client.send(
      new QueryCommand({ TableName: big, ...whole, ProjectionExpression: 'sk', ReturnConsumedCapacity: 'TOTAL', ConsistentRead: true }),
    )
    const count = Items?.length ?? 0
    expect(count).toBeGreaterThanOrEqual(3)
    expect(count).toBeLessThanOrEqual(4)
    expect(LastEvaluatedKey).toEqual({ pk: p, sk: { N: `${count - 1}` } })
    expect(ConsumedCapacity).toEqual({ TableName: big, CapacityUnits: Math.ceil((count * 299_012) / 4096) })
  })
})
