import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, expect, test } from 'vitest'
import type { InjectedReply, StartedScheduleReply } from '../admin/wire.ts'
import { memoryServer } from './memory-server.ts'
import type { RunningServer } from './start-server.ts'
import { startServer } from './start-server.ts'

const ends: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function start(
  folder: string,
): Promise<{ server: RunningServer; client: DynamoDBClient; admin: <T>(path: string, body: unknown) => Promise<T> }> {
  const server = await startServer({ ...memoryServer(['us-east-1']), dataFolder: folder })
  const endpoint = `http://127.0.0.1:${server.port}`
  const client = new DynamoDBClient({ region: 'us-east-1', endpoint, credentials: { accessKeyId: 'any', secretAccessKey: 'any' } })
  ends.push(() => client.destroy())
  const admin = async <T>(path: string, body: unknown): Promise<T> => {
    const method = body === undefined ? 'DELETE' : 'POST'
    const response = await fetch(`${endpoint}/_everywrite/${path}`, { method, body: JSON.stringify(body) })
    expect(response.ok).toBe(true)
    return (await response.json()) as T
  }
  return { server, client, admin }
}

test('reads lag on the disk too, over a crash and beside a timeline, and leave nothing behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'everywrite-lagging-'))
  ends.push(() => rmSync(folder, { recursive: true, force: true }))
  const { server, client, admin } = await start(folder)
  await client.send(
    new CreateTableCommand({
      TableName: 'users',
      AttributeDefinitions: ['id', 'mail'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        { IndexName: 'by-mail', KeySchema: [{ AttributeName: 'mail', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  )
  const put = (mail: string, id = 'ann') =>
    client.send(new PutItemCommand({ TableName: 'users', Item: { id: { S: id }, mail: { S: mail } } }))
  const mail = async (ConsistentRead = false): Promise<string | undefined> =>
    (await client.send(new GetItemCommand({ TableName: 'users', Key: { id: { S: 'ann' } }, ConsistentRead }))).Item?.['mail']?.S
  const found = async (address: string): Promise<number | undefined> => {
    const by = { KeyConditionExpression: 'mail = :m', ExpressionAttributeValues: { ':m': { S: address } } }
    return (await client.send(new QueryCommand({ TableName: 'users', IndexName: 'by-mail', ...by }))).Count
  }

  await put('a@x')
  const minutes = 10 * 60_000
  const { id } = await admin<InjectedReply>('faults', { kind: 'stale', region: 'us-east-1', ms: minutes })
  const { id: schedule } = await admin<StartedScheduleReply>('schedules', {
    steps: [
      { fault: { kind: 'index-lag', region: 'us-east-1', ms: minutes } },
      { at: '1h', fault: { kind: 'pause', region: 'us-east-1' } },
    ],
  })
  await expect
    .poll(async () => ((await (await fetch(`http://127.0.0.1:${server.port}/_everywrite/faults`)).json()) as { faults: [] }).faults)
    .toHaveLength(2)
  for (let write = 0; write < 300; write++) await put('b@x', write === 0 ? 'ann' : `user-${write}`)
  expect([await mail(), await mail(true), await found('a@x'), await found('b@x')]).toEqual(['a@x', 'b@x', 1, 0])

  await admin('faults', { kind: 'crash', region: 'us-east-1' })
  expect([await mail(), await found('b@x')]).toEqual(['b@x', 300])
  await put('c@x')
  expect([await mail(), await mail(true), await found('c@x')]).toEqual(['b@x', 'c@x', 0])

  await admin(`schedules/${schedule}`, undefined)
  expect([await mail(), await found('c@x')]).toEqual(['b@x', 1])
  await admin(`faults/${id}`, undefined)
  expect(await mail()).toBe('c@x')
  await admin('faults', { kind: 'stale', region: 'us-east-1', ms: minutes })
  await server.close()

  const again = await start(folder)
  ends.push(() => again.server.close())
  const { Item } = await again.client.send(new GetItemCommand({ TableName: 'users', Key: { id: { S: 'ann' } } }))
  expect(Item?.['mail']?.S).toBe('c@x')
})
