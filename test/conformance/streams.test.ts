import type { _Record, StreamViewType } from '@aws-sdk/client-dynamodb-streams'
import { DescribeStreamCommand, GetRecordsCommand, GetShardIteratorCommand, ListStreamsCommand } from '@aws-sdk/client-dynamodb-streams'
import { DeleteItemCommand, DescribeTableCommand, PutItemCommand, UpdateItemCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { makeTable, tablesAreSlow, untilActive, useEndpoint, useTable } from './endpoint.ts'
import { refusalOf, validation } from './refusal.ts'

const endpoint = useEndpoint()
const streamOf = (view: StreamViewType) => ({ StreamSpecification: { StreamEnabled: true, StreamViewType: view } })
const both = useTable(endpoint, 'stream-both', 'pk S', streamOf('NEW_AND_OLD_IMAGES'))
const keysOnly = useTable(endpoint, 'stream-keys', 'pk S', streamOf('KEYS_ONLY'))
const WAIT_MS = tablesAreSlow ? 60_000 : 20_000

async function arnOf(TableName: string): Promise<string> {
  const { Table } = await endpoint.client.send(new DescribeTableCommand({ TableName }))
  return Table?.LatestStreamArn ?? ''
}

/** Everything that the stream of a table has by now. */
async function recordsOf(TableName: string): Promise<readonly _Record[]> {
  const StreamArn = await arnOf(TableName)
  const { StreamDescription } = await endpoint.streams.send(new DescribeStreamCommand({ StreamArn }))
  const records: _Record[] = []
  for (const { ShardId } of StreamDescription?.Shards ?? []) {
    const start = await endpoint.streams.send(new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }))
    let ShardIterator = start.ShardIterator
    while (ShardIterator !== undefined) {
      const page = await endpoint.streams.send(new GetRecordsCommand({ ShardIterator }))
      records.push(...(page.Records ?? []))
      ShardIterator = (page.Records ?? []).length === 0 ? undefined : page.NextShardIterator
    }
  }
  return records
}

const written = (TableName: string, count: number): Promise<void> =>
  expect.poll(async () => (await recordsOf(TableName)).length, { timeout: WAIT_MS, interval: 100 }).toBe(count)

describe('a stream', () => {
  const Key = { pk: { S: 'a' } }

  it('tells every change of an item, in order, with both images', async () => {
    await endpoint.client.send(new PutItemCommand({ TableName: both, Item: { ...Key, v: { N: '1' } } }))
    await endpoint.client.send(new PutItemCommand({ TableName: both, Item: { ...Key, v: { N: '1' } } }))
    await endpoint.client.send(
      new UpdateItemCommand({ TableName: both, Key, UpdateExpression: 'SET v = :v', ExpressionAttributeValues: { ':v': { N: '2' } } }),
    )
    await endpoint.client.send(new DeleteItemCommand({ TableName: both, Key }))
    await endpoint.client.send(new DeleteItemCommand({ TableName: both, Key }))
    await written(both, 3)
    const records = await recordsOf(both)
    expect(records.map(({ eventName, dynamodb }) => [eventName, dynamodb?.OldImage?.['v']?.N, dynamodb?.NewImage?.['v']?.N])).toEqual([
      ['INSERT', undefined, '1'],
      ['MODIFY', '1', '2'],
      ['REMOVE', '2', undefined],
    ])
    for (const { eventVersion, eventSource, dynamodb, awsRegion } of records) {
      expect(eventVersion).toBe('1.1')
      expect(eventSource).toBe('aws:dynamodb')
      expect(awsRegion).toMatch(/^[a-z]+-[a-z]+-\d$/)
      expect(dynamodb?.Keys).toEqual(Key)
      expect(dynamodb?.StreamViewType).toBe('NEW_AND_OLD_IMAGES')
      expect(dynamodb?.SizeBytes).toBeGreaterThan(0)
    }
    const numbers = records.map(({ dynamodb }) => BigInt(dynamodb?.SequenceNumber ?? 0))
    expect(numbers).toEqual(numbers.toSorted((a, b) => (a < b ? -1 : 1)))
  })

  it('has the images that it was asked for', async () => {
    await endpoint.client.send(new PutItemCommand({ TableName: keysOnly, Item: { ...Key, v: { N: '1' } } }))
    await written(keysOnly, 1)
    const [record] = await recordsOf(keysOnly)
    expect(record?.dynamodb).toMatchObject({ Keys: Key, StreamViewType: 'KEYS_ONLY' })
    expect(record?.dynamodb?.NewImage).toBeUndefined()
  })

  it('is described and listed', async () => {
    const StreamArn = await arnOf(both)
    const { StreamDescription } = await endpoint.streams.send(new DescribeStreamCommand({ StreamArn }))
    expect(StreamDescription).toMatchObject({
      StreamArn,
      TableName: both,
      StreamStatus: 'ENABLED',
      StreamViewType: 'NEW_AND_OLD_IMAGES',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    })
    expect(StreamArn).toBe(`${StreamArn.split('/stream/')[0]}/stream/${StreamDescription?.StreamLabel}`)
    const { Streams } = await endpoint.streams.send(new ListStreamsCommand({ TableName: both }))
    expect(Streams).toEqual([{ StreamArn, TableName: both, StreamLabel: StreamDescription?.StreamLabel }])
  })

  it('is read from the records that come after its latest', async () => {
    const StreamArn = await arnOf(keysOnly)
    const { StreamDescription } = await endpoint.streams.send(new DescribeStreamCommand({ StreamArn }))
    const open =
      StreamDescription?.Shards?.filter(({ SequenceNumberRange }) => SequenceNumberRange?.EndingSequenceNumber === undefined) ?? []
    expect(open.length).toBeGreaterThan(0)
    const iterators = await Promise.all(
      open.map(async ({ ShardId }) => {
        const answer = await endpoint.streams.send(new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'LATEST' }))
        return answer.ShardIterator
      }),
    )
    await endpoint.client.send(new PutItemCommand({ TableName: keysOnly, Item: { pk: { S: 'latest' } } }))
    const seen: (string | undefined)[] = []
    const look = async (): Promise<readonly (string | undefined)[]> => {
      for (const [at, ShardIterator] of iterators.entries()) {
        if (ShardIterator === undefined) continue
        const { Records, NextShardIterator } = await endpoint.streams.send(new GetRecordsCommand({ ShardIterator }))
        seen.push(...(Records ?? []).map(({ dynamodb }) => dynamodb?.Keys?.['pk']?.S))
        iterators[at] = NextShardIterator
      }
      return seen
    }
    await expect.poll(look, { timeout: WAIT_MS, interval: 100 }).toEqual(['latest'])
  })
})

describe('the stream of a table', () => {
  it(
    'is put on and taken off, and its view is no setting that can be changed',
    async () => {
      const TableName = endpoint.name('stream-switched')
      await makeTable(endpoint.client, TableName, 'pk S')
      const update = (StreamEnabled: boolean, view?: StreamViewType) => ({
        TableName,
        StreamSpecification: { StreamEnabled, ...(view === undefined ? {} : { StreamViewType: view }) },
      })
      expect((await refusalOf(endpoint, 'UpdateTable', update(false))).message).toBe(
        `Table has no stream to disable: TableName: ${TableName}`,
      )
      await endpoint.client.send(new UpdateTableCommand(update(true, 'NEW_IMAGE')))
      await untilActive(endpoint.client, TableName)
      const StreamArn = await arnOf(TableName)
      expect((await refusalOf(endpoint, 'UpdateTable', update(true, 'OLD_IMAGE'))).message).toBe(
        `Table already has an enabled stream: TableName: ${TableName}`,
      )
      await endpoint.client.send(new PutItemCommand({ TableName, Item: { pk: { S: 'a' } } }))
      await written(TableName, 1)
      await endpoint.client.send(new UpdateTableCommand(update(false)))
      await untilActive(endpoint.client, TableName)
      const { Table } = await endpoint.client.send(new DescribeTableCommand({ TableName }))
      expect([Table?.StreamSpecification, Table?.LatestStreamArn]).toEqual([undefined, StreamArn])
      // What it has can still be read.
      const status = async () => (await endpoint.streams.send(new DescribeStreamCommand({ StreamArn }))).StreamDescription?.StreamStatus
      await expect.poll(status, { timeout: WAIT_MS, interval: 100 }).toBe('DISABLED')
      expect(await recordsOf(TableName)).toHaveLength(1)
    },
    tablesAreSlow ? 600_000 : 60_000,
  )
})

describe('streams refuse', () => {
  it.each<[object, (name: string) => string]>([
    [
      { StreamEnabled: true },
      () => 'One or more parameter values were invalid: If stream is being enabled then UpdateViewType is required',
    ],
    [
      { StreamEnabled: false, StreamViewType: 'KEYS_ONLY' },
      () => 'One or more parameter values were invalid: If stream is being disabled, then UpdateViewType must not be specified',
    ],
    [{ StreamEnabled: true, StreamViewType: 'KEYS_ONLY' }, (name) => `Table already has an enabled stream: TableName: ${name}`],
  ])('%j', async (StreamSpecification, message) => {
    expect(await refusalOf(endpoint, 'UpdateTable', { TableName: both, StreamSpecification })).toEqual(validation(message(both)))
  })

  it('what is not there, or is none', async () => {
    const StreamArn = `${(await arnOf(both)).replace(/\/stream\/.*/, '')}/stream/2020-01-01T00:00:00.000`
    expect((await refusalOf(endpoint, 'DescribeStream', { StreamArn })).name).toBe('ResourceNotFoundException')
    const known = await arnOf(both)
    const request = { StreamArn: known, ShardId: 'shardId-00000000000000000000-00000000', ShardIteratorType: 'LATEST' }
    expect((await refusalOf(endpoint, 'GetShardIterator', request)).name).toBe('ResourceNotFoundException')
    expect((await refusalOf(endpoint, 'GetRecords', { ShardIterator: 'x' })).name).toBe('ValidationException')
  })
})
