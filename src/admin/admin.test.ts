import { request } from 'node:http'
import {
  DynamoDBClient,
  PutItemCommand,
  CreateTableCommand,
  UpdateContributorInsightsCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { memoryServer } from '../server/memory-server.ts'
import type { RunningServer } from '../server/start-server.ts'
import { startServer } from '../server/start-server.ts'
import type { ConflictsReply, ContributorsReply, DigestReply, FaultsReply, RegionsReply, ReplicationReply } from './wire.ts'

let server: RunningServer
let url = ''
const clients: DynamoDBClient[] = []

beforeEach(async () => {
  server = await startServer(memoryServer(['us-east-1', 'eu-west-1']))
  url = `http://127.0.0.1:${server.port}`
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await server.close()
})

function client(region: string): DynamoDBClient {
  const made = new DynamoDBClient({ region, endpoint: url, credentials: { accessKeyId: 'any', secretAccessKey: 'any' } })
  clients.push(made)
  return made
}

async function get<T>(path: string): Promise<T> {
  const response = await fetch(`${url}/_everywrite/${path}`)
  return (await response.json()) as T
}

function post(body: unknown): Promise<Response> {
  return fetch(`${url}/_everywrite/faults`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) })
}

const converged = (): Promise<boolean> => get<DigestReply>('tables/users/digest').then((digest) => digest.converged)

async function makeUsers(): Promise<void> {
  const east = client('us-east-1')
  await east.send(
    new CreateTableCommand({
      TableName: 'users',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  )
  await east.send(new UpdateTableCommand({ TableName: 'users', ReplicaUpdates: [{ Create: { RegionName: 'eu-west-1' } }] }))
  await expect.poll(() => statuses(), { timeout: 10_000 }).toEqual({ 'us-east-1': 'ACTIVE', 'eu-west-1': 'ACTIVE' })
}

async function statuses(): Promise<Record<string, string>> {
  const { tables } = await get<ReplicationReply>('replication')
  return Object.fromEntries(tables.flatMap(({ replicas }) => replicas.map(({ region, status }) => [region, status])))
}

const put = (region: string, id: string, email: string): Promise<unknown> =>
  client(region).send(new PutItemCommand({ TableName: 'users', Item: { id: { S: id }, email: { S: email } } }))

/** Two writes of one item, neither of which has seen the other. */
async function makeConflict(id: string, ofEast: string, ofWest: string): Promise<void> {
  await post({ kind: 'partition', between: ['us-east-1', 'eu-west-1'] })
  await put('us-east-1', id, ofEast)
  await put('eu-west-1', id, ofWest)
  await fetch(`${url}/_everywrite/faults`, { method: 'DELETE' })
  await expect.poll(converged, { timeout: 10_000 }).toBe(true)
}

test('health says what serves, and the Regions what they hold', async () => {
  expect(await get('health')).toMatchObject({ status: 'ok', profile: 'instant', clock: 'hlc', regions: ['eu-west-1', 'us-east-1'] })
  await makeUsers()
  await put('us-east-1', 'ann', 'ann@email.com')
  await expect.poll(converged).toBe(true)
  await post({ kind: 'skew', region: 'eu-west-1', ms: 5000 })
  await post({ kind: 'outage', region: 'us-east-1' })
  const { regions } = await get<RegionsReply>('regions')
  const tables = [{ name: 'users', status: 'ACTIVE', items: 1, sizeBytes: 23 }]
  expect(regions).toEqual([
    { name: 'eu-west-1', status: 'running', clockOffsetMs: 5000, tables },
    { name: 'us-east-1', status: 'outage', clockOffsetMs: 0, tables },
  ])
})

test('a conflict tells who wrote what, when by which clock, and what was lost', async () => {
  await makeUsers()
  await post({ kind: 'skew', region: 'us-east-1', ms: 60_000 })
  await makeConflict('ann', 'fast@email.com', 'later@email.com')
  const { conflicts } = await get<ConflictsReply>('conflicts')
  expect(conflicts).toHaveLength(1)
  const [conflict] = conflicts
  expect(conflict).toMatchObject({
    key: { id: { S: 'ann' } },
    loser: { region: 'eu-west-1', item: { email: { S: 'later@email.com' } } },
    winner: { region: 'us-east-1', item: { email: { S: 'fast@email.com' } } },
    lostAttributes: ['email'],
    rule: 'last-writer-wins',
    withdrawn: false,
    harmless: false,
  })
  const { writtenAt = '', trueTime = '' } = conflict?.winner ?? {}
  expect(Date.parse(writtenAt) - Date.parse(trueTime)).toBeGreaterThan(59_000)
  expect(Date.parse(trueTime)).toBeLessThanOrEqual(Date.parse(conflict?.loser.trueTime ?? ''))

  await makeConflict('bob', 'same@email.com', 'same@email.com')
  expect((await get<ConflictsReply>('conflicts?table=users')).conflicts).toHaveLength(1)
  expect((await get<ConflictsReply>('conflicts?all=1')).conflicts.map(({ harmless }) => harmless).sort()).toEqual([false, true])
  expect(await get('conflicts?all=1&limit=1')).toMatchObject({ more: true })
  expect((await get<ConflictsReply>('conflicts?since=2100-01-01')).conflicts).toEqual([])
})

for (const [body, reason] of [
  ['{', 'The body is not JSON.'],
  [[], 'A fault is a JSON object with a kind.'],
  [{}, 'kind must be one of partition, pause, latency, skew, outage, crash, throttle, error, slow, index-lag, stale.'],
  [
    { kind: 'flood' },
    'kind must be one of partition, pause, latency, skew, outage, crash, throttle, error, slow, index-lag, stale; there is no flood.',
  ],
  [{ kind: 'pause' }, 'region must name a Region.'],
  [{ kind: 'pause', region: 'mars-1' }, 'There is no Region mars-1 here. The Regions are eu-west-1, us-east-1.'],
  [{ kind: 'partition', between: ['us-east-1'] }, 'between must be a list of two Regions.'],
  [{ kind: 'partition', between: ['us-east-1', 'us-east-1'] }, 'between must name two different Regions; both are us-east-1.'],
  [{ kind: 'latency', from: 'us-east-1', to: 'eu-west-1' }, 'ms is missing.'],
  [{ kind: 'latency', from: 'us-east-1', to: 'eu-west-1', ms: -1 }, 'ms must be a number from 0 to 2147483647.'],
  [{ kind: 'outage', region: 'us-east-1', durationMs: 0 }, 'durationMs must be a number from 1 to 2147483647.'],
  [{ kind: 'crash', region: 'us-east-1', frob: 1 }, 'This kind of fault has no frob.'],
] as const) {
  test(`the fault ${JSON.stringify(body)} is refused: ${reason}`, async () => {
    const response = await post(body)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error: reason })
    expect(await get<FaultsReply>('faults')).toEqual({ faults: [] })
  })
}

test('a fault with a duration heals by itself; one that is gone cannot be healed', async () => {
  const response = await post({ kind: 'pause', region: 'us-east-1', durationMs: 50 })
  expect(response.status).toBe(201)
  const { id } = (await response.json()) as { id: string }
  await expect.poll(() => get<FaultsReply>('faults')).toEqual({ faults: [] })
  expect((await fetch(`${url}/_everywrite/faults/${id}`, { method: 'DELETE' })).status).toBe(404)
})

test('what is not there and what cannot be done is said with its status', async () => {
  expect((await fetch(`${url}/_everywrite/nothing`)).status).toBe(404)
  expect((await fetch(`${url}/_everywrite/tables/nobody/digest`)).status).toBe(404)
  expect((await fetch(`${url}/_everywrite/conflicts?table=nobody`)).status).toBe(404)
  expect((await fetch(`${url}/_everywrite/conflicts?limit=many`)).status).toBe(400)
  expect((await fetch(`${url}/_everywrite/conflicts?since=yesterday`)).status).toBe(400)
  expect((await fetch(`${url}/_everywrite/regions`, { method: 'POST' })).status).toBe(405)
  expect((await fetch(`${url}/_everywrite/%E0%A4%A`)).status).toBe(400)
})

/** `fetch` does not let a page choose these headers; a page that had its own name point here would send them. */
function statusWith(headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/_everywrite/regions`, { headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.once('error', reject)
    sent.end()
  })
}

test('a name that was made to point here, and pages of others, get nothing', async () => {
  expect(await statusWith({ Host: `localhost:${server.port}` })).toBe(200)
  expect(await statusWith({ Host: `eu-west-1.localhost:${server.port}` })).toBe(200)
  expect(await statusWith({ Host: `[::1]:${server.port}` })).toBe(200)
  expect(await statusWith({ Host: 'evil.example' })).toBe(403)
  expect(await statusWith({ Host: '127.0.0.1.evil.example' })).toBe(403)
  expect(await statusWith({ Host: `localhost:${server.port}`, Origin: `http://localhost:${server.port}` })).toBe(200)
  expect(await statusWith({ Host: `localhost:${server.port}`, Origin: 'http://evil.example' })).toBe(403)
  expect(await statusWith({ Host: `localhost:${server.port}`, Origin: 'null' })).toBe(403)
})

test('metrics are in the format of Prometheus, and count what happened', async () => {
  await makeUsers()
  await makeConflict('ann', 'a@email.com', 'b@email.com')
  const response = await fetch(`${url}/metrics`)
  expect(response.headers.get('content-type')).toContain('text/plain')
  const valueByName = parseMetrics(await response.text())
  expect(valueByName.get('everywrite_requests_total{operation="PutItem",region="us-east-1",status="200"}')).toBe(1)
  expect(valueByName.get('everywrite_successful_request_latency_milliseconds_count{operation="PutItem",region="us-east-1"}')).toBe(1)
  expect(
    valueByName.get('everywrite_successful_request_latency_milliseconds_bucket{operation="PutItem",region="us-east-1",le="+Inf"}'),
  ).toBe(1)
  expect(valueByName.get('everywrite_conflicts_total{table="users",region="us-east-1",policy="last-writer-wins"}')).toBe(1)
  expect(
    valueByName.get('everywrite_pending_replication_count{table="users",source_region="us-east-1",receiving_region="eu-west-1"}'),
  ).toBe(0)
  expect(valueByName.get('everywrite_clock_skew_milliseconds{region="us-east-1"}')).toBe(0)
  expect(valueByName.get('everywrite_item_count{table="users",region="eu-west-1"}')).toBe(1)
  const latency =
    'everywrite_replication_latency_milliseconds{table="users",source_region="us-east-1",receiving_region="eu-west-1",quantile="0.5"}'
  expect(valueByName.get(latency)).toBeGreaterThanOrEqual(0)
})

/** Every line must be a comment or a sample. */
function parseMetrics(text: string): ReadonlyMap<string, number> {
  const valueByName = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '' || /^# (HELP|TYPE) [a-z_]+ /.test(line)) continue
    const [, name = '', value] = /^([a-z_]+(?:\{[^}]*\})?) (\S+)$/.exec(line) ?? expect.fail(`not a metric: ${line}`)
    valueByName.set(name, Number(value))
  }
  return valueByName
}

test('events tell a new listener how things are, and then what changes', async () => {
  await makeUsers()
  const response = await fetch(`${url}/_everywrite/events`)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const events = readEvents(response)
  expect(await next(events, 'faults')).toEqual({ faults: [] })
  expect(await next(events, 'replicas')).toMatchObject({ tables: [{ table: 'users' }] })
  await makeConflict('ann', 'a@email.com', 'b@email.com')
  expect(await next(events, 'faults')).toMatchObject({ faults: [{ kind: 'partition' }] })
  expect(await next(events, 'faults')).toEqual({ faults: [] })
  expect(await next(events, 'conflicts')).toMatchObject({ table: 'users', found: 1 })
  await post({ kind: 'outage', region: 'us-east-1' })
  expect(await next(events, 'regions')).toMatchObject({ regions: [{ status: 'running' }, { status: 'outage' }] })
  await events.return(undefined)
})

interface ServerEvent {
  readonly name: string
  readonly data: unknown
}

async function* readEvents(response: Response): AsyncGenerator<ServerEvent, undefined> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const piece of response.body ?? []) {
    text += decoder.decode(piece as Uint8Array, { stream: true })
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const found = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end))
      text = text.slice(end + 2)
      if (found !== null) yield { name: found[1] ?? '', data: JSON.parse(found[2] ?? '') as unknown }
    }
  }
}

/** The next event of that name; those before it are passed over. */
async function next(events: AsyncGenerator<ServerEvent, undefined>, name: string): Promise<unknown> {
  for (;;) {
    const { value } = await events.next()
    if (value === undefined) throw new Error(`the stream ended before an event ${name}`)
    if (value.name === name) return value.data
  }
}

test('the most used keys are shown where that is watched', async () => {
  await makeUsers()
  expect(await get('tables/users/contributors')).toEqual({
    error: 'The table users is in several Regions; say which one, as in region=eu-west-1.',
  })
  expect(await get('tables/users/contributors?region=us-east-1')).toEqual({
    error: 'Contributor Insights are not on for users in us-east-1; UpdateContributorInsights puts them on.',
  })
  await client('us-east-1').send(new UpdateContributorInsightsCommand({ TableName: 'users', ContributorInsightsAction: 'ENABLE' }))
  for (const id of ['ann', 'bob', 'ann']) await put('us-east-1', id, 'x')
  const { rules, ...rest } = await get<ContributorsReply>('tables/users/contributors?region=us-east-1&limit=1')
  expect(rest).toMatchObject({ table: 'users', region: 'us-east-1', mode: 'ACCESSED_AND_THROTTLED_KEYS' })
  expect(rules).toEqual([
    {
      name: expect.stringMatching(/^DynamoDBContributorInsights-PKC-users-\d+$/) as string,
      contributors: [{ key: { id: { S: 'ann' } }, value: 6, errorMax: 0 }],
    },
    { name: expect.stringMatching(/^DynamoDBContributorInsights-PKT-users-\d+$/) as string, contributors: [] },
  ])
  expect(await get('tables/users/contributors?region=us-east-1&limit=26')).toEqual({ error: 'limit must be a whole number from 1 to 25.' })
  expect(await get('tables/users/contributors?region=us-east-1&index=by')).toMatchObject({
    error: expect.stringContaining('the index by') as string,
  })
  expect(await get('tables/nothing/contributors')).toEqual({ error: 'There is no table nothing.' })
})
