import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import { afterEach, expect, test } from 'vitest'
import { systemRandom } from '../src/base/system-random.ts'
import { systemTime } from '../src/base/system-time.ts'
import { openLmdbStore } from '../src/storage/lmdb-store.ts'
import { spaces } from '../src/engine/keyspace.ts'
import { pagesOf } from '../src/storage/pages.ts'
import { everywrite } from './command.ts'
import type { Program } from './program.ts'
import { startProgram } from './program.ts'

/** Loss and repair with the real program, on real files: what an operator meets at night. */

const TableName = 'users'
const [east, west, europe] = ['us-east-1', 'us-west-2', 'eu-west-1'] as const
let program: Program | undefined
let folder: string | undefined

afterEach(async () => {
  await program?.stop()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

async function start(...args: readonly string[]): Promise<void> {
  folder ??= await mkdtemp(join(tmpdir(), 'everywrite-'))
  program = await startProgram(['--data', folder, ...args])
}

function regionFolder(region: string): string {
  return join(folder ?? '', 'regions', region)
}

function client(region: string): DynamoDBClient {
  return new DynamoDBClient({ endpoint: program?.url ?? '', region, credentials: { accessKeyId: 'a', secretAccessKey: 's' } })
}

async function command(...args: readonly string[]): Promise<{ exitCode: number | null; output: string }> {
  const { code, stdout, stderr } = await everywrite(...args, '--endpoint', program?.url ?? '')
  return { exitCode: code, output: `${stdout}${stderr}` }
}

async function put(region: string, pk: string, v: string): Promise<void> {
  await client(region).send(new PutItemCommand({ TableName, Item: { pk: { S: pk }, v: { S: v } } }))
}

async function get(region: string, pk: string): Promise<string | undefined> {
  return (await client(region).send(new GetItemCommand({ TableName, Key: { pk: { S: pk } } }))).Item?.['v']?.S
}

async function createTable(): Promise<void> {
  await client(east).send(
    new CreateTableCommand({
      TableName,
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  )
  for (const region of [west, europe]) await addReplica(east, region)
}

async function addReplica(at: string, region: string): Promise<void> {
  await client(at).send(new UpdateTableCommand({ TableName, ReplicaUpdates: [{ Create: { RegionName: region } }] }))
  const watched = await command('replication', '--watch')
  expect(watched.exitCode).toBe(0)
}

async function expectConverged(): Promise<void> {
  const { exitCode, output } = await command('verify', TableName)
  expect(output).toContain('All replicas')
  expect(exitCode).toBe(0)
}

test('a Region that crashed and will not come back is given up, and can be added anew', { timeout: 120_000 }, async () => {
  await start()
  await createTable()
  await put(east, 'a', '1')
  await put(europe, 'b', '1')
  await expectConverged()
  const refused = await command('region', 'lose', europe)
  expect(refused.exitCode).toBe(1)
  expect(refused.output).toContain('answers')
  const fault = await command('fault', 'crash', europe, '--duration', '3600000', '--json')
  expect(fault.exitCode).toBe(0)
  await put(west, 'b', '2')
  const lost = await command('region', 'lose', europe)
  expect(lost.output).toContain('given up')
  expect(lost.exitCode).toBe(0)
  expect(await get(east, 'b')).toBe('2')
  await expectConverged()
  const { Table } = await client(east).send(new DescribeTableCommand({ TableName }))
  expect(Table?.Replicas?.map(({ RegionName }) => RegionName)).toEqual([west])
  await command('fault', 'heal')
  await addReplica(east, europe)
  expect(await get(europe, 'b')).toBe('2')
  await put(europe, 'b', '3')
  await expectConverged()
  expect(await get(west, 'b')).toBe('3')
})

test('a folder that was set back to an older copy is noticed at the start, and so is one that is gone', { timeout: 120_000 }, async () => {
  await start()
  await createTable()
  for (let n = 0; n < 50; n++) await put(east, `k${n}`, 'old')
  await expectConverged()
  await program?.stop()
  const copy = join(folder ?? '', 'copy')
  await cp(regionFolder(east), copy, { recursive: true })

  await start()
  for (let n = 0; n < 50; n++) {
    if (n % 2 === 0) await client(n % 4 === 0 ? east : west).send(new DeleteItemCommand({ TableName, Key: { pk: { S: `k${n}` } } }))
    else await put(n % 3 === 0 ? east : europe, `k${n}`, 'new')
  }
  await expectConverged()
  await program?.stop()
  await rm(regionFolder(east), { recursive: true })
  await cp(copy, regionFolder(east), { recursive: true })
  await rm(copy, { recursive: true })
  await rm(regionFolder(west), { recursive: true })

  await start()
  expect((await command('replication', '--watch')).exitCode).toBe(0)
  await expectConverged()
  for (const region of [east, west, europe]) {
    expect(await get(region, 'k2')).toBeUndefined()
    expect(await get(region, 'k4')).toBeUndefined()
    expect(await get(region, 'k3')).toBe('new')
  }
  await put(east, 'k2', 'again')
  await expectConverged()
  expect(await get(west, 'k2')).toBe('again')
})

test('a store that was damaged is found by verify, and mended by verify --repair', { timeout: 120_000 }, async () => {
  await start()
  await createTable()
  for (let n = 0; n < 20; n++) await put(east, `k${n}`, String(n))
  await expectConverged()
  await program?.stop()
  const store = await openLmdbStore({ path: regionFolder(west), scheduler: systemTime, random: systemRandom })
  for await (const page of pagesOf(store, { from: Uint8Array.of(1), to: Uint8Array.of(2) }, { entriesMax: 1000, bytesMax: 1 << 22 })) {
    const [row] = page.filter(({ key }) => key[5] === spaces.items)
    if (row !== undefined) await store.transact([], () => ({ writes: [{ key: row.key, value: undefined }], result: undefined }))
  }
  await store.close()

  await start()
  const found = await command('verify', TableName)
  expect(found.output).toContain(`${west} held nothing`)
  expect(found.exitCode).toBe(1)
  const repaired = await command('verify', TableName, '--repair')
  expect(repaired.output).toContain('All replicas')
  expect(repaired.exitCode).toBe(0)
  for (let n = 0; n < 20; n++) expect(await get(west, `k${n}`)).toBe(String(n))
})
