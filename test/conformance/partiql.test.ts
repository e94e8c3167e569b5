import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { BatchExecuteStatementCommand, ExecuteStatementCommand, ExecuteTransactionCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { useEndpoint, useTable } from './endpoint.ts'

const endpoint = useEndpoint()
const table = useTable(endpoint, 'partiql', 'pk S, sk N')

/** A statement, with `$` for the table. */
const execute = (text: string, Parameters?: AttributeValue[], more: object = {}) =>
  endpoint.client.send(
    new ExecuteStatementCommand({ Statement: text.replaceAll('$', `"${table}"`), Parameters, ConsistentRead: undefined, ...more }),
  )
const select = async (text: string, Parameters?: AttributeValue[]) =>
  (await execute(text, Parameters, { ConsistentRead: true })).Items ?? []
const n = (value: number): AttributeValue => ({ N: `${value}` })

describe('INSERT', () => {
  it('writes an item of literals and parameters', async () => {
    await execute(`INSERT INTO $ VALUE {'pk': 'insert', 'sk': 1, 'list': [1, 'two', true, null], 'map': {'a': ?}, 'set': <<'x', 'y'>>}`, [
      n(5),
    ])
    const [item] = await select(`SELECT * FROM $ WHERE pk = 'insert'`)
    expect(item).toEqual({
      pk: { S: 'insert' },
      sk: n(1),
      list: { L: [n(1), { S: 'two' }, { BOOL: true }, { NULL: true }] },
      map: { M: { a: n(5) } },
      set: { SS: ['x', 'y'] },
    })
  })

  it('does not replace', async () => {
    const text = `INSERT INTO $ VALUE {'pk': 'twice', 'sk': 1}`
    await execute(text)
    await expect(execute(text)).rejects.toMatchObject({
      name: 'DuplicateItemException',
      message: 'Duplicate primary key exists in table',
    })
  })
})

describe('SELECT', () => {
  it('queries a partition by its key and filters the rest', async () => {
    for (const [sk, v] of [
      [1, 10],
      [2, 20],
      [3, 30],
    ] as const) {
      await execute(`INSERT INTO $ VALUE {'pk': 'select', 'sk': ?, 'v': ?}`, [n(sk), n(v)])
    }
    const found = async (where: string) =>
      (await select(`SELECT sk FROM $ WHERE pk = 'select' AND ${where}`)).map(({ sk }) => Number(sk?.N))
    expect(await found('sk > 1')).toEqual([2, 3])
    expect(await found('sk BETWEEN 1 AND 2')).toEqual([1, 2])
    expect(await found('v = 20')).toEqual([2])
    expect(await found('sk IN [1, 3]')).toEqual([1, 3])
    expect(await found('NOT v = 20')).toEqual([1, 3])
    expect(await found('absent IS MISSING')).toEqual([1, 2, 3])
    expect((await select(`SELECT v FROM $ WHERE pk = 'select' ORDER BY sk DESC`)).map(({ v }) => v?.N)).toEqual(['30', '20', '10'])
    expect(await select(`SELECT pk, v FROM $ WHERE pk = 'select' AND sk = 1`)).toEqual([{ pk: { S: 'select' }, v: n(10) }])
  })

  it('goes page by page with a token', async () => {
    const text = `SELECT * FROM $ WHERE pk = 'select'`
    const first = await execute(text, undefined, { Limit: 2 })
    expect(first.Items).toHaveLength(2)
    expect(first.NextToken).toEqual(expect.any(String))
    const second = await execute(text, undefined, { Limit: 2, NextToken: first.NextToken })
    expect(second.Items).toHaveLength(1)
  })
})

describe('UPDATE and DELETE', () => {
  it('change the item that their key names', async () => {
    await execute(`INSERT INTO $ VALUE {'pk': 'update', 'sk': 1, 'v': 1, 'w': 1}`)
    const where = `WHERE pk = 'update' AND sk = 1`
    const { Items } = await execute(`UPDATE $ SET v = v + 1 SET x = 'new' REMOVE w ${where} RETURNING ALL NEW *`)
    expect(Items).toEqual([{ pk: { S: 'update' }, sk: n(1), v: n(2), x: { S: 'new' } }])
    const deleted = await execute(`DELETE FROM $ ${where} RETURNING ALL OLD *`)
    expect(deleted.Items).toHaveLength(1)
    expect(await select(`SELECT * FROM $ ${where}`)).toEqual([])
  })

  it('need the item to be there, and their condition to hold', async () => {
    const failed = { name: 'ConditionalCheckFailedException', message: 'The conditional request failed' }
    await expect(execute(`UPDATE $ SET v = 1 WHERE pk = 'nobody' AND sk = 1`)).rejects.toMatchObject(failed)
    await execute(`INSERT INTO $ VALUE {'pk': 'guarded', 'sk': 1, 'v': 1}`)
    await expect(execute(`UPDATE $ SET v = 2 WHERE pk = 'guarded' AND sk = 1 AND v = 7`)).rejects.toMatchObject(failed)
    await expect(execute(`DELETE FROM $ WHERE pk = 'guarded' AND sk = 1 AND v = 7`)).rejects.toMatchObject(failed)
  })

  it('need the whole key', async () => {
    await expect(execute(`UPDATE $ SET v = 1 WHERE pk = 'a'`)).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Where clause does not contain a mandatory equality on all key attributes',
    })
  })
})

describe('several statements', () => {
  it('in a batch succeed and fail one by one', async () => {
    const Statement = (text: string) => ({ Statement: text.replaceAll('$', `"${table}"`) })
    await execute(`INSERT INTO $ VALUE {'pk': 'batch', 'sk': 1}`)
    const { Responses } = await endpoint.client.send(
      new BatchExecuteStatementCommand({
        Statements: [
          Statement(`INSERT INTO $ VALUE {'pk': 'batch', 'sk': 1}`),
          Statement(`INSERT INTO $ VALUE {'pk': 'batch', 'sk': 2}`),
          Statement(`UPDATE $ SET v = 1 WHERE pk = 'batch' AND sk = 9`),
        ],
      }),
    )
    expect(Responses).toMatchObject([
      { TableName: table, Error: { Code: 'DuplicateItem', Message: 'Duplicate primary key exists in table' } },
      { TableName: table },
      { TableName: table, Error: { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' } },
    ])
    expect(Responses?.[1]?.Error).toBeUndefined()
  })

  it('in a transaction succeed or fail together', async () => {
    const TransactStatements = [`INSERT INTO $ VALUE {'pk': 'tx', 'sk': 1}`, `UPDATE $ SET v = 1 WHERE pk = 'tx' AND sk = 9`].map(
      (text) => ({
        Statement: text.replaceAll('$', `"${table}"`),
      }),
    )
    await expect(endpoint.client.send(new ExecuteTransactionCommand({ TransactStatements }))).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      message: 'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]',
    })
    expect(await select(`SELECT * FROM $ WHERE pk = 'tx'`)).toEqual([])
  })
})

describe('a statement', () => {
  it('of a table that is not there is told so', async () => {
    const Statement = `SELECT * FROM "${endpoint.name('partiql-missing')}"`
    await expect(endpoint.client.send(new ExecuteStatementCommand({ Statement }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Requested resource not found',
    })
  })

  it.each(['SELECT', 'CREATE TABLE x', `INSERT INTO "abc" {'pk': 1}`])('is not understood: %s', async (Statement) => {
    await expect(endpoint.client.send(new ExecuteStatementCommand({ Statement }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(/^(Statement wasn't well formed|Unsupported operation)/) as string,
    })
  })

  it('has a parameter for every question mark, and no other', async () => {
    for (const Parameters of [undefined, [n(1), n(2)]]) {
      await expect(execute(`SELECT * FROM $ WHERE pk = ?`, Parameters)).rejects.toMatchObject({
        name: 'ValidationException',
        message: "Number of parameters in request and statement don't match.",
      })
    }
  })
})
