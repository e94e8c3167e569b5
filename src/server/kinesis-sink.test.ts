import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateTableCommand,
  DescribeKinesisStreamingDestinationCommand,
  DynamoDBClient,
  EnableKinesisStreamingDestinationCommand,
  PutItemCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { readSettings } from './settings.ts'
import { memoryServer } from './memory-server.ts'
import type { RunningServer } from './start-server.ts'
import { startServer } from './start-server.ts'

let folder = ''
let server: RunningServer | undefined
const clients: DynamoDBClient[] = []
const receivers: Server[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-kinesis-'))
})
afterEach(async () => {
  await stop()
  for (const receiver of receivers.splice(0)) {
    receiver.closeAllConnections()
    receiver.close()
  }
  await rm(folder, { recursive: true, force: true })
})

async function start(kinesis?: string, dataFolder: string | undefined = folder): Promise<void> {
  const { kinesisUrls } = await readSettings(kinesis === undefined ? {} : { kinesis })
  server = await startServer({
    ...memoryServer(['us-east-1', 'eu-west-1']),
    dataFolder,
    ...(kinesisUrls === undefined ? {} : { kinesisUrls }),
  })
}

async function stop(): Promise<void> {
  for (const client of clients.splice(0)) client.destroy()
  await server?.close()
  server = undefined
}

function client(region = 'us-east-1'): DynamoDBClient {
  const endpoint = `http://127.0.0.1:${server?.port ?? 0}`
  const made = new DynamoDBClient({ region, endpoint, credentials: { accessKeyId: 'any', secretAccessKey: 'any' }, maxAttempts: 1 })
  clients.push(made)
  return made
}

const arnOf = (stream: string, region = 'us-east-1'): string => `arn:aws:kinesis:${region}:000000000000:stream/${stream}`

async function makeTable(TableName: string, stream: string): Promise<void> {
  await client().send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    }),
  )
  await enable(TableName, stream)
}

const enable = (TableName: string, stream: string, region = 'us-east-1') =>
  client(region).send(new EnableKinesisStreamingDestinationCommand({ TableName, StreamArn: arnOf(stream, region) }))

const put = (TableName: string, pk: string, n: number, region = 'us-east-1') =>
  client(region).send(new PutItemCommand({ TableName, Item: { pk: { S: pk }, n: { N: String(n) } } }))

interface Told {
  readonly eventID: string
  readonly tableName: string
  readonly awsRegion: string
  readonly dynamodb: { readonly NewImage: { readonly pk: { readonly S: string }; readonly n: { readonly N: string } } }
}

const fileOf = (stream: string, region = 'us-east-1'): string => join(folder, 'kinesis', region, `${stream}.jsonl`)

async function told(stream: string, region?: string): Promise<readonly Told[]> {
  const text = await readFile(fileOf(stream, region), 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told)
}

const numbersOf = (records: readonly Told[]): readonly number[] => records.map(({ dynamodb }) => Number(dynamodb.NewImage.n.N))

describe('a file of the data folder', () => {
  it('gets the changes of all tables that name the stream, each in order', async () => {
    await start()
    await makeTable('orders', 'changes')
    await makeTable('users', 'changes')
    for (let n = 0; n < 20; n++) await Promise.all([put('orders', 'a', n), put('users', 'a', n)])
    await expect.poll(async () => (await told('changes')).length).toBe(40)
    const records = await told('changes')
    const inOrder = Array.from({ length: 20 }, (_, n) => n)
    for (const table of ['orders', 'users']) expect(numbersOf(records.filter(({ tableName }) => tableName === table))).toEqual(inOrder)
  })

  it('goes on after a restart where it ended, after the last whole line', async () => {
    await start()
    await makeTable('orders', 'changes')
    await put('orders', 'a', 1)
    await expect.poll(async () => (await told('changes')).length).toBe(1)
    await stop()
    const whole = await readFile(fileOf('changes'), 'utf8')
    await writeFile(fileOf('changes'), `${whole}{"half":`)
    await start()
    await put('orders', 'a', 2)
    await expect.poll(async () => readFile(fileOf('changes'), 'utf8').then((text) => text.split('\n').length)).toBe(3)
    expect(numbersOf(await told('changes'))).toEqual([1, 2])
  })

  it('is each Region’s own, and a Region that crashes goes on when it is back', async () => {
    await start()
    await makeTable('orders', 'changes')
    await client().send(
      new UpdateTableCommand({ TableName: 'orders', StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } }),
    )
    await client().send(new UpdateTableCommand({ TableName: 'orders', ReplicaUpdates: [{ Create: { RegionName: 'eu-west-1' } }] }))
    const inEurope = () => client('eu-west-1').send(new DescribeKinesisStreamingDestinationCommand({ TableName: 'orders' }))
    await expect
      .poll(
        () =>
          inEurope().then(
            ({ KinesisDataStreamDestinations: all }) => all,
            () => undefined,
          ),
        { timeout: 10_000 },
      )
      .toEqual([])
    await enable('orders', 'changes', 'eu-west-1')
    await put('orders', 'a', 1)
    await expect.poll(() => told('changes', 'eu-west-1').then(numbersOf), { timeout: 10_000 }).toEqual([1])
    const crash = { kind: 'crash', region: 'eu-west-1', durationMs: 200 }
    await fetch(`http://127.0.0.1:${server?.port ?? 0}/_everywrite/faults`, { method: 'POST', body: JSON.stringify(crash) })
    await put('orders', 'a', 2)
    await expect
      .poll(() => told('changes', 'eu-west-1').then((records) => new Set(numbersOf(records))), { timeout: 10_000 })
      .toEqual(new Set([1, 2]))
    expect((await told('changes', 'eu-west-1')).every(({ awsRegion }) => awsRegion === 'eu-west-1')).toBe(true)
  })

  it('stays in its folder, whatever the stream is called', async () => {
    await start()
    await makeTable('orders', '..')
    await put('orders', 'a', 1)
    await expect.poll(async () => (await told('..')).length).toBe(1)
    expect(await readdir(join(folder, 'kinesis', 'us-east-1'))).toEqual(['...jsonl'])
    expect((await readdir(folder)).sort()).toEqual(['everywrite.json', 'kinesis', 'lock', 'regions', 'world'])
  })
})

interface Post {
  readonly target: string | undefined
  readonly StreamName: string
  readonly StreamARN: string
  readonly records: readonly Told[]
  readonly partitionKeys: readonly string[]
}

/** @param answer status and body, for each request as it comes */
async function receive(answer: (post: Post, nth: number) => readonly [number, string]): Promise<{ url: string; posts: Post[] }> {
  const posts: Post[] = []
  const receiver = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(pieces).toString()) as Pick<Post, 'StreamName' | 'StreamARN'> & {
        Records: { Data: string; PartitionKey: string }[]
      }
      const { StreamName, StreamARN, Records } = body
      const target = request.headers['x-amz-target']
      const post = {
        target: typeof target === 'string' ? target : undefined,
        StreamName,
        StreamARN,
        records: Records.map(({ Data }) => JSON.parse(Buffer.from(Data, 'base64').toString()) as Told),
        partitionKeys: Records.map(({ PartitionKey }) => PartitionKey),
      }
      posts.push(post)
      const [status, text] = answer(post, posts.length)
      response.writeHead(status).end(text)
    })
  })
  receivers.push(receiver)
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  return { url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`, posts }
}

describe('a URL', () => {
  it('gets the records of its streams as Kinesis would', async () => {
    const { url, posts } = await receive(() => [200, '{"FailedRecordCount":0,"Records":[]}'])
    await start(`changes=${url}`, undefined)
    await makeTable('orders', 'changes')
    await put('orders', 'a', 1)
    await put('orders', 'a', 2)
    await expect.poll(() => numbersOf(posts.flatMap(({ records }) => records))).toEqual([1, 2])
    expect(posts[0]).toMatchObject({ target: 'Kinesis_20131202.PutRecords', StreamName: 'changes', StreamARN: arnOf('changes') })
    expect(new Set(posts.flatMap(({ partitionKeys }) => partitionKeys)).size).toBe(1)
  })

  it('gets again, in order, what it did not take', async () => {
    const answers: readonly (readonly [number, string])[] = [
      [500, 'no'],
      [200, '{"FailedRecordCount":1,"Records":[]}'],
      [302, ''],
    ]
    const { url, posts } = await receive((_post, nth) => answers[nth - 1] ?? [200, 'fine'])
    await start(`*=${url}`)
    await makeTable('orders', 'changes')
    for (const n of [1, 2, 3]) await put('orders', 'a', n)
    await expect
      .poll(() => numbersOf(posts.slice(answers.length).flatMap(({ records }) => records)), { timeout: 10_000 })
      .toEqual([1, 2, 3])
    const ids = posts.flatMap(({ records }) => records.map(({ eventID }) => eventID))
    expect(new Set(ids).size).toBe(3)
  })

  it('that cannot be reached keeps nothing else waiting, and gets everything when it can', async () => {
    const { url, posts } = await receive(() => [200, ''])
    const port = new URL(url).port
    const [receiver] = receivers.splice(0)
    receiver?.close()
    await start(`far=${url}`)
    await makeTable('orders', 'far')
    await makeTable('users', 'near')
    for (let n = 0; n < 50; n++) await Promise.all([put('orders', 'a', n), put('users', 'a', n)])
    await expect.poll(async () => (await told('near')).length).toBe(50)
    await stop()
    await start(`far=${url}`)
    await put('orders', 'a', 50)
    receivers.push(receiver as Server)
    receiver?.listen(Number(port), '127.0.0.1')
    await expect
      .poll(() => numbersOf(posts.flatMap(({ records }) => records)), { timeout: 15_000 })
      .toEqual(Array.from({ length: 51 }, (_, n) => n))
  })
})

test('in memory a stream without a URL is not there', async () => {
  server = await startServer(memoryServer(['us-east-1']))
  await makeTable('orders', 'changes')
  const described = () => client().send(new DescribeKinesisStreamingDestinationCommand({ TableName: 'orders' }))
  await expect
    .poll(async () => (await described()).KinesisDataStreamDestinations)
    .toEqual([
      {
        StreamArn: arnOf('changes'),
        DestinationStatus: 'ENABLE_FAILED',
        DestinationStatusDescription: 'User does not have a permission to use kinesis stream',
      },
    ])
})

test.each([
  ['changes', 'kinesis: the records of changes go to an http or https URL, not "changes".'],
  ['changes=file:///etc/passwd', 'kinesis: the records of changes go to an http or https URL, not "file:///etc/passwd".'],
  ['../x=http://a', 'kinesis: "../x" is no name of a stream; it is written as in orders=http://127.0.0.1:4567.'],
])('--kinesis %s is refused', async (kinesis, message) => {
  await expect(readSettings({ kinesis })).rejects.toMatchObject({ code: 'BAD_CONFIG', message })
})

test('--kinesis names streams and where they go', async () => {
  const { kinesisUrls } = await readSettings({ kinesis: 'a=http://x/?q=1, *=https://y' })
  expect([...(kinesisUrls ?? [])].map(([name, url]) => [name, url.href])).toEqual([
    ['a', 'http://x/?q=1'],
    ['*', 'https://y/'],
  ])
})
