import type { GetMetricDataCommandInput } from '@aws-sdk/client-cloudwatch'
import { CloudWatchClient, GetMetricDataCommand, GetMetricStatisticsCommand, ListMetricsCommand } from '@aws-sdk/client-cloudwatch'
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { cbor, dateToTag } from '@smithy/core/cbor'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { memoryServer } from '../server/memory-server.ts'
import type { RunningServer } from '../server/start-server.ts'
import { startServer } from '../server/start-server.ts'
import type { ReplicationReply } from './wire.ts'

let server: RunningServer
let url = ''
let closing: { destroy(): void }[] = []
const [east, west] = ['us-east-1', 'eu-west-1'] as const
const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }

beforeEach(async () => {
  server = await startServer({ ...memoryServer([east, west]), sweepEveryMs: 20 })
  url = `http://127.0.0.1:${server.port}`
})
afterEach(async () => {
  for (const client of closing) client.destroy()
  closing = []
  await server.close()
})

function dynamodb(region: string = east): DynamoDBClient {
  const client = new DynamoDBClient({ region, endpoint: url, credentials, maxAttempts: 1 })
  closing.push(client)
  return client
}

function cloudwatch(region: string = east, key = credentials): CloudWatchClient {
  const client = new CloudWatchClient({ region, endpoint: url, credentials: key, maxAttempts: 1 })
  closing.push(client)
  return client
}

const makeTable = (TableName: string, more: Partial<CreateTableCommandInput> = {}) =>
  dynamodb().send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      ...more,
    }),
  )

/** An hour that includes now. */
const times = () => ({ StartTime: new Date(Date.now() - 3_540_000), EndTime: new Date(Date.now() + 60_000) })

async function statistic(metric: string, stat: string, dimensions: Record<string, string>, region: string = east) {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }))
  const MetricStat = { Metric: { Namespace: 'AWS/DynamoDB', MetricName: metric, Dimensions }, Period: 3600, Stat: stat }
  const { MetricDataResults } = await cloudwatch(region).send(
    new GetMetricDataCommand({ MetricDataQueries: [{ Id: 'm', MetricStat }], ...times() }),
  )
  const values = MetricDataResults?.[0]?.Values ?? []
  // A minute may have ended in between; an hour from the start of the request never has two points.
  return values[0]
}

test('what requests consume, how long they take and what they return is told by the SDK of CloudWatch', async () => {
  await makeTable('users', {
    AttributeDefinitions: [
      { AttributeName: 'id', AttributeType: 'S' },
      { AttributeName: 'city', AttributeType: 'S' },
    ],
    GlobalSecondaryIndexes: [
      { IndexName: 'by-city', KeySchema: [{ AttributeName: 'city', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
    ],
  })
  const client = dynamodb()
  for (const id of ['a', 'b', 'c']) {
    await client.send(new PutItemCommand({ TableName: 'users', Item: { id: { S: id }, city: { S: 'x' }, note: { S: 'n'.repeat(1500) } } }))
  }
  await client.send(new GetItemCommand({ TableName: 'users', Key: { id: { S: 'a' } }, ConsistentRead: true }))
  await client.send(
    new QueryCommand({
      TableName: 'users',
      IndexName: 'by-city',
      KeyConditionExpression: 'city = :x',
      ExpressionAttributeValues: { ':x': { S: 'x' } },
    }),
  )
  const table = { TableName: 'users' }
  const index = { ...table, GlobalSecondaryIndexName: 'by-city' }
  expect(await statistic('ConsumedWriteCapacityUnits', 'Sum', table)).toBe(6)
  expect(await statistic('ConsumedWriteCapacityUnits', 'SampleCount', table)).toBe(3)
  expect(await statistic('ConsumedWriteCapacityUnits', 'Average', index)).toBe(2)
  expect(await statistic('ConsumedReadCapacityUnits', 'Sum', table)).toBe(1)
  expect(await statistic('ConsumedReadCapacityUnits', 'Maximum', index)).toBe(1)
  expect(await statistic('ReturnedItemCount', 'Sum', { ...table, Operation: 'Query' })).toBe(3)
  expect(await statistic('SuccessfulRequestLatency', 'SampleCount', { ...table, Operation: 'PutItem' })).toBe(3)
  const p50 = await statistic('SuccessfulRequestLatency', 'p50', { ...table, Operation: 'PutItem' })
  const maximum = await statistic('SuccessfulRequestLatency', 'Maximum', { ...table, Operation: 'PutItem' })
  expect(p50).toBeGreaterThan(0)
  expect(p50).toBeLessThanOrEqual(maximum ?? 0)
  expect(await statistic('ConsumedWriteCapacityUnits', 'Sum', table, west)).toBeUndefined()

  const { Metrics = [] } = await cloudwatch().send(
    new ListMetricsCommand({ Namespace: 'AWS/DynamoDB', MetricName: 'SuccessfulRequestLatency', Dimensions: [{ Name: 'TableName' }] }),
  )
  const named = Metrics.map(({ Dimensions = [] }) => Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).join())
  expect(named).toEqual(['CreateTable', 'GetItem', 'PutItem', 'Query'].map((name) => `Operation=${name},TableName=users`))
})

test('refusals count where DynamoDB counts them: conditions, conflicts and throttling by table, everything else as a user error', async () => {
  await makeTable('tight', { BillingMode: 'PROVISIONED', ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } })
  await makeTable('free')
  const client = dynamodb()
  const put = (TableName: string, more = {}) => client.send(new PutItemCommand({ TableName, Item: { id: { S: 'a' } }, ...more }))
  const failing = async (work: Promise<unknown>) =>
    expect(
      await work.then(
        () => 'done',
        (error: Error) => error.name,
      ),
    ).not.toBe('done')
  await put('free')
  await failing(put('free', { ConditionExpression: 'attribute_not_exists(id)' }))
  await failing(put('missing'))
  await failing(
    client.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          { Put: { TableName: 'tight', Item: { id: { S: 't' } } } },
          { Put: { TableName: 'free', Item: { id: { S: 'a' } }, ConditionExpression: 'attribute_not_exists(id)' } },
        ],
      }),
    ),
  )
  const bulk = { Item: { id: { S: 'b' }, note: { S: 'x'.repeat(350_000) } } }
  await put('tight', bulk)
  await failing(put('tight', bulk))
  expect(await statistic('ConditionalCheckFailedRequests', 'Sum', { TableName: 'free' })).toBe(2)
  expect(await statistic('ConditionalCheckFailedRequests', 'Sum', { TableName: 'tight' })).toBeUndefined()
  expect(await statistic('UserErrors', 'Sum', {})).toBe(2)
  expect(await statistic('ThrottledRequests', 'Sum', { TableName: 'tight', Operation: 'PutItem' })).toBe(1)
  expect(await statistic('WriteThrottleEvents', 'Sum', { TableName: 'tight' })).toBe(1)
  expect(await statistic('WriteProvisionedThroughputThrottleEvents', 'Sum', { TableName: 'tight' })).toBe(1)
  expect(await statistic('AccountMaxTableLevelReads', 'Maximum', {})).toBe(40_000)
})

test('what is provisioned is there in the first minute', async () => {
  await server.close()
  server = await startServer(memoryServer([east]))
  url = `http://127.0.0.1:${server.port}`
  await makeTable('tight', { BillingMode: 'PROVISIONED', ProvisionedThroughput: { ReadCapacityUnits: 3, WriteCapacityUnits: 7 } })
  expect(await statistic('ProvisionedReadCapacityUnits', 'Average', { TableName: 'tight' })).toBe(3)
  expect(await statistic('ProvisionedWriteCapacityUnits', 'Average', { TableName: 'tight' })).toBe(7)
})

test('replicated writes are told by source, their lag where they came from, and expired items where they went', async () => {
  await makeTable('users')
  const client = dynamodb()
  await client.send(new UpdateTableCommand({ TableName: 'users', ReplicaUpdates: [{ Create: { RegionName: west } }] }))
  const statuses = async () => {
    const { tables } = (await (await fetch(`${url}/_everywrite/replication`)).json()) as ReplicationReply
    return tables[0]?.replicas.map(({ status }) => status)
  }
  await expect.poll(statuses, { timeout: 20_000 }).toEqual(['ACTIVE', 'ACTIVE'])
  await client.send(new UpdateTimeToLiveCommand({ TableName: 'users', TimeToLiveSpecification: { AttributeName: 'until', Enabled: true } }))
  await client.send(new PutItemCommand({ TableName: 'users', Item: { id: { S: 'a' }, until: { N: '1000000000' } } }))
  await client.send(new PutItemCommand({ TableName: 'users', Item: { id: { S: 'b' } } }))
  const table = { TableName: 'users' }
  await expect
    .poll(() => statistic('ConsumedWriteCapacityUnits', 'Sum', { ...table, Source: 'GlobalTable' }, west), { timeout: 20_000 })
    .toBeGreaterThanOrEqual(2)
  expect(await statistic('ConsumedWriteCapacityUnits', 'Sum', { ...table, Source: 'Customer' }, west)).toBeUndefined()
  expect(await statistic('ConsumedWriteCapacityUnits', 'Sum', { ...table, Source: 'Customer' })).toBe(2)
  expect(await statistic('ReplicationLatency', 'SampleCount', { ...table, ReceivingRegion: west })).toBeGreaterThanOrEqual(2)
  expect(await statistic('ReplicationLatency', 'p99', { ...table, ReceivingRegion: west })).toBeGreaterThanOrEqual(0)
  await client.send(
    new PutItemCommand({ TableName: 'users', Item: { id: { S: 'c' }, until: { N: String(Math.floor(Date.now() / 1000) - 10) } } }),
  )
  await expect.poll(() => statistic('TimeToLiveDeletedItemCount', 'Sum', table), { timeout: 20_000 }).toBe(1)
})

test('GetMetricStatistics gives its statistics, in one point for each period, and says what cannot be', async () => {
  await makeTable('users')
  await dynamodb().send(new GetItemCommand({ TableName: 'users', Key: { id: { S: 'a' } } }))
  const asked = {
    Namespace: 'AWS/DynamoDB',
    MetricName: 'ConsumedReadCapacityUnits',
    Dimensions: [{ Name: 'TableName', Value: 'users' }],
    Period: 3600,
    ...times(),
  }
  const ask = (more: object) => cloudwatch().send(new GetMetricStatisticsCommand({ ...asked, ...more }))
  const all = await ask({ Statistics: ['Sum', 'SampleCount', 'Average', 'Minimum', 'Maximum'] })
  expect(all).toMatchObject({
    Label: 'ConsumedReadCapacityUnits',
    Datapoints: [
      { Sum: 0.5, SampleCount: 1, Average: 0.5, Minimum: 0.5, Maximum: 0.5, Unit: 'Count', Timestamp: expect.any(Date) as Date },
    ],
  })
  expect((await ask({ ExtendedStatistics: ['p90'] })).Datapoints).toMatchObject([{ ExtendedStatistics: { p90: 0.5 } }])
  expect((await ask({ Statistics: ['Sum'], Unit: 'Seconds' })).Datapoints).toEqual([])
  await expect(ask({})).rejects.toMatchObject({ name: 'MissingRequiredParameterException' })
  await expect(ask({ Statistics: ['Sum'], EndTime: asked.StartTime })).rejects.toMatchObject({
    name: 'InvalidParameterValueException',
    message: 'The parameter StartTime must not equal parameter EndTime.',
  })
  await expect(ask({ Statistics: ['Sum'], Period: 60, StartTime: new Date(Date.now() - 30 * 86_400_000) })).rejects.toMatchObject({
    name: 'InvalidParameterCombinationException',
    message: expect.stringMatching(/^You have requested up to 43,20\d datapoints, which exceeds the limit of 1,440\./) as string,
  })
})

test('GetMetricData pages by points, in the order that was asked for, and refuses what it cannot do by its path', async () => {
  await makeTable('users')
  const client = dynamodb()
  await client.send(new GetItemCommand({ TableName: 'users', Key: { id: { S: 'a' } } }))
  await client.send(new PutItemCommand({ TableName: 'users', Item: { id: { S: 'a' } } }))
  const query = (Id: string, MetricName: string, Stat = 'Sum') => ({
    Id,
    MetricStat: {
      Metric: { Namespace: 'AWS/DynamoDB', MetricName, Dimensions: [{ Name: 'TableName', Value: 'users' }] },
      Period: 3600,
      Stat,
    },
  })
  const both = { MetricDataQueries: [query('r', 'ConsumedReadCapacityUnits'), query('w', 'ConsumedWriteCapacityUnits')], ...times() }
  const ask = (more: Partial<GetMetricDataCommandInput>) => cloudwatch().send(new GetMetricDataCommand({ ...both, ...more }))
  const first = await ask({ MaxDatapoints: 1 })
  expect(first.MetricDataResults).toMatchObject([
    { Id: 'r', Label: 'ConsumedReadCapacityUnits', Values: [0.5], StatusCode: 'Complete' },
    { Id: 'w', Values: [], StatusCode: 'PartialData' },
  ])
  const second = await ask({ MaxDatapoints: 1, NextToken: first.NextToken })
  expect(second.MetricDataResults).toMatchObject([{ Values: [] }, { Values: [1], StatusCode: 'Complete' }])
  expect(second.NextToken).toBeUndefined()
  await expect(ask({ MetricDataQueries: [query('5xx', 'A', 'p200'), { Id: 'e', Expression: 'm1 + 1' }] })).rejects.toMatchObject({
    name: 'ValidationException',
    message:
      'The value 5xx for parameter MetricDataQueries.member.1.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.\n' +
      'The value p200 for parameter MetricDataQueries.member.1.MetricStat.Stat is not a valid statistic.\n' +
      'The parameter MetricDataQueries.member.2.Expression is not supported by everywrite: ask for the metrics by themselves.\n',
  })
})

const authorization = `AWS4-HMAC-SHA256 Credential=any/20260101/${east}/monitoring/aws4_request, SignedHeaders=host;x-amz-date, Signature=00`
const signed = { authorization, 'x-amz-date': '20260101T000000Z' }

test('the Query protocol takes a form and answers in XML', async () => {
  await makeTable('users')
  await dynamodb().send(new PutItemCommand({ TableName: 'users', Item: { id: { S: 'a' } } }))
  const { StartTime, EndTime } = times()
  const ask = async (form: Record<string, string>) => {
    const body = new URLSearchParams({ Version: '2010-08-01', ...form })
    const response = await fetch(url, { method: 'POST', body, headers: signed })
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
  }
  const metric = {
    Namespace: 'AWS/DynamoDB',
    MetricName: 'ConsumedWriteCapacityUnits',
    'Dimensions.member.1.Name': 'TableName',
    'Dimensions.member.1.Value': 'users',
  }
  const statistics = { 'Statistics.member.1': 'Sum', Period: '3600', StartTime: StartTime.toISOString(), EndTime: EndTime.toISOString() }
  const got = await ask({ Action: 'GetMetricStatistics', ...metric, ...statistics })
  expect(got).toMatchObject({ status: 200, type: 'text/xml' })
  expect(got.text).toMatch(
    /^<GetMetricStatisticsResponse xmlns="http:\/\/monitoring.amazonaws.com\/doc\/2010-08-01\/"><GetMetricStatisticsResult><Label>ConsumedWriteCapacityUnits<\/Label><Datapoints><member><Timestamp>[-\dT:]+Z<\/Timestamp><Sum>1<\/Sum><Unit>Count<\/Unit><\/member><\/Datapoints>/,
  )
  expect((await ask({ Action: 'ListMetrics', ...metric })).text).toContain(
    '<Dimensions><member><Name>TableName</Name><Value>users</Value></member></Dimensions>',
  )
  const missing = await ask({ Action: 'GetMetricStatistics', ...metric })
  expect(missing).toMatchObject({
    status: 400,
    text: expect.stringContaining('<Code>MissingParameter</Code><Message>The parameter StartTime is required.') as string,
  })
  expect(await ask({ Action: 'PutMetricAlarm' })).toMatchObject({
    status: 400,
    text: expect.stringContaining('<Code>InvalidAction</Code>') as string,
  })
})

test('CBOR is answered in CBOR, with times as tags, and errors by both of their names', async () => {
  await makeTable('users')
  await dynamodb().send(new PutItemCommand({ TableName: 'users', Item: { id: { S: 'a' } } }))
  const ask = async (operation: string, input: unknown) => {
    const response = await fetch(`${url}/service/GraniteServiceVersion20100801/operation/${operation}`, {
      method: 'POST',
      body: Buffer.from(cbor.serialize(input)),
      headers: { ...signed, 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' },
    })
    expect(response.headers.get('smithy-protocol')).toBe('rpc-v2-cbor')
    const body: unknown = cbor.deserialize(new Uint8Array(await response.arrayBuffer()))
    return { status: response.status, query: response.headers.get('x-amzn-query-error'), body }
  }
  const { StartTime, EndTime } = times()
  const input = {
    Namespace: 'AWS/DynamoDB',
    MetricName: 'ConsumedWriteCapacityUnits',
    Dimensions: [{ Name: 'TableName', Value: 'users' }],
    StartTime: dateToTag(StartTime),
    EndTime: dateToTag(EndTime),
    Period: 3600,
    Statistics: ['Sum'],
  }
  const { status, body } = await ask('GetMetricStatistics', input)
  expect(status).toBe(200)
  expect(body).toMatchObject({ Datapoints: [{ Sum: 1, Timestamp: { tag: 1 } }] })
  expect(await ask('GetMetricStatistics', { ...input, Period: 7 })).toMatchObject({
    status: 400,
    query: 'InvalidParameterValue;Sender',
    body: { __type: 'com.amazonaws.cloudwatch.v2010_08_01#InvalidParameterValueException' },
  })
  expect(await ask('GetMetricStatistics', 'no structure')).toMatchObject({ status: 400, query: 'MissingParameter;Sender' })
})

test('with credentials the signature is for CloudWatch, and a key for some tables sees their metrics alone', async () => {
  await server.close()
  const key = (tables?: readonly string[]) => ({
    accessKeyId: tables === undefined ? 'all' : 'some',
    secretAccessKey: 'secret',
    sessionToken: undefined,
    account: '000000000000',
    allow: { regions: undefined, tables: tables && ((name: string) => tables.includes(name)), actions: undefined },
    deny: undefined,
  })
  const keys = [key(), key(['mine'])]
  server = await startServer({ ...memoryServer([east]), credentials: new Map(keys.map((each) => [each.accessKeyId, each])) })
  url = `http://127.0.0.1:${server.port}`
  const client = new DynamoDBClient({ region: east, endpoint: url, credentials: { accessKeyId: 'all', secretAccessKey: 'secret' } })
  closing.push(client)
  for (const TableName of ['mine', 'yours']) {
    const KeySchema = [{ AttributeName: 'id', KeyType: 'HASH' as const }]
    const AttributeDefinitions = [{ AttributeName: 'id', AttributeType: 'S' as const }]
    await client.send(new CreateTableCommand({ TableName, KeySchema, AttributeDefinitions, BillingMode: 'PAY_PER_REQUEST' }))
    await client.send(new PutItemCommand({ TableName, Item: { id: { S: 'a' } } }))
  }
  const seenBy = async (accessKeyId: string, secretAccessKey = 'secret') => {
    const list = new ListMetricsCommand({ MetricName: 'ConsumedWriteCapacityUnits' })
    const { Metrics = [] } = await cloudwatch(east, { accessKeyId, secretAccessKey }).send(list)
    return [
      ...new Set(Metrics.flatMap(({ Dimensions = [] }) => Dimensions.flatMap(({ Name, Value }) => (Name === 'TableName' ? [Value] : [])))),
    ]
  }
  expect(await seenBy('all')).toEqual(['mine', 'yours'])
  expect(await seenBy('some')).toEqual(['mine'])
  await expect(seenBy('all', 'wrong')).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } })
  await expect(seenBy('nobody')).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } })
})

test('/metrics has the same numbers as counters, for tables that are there', async () => {
  await makeTable('tight', { BillingMode: 'PROVISIONED', ProvisionedThroughput: { ReadCapacityUnits: 3, WriteCapacityUnits: 7 } })
  await makeTable('gone')
  for (const TableName of ['tight', 'gone']) await dynamodb().send(new GetItemCommand({ TableName, Key: { id: { S: 'a' } } }))
  await dynamodb().send(new DeleteTableCommand({ TableName: 'gone' }))
  const text = await (await fetch(`${url}/metrics`)).text()
  expect(text).toContain('everywrite_consumed_read_capacity_units_total{region="us-east-1",table="tight"} 0.5')
  expect(text).toContain('everywrite_provisioned_write_capacity_units{table="tight",region="us-east-1"} 7')
  expect(text).not.toContain('table="gone"')
})
