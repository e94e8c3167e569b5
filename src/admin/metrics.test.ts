import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { memoryServer } from '../server/memory-server.ts'
import type { RunningServer } from '../server/start-server.ts'
import { startServer } from '../server/start-server.ts'
import type { DigestReply, FaultBody, ReplicationReply } from './wire.ts'

let server: RunningServer
let url = ''
const clientByRegion = new Map<string, DynamoDBClient>()
const [east, west] = ['us-east-1', 'eu-west-1'] as const

beforeEach(async () => {
  server = await startServer({ ...memoryServer([east, west]), sweepEveryMs: 50 })
  url = `http://127.0.0.1:${server.port}`
})
afterEach(async () => {
  for (const client of clientByRegion.values()) client.destroy()
  clientByRegion.clear()
  await server.close()
})

function client(region: string): DynamoDBClient {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
  const made = clientByRegion.get(region) ?? new DynamoDBClient({ region, endpoint: url, credentials, maxAttempts: 1 })
  clientByRegion.set(region, made)
  return made
}

async function get<T>(path: string): Promise<T> {
  return (await (await fetch(`${url}/_everywrite/${path}`)).json()) as T
}

async function makeGlobal(TableName: string, more: Partial<CreateTableCommandInput> = {}): Promise<void> {
  await client(east).send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      ...more,
    }),
  )
  await client(east).send(new UpdateTableCommand({ TableName, ReplicaUpdates: [{ Create: { RegionName: west } }] }))
  const statuses = async () => {
    const { tables } = await get<ReplicationReply>('replication')
    return tables.find(({ table }) => table === TableName)?.replicas.map(({ status }) => status)
  }
  await expect.poll(statuses, { timeout: 20_000 }).toEqual(['ACTIVE', 'ACTIVE'])
}

const put = (region: string, TableName: string, id: string, bytes = 10, more = {}): Promise<unknown> =>
  client(region).send(new PutItemCommand({ TableName, Item: { id: { S: id }, note: { S: 'x'.repeat(bytes) } }, ...more }))

async function fault(body: FaultBody): Promise<void> {
  expect((await fetch(`${url}/_everywrite/faults`, { method: 'POST', body: JSON.stringify(body) })).status).toBe(201)
}

const heal = (): Promise<unknown> => fetch(`${url}/_everywrite/faults`, { method: 'DELETE' })

const converged = (table: string) =>
  expect.poll(() => get<DigestReply>(`tables/${table}/digest`).then((digest) => digest.converged), { timeout: 20_000 }).toBe(true)

/** The value of the one sample with this name and these labels; undefined when there is none. */
async function metric(name: string, labels: Readonly<Record<string, string>>): Promise<number | undefined> {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split('\n')
  const given = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  const found = lines.flatMap((line) => {
    const [, of = '', value] = new RegExp(`^everywrite_${name}\\{([^}]*)\\} (\\S+)$`).exec(line) ?? []
    const has = of.split(',')
    return value !== undefined && has.length === given.length && given.every((label) => has.includes(label)) ? [Number(value)] : []
  })
  expect(found.length, `${name} ${given.join(',')}`).toBeLessThanOrEqual(1)
  return found[0]
}

const units = (table: string, region: string, source: string, index = {}) =>
  metric('consumed_write_capacity_units_total', { table, region, source, ...index })

test('a write consumes units of its customer at home, and as many of the global table in the other Region', async () => {
  await makeGlobal('orders')
  await put(east, 'orders', 'small')
  await put(east, 'orders', 'large', 2500)
  await put(west, 'orders', 'other')
  await converged('orders')
  expect(await units('orders', east, 'Customer')).toBe(1 + 3)
  expect(await units('orders', west, 'GlobalTable')).toBe(1 + 3)
  expect(await units('orders', west, 'Customer')).toBe(1)
  expect(await units('orders', east, 'GlobalTable')).toBe(1)

  // The smaller item costs what it replaces, in both Regions.
  await put(east, 'orders', 'large')
  // A condition that does not hold costs at home, and nothing elsewhere.
  await expect(put(east, 'orders', 'small', 10, { ConditionExpression: 'attribute_not_exists(id)' })).rejects.toThrow(
    'The conditional request failed',
  )
  await converged('orders')
  expect(await units('orders', east, 'Customer')).toBe(4 + 3 + 1)
  expect(await units('orders', west, 'GlobalTable')).toBe(4 + 3)
})

test('an item that expires costs nothing where it is deleted, and a write in the other Region', async () => {
  await makeGlobal('sessions')
  const TimeToLiveSpecification = { AttributeName: 'expires', Enabled: true }
  await client(east).send(new UpdateTimeToLiveCommand({ TableName: 'sessions', TimeToLiveSpecification }))
  const Item = { id: { S: 'old' }, expires: { N: String(Math.floor(Date.now() / 1000) - 60) } }
  await client(east).send(new PutItemCommand({ TableName: 'sessions', Item }))
  // The put, and the deletion.
  await expect.poll(() => units('sessions', west, 'GlobalTable'), { timeout: 20_000 }).toBe(2)
  expect([await units('sessions', east, 'Customer'), await units('sessions', east, 'GlobalTable')]).toEqual([1, 0])
  expect(await units('sessions', west, 'Customer')).toBe(0)
})

test('a transaction costs twice at home and once elsewhere, and a global index has its own units in each Region', async () => {
  await makeGlobal('users', {
    AttributeDefinitions: [
      { AttributeName: 'id', AttributeType: 'S' },
      { AttributeName: 'city', AttributeType: 'S' },
    ],
    GlobalSecondaryIndexes: [
      { IndexName: 'by-city', KeySchema: [{ AttributeName: 'city', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
    ],
  })
  const TransactItems = ['ann', 'bob'].map((id) => ({ Put: { TableName: 'users', Item: { id: { S: id }, city: { S: 'Rome' } } } }))
  await client(east).send(new TransactWriteItemsCommand({ TransactItems }))
  await converged('users')
  expect(await units('users', east, 'Customer')).toBe(4)
  expect(await units('users', west, 'GlobalTable')).toBe(2)
  const index = { index: 'by-city' }
  expect(await units('users', east, 'Customer', index)).toBe(2)
  expect(await units('users', west, 'GlobalTable', index)).toBe(2)
  expect(await units('users', west, 'Customer', index)).toBe(0)
})

test('ReplicationLatency is that of each pair: a slow link shows in its own direction', async () => {
  await makeGlobal('slow')
  await fault({ kind: 'latency', from: east, to: west, ms: 150 })
  for (const id of ['a', 'b', 'c']) await put(east, 'slow', id)
  await converged('slow')
  const there = { table: 'slow', source_region: east, receiving_region: west }
  const back = { table: 'slow', source_region: west, receiving_region: east }
  const name = 'replication_latency_milliseconds'
  expect(await metric(`${name}_count`, there)).toBe(3)
  expect(await metric(`${name}_sum`, there)).toBeGreaterThanOrEqual(3 * 149)
  for (const quantile of ['0.5', '0.99', '0.999']) expect(await metric(name, { ...there, quantile })).toBeGreaterThanOrEqual(149)
  expect(await metric(`${name}_count`, back)).toBe(0)
  expect(await metric(name, { ...back, quantile: '0.5' })).toBeUndefined()
})

test('what a partition holds back is counted, with the age of the oldest, and is gone when it heals', async () => {
  await makeGlobal('held')
  const there = { table: 'held', source_region: east, receiving_region: west }
  const back = { table: 'held', source_region: west, receiving_region: east }
  const age = () => metric('age_of_oldest_unreplicated_record_milliseconds', there)
  await put(east, 'held', 'before')
  await converged('held')
  await expect.poll(() => metric('pending_replication_count', there), { timeout: 20_000 }).toBe(0)
  expect(await age()).toBe(0)

  await fault({ kind: 'partition', between: [east, west] })
  const since = Date.now()
  for (let n = 0; n < 5; n++) await put(east, 'held', `item-${n}`)
  await put(west, 'held', 'other')
  expect(await metric('pending_replication_count', there)).toBe(5)
  expect(await metric('pending_replication_count', back)).toBe(1)
  expect(await metric('replication_link_up', there)).toBe(0)
  await expect.poll(age, { timeout: 20_000 }).toBeGreaterThan(100)
  expect(await age()).toBeLessThanOrEqual(Date.now() - since)

  await heal()
  await converged('held')
  await expect.poll(() => metric('pending_replication_count', there), { timeout: 20_000 }).toBe(0)
  expect(await age()).toBe(0)
})

test('conflicts are counted by table and by the policy that decided', async () => {
  const conflict = async (table: string, id: string): Promise<void> => {
    await fault({ kind: 'partition', between: [east, west] })
    await put(east, table, id, 1)
    await put(west, table, id, 2)
    await heal()
    await converged(table)
  }
  await makeGlobal('quiet')
  await makeGlobal('users')
  await conflict('users', 'ann')
  await conflict('users', 'bob')
  const policy = { method: 'PUT', body: JSON.stringify({ policy: 'version-check' }) }
  expect((await fetch(`${url}/_everywrite/tables/users/policy`, policy)).status).toBe(200)
  await conflict('users', 'cyd')
  const found = (of: string, table = 'users') => metric('conflicts_total', { table, region: east, policy: of })
  expect([await found('last-writer-wins'), await found('version-check')]).toEqual([2, 1])
  expect(await found('last-writer-wins', 'quiet')).toBeUndefined()
})

test('the difference between two clocks is told for each pair, in both directions', async () => {
  await makeGlobal('clocks')
  await fault({ kind: 'skew', region: east, ms: 5000 })
  await fault({ kind: 'skew', region: west, ms: -250 })
  const ahead = (source_region: string, receiving_region: string) =>
    metric('clock_difference_milliseconds', { source_region, receiving_region })
  expect([await ahead(east, west), await ahead(west, east)]).toEqual([5250, -5250])
})
