import type {
  AttributeValue,
  DynamoDBClient,
  TransactGetItem,
  TransactGetItemsCommandInput,
  TransactGetItemsCommandOutput,
  TransactWriteItem,
  TransactWriteItemsCommandInput,
} from '@aws-sdk/client-dynamodb'
import {
  CreateTableCommand,
  GetItemCommand,
  IdempotentParameterMismatchException,
  PutItemCommand,
  QueryCommand,
  ResourceNotFoundException,
  TransactGetItemsCommand,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemTime } from '../../../base/system-time.ts'
import { TOKEN_LIFETIME_MS } from '../../../engine/once-only.ts'
import { createMemoryStore } from '../../../storage/memory-store.ts'
import type { Store } from '../../../storage/store.ts'
import type { TestWorld } from '../../test-world.contract.ts'
import { startTestWorld } from '../../test-world.contract.ts'
import { onDemandTable } from '../../use-test-world.contract.ts'

let world: TestWorld
let client: DynamoDBClient
let TableName: string
let tables = 0
let nowMs = 1_800_000_000_000
/** While it is there, what the store is to commit waits. */
let gate: { readonly opened: Promise<void>; readonly reached: () => void } | undefined

beforeAll(async () => {
  world = await startTestWorld({ nowMs: () => nowMs, store: gated })
  client = world.client()
})

afterAll(() => world.close())

beforeEach(async () => {
  TableName = await createTable(client, `Accounts${++tables}`)
})

function gated(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      if (name !== 'transact') {
        const member: unknown = Reflect.get(target, name, target)
        return typeof member === 'function' ? (member.bind(target) as unknown) : member
      }
      const transact: Store['transact'] = async (keys, decide) => {
        gate?.reached()
        await gate?.opened
        return target.transact(keys, decide)
      }
      return transact
    },
  })
}

/** Sends a transaction, and does something else while it is under way: it has arrived, and is not committed. */
async function whileUnderWay<T>(transaction: () => Promise<unknown>, act: () => Promise<T>): Promise<T> {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  const arrived = new Promise<void>((resolve) => (gate = { opened, reached: resolve }))
  const sent = transaction()
  try {
    await arrived
    return await act()
  } finally {
    gate = undefined
    open()
    await sent
  }
}

async function createTable(on: DynamoDBClient, name: string): Promise<string> {
  await on.send(onDemandTable(name, 'pk S'))
  return name
}

type Item = Record<string, AttributeValue>
type WriteOptions = Omit<TransactWriteItemsCommandInput, 'TransactItems'>

const key = (pk: string): Item => ({ pk: { S: pk } })
const account = (pk: string, n: number, more: Item = {}): Item => ({ ...key(pk), n: { N: String(n) }, ...more })
const put = (item: Item) => client.send(new PutItemCommand({ TableName, Item: item }))
const get = async (pk: string) => (await client.send(new GetItemCommand({ TableName, Key: key(pk) }))).Item
const write = (TransactItems: TransactWriteItem[], options: WriteOptions = {}, on = client) =>
  on.send(new TransactWriteItemsCommand({ TransactItems, ...options }))
const read = (TransactItems: TransactGetItem[], options: Omit<TransactGetItemsCommandInput, 'TransactItems'> = {}) =>
  client.send(new TransactGetItemsCommand({ TransactItems, ...options }))

const putting = (item: Item, name = TableName): TransactWriteItem => ({ Put: { TableName: name, Item: item } })
const getting = (pk: string): TransactGetItem => ({ Get: { TableName, Key: key(pk) } })
const deleting = (pk: string): TransactWriteItem => ({ Delete: { TableName, Key: key(pk) } })
const adding = (pk: string, n: number): TransactWriteItem => updating(pk, 'ADD n :n', { ':n': { N: String(n) } })
const updating = (pk: string, UpdateExpression: string, values: Item): TransactWriteItem => ({
  Update: { TableName, Key: key(pk), UpdateExpression, ExpressionAttributeValues: values },
})
const checking = (pk: string, ConditionExpression: string): TransactWriteItem => ({
  ConditionCheck: { TableName, Key: key(pk), ConditionExpression, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' },
})

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  )
}

async function reasonsOf(call: Promise<unknown>) {
  const error = await failureOf(call)
  if (!(error instanceof TransactionCanceledException)) throw new Error(`canceled, not ${String(error)}`)
  return error.CancellationReasons
}

/** What was answered; undefined when another transaction stood in the way. Whatever else there was fails the test. */
async function unlessConflict<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : []
    if (reasons.some(({ Code }) => Code === 'TransactionConflict')) return undefined
    throw error
  })
}

const noReason = { Code: 'None' }
const conflict = { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' }
const validation = (Message: string) => ({ Code: 'ValidationError', Message })

describe('TransactWriteItems', () => {
  it('carries out all four kinds of actions together, in several tables, by name and by ARN', async () => {
    const other = await createTable(client, `${TableName}Other`)
    await put(account('updated', 1))
    await put(account('deleted', 1))
    await put(account('checked', 1))
    const answer = await write([
      putting(account('new', 5), `arn:aws:dynamodb:us-east-1:000000000000:table/${other}`),
      adding('updated', 2),
      deleting('deleted'),
      checking('checked', 'attribute_exists(pk)'),
    ])
    expect(answer).toEqual({ $metadata: expect.anything() as object })
    const inOther = await client.send(new GetItemCommand({ TableName: other, Key: key('new') }))
    expect(inOther.Item).toEqual(account('new', 5))
    expect([await get('updated'), await get('deleted'), await get('checked')]).toEqual([
      account('updated', 3),
      undefined,
      account('checked', 1),
    ])
  })

  it('carries out none when a condition does not hold, and tells which, with the item when asked', async () => {
    await put(account('a', 1))
    const { Put } = putting(account('a', 2))
    const refused = write([
      putting(account('b', 1)),
      checking('a', 'attribute_not_exists(pk)'),
      deleting('c'),
      checking('none', 'attribute_exists(pk)'),
    ])
    expect(await failureOf(refused)).toMatchObject({
      message:
        'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, None, ConditionalCheckFailed]',
      $metadata: { httpStatusCode: 400 },
    })
    const failed = { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' }
    expect(await reasonsOf(refused)).toEqual([noReason, { ...failed, Item: account('a', 1) }, noReason, failed])
    expect(await get('b')).toBeUndefined()
    const silent = {
      Put: { ...Put, TableName, Item: account('a', 2), ConditionExpression: 'n > :n', ExpressionAttributeValues: { ':n': { N: '1' } } },
    }
    expect(await reasonsOf(write([silent]))).toEqual([failed])
  })

  it('is canceled with what an update finds in the stored item', async () => {
    await put({ ...key('a'), s: { S: 'text' } })
    await put({ ...key('large'), s: { S: 'x'.repeat(390 * 1024) } })
    const reasons = await reasonsOf(
      write([
        updating('a', 'ADD s :n', { ':n': { N: '1' } }),
        updating('b', 'SET n = absent + :n', { ':n': { N: '1' } }),
        updating('large', 'SET t = :t', { ':t': { S: 'x'.repeat(20 * 1024) } }),
        adding('c', 1),
      ]),
    )
    expect(reasons).toEqual([
      validation('An operand in the update expression has an incorrect data type'),
      validation('The provided expression refers to an attribute that does not exist in the item'),
      validation('Item size to update has exceeded the maximum allowed size'),
      noReason,
    ])
    expect(await get('c')).toBeUndefined()
  })

  it('is canceled with a key that does not fit its table, and with an item that is too large', async () => {
    const mismatch = 'The provided key element does not match the schema'
    const reasons = await reasonsOf(
      write([
        putting({ pk: { N: '1' } }),
        putting({ n: { N: '1' } }),
        { Delete: { TableName, Key: { pk: { N: '1' } } } },
        { Update: { TableName, Key: { ...key('a'), n: { N: '1' } }, UpdateExpression: 'REMOVE x' } },
        updating('a', 'SET pk = :s', { ':s': { S: 'b' } }),
        putting({ ...key('b'), s: { S: 'x'.repeat(400 * 1024) } }),
        putting(account('c', 1)),
      ]),
    )
    expect(reasons).toEqual([
      validation('One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N'),
      validation('One or more parameter values were invalid: Missing the key pk in the item'),
      validation(mismatch),
      validation(mismatch),
      validation('One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key'),
      validation('Item size has exceeded the maximum allowed size'),
      noReason,
    ])
  })

  it.each<[string, () => TransactWriteItem[], string]>([
    ['without actions', () => [], 'Member must have length greater than or equal to 1'],
    [
      'with more than a hundred actions',
      () => Array.from({ length: 101 }, (_, at) => deleting(String(at))),
      'Member must have length less than or equal to 100',
    ],
    ['with an entry of no action', () => [{}], 'TransactItems can only contain one of Check, Put, Update or Delete'],
    [
      'with an entry of two actions',
      () => [{ ...deleting('a'), ...putting(account('b', 1)) }],
      'TransactItems can only contain one of Check, Put, Update or Delete',
    ],
    [
      'with two actions on one item',
      () => [deleting('a'), checking('a', 'attribute_exists(pk)')],
      'Transaction request cannot include multiple operations on one item',
    ],
    [
      'with a malformed expression',
      () => [deleting('a'), updating('b', 'SAT n = :n', { ':n': { N: '1' } })],
      'Invalid UpdateExpression: Syntax error',
    ],
    ['with an empty condition', () => [checking('a', '')], 'Invalid ConditionExpression: The expression can not be empty;'],
    [
      'with an empty key',
      () => [{ Delete: { TableName, Key: { pk: { N: '1' } } } }, putting(key(''))],
      'The AttributeValue for a key attribute cannot contain an empty string value. Key: pk',
    ],
    ['with a number that is none', () => [putting({ ...key('a'), n: { N: 'one' } })], 'cannot be converted to a numeric value'],
  ])('is refused as a whole %s', async (_title, items, message) => {
    const refused = await failureOf(write(items()))
    expect(refused).toMatchObject({ name: 'ValidationException', message: expect.stringContaining(message) as string })
  })

  it('is refused when a table is not there', async () => {
    const refused = write([putting(account('a', 1)), putting(account('a', 1), 'nowhere')])
    await expect(refused).rejects.toThrow(ResourceNotFoundException)
    await expect(refused).rejects.toThrow('Requested resource not found')
    expect(await get('a')).toBeUndefined()
  })

  it('is refused when its items have more than 4 MB together, stored ones among them', async () => {
    const large = (pk: string) => ({ ...key(pk), s: { S: 'x'.repeat(390 * 1024) } })
    const names = Array.from({ length: 11 }, (_, at) => `large${at}`)
    for (const name of names) await put(large(name))
    const all = write(names.map((name) => adding(name, 1)))
    await expect(all).rejects.toMatchObject({ name: 'ValidationException' })
    await expect(read(names.map(getting))).rejects.toMatchObject({ name: 'ValidationException' })
    expect((await get('large0'))?.['n']).toBeUndefined()
    await write(names.slice(1).map((name) => adding(name, 1)))
    expect((await read(names.slice(1).map(getting))).Responses?.every(({ Item }) => Item?.['n']?.N === '1')).toBe(true)
  })

  it('says what it consumed, twice what the same costs outside, table by table', async () => {
    const other = await createTable(client, `${TableName}Other`)
    await put(account('old', 1, { s: { S: 'x'.repeat(1500) } }))
    const { ConsumedCapacity } = await write(
      [
        putting(account('a', 1)),
        deleting('old'),
        deleting('none'),
        checking('none2', 'attribute_not_exists(pk)'),
        putting(account('a', 1), other),
      ],
      { ReturnConsumedCapacity: 'TOTAL' },
    )
    expect(ConsumedCapacity).toEqual([
      { TableName, CapacityUnits: 10, WriteCapacityUnits: 10 },
      { TableName: other, CapacityUnits: 2, WriteCapacityUnits: 2 },
    ])
  })

  it('says what its indexes consumed, and how large the collections of its items are', async () => {
    const indexed = `${TableName}Indexed`
    await client.send(
      new CreateTableCommand({
        TableName: indexed,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: ['pk', 'sk', 'kind'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
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
          { IndexName: 'global', KeySchema: [{ AttributeName: 'kind', KeyType: 'HASH' }], Projection: { ProjectionType: 'KEYS_ONLY' } },
        ],
      }),
    )
    const item = (sk: string): Item => ({ ...key('a'), sk: { S: sk }, kind: { S: 'o' } })
    const answer = await write([putting(item('1'), indexed), putting(item('2'), indexed)], {
      ReturnConsumedCapacity: 'INDEXES',
      ReturnItemCollectionMetrics: 'SIZE',
    })
    const units = (n: number) => ({ CapacityUnits: n, WriteCapacityUnits: n })
    expect(answer.ConsumedCapacity).toEqual([
      {
        TableName: indexed,
        ...units(8),
        Table: units(4),
        LocalSecondaryIndexes: { local: units(2) },
        GlobalSecondaryIndexes: { global: units(2) },
      },
    ])
    const metrics = { ItemCollectionKey: key('a'), SizeEstimateRangeGB: [0, 1] }
    expect(answer.ItemCollectionMetrics).toEqual({ [indexed]: [metrics, metrics] })
    const emptyIndexKey = write([putting({ ...item('3'), kind: { S: '' } }, indexed)])
    await expect(emptyIndexKey).rejects.toMatchObject({ name: 'ValidationException' })
    expect((await reasonsOf(write([putting({ ...item('3'), kind: { N: '1' } }, indexed)])))?.[0]).toMatchObject({
      Code: 'ValidationError',
      Message: expect.stringContaining('Type mismatch for Index Key kind Expected: S Actual: N') as string,
    })
    const found = await client.send(
      new QueryCommand({
        TableName: indexed,
        IndexName: 'global',
        KeyConditionExpression: 'kind = :o',
        ExpressionAttributeValues: { ':o': { S: 'o' } },
      }),
    )
    expect(found.Count).toBe(2)
  })
})

describe('TransactGetItems', () => {
  it('answers in the order of the request, with projections, and empty where there is no item', async () => {
    await put(account('a', 1, { m: { M: { x: { S: 'x' }, y: { S: 'y' } } } }))
    await put(account('b', 2, { s: { S: 'x'.repeat(4096) } }))
    const projected = {
      Get: { TableName, Key: key('a'), ProjectionExpression: '#m.x', ExpressionAttributeNames: { '#m': 'm' } },
    }
    const { Responses, ConsumedCapacity } = await read([getting('none'), projected, getting('b')], { ReturnConsumedCapacity: 'INDEXES' })
    expect(Responses).toEqual([{}, { Item: { m: { M: { x: { S: 'x' } } } } }, { Item: account('b', 2, { s: { S: 'x'.repeat(4096) } }) }])
    const units = { CapacityUnits: 8, ReadCapacityUnits: 8 }
    expect(ConsumedCapacity).toEqual([{ TableName, ...units, Table: units }])
  })

  it('is refused or canceled like TransactWriteItems', async () => {
    await expect(read([getting('a'), getting('a')])).rejects.toThrow('Transaction request cannot include multiple operations on one item')
    await expect(read([])).rejects.toThrow('Member must have length greater than or equal to 1')
    await expect(read([{ Get: { TableName: 'nowhere', Key: key('a') } }])).rejects.toThrow(ResourceNotFoundException)
    await expect(read([getting('')])).rejects.toMatchObject({ name: 'ValidationException' })
    const wrongKey = { Get: { TableName, Key: { pk: { N: '1' } } } }
    expect(await reasonsOf(read([getting('a'), wrongKey]))).toEqual([
      noReason,
      validation('The provided key element does not match the schema'),
    ])
  })
})

describe('while a transaction is under way', () => {
  it('others that touch its items are refused, and nobody sees a part of it', async () => {
    await put(account('a', 1))
    await put(account('b', 1))
    const moved = () => write([adding('a', -1), adding('b', 1)])
    const { refusals, seen } = await whileUnderWay(moved, async () => ({
      refusals: {
        put: await failureOf(put(account('b', 9))),
        write: await reasonsOf(write([putting(account('c', 1)), adding('a', 5)])),
        read: await reasonsOf(read([getting('c'), getting('b')])),
      },
      seen: [await get('a'), await get('b')],
    }))
    expect(refusals.put).toBeInstanceOf(TransactionConflictException)
    expect(refusals.write).toEqual([noReason, conflict])
    expect(refusals.read).toEqual([noReason, conflict])
    expect(seen).toEqual([account('a', 1), account('b', 1)])
    expect((await read([getting('a'), getting('b'), getting('c')])).Responses).toEqual([
      { Item: account('a', 0) },
      { Item: account('b', 2) },
      {},
    ])
  })

  it('its token tells so', async () => {
    const options = { ClientRequestToken: 'under-way' }
    const send = () => write([adding('a', 1)], options)
    const again = await whileUnderWay(send, () => failureOf(send()))
    expect(again).toBeInstanceOf(TransactionInProgressException)
    await send()
    expect(await get('a')).toEqual(account('a', 1))
  })

  it('one that was carried out before is told so', async () => {
    const options = { ClientRequestToken: 'before' }
    const send = () => write([adding('a', 1)], options)
    await send()
    await whileUnderWay(() => write([adding('a', 10)]), send)
    expect(await get('a')).toEqual(account('a', 11))
  })

  it('money that moves between accounts is neither made nor lost, however many move it', async () => {
    const names = Array.from({ length: 6 }, (_, at) => `account${at}`)
    for (const name of names) await put(account(name, 100))
    let moving = true
    const sums = new Set<number>()
    const sumOf = ({ Responses = [] }: TransactGetItemsCommandOutput) =>
      Responses.reduce((sum, { Item }) => sum + Number(Item?.['n']?.N), 0)
    const watch = async (): Promise<void> => {
      while (moving || sums.size === 0) {
        const answer = await unlessConflict(read(names.map(getting)))
        if (answer !== undefined) sums.add(sumOf(answer))
      }
    }
    const move = async (mover: number): Promise<void> => {
      for (let round = 0; round < 15; round++) {
        const from = names[(mover + round) % names.length] ?? ''
        const to = names[(mover * 2 + round * 3 + 1) % names.length] ?? ''
        if (from === to) continue
        while ((await unlessConflict(write([adding(from, -1 - round), adding(to, 1 + round)]))) === undefined);
      }
    }
    const watching = watch()
    await Promise.all(Array.from({ length: 8 }, (_, mover) => move(mover)))
    moving = false
    await watching
    const after = await read(names.map(getting))
    expect(sumOf(after)).toBe(600)
    expect(after.Responses?.some(({ Item }) => Item?.['n']?.N !== '100')).toBe(true)
    expect([...sums]).toEqual([600])
  })
})

describe('a token', () => {
  const options = { ClientRequestToken: 'once', ReturnConsumedCapacity: 'TOTAL' } as const

  it('lets the same transaction through once in ten minutes, whatever is to be told of it, and refuses another', async () => {
    const token = { ...options, ClientRequestToken: 'ten-minutes' }
    const first = await write([adding('a', 1), deleting('none')], token)
    expect(first.ConsumedCapacity).toEqual([{ TableName, CapacityUnits: 4, WriteCapacityUnits: 4 }])
    const again = await write([adding('a', 1), deleting('none')], token)
    expect(again.ConsumedCapacity).toEqual([{ TableName, CapacityUnits: 4, ReadCapacityUnits: 4 }])
    const quietly = await write([adding('a', 1), deleting('none')], {
      ClientRequestToken: 'ten-minutes',
      ReturnItemCollectionMetrics: 'SIZE',
    })
    expect(quietly.ConsumedCapacity).toBeUndefined()
    expect(await get('a')).toEqual(account('a', 1))
    await expect(write([adding('a', 2), deleting('none')], token)).rejects.toThrow(IdempotentParameterMismatchException)
    nowMs += TOKEN_LIFETIME_MS + 1
    await write([adding('a', 2), deleting('none')], token)
    expect(await get('a')).toEqual(account('a', 3))
  })

  it('knows a transaction again whose members come in another order', async () => {
    const item = (names: readonly string[]): Item => Object.fromEntries(names.map((name) => [name, { S: name }]))
    await write([putting(item(['pk', 'x', 'y']))], options)
    await write([putting(item(['y', 'pk', 'x']))], options)
    await expect(write([putting(item(['pk', 'x', 'z']))], options)).rejects.toThrow(IdempotentParameterMismatchException)
  })

  it('says nothing of a transaction that was canceled', async () => {
    const token = { ClientRequestToken: 'canceled' }
    await reasonsOf(write([checking('a', 'attribute_exists(pk)'), adding('b', 1)], token))
    await put(account('a', 1))
    await write([checking('a', 'attribute_exists(pk)'), adding('b', 1)], token)
    expect(await get('b')).toEqual(account('b', 1))
  })

  it('is remembered by the data, not by the program', async () => {
    const memory = createMemoryStore({ scheduler: systemTime })
    const started = await startTestWorld({ nowMs: () => nowMs, store: () => memory })
    const send = (on: DynamoDBClient) => write([adding('a', 1)], { ClientRequestToken: 'restart' }, on)
    try {
      await createTable(started.client(), TableName)
      await send(started.client())
    } finally {
      await started.close()
    }
    const restarted = await startTestWorld({ nowMs: () => nowMs, store: () => memory.crash() })
    try {
      await send(restarted.client())
      const { Item } = await restarted.client().send(new GetItemCommand({ TableName, Key: key('a') }))
      expect(Item).toEqual(account('a', 1))
    } finally {
      await restarted.close()
    }
  })
})
