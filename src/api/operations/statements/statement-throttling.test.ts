import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  BatchExecuteStatementCommand,
  CreateTableCommand,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  ProvisionedThroughputExceededException,
} from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { TestWorld } from '../../test-world.contract.ts'
import { startTestWorld } from '../../test-world.contract.ts'

let world: TestWorld
let client: DynamoDBClient

beforeEach(async () => {
  world = await startTestWorld({ nowMs: () => 1_800_000_000_000 })
  client = world.client()
  await client.send(
    new CreateTableCommand({
      TableName: 'metered',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
    }),
  )
})

afterEach(() => world.close())

const execute = (Statement: string) => client.send(new ExecuteStatementCommand({ Statement }))
const batch = async (Statement: string) =>
  (await client.send(new BatchExecuteStatementCommand({ Statements: [{ Statement }] }))).Responses?.[0]?.Error?.Code
const transact = (Statement: string) => client.send(new ExecuteTransactionCommand({ TransactStatements: [{ Statement }] }))
const canceled = { name: 'TransactionCanceledException', CancellationReasons: [{ Code: 'ProvisionedThroughputExceeded' }] }

/** What a table saves up lasts for five minutes: 300 units. */
const large = (pk: string) => `INSERT INTO metered VALUE {'pk': '${pk}', 'text': ?}`
const text = { S: 'x'.repeat(399 * 1024) }

it('statements that write are held to the throughput of their table, and use it up', async () => {
  await client.send(new ExecuteStatementCommand({ Statement: large('a'), Parameters: [text] }))
  await expect(execute(`DELETE FROM metered WHERE pk = 'a'`)).rejects.toThrow(ProvisionedThroughputExceededException)
  expect(await batch(`DELETE FROM metered WHERE pk = 'a'`)).toBe('ProvisionedThroughputExceeded')
  await expect(transact(`DELETE FROM metered WHERE pk = 'a'`)).rejects.toMatchObject(canceled)
  expect(await batch(`SELECT * FROM metered WHERE pk = 'a'`)).toBeUndefined()
})

it('so are statements that read', async () => {
  await client.send(new ExecuteTransactionCommand({ TransactStatements: [{ Statement: large('a'), Parameters: [text] }] }))
  const readOnce = new ExecuteStatementCommand({ Statement: `SELECT * FROM metered`, ConsistentRead: true })
  for (const _ of [1, 2, 3]) await client.send(readOnce)
  await expect(client.send(readOnce)).rejects.toThrow(ProvisionedThroughputExceededException)
  expect(await batch(`SELECT * FROM metered WHERE pk = 'a'`)).toBe('ProvisionedThroughputExceeded')
  await expect(transact(`SELECT * FROM metered WHERE pk = 'a'`)).rejects.toMatchObject(canceled)
})

it.each(['ExecuteStatement', 'BatchExecuteStatement', 'ExecuteTransaction'])(
  'an INSERT of what is there costs as much as if it had been made: %s',
  async (operation) => {
    await execute(`INSERT INTO metered VALUE {'pk': 'a'}`)
    const insert = { Statement: large('a'), Parameters: [text] }
    if (operation === 'ExecuteStatement') {
      await expect(client.send(new ExecuteStatementCommand(insert))).rejects.toMatchObject({ name: 'DuplicateItemException' })
    } else if (operation === 'ExecuteTransaction') {
      const refused = { name: 'TransactionCanceledException', CancellationReasons: [{ Code: 'DuplicateItem' }] }
      await expect(client.send(new ExecuteTransactionCommand({ TransactStatements: [insert] }))).rejects.toMatchObject(refused)
    } else {
      const { Responses } = await client.send(new BatchExecuteStatementCommand({ Statements: [insert] }))
      expect(Responses?.[0]?.Error?.Code).toBe('DuplicateItem')
    }
    await expect(execute(`DELETE FROM metered WHERE pk = 'a'`)).rejects.toThrow(ProvisionedThroughputExceededException)
  },
)
