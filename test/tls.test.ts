import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, get } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateTableCommand, DynamoDBClient, GetItemCommand, ListTablesCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { selfSigned } from '../src/server/self-signed.contract.ts'
import { everywrite } from './command.ts'
import type { Program } from './program.ts'
import { mainFile, startProgram } from './program.ts'

let folder = ''
let program: Program | undefined
const clients: DynamoDBClient[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-tls-'))
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await program?.stop()
  program = undefined
  await rm(folder, { recursive: true, force: true })
})

async function identity(signed = selfSigned()): Promise<{ ca: string; flags: string[] }> {
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  await writeFile(certificate, signed.certificate)
  await writeFile(key, signed.key)
  return { ca: signed.certificate, flags: ['--tls-cert', certificate, '--tls-key', key] }
}

function clientWith(ca: string | undefined, endpoint: string, secretAccessKey = 'any'): DynamoDBClient {
  const client = new DynamoDBClient({
    endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKID', secretAccessKey },
    maxAttempts: 1,
    requestHandler: { httpsAgent: new Agent(ca === undefined ? {} : { ca }) },
  })
  clients.push(client)
  return client
}

test('the SDK reads and writes over HTTPS, with signatures that are verified', async () => {
  const { ca, flags } = await identity()
  const credentials = join(folder, 'credentials.json')
  await writeFile(credentials, JSON.stringify({ AKID: { secretAccessKey: 'secret' } }))
  program = await startProgram(['--memory', '--credentials', credentials, ...flags])
  expect(program.url).toMatch(/^https:/)
  const client = clientWith(ca, program.url, 'secret')
  await client.send(
    new CreateTableCommand({
      TableName: 'Orders',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    }),
  )
  const item = { pk: { S: 'a' }, text: { S: 'x'.repeat(100_000) } }
  await client.send(new PutItemCommand({ TableName: 'Orders', Item: item }))
  expect((await client.send(new GetItemCommand({ TableName: 'Orders', Key: { pk: { S: 'a' } } }))).Item).toEqual(item)
  await expect(clientWith(ca, program.url, 'guessed').send(new ListTablesCommand())).rejects.toMatchObject({
    name: 'InvalidSignatureException',
  })
  expect(await health(ca, program.url)).toBe(200)
})

test('a client that does not know the certificate goes away, one that speaks plain HTTP is let go, and others are served', async () => {
  const { ca, flags } = await identity()
  program = await startProgram(['--memory', ...flags])
  await expect(clientWith(undefined, program.url).send(new ListTablesCommand())).rejects.toThrow(/self-signed/)
  const plain = connect(program.port, '127.0.0.1')
  plain.on('error', () => undefined)
  plain.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  plain.resume()
  await once(plain, 'close')
  expect((await clientWith(ca, program.url).send(new ListTablesCommand())).TableNames).toEqual([])
})

test('a certificate that has expired is served with a warning', async () => {
  const { flags } = await identity(selfSigned({ fromMs: Date.UTC(2020, 0, 1), toMs: Date.UTC(2021, 0, 1) }))
  const child = spawn(process.execPath, [mainFile, 'start', '--memory', '--port', '0', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  let warned = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (warned += text))
  const [told] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
  child.kill('SIGTERM')
  await once(child, 'close')
  expect(told).toContain('https://127.0.0.1:')
  expect(JSON.parse(warned)).toMatchObject({
    level: 'warn',
    event: 'certificate',
    file: expect.stringMatching(/cert\.pem$/) as string,
    problem: 'expired on 2021-01-01',
  })
})

test('what cannot be served is said in one sentence', async () => {
  const { flags } = await identity()
  const [, certificate = '', , key = ''] = flags
  await writeFile(key, selfSigned().key)
  for (const [given, sentence] of [
    [flags, `The key in ${key} does not belong to the certificate in ${certificate}.`],
    [['--tls-cert', certificate], 'Give --tls-cert and --tls-key together.'],
    [['--tls-cert', `${certificate}.old`, '--tls-key', key], `There is no file ${certificate}.old.`],
  ] as const) {
    const { code, stderr } = await everywrite('start', '--memory', '--port', '0', ...given)
    expect([code, stderr]).toEqual([1, `everywrite: ${sentence}\n`])
  }
})

function health(ca: string, url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(`${url}/_everywrite/health`, { ca }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', reject)
  })
}
