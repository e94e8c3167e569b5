import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateTableCommand, DeleteTableCommand, DescribeTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
} from '@aws-sdk/client-dynamodb-streams'
import type { GetRecordsCommandOutput } from '@aws-sdk/client-dynamodb-streams'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TestWorld } from '../../test-world.contract.ts'
import { startTestWorld } from '../../test-world.contract.ts'

const HOUR_MS = 3_600_000
let nowMs: number
let world: TestWorld
let client: DynamoDBClient
let streams: DynamoDBStreamsClient

beforeEach(async () => {
  nowMs = Date.UTC(2026, 10, 24, 8)
  world = await startTestWorld({ nowMs: () => nowMs })
  client = world.client()
  const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' }
  streams = new DynamoDBStreamsClient({ endpoint: world.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
})
afterEach(async () => {
  streams.destroy()
  await world.close()
})

const TableName = 'orders'

/** A table with a stream, and the stream's ARN. */
async function create(): Promise<string> {
  await client.send(
    new CreateTableCommand({
      TableName,
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    }),
  )
  return (await client.send(new DescribeTableCommand({ TableName }))).Table?.LatestStreamArn ?? ''
}
const put = (pk: string) => client.send(new PutItemCommand({ TableName, Item: { pk: { S: pk } } }))
const drop = () => client.send(new DeleteTableCommand({ TableName }))
const listed = async () => (await streams.send(new ListStreamsCommand({ TableName }))).Streams?.map(({ StreamArn }) => StreamArn)
const described = async (StreamArn: string) => (await streams.send(new DescribeStreamCommand({ StreamArn }))).StreamDescription

async function iterate(StreamArn: string): Promise<string> {
  const shard = (await described(StreamArn))?.Shards?.[0]
  const begin = { StreamArn, ShardId: shard?.ShardId, ShardIteratorType: 'TRIM_HORIZON' as const }
  return (await streams.send(new GetShardIteratorCommand(begin))).ShardIterator ?? ''
}

/** The keys of a shard's records from an iterator on, and whether it ends. */
async function read(begin: string): Promise<{ keys: (string | undefined)[]; ended: boolean }> {
  const keys: (string | undefined)[] = []
  let iterator: string | undefined = begin
  for (;;) {
    const page: GetRecordsCommandOutput = await streams.send(new GetRecordsCommand({ ShardIterator: iterator }))
    keys.push(...(page.Records ?? []).map(({ dynamodb }) => dynamodb?.Keys?.['pk']?.S))
    iterator = page.NextShardIterator
    if (iterator === undefined) return { keys, ended: true }
    if (page.Records?.length === 0) return { keys, ended: false }
  }
}

test('the stream of a deleted table can be read for 24 hours, by iterators from before too', async () => {
  const arn = await create()
  await put('a')
  const iterator = await iterate(arn)
  await put('b')
  nowMs += 1000
  await drop()
  expect(await listed()).toEqual([arn])
  expect(await described(arn)).toMatchObject({ StreamStatus: 'DISABLED', TableName, StreamViewType: 'NEW_IMAGE' })
  nowMs += 1
  expect(await read(iterator)).toEqual({ keys: ['a', 'b'], ended: true })
  nowMs += 23 * HOUR_MS
  expect(await read(await iterate(arn))).toEqual({ keys: ['a', 'b'], ended: true })
  nowMs += HOUR_MS
  await expect(described(arn)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
})

test('a table of the same name has a stream of its own, even when it is made in the same millisecond', async () => {
  const first = await create()
  await put('old')
  await drop()
  const second = await create()
  await put('new')
  expect(second).not.toBe(first)
  expect(await listed()).toEqual([first, second])
  expect((await streams.send(new ListStreamsCommand({}))).Streams).toHaveLength(2)
  const { LastEvaluatedStreamArn, Streams } = await streams.send(new ListStreamsCommand({ Limit: 1 }))
  expect(Streams?.[0]?.StreamArn).toBe(first)
  const rest = await streams.send(new ListStreamsCommand({ ExclusiveStartStreamArn: LastEvaluatedStreamArn }))
  expect(rest.Streams?.map(({ StreamArn }) => StreamArn)).toEqual([second])
  nowMs += 1
  expect(await read(await iterate(first))).toEqual({ keys: ['old'], ended: true })
  expect(await read(await iterate(second))).toEqual({ keys: ['new'], ended: false })
  expect(await described(second)).toMatchObject({ StreamStatus: 'ENABLED' })
})

test('a table that never had a stream leaves none', async () => {
  await expect(listed()).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
})
