import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { GetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Program } from '../program.ts'
import { startProgram } from '../program.ts'

/** Every request of the SDK in a browser asks first (a preflight), since none of its headers is one that a page may simply send. */
let folder = ''
let program: Program
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-page-'))
  const credentials = join(folder, 'credentials.json')
  await writeFile(credentials, JSON.stringify({ AKIDPAGE: { secretAccessKey: 'page' } }))
  program = await startProgram(['--memory', '--credentials', credentials])
})
afterAll(async () => {
  await program.stop()
  await rm(folder, { recursive: true, force: true, maxRetries: 10 })
})

describe('a web page of another origin', () => {
  test('is granted by a preflight what the SDK sends, and may read the answer', async () => {
    const wanted = 'amz-sdk-invocation-id,amz-sdk-request,authorization,content-type,x-amz-date,x-amz-target,x-amz-user-agent'
    const preflight = await fetch(program.url, {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://app.example.com',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': wanted,
      },
    })
    expect([preflight.status, await preflight.text()]).toEqual([200, ''])
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    expect(preflight.headers.get('access-control-allow-methods')).toBe('POST')
    expect(preflight.headers.get('access-control-allow-headers')).toBe(wanted)
    const answer = await fetch(program.url, {
      method: 'POST',
      headers: {
        Origin: 'https://app.example.com',
        'Content-Type': 'application/x-amz-json-1.0',
        'X-Amz-Target': 'DynamoDB_20120810.ListTables',
      },
      body: '{}',
    })
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(await answer.json()).toMatchObject({ __type: 'com.amazon.coral.service#MissingAuthenticationTokenException' })
  })
})

const browser = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0,
)

describe.skipIf(browser === undefined)('a web page in Chromium', { timeout: 120_000 }, () => {
  test('writes and reads an item with the SDK, signed, and is told why it was refused', async () => {
    const bundled = await build({
      entryPoints: [new URL('./web-page.ts', import.meta.url).pathname],
      ...{ bundle: true, platform: 'browser', format: 'esm', target: 'es2022', write: false, logLevel: 'error' },
    })
    const script = bundled.outputFiles[0]?.text ?? ''
    const told = JSON.parse(await visit(script)) as Record<string, unknown>
    expect(told).toEqual({
      origin: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string,
      item: { id: 'from a page', text: 'Grüße 🌍', bytes: [0, 255] },
      requestId: expect.stringMatching(/^[0-9A-Z]{52}$/) as string,
      refused: 'InvalidSignatureException',
    })
    expect(told['origin']).not.toBe(program.url)
    const client = new DynamoDBClient({
      region: 'eu-west-1',
      endpoint: program.url,
      credentials: { accessKeyId: 'AKIDPAGE', secretAccessKey: 'page' },
    })
    const { Item } = await client.send(new GetItemCommand({ TableName: 'pages', Key: { id: { S: 'from a page' } } }))
    expect(Item?.['text']).toEqual({ S: 'Grüße 🌍' })
    client.destroy()
  })
})

/** Opens a page with that script in the browser. @returns what the script told its own server */
async function visit(script: string): Promise<string> {
  const server = createServer((request, response) => {
    const [type, body] = request.url?.startsWith('/script.js')
      ? ['text/javascript', script]
      : ['text/html', `<!doctype html><meta charset="utf-8"><script type="module" src="/script.js${search}"></script>`]
    request.once('end', () => response.writeHead(200, { 'Content-Type': type }).end(body))
    if (request.url === '/told') server.emit('told', request)
    else request.resume()
  }).listen(0, '127.0.0.1')
  const search = `?${new URLSearchParams({ endpoint: program.url }).toString()}`
  await once(server, 'listening')
  const page = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', `--user-data-dir=${join(folder, 'browser')}`]
  const child = spawn(browser ?? '', [...flags, page], { stdio: 'ignore' })
  try {
    const [request] = (await once(server, 'told')) as [IncomingMessage]
    return await text(request)
  } finally {
    if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit')
    server.close()
    server.closeAllConnections()
  }
}
