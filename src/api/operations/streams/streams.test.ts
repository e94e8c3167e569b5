import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  PutItemCommand,
  UpdateItemCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import type { AttributeValue, DynamoDBClient, StreamViewType } from '@aws-sdk/client-dynamodb'
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
} from '@aws-sdk/client-dynamodb-streams'
import type {
  GetRecordsCommandOutput,
  GetShardIteratorCommandInput,
  Shard,
  _Record as StreamRecord,
} from '@aws-sdk/client-dynamodb-streams'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assert } from '../../../base/assert.ts'
import type { RegionEngine } from '../../../engine/region-engine.ts'
import { encodeImage, StoredItem } from '../../../engine/stored-item.ts'
import { trimChanges } from '../../../engine/stream-reader.ts'
import { splitBusyShards } from '../../../engine/stream-splits.ts'
import type { Table } from '../../../engine/table.ts'
import { isInvalid } from '../../../item/invalid.ts'
import { encodeItemKey } from '../../../item/item-key.ts'
import type { TestWorld } from '../../test-world.contract.ts'
import { startTestWorld } from '../../test-world.contract.ts'

const hourMs = 3600 * 1000
const startMs = Date.parse('2026-11-24T08:15:30.123Z')

let nowMs = startMs
let world: TestWorld
let client: DynamoDBClient
let streams: DynamoDBStreamsClient
let tablesMade = 0

beforeAll(async () => {
  world = await startTestWorld({ nowMs: () => nowMs })
  client = world.client()
  const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' }
  streams = new DynamoDBStreamsClient({ endpoint: world.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
})
afterAll(async () => {
  streams.destroy()
  await world.close()
})

describe('records', () => {
  test.each([
    ['KEYS_ONLY', []],
    ['NEW_IMAGE', ['NewImage']],
    ['OLD_IMAGE', ['OldImage']],
    ['NEW_AND_OLD_IMAGES', ['NewImage', 'OldImage']],
  ] as const)('show with the view %s the key and %j', async (view, images) => {
    const { name, arn } = await streamedTable(view)
    await put(name, 'a', '1')
    await put(name, 'a', '2')
    await client.send(new DeleteItemCommand({ TableName: name, Key: key('a') }))

    const records = await readStream(arn)
    expect(records.map(({ eventName }) => eventName)).toEqual(['INSERT', 'MODIFY', 'REMOVE'])
    const shown = { NewImage: [item('a', '1'), item('a', '2'), undefined], OldImage: [undefined, item('a', '1'), item('a', '2')] }
    for (const [index, record] of records.entries()) {
      expect(record).toMatchObject({ eventSource: 'aws:dynamodb', eventVersion: '1.1', awsRegion: 'us-east-1' })
      expect(record.userIdentity).toBeUndefined()
      expect(record.dynamodb).toMatchObject({ Keys: key('a'), StreamViewType: view })
      for (const image of ['NewImage', 'OldImage'] as const) {
        const visible = (images as readonly string[]).includes(image)
        expect(record.dynamodb?.[image]).toEqual(visible ? shown[image][index] : undefined)
      }
    }
  })

  test('say when, how large and which, in whole seconds, bytes of what is shown and numbers that rise', async () => {
    const { name, arn } = await streamedTable('NEW_AND_OLD_IMAGES')
    await put(name, 'a', '1')
    await put(name, 'a', '2')
    const [first, second] = await readStream(arn)
    expect(first?.dynamodb?.ApproximateCreationDateTime?.getTime()).toBe(Math.floor(nowMs / 1000) * 1000)
    // pk + a; and again with v + a digit of 2 bytes.
    expect([first?.dynamodb?.SizeBytes, second?.dynamodb?.SizeBytes]).toEqual([3 + 6, 3 + 6 + 6])
    expect(first?.dynamodb?.SequenceNumber).toMatch(/^\d{21}$/)
    expect(BigInt(second?.dynamodb?.SequenceNumber ?? 0)).toBeGreaterThan(BigInt(first?.dynamodb?.SequenceNumber ?? 0))
    expect(first?.eventID).not.toBe(second?.eventID)
    expect((await readStream(arn))[0]?.eventID).toBe(first?.eventID)
  })

  test('are not made by a write that changes nothing', async () => {
    const { name, arn } = await streamedTable('NEW_AND_OLD_IMAGES')
    await put(name, 'a', '1')
    await put(name, 'a', '1')
    await client.send(
      new UpdateItemCommand({
        TableName: name,
        Key: key('a'),
        UpdateExpression: 'SET v = :v',
        ExpressionAttributeValues: { ':v': { N: '1.0' } },
      }),
    )
    await client.send(new DeleteItemCommand({ TableName: name, Key: key('nobody') }))
    expect(await readStream(arn)).toHaveLength(1)
  })

  test('tell the life of every item: each old image is the new image before', async () => {
    const { name, arn } = await streamedTable('NEW_AND_OLD_IMAGES')
    const writes = Array.from({ length: 120 }, (_, n) => {
      const id = `item-${n % 7}`
      if (n % 5 === 4) return client.send(new DeleteItemCommand({ TableName: name, Key: key(id) }))
      return put(name, id, String(n))
    })
    await Promise.all(writes)
    const imageByKey = new Map<string | undefined, unknown>()
    const records = await readStream(arn)
    for (const { dynamodb } of records) {
      const id = dynamodb?.Keys?.['pk']?.S
      expect(dynamodb?.OldImage).toEqual(imageByKey.get(id))
      imageByKey.set(id, dynamodb?.NewImage)
    }
    expect(records.length).toBeGreaterThan(90)
  })

  test('are made by a transaction and a batch, one for each item', async () => {
    const { name, arn } = await streamedTable('NEW_IMAGE')
    await client.send(
      new BatchWriteItemCommand({ RequestItems: { [name]: ['a', 'b'].map((id) => ({ PutRequest: { Item: item(id, '1') } })) } }),
    )
    const { engine, table } = await engineOf(name)
    const made = { pk: { S: 'c' }, v: { N: '1' } }
    const outcome = await engine.transact([
      { table, itemKey: keyBytes(table, 'c'), judge: () => ({ kind: 'put', item: new StoredItem(encodeImage(made), 6, made), result: 1 }) },
      { table, itemKey: keyBytes(table, 'a'), judge: () => ({ kind: 'delete', result: 2 }) },
      { table, itemKey: keyBytes(table, 'b'), judge: () => ({ kind: 'keep', result: 3 }) },
    ])
    expect(outcome.kind).toBe('committed')
    const seen = (await readStream(arn)).map(({ eventName, dynamodb }) => `${eventName} ${dynamodb?.Keys?.['pk']?.S}`)
    expect(seen.slice(0, 2).sort()).toEqual(['INSERT a', 'INSERT b'])
    expect(seen.slice(2).sort()).toEqual(['INSERT c', 'REMOVE a'])
  })

  test('name the service only where an item expired', async () => {
    const { name, arn } = await streamedTable('KEYS_ONLY')
    await put(name, 'a', '1')
    const { engine, table } = await engineOf(name)
    await engine.write(table, keyBytes(table, 'a'), () => ({ kind: 'delete', result: undefined }), 'expiry')
    const [made, expired] = await readStream(arn)
    expect(made?.userIdentity).toBeUndefined()
    expect(expired?.userIdentity).toEqual({ PrincipalId: 'dynamodb.amazonaws.com', Type: 'Service' })
  })
})

describe('iterators', () => {
  test('begin at the oldest record, after the newest, at or after a sequence number', async () => {
    const { name, arn } = await streamedTable('NEW_IMAGE')
    for (const id of ['a', 'b', 'c']) await put(name, id, '1')
    const [shard] = await shardsOf(arn)
    const numbers = (await readStream(arn)).map(({ dynamodb }) => dynamodb?.SequenceNumber)
    const from = async (input: Partial<GetShardIteratorCommandInput>): Promise<(string | undefined)[]> => {
      const { ShardIterator } = await streams.send(
        new GetShardIteratorCommand({ StreamArn: arn, ShardId: shard?.ShardId, ShardIteratorType: 'LATEST', ...input }),
      )
      if (input.ShardIteratorType === undefined) await put(name, 'd', '1')
      const { Records = [] } = await streams.send(new GetRecordsCommand({ ShardIterator }))
      return Records.map(({ dynamodb }) => dynamodb?.Keys?.['pk']?.S)
    }
    expect(await from({ ShardIteratorType: 'TRIM_HORIZON' })).toEqual(['a', 'b', 'c'])
    expect(await from({ ShardIteratorType: 'AT_SEQUENCE_NUMBER', SequenceNumber: numbers[1] })).toEqual(['b', 'c'])
    expect(await from({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: numbers[1] })).toEqual(['c'])
    expect(await from({})).toEqual(['d'])
  })

  test('go on where the page ended, and wait at the end of an open shard', async () => {
    const { name, arn } = await streamedTable('KEYS_ONLY')
    for (const id of ['a', 'b', 'c']) await put(name, id, '1')
    const first = await streams.send(new GetRecordsCommand({ ShardIterator: await iteratorOf(arn), Limit: 2 }))
    expect(first.Records).toHaveLength(2)
    const second = await streams.send(new GetRecordsCommand({ ShardIterator: first.NextShardIterator, Limit: 2 }))
    expect(second.Records).toHaveLength(1)
    const third = await streams.send(new GetRecordsCommand({ ShardIterator: second.NextShardIterator }))
    expect(third.Records).toEqual([])
    await put(name, 'd', '1')
    const fourth = await streams.send(new GetRecordsCommand({ ShardIterator: third.NextShardIterator }))
    expect(fourth.Records?.map(({ dynamodb }) => dynamodb?.Keys)).toEqual([key('d')])
  })

  test('hold for 15 minutes', async () => {
    const { arn } = await streamedTable('KEYS_ONLY')
    const ShardIterator = await iteratorOf(arn)
    nowMs += 15 * 60 * 1000
    await expect(streams.send(new GetRecordsCommand({ ShardIterator }))).resolves.toMatchObject({ Records: [] })
    nowMs += 1
    await expect(streams.send(new GetRecordsCommand({ ShardIterator }))).rejects.toMatchObject({
      name: 'ExpiredIteratorException',
      message: expect.stringMatching(
        /^Iterator expired. The iterator was created at time \w{3} \w{3} \d\d [\d:]{8} UTC \d{4} while right now it is .* milliseconds\.$/,
      ) as string,
    })
  })

  test('that nobody gave out are refused', async () => {
    const one = await streamedTable('KEYS_ONLY')
    const other = await streamedTable('KEYS_ONLY')
    const given = await iteratorOf(one.arn)
    const sealed = given.slice(one.arn.length)
    const moved = `${other.arn}${sealed}`
    const changed = `${one.arn}${sealed.slice(0, 12)}${sealed[12] === 'A' ? 'B' : 'A'}${sealed.slice(13)}`
    for (const ShardIterator of ['x', `${one.arn}|1|AAAA`, moved, changed]) {
      await expect(streams.send(new GetRecordsCommand({ ShardIterator }))).rejects.toMatchObject({
        name: 'ValidationException',
        message: 'Invalid ShardIterator',
      })
    }
  })

  test('refuse numbers that are missing, malformed or of no record in the shard', async () => {
    const { arn } = await streamedTable('KEYS_ONLY')
    const [shard] = await shardsOf(arn)
    for (const SequenceNumber of [undefined, 'x'.repeat(21), '9'.repeat(21), '9'.repeat(40)]) {
      const input = { StreamArn: arn, ShardId: shard?.ShardId, ShardIteratorType: 'AT_SEQUENCE_NUMBER', SequenceNumber } as const
      await expect(streams.send(new GetShardIteratorCommand(input))).rejects.toMatchObject({ name: 'ValidationException' })
    }
    const gone = { StreamArn: arn, ShardId: `shardId-${'0'.repeat(20)}-00000000`, ShardIteratorType: 'LATEST' } as const
    await expect(streams.send(new GetShardIteratorCommand(gone))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Requested resource not found: Shard does not exist',
    })
  })
})

describe('shards', () => {
  test('close in time and go on in a child; a closed one is read to its end', async () => {
    const { name, arn } = await streamedTable('KEYS_ONLY')
    await put(name, 'a', '1')
    const [open] = await shardsOf(arn)
    expect(open?.SequenceNumberRange?.EndingSequenceNumber).toBeUndefined()
    const waiting = await streams.send(new GetRecordsCommand({ ShardIterator: await iteratorOf(arn) }))
    nowMs += 4 * hourMs - 60_000
    const idle = await iteratorOf(arn, 'LATEST')
    nowMs += 120_000
    await put(name, 'a', '2')

    const [closed, child] = await shardsOf(arn)
    expect(closed?.ShardId).toBe(open?.ShardId)
    expect(closed?.SequenceNumberRange?.EndingSequenceNumber).toBeDefined()
    expect(child).toMatchObject({ ParentShardId: open?.ShardId })
    expect(child?.SequenceNumberRange?.EndingSequenceNumber).toBeUndefined()
    expect(waiting.NextShardIterator).toBeDefined()
    expect((await streams.send(new GetRecordsCommand({ ShardIterator: idle }))).NextShardIterator).toBeUndefined()
    expect(await readShardOf(arn, closed)).toMatchObject([{ eventName: 'INSERT' }])
    expect(await readShardOf(arn, child)).toMatchObject([{ eventName: 'MODIFY' }])
  })

  test('that are closed take nothing more, even when the clock is set back', async () => {
    const { name, arn } = await streamedTable('KEYS_ONLY')
    const [first] = await shardsOf(arn)
    nowMs += 5 * hourMs
    expect(await readShardOf(arn, first)).toEqual([])
    nowMs -= 2 * hourMs
    await put(name, 'a', '1')
    expect(await readShardOf(arn, first)).toEqual([])
    expect((await readStream(arn)).map(({ dynamodb }) => dynamodb?.Keys)).toEqual([key('a')])
    nowMs += 2 * hourMs
  })

  test('split under load, and together still hold every change once', async () => {
    const { name, arn } = await streamedTable('KEYS_ONLY')
    const { engine, table } = await engineOf(name)
    const burst = async (from: number): Promise<void> => {
      for (let n = from; n < from + 2100; n += 700) {
        await Promise.all(
          Array.from({ length: 28 }, (_, batch) =>
            client.send(
              new BatchWriteItemCommand({
                RequestItems: {
                  [name]: Array.from({ length: 25 }, (__, at) => ({ PutRequest: { Item: item(`${n + batch * 25 + at}`, '1') } })),
                },
              }),
            ),
          ),
        )
      }
    }
    await splitBusyShards(engine, table)
    expect(await shardsOf(arn)).toHaveLength(1)
    await burst(0)
    await splitBusyShards(engine, table)
    await burst(10_000)

    const [parent, ...children] = await shardsOf(arn)
    expect(children.map(({ ParentShardId }) => ParentShardId)).toEqual([parent?.ShardId, parent?.ShardId])
    const before = await readShardOf(arn, parent)
    const after = await Promise.all(children.map((child) => readShardOf(arn, child)))
    expect(before).toHaveLength(2100)
    expect(after.every(({ length }) => length > 900)).toBe(true)
    const all = [...before, ...after.flat()].map(({ dynamodb }) => dynamodb?.Keys?.['pk']?.S)
    expect(new Set(all).size).toBe(4200)
    expect(all).toHaveLength(4200)
    const page = await streams.send(
      new DescribeStreamCommand({ StreamArn: arn, ShardFilter: { Type: 'CHILD_SHARDS', ShardId: parent?.ShardId } }),
    )
    expect(page.StreamDescription?.Shards).toEqual(children)
  })

  test('are described in pages', async () => {
    const { arn } = await streamedTable('KEYS_ONLY')
    nowMs += 9 * hourMs
    const all = await shardsOf(arn)
    expect(all).toHaveLength(3)
    const first = await streams.send(new DescribeStreamCommand({ StreamArn: arn, Limit: 2 }))
    expect(first.StreamDescription?.Shards).toEqual(all.slice(0, 2))
    const ExclusiveStartShardId = first.StreamDescription?.LastEvaluatedShardId
    expect(ExclusiveStartShardId).toBe(all[1]?.ShardId)
    const rest = await streams.send(new DescribeStreamCommand({ StreamArn: arn, ExclusiveStartShardId }))
    expect(rest.StreamDescription?.Shards).toEqual(all.slice(2))
    expect(rest.StreamDescription?.LastEvaluatedShardId).toBeUndefined()
    await expect(streams.send(new DescribeStreamCommand({ StreamArn: arn, Limit: 101 }))).rejects.toMatchObject({
      message:
        "1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100",
    })
  })

  test('hold their records for 24 hours to the millisecond, whether or not they were trimmed', async () => {
    const { name, arn } = await streamedTable('KEYS_ONLY')
    nowMs += hourMs
    await put(name, 'a', '1')
    nowMs += hourMs
    await put(name, 'b', '1')
    const [shard] = await shardsOf(arn)
    const [a, b] = await readStream(arn)
    const at = (record: StreamRecord | undefined): Promise<string> =>
      iteratorOf(arn, 'AT_SEQUENCE_NUMBER', shard, record?.dynamodb?.SequenceNumber)
    nowMs += 23 * hourMs
    expect((await readShardOf(arn, shard)).map(({ eventID }) => eventID)).toEqual([a?.eventID, b?.eventID])
    const stillThere = await at(a)
    nowMs += 1
    await expect(streams.send(new GetRecordsCommand({ ShardIterator: stillThere }))).rejects.toMatchObject({
      name: 'TrimmedDataAccessException',
      message: 'The data you are trying to access has been trimmed',
    })
    await expect(at(a)).rejects.toMatchObject({ name: 'TrimmedDataAccessException' })
    expect((await readShardOf(arn, shard)).map(({ eventID }) => eventID)).toEqual([b?.eventID])

    const { engine, table } = await engineOf(name)
    await trimChanges(engine.store, table, nowMs)
    expect((await readShardOf(arn, shard)).map(({ eventID }) => eventID)).toEqual([b?.eventID])
    nowMs += 3 * hourMs
    expect((await shardsOf(arn)).map(({ ShardId }) => ShardId)).not.toContain(shard?.ShardId)
  })
})

describe('streams', () => {
  test('are told by DescribeTable and DescribeStream', async () => {
    const { name, arn } = await streamedTable('OLD_IMAGE')
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }))
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: arn }))
    expect(Table).toMatchObject({
      LatestStreamArn: arn,
      LatestStreamLabel: arn.slice(arn.lastIndexOf('/') + 1),
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'OLD_IMAGE' },
    })
    expect(StreamDescription).toMatchObject({
      StreamArn: arn,
      StreamLabel: Table?.LatestStreamLabel,
      StreamStatus: 'ENABLED',
      StreamViewType: 'OLD_IMAGE',
      TableName: name,
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      CreationRequestDateTime: new Date(`${Table?.LatestStreamLabel}Z`),
    })
  })

  test('once disabled can be read for 24 hours, beside the next one', async () => {
    const { name, arn } = await streamedTable('KEYS_ONLY')
    await put(name, 'a', '1')
    await specify(name, { StreamEnabled: false })
    await put(name, 'unseen', '1')
    const disabled = await client.send(new DescribeTableCommand({ TableName: name }))
    expect(disabled.Table?.StreamSpecification).toBeUndefined()
    expect(disabled.Table?.LatestStreamArn).toBe(arn)
    await specify(name, { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' })
    await put(name, 'b', '1')

    const listed = await streams.send(new ListStreamsCommand({ TableName: name }))
    const arns = listed.Streams?.map(({ StreamArn }) => StreamArn ?? '') ?? []
    expect(arns[0]).toBe(arn)
    expect(await Promise.all(arns.map(keysOf))).toEqual([['a'], ['b']])
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: arn }))
    expect(StreamDescription?.StreamStatus).toBe('DISABLED')
    expect(StreamDescription?.Shards?.every((shard) => shard.SequenceNumberRange?.EndingSequenceNumber !== undefined)).toBe(true)

    nowMs += 24 * hourMs + 10
    expect((await streams.send(new ListStreamsCommand({ TableName: name }))).Streams).toHaveLength(1)
    await expect(streams.send(new DescribeStreamCommand({ StreamArn: arn }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Requested resource not found: Stream: ${arn} not found`,
    })
  })

  test('are listed in pages', async () => {
    const { arn } = await streamedTable('KEYS_ONLY')
    const seen: (string | undefined)[] = []
    let ExclusiveStartStreamArn: string | undefined
    do {
      const page = await streams.send(new ListStreamsCommand({ Limit: 2, ExclusiveStartStreamArn }))
      expect(page.Streams?.length).toBeLessThanOrEqual(2)
      seen.push(...(page.Streams ?? []).map(({ StreamArn }) => StreamArn))
      ExclusiveStartStreamArn = page.LastEvaluatedStreamArn
    } while (ExclusiveStartStreamArn !== undefined)
    expect(seen).toContain(arn)
    expect(new Set(seen).size).toBe(seen.length)
  })

  test.each([
    ['enabled twice', { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' }, 'Table already has an enabled stream: TableName: '],
    [
      'disabled with a view type',
      { StreamEnabled: false, StreamViewType: 'NEW_IMAGE' },
      'One or more parameter values were invalid: If stream is being disabled, then UpdateViewType must not be specified',
    ],
    [
      'enabled without a view type',
      { StreamEnabled: true },
      'One or more parameter values were invalid: If stream is being enabled then UpdateViewType is required',
    ],
  ] as const)('are not %s', async (_what, specification, message) => {
    const { name } = await streamedTable('KEYS_ONLY')
    await expect(specify(name, specification)).rejects.toMatchObject({
      name: 'ValidationException',
      message: message.endsWith(': ') ? `${message}${name}` : message,
    })
  })

  test('that are not there cannot be disabled', async () => {
    const { name } = await streamedTable('KEYS_ONLY')
    await specify(name, { StreamEnabled: false })
    await expect(specify(name, { StreamEnabled: false })).rejects.toMatchObject({
      name: 'ValidationException',
      message: `Table has no stream to disable: TableName: ${name}`,
    })
  })

  test('are operations of a service of their own', async () => {
    const call = (target: string): Promise<Response> =>
      fetch(world.endpoint, {
        method: 'POST',
        body: '{}',
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': target,
          authorization: 'AWS4-HMAC-SHA256 Credential=a/20261124/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00',
          'x-amz-date': '20261124T081530Z',
        },
      })
    expect((await call('DynamoDBStreams_20120810.ListStreams')).status).toBe(200)
    for (const target of ['DynamoDB_20120810.ListStreams', 'DynamoDBStreams_20120810.ListTables', 'ListStreams', '.ListStreams']) {
      expect(await (await call(target)).json()).toMatchObject({ __type: 'com.amazon.coral.service#UnknownOperationException' })
    }
  })
})

async function streamedTable(view: StreamViewType): Promise<{ name: string; arn: string }> {
  const name = `streamed-${++tablesMade}`
  const { TableDescription } = await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: view },
    }),
  )
  const arn = TableDescription?.LatestStreamArn
  assert(arn !== undefined, 'a table with a stream names it')
  return { name, arn }
}

function specify(TableName: string, StreamSpecification: { StreamEnabled: boolean; StreamViewType?: StreamViewType }): Promise<unknown> {
  return client.send(new UpdateTableCommand({ TableName, StreamSpecification }))
}

function put(TableName: string, id: string, value: string): Promise<unknown> {
  return client.send(new PutItemCommand({ TableName, Item: item(id, value) }))
}

function key(id: string): Record<string, AttributeValue> {
  return { pk: { S: id } }
}

function item(id: string, value: string): Record<string, AttributeValue> {
  return { pk: { S: id }, v: { N: value } }
}

async function engineOf(name: string): Promise<{ engine: RegionEngine; table: Table }> {
  const engine = await world.engine('us-east-1')
  const table = engine.table(name)
  assert(table !== undefined, 'the table is there')
  return { engine, table }
}

function keyBytes(table: Table, id: string): Uint8Array {
  const bytes = encodeItemKey(table.schema, { pk: { S: id } })
  assert(!isInvalid(bytes), 'the key is one')
  return bytes
}

async function shardsOf(StreamArn: string): Promise<Shard[]> {
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }))
  return StreamDescription?.Shards ?? []
}

async function iteratorOf(
  arn: string,
  type: GetShardIteratorCommandInput['ShardIteratorType'] = 'TRIM_HORIZON',
  shard?: Shard,
  SequenceNumber?: string,
): Promise<string> {
  const ShardId = (shard ?? (await shardsOf(arn)).at(-1))?.ShardId
  const { ShardIterator } = await streams.send(
    new GetShardIteratorCommand({ StreamArn: arn, ShardId, ShardIteratorType: type, SequenceNumber }),
  )
  assert(ShardIterator !== undefined, 'an iterator is given out')
  return ShardIterator
}

/** All that a closed shard holds, or an open one so far. */
async function readShardOf(arn: string, shard: Shard | undefined): Promise<StreamRecord[]> {
  const open = shard?.SequenceNumberRange?.EndingSequenceNumber === undefined
  const records: StreamRecord[] = []
  let ShardIterator: string | undefined = await iteratorOf(arn, 'TRIM_HORIZON', shard)
  while (ShardIterator !== undefined) {
    const page: GetRecordsCommandOutput = await streams.send(new GetRecordsCommand({ ShardIterator }))
    records.push(...(page.Records ?? []))
    ShardIterator = open && page.Records?.length === 0 ? undefined : page.NextShardIterator
  }
  return records
}

/** All shards, parents first. */
async function readStream(arn: string): Promise<StreamRecord[]> {
  const records: StreamRecord[] = []
  for (const shard of await shardsOf(arn)) records.push(...(await readShardOf(arn, shard)))
  return records
}

async function keysOf(arn: string): Promise<(string | undefined)[]> {
  return (await readStream(arn)).map(({ dynamodb }) => dynamodb?.Keys?.['pk']?.S)
}
