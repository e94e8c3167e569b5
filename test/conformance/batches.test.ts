import { BatchGetItemCommand, BatchWriteItemCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { useEndpoint, useTable } from './endpoint.ts'
import { refusalOf, validation } from './refusal.ts'

const endpoint = useEndpoint()
const one = useTable(endpoint, 'batch-one', 'pk S')
const two = useTable(endpoint, 'batch-two', 'pk S, sk N')
const missing = endpoint.name('batch-missing')

const pk = { S: 'a' }
const put = (Item: object): object => ({ PutRequest: { Item } })
const remove = (Key: object): object => ({ DeleteRequest: { Key } })

describe('batches', () => {
  it('write, read and delete in several tables', async () => {
    const write = (RequestItems: object) => endpoint.client.send(new BatchWriteItemCommand({ RequestItems: RequestItems as never }))
    const written = await write({
      [one]: [put({ pk, v: { N: '1' } }), put({ pk: { S: 'b' } })],
      [two]: [put({ pk, sk: { N: '1' }, v: { N: '2' } })],
    })
    expect(written.UnprocessedItems).toEqual({})
    const read = async () => {
      const answer = await endpoint.client.send(
        new BatchGetItemCommand({
          RequestItems: {
            [one]: { Keys: [{ pk }, { pk: { S: 'b' } }, { pk: { S: 'nobody' } }], ConsistentRead: true },
            [two]: { Keys: [{ pk, sk: { N: '1' } }], ConsistentRead: true, ProjectionExpression: 'v' },
          },
        }),
      )
      expect(answer.UnprocessedKeys).toEqual({})
      return answer.Responses
    }
    const found = await read()
    expect(found?.[one]).toHaveLength(2)
    expect(found?.[one]).toContainEqual({ pk, v: { N: '1' } })
    expect(found?.[two]).toEqual([{ v: { N: '2' } }])
    await write({ [one]: [remove({ pk }), remove({ pk: { S: 'nobody' } })], [two]: [remove({ pk, sk: { N: '1' } })] })
    expect(await read()).toEqual({ [one]: [{ pk: { S: 'b' } }], [two]: [] })
  })

  it('tell the capacity of each table', async () => {
    const { ConsumedCapacity } = await endpoint.client.send(
      new BatchWriteItemCommand({
        RequestItems: { [one]: [put({ pk, v: { S: 'x'.repeat(1500) } }), put({ pk: { S: 'c' } })] as never },
        ReturnConsumedCapacity: 'TOTAL',
      }),
    )
    expect(ConsumedCapacity).toEqual([{ TableName: one, CapacityUnits: 3 }])
  })
})

describe('BatchWriteItem tells the item collections that it wrote to', () => {
  const collections = useTable(endpoint, 'batch-collections', 'pk S, sk N', {
    AttributeDefinitions: [{ AttributeName: 'local', AttributeType: 'S' }],
    LocalSecondaryIndexes: [
      {
        IndexName: 'by-local',
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'local', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  })
  const write = (ReturnItemCollectionMetrics?: 'SIZE' | 'NONE') =>
    endpoint.client.send(
      new BatchWriteItemCommand({
        RequestItems: { [one]: [put({ pk })], [collections]: [put({ pk, sk: { N: '1' } })] },
        ...(ReturnItemCollectionMetrics === undefined ? {} : { ReturnItemCollectionMetrics }),
      }),
    )

  it('when asked', async () => {
    const { ItemCollectionMetrics } = await write('SIZE')
    expect(ItemCollectionMetrics).toEqual({ [collections]: [{ ItemCollectionKey: { pk }, SizeEstimateRangeGB: [0, 1] }] })
  })

  it('and not otherwise', async () => {
    expect((await write('NONE')).ItemCollectionMetrics).toBeUndefined()
    expect((await write()).ItemCollectionMetrics).toBeUndefined()
  })
})

describe('a batch is refused as a whole', () => {
  const DUPLICATES = 'Provided list of item keys contains duplicates'
  const MISMATCH = 'The provided key element does not match the schema'
  const keys = (count: number): object[] => Array.from({ length: count }, (_, at) => ({ pk: { S: `${at}` } }))

  it.each<[string, () => object, string]>([
    ['one item twice', () => ({ [one]: [put({ pk }), remove({ pk })] }), DUPLICATES],
    ['a key that is none', () => ({ [one]: [remove({ other: pk })] }), MISMATCH],
    ['a key of the wrong type', () => ({ [one]: [remove({ pk: { N: '1' } })] }), MISMATCH],
    ['an item without its key', () => ({ [one]: [put({ v: pk })] }), MISMATCH],
    ['an item with a key of the wrong type', () => ({ [one]: [put({ pk: { N: '1' } })] }), MISMATCH],
    ['an item with a key that is no scalar', () => ({ [two]: [put({ pk, sk: { L: [] } })] }), MISMATCH],
    [
      'an item with an empty key',
      () => ({ [one]: [put({ pk: { S: '' } })] }),
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk',
    ],
    ['no table', () => ({}), 'The requestItems parameter is required for BatchWriteItem'],
    [
      'more than 25 writes over several tables',
      () => ({ [one]: keys(20).map(put), [two]: keys(6).map(put) }),
      'Too many items requested for the BatchWriteItem call',
    ],
    [
      'a write that is neither put nor delete',
      () => ({ [one]: [{}] }),
      'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    ],
    [
      'a write that is both',
      () => ({ [one]: [{ ...put({ pk }), ...remove({ pk }) }] }),
      'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    ],
    [
      'a value that is none',
      () => ({ [one]: [put({ pk, v: {} })] }),
      'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes',
    ],
    [
      'an item that is too large',
      () => ({ [one]: [put({ pk, v: { S: 'x'.repeat(410_000) } })] }),
      'Item size has exceeded the maximum allowed size',
    ],
  ])('BatchWriteItem with %s', async (_what, items, message) => {
    expect(await refusalOf(endpoint, 'BatchWriteItem', { RequestItems: items() })).toEqual(validation(message))
  })

  it.each<[string, () => object, string]>([
    ['one key twice', () => ({ [one]: { Keys: [{ pk }, { pk }] } }), DUPLICATES],
    ['a key that is none', () => ({ [one]: { Keys: [{ other: pk }] } }), MISMATCH],
    [
      'more than a hundred keys',
      () => ({ [one]: { Keys: keys(60) }, [two]: { Keys: keys(41) } }),
      'Too many items requested for the BatchGetItem call',
    ],
    [
      'a projection that is none',
      () => ({ [one]: { Keys: [{ pk }], ProjectionExpression: 'a,' } }),
      'Invalid ProjectionExpression: Syntax error; token: "<EOF>", near: ","',
    ],
    [
      'expressions for one table and the parameters from before them for another',
      () => ({ [one]: { Keys: [{ pk }], ProjectionExpression: 'v' }, [two]: { Keys: [{ pk, sk: { N: '1' } }], AttributesToGet: ['v'] } }),
      'Can not use both expression and non-expression parameters in the same request: ' +
        'Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}',
    ],
    ['one key twice, of a table that is not there', () => ({ [missing]: { Keys: [{ pk }, { pk }] } }), DUPLICATES],
    [
      'a projection that is none behind a table that is not there',
      () => ({ [missing]: { Keys: [{ pk }] }, [one]: { Keys: [{ pk }], ProjectionExpression: 'a,' } }),
      'Invalid ProjectionExpression: Syntax error; token: "<EOF>", near: ","',
    ],
    [
      'no table',
      () => ({}),
      "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
  ])('BatchGetItem with %s', async (_what, items, message) => {
    expect(await refusalOf(endpoint, 'BatchGetItem', { RequestItems: items() })).toEqual(validation(message))
  })

  it('when a table is not there', async () => {
    const refusal = { name: 'ResourceNotFoundException', message: 'Requested resource not found' }
    expect(await refusalOf(endpoint, 'BatchWriteItem', { RequestItems: { [missing]: [put({ pk })] } })).toEqual(refusal)
    expect(await refusalOf(endpoint, 'BatchGetItem', { RequestItems: { [missing]: { Keys: [{ pk }] } } })).toEqual(refusal)
  })

  it('and then nothing of it is written', async () => {
    const id = { pk: { S: 'untouched' } }
    expect((await endpoint.raw('BatchWriteItem', { RequestItems: { [one]: [put(id), put({ v: pk })] } })).status).toBe(400)
    const { Responses } = await endpoint.client.send(
      new BatchGetItemCommand({ RequestItems: { [one]: { Keys: [id], ConsistentRead: true } } }),
    )
    expect(Responses).toEqual({ [one]: [] })
  })
})
