import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  GetItemCommand,
  ProvisionedThroughputExceededException,
  PutItemCommand,
  QueryCommand,
  UpdateTableReplicaAutoScalingCommand,
} from '@aws-sdk/client-dynamodb'
import type { CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Consumption } from '../engine/consumption.ts'
import type { TestWorld } from './test-world.contract.ts'
import { startTestWorld } from './test-world.contract.ts'

let nowMs: number
let world: TestWorld
let client: DynamoDBClient
beforeEach(async () => {
  nowMs = Date.UTC(2026, 0, 1)
  world = await startTestWorld({ nowMs: () => nowMs })
  client = world.client()
})
afterEach(() => world.close())

const TableName = 'metered'
const Key = { id: { S: 'a' } }

async function create(settings: Partial<CreateTableCommandInput>): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [
        { AttributeName: 'id', AttributeType: 'S' },
        { AttributeName: 'kind', AttributeType: 'S' },
      ].slice(0, settings.GlobalSecondaryIndexes === undefined ? 1 : 2) as CreateTableCommandInput['AttributeDefinitions'],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      ...settings,
    }),
  )
}

const units = (ReadCapacityUnits: number, WriteCapacityUnits: number): object => ({
  ProvisionedThroughput: { ReadCapacityUnits, WriteCapacityUnits },
})
/** An item of 300 KB: 300 write units, 75 of a consistent read. */
const large = (id = 'a', rest: object = {}): PutItemCommand =>
  new PutItemCommand({ TableName, Item: { id: { S: id }, ...rest, text: { S: 'x'.repeat(300 * 1024 - 50) } } })
const put = (): Promise<unknown> => client.send(new PutItemCommand({ TableName, Item: Key }))
const get = (): Promise<unknown> => client.send(new GetItemCommand({ TableName, Key }))

test('what was saved up lets a burst through; then writes are refused until units come in', async () => {
  await create(units(100, 1))
  await client.send(large())
  const refused = await put().then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(refused).toBeInstanceOf(ProvisionedThroughputExceededException)
  expect(refused).toMatchObject({
    message:
      'The level of configured provisioned throughput for the table was exceeded. ' +
      'Consider increasing your provisioning level with the UpdateTable API.',
    ThrottlingReasons: [
      { reason: 'TableWriteProvisionedThroughputExceeded', resource: 'arn:aws:dynamodb:us-east-1:000000000000:table/metered' },
    ],
  })
  await get()
  nowMs += 1000
  await put()
  await expect(put()).rejects.toThrow('provisioned throughput')
})

test('reads have capacity of their own', async () => {
  await create(units(1, 1000))
  await client.send(large())
  for (let read = 0; read < 8; read++) await get()
  await expect(get()).rejects.toThrow('provisioned throughput')
  await put()
})

test('a global index without capacity refuses the write of the item, and says which', async () => {
  const index = {
    IndexName: 'by-kind',
    KeySchema: [{ AttributeName: 'kind', KeyType: 'HASH' as const }],
    Projection: { ProjectionType: 'ALL' as const },
  }
  await create({ ...units(100, 1000), GlobalSecondaryIndexes: [{ ...index, ...units(1, 1) }] })
  await client.send(large('a', { kind: { S: 'k' } }))
  await expect(put()).rejects.toMatchObject({
    ThrottlingReasons: [
      { reason: 'IndexWriteProvisionedThroughputExceeded', resource: expect.stringContaining('/index/by-kind') as string },
    ],
  })
  const query = new QueryCommand({
    TableName,
    IndexName: 'by-kind',
    KeyConditionExpression: 'kind = :k',
    ExpressionAttributeValues: { ':k': { S: 'k' } },
  })
  for (let read = 0; read < 8; read++) await client.send(query)
  await expect(client.send(query)).rejects.toMatchObject({ ThrottlingReasons: [{ reason: 'IndexReadProvisionedThroughputExceeded' }] })
  nowMs += 5000
  await put()
})

test('a maximum on demand is held to, and a table without one is not', async () => {
  await create({ BillingMode: 'PAY_PER_REQUEST', OnDemandThroughput: { MaxWriteRequestUnits: 10 } })
  await client.send(large())
  await expect(put()).rejects.toMatchObject({
    name: 'ThrottlingException',
    message: 'Throughput exceeds the maximum OnDemandThroughput configured on table or index',
  })
  await get()
})

test('a batch hands back what it could not do, and is refused when it could do nothing', async () => {
  await create(units(1, 1))
  const request = { PutRequest: { Item: Key } }
  await client.send(large())
  await expect(client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: [request] } }))).rejects.toThrow(
    'provisioned throughput',
  )
  await client.send(
    new CreateTableCommand({
      TableName: 'free',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  )
  const written = await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: [request], free: [request] } }))
  expect(written.UnprocessedItems).toEqual({ [TableName]: [request] })
  for (let read = 0; read < 8; read++) await get()
  const got = await client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [Key] }, free: { Keys: [Key] } } }))
  expect(got.UnprocessedKeys).toEqual({ [TableName]: { Keys: [Key] } })
  expect(got.Responses?.['free']).toEqual([Key])
})

test('a failed condition costs what is there', async () => {
  await create(units(100, 1))
  await client.send(large())
  nowMs += 300_000
  const failing = new PutItemCommand({ TableName, Item: Key, ConditionExpression: 'attribute_not_exists(id)' })
  await expect(client.send(failing)).rejects.toThrow('The conditional request failed')
  await expect(put()).rejects.toThrow('provisioned throughput')
})

test('what on-demand tables are refused for is told under the member of that exception', async () => {
  await create({ BillingMode: 'PAY_PER_REQUEST', OnDemandThroughput: { MaxWriteRequestUnits: 10 } })
  await client.send(large())
  await expect(put()).rejects.toMatchObject({
    throttlingReasons: [
      { reason: 'TableWriteMaxOnDemandThroughputExceeded', resource: 'arn:aws:dynamodb:us-east-1:000000000000:table/metered' },
    ],
  })
})

test('with throttling off everything is let through, and what is consumed of a table that is scaled is counted all the same', async () => {
  const consumption = new Consumption()
  await world.close()
  world = await startTestWorld({ nowMs: () => nowMs, throttling: false, consumption })
  client = world.client()
  await create(units(1, 1))
  await client.send(large())
  await client.send(large())
  const engine = await world.engine('us-east-1')
  const table = engine.table(TableName)
  if (table === undefined) throw new Error('no table')
  expect(consumption.take(table, 'write', undefined)).toBe(0)
  await client.send(
    new UpdateTableReplicaAutoScalingCommand({
      TableName,
      ProvisionedWriteCapacityAutoScalingUpdate: {
        MinimumUnits: 1,
        MaximumUnits: 10,
        ScalingPolicyUpdate: { TargetTrackingScalingPolicyConfiguration: { TargetValue: 70 } },
      },
    }),
  )
  await client.send(large())
  expect(consumption.take(table, 'write', undefined)).toBe(300)
  expect(consumption.take(table, 'write', undefined)).toBe(0)
})
