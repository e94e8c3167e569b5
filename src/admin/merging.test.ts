import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
  PutItemCommand,
  TagResourceCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import type { AttributeValue, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { memoryServer } from '../server/memory-server.ts'
import type { RunningServer } from '../server/start-server.ts'
import { startServer } from '../server/start-server.ts'
import type { ConflictReport, ConflictsReply, DigestReply, FunctionReply, PolicyReply } from './wire.ts'

/** The policies that make something of several versions, as SDKs see them: three Regions, a partition of all from all, writes in each, and the end of it. */

const regions = ['us-east-1', 'us-west-2', 'eu-west-1'] as const
const [east, west, europe] = regions
let server: RunningServer
let url = ''
let clients: Record<string, DynamoDBClient> = {}

beforeEach(async () => {
  server = await startServer(memoryServer([...regions]))
  url = `http://127.0.0.1:${server.port}`
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
  clients = Object.fromEntries(regions.map((region) => [region, new DynamoDBClient({ region, endpoint: url, credentials })]))
  await client(east).send(
    new CreateTableCommand({
      TableName: 'carts',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  )
  for (const region of [west, europe]) {
    await client(east).send(new UpdateTableCommand({ TableName: 'carts', ReplicaUpdates: [{ Create: { RegionName: region } }] }))
    for (const of of [east, region]) await expect.poll(() => statusIn(of), { timeout: 10_000 }).toBe('ACTIVE')
  }
})
afterEach(async () => {
  for (const client of Object.values(clients)) client.destroy()
  await server.close()
})

function client(region: string): DynamoDBClient {
  const found = clients[region]
  if (found === undefined) throw new Error(`no client for ${region}`)
  return found
}

async function describe(region: string): Promise<{ status: string | undefined; arn: string | undefined }> {
  const { Table } = await client(region).send(new DescribeTableCommand({ TableName: 'carts' }))
  return { status: Table?.TableStatus, arn: Table?.TableArn }
}

const statusIn = (region: string): Promise<string | undefined> =>
  describe(region).then(
    ({ status }) => status,
    () => undefined,
  )

async function admin<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
  const response = await fetch(`${url}/_everywrite/${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return { status: response.status, body: (await response.json()) as T }
}

async function follows(policy: string): Promise<void> {
  await expect
    .poll(async () => (await admin<PolicyReply>('GET', 'tables/carts/policy')).body, { timeout: 10_000 })
    .toMatchObject({ policy, followed: true })
}

async function setPolicy(policy: string): Promise<void> {
  expect(await admin('PUT', 'tables/carts/policy', { policy })).toMatchObject({ status: 200 })
  await follows(policy)
}

async function partitioned(writes: () => Promise<unknown>): Promise<void> {
  for (const between of [
    [east, west],
    [east, europe],
    [west, europe],
  ])
    await admin('POST', 'faults', { kind: 'partition', between })
  await writes()
  await admin('DELETE', 'faults')
  await converged()
}

async function converged(): Promise<void> {
  const digest = async (): Promise<DigestReply> => (await admin<DigestReply>('GET', 'tables/carts/digest')).body
  await expect.poll(async () => (await digest()).converged, { timeout: 10_000 }).toBe(true)
  expect(new Set(Object.values((await digest()).digests)).size).toBe(1)
}

const conflicts = async (): Promise<readonly ConflictReport[]> => (await admin<ConflictsReply>('GET', 'conflicts?')).body.conflicts

async function itemEverywhere(id: string): Promise<Record<string, AttributeValue> | undefined> {
  const items = await Promise.all(
    regions.map(async (region) => (await client(region).send(new GetItemCommand({ TableName: 'carts', Key: { id: { S: id } } }))).Item),
  )
  for (const item of items) expect(item).toEqual(items[0])
  return items[0]
}

function update(region: string, id: string, UpdateExpression: string, values: Record<string, AttributeValue>): Promise<unknown> {
  return client(region).send(
    new UpdateItemCommand({ TableName: 'carts', Key: { id: { S: id } }, UpdateExpression, ExpressionAttributeValues: values }),
  )
}

const add = (region: string, by: number): Promise<unknown> => update(region, 'a', 'ADD hits :n', { ':n': { N: String(by) } })

test('REP-16: ADD in three Regions that do not see each other: the sum everywhere, through every kind of write that adds', async () => {
  await setPolicy('merge')
  const legacy: UpdateItemCommandInput = {
    TableName: 'carts',
    Key: { id: { S: 'a' } },
    AttributeUpdates: { hits: { Action: 'ADD', Value: { N: '1000' } } },
  }
  await partitioned(async () => {
    await add(east, 1)
    await add(west, 10)
    await add(europe, 100)
    await client(east).send(new UpdateItemCommand(legacy))
    await client(west).send(
      new TransactWriteItemsCommand({
        TransactItems: [
          {
            Update: {
              TableName: 'carts',
              Key: { id: { S: 'a' } },
              UpdateExpression: 'SET hits = hits + :n',
              ExpressionAttributeValues: { ':n': { N: '10000' } },
            },
          },
        ],
      }),
    )
    await client(europe).send(new ExecuteStatementCommand({ Statement: `UPDATE "carts" SET hits = hits + 100000 WHERE id = 'a'` }))
  })
  expect(await itemEverywhere('a')).toEqual({ id: { S: 'a' }, hits: { N: '111111' } })
  expect(await conflicts()).toEqual([])
})

test('REP-14, REP-17: attributes, sets, lists and maps of three Regions are put together; a put and a batch write what differs', async () => {
  await setPolicy('merge')
  const item = {
    id: { S: 'a' },
    tags: { SS: ['t'] },
    entries: { L: [{ N: '0' }] },
    address: { M: { city: { S: 'Rome' } } },
    name: { S: 'ann' },
  }
  await client(east).send(new PutItemCommand({ TableName: 'carts', Item: item }))
  await converged()
  await partitioned(async () => {
    await update(east, 'a', 'ADD tags :t SET entries = list_append(entries, :l)', { ':t': { SS: ['u'] }, ':l': { L: [{ N: '1' }] } })
    await client(east).send(new ExecuteStatementCommand({ Statement: `UPDATE "carts" SET tags = set_add(tags, <<'w'>>) WHERE id = 'a'` }))
    await update(west, 'a', 'SET address.street = :s, entries = list_append(entries, :l)', {
      ':s': { S: 'Via' },
      ':l': { L: [{ N: '2' }] },
    })
    await client(europe).send(
      new BatchWriteItemCommand({
        RequestItems: { carts: [{ PutRequest: { Item: { ...item, name: { S: 'bob' }, tags: { SS: ['t', 'v'] } } } }] },
      }),
    )
  })
  const merged = await itemEverywhere('a')
  expect({
    ...merged,
    tags: new Set(merged?.['tags']?.SS),
    entries: merged?.['entries']?.L?.slice(1)
      .map(({ N }) => N)
      .sort(),
  }).toEqual({
    id: { S: 'a' },
    name: { S: 'bob' },
    address: { M: { city: { S: 'Rome' }, street: { S: 'Via' } } },
    tags: new Set(['t', 'u', 'v', 'w']),
    entries: ['1', '2'],
  })
  expect(await conflicts()).toEqual([])
})

test('REP-18: of a partly shown version the ledger names what it lost, and a resolution settles it', async () => {
  await setPolicy('merge')
  await partitioned(async () => {
    await update(east, 'a', 'SET x = :v, y = :v', { ':v': { S: 'east' } })
    await update(west, 'a', 'SET x = :v, z = :v', { ':v': { S: 'west' } })
  })
  expect(await itemEverywhere('a')).toEqual({ id: { S: 'a' }, x: { S: 'west' }, y: { S: 'east' }, z: { S: 'west' } })
  const [found, ...others] = await conflicts()
  expect(others).toEqual([])
  expect(found).toMatchObject({ rule: 'merge', lostAttributes: ['x'], loser: { region: east } })
  expect(await admin('POST', `conflicts/${found?.id}/resolve`, { restore: true })).toMatchObject({ status: 200 })
  await converged()
  expect(await itemEverywhere('a')).toEqual({ id: { S: 'a' }, x: { S: 'east' }, y: { S: 'east' } })
  expect(await conflicts()).toEqual([])
})

/** The cart with the most items, and all notes together. */
const source = `function decide(versions) {
  const items = versions.map(({ item }) => item).filter((item) => item !== null)
  const most = items.reduce((a, b) => (Number(b.count.N) > Number(a.count.N) ? b : a))
  if (items.length < 2 || most.alone) return most
  return { ...most, notes: { L: items.map(({ note }) => note) } }
}`

const put = (region: string, id: string, attributes: Record<string, AttributeValue>): Promise<unknown> =>
  client(region).send(new PutItemCommand({ TableName: 'carts', Item: { id: { S: id }, ...attributes } }))

test('REP-13: a function that was set with its source decides, with exact numbers, and what it made is built on', async () => {
  const { status, body } = await admin<PolicyReply>('PUT', 'tables/carts/policy', { source })
  expect(status).toBe(200)
  expect(body.policy).toMatch(/^custom:[0-9a-f]{32}$/)
  await follows(body.policy)
  await partitioned(async () => {
    await put(east, 'a', { count: { N: '12345678901234567890123456789012345678' }, note: { S: 'e' } })
    await put(west, 'a', { count: { N: '2' }, note: { S: 'w' } })
    await put(east, 'b', { count: { N: '9' }, note: { S: 'e' }, alone: { BOOL: true } })
    await put(europe, 'b', { count: { N: '1' }, note: { S: 'f' } })
  })
  expect(await itemEverywhere('a')).toEqual({
    id: { S: 'a' },
    count: { N: '12345678901234567890123456789012345678' },
    note: { S: 'e' },
    notes: { L: [{ S: 'e' }, { S: 'w' }] },
  })
  expect(await itemEverywhere('b')).toMatchObject({ note: { S: 'e' }, alone: { BOOL: true } })
  expect(await conflicts()).toMatchObject([
    { key: { id: { S: 'a' } }, rule: 'custom', lostAttributes: ['notes'] },
    { key: { id: { S: 'a' } }, rule: 'custom', lostAttributes: ['count', 'note', 'notes'] },
    { key: { id: { S: 'b' } }, rule: 'custom', loser: { region: europe } },
  ])
  await update(west, 'a', 'SET note = :n', { ':n': { S: 'later' } })
  await converged()
  expect(await itemEverywhere('a')).toMatchObject({ note: { S: 'later' }, notes: { L: [{ S: 'e' }, { S: 'w' }] } })
})

test.each([
  ['() => { throw new Error("never") }', 'never'],
  ['() => { for (;;); }', 'interrupted'],
  ['() => ({ id: 7 })', 'no valid item'],
  ['(versions) => ({ ...versions[0].item, id: { S: "other" } })', 'changed the key'],
  ['() => Math.random()', 'not a function'],
])('REP-13 (F21): with %s the highest version is shown, and the entry says why', async (broken, why) => {
  const { body } = await admin<PolicyReply>('PUT', 'tables/carts/policy', { source: broken })
  await follows(body.policy)
  await partitioned(async () => {
    await put(east, 'a', { x: { S: 'first' } })
    await put(west, 'a', { x: { S: 'second' } })
  })
  expect(await itemEverywhere('a')).toEqual({ id: { S: 'a' }, x: { S: 'second' } })
  expect(await conflicts()).toMatchObject([{ rule: 'custom', loser: { region: east }, failed: expect.stringContaining(why) as string }])
})

test('REP-13: a function is registered, and named by a tag; what is none, and a name that nobody registered, are refused', async () => {
  const { body } = await admin<FunctionReply>('POST', 'functions', { source })
  expect((await admin('POST', 'functions', { source })).body).toEqual(body)
  expect((await admin('GET', 'functions')).body).toEqual({ policies: [body.policy] })
  const { arn } = await describe(west)
  const tag = (Value: string): Promise<unknown> =>
    client(west).send(new TagResourceCommand({ ResourceArn: String(arn), Tags: [{ Key: 'everywrite:conflict-policy', Value }] }))
  await tag(body.policy)
  await follows(body.policy)
  await expect(tag('custom:cart')).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('no function cart is registered') as string,
  })
  await expect(tag('custom')).rejects.toMatchObject({ name: 'ValidationException' })
  expect(await admin('POST', 'functions', { source: '() => {' })).toMatchObject({ status: 400 })
  expect(await admin('POST', 'functions', { source: '7' })).toMatchObject({ status: 400 })
  expect(await admin('POST', 'functions', { source: `() => "${'x'.repeat(70_000)}"` })).toMatchObject({ status: 400 })
  expect(await admin('POST', 'functions', {})).toMatchObject({ status: 400 })
  expect(await admin('PUT', 'tables/carts/policy', { policy: 'merge', source })).toMatchObject({ status: 400 })
})

test('REP-13: a function is removed when no table names it any more, in no Region, and all run', async () => {
  const { body } = await admin<FunctionReply>('POST', 'functions', { source })
  const path = `functions/${body.policy}`
  await setPolicy(body.policy)
  const inUse = { status: 409, body: { error: 'The conflict policy of table carts names the function.' } }
  expect(await admin('DELETE', path)).toEqual(inUse)
  const crash = await admin<{ id: string }>('POST', 'faults', { kind: 'crash', region: europe, durationMs: 600_000 })
  expect((await admin('PUT', 'tables/carts/policy', { policy: 'merge' })).status).toBe(200)
  expect(await admin('DELETE', path)).toMatchObject({ status: 409, body: { error: expect.stringContaining(`Region ${europe}`) as string } })
  await admin('DELETE', `faults/${crash.body.id}`)
  await follows('merge')
  await expect.poll(() => admin('DELETE', path)).toEqual({ status: 200, body: { policies: [] } })
  expect((await admin('DELETE', path)).status).toBe(404)
  expect(await admin('PUT', 'tables/carts/policy', { policy: body.policy })).toMatchObject({ status: 400 })
  expect((await admin<FunctionReply>('POST', 'functions', { source })).body).toEqual(body)
})

test('REP-11: last-writer-wins, merge, custom and back, while items are in conflict: the same everywhere at each step', async () => {
  await partitioned(async () => {
    await put(east, 'a', { count: { N: '5' }, note: { S: 'e' } })
    await put(west, 'a', { count: { N: '7' }, note: { S: 'w' }, extra: { S: 'x' } })
    await put(europe, 'a', { count: { N: '1' }, note: { S: 'f' } })
  })
  expect(await itemEverywhere('a')).toMatchObject({ note: { S: 'f' } })
  await setPolicy('merge')
  await converged()
  expect(await itemEverywhere('a')).toEqual({ id: { S: 'a' }, count: { N: '1' }, note: { S: 'f' }, extra: { S: 'x' } })
  const { body } = await admin<PolicyReply>('PUT', 'tables/carts/policy', { source })
  await follows(body.policy)
  await converged()
  expect(await itemEverywhere('a')).toMatchObject({
    count: { N: '7' },
    extra: { S: 'x' },
    notes: { L: [{ S: 'e' }, { S: 'w' }, { S: 'f' }] },
  })
  await setPolicy('last-writer-wins')
  await converged()
  expect(await itemEverywhere('a')).toEqual({ id: { S: 'a' }, count: { N: '1' }, note: { S: 'f' } })
  expect((await conflicts()).map(({ loser }) => loser.region).sort()).toEqual([east, west])
})
