import {
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeKinesisStreamingDestinationCommand,
  DisableKinesisStreamingDestinationCommand,
  EnableKinesisStreamingDestinationCommand,
  PutItemCommand,
  UpdateKinesisStreamingDestinationCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import type { ChangeBatch, ChangeSink } from '../../../engine/change-sink.ts'
import { kinesisRecord, kinesisStream } from '../../kinesis.ts'
import type { TestWorld } from '../../test-world.contract.ts'
import { startTestWorld } from '../../test-world.contract.ts'

/** Takes everything, unless it is told otherwise. */
class TestSink implements ChangeSink {
  readonly delivered: Record<string, unknown>[] = []
  readonly partitionKeys: string[] = []
  attempts = 0
  failing = false
  /** Batches wait for it. */
  held: Promise<void> = Promise.resolve()

  refusal(region: string, target: string): string | undefined {
    const stream = kinesisStream(region, target)
    return 'failure' in stream ? stream.failure : undefined
  }

  async deliver({ region, table, destination, changes }: ChangeBatch): Promise<void> {
    this.attempts++
    await this.held
    if (this.failing) throw new Error('the sink is broken')
    for (const change of changes) {
      const { data, partitionKey } = kinesisRecord(region, table, destination, change)
      this.delivered.push(JSON.parse(Buffer.from(data).toString()) as Record<string, unknown>)
      this.partitionKeys.push(partitionKey)
    }
  }
}

let nowMs: number
let world: TestWorld
let client: DynamoDBClient
let sink: TestSink
beforeEach(async () => {
  nowMs = Date.UTC(2026, 0, 1)
  sink = new TestSink()
  world = await startTestWorld({ nowMs: () => nowMs, changeSink: sink, sweepEveryMs: 1 })
  client = world.client()
  await create()
})
afterEach(() => world.close())

const create = (): Promise<unknown> =>
  client.send(
    new CreateTableCommand({
      TableName: 'orders',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    }),
  )

const arnOf = (name: string): string => `arn:aws:kinesis:us-east-1:000000000000:stream/${name}`
const StreamArn = arnOf('changes')
const TableName = 'orders'
const microseconds = { ApproximateCreationDateTimePrecision: 'MICROSECOND' } as const

const enable = (more: object = {}) => client.send(new EnableKinesisStreamingDestinationCommand({ TableName, StreamArn, ...more }))
const disable = (more: object = {}) => client.send(new DisableKinesisStreamingDestinationCommand({ TableName, StreamArn, ...more }))
const update = (more: object = {}) => client.send(new UpdateKinesisStreamingDestinationCommand({ TableName, StreamArn, ...more }))
const put = (pk: string, more: object = {}) => client.send(new PutItemCommand({ TableName, Item: { pk: { S: pk }, ...more } }))

async function destinations(): Promise<object[]> {
  const described = await client.send(new DescribeKinesisStreamingDestinationCommand({ TableName }))
  expect(described.TableName).toBe(TableName)
  return described.KinesisDataStreamDestinations ?? []
}
const statuses = async () => (await destinations()).map((each) => Reflect.get(each, 'DestinationStatus') as string)
const untilActive = () => expect.poll(statuses).toContain('ACTIVE')

const state = 'Table is not in a valid state to enable Kinesis Streaming Destination: '
const notDisabled = `${state}EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation.`
const notActive = `${state}KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.`

describe('a destination', () => {
  it('is put on, changed and put off', async () => {
    expect(await destinations()).toEqual([])
    expect(await enable()).toMatchObject({ TableName, StreamArn, DestinationStatus: 'ENABLING' })
    await untilActive()
    expect(await destinations()).toEqual([{ StreamArn, DestinationStatus: 'ACTIVE' }])
    expect(await update({ UpdateKinesisStreamingConfiguration: microseconds })).toMatchObject({
      DestinationStatus: 'UPDATING',
      UpdateKinesisStreamingConfiguration: microseconds,
    })
    expect(await destinations()).toEqual([{ StreamArn, DestinationStatus: 'ACTIVE', ...microseconds }])
    expect(await disable()).toMatchObject({ TableName, StreamArn, DestinationStatus: 'DISABLING' })
    expect(await destinations()).toEqual([{ StreamArn, DestinationStatus: 'DISABLED' }])
    expect(await enable({ EnableKinesisStreamingConfiguration: microseconds })).toMatchObject({
      EnableKinesisStreamingConfiguration: microseconds,
    })
    await untilActive()
    expect(await destinations()).toEqual([{ StreamArn, DestinationStatus: 'ACTIVE', ...microseconds }])
  })

  it('is the only one, and changed only while it is on', async () => {
    const invalid = (message: string) => ({ name: 'ValidationException', message })
    await expect(disable()).rejects.toMatchObject(invalid(notActive))
    await enable()
    await untilActive()
    await expect(enable()).rejects.toMatchObject(invalid(notDisabled))
    await expect(enable({ StreamArn: arnOf('other') })).rejects.toMatchObject(invalid(notDisabled))
    await expect(disable({ StreamArn: arnOf('other') })).rejects.toMatchObject(invalid(notActive))
    await expect(disable({ EnableKinesisStreamingConfiguration: microseconds })).rejects.toMatchObject(
      invalid('Stream cannot be disabled using EnableKinesisStreamingConfiguration parameters'),
    )
    await expect(update({ UpdateKinesisStreamingConfiguration: {} })).rejects.toMatchObject(
      invalid(
        'Streaming destination cannot be updated with given parameters: UpdateKinesisStreamingConfiguration cannot be null or contain only null values',
      ),
    )
    const { id } = (await world.engine('us-east-1')).table(TableName) ?? {}
    await expect(
      update({ UpdateKinesisStreamingConfiguration: { ApproximateCreationDateTimePrecision: 'MILLISECOND' } }),
    ).rejects.toMatchObject(
      invalid(`Invalid Request: Precision is already set to the desired value of MILLISECOND for tableId: ${id}, kdsArn: ${StreamArn}`),
    )
    await disable()
    await expect(update({ UpdateKinesisStreamingConfiguration: microseconds })).rejects.toMatchObject(
      invalid(`${state}Kinesis streaming is not in ACTIVE state. Updates are only allowed in ACTIVE state. TableName: orders`),
    )
  })

  it('that cannot be used fails after it was asked for, and is told of', async () => {
    for (const [arn, description] of [
      ['arn:aws:kinesis:us-east-1:000000000000:consumer/changes', 'User does not have a permission to use kinesis stream'],
      [
        StreamArn.replace('us-east-1', 'eu-west-1'),
        'The kinesis Arn used to enable kinesis replication belongs to a stream which is not in the current region',
      ],
      [
        StreamArn.replace('000000000000', '111122223333'),
        'The kinesis Arn used to enable kinesis replication belongs to a stream which is not in Active state',
      ],
      [`${StreamArn}/../../x`, 'User does not have a permission to use kinesis stream'],
    ]) {
      expect(await enable({ StreamArn: arn })).toMatchObject({ DestinationStatus: 'ENABLING' })
      await expect
        .poll(async () => (await destinations())[0])
        .toEqual({
          StreamArn: arn,
          DestinationStatus: 'ENABLE_FAILED',
          DestinationStatusDescription: description,
        })
    }
    expect(await statuses()).toHaveLength(4)
    await enable()
    await untilActive()
  })

  it('is of a table that is there, and goes with it', async () => {
    const missing = { name: 'ResourceNotFoundException', message: 'Requested resource not found: Table: nothing not found' }
    for (const send of [enable, disable]) await expect(send({ TableName: 'nothing' })).rejects.toMatchObject(missing)
    await enable()
    await untilActive()
    await put('a')
    await expect.poll(() => sink.delivered.length).toBe(1)
    await client.send(new DeleteTableCommand({ TableName }))
    await create()
    expect(await destinations()).toEqual([])
    await put('b')
    expect(sink.delivered).toHaveLength(1)
  })
})

describe('changes', () => {
  it('are delivered as DynamoDB’s records for Kinesis, from when the destination is on until it is off', async () => {
    await put('before')
    await enable()
    await put('a', { n: { N: '1' } })
    await put('a', { n: { N: '2' } })
    await client.send(new DeleteItemCommand({ TableName, Key: { pk: { S: 'a' } } }))
    await expect.poll(() => sink.delivered.length).toBe(3)
    const [inserted, modified, removed] = sink.delivered
    expect(inserted).toEqual({
      awsRegion: 'us-east-1',
      eventID: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string,
      eventName: 'INSERT',
      userIdentity: null,
      recordFormat: 'application/json',
      tableName: 'orders',
      dynamodb: {
        ApproximateCreationDateTime: nowMs,
        ApproximateCreationDateTimePrecision: 'MILLISECOND',
        Keys: { pk: { S: 'a' } },
        NewImage: { pk: { S: 'a' }, n: { N: '1' } },
        SizeBytes: 9,
      },
      eventSource: 'aws:dynamodb',
    })
    expect(modified).toMatchObject({
      eventName: 'MODIFY',
      dynamodb: { NewImage: { pk: { S: 'a' }, n: { N: '2' } }, OldImage: { pk: { S: 'a' }, n: { N: '1' } }, SizeBytes: 15 },
    })
    expect(removed).toMatchObject({ eventName: 'REMOVE', dynamodb: { OldImage: { pk: { S: 'a' }, n: { N: '2' } } } })
    expect(Object.keys(removed?.['dynamodb'] as object)).not.toContain('NewImage')
    expect(new Set(sink.delivered.map(({ eventID }) => eventID)).size).toBe(3)
    expect(new Set(sink.partitionKeys)).toEqual(new Set([expect.stringMatching(/^[0-9A-F]{32}$/)]))
    await disable()
    await put('after')
    await enable()
    await put('again')
    await expect.poll(() => sink.delivered.length).toBe(4)
    expect(sink.delivered[3]).toMatchObject({ dynamodb: { Keys: { pk: { S: 'again' } } } })
  })

  it('bear microseconds when those are asked for, which grow with each change', async () => {
    await enable({ EnableKinesisStreamingConfiguration: microseconds })
    for (const pk of ['a', 'b', 'c']) await put(pk)
    await expect.poll(() => sink.delivered.length).toBe(3)
    const times = sink.delivered.map(({ dynamodb }) => Reflect.get(dynamodb as object, 'ApproximateCreationDateTime') as number)
    expect(Math.floor((times[0] ?? 0) / 1000)).toBe(nowMs)
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b))
  })

  it('by time to live say so', async () => {
    await enable()
    const TimeToLiveSpecification = { Enabled: true, AttributeName: 'until' }
    await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }))
    await put('a', { until: { N: String(nowMs / 1000 - 60) } })
    await expect.poll(() => sink.delivered.length).toBe(2)
    expect(sink.delivered[1]).toMatchObject({
      eventName: 'REMOVE',
      userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
    })
  })

  it('wait for a slow sink, and writes do not', async () => {
    let release: () => void = () => undefined
    await enable()
    await untilActive()
    sink.held = new Promise((resolve) => (release = resolve))
    for (let n = 0; n < 1200; n += 100) await Promise.all(Array.from({ length: 100 }, (_, at) => put(String(n + at))))
    // One batch is on its way, and no more are in memory.
    expect(sink.attempts).toBe(1)
    release()
    await expect.poll(() => sink.delivered.length, { timeout: 10_000 }).toBe(1200)
    expect(sink.attempts).toBeLessThan(10)
  })
})

test('a sink that fails is tried again; after 24 hours the destination says that it failed, and can be put on again', async () => {
  await enable()
  await untilActive()
  sink.failing = true
  await put('late')
  await expect.poll(() => sink.attempts).toBeGreaterThan(1)
  sink.failing = false
  await expect.poll(() => sink.delivered.length, { timeout: 5000 }).toBe(1)
  sink.failing = true
  await put('lost')
  const tried = sink.attempts
  await expect.poll(() => sink.attempts).toBeGreaterThan(tried)
  nowMs += 24 * 3600 * 1000 + 1
  await expect.poll(destinations, { timeout: 10_000 }).toEqual([
    {
      StreamArn,
      DestinationStatus: 'ENABLE_FAILED',
      DestinationStatusDescription: 'Changes could not be delivered for 24 hours; those not delivered until then are lost',
    },
  ])
  expect(world.errors).toHaveLength(1)
  sink.failing = false
  await enable()
  await put('new')
  await expect.poll(() => sink.delivered.length).toBe(2)
  expect(sink.delivered[1]).toMatchObject({ dynamodb: { Keys: { pk: { S: 'new' } } } })
})
