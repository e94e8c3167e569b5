import type { TransactWriteItem } from '@aws-sdk/client-dynamodb'
import { BatchGetItemCommand, PutItemCommand, TransactGetItemsCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { useEndpoint, useTable } from './endpoint.ts'
import { refusalOf, validation } from './refusal.ts'

const endpoint = useEndpoint()
const table = useTable(endpoint, 'transactions', 'pk S')
const missing = endpoint.name('transactions-missing')

const key = (id: string) => ({ pk: { S: id } })
const n = (value: number) => ({ N: `${value}` })
const write = (TransactItems: readonly TransactWriteItem[], more: object = {}) =>
  endpoint.client.send(new TransactWriteItemsCommand({ TransactItems: [...TransactItems], ...more }))
const put = (id: string, v: number): Promise<unknown> =>
  endpoint.client.send(new PutItemCommand({ TableName: table, Item: { ...key(id), v: n(v) } }))

async function values(...ids: readonly string[]): Promise<readonly (string | undefined)[]> {
  const { Responses = [] } = await endpoint.client.send(
    new TransactGetItemsCommand({ TransactItems: ids.map((id) => ({ Get: { TableName: table, Key: key(id) } })) }),
  )
  return Responses.map(({ Item }) => Item?.['v']?.N)
}

const add = (id: string, more: object = {}): TransactWriteItem => ({
  Update: { TableName: table, Key: key(id), UpdateExpression: 'ADD v :one', ExpressionAttributeValues: { ':one': n(1) }, ...more },
})

describe('TransactWriteItems', () => {
  it('does all of it', async () => {
    await Promise.all([put('update', 1), put('delete', 1), put('check', 7)])
    await write([
      { Put: { TableName: table, Item: { ...key('put'), v: n(1) }, ConditionExpression: 'attribute_not_exists(pk)' } },
      add('update'),
      { Delete: { TableName: table, Key: key('delete') } },
      {
        ConditionCheck: {
          TableName: table,
          Key: key('check'),
          ConditionExpression: 'v = :seven',
          ExpressionAttributeValues: { ':seven': n(7) },
        },
      },
    ])
    expect(await values('put', 'update', 'delete', 'check')).toEqual(['1', '2', undefined, '7'])
  })

  it('or nothing, and says part by part why', async () => {
    await put('stays', 1)
    const failing = write([
      add('stays'),
      { ConditionCheck: { TableName: table, Key: key('nobody'), ConditionExpression: 'attribute_exists(pk)' } },
      {
        Put: {
          TableName: table,
          Item: key('stays-2'),
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      },
    ])
    await expect(failing).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      message: 'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, None]',
      CancellationReasons: [
        { Code: 'None' },
        { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
        { Code: 'None' },
      ],
    })
    expect(await values('stays', 'stays-2')).toEqual(['1', undefined])
  })

  it('shows the item that was in the way when asked', async () => {
    await put('shown', 3)
    const condition = { ConditionExpression: 'v > :one', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }
    await put('shown', 0)
    await expect(write([add('shown', condition)])).rejects.toMatchObject({
      CancellationReasons: [{ Code: 'ConditionalCheckFailed', Item: { ...key('shown'), v: n(0) } }],
    })
  })

  it('tells what an update cannot do as a reason', async () => {
    await endpoint.client.send(new PutItemCommand({ TableName: table, Item: { ...key('text'), v: { S: 'x' } } }))
    await expect(write([add('text')])).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      message: 'Transaction cancelled, please refer cancellation reasons for specific reasons [ValidationError]',
      CancellationReasons: [{ Code: 'ValidationError', Message: 'An operand in the update expression has an incorrect data type' }],
    })
  })

  it('with a token is done once', async () => {
    const ClientRequestToken = `once-${Date.now()}`
    await put('token', 0)
    await write([add('token')], { ClientRequestToken })
    await write([add('token')], { ClientRequestToken })
    expect(await values('token')).toEqual(['1'])
    await expect(write([add('token'), add('token-2')], { ClientRequestToken })).rejects.toMatchObject({
      name: 'IdempotentParameterMismatchException',
    })
  })

  it('consumes twice the capacity', async () => {
    const { ConsumedCapacity } = await write([add('capacity')], { ReturnConsumedCapacity: 'TOTAL' })
    expect(ConsumedCapacity).toMatchObject([{ TableName: table, CapacityUnits: 2 }])
  })

  const ONE = 'Transaction request cannot include multiple operations on one item'
  const ACTION = 'TransactItems can only contain one of Check, Put, Update or Delete'

  it.each<[string, () => object[], string]>([
    ['one item twice', () => [add('a'), { Delete: { TableName: table, Key: key('a') } }], ONE],
    ['nothing to do', () => [{}], ACTION],
    ['two things to do', () => [{ ...add('a'), Delete: { TableName: table, Key: key('b') } }], ACTION],
    [
      'an expression that is none',
      () => [{ Delete: { TableName: table, Key: key('a'), ConditionExpression: 'a =' } }],
      'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "="',
    ],
    [
      'a value that is not used',
      () => [add('a', { ExpressionAttributeValues: { ':one': n(1), ':two': n(2) } })],
      'Value provided in ExpressionAttributeValues unused in expressions: keys: {:two}',
    ],
  ])('refuses %s', async (_what, items, message) => {
    expect(await refusalOf(endpoint, 'TransactWriteItems', { TransactItems: items() })).toEqual(validation(message))
  })

  it('refuses more than a hundred actions', async () => {
    const TransactItems = Array.from({ length: 101 }, (_, at) => ({ Delete: { TableName: table, Key: key(`${at}`) } }))
    const refusal = await refusalOf(endpoint, 'TransactWriteItems', { TransactItems })
    expect(refusal.message).toMatch(
      /^1 validation error detected: Value '\[(TransactWriteItem\(.*\)|com\.amazonaws\.dynamodb\.v20120810\.TransactWriteItem@.*)\]' at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100$/s,
    )
    expect((await endpoint.raw('TransactWriteItems', { TransactItems: TransactItems.slice(1) })).status).toBe(200)
  })

  it('refuses a table that is not there', async () => {
    const TransactItems = [{ Delete: { TableName: missing, Key: key('a') } }]
    expect(await refusalOf(endpoint, 'TransactWriteItems', { TransactItems })).toEqual({
      name: 'ResourceNotFoundException',
      message: 'Requested resource not found',
    })
  })

  it('lets placeholders be that no expression could use', async () => {
    const idle = { ExpressionAttributeNames: { '#v': 'v' }, ExpressionAttributeValues: { ':v': n(1) } }
    await write([{ Put: { TableName: table, Item: key('idle'), ...idle } }, { Delete: { TableName: table, Key: key('idle-2'), ...idle } }])
    const { Responses } = await endpoint.client.send(
      new TransactGetItemsCommand({
        TransactItems: [{ Get: { TableName: table, Key: key('idle'), ExpressionAttributeNames: { '#v': 'v' } } }],
      }),
    )
    expect(Responses).toEqual([{ Item: key('idle') }])
  })

  it('is isolated: of transactions that meet, readers see whole ones', async () => {
    const ids = ['left', 'right']
    const together = async (): Promise<void> => {
      try {
        await write(ids.map((id) => add(id)))
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'TransactionCanceledException') throw error
      }
    }
    const seen = async (): Promise<void> => {
      try {
        const [left, right] = await values(...ids)
        expect(left).toBe(right)
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'TransactionCanceledException') throw error
      }
    }
    await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? together() : seen())))
    const [left, right] = await values(...ids)
    expect(left).toBe(right)
    expect(Number(left)).toBeGreaterThan(0)
  })
})

describe('TransactGetItems', () => {
  it('answers in the order of the request, with an empty object for what is not there', async () => {
    await put('get', 5)
    const { body } = await endpoint.raw('TransactGetItems', {
      TransactItems: [
        { Get: { TableName: table, Key: key('nobody') } },
        { Get: { TableName: table, Key: key('get'), ProjectionExpression: 'v' } },
      ],
      ReturnConsumedCapacity: 'TOTAL',
    })
    expect(body).toEqual({
      Responses: [{}, { Item: { v: n(5) } }],
      ConsumedCapacity: [{ TableName: table, CapacityUnits: 4, ReadCapacityUnits: 4 }],
    })
  })

  it('has no item where the projection finds nothing', async () => {
    await put('bare', 5)
    const get = { TableName: table, Key: key('bare'), ProjectionExpression: 'nothing' }
    expect((await endpoint.raw('TransactGetItems', { TransactItems: [{ Get: get }] })).body).toEqual({ Responses: [{}] })
    expect((await endpoint.raw('GetItem', get)).body).toEqual({ Item: {} })
  })

  it('reads no item twice', async () => {
    const get = { Get: { TableName: table, Key: key('a') } }
    expect(await refusalOf(endpoint, 'TransactGetItems', { TransactItems: [get, get] })).toEqual(
      validation('Transaction request cannot include multiple operations on one item'),
    )
  })

  it('is cancelled by a key that does not fit its table', async () => {
    const TransactItems = [{ Get: { TableName: table, Key: { other: { S: 'a' } } } }]
    expect(await refusalOf(endpoint, 'TransactGetItems', { TransactItems })).toEqual({
      name: 'TransactionCanceledException',
      message: 'Transaction cancelled, please refer cancellation reasons for specific reasons [ValidationError]',
    })
  })
})

describe('what a transaction wrote', () => {
  it('is there for everybody at once', async () => {
    await write([1, 2, 3].map((at) => ({ Put: { TableName: table, Item: { ...key(`batch-${at}`), v: n(at) } } })))
    const Keys = [1, 2, 3].map((at) => key(`batch-${at}`))
    const { Responses } = await endpoint.client.send(new BatchGetItemCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }))
    expect(Responses?.[table]).toHaveLength(3)
  })
})
