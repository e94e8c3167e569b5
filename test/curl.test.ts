import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { selfSigned } from '../src/server/self-signed.contract.ts'
import type { Program } from './program.ts'
import { startProgram } from './program.ts'

const run = promisify(execFile)
const said = spawnSync('curl', ['--version'], { encoding: 'utf8' })
/** The first that signs by `--aws-sigv4` and signs the headers that it was given. */
const available = said.status === 0 && Number(/curl (\d+\.\d+)/.exec(said.stdout)?.[1]?.replace('.', '')) >= 786

/** curl signs, asks before it sends a large body, and keeps its connection: none of that by the code of an SDK. */
describe.skipIf(!available)('curl', () => {
  let folder = ''
  let program: Program
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'everywrite-curl-'))
    const { certificate, key } = selfSigned()
    await Promise.all([
      writeFile(join(folder, 'known.json'), JSON.stringify({ AKID: { secretAccessKey: 'the/secret+' } })),
      writeFile(join(folder, 'cert.pem'), certificate),
      writeFile(join(folder, 'key.pem'), key),
    ])
    const tls = ['--tls-cert', join(folder, 'cert.pem'), '--tls-key', join(folder, 'key.pem')]
    program = await startProgram(['--memory', '--credentials', join(folder, 'known.json'), ...tls])
  })
  afterAll(async () => {
    await program.stop()
    await rm(folder, { recursive: true, force: true })
  })

  /** @returns the answer, and what curl says of the way to it */
  async function call(
    operation: string,
    input: unknown,
    user = 'AKID:the/secret+',
  ): Promise<{ answer: Record<string, unknown>; way: string }> {
    const file = join(folder, `${operation}.json`)
    await writeFile(file, JSON.stringify(input))
    const { stdout, stderr } = await run(
      'curl',
      [
        ...[
          '--silent',
          '--verbose',
          '--http1.1',
          '--cacert',
          join(folder, 'cert.pem'),
          '--user',
          user,
          '--aws-sigv4',
          'aws:amz:eu-west-1:dynamodb',
        ],
        ...['--header', 'Content-Type: application/x-amz-json-1.0', '--header', `X-Amz-Target: DynamoDB_20120810.${operation}`],
        ...['--data-binary', `@${file}`, program.url],
      ],
      { maxBuffer: 32 << 20 },
    )
    return { answer: JSON.parse(stdout) as Record<string, unknown>, way: stderr }
  }

  test('makes a table, and writes and reads an item, with signatures of its own over TLS', async () => {
    const table = {
      TableName: 'curled',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }
    expect((await call('CreateTable', table)).answer).toMatchObject({ TableDescription: { TableName: 'curled' } })
    const Item = { id: { S: 'ü' } }
    expect((await call('PutItem', { TableName: 'curled', Item })).answer).toEqual({})
    expect((await call('GetItem', { TableName: 'curled', Key: Item })).answer).toEqual({ Item })
    expect((await call('ListTables', {}, 'AKID:guessed')).answer).toMatchObject({
      __type: 'com.amazon.coral.service#InvalidSignatureException',
    })
  })

  test('asks whether to send a body of megabytes, and is told to go on', async () => {
    const puts = Array.from({ length: 20 }, (_, at) => ({
      PutRequest: { Item: { id: { S: `large-${at}` }, pad: { S: 'x'.repeat(200_000) } } },
    }))
    const { answer, way } = await call('BatchWriteItem', { RequestItems: { curled: puts } })
    expect(way).toContain('Expect: 100-continue')
    expect(way).toContain('HTTP/1.1 100 Continue')
    expect(answer).toEqual({ UnprocessedItems: {} })
  })

  test('is refused a body past the limit before it sends it', async () => {
    const { answer, way } = await call('PutItem', { TableName: 'curled', Item: { id: { S: 'x'.repeat(17 << 20) } } })
    expect(way).not.toContain('100 Continue')
    expect(way).toContain('HTTP/1.1 413')
    expect(answer).toHaveProperty('message')
  })
})
