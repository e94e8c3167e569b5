import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { DescribeTableCommand, GetItemCommand, PutItemCommand, TagResourceCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ConflictReport, ConflictsReply, DigestReply, PolicyReply } from '../src/admin/wire.ts'
import { everywrite } from './command.ts'
import { clientIn, makeGlobalTable } from './global-table.ts'
import type { Program } from './program.ts'
import { mainFile, startProgram } from './program.ts'

/** Conflicts from the command line: settled, exported, followed; and the policy after the process was killed. */

const [east, europe] = ['us-east-1', 'eu-west-1']
let folder = ''
let program: Program

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-conflicts-'))
  program = await start()
  await makeGlobalTable(program.url, 'users', [east, europe])
})
afterEach(async () => {
  await program.stop()
  await rm(folder, { recursive: true, force: true })
})

const start = (): Promise<Program> => startProgram(['--data', join(folder, 'data'), '--regions', `${east},${europe}`])
const at = (): readonly string[] => ['--endpoint', program.url]

async function put(region: string, id: string, email: string): Promise<void> {
  const client = clientIn(region, program.url)
  await client.send(new PutItemCommand({ TableName: 'users', Item: { id: { S: id }, email: { S: email }, home: { S: east } } }))
  client.destroy()
}

async function emails(id: string): Promise<readonly (string | undefined)[]> {
  const found = []
  for (const region of [east, europe]) {
    const client = clientIn(region, program.url)
    found.push((await client.send(new GetItemCommand({ TableName: 'users', Key: { id: { S: id } } }))).Item?.['email']?.S)
    client.destroy()
  }
  return found
}

async function ask<T>(path: string): Promise<T> {
  return (await (await fetch(`${program.url}/_everywrite/${path}`)).json()) as T
}

const converged = async (): Promise<boolean> => (await ask<DigestReply>('tables/users/digest')).converged

async function makeConflict(id: string): Promise<void> {
  expect((await everywrite('fault', 'partition', east, europe, ...at())).code).toBe(0)
  await put(east, id, 'first')
  await put(europe, id, 'second')
  expect((await everywrite('fault', 'heal', ...at())).code).toBe(0)
  await expect.poll(converged, { timeout: 10_000 }).toBe(true)
}

async function listed(...options: readonly string[]): Promise<readonly ConflictReport[]> {
  return (JSON.parse((await everywrite('conflicts', '--json', ...options, ...at())).stdout) as ConflictsReply).conflicts
}

test('a conflict is settled by restoring what lost, by writing a file, and not by a file of another item', async () => {
  await makeConflict('ann')
  const [ann] = await listed()
  expect(await everywrite('conflicts', 'resolve', ann?.id ?? '', '--restore', ...at())).toMatchObject({ code: 0, stderr: '' })
  await expect.poll(() => emails('ann')).toEqual(['first', 'first'])
  expect(await listed()).toEqual([])

  await makeConflict('bob')
  const [bob] = await listed()
  const file = join(folder, 'item.json')
  await writeFile(file, JSON.stringify({ id: { S: 'cid' } }))
  const wrong = await everywrite('conflicts', 'resolve', bob?.id ?? '', '--item', file, ...at())
  expect(wrong).toMatchObject({ code: 1, stderr: 'everywrite: The item has another key than the one in conflict.\n' })
  await writeFile(file, JSON.stringify({ id: { S: 'bob' }, email: { S: 'both' } }))
  expect(await everywrite('conflicts', 'resolve', bob?.id ?? '', '--item', file, ...at())).toMatchObject({ code: 0 })
  await expect.poll(() => emails('bob')).toEqual(['both', 'both'])
  expect(await everywrite('conflicts', 'resolve', bob?.id ?? '', ...at())).toMatchObject({ code: 2 })
})

test('conflicts are exported, and followed as they are found, one JSON object a line', async () => {
  await makeConflict('ann')
  const exported = (await everywrite('conflicts', 'users', '--export', ...at())).stdout.trim().split('\n')
  expect(exported.map((line) => (JSON.parse(line) as ConflictReport).key)).toEqual([{ id: { S: 'ann' } }])

  const following = spawn(process.execPath, [mainFile, 'conflicts', '--follow', '--export', ...at()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: following.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<unknown> => (JSON.parse(String((await lines.next()).value)) as ConflictReport).key
  expect(await next()).toEqual({ id: { S: 'ann' } })
  await makeConflict('bob')
  expect(await next()).toEqual({ id: { S: 'bob' } })
  following.kill()
})

test('REP-11: a policy that was set is in force after the process was killed', async () => {
  await makeConflict('ann')
  expect(await emails('ann')).toEqual(['second', 'second'])
  const client = clientIn(europe, program.url)
  const { Table } = await client.send(new DescribeTableCommand({ TableName: 'users' }))
  const Tags = [{ Key: 'everywrite:conflict-policy', Value: 'home-region:attribute=home' }]
  await client.send(new TagResourceCommand({ ResourceArn: Table?.TableArn, Tags }))
  client.destroy()
  program.process.kill('SIGKILL')
  await new Promise((resolve) => program.process.once('exit', resolve))
  program = await start()
  await expect.poll(() => ask<PolicyReply>('tables/users/policy')).toMatchObject({ policy: 'home-region:attribute=home', followed: true })
  expect(await emails('ann')).toEqual(['first', 'first'])
  await makeConflict('bob')
  expect(await emails('bob')).toEqual(['first', 'first'])
})
