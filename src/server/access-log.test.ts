import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LogFields } from '../base/log.ts'
import { memoryServer } from './memory-server.ts'
import type { RunningServer, ServerConfig } from './start-server.ts'
import { startServer } from './start-server.ts'

let folder = ''
let file = ''
let server: RunningServer
let client: DynamoDBClient
let events: { readonly event: string; readonly fields: LogFields | undefined }[] = []

const tell = (event: string, fields?: LogFields) => events.push({ event, fields })

async function start(config: Partial<ServerConfig> = {}): Promise<void> {
  server = await startServer({ ...memoryServer(['us-east-1']), accessLog: file, log: { info: tell, warn: tell, error: tell }, ...config })
  client = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${server.port}`,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'any' },
    maxAttempts: 1,
  })
  await client.send(
    new CreateTableCommand({
      TableName: 'users',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  )
}

beforeEach(async () => {
  events = []
  folder = await mkdtemp(join(tmpdir(), 'everywrite-access-'))
  file = join(folder, 'access.log')
})
afterEach(async () => {
  client.destroy()
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const put = (id: string) => client.send(new PutItemCommand({ TableName: 'users', Item: { id: { S: id } } }))

async function lines(path = file): Promise<Record<string, unknown>[]> {
  const text = await readFile(path, 'utf8')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('each request is a line: when, where, what, by whom, and what it came to', async () => {
  await start()
  await put('a')
  await client.send(new GetItemCommand({ TableName: 'users', Key: { id: { S: 'a' } } }))
  const refused = await client.send(new GetItemCommand({ TableName: 'missing', Key: { id: { S: 'a' } } })).catch((error: unknown) => error)
  await expect.poll(lines).toHaveLength(4)
  const [created, written, read, missing] = await lines()
  expect(created).toMatchObject({ operation: 'CreateTable', table: 'users', status: 200 })
  expect(written).toEqual({
    time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    region: 'us-east-1',
    operation: 'PutItem',
    table: 'users',
    status: 200,
    ms: expect.any(Number) as number,
    readUnits: 0,
    writeUnits: 1,
    requestId: expect.stringMatching(/^[0-9A-V]{52}$/) as string,
    accessKeyId: 'AKID',
    from: '127.0.0.1',
  })
  expect(read).toMatchObject({ operation: 'GetItem', readUnits: 0.5 })
  expect(missing).toMatchObject({ table: 'missing', status: 400, error: 'ResourceNotFoundException' })
  expect(missing?.['requestId']).toBe((refused as { $metadata: { requestId: string } }).$metadata.requestId)
})

test('nothing that a client sends makes a line of its own', async () => {
  await start()
  const forged = 'x"}\n{"forged":true}'
  const body = JSON.stringify({ TableName: forged, Key: { id: { S: forged } } })
  await new Promise<void>((resolve, reject) => {
    const request = httpRequest(
      {
        port: server.port,
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': 'DynamoDB_20120810.GetItem',
          'x-amz-date': '20260101T000000Z',
          authorization:
            'AWS4-HMAC-SHA256 Credential="}{\\u000aforged/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
        },
      },
      (response) => response.resume().on('end', resolve),
    )
    request.on('error', reject).end(body)
  })
  await expect.poll(lines).toHaveLength(2)
  expect((await lines())[1]).toMatchObject({ operation: 'GetItem', table: forged, status: 400 })
})

test('after its file was moved away it goes on in a new one, and no line is lost', async () => {
  await start()
  await put('a')
  await rename(file, `${file}.1`)
  server.reopenLogs()
  await expect
    .poll(() =>
      readFile(file, 'utf8').then(
        () => true,
        () => false,
      ),
    )
    .toBe(true)
  await put('b')
  await expect.poll(async () => (await lines()).length + (await lines(`${file}.1`)).length).toBe(3)
  expect((await lines(`${file}.1`))[0]).toMatchObject({ operation: 'CreateTable' })
})

test('a disk that is full stops no request; it is said once, and once when there is room again', async ({ skip }) => {
  const disk = join(folder, 'disk')
  await writeFile(join(folder, 'made'), '')
  const mounted = spawnSync('sh', ['-c', `mkdir ${disk} && mount -t tmpfs -o size=64k tmpfs ${disk}`]).status === 0
  if (!mounted) await start()
  skip(!mounted, 'needs root on Linux, to mount a small disk')
  try {
    file = join(disk, 'access.log')
    await writeFile(join(disk, 'fill'), Buffer.alloc(56 * 1024))
    await start()
    for (let at = 0; at < 100; at++) await put(`item-${at}`)
    await expect.poll(() => events.length).toBeGreaterThan(0)
    for (let at = 0; at < 20; at++) await put(`more-${at}`)
    expect(events.filter(({ event }) => event === 'access-log-not-written')).toHaveLength(1)
    await rm(join(disk, 'fill'))
    await put('last')
    await expect.poll(() => events.map(({ event }) => event)).toEqual(['access-log-not-written', 'access-log-written-again'])
    await expect.poll(async () => (await lines()).length).toBe(122)
  } finally {
    spawnSync('umount', ['--lazy', disk])
  }
})

test('a file that cannot be written is one clear sentence at the start', async () => {
  await start()
  const config = { ...memoryServer(['us-east-1']), accessLog: join(folder, 'no', 'such', 'folder') }
  await expect(startServer(config)).rejects.toMatchObject({
    code: 'ACCESS_LOG_UNUSABLE',
    message: expect.stringContaining('ENOENT') as string,
  })
})
