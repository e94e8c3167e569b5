import { Agent } from 'node:http'
import { crc32, gzipSync } from 'node:zlib'
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import {
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  paginateListTables,
  paginateQuery,
  paginateScan,
  ProvisionedThroughputExceededException,
  PutItemCommand,
  ResourceInUseException,
  ResourceNotFoundException,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateTableCommand,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb'
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
} from '@aws-sdk/client-dynamodb-streams'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Program } from '../program.ts'
import { startProgram } from '../program.ts'

/** What the SDK for JavaScript does around its commands: pages, waiters, tries, pools, signals. */
let program: Program
const opened: { destroy(): void }[] = []
beforeAll(async () => {
  program = await startProgram(['--memory'])
})
afterEach(() => {
  for (const client of opened.splice(0)) client.destroy()
})
afterAll(() => program.stop())

const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }

function clientWith(more: DynamoDBClientConfig = {}): DynamoDBClient {
  const client = new DynamoDBClient({ region: 'us-east-1', endpoint: program.url, credentials, maxAttempts: 1, ...more })
  opened.push(client)
  return client
}

async function makeTable(client: DynamoDBClient, TableName: string, ...names: readonly string[]): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: names.map((AttributeName, at) => ({ AttributeName, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  )
}

async function all<Page, Item>(pages: AsyncIterable<Page>, itemsOf: (page: Page) => readonly Item[] | undefined): Promise<Item[]> {
  const found: Item[] = []
  for await (const page of pages) found.push(...(itemsOf(page) ?? []))
  return found
}

/** What stands between the SDK and the wire: every body that came back. */
function watchBodies(client: DynamoDBClient, see: (headers: Readonly<Record<string, string>>, body: Buffer) => void): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const response = result.response as { headers: Record<string, string>; body: AsyncIterable<Uint8Array> | Uint8Array }
      const chunks: Uint8Array[] = []
      if (response.body instanceof Uint8Array) chunks.push(response.body)
      else for await (const chunk of response.body) chunks.push(chunk)
      const body = Buffer.concat(chunks)
      see(response.headers, body)
      response.body = new Uint8Array(body)
      return result
    },
    { step: 'deserialize', priority: 'low' },
  )
}

describe('the SDK for JavaScript', () => {
  test('walks through tables, queries and scans with its paginators', async () => {
    const client = clientWith({ region: 'eu-central-1' })
    await Promise.all(['pages', 'pages-1', 'pages-2'].map((name) => makeTable(client, name, 'pk', 'sk')))
    const names = await all(paginateListTables({ client, pageSize: 2 }, {}), ({ TableNames }) => TableNames)
    expect(names).toEqual(['pages', 'pages-1', 'pages-2'])

    const keys = Array.from({ length: 20 }, (_, at) => ({ pk: { S: at < 14 ? 'a' : 'b' }, sk: { S: String(at).padStart(2, '0') } }))
    await Promise.all(keys.map((Item) => client.send(new PutItemCommand({ TableName: 'pages', Item }))))
    const query = { TableName: 'pages', KeyConditionExpression: 'pk = :a', ExpressionAttributeValues: { ':a': { S: 'a' } } }
    const counts: (number | undefined)[] = []
    const queried = await all(paginateQuery({ client, pageSize: 5 }, { ...query }), ({ Items, Count }) => {
      counts.push(Count)
      return Items
    })
    expect(counts).toEqual([5, 5, 4])
    expect(queried).toEqual(keys.slice(0, 14))
    const scanned = await all(paginateScan({ client, pageSize: 3 }, { TableName: 'pages' }), ({ Items }) => Items)
    expect(scanned.map(({ sk }) => sk?.S).sort()).toEqual(keys.map(({ sk }) => sk.S))

    // Goes on where another client ended. A paginator keeps what it has come to in its input.
    const first = (await paginateQuery({ client, pageSize: 6 }, { ...query }).next()).value
    const rest = await all(paginateQuery({ client, startingToken: first?.LastEvaluatedKey }, { ...query }), ({ Items }) => Items)
    expect(rest).toEqual(keys.slice(6, 14))
  })

  test('waits until a table is there, also one that is made later, and until it is gone', async () => {
    const client = clientWith()
    const fast = { client, minDelay: 0.02, maxDelay: 0.1, maxWaitTime: 20 }
    const exists = waitUntilTableExists(fast, { TableName: 'awaited' })
    await expect(client.send(new DescribeTableCommand({ TableName: 'awaited' }))).rejects.toThrow(ResourceNotFoundException)
    await makeTable(client, 'awaited', 'pk')
    expect((await exists).state).toBe('SUCCESS')
    await expect(makeTable(client, 'awaited', 'pk')).rejects.toThrow(ResourceInUseException)
    const gone = waitUntilTableNotExists(fast, { TableName: 'awaited' })
    await client.send(new DeleteTableCommand({ TableName: 'awaited' }))
    expect((await gone).state).toBe('SUCCESS')
  })

  test('gives the errors of its own classes, with what they carry', async () => {
    const client = clientWith()
    await makeTable(client, 'errors', 'pk')
    const Item = { pk: { S: 'a' }, v: { N: '1' } }
    await client.send(new PutItemCommand({ TableName: 'errors', Item }))
    const condition = { ConditionExpression: 'attribute_not_exists(pk)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const
    const refused = await client.send(new PutItemCommand({ TableName: 'errors', Item, ...condition })).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ConditionalCheckFailedException)
    expect(refused).toMatchObject({ message: 'The conditional request failed', $fault: 'client', Item, $metadata: { httpStatusCode: 400 } })
    const cancelled = await client
      .send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: 'errors', Item, ...condition } }] }))
      .catch((error: unknown) => error)
    expect(cancelled).toBeInstanceOf(TransactionCanceledException)
    expect(cancelled).toMatchObject({
      CancellationReasons: [{ Code: 'ConditionalCheckFailed', Message: 'The conditional request failed', Item }],
    })
  })

  test('reads a stream with its streams client', async () => {
    const client = clientWith()
    const streams = new DynamoDBStreamsClient({ region: 'us-east-1', endpoint: program.url, credentials, maxAttempts: 1 })
    opened.push(streams)
    await makeTable(client, 'streamed', 'pk')
    for (const pk of ['a', 'b', 'c']) await client.send(new PutItemCommand({ TableName: 'streamed', Item: { pk: { S: pk } } }))
    const { Streams: [{ StreamArn } = {}] = [] } = await streams.send(new ListStreamsCommand({ TableName: 'streamed' }))
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }))
    const [{ ShardId } = {}] = StreamDescription?.Shards ?? []
    const { ShardIterator } = await streams.send(new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }))
    const first = await streams.send(new GetRecordsCommand({ ShardIterator, Limit: 2 }))
    const rest = await streams.send(new GetRecordsCommand({ ShardIterator: first.NextShardIterator }))
    const written = [...(first.Records ?? []), ...(rest.Records ?? [])].map(({ dynamodb }) => dynamodb?.NewImage?.['pk']?.S)
    expect(written).toEqual(['a', 'b', 'c'])
    expect(first.Records?.[0]?.dynamodb?.ApproximateCreationDateTime).toBeInstanceOf(Date)
  })

  test('tries again what was throttled, and succeeds once there is throughput', async () => {
    const control = clientWith()
    const TableName = 'throttled'
    await control.send(
      new CreateTableCommand({
        TableName,
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
      }),
    )
    const put = new PutItemCommand({ TableName, Item: { pk: { S: 'a' }, pad: { S: 'x'.repeat(200_000) } } })
    const failed = await (async () => {
      const impatient = clientWith({ maxAttempts: 2 })
      for (let count = 0; count < 10; count++) await impatient.send(put)
      return undefined
    })().catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(ProvisionedThroughputExceededException)
    expect(failed).toMatchObject({ $metadata: { attempts: 2 } })

    const patient = clientWith({ maxAttempts: 10 })
    let answers = 0
    watchBodies(patient, () => answers++)
    patient.middlewareStack.add(
      (next) => async (args) => {
        const raised = { ReadCapacityUnits: 1, WriteCapacityUnits: 1000 }
        if (answers === 1) await control.send(new UpdateTableCommand({ TableName, ProvisionedThroughput: raised }))
        return next(args)
      },
      { step: 'finalizeRequest', priority: 'low' },
    )
    const { $metadata } = await patient.send(put)
    expect($metadata.attempts).toBeGreaterThan(1)
    expect($metadata.attempts).toBe(answers)
  })

  test('finds the checksum of every answer right', async () => {
    const client = clientWith()
    const seen: [string | undefined, string][] = []
    watchBodies(client, ({ 'x-amz-crc32': stated }, body) => seen.push([stated, String(crc32(body))]))
    await makeTable(client, 'checked', 'pk')
    for (const length of [1, 20_000, 300_000]) {
      await client.send(new PutItemCommand({ TableName: 'checked', Item: { pk: { S: 'ü' }, pad: { S: 'ü'.repeat(length / 2) } } }))
      await client.send(new GetItemCommand({ TableName: 'checked', Key: { pk: { S: 'ü' } } }))
    }
    await expect(client.send(new GetItemCommand({ TableName: 'checked', Key: { no: { S: 'a' } } }))).rejects.toThrow('does not match')
    expect(seen).toHaveLength(8)
    expect(seen.map(([stated]) => stated)).toEqual(seen.map(([, computed]) => computed))
  })

  test('aborts a request by its signal, and the connection’s pool goes on', async () => {
    const client = clientWith()
    await makeTable(client, 'aborted', 'pk')
    const put = (pad: string, abortSignal?: AbortSignal): Promise<unknown> =>
      client.send(
        new PutItemCommand({ TableName: 'aborted', Item: { pk: { S: 'a' }, pad: { S: pad } } }),
        abortSignal === undefined ? {} : { abortSignal },
      )
    await expect(put('never', AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
    // Some of these arrive, some do not; each is answered or aborted, and nothing hangs.
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, async (_, at) => {
        const controller = new AbortController()
        const sent = put('x'.repeat(at * 1000), controller.signal)
        setImmediate(() => controller.abort())
        return sent
      }),
    )
    const names = new Set(outcomes.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as Error).name : 'answered')))
    expect([...names].filter((name) => name !== 'answered')).toEqual(['AbortError'])
    await put('after')
    const { Item } = await client.send(new GetItemCommand({ TableName: 'aborted', Key: { pk: { S: 'a' } }, ConsistentRead: true }))
    expect(Item?.['pad']).toEqual({ S: 'after' })
  })

  test('keeps fifty connections for two thousand requests', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 50 })
    let connections = 0
    const connect = agent.createConnection.bind(agent)
    agent.createConnection = (...args) => {
      connections++
      return connect(...args)
    }
    const client = clientWith({ requestHandler: { httpAgent: agent } })
    await makeTable(client, 'pooled', 'pk')
    const ids = Array.from({ length: 1000 }, (_, at) => String(at))
    await Promise.all(ids.map((id) => client.send(new PutItemCommand({ TableName: 'pooled', Item: { pk: { S: id }, v: { N: id } } }))))
    const read = await Promise.all(ids.map((id) => client.send(new GetItemCommand({ TableName: 'pooled', Key: { pk: { S: id } } }))))
    expect(read.map(({ Item }) => Item?.['v']?.N)).toEqual(ids)
    expect(connections).toBeLessThanOrEqual(50)
    agent.destroy()
  })

  test('may compress what it sends', async () => {
    const client = clientWith()
    let sentBytes = 0
    client.middlewareStack.add(
      (next) => async (args) => {
        const request = args.request as { body: string; headers: Record<string, string> }
        const compressed = gzipSync(request.body)
        sentBytes += compressed.length
        return next({
          ...args,
          request: {
            ...request,
            body: compressed,
            headers: { ...request.headers, 'content-encoding': 'gzip', 'content-length': String(compressed.length) },
            clone: undefined,
          },
        })
      },
      { step: 'build', priority: 'low' },
    )
    await makeTable(client, 'compressed', 'pk')
    const Item = { pk: { S: 'a' }, pad: { S: 'all the same '.repeat(20_000) } }
    await client.send(new PutItemCommand({ TableName: 'compressed', Item }))
    expect((await client.send(new GetItemCommand({ TableName: 'compressed', Key: { pk: { S: 'a' } } }))).Item).toEqual(Item)
    expect((await client.send(new ListTablesCommand())).TableNames).toContain('compressed')
    expect(sentBytes).toBeLessThan(10_000)
  })
})
