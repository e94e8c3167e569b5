import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateTableCommand, DescribeTableCommand, GetItemCommand, UpdateItemCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clientIn } from './global-table.ts'
import type { Program } from './program.ts'
import { startProgram } from './program.ts'

/**
 * The real process with a strong table, killed again and again while clients write in two Regions; the third is its witness. Every write adds its own
 * name to the set `seen` of its item: a name that was acknowledged and is not in a strongly consistent read, in any Region, is lost.
 */
const regions = ['us-east-1', 'us-west-2'] as const
const witness = 'eu-west-1'
const TableName = 'ledger'
const kills = 5
const keysPerRound = 4

let folder = ''
let program: Program | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-strong-sigkill-'))
})
afterEach(async () => {
  await program?.stop()
  await rm(folder, { recursive: true, force: true })
})

test(`after each of ${kills} kills under load every Region reads all that any of them acknowledged`, async () => {
  program = await startProgram(['--data', folder])
  await makeStrongTable(program.url)
  for (let round = 0; round < kills; round++) {
    const acknowledged = await writeUntilKilled(program, round)
    program = await startProgram(['--data', folder])
    for (const region of regions) {
      const client = clientIn(region, program.url)
      for (const [key, names] of acknowledged) {
        const read = new GetItemCommand({ TableName, Key: { id: { S: key } }, ConsistentRead: true })
        const { Item } = await client.send(read)
        expect(names.filter((name) => Item?.['seen']?.SS?.includes(name) !== true)).toEqual([])
      }
      client.destroy()
    }
  }
}, 300_000)

async function makeStrongTable(url: string): Promise<void> {
  const client = clientIn(regions[0], url)
  const AttributeDefinitions = [{ AttributeName: 'id', AttributeType: 'S' as const }]
  const KeySchema = [{ AttributeName: 'id', KeyType: 'HASH' as const }]
  await client.send(new CreateTableCommand({ TableName, AttributeDefinitions, KeySchema, BillingMode: 'PAY_PER_REQUEST' }))
  await client.send(
    new UpdateTableCommand({
      TableName,
      MultiRegionConsistency: 'STRONG',
      ReplicaUpdates: [{ Create: { RegionName: regions[1] } }],
      GlobalTableWitnessUpdates: [{ Create: { RegionName: witness } }],
    }),
  )
  const isThere = async (): Promise<string | undefined> => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }))
    return Table?.Replicas?.[0]?.ReplicaStatus
  }
  await expect.poll(isThere, { timeout: 120_000 }).toBe('ACTIVE')
  client.destroy()
}

/** Kills the process at a moment that nobody chose, once each Region has acknowledged a write. */
async function writeUntilKilled({ url, process: server }: Program, round: number): Promise<ReadonlyMap<string, readonly string[]>> {
  const acknowledged = new Map<string, string[]>()
  const enough = 20 + Math.floor(Math.random() * 100)
  const heard = new Set<string>()
  let count = 0
  const exited = once(server, 'exit')
  const clients = regions.map((region) => ({ region, client: clientIn(region, url) }))
  const writers = clients.flatMap(({ region, client }) =>
    Array.from({ length: 3 }, async (_, writer) => {
      for (let n = 0; ; n++) {
        const key = `r${round}k${n % keysPerRound}`
        const name = `${region}/${writer}/${n}`
        const outcome = await add(client, key, name)
        if (outcome === 'gone') return
        if (outcome === 'overtaken') continue
        acknowledged.set(key, [...(acknowledged.get(key) ?? []), name])
        heard.add(region)
        if (++count >= enough && heard.size === regions.length) server.kill('SIGKILL')
      }
    }),
  )
  await Promise.all(writers)
  for (const { client } of clients) client.destroy()
  expect(await exited).toEqual([null, 'SIGKILL'])
  return acknowledged
}

async function add(client: DynamoDBClient, key: string, name: string): Promise<'done' | 'overtaken' | 'gone'> {
  const command = new UpdateItemCommand({
    TableName,
    Key: { id: { S: key } },
    UpdateExpression: 'ADD seen :name',
    ExpressionAttributeValues: { ':name': { SS: [name] } },
  })
  try {
    await client.send(command)
    return 'done'
  } catch (error) {
    if (!(error instanceof Error)) throw error
    if (error.name === 'ReplicatedWriteConflictException') return 'overtaken'
    if ('code' in error && ['ECONNRESET', 'ECONNREFUSED', 'EPIPE'].includes(String(error.code))) return 'gone'
    throw error
  }
}
