import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTagsOfResourceCommand,
  PutItemCommand,
  TagResourceCommand,
  TransactWriteItemsCommand,
  UntagResourceCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { memoryServer } from '../server/memory-server.ts'
import type { RunningServer } from '../server/start-server.ts'
import { startServer } from '../server/start-server.ts'
import type { ConflictReport, ConflictsReply, DigestReply, PolicyReply } from './wire.ts'

/** The conflict policy of a table, as SDKs and the control API set it, and what it does to what SDKs see. */

const [east, europe] = ['us-east-1', 'eu-west-1']
let server: RunningServer
let url = ''
let clients: Record<string, DynamoDBClient> = {}

beforeEach(async () => {
  server = await startServer(memoryServer([east, europe]))
  url = `http://127.0.0.1:${server.port}`
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
  clients = Object.fromEntries([east, europe].map((region) => [region, new DynamoDBClient({ region, endpoint: url, credentials })]))
  await makeTable()
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

async function makeTable(): Promise<void> {
  await client(east).send(
    new CreateTableCommand({
      TableName: 'users',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  )
  await client(east).send(new UpdateTableCommand({ TableName: 'users', ReplicaUpdates: [{ Create: { RegionName: europe } }] }))
  await expect.poll(() => describe(europe).catch(() => undefined), { timeout: 10_000 }).toMatchObject({ TableStatus: 'ACTIVE' })
  await expect.poll(() => describe(east), { timeout: 10_000 }).toMatchObject({ TableStatus: 'ACTIVE' })
}

async function describe(region: string): Promise<Record<string, unknown>> {
  const { Table } = await client(region).send(new DescribeTableCommand({ TableName: 'users' }))
  return { ...Table }
}

async function tag(region: string, value: string): Promise<void> {
  const { TableArn } = await describe(region)
  await client(region).send(
    new TagResourceCommand({ ResourceArn: String(TableArn), Tags: [{ Key: 'everywrite:conflict-policy', Value: value }] }),
  )
}

async function tagsOf(region: string): Promise<unknown> {
  const { TableArn } = await describe(region)
  return (await client(region).send(new ListTagsOfResourceCommand({ ResourceArn: String(TableArn) }))).Tags
}

async function admin(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}/_everywrite/${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return { status: response.status, body: await response.json() }
}

const policy = async (): Promise<PolicyReply> => (await admin('GET', 'tables/users/policy')).body as PolicyReply
const converged = async (): Promise<boolean> => ((await admin('GET', 'tables/users/digest')).body as DigestReply).converged

const put = (region: string, id: string, attributes: Record<string, string>): Promise<unknown> =>
  client(region).send(
    new PutItemCommand({
      TableName: 'users',
      Item: { id: { S: id }, ...Object.fromEntries(Object.entries(attributes).map(([name, S]) => [name, { S }])) },
    }),
  )

test('REP-11: TagResource in any Region sets the policy of all, and DescribeTable says what it said before', async () => {
  const before = await describe(east)
  await tag(europe, 'home-region:attribute=home')
  await expect.poll(policy).toMatchObject({ policy: 'home-region:attribute=home', followed: true })
  expect(await tagsOf(east)).toEqual([{ Key: 'everywrite:conflict-policy', Value: 'home-region:attribute=home' }])
  expect(await describe(east)).toEqual(before)
})

test('REP-11: a value that is no policy is a ValidationException that says which there are', async () => {
  await expect(tag(east, 'newest')).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('the policies are last-writer-wins') as string,
  })
  expect(await tagsOf(east)).toEqual([])
})

test('REP-11: the control API sets, shows and takes away the policy', async () => {
  expect(await policy()).toMatchObject({ policy: 'last-writer-wins', followed: true })
  expect(await admin('PUT', 'tables/users/policy', { policy: 'version-check' })).toMatchObject({ status: 200 })
  await expect.poll(policy).toMatchObject({ policy: 'version-check', followed: true, regions: { [east]: 'version-check' } })
  expect(await admin('PUT', 'tables/users/policy', { policy: 'x' })).toMatchObject({ status: 400 })
  expect(await admin('PUT', 'tables/users/policy', 7)).toMatchObject({ status: 400 })
  expect(await admin('PUT', 'tables/none/policy', { policy: null })).toMatchObject({ status: 404 })
  expect(await admin('PUT', 'tables/users/policy', { policy: null })).toMatchObject({ status: 200 })
  await expect.poll(policy).toMatchObject({ policy: 'last-writer-wins', followed: true })
})

test('REP-12: a write away from home is a ValidationException, alone, in a transaction, and of nobody else', async () => {
  await tag(east, 'home-region:attribute=home:refuse')
  await expect.poll(policy).toMatchObject({ followed: true })
  await put(east, 'ann', { home: east })
  await expect.poll(converged).toBe(true)
  const message = `The item's home Region is ${east}, and by its table's conflict policy home-region it is not written in ${europe}`
  await expect(put(europe, 'ann', { home: europe })).rejects.toMatchObject({ name: 'ValidationException', message })
  await expect(put(europe, 'bob', { home: east })).rejects.toMatchObject({ name: 'ValidationException', message })
  await put(europe, 'bob', { home: europe })
  const Item = { id: { S: 'ann' } }
  await expect(
    client(europe).send(
      new TransactWriteItemsCommand({
        TransactItems: [{ Put: { TableName: 'users', Item: { id: { S: 'cid' } } } }, { Put: { TableName: 'users', Item } }],
      }),
    ),
  ).rejects.toMatchObject({
    name: 'TransactionCanceledException',
    CancellationReasons: [{ Code: 'None' }, { Code: 'ValidationError', Message: message }],
  })
  expect((await client(europe).send(new GetItemCommand({ TableName: 'users', Key: { id: { S: 'cid' } } }))).Item).toBeUndefined()
})

async function get(region: string, id: string): Promise<string | undefined> {
  return (await client(region).send(new GetItemCommand({ TableName: 'users', Key: { id: { S: id } } }))).Item?.['email']?.S
}

/** Two writes of one item, neither of which has seen the other; the first one loses, and was read. */
async function makeConflict(id: string): Promise<ConflictReport> {
  await admin('POST', 'faults', { kind: 'partition', between: [east, europe] })
  await put(east, id, { email: 'first' })
  expect(await get(east, id)).toBe('first')
  await put(europe, id, { email: 'second' })
  await admin('DELETE', 'faults')
  await expect.poll(converged, { timeout: 10_000 }).toBe(true)
  const [found] = await conflicts('')
  if (found === undefined) throw new Error('no conflict')
  return found
}

const conflicts = async (query: string): Promise<readonly ConflictReport[]> =>
  ((await admin('GET', `conflicts?${query}`)).body as ConflictsReply).conflicts

test('REP-21: a loser is restored by a write that every Region has, and the conflict is closed in all', async () => {
  const { id, read } = await makeConflict('ann')
  expect(read).toBe(true)
  expect(await admin('POST', `conflicts/${id}/resolve`, { restore: true })).toMatchObject({ status: 200, body: { id } })
  await expect.poll(converged).toBe(true)
  expect([await get(east, 'ann'), await get(europe, 'ann')]).toEqual(['first', 'first'])
  expect(await conflicts('')).toEqual([])
  expect(await conflicts('all=1')).toMatchObject([{ id, resolved: true, open: false }])
  expect(await admin('POST', `conflicts/${id}/resolve`, { restore: true })).toMatchObject({ status: 409 })
})

test('REP-21 (F24): what somebody wrote meanwhile is not overwritten unseen', async () => {
  const { id } = await makeConflict('ann')
  await put(east, 'ann', { email: 'third' })
  await expect.poll(converged).toBe(true)
  const refused = await admin('POST', `conflicts/${id}/resolve`, { restore: true })
  expect(refused).toMatchObject({ status: 409, body: { shown: { region: east, item: { email: { S: 'third' } } } } })
  const { shown } = refused.body as { shown: { version: string } }
  const item = { id: { S: 'ann' }, email: { S: 'both' } }
  expect(await admin('POST', `conflicts/${id}/resolve`, { item, shown: shown.version })).toMatchObject({ status: 200 })
  await expect.poll(converged).toBe(true)
  expect([await get(east, 'ann'), await get(europe, 'ann')]).toEqual(['both', 'both'])
})

test('REP-12 (F23): under version-check a conflict stays open after later writes, until it is resolved', async () => {
  await tag(east, 'version-check')
  await expect.poll(policy).toMatchObject({ followed: true })
  const { id, winner } = await makeConflict('ann')
  expect(winner.item).toMatchObject({ email: { S: 'second' } })
  await put(east, 'ann', { email: 'third' })
  await expect.poll(converged).toBe(true)
  expect(await conflicts('open=1')).toMatchObject([{ id, open: true, rule: 'version-check' }])
  const shown = ((await admin('POST', `conflicts/${id}/resolve`, { item: null })).body as { shown: { version: string } }).shown.version
  expect(await admin('POST', `conflicts/${id}/resolve`, { item: null, shown })).toMatchObject({ status: 200 })
  await expect.poll(converged).toBe(true)
  expect([await get(east, 'ann'), await get(europe, 'ann')]).toEqual([undefined, undefined])
  expect(await conflicts('open=1')).toEqual([])
})

test.each([
  [{}],
  [{ restore: false }],
  [{ restore: true, item: null }],
  [{ item: 7 }],
  [{ item: { id: { S: 'bob' } } }],
  [{ item: {} }],
  [{ restore: true, shown: 7 }],
  [{ restore: true, more: 1 }],
  ['restore'],
])('resolving with %j is refused, and changes nothing', async (body) => {
  const { id } = await makeConflict('ann')
  expect(await admin('POST', `conflicts/${id}/resolve`, body)).toMatchObject({ status: 400 })
  expect(await admin('POST', 'conflicts/none/resolve', { restore: true })).toMatchObject({ status: 404 })
  expect(await conflicts('')).toHaveLength(1)
})

test('a policy is refused where it is set when another Region has no room for its tag, and takes room there like any other', async () => {
  const ResourceArn = String((await describe(europe))['TableArn'])
  const many = Array.from({ length: 50 }, (_, at) => ({ Key: `tag-${at}`, Value: 'x' }))
  await client(europe).send(new TagResourceCommand({ ResourceArn, Tags: many }))
  await expect(tag(east, 'version-check')).rejects.toMatchObject({
    name: 'ValidationException',
    message:
      'Number of Tags exceed the current limit for the provided ResourceArn: ' +
      'the tag everywrite:conflict-policy is the same in all Regions, and users in eu-west-1 has 50 others',
  })
  expect(await tagsOf(east)).toEqual([])
  await client(europe).send(new UntagResourceCommand({ ResourceArn, TagKeys: ['tag-0'] }))
  await tag(east, 'version-check')
  const one = new TagResourceCommand({ ResourceArn, Tags: [{ Key: 'one-more', Value: 'x' }] })
  await expect(client(europe).send(one)).rejects.toThrow('Number of Tags exceed the current limit for the provided ResourceArn')
  // What is taken off everywhere makes room everywhere.
  const policyTag = new UntagResourceCommand({
    ResourceArn: String((await describe(east))['TableArn']),
    TagKeys: ['everywrite:conflict-policy'],
  })
  await client(east).send(policyTag)
  await expect
    .poll(
      () =>
        client(europe)
          .send(one)
          .then(
            () => 'taken',
            () => 'refused',
          ),
      { timeout: 10_000 },
    )
    .toBe('taken')
})
