import { DeleteItemCommand, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { useEndpoint, useTable } from './endpoint.ts'
import { refusalOf, validation } from './refusal.ts'

const endpoint = useEndpoint()
const simple = useTable(endpoint, 'simple', 'pk S')
const sorted = useTable(endpoint, 'sorted', 'pk S, sk N')
const binary = useTable(endpoint, 'binary', 'pk B')

const MISMATCH = 'The provided key element does not match the schema'
const invalid = 'One or more parameter values were invalid: '
const emptyKey = (name: string, type = 'string'): string =>
  `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${type} value. Key: ${name}`
const pk = { S: 'a' }
const sk = { N: '1' }

const get = async (TableName: string, Key: object) =>
  (await endpoint.client.send(new GetItemCommand({ TableName, Key: Key as never, ConsistentRead: true }))).Item

describe('a table that is not there', () => {
  const missing = endpoint.name('missing')
  it.each([
    ['GetItem', { Key: { pk } }],
    ['PutItem', { Item: { pk } }],
    ['UpdateItem', { Key: { pk } }],
    ['DeleteItem', { Key: { pk } }],
    ['Query', { KeyConditionExpression: 'pk = :a', ExpressionAttributeValues: { ':a': pk } }],
    ['Scan', {}],
  ])('%s says so without its name', async (operation, body) => {
    expect(await refusalOf(endpoint, operation, { TableName: missing, ...body })).toEqual({
      name: 'ResourceNotFoundException',
      message: 'Requested resource not found',
    })
  })

  it('is told after mistakes in expressions', async () => {
    const request = { TableName: missing, Key: { pk }, ProjectionExpression: 'a,' }
    expect((await refusalOf(endpoint, 'GetItem', request)).message).toMatch(/^Invalid ProjectionExpression: Syntax error;/)
    const write = { TableName: missing, Item: { pk }, ConditionExpression: 'pk = :a' }
    expect((await refusalOf(endpoint, 'PutItem', write)).message).toBe(
      'Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute value: :a',
    )
  })
})

describe('the key of a request', () => {
  it.each(['GetItem', 'DeleteItem', 'UpdateItem'])('%s wants all of it, of the right types, and nothing else', async (operation) => {
    for (const Key of [{}, { pk }, { sk }, { pk, sk, other: pk }, { pk, other: sk }, { pk: { N: '1' }, sk }, { pk, sk: { S: '1' } }]) {
      expect(await refusalOf(endpoint, operation, { TableName: sorted, Key })).toEqual(validation(MISMATCH))
    }
  })

  it.each(['GetItem', 'DeleteItem', 'UpdateItem'])('%s takes no empty value for it', async (operation) => {
    expect(await refusalOf(endpoint, operation, { TableName: simple, Key: { pk: { S: '' } } })).toEqual(validation(emptyKey('pk')))
    expect(await refusalOf(endpoint, operation, { TableName: binary, Key: { pk: { B: '' } } })).toEqual(
      validation(emptyKey('pk', 'binary')),
    )
  })

  it('is at most 2048 bytes long, and 1024 for a sort key', async () => {
    const long = { pk: { S: 'x'.repeat(2049) } }
    const message = `${invalid}Size of hashkey has exceeded the maximum size limit of2048 bytes`
    expect(await refusalOf(endpoint, 'GetItem', { TableName: simple, Key: long })).toEqual(validation(message))
    expect(await refusalOf(endpoint, 'PutItem', { TableName: simple, Item: long })).toEqual(validation(message))
    expect((await endpoint.raw('PutItem', { TableName: simple, Item: { pk: { S: 'x'.repeat(2048) } } })).status).toBe(200)
  })
})

describe('PutItem', () => {
  it.each<[object, string]>([
    [{ other: pk }, `${invalid}Missing the key pk in the item`],
    [{}, `${invalid}Missing the key pk in the item`],
    [{ pk: { N: '1' } }, `${invalid}Type mismatch for key pk expected: S actual: N`],
    [{ pk: { BOOL: true } }, `${invalid}Type mismatch for key pk expected: S actual: BOOL`],
    [{ pk: { M: {} } }, `${invalid}Type mismatch for key pk expected: S actual: M`],
    [{ pk: { S: '' } }, emptyKey('pk')],
  ])('refuses the item %j', async (Item, message) => {
    expect(await refusalOf(endpoint, 'PutItem', { TableName: simple, Item })).toEqual(validation(message))
  })

  it('names the first key that is missing', async () => {
    expect(await refusalOf(endpoint, 'PutItem', { TableName: sorted, Item: { pk } })).toEqual(
      validation(`${invalid}Missing the key sk in the item`),
    )
    expect(await refusalOf(endpoint, 'PutItem', { TableName: sorted, Item: { pk, sk: { S: '1' } } })).toEqual(
      validation(`${invalid}Type mismatch for key sk expected: N actual: S`),
    )
  })

  it.each(['ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW'])('returns nothing but what was there before: not %s', async (ReturnValues) => {
    const message = 'ReturnValues can only be ALL_OLD or NONE'
    expect(await refusalOf(endpoint, 'PutItem', { TableName: simple, Item: { pk }, ReturnValues })).toEqual(validation(message))
    expect(await refusalOf(endpoint, 'DeleteItem', { TableName: simple, Key: { pk }, ReturnValues })).toEqual(validation(message))
  })

  it('replaces the whole item, and returns the old one when asked', async () => {
    const Key = { pk: { S: 'replace' } }
    const put = (more: object, ReturnValues?: 'ALL_OLD') =>
      endpoint.client.send(new PutItemCommand({ TableName: simple, Item: { ...Key, ...more }, ReturnValues }))
    expect((await put({ a: { N: '1' } }, 'ALL_OLD')).Attributes).toBeUndefined()
    expect((await put({ b: { N: '2' } }, 'ALL_OLD')).Attributes).toEqual({ ...Key, a: { N: '1' } })
    expect((await put({ b: { N: '3' } })).Attributes).toBeUndefined()
    expect(await get(simple, Key)).toEqual({ ...Key, b: { N: '3' } })
  })

  it('answers with an empty object', async () => {
    expect((await endpoint.raw('PutItem', { TableName: simple, Item: { pk } })).body).toEqual({})
  })

  it('writes only under its condition, and shows what was in the way when asked', async () => {
    const Item = { pk: { S: 'once' }, v: { N: '1' } }
    const once = { TableName: simple, Item, ConditionExpression: 'attribute_not_exists(pk)' } as const
    await endpoint.client.send(new PutItemCommand(once))
    await expect(endpoint.client.send(new PutItemCommand(once))).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      message: 'The conditional request failed',
      Item: undefined,
    })
    const shown = { ...once, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const
    await expect(endpoint.client.send(new PutItemCommand(shown))).rejects.toMatchObject({ Item })
  })
})

describe('GetItem', () => {
  it('answers with an empty object when there is no such item', async () => {
    expect((await endpoint.raw('GetItem', { TableName: simple, Key: { pk: { S: 'nobody' } } })).body).toEqual({})
  })

  it('returns what is projected, without a trace of what is not there', async () => {
    const Key = { pk: { S: 'projected' } }
    const Item = { ...Key, a: { M: { b: { L: [{ N: '1' }, { N: '2' }, { N: '3' }] }, c: { S: 'x' } } }, 'd.e': { S: 'y' } }
    await endpoint.client.send(new PutItemCommand({ TableName: simple, Item }))
    const project = async (ProjectionExpression: string, ExpressionAttributeNames?: Record<string, string>) =>
      (await endpoint.client.send(new GetItemCommand({ TableName: simple, Key, ProjectionExpression, ExpressionAttributeNames }))).Item
    expect(await project('a.b[2], a.b[0], absent, a.absent[1]')).toEqual({ a: { M: { b: { L: [{ N: '1' }, { N: '3' }] } } } })
    expect(await project('a.c, pk')).toEqual({ ...Key, a: { M: { c: { S: 'x' } } } })
    expect(await project('#d', { '#d': 'd.e' })).toEqual({ 'd.e': { S: 'y' } })
    expect(await project('absent')).toEqual({})
    expect(await project('pk.x, a[0]')).toEqual({})
  })

  it('tells the capacity it consumed', async () => {
    const Key = { pk: { S: 'capacity' } }
    await endpoint.client.send(new PutItemCommand({ TableName: simple, Item: { ...Key, v: { S: 'x'.repeat(5000) } } }))
    const units = async (ConsistentRead: boolean) =>
      (await endpoint.client.send(new GetItemCommand({ TableName: simple, Key, ConsistentRead, ReturnConsumedCapacity: 'TOTAL' })))
        .ConsumedCapacity
    expect(await units(true)).toEqual({ TableName: simple, CapacityUnits: 2 })
    expect(await units(false)).toEqual({ TableName: simple, CapacityUnits: 1 })
    const { ConsumedCapacity } = await endpoint.client.send(
      new GetItemCommand({ TableName: simple, Key: { pk: { S: 'nobody' } }, ReturnConsumedCapacity: 'INDEXES' }),
    )
    expect(ConsumedCapacity).toEqual({ TableName: simple, CapacityUnits: 0.5, Table: { CapacityUnits: 0.5 } })
  })
})

describe('DeleteItem', () => {
  it('returns the item when asked, and deletes what is not there without complaint', async () => {
    const Key = { pk: { S: 'deleted' } }
    await endpoint.client.send(new PutItemCommand({ TableName: simple, Item: { ...Key, a: { N: '1' } } }))
    const remove = () => endpoint.client.send(new DeleteItemCommand({ TableName: simple, Key, ReturnValues: 'ALL_OLD' }))
    expect((await remove()).Attributes).toEqual({ ...Key, a: { N: '1' } })
    expect((await remove()).Attributes).toBeUndefined()
    expect(await get(simple, Key)).toBeUndefined()
  })

  it('does not delete when its condition does not hold', async () => {
    const Key = { pk: { S: 'kept' } }
    await endpoint.client.send(new PutItemCommand({ TableName: simple, Item: { ...Key, a: { N: '1' } } }))
    const condition = { ConditionExpression: 'a > :a', ExpressionAttributeValues: { ':a': { N: '1' } } }
    await expect(endpoint.client.send(new DeleteItemCommand({ TableName: simple, Key, ...condition }))).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    })
    expect(await get(simple, Key)).toBeDefined()
  })
})

describe('UpdateItem', () => {
  const update = (id: string, UpdateExpression: string | undefined, values: Record<string, object>, more: object = {}) =>
    endpoint.client.send(
      new UpdateItemCommand({
        TableName: simple,
        Key: { pk: { S: id } },
        UpdateExpression,
        ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values as never }),
        ...more,
      }),
    )

  it('makes an item of nothing but its key when it is told nothing', async () => {
    await update('bare', undefined, {})
    expect(await get(simple, { pk: { S: 'bare' } })).toEqual({ pk: { S: 'bare' } })
  })

  it('returns what it was asked for', async () => {
    const values = { ':v': { N: '1' } }
    await update('returned', 'SET a = :v, b = :v', values)
    const asked = (ReturnValues: string, text: string) => update('returned', text, { ':v': { N: '2' } }, { ReturnValues })
    expect((await asked('UPDATED_OLD', 'SET a = :v')).Attributes).toEqual({ a: { N: '1' } })
    expect((await asked('UPDATED_NEW', 'SET c = :v, a = :v')).Attributes).toEqual({ a: { N: '2' }, c: { N: '2' } })
    expect((await asked('UPDATED_OLD', 'SET d = :v')).Attributes).toBeUndefined()
    expect((await asked('ALL_OLD', 'SET b = :v')).Attributes).toMatchObject({ pk: { S: 'returned' }, b: { N: '1' } })
    expect((await asked('ALL_NEW', 'SET b = :v REMOVE c, d')).Attributes).toEqual({ pk: { S: 'returned' }, a: { N: '2' }, b: { N: '2' } })
    expect((await asked('NONE', 'SET b = :v')).Attributes).toBeUndefined()
  })

  it.each([
    ['pk', 'SET pk = :v', { ':v': { S: 'b' } }],
    ['pk', 'REMOVE pk', {}],
  ])('does not change the key %s: %s', async (name, UpdateExpression, values) => {
    const body = { TableName: simple, Key: { pk }, UpdateExpression }
    const request = Object.keys(values).length === 0 ? body : { ...body, ExpressionAttributeValues: values }
    expect(await refusalOf(endpoint, 'UpdateItem', request)).toEqual(
      validation(`${invalid}Cannot update attribute ${name}. This attribute is part of the key`),
    )
  })

  it('does not let an item grow beyond 400 KB', async () => {
    await update('grows', 'SET a = :v', { ':v': { S: 'x'.repeat(300 * 1024) } })
    await expect(update('grows', 'SET b = :v', { ':v': { S: 'x'.repeat(150 * 1024) } })).rejects.toMatchObject(
      validation('Item size to update has exceeded the maximum allowed size'),
    )
  })
})
