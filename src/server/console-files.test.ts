import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createConsoleFiles } from './console-files.ts'

const script = 'export const a = 1\n'
let folder = ''
let server: Server
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-console-'))
  await writeFile(join(folder, 'secret.html'), 'beside the console')
  const built = join(folder, 'console')
  await mkdir(join(built, 'assets'), { recursive: true })
  await writeFile(join(built, 'index.html'), '<!doctype html>')
  await writeFile(join(built, '.made-of'), 'a digest')
  await writeFile(join(built, 'assets/a-1234.js'), script)
  await writeFile(join(built, 'assets/a-1234.js.br'), brotliCompressSync(script))
  await writeFile(join(built, 'assets/a-1234.js.gz'), gzipSync(script))
  const files = createConsoleFiles(built, { loopback: true, token: 'asked for' })
  server = createServer((incoming, response) => {
    if (files.owns(incoming.url ?? '')) files.handle(incoming, response)
    else response.writeHead(418).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true, force: true })
})

/** Not `fetch`, which tidies paths up. */
async function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<IncomingMessage & { bytes: Buffer }> {
  const { port } = server.address() as AddressInfo
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ port, path, method, headers, agent: false }, resolve).once('error', reject).end()
  })
  return Object.assign(incoming, { bytes: await buffer(incoming) })
}

test('the page is always asked for again, and its assets never', async () => {
  const page = await ask('/console/')
  expect([page.statusCode, page.headers['content-type'], page.headers['cache-control']]).toEqual([
    200,
    'text/html; charset=utf-8',
    'no-cache',
  ])
  const asset = await ask('/console/assets/a-1234.js?whatever')
  expect([asset.statusCode, asset.headers['content-type'], asset.bytes.toString()]).toEqual([200, 'text/javascript; charset=utf-8', script])
  expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  const again = await ask('/console/', { 'If-None-Match': `"other", W/${page.headers.etag ?? ''}` })
  expect([again.statusCode, again.bytes.length, again.headers.etag]).toEqual([304, 0, page.headers.etag])
})

test('a file comes in the smallest encoding that the request accepts', async () => {
  const as = async (accepted: string): Promise<readonly unknown[]> => {
    const { headers, bytes } = await ask('/console/assets/a-1234.js', { 'Accept-Encoding': accepted })
    const encoding = headers['content-encoding']
    const text = encoding === 'br' ? brotliDecompressSync(bytes) : encoding === 'gzip' ? gunzipSync(bytes) : bytes
    return [encoding, text.toString() === script, headers.vary]
  }
  expect(await as('gzip, deflate, br, zstd')).toEqual(['br', true, 'Accept-Encoding'])
  expect(await as('gzip;q=1.0, br;q=0')).toEqual(['gzip', true, 'Accept-Encoding'])
  expect(await as('identity')).toEqual([undefined, true, 'Accept-Encoding'])
})

test('a HEAD has the head of the GET and nothing else; other methods are refused', async () => {
  const [got, head] = [await ask('/console/'), await ask('/console/', {}, 'HEAD')]
  expect([head.statusCode, head.bytes.length, head.headers.etag, head.headers['content-length']]).toEqual([
    200,
    0,
    got.headers.etag,
    got.headers['content-length'],
  ])
  const posted = await ask('/console/', {}, 'POST')
  expect([posted.statusCode, posted.headers.allow]).toEqual([405, 'GET, HEAD'])
})

test('no path leads out of the console, and what is not a file of it is not there', async () => {
  for (const path of [
    '../secret.html',
    '%2e%2e/secret.html',
    '..%2fsecret.html',
    '.made-of',
    'assets',
    'assets/',
    'assets/a-1234.js.br',
    '/',
    'nothing.js',
  ]) {
    expect({ path, status: (await ask(`/console/${path}`)).statusCode }).toEqual({ path, status: 404 })
  }
  const moved = await ask('/console')
  expect([moved.statusCode, moved.headers.location]).toEqual([308, '/console/'])
  expect((await ask('/consoles/')).statusCode).toBe(418)
})

test('every answer forbids frames, other origins, inline scripts and markup that is made of text', async () => {
  for (const path of ['/console/', '/console/assets/a-1234.js', '/console/nothing', '/console']) {
    const { headers } = await ask(path)
    const policy = headers['content-security-policy'] ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("require-trusted-types-for 'script'")
    expect(policy).not.toContain('unsafe')
    expect([headers['x-content-type-options'], headers['x-frame-options']]).toEqual(['nosniff', 'DENY'])
  }
})

test('a page that had its own name point here gets nothing, and neither does one of another origin', async () => {
  expect((await ask('/console/', { Host: 'evil.example:8000' })).statusCode).toBe(403)
  expect((await ask('/console/', { Origin: 'https://evil.example' })).statusCode).toBe(403)
})

test('without a build it says how one is made', async () => {
  const files = createConsoleFiles(join(folder, 'nowhere'), { loopback: true, token: undefined })
  const other = createServer((incoming, response) => files.handle(incoming, response))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  try {
    const answer = await fetch(`http://127.0.0.1:${(other.address() as AddressInfo).port}/console/`)
    expect([answer.status, await answer.text()]).toEqual([404, 'The console was not built; `npm run build` builds it.\n'])
  } finally {
    await new Promise((resolve) => other.close(resolve))
  }
})
