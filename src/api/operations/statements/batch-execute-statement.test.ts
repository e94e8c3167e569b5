import type { AttributeValue, BatchStatementRequest } from '@aws-sdk/client-dynamodb'
import { BatchExecuteStatementCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { beforeEach, describe, expect, it } from 'vitest'
import { onDemandTable, useTestWorld } from '../../use-test-world.contract.ts'

const { client } = await useTestWorld()
let table: string
let tables = 0

beforeEach(async () => {
  table = `Batch${++tables}`
  await client.send(onDemandTable(table, 'pk S'))
  await client.send(new PutItemCommand({ TableName: table, Item: { pk: { S: 'a' }, n: { N: '1' } } }))
})

/** `$` in a statement stands for the table's name. */
async function batch(...statements: (string | BatchStatementRequest)[]) {
  const Statements = statements.map((statement) => (typeof statement === 'string' ? { Statement: statement } : statement))
  const named = Statements.map(({ Statement = '', ...rest }) => ({ ...rest, Statement: Statement.replace('$', `"${table}"`) }))
  return client.send(new BatchExecuteStatementCommand({ Statements: named, ReturnConsumedCapacity: 'TOTAL' }))
}

const get = async (pk: string): Promise<Record<string, AttributeValue> | undefined> =>
  (await client.send(new GetItemCommand({ TableName: table, Key: { pk: { S: pk } } }))).Item

describe('reads', () => {
  it('answer each statement by itself, in their order', async () => {
    const { Responses, ConsumedCapacity } = await batch(
      { Statement: 'SELECT n FROM $ WHERE pk = ?', Parameters: [{ S: 'a' }], ConsistentRead: true },
      `SELECT * FROM $ WHERE pk = 'b'`,
      `SELECT * FROM $ WHERE pk = 'c' AND n = 2`,
    )
    expect(Responses).toEqual([{ TableName: table, Item: { n: { N: '1' } } }, { TableName: table }, { TableName: table }])
    expect(ConsumedCapacity).toEqual([{ TableName: table, CapacityUnits: 2 }])
  })

  it('name a whole key each', async () => {
    const { Responses } = await batch(
      `SELECT * FROM $ WHERE pk IN ['a']`,
      `SELECT * FROM $ WHERE n = 1`,
      `SELECT * FROM $."index" WHERE pk = 'a'`,
      `SELECT * FROM $ WHERE pk = 1`,
      `SELECT * FROM "NoSuchTable" WHERE pk = 'a'`,
      'SELECT * FROM',
      `EXISTS(SELECT * FROM $ WHERE pk = 'a')`,
    )
    const noKey = {
      Code: 'ValidationError',
      Message: 'Select statements within BatchExecuteStatement must specify the primary key in the where clause.',
    }
    expect(Responses?.map(({ Error: error }) => error)).toMatchObject([
      noKey,
      noKey,
      noKey,
      { Code: 'ValidationError', Message: 'The provided key element does not match the schema' },
      { Code: 'ResourceNotFound', Message: 'Requested resource not found' },
      { Code: 'ValidationError' },
      { Code: 'ValidationError' },
    ])
    expect(Responses?.[4]?.TableName).toBe('NoSuchTable')
  })
})

describe('writes', () => {
  it('succeed and fail one by one', async () => {
    const { Responses, ConsumedCapacity } = await batch(
      `INSERT INTO $ VALUE {'pk': 'b'}`,
      `INSERT INTO $ VALUE {'pk': 'a'}`,
      { Statement: `UPDATE $ SET n = 2 WHERE pk = 'c' AND n = 1`, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' },
      `DELETE FROM $ WHERE n = 1`,
    )
    expect(Responses).toEqual([
      { TableName: table },
      { TableName: table, Error: { Code: 'DuplicateItem', Message: 'Duplicate primary key exists in table' } },
      { TableName: table, Error: { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' } },
      {
        TableName: table,
        Error: { Code: 'ValidationError', Message: 'Where clause does not contain a mandatory equality on all key attributes' },
      },
    ])
    expect(ConsumedCapacity).toEqual([{ TableName: table, CapacityUnits: 1 }])
    expect(await get('b')).toEqual({ pk: { S: 'b' } })
  })

  it('show the item that a condition met, and what RETURNING asks for', async () => {
    const failed = await batch({ Statement: `UPDATE $ SET n = 2 WHERE pk = 'a' AND n = 7`, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })
    expect(failed.Responses?.[0]?.Error).toMatchObject({ Code: 'ConditionalCheckFailed', Item: { pk: { S: 'a' }, n: { N: '1' } } })
    const done = await batch(`UPDATE $ SET n = 2 WHERE pk = 'a' RETURNING MODIFIED NEW *`)
    expect(done.Responses).toEqual([{ TableName: table, Item: { n: { N: '2' } } }])
  })
})

describe('a batch is refused as a whole', () => {
  it('when it both reads and writes', async () => {
    await expect(batch(`SELECT * FROM $ WHERE pk = 'a'`, `DELETE FROM $ WHERE pk = 'b'`)).rejects.toThrow(
      'either read statements or write statements',
    )
  })

  it('when it names an item twice', async () => {
    await expect(batch(`SELECT * FROM $ WHERE pk = 'a'`, `SELECT n FROM $ WHERE pk = 'a'`)).rejects.toThrow(
      'Provided list of item keys contains duplicates',
    )
    await expect(batch(`DELETE FROM $ WHERE pk = 'a'`, `INSERT INTO $ VALUE {'pk': 'a'}`)).rejects.toThrow('contains duplicates')
    expect(await get('a')).toBeDefined()
  })

  it('when it has no statements, or more than 25', async () => {
    await expect(batch()).rejects.toThrow('Member must have length greater than or equal to 1')
    const many = Array.from({ length: 26 }, (_, at) => `SELECT * FROM $ WHERE pk = '${at}'`)
    await expect(batch(...many)).rejects.toThrow('Member must have length less than or equal to 25')
    expect((await batch(...many.slice(1))).Responses).toHaveLength(25)
  })
})
