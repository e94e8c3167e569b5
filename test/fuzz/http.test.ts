import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Log } from '../../src/base/log.ts'
import { memoryServer } from '../../src/server/memory-server.ts'
import type { RunningServer } from '../../src/server/start-server.ts'
import { startServer } from '../../src/server/start-server.ts'
import { fuzz, TEST_MS_MAX } from './fuzz.ts'
import { hostileText } from './hostile.ts'

/**
 * Bytes on the real port. Whatever comes, what goes back is HTTP; none of it is a mistake of ours; the connection is kept unless the answer
 * says otherwise; and the next client is served.
 */
let server: RunningServer
const errors: string[] = []
const log: Log = {
  info() {},
  warn() {},
  error: (event, fields) => {
    const { error } = fields ?? {}
    errors.push(`${event}: ${error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(fields)}`)
  },
}

beforeAll(async () => {
  server = await startServer({ ...memoryServer(['us-east-1']), log })
})
afterAll(() => server.close())

const authorization = 'AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00'

interface Parts {
  readonly line: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer
}

const usualHeaders = [
  ['Host', 'localhost'],
  ['Content-Type', 'application/x-amz-json-1.0'],
  ['X-Amz-Target', 'DynamoDB_20120810.ListTables'],
  ['X-Amz-Date', '20260101T000000Z'],
  ['Authorization', authorization],
] as const

function bytesOf({ line, headers, body }: Parts): Buffer {
  return Buffer.concat([Buffer.from(`${line}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`, 'latin1'), body])
}

function whole(body: Buffer, more: Parts['headers'] = []): Parts {
  return { line: 'POST / HTTP/1.1', headers: [...usualHeaders, ...more, ['Content-Length', String(body.length)]], body }
}

const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 60 })
const printable = fc.string({ unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)), maxLength: 60 })

const json = fc.oneof(
  fc.constantFrom(
    '{}',
    '',
    '[',
    '{"Limit":1}',
    '{"Limit":1e400}',
    '{"__proto__":{"a":1}}',
    'null',
    '\ufeff{}',
    '{"a":"\\ud800"}',
    '{"Limit":01}',
  ),
  fc.constantFrom(100, 10_000, 1_000_000).map((depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`),
  fc.constantFrom(100, 10_000, 200_000).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
  fc.json(),
  hostileText,
)
const plainBody = fc.oneof(
  { weight: 4, arbitrary: json.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
)

const bomb = gzipSync(Buffer.alloc(64 << 20))
const compressed = fc.oneof(
  { weight: 6, arbitrary: plainBody.map((body) => gzipSync(body)) },
  { weight: 1, arbitrary: fc.constant(bomb) },
  { weight: 2, arbitrary: fc.tuple(plainBody, fc.nat(), fc.nat(255)).map(([body, at, byte]) => spoiled(gzipSync(body), at, byte)) },
  { weight: 1, arbitrary: plainBody.map((body) => Buffer.concat([gzipSync(body), gzipSync(body)])) },
)

function spoiled(bytes: Buffer, at: number, byte: number): Buffer {
  const place = at % bytes.length
  bytes[place] = (bytes[place] ?? 0) ^ byte
  return byte % 3 === 0 ? bytes.subarray(0, place) : bytes
}

const chunkedSigned = fc
  .tuple(
    fc.array(fc.tuple(fc.string({ maxLength: 50 }), fc.constantFrom(0, 0, 0, 1, -1, 4_000_000_000)), { maxLength: 5 }),
    fc.constantFrom('\r\n', '', 'x-amz-checksum-crc32:AAAAAA==\r\n\r\n', 'x:\r\n'),
  )
  .map(([pieces, end]) => {
    const chunks = pieces.map(
      ([data, lie]) => `${(Buffer.byteLength(data) + lie).toString(16)};chunk-signature=${'0'.repeat(64)}\r\n${data}\r\n`,
    )
    return Buffer.from(`${chunks.join('')}0;chunk-signature=${'0'.repeat(64)}\r\n${end}`)
  })

const header = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      'X-Amz-Target',
      'Authorization',
      'Content-Type',
      'Host',
      'X-Amz-Date',
      'Content-Encoding',
      'Expect',
      'Origin',
      'X-Amz-Content-Sha256',
      'X-Amz-Security-Token',
    ),
    printable,
  ),
  fc.constantFrom<readonly [string, string]>(
    ['X-Amz-Target', 'DynamoDB_20120810.constructor'],
    ['X-Amz-Target', 'DynamoDBStreams_20120810.ListStreams'],
    ['X-Amz-Target', '.'],
    ['X-Amz-Target', 'DynamoDB_20120810'],
    ['Content-Encoding', 'gzip'],
    ['Content-Encoding', 'gzip, gzip'],
    ['Expect', '100-continue'],
    ['Expect', 'a miracle'],
    ['Connection', 'close'],
    ['Authorization', authorization.replace('us-east-1', 'mars')],
    ['Authorization', `AWS4-HMAC-SHA256 ${'a=b,'.repeat(1000)}`],
    ['Authorization', `AWS4-HMAC-SHA256 Credential=${'/'.repeat(4000)}`],
    ['X-Amz-Content-Sha256', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'],
    ['X-Amz-Content-Sha256', 'UNSIGNED-PAYLOAD'],
    ['Origin', 'http://example.com'],
    ['Access-Control-Request-Headers', 'a,b\u00ff'],
    ['Large', 'x'.repeat(20_000)],
  ),
)
const line = fc.oneof(
  { weight: 8, arbitrary: fc.constant('POST / HTTP/1.1') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'GET / HTTP/1.1',
      'GET /_everywrite/tables/%zz/digest HTTP/1.1',
      'GET /metrics HTTP/1.1',
      'OPTIONS / HTTP/1.1',
      'PUT / HTTP/1.1',
      'HEAD / HTTP/1.1',
      'TRACE / HTTP/1.1',
      'DELETE /_everywrite/faults HTTP/1.1',
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('POST', 'GET'), printable)
      .map(([method, path]) => `${method} /${path.replaceAll(' ', '%')} HTTP/1.1`),
  },
  {
    weight: 1,
    arbitrary: printable.map(
      (query) => `POST /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${query.replaceAll(' ', '+')}&%zz=%ff HTTP/1.1`,
    ),
  },
)

/** With a length that is true, so that the connection can go on. */
const framed: fc.Arbitrary<Parts> = fc
  .tuple(
    line,
    fc.array(header, { maxLength: 3 }),
    fc.oneof({ weight: 4, arbitrary: plainBody }, { weight: 1, arbitrary: compressed }, { weight: 1, arbitrary: chunkedSigned }),
    fc.boolean(),
  )
  .map(([first, more, body, zipped]) => {
    const { headers } = whole(body, more)
    return { line: first, headers: zipped ? [...headers, ['Content-Encoding', 'gzip'] as const] : headers, body }
  })

const usual = whole(Buffer.from('{}'))

/** Sends, and gives back what came until the server closed, an answer to the last request came, or nothing came for a while. */
function exchange(pieces: readonly Buffer[], { half = false, quietMs = 250 } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(server.port, '127.0.0.1')
    const chunks: Buffer[] = []
    let quiet = setTimeout(() => undefined, 0)
    const end = (): void => {
      clearTimeout(quiet)
      socket.destroy()
      resolve(Buffer.concat(chunks).toString('latin1'))
    }
    const wait = (): void => {
      clearTimeout(quiet)
      quiet = setTimeout(end, quietMs)
    }
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      // The answer to the usual request, which stands at the end.
      if (chunk.includes('{"TableNames":[]}')) end()
      else wait()
    })
    socket.on('close', end)
    // The server may close while we still send.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') end()
      else reject(error)
    })
    socket.on('connect', () => {
      for (const piece of pieces) socket.write(piece)
      if (half) socket.end()
      wait()
    })
  })
}

function checkAnswers(text: string): readonly number[] {
  if (errors.length > 0) throw new Error(errors.splice(0).join('\n'))
  const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status))
  expect(text === '' || text.startsWith('HTTP/1.1 '), text.slice(0, 200)).toBe(true)
  expect(statuses.filter((status) => status >= 500 && status !== 501 && status !== 503)).toEqual([])
  return statuses
}

async function stillServes(): Promise<void> {
  expect(await exchange([bytesOf(usual)], { quietMs: 5000 })).toContain('{"TableNames":[]}')
}

const file = 'http.test.ts'

it('a request that is framed well is answered, and so is the next one over the same connection', { timeout: TEST_MS_MAX }, async () => {
  await fuzz({
    title: 'a request that is framed well',
    file,
    share: 0.05,
    cases: fc.array(framed, { minLength: 1, maxLength: 3 }),
    check: async (requests) => {
      const text = await exchange([...requests, usual].map(bytesOf), { quietMs: 3000 })
      checkAnswers(text)
      const ends = /^HTTP\/1\.1 4(00|13|17|31) .*\r\nConnection: close/m.test(text) || /^connection: close/im.test(text)
      if (!ends) expect(text).toContain('{"TableNames":[]}')
    },
  })
  await stillServes()
})

it('bytes that are no request are refused, and the next client is served', { timeout: TEST_MS_MAX }, async () => {
  const torn = fc.tuple(framed, fc.nat(), latin1, fc.nat(30)).map(([parts, at, noise, cut]) => {
    const bytes = bytesOf(parts)
    const place = at % (bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, place), Buffer.from(noise, 'latin1'), bytes.subarray(Math.min(bytes.length, place + cut))])
  })
  const smuggled = fc
    .tuple(
      fc.constantFrom(
        'Transfer-Encoding: chunked',
        'Transfer-Encoding: gzip, chunked',
        'Content-Length: 5',
        'Content-Length: -1',
        'Content-Length: 1e3',
        'Transfer-Encoding : chunked',
      ),
      latin1,
    )
    .map(([more, body]) =>
      Buffer.from(`POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n${more}\r\n\r\n${body}`, 'latin1'),
    )
  await fuzz({
    title: 'bytes that are no request',
    file,
    share: 0.05,
    cases: fc.record({
      bytes: fc.oneof(
        torn,
        smuggled,
        fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each)),
        latin1.map((each) => Buffer.from(each, 'latin1')),
      ),
      half: fc.boolean(),
    }),
    check: async ({ bytes, half }) => {
      checkAnswers(await exchange([bytes], { half, quietMs: 15 }))
    },
  })
  await stillServes()
})
