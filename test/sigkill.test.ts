import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetItemCommand, UpdateItemCommand, paginateScan } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ConflictsReply } from '../src/admin/wire.ts'
import { everywrite } from './command.ts'
import { clientIn, makeGlobalTable } from './global-table.ts'
import type { Program } from './program.ts'
import { startProgram } from './program.ts'
import { StreamFollower, flawsOf } from './stream-follower.ts'

/**
 * The real process, killed again and again while clients write in all Regions.
 *
 * Every write adds its own name to the set `seen` of its item, so what is shown names all writes that it was built on, and so does every
 * loser in the ledger. An acknowledged write that is in neither is gone. The table has an index, and in each Region an application reads its stream.
 *
 * `EVERYWRITE_KILLS=200` for longer; `npm run soak:kills` says so.
 */
const regions = ['us-east-1', 'us-west-2', 'eu-west-1'] as const
const table = 'events'
const kills = Number(process.env['EVERYWRITE_KILLS'] ?? 40)
const indexed = {
  AttributeDefinitions: [
    { AttributeName: 'id', AttributeType: 'S' },
    { AttributeName: 'newest', AttributeType: 'S' },
  ],
  GlobalSecondaryIndexes: [
    { IndexName: 'by-newest', KeySchema: [{ AttributeName: 'newest', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
  ],
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
} satisfies Partial<CreateTableCommandInput>
const writersPerRegion = 4
const keysPerRound = 6
/** Rounds that write the same keys: what was interrupted is written on. */
const roundsPerKey = 5

interface Acknowledged {
  readonly region: string
  readonly key: string
  readonly name: string
}

interface Losses {
  readonly since: number
  /** Also those that were withdrawn. */
  readonly all: boolean
}

let folder = ''
let program: Program | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-sigkill-'))
})
afterEach(async () => {
  await program?.stop()
  await rm(folder, { recursive: true, force: true })
})

test(`after each of ${kills} kills under load every acknowledged write is shown, replaced or in the ledger, and the replicas end equal`, async () => {
  program = await startProgram(['--data', folder])
  await makeGlobalTable(program.url, table, [...regions], indexed)
  const followers = regions.map((region) => new StreamFollower(region, table))
  const all: Acknowledged[] = []
  for (let round = 0; round < kills; round++) {
    const since = Date.now() - 1000
    const acknowledged = await writeUntilKilled(program, round, followers)
    expect(acknowledged.length).toBeGreaterThan(0)
    all.push(...acknowledged)
    program = await startProgram(['--data', folder])
    expect(await missing(program.url, acknowledged, { since, all: true })).toEqual([])
  }
  const verified = await everywrite('verify', table, '--endpoint', program.url)
  expect(verified.stdout).toContain('All replicas of 1 table hold the same.')
  expect(verified.code).toBe(0)
  // At rest a withdrawn loss counts for nothing: the write that built on it must be there.
  expect(await missing(program.url, all, { since: 0, all: false })).toEqual([])
  for (const [at, region] of regions.entries()) {
    const items = await scanned(program.url, region, undefined)
    expect(await scanned(program.url, region, 'by-newest')).toEqual(items)
    await followers[at]?.follow(program.url, () => true)
    expect(flawsOf(followers[at]?.records ?? [], items)).toEqual([])
  }
  const never = { region: regions[0], key: 'r0k0', name: 'never written' }
  expect(await missing(program.url, [never], { since: 0, all: false })).toEqual([never])
}, 1_200_000)

/** Kills the process at a moment that nobody chose, once each Region has acknowledged a write. */
async function writeUntilKilled(
  { url, process: server }: Program,
  round: number,
  followers: readonly StreamFollower[],
): Promise<readonly Acknowledged[]> {
  const acknowledged: Acknowledged[] = []
  const enough = 30 + Math.floor(Math.random() * 150)
  const heard = new Set<string>()
  const exited = once(server, 'exit')
  const clients = regions.map((region) => ({ region, client: clientIn(region, url) }))
  const writers = clients.flatMap(({ region, client }) =>
    Array.from({ length: writersPerRegion }, async (_, writer) => {
      for (let n = 0; ; n++) {
        const key = `r${Math.floor(round / roundsPerKey)}k${n % keysPerRound}`
        const name = `${region}/${writer}/${n}`
        if (!(await isAcknowledged(client, key, name))) return
        acknowledged.push({ region, key, name })
        heard.add(region)
        if (acknowledged.length >= enough && heard.size === regions.length) server.kill('SIGKILL')
      }
    }),
  )
  const readers = followers.map((follower) => follower.follow(url, () => false).catch(unlessBroken))
  await Promise.all([...writers, ...readers])
  for (const { client } of clients) client.destroy()
  // Writers end when the connection breaks, and at nothing else.
  expect(await exited).toEqual([null, 'SIGKILL'])
  return acknowledged
}

async function isAcknowledged(client: DynamoDBClient, key: string, name: string): Promise<boolean> {
  const command = new UpdateItemCommand({
    TableName: table,
    Key: { id: { S: key } },
    UpdateExpression: 'ADD seen :names SET newest = :name',
    ExpressionAttributeValues: { ':names': { SS: [name] }, ':name': { S: name } },
  })
  try {
    await client.send(command)
    return true
  } catch (error) {
    if (isBrokenConnection(error)) return false
    throw error
  }
}

function unlessBroken(error: unknown): void {
  if (!isBrokenConnection(error)) throw error
}

function isBrokenConnection(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ECONNRESET', 'ECONNREFUSED', 'EPIPE'].includes(String(error.code))
}

/** All items by their ids, as the table or an index shows them. */
async function scanned(url: string, region: string, IndexName: string | undefined): Promise<ReadonlyMap<string, unknown>> {
  const client = clientIn(region, url)
  const items = new Map<string, unknown>()
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table, IndexName })) {
    for (const { id, seen, ...others } of Items) items.set(id?.S ?? '', { id, seen: { SS: [...(seen?.SS ?? [])].sort() }, ...others })
  }
  client.destroy()
  return items
}

/** Acknowledged writes that are neither in what their Region shows nor in the ledger. Items are read first: a write may lose in between. */
async function missing(url: string, acknowledged: readonly Acknowledged[], losses: Losses): Promise<readonly Acknowledged[]> {
  const shown = new Map<string, ReadonlySet<string>>()
  for (const region of regions) {
    const client = clientIn(region, url)
    const keys = new Set(acknowledged.map(({ key }) => key))
    for (const key of keys) {
      const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: { id: { S: key } } }))
      shown.set(`${region} ${key}`, new Set(Item?.['seen']?.SS))
    }
    client.destroy()
  }
  const gone = acknowledged.filter(({ region, key, name }) => !(shown.get(`${region} ${key}`)?.has(name) ?? false))
  const lost = await lostNames(url, losses)
  return gone.filter(({ key, name }) => !lost.has(`${key} ${name}`))
}

async function lostNames(url: string, { since, all }: Losses): Promise<ReadonlySet<string>> {
  const response = await fetch(`${url}/_everywrite/conflicts?table=${table}&since=${since}&limit=10000&all=${all ? 1 : 0}`)
  const { conflicts, more } = (await response.json()) as ConflictsReply
  expect(more).toBe(false)
  const names = new Set<string>()
  for (const { loser } of conflicts) {
    const item = (loser.item ?? {}) as { id?: { S: string }; seen?: { SS: readonly string[] } }
    for (const name of item.seen?.SS ?? []) names.add(`${item.id?.S} ${name}`)
  }
  return names
}
