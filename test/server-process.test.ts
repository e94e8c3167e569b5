import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import type { Server } from 'node:net'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ConflictsReply } from '../src/admin/wire.ts'
import { encodeRecord } from '../src/storage/log-record.ts'
import { everywrite } from './command.ts'
import { clientIn, makeGlobalTable } from './global-table.ts'
import type { Program } from './program.ts'
import { mainFile, startProgram } from './program.ts'

let folder = ''
let program: Program | undefined
let blocker: Server | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-process-'))
})
afterEach(async () => {
  await program?.stop()
  blocker?.close()
  program = undefined
  blocker = undefined
  await rm(folder, { recursive: true, force: true })
})

/** One sentence for a person: one line, no stack. */
function expectOneSentence(stderr: string, ...parts: readonly string[]): void {
  expect(stderr).toMatch(/^everywrite: [^\n]+\.\n$/)
  for (const part of parts) expect(stderr).toContain(part)
}

test('a port in use is said in one sentence that names it', async () => {
  blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  const address = blocker.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { code, stderr } = await everywrite('start', '--memory', '--port', String(port))
  expect(code).toBe(1)
  expectOneSentence(stderr, `Port ${port}`)
})

test('a second process on the same folder is refused in one sentence that names it, and the first goes on', async () => {
  program = await startProgram(['--data', folder])
  const { code, stderr } = await everywrite('start', '--port', '0', '--data', join(folder, '.'))
  expect(code).toBe(1)
  expectOneSentence(stderr, folder, 'in use')
  expect((await fetch(`${program.url}/_everywrite/health`)).status).toBe(200)
})

test('a folder whose process was killed can be used at once', async () => {
  program = await startProgram(['--data', folder])
  program.process.kill('SIGKILL')
  await once(program.process, 'exit')
  program = await startProgram(['--data', folder])
  expect((await fetch(`${program.url}/_everywrite/health`)).status).toBe(200)
})

test('a folder with a very long path works like any other', async () => {
  const deep = join(folder, 'x'.repeat(100), 'y'.repeat(100))
  await mkdir(deep, { recursive: true })
  program = await startProgram(['--data', deep])
  const { code, stderr } = await everywrite('start', '--port', '0', '--data', deep)
  expect(code).toBe(1)
  expectOneSentence(stderr, deep, 'in use')
})

test('a folder of a newer format is left alone', async () => {
  const text = '{"format":999}\n'
  await writeFile(join(folder, 'everywrite.json'), text)
  const { code, stderr } = await everywrite('start', '--port', '0', '--data', folder)
  expect(code).toBe(1)
  expectOneSentence(stderr, folder, 'format 999')
  expect(await readFile(join(folder, 'everywrite.json'), 'utf8')).toBe(text)
})

test('a folder of an older format becomes one of this format, which an older everywrite leaves alone', async () => {
  const file = join(folder, 'everywrite.json')
  await writeFile(file, '{"format":1}\n')
  program = await startProgram(['--data', folder])
  expect(await readFile(file, 'utf8')).toBe('{"format":2}\n')
})

test('a log that does not belong to the store beside it is named in one sentence, and left alone', async () => {
  program = await startProgram(['--data', folder])
  await program.stop()
  const file = join(folder, 'regions', 'us-east-1', 'log-0')
  const foreign = encodeRecord(1n, 1, [{ key: Buffer.from('key'), value: Buffer.from('value') }])
  await writeFile(file, foreign)
  const { code, stderr } = await everywrite('start', '--port', '0', '--data', folder)
  expect(code).toBe(1)
  expectOneSentence(stderr, file, 'belongs to another store')
  expect((await readFile(file)).equals(foreign)).toBe(true)
  await writeFile(file, '')
  program = await startProgram(['--data', folder])
})

test('a store that was overwritten or cut off is named in one sentence, and left alone', async () => {
  program = await startProgram(['--data', folder])
  await program.stop()
  const file = join(folder, 'regions', 'us-east-1', 'data.mdb')
  const intact = await readFile(file)
  for (const bytes of [Buffer.alloc(65_536, 'garbage'), intact.subarray(0, 5_000)]) {
    await writeFile(file, bytes)
    const { code, stderr } = await everywrite('start', '--port', '0', '--data', folder)
    expect(code).toBe(1)
    expectOneSentence(stderr, file)
    expect((await readFile(file)).equals(bytes)).toBe(true)
  }
  await writeFile(file, intact)
  program = await startProgram(['--data', folder])
})

test('a reader of the output that leaves does not end the server', async () => {
  blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  const address = blocker.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  blocker.close()
  await once(blocker, 'close')
  const child = spawn(process.execPath, [mainFile, 'start', '--port', String(port), '--memory'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close')
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  // Gone before the first line is written.
  child.stdout.destroy()
  const health = async (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/_everywrite/health`).then(
      ({ ok }) => ok,
      () => false,
    )
  let healthy = false
  while (!healthy && child.exitCode === null) healthy = await health()
  // The lines were written before this one is answered.
  const stillHealthy = await health()
  child.kill('SIGTERM')
  expect({ healthy, stillHealthy, code: (await ended)[0] as unknown, said }).toEqual({
    healthy: true,
    stillHealthy: true,
    code: 0,
    said: '',
  })
})

test('an address that others can reach needs credentials, or saying so', async () => {
  const { code, stderr } = await everywrite('start', '--memory', '--port', '0', '--host', '0.0.0.0')
  expect(code).toBe(1)
  expectOneSentence(stderr, '0.0.0.0', '--credentials', '--insecure')
  program = await startProgram(['--memory', '--host', '0.0.0.0', '--insecure', '--admin-token', 'secret'])
  expect((await fetch(`${program.url}/_everywrite/regions`)).status).toBe(401)
  expect((await fetch(`${program.url}/_everywrite/regions`, { headers: { Authorization: 'Bearer secret' } })).status).toBe(200)
  const verified = await everywrite('verify', '--endpoint', program.url, '--admin-token', 'secret')
  expect(verified.code).toBe(0)
})

test('SIGTERM ends the process with code 0, after the request that is under way is answered and its write is durable', async () => {
  program = await startProgram(['--data', folder])
  await makeGlobalTable(program.url, 'users', ['us-east-1'])
  const body = JSON.stringify({ TableName: 'users', Item: { id: { S: 'ann' } } })
  const slow = request(program.url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.0',
      'Content-Length': body.length,
      'X-Amz-Target': 'DynamoDB_20120810.PutItem',
      'X-Amz-Date': '20260101T000000Z',
      Authorization: 'AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=any',
    },
  })
  const answered = once(slow, 'response')
  await new Promise((resolve) => slow.write(body.slice(0, 10), resolve))
  const exited = once(program.process, 'exit')
  program.process.kill('SIGTERM')
  await expect.poll(() => isListening(program?.port ?? 0), { timeout: 5000 }).toBe(false)
  slow.end(body.slice(10))
  const [response] = (await answered) as [IncomingMessage]
  expect(response.statusCode).toBe(200)
  response.resume()
  expect(await exited).toEqual([0, null])
  program = await startProgram(['--data', folder])
  const client = clientIn('us-east-1', program.url)
  const { Item } = await client.send(new GetItemCommand({ TableName: 'users', Key: { id: { S: 'ann' } } }))
  expect(Item).toEqual({ id: { S: 'ann' } })
  client.destroy()
})

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(port, '127.0.0.1')
    connection.once('connect', () => {
      connection.destroy()
      resolve(true)
    })
    connection.once('error', () => resolve(false))
  })
}

test('a table, its replica, a partition, two writes, a heal: equal items, a loser in the ledger, and all of it after a restart', async () => {
  program = await startProgram(['--data', folder])
  await makeGlobalTable(program.url, 'users', ['us-east-1', 'eu-west-1'])
  const cut = await everywrite('fault', 'partition', 'us-east-1', 'eu-west-1', '--endpoint', program.url)
  expect(cut).toMatchObject({ code: 0, stderr: '' })
  await putEmail(program.url, 'us-east-1', 'new@email.com')
  await putEmail(program.url, 'eu-west-1', 'different@email.com')
  expect(await email(program.url, 'us-east-1')).toBe('new@email.com')
  expect(await email(program.url, 'eu-west-1')).toBe('different@email.com')

  const apart = await everywrite('verify', 'users', '--timeout', '100', '--endpoint', program.url)
  expect(apart.code).toBe(1)
  expect(apart.stdout).toContain('Not the same everywhere: users')

  expect((await everywrite('fault', 'heal', '--endpoint', program.url)).stdout).toBe('Healed 1 fault.\n')
  await expectEqualAndLost(program.url)
  await program.stop()
  program = await startProgram(['--data', folder])
  await expectEqualAndLost(program.url)
})

async function expectEqualAndLost(url: string): Promise<void> {
  const verified = await everywrite('verify', 'users', '--endpoint', url)
  expect(verified.stdout).toContain('All replicas of 1 table hold the same.')
  expect(verified.code).toBe(0)
  for (const region of ['us-east-1', 'eu-west-1']) expect(await email(url, region)).toBe('different@email.com')
  const text = await everywrite('conflicts', 'users', '--endpoint', url)
  expect(text.stdout).toMatch(/lost {2}us-east-1 .* email = new@email\.com/)
  expect(text.stdout).toMatch(/won {3}eu-west-1 .* email = different@email\.com/)
  const json = await everywrite('conflicts', 'users', '--json', '--endpoint', url)
  const { conflicts } = JSON.parse(json.stdout) as ConflictsReply
  expect(conflicts).toHaveLength(1)
  expect(conflicts[0]).toMatchObject({
    table: 'users',
    key: { id: { S: 'ann' } },
    loser: { region: 'us-east-1', item: { id: { S: 'ann' }, email: { S: 'new@email.com' } } },
    winner: { region: 'eu-west-1' },
    lostAttributes: ['email'],
    rule: 'last-writer-wins',
    withdrawn: false,
    harmless: false,
  })
}

async function putEmail(url: string, region: string, address: string): Promise<void> {
  const client = clientIn(region, url)
  await client.send(new PutItemCommand({ TableName: 'users', Item: { id: { S: 'ann' }, email: { S: address } } }))
  client.destroy()
}

async function email(url: string, region: string): Promise<string | undefined> {
  const client = clientIn(region, url)
  const { Item } = await client.send(new GetItemCommand({ TableName: 'users', Key: { id: { S: 'ann' } } }))
  client.destroy()
  return Item?.['email']?.S
}
