import { CreateTableCommand } from '@aws-sdk/client-dynamodb'
import {
  BatchExecuteStatementCommand,
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  GetCommand,
  NumberValue,
  paginatedBatchGet,
  paginateQuery,
  paginateScan,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clientIn } from '../global-table.ts'
import type { Program } from '../program.ts'
import { startProgram } from '../program.ts'

/** All commands of the document client: the items of these are JavaScript's own values. */
describe('the document client', () => {
  let program: Program
  let document: DynamoDBDocumentClient
  const TableName = 'documents'
  beforeAll(async () => {
    program = await startProgram(['--memory'])
    const client = clientIn('us-east-1', program.url)
    document = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } })
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['pk', 'sk', 'kind'].map((AttributeName) => ({
          AttributeName,
          AttributeType: AttributeName === 'sk' ? 'N' : 'S',
        })),
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'by-kind',
            KeySchema: [
              { AttributeName: 'kind', KeyType: 'HASH' },
              { AttributeName: 'sk', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'ALL' },
          },
        ],
      }),
    )
  })
  afterAll(async () => {
    document.destroy()
    await program.stop()
  })

  test('writes and reads values of every type', async () => {
    const Item = {
      pk: 'types',
      sk: 1,
      text: 'Grüße 🌍',
      empty: '',
      fraction: -0.125,
      yes: true,
      nothing: null,
      bytes: new Uint8Array([0, 255, 16]),
      list: [1, 'two', [null], {}],
      map: { a: { b: [1.5] } },
      texts: new Set(['a', 'b']),
      numbers: new Set([1, 2.5]),
    }
    await document.send(new PutCommand({ TableName, Item: { ...Item, absent: undefined } }))
    const { Item: read } = await document.send(new GetCommand({ TableName, Key: { pk: 'types', sk: 1 }, ConsistentRead: true }))
    expect(read).toEqual(Item)
  })

  test('keeps 38 digits of a number', async () => {
    const exact = DynamoDBDocumentClient.from(clientIn('us-east-1', program.url), { unmarshallOptions: { wrapNumbers: true } })
    const digits = '12345678901234567890.123456789012345678'
    await exact.send(new PutCommand({ TableName, Item: { pk: 'number', sk: 1, exact: NumberValue.from(digits) } }))
    const { Item } = await exact.send(new GetCommand({ TableName, Key: { pk: 'number', sk: 1 } }))
    expect((Item?.['exact'] as NumberValue).toString()).toBe(digits)
    exact.destroy()
  })

  test('updates and deletes under conditions', async () => {
    const Key = { pk: 'counter', sk: 0 }
    const { Attributes } = await document.send(
      new UpdateCommand({
        TableName,
        Key,
        UpdateExpression: 'SET tags = list_append(if_not_exists(tags, :none), :new) ADD hits :one',
        ExpressionAttributeValues: { ':none': [], ':new': ['a'], ':one': 1 },
        ReturnValues: 'ALL_NEW',
      }),
    )
    expect(Attributes).toEqual({ ...Key, tags: ['a'], hits: 1 })
    const condition = { ConditionExpression: 'hits > :n', ExpressionAttributeValues: { ':n': 1 } }
    await expect(document.send(new DeleteCommand({ TableName, Key, ...condition }))).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    })
    const gone = await document.send(new DeleteCommand({ TableName, Key, ReturnValues: 'ALL_OLD' }))
    expect(gone.Attributes).toMatchObject({ hits: 1 })
  })

  test('writes batches, and queries and scans them page by page, also by an index', async () => {
    const items = Array.from({ length: 25 }, (_, at) => ({ pk: 'pages', sk: at - 10, kind: at % 2 === 0 ? 'even' : 'odd' }))
    const written = await document.send(
      new BatchWriteCommand({ RequestItems: { [TableName]: items.map((Item) => ({ PutRequest: { Item } })) } }),
    )
    expect(written.UnprocessedItems).toEqual({})
    const query = () => ({ TableName, KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': 'pages' } })
    const found: unknown[] = []
    for await (const { Items } of paginateQuery({ client: document, pageSize: 10 }, query())) found.push(...(Items ?? []))
    expect(found).toEqual(items)
    const odd = await document.send(
      new QueryCommand({
        TableName,
        IndexName: 'by-kind',
        KeyConditionExpression: 'kind = :k AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':k': 'odd', ':from': -5, ':to': 5 },
        ScanIndexForward: false,
      }),
    )
    expect(odd.Items?.map(({ sk }) => sk as unknown)).toEqual([5, 3, 1, -1, -3, -5])
    let scanned = 0
    for await (const { Count = 0 } of paginateScan({ client: document, pageSize: 7 }, { TableName, IndexName: 'by-kind' })) scanned += Count
    expect(scanned).toBe(25)
    const filter = { FilterExpression: 'sk < :n AND pk = :p', ExpressionAttributeValues: { ':n': -8, ':p': 'pages' } }
    expect((await document.send(new ScanCommand({ TableName, ...filter }))).Count).toBe(2)
  })

  test('gets batches past the 16 MB of one answer, by its own paginator', async () => {
    const Keys = Array.from({ length: 60 }, (_, sk) => ({ pk: 'large', sk }))
    const pad = 'x'.repeat(300_000)
    for (let at = 0; at < Keys.length; at += 20) {
      const puts = Keys.slice(at, at + 20).map((Key) => ({ PutRequest: { Item: { ...Key, pad } } }))
      await document.send(new BatchWriteCommand({ RequestItems: { [TableName]: puts } }))
    }
    const one = await document.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys } } }))
    const left = one.UnprocessedKeys?.[TableName]?.Keys?.length ?? 0
    expect([left > 0, (one.Responses?.[TableName]?.length ?? 0) + left]).toEqual([true, 60])
    const found: unknown[] = []
    for await (const { Responses } of paginatedBatchGet({ client: document }, { RequestItems: { [TableName]: { Keys } } })) {
      found.push(...(Responses?.[TableName] ?? []).map(({ sk }) => sk as unknown))
    }
    expect(found.sort((a, b) => Number(a) - Number(b))).toEqual(Keys.map(({ sk }) => sk))
  })

  test('writes and reads in transactions', async () => {
    const put = (sk: number) => ({ Put: { TableName, Item: { pk: 'both', sk }, ConditionExpression: 'attribute_not_exists(pk)' } })
    const request = { TransactItems: [put(1), put(2)], ClientRequestToken: 'one-token' }
    await document.send(new TransactWriteCommand(request))
    await document.send(new TransactWriteCommand(request))
    await expect(document.send(new TransactWriteCommand({ TransactItems: [put(3), put(2)] }))).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }],
    })
    const get = (sk: number) => ({ Get: { TableName, Key: { pk: 'both', sk } } })
    const { Responses } = await document.send(new TransactGetCommand({ TransactItems: [get(1), get(3)] }))
    expect(Responses).toEqual([{ Item: { pk: 'both', sk: 1 } }, {}])
  })

  test('runs statements', async () => {
    const insert = `INSERT INTO "${TableName}" VALUE {'pk': ?, 'sk': ?, 'list': ?}`
    await document.send(new ExecuteStatementCommand({ Statement: insert, Parameters: ['ql', 1, ['a', 2]] }))
    const select = `SELECT * FROM "${TableName}" WHERE pk = ? AND sk = ?`
    const { Items } = await document.send(new ExecuteStatementCommand({ Statement: select, Parameters: ['ql', 1] }))
    expect(Items).toEqual([{ pk: 'ql', sk: 1, list: ['a', 2] }])
    const batch = await document.send(
      new BatchExecuteStatementCommand({ Statements: [1, 2].map((sk) => ({ Statement: select, Parameters: ['ql', sk] })) }),
    )
    expect(batch.Responses?.map(({ Item }) => Item?.['sk'] as unknown)).toEqual([1, undefined])
    const TransactStatements = [
      { Statement: `UPDATE "${TableName}" SET n = ? WHERE pk = 'ql' AND sk = 1`, Parameters: [5] },
      { Statement: insert, Parameters: ['ql', 2, []] },
    ]
    await document.send(new ExecuteTransactionCommand({ TransactStatements }))
    const after = await document.send(new ExecuteStatementCommand({ Statement: `SELECT sk, n FROM "${TableName}" WHERE pk = 'ql'` }))
    expect(after.Items).toEqual([{ sk: 1, n: 5 }, { sk: 2 }])
  })
})
