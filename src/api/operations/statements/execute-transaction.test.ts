import type { AttributeValue, DynamoDBClient, ExecuteTransactionCommandInput, ParameterizedStatement } from '@aws-sdk/client-dynamodb'
import {
  CreateTableCommand,
  ExecuteTransactionCommand,
  GetItemCommand,
  IdempotentParameterMismatchException,
  PutItemCommand,
  ResourceNotFoundException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TestWorld } from '../../test-world.contract.ts'
import { startTestWorld } from '../../test-world.contract.ts'

let world: TestWorld
let client: DynamoDBClient
let table: string
let tables = 0
let nowMs = 1_800_000_000_000

beforeAll(async () => {
  world = await startTestWorld({ nowMs: () => nowMs })
  client = world.client()
})

afterAll(() => world.close())

beforeEach(async () => {
  table = `Transaction${++tables}`
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    }),
  )
  for (const pk of ['a', 'b']) await client.send(new PutItemCommand({ TableName: table, Item: { pk: { S: pk }, n: { N: '1' } } }))
})

type Options = Omit<ExecuteTransactionCommandInput, 'TransactStatements'>

/** `$` in a statement stands for the table's name. */
function transact(statements: readonly (string | ParameterizedStatement)[], options: Options = {}) {
  const named = statements
    .map((statement) => (typeof statement === 'string' ? { Statement: statement } : statement))
    .map(({ Statement = '', ...rest }) => ({ ...rest, Statement: Statement.replace('$', `"${table}"`) }))
  return client.send(new ExecuteTransactionCommand({ TransactStatements: named, ReturnConsumedCapacity: 'TOTAL', ...options }))
}

const get = async (pk: string): Promise<Record<string, AttributeValue> | undefined> =>
  (await client.send(new GetItemCommand({ TableName: table, Key: { pk: { S: pk } } }))).Item

async function reasonsOf(call: Promise<unknown>) {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof TransactionCanceledException)) throw new Error(`canceled, not ${String(error)}`)
  return error.CancellationReasons
}

describe('a transaction of reads', () => {
  it('returns an item for each statement, from one moment', async () => {
    const { Responses, ConsumedCapacity } = await transact([
      { Statement: 'SELECT * FROM $ WHERE pk = ?', Parameters: [{ S: 'b' }] },
      `SELECT n FROM $ WHERE pk = 'a'`,
      `SELECT * FROM $ WHERE pk = 'no'`,
    ])
    expect(Responses).toEqual([{ Item: { pk: { S: 'b' }, n: { N: '1' } } }, { Item: { n: { N: '1' } } }, {}])
    expect(ConsumedCapacity).toEqual([{ TableName: table, CapacityUnits: 6, ReadCapacityUnits: 6 }])
  })

  it('names a whole key in each', async () => {
    expect(await reasonsOf(transact([`SELECT * FROM $ WHERE pk = 'a'`, 'SELECT * FROM $ WHERE n = 1']))).toEqual([
      { Code: 'None' },
      { Code: 'ValidationError', Message: expect.stringContaining('must specify the primary key') as string },
    ])
  })
})

describe('a transaction of writes', () => {
  it('is carried out whole', async () => {
    const { Responses, ConsumedCapacity } = await transact([
      `EXISTS(SELECT * FROM $ WHERE pk = 'b' AND n = 1 AND gone IS MISSING)`,
      `INSERT INTO $ VALUE {'pk': 'c'}`,
      { Statement: `UPDATE $ SET n = n + ? WHERE pk = 'a'`, Parameters: [{ N: '5' }] },
      `DELETE FROM $ WHERE pk = 'no'`,
    ])
    expect(Responses).toEqual([{}, {}, {}, {}])
    expect(ConsumedCapacity).toEqual([{ TableName: table, CapacityUnits: 8, WriteCapacityUnits: 8 }])
    expect([await get('a'), await get('b'), await get('c')]).toEqual([
      { pk: { S: 'a' }, n: { N: '6' } },
      { pk: { S: 'b' }, n: { N: '1' } },
      { pk: { S: 'c' } },
    ])
  })

  it('is not carried out at all when one of them cannot be, and says why for each', async () => {
    const reasons = await reasonsOf(
      transact([
        `DELETE FROM $ WHERE pk = 'a'`,
        { Statement: `EXISTS(SELECT * FROM $ WHERE pk = 'b' AND n = 2)`, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' },
        `UPDATE $ SET n = 1 WHERE pk = 'no'`,
      ]),
    )
    expect(reasons).toEqual([
      { Code: 'None' },
      { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed', Item: { pk: { S: 'b' }, n: { N: '1' } } },
      { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
    ])
    expect(await get('a')).toBeDefined()
  })

  it('is canceled with what a statement says that cannot be', async () => {
    expect(await reasonsOf(transact([`INSERT INTO $ VALUE {'pk': 'a'}`, `UPDATE $ SET n = x + 1 WHERE pk = 'b'`]))).toEqual([
      { Code: 'DuplicateItem', Message: 'Duplicate primary key exists in table' },
      { Code: 'ValidationError', Message: 'The provided expression refers to an attribute that does not exist in the item' },
    ])
    const malformed = transact([`DELETE FROM $ WHERE pk = 'a'`, 'DELETE $'])
    await expect(malformed).rejects.toThrow(
      'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ValidationError]',
    )
    expect((await reasonsOf(transact([`DELETE FROM $ WHERE pk = 'a' RETURNING ALL OLD *`])))?.[0]?.Code).toBe('ValidationError')
    expect((await reasonsOf(transact([`DELETE FROM $ WHERE n = 1`])))?.[0]?.Message).toContain('mandatory equality on all key attributes')
    expect(await get('a')).toBeDefined()
  })

  it('is canceled while another transaction is changing an item', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => transact([`UPDATE $ SET n = n + 1 WHERE pk = 'a'`])))
    const done = outcomes.filter(({ status }) => status === 'fulfilled').length
    expect(done).toBeGreaterThan(0)
    expect((await get('a'))?.['n']).toEqual({ N: String(1 + done) })
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') continue
      expect(await reasonsOf(Promise.reject(outcome.reason as Error))).toEqual([
        { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' },
      ])
    }
  })
})

describe('a token', () => {
  const ClientRequestToken = 'the-same'

  it('lets the same transaction through once, and no other for ten minutes', async () => {
    const add = [`UPDATE $ SET n = n + 1 WHERE pk = 'a'`]
    await transact(add, { ClientRequestToken })
    const { ConsumedCapacity } = await transact(add, { ClientRequestToken })
    expect(ConsumedCapacity).toEqual([{ TableName: table, CapacityUnits: 2, ReadCapacityUnits: 2 }])
    expect((await get('a'))?.['n']).toEqual({ N: '2' })
    await expect(transact([`DELETE FROM $ WHERE pk = 'a'`], { ClientRequestToken })).rejects.toThrow(IdempotentParameterMismatchException)
    nowMs += 10 * 60 * 1000 + 1
    await transact(add, { ClientRequestToken })
    expect((await get('a'))?.['n']).toEqual({ N: '3' })
  })
})

describe('a transaction is refused', () => {
  it.each([
    [[`SELECT * FROM $ WHERE pk = 'a'`, `DELETE FROM $ WHERE pk = 'b'`], 'either read statements or write statements'],
    [[`EXISTS(SELECT * FROM $ WHERE pk = 'a')`, `SELECT * FROM $ WHERE pk = 'b'`], 'either read statements or write statements'],
    [
      [`DELETE FROM $ WHERE pk = 'a'`, `UPDATE $ SET n = 1 WHERE pk = 'a'`],
      'Transaction request cannot include multiple operations on one item',
    ],
    [
      [`SELECT * FROM $ WHERE pk = 'a'`, `SELECT n FROM $ WHERE pk = 'a'`],
      'Transaction request cannot include multiple operations on one item',
    ],
    [[], 'Member must have length greater than or equal to 1'],
    [Array.from({ length: 101 }, (_, at) => `SELECT * FROM $ WHERE pk = '${at}'`), 'Member must have length less than or equal to 100'],
  ])('%#', async (statements, reason) => {
    await expect(transact(statements)).rejects.toThrow(reason)
  })

  it('when a table is not there', async () => {
    await expect(transact(['DELETE FROM nowhere WHERE pk = 1'])).rejects.toThrow(ResourceNotFoundException)
  })
})
