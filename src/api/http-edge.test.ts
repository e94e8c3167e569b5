import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { crc32 } from '../base/crc32.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestWorld } from './test-world.contract.ts'
import { startTestWorld } from './test-world.contract.ts'

let world: TestWorld
/** One connection, so that an answer after an error shows that it was kept. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

beforeAll(async () => {
  world = await startTestWorld()
  await world.api.call('us-east-1', 'CreateTable', {
    TableName: 'Things',
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  })
})

afterAll(async () => {
  agent.destroy()
  await world.close()
})

interface Response {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly localPort: number
}

interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: string | Buffer
}

const authorization = 'AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00'

const usual: Readonly<Record<string, string>> = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': 'DynamoDB_20120810.ListTables',
  'x-amz-date': '20260101T000000Z',
  authorization,
}

function send({ method = 'POST', headers = {}, body = '{}' }: Sent): Promise<Response> {
  const merged = Object.fromEntries(Object.entries({ ...usual, ...headers }).filter(([, value]) => value !== undefined))
  return new Promise((resolve, reject) => {
    const outgoing = request({ port: world.port, host: '127.0.0.1', method, headers: merged, agent }, (response) => {
      const { localPort = 0 } = response.socket
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString(), localPort }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function call(operation: string, input: unknown): Promise<Response> {
  return send({ headers: { 'x-amz-target': `DynamoDB_20120810.${operation}` }, body: JSON.stringify(input) })
}

async function itemCount(): Promise<number> {
  const { text } = await call('DescribeTable', { TableName: 'Things' })
  return (JSON.parse(text) as { Table: { ItemCount: number } }).Table.ItemCount
}

describe('an answer', () => {
  it('carries a checksum, a request id of 52 characters and its length', async () => {
    const { status, headers, text } = await send({})
    expect(status).toBe(200)
    expect(JSON.parse(text)).toEqual({ TableNames: ['Things'] })
    expect(headers['x-amz-crc32']).toBe(String(crc32(Buffer.from(text))))
    expect(headers['x-amzn-requestid']).toMatch(/^[A-Z0-9]{52}$/)
    expect(headers['content-length']).toBe(String(Buffer.byteLength(text)))
    expect(headers['content-type']).toBe('application/x-amz-json-1.0')
  })

  it('comes from the Region of the credential, whatever host was called', async () => {
    const { text } = await send({
      headers: { host: 'us-east-1.localhost:8000', authorization: authorization.replace('us-east-1', 'eu-west-1') },
    })
    expect(JSON.parse(text)).toEqual({ TableNames: [] })
  })

  it('comes from the Region of the host when the credential names none', async () => {
    const scopeless = authorization.replace('us-east-1', 'local')
    for (const host of [
      'us-east-1.localhost:8000',
      'dynamodb.us-east-1.amazonaws.com',
      'dynamodb.us-east-1.localhost',
      'streams.dynamodb.us-east-1.amazonaws.com',
    ]) {
      expect(JSON.parse((await send({ headers: { host, authorization: scopeless } })).text)).toEqual({ TableNames: ['Things'] })
    }
    const { text } = await send({ headers: { authorization: scopeless } })
    expect(JSON.parse(text)).toMatchObject({ __type: 'com.amazon.coral.service#InvalidSignatureException' })
  })

  it('is given to a presigned request', async () => {
    const { port } = world
    const query =
      'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20260101%2Fus-east-1%2Fdynamodb%2Faws4_request' +
      '&X-Amz-Date=20260101T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=00&X-Amz-Expires=60'
    const response = await fetch(`http://127.0.0.1:${port}/?${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.ListTables' },
      body: '{}',
    })
    expect(await response.json()).toEqual({ TableNames: ['Things'] })
  })

  it('is given to a compressed request', async () => {
    for (const encoding of ['gzip', 'GZIP', 'identity, gzip']) {
      const { text } = await send({ headers: { 'content-encoding': encoding }, body: gzipSync('{"Limit":1}') })
      expect(JSON.parse(text)).toEqual({ TableNames: ['Things'] })
    }
  })

  it('is given whatever the letters and parameters of a JSON content type are', async () => {
    for (const type of ['application/x-amz-json-1.0; charset=utf-8', 'Application/X-Amz-Json-1.1', 'application/json;charset="UTF-8"']) {
      expect((await send({ headers: { 'content-type': type } })).text).toBe('{"TableNames":["Things"]}')
    }
  })

  it('is given to a body in chunks, and to a head with many headers', async () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`x-other-${n}`, 'y']))
    const { text } = await send({ headers: { 'transfer-encoding': 'chunked', ...many }, body: '{"Limit":1}' })
    expect(JSON.parse(text)).toEqual({ TableNames: ['Things'] })
  })

  it('may be read by any web page, also one that says no', async () => {
    const origin = 'https://example.com'
    const exposed = 'x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date'
    for (const [sent, status] of [
      [{}, 200],
      [{ body: '{' }, 400],
      [{ headers: { authorization: undefined } }, 400],
      [{ headers: { 'content-type': 'text/plain' } }, 404],
    ] as const) {
      const answer = await send({ ...sent, headers: { ...(sent as Sent).headers, origin } })
      expect(answer.status).toBe(status)
      expect(answer.headers).toMatchObject({ 'access-control-allow-origin': '*', 'access-control-expose-headers': exposed })
    }
    expect((await send({})).headers['access-control-allow-origin']).toBeUndefined()
  })
})

describe('what is asked without POST', () => {
  it('GET tells that the endpoint is healthy', async () => {
    const { status, text } = await send({ method: 'GET', headers: { host: 'eu-west-1.localhost' }, body: '' })
    expect([status, text]).toEqual([200, 'healthy: dynamodb.eu-west-1.amazonaws.com '])
  })

  it('HEAD tells the same without saying it', async () => {
    const { status, headers, text } = await send({ method: 'HEAD', body: '' })
    expect([status, headers['content-length'], text]).toEqual([200, '42', ''])
  })

  it('a preflight is granted, and only header names come back', async () => {
    const granted = await send({
      method: 'OPTIONS',
      body: '',
      headers: { origin: 'http://a', 'access-control-request-headers': 'x-amz-target, authorization' },
    })
    expect(granted.status).toBe(200)
    expect(granted.headers['access-control-allow-origin']).toBe('*')
    expect(granted.headers['access-control-allow-headers']).toBe('x-amz-target, authorization')
    const refused = await send({
      method: 'OPTIONS',
      body: '',
      headers: { origin: 'http://a', 'access-control-request-headers': 'x"<script>' },
    })
    expect(refused.headers['access-control-allow-headers']).toBeUndefined()
  })

  it('another method or content type is an unknown operation', async () => {
    const types = ['text/plain', undefined, 'application/x-amz-cbor', 'application/cbor', 'application/x-www-form-urlencoded', ';', '']
    for (const sent of [
      { method: 'PUT' },
      { method: 'DELETE', body: '' },
      ...types.map((type) => ({ headers: { 'content-type': type } })),
    ]) {
      const { status, text } = await send(sent)
      expect([status, text]).toEqual([404, '<UnknownOperationException/>\n'])
    }
  })
})

describe('a malformed request is refused in DynamoDB’s words, the connection is kept and nothing is written', () => {
  const coral = 'com.amazon.coral.service#'
  const key = { pk: { S: 'a' } }
  const put = (item: unknown): Sent => ({
    headers: { 'x-amz-target': 'DynamoDB_20120810.PutItem' },
    body: JSON.stringify({ TableName: 'Things', Item: item }),
  })
  let nested: unknown = { S: 'x' }
  for (let level = 0; level < 32; level++) nested = { L: [nested] }

  const cases: readonly (readonly [string, Sent, number, unknown])[] = [
    ['JSON that does not parse', { body: '{"a":' }, 400, { __type: `${coral}SerializationException` }],
    ['no body', { body: '' }, 400, { __type: `${coral}SerializationException` }],
    ['bytes that are no UTF-8', { body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]) }, 400, { __type: `${coral}SerializationException` }],
    ['an array of a million brackets', { body: '['.repeat(1_000_000) }, 400, { __type: `${coral}SerializationException` }],
    [
      'an attribute of a million levels',
      {
        headers: { 'x-amz-target': 'DynamoDB_20120810.PutItem' },
        body: `{"TableName":"Things","Item":{"pk":{"S":"a"},"x":${'{"L":['.repeat(1_000_000)}${']}'.repeat(1_000_000)}}}`,
      },
      400,
      { message: expect.stringContaining('Nesting Levels have exceeded supported limits') as string },
    ],
    [
      'an encoding that nobody knows',
      { headers: { 'content-encoding': 'br' }, body: Buffer.from([0x0b, 0x02, 0x80]) },
      400,
      { __type: `${coral}SerializationException` },
    ],
    [
      'gzip that breaks off',
      { headers: { 'content-encoding': 'gzip' }, body: gzipSync('{}').subarray(0, 15) },
      400,
      { __type: `${coral}SerializationException` },
    ],
    [
      'two targets',
      { headers: { 'x-amz-target': 'DynamoDB_20120810.ListTables, DynamoDB_20120810.ListTables' } },
      400,
      { __type: `${coral}UnknownOperationException` },
    ],
    [
      'the operation of another service',
      { headers: { 'x-amz-target': 'DynamoDBStreams_20120810.ListTables' } },
      400,
      { __type: `${coral}UnknownOperationException` },
    ],
    ['what is not gzip', { headers: { 'content-encoding': 'gzip' }, body: '{}' }, 400, { __type: `${coral}SerializationException` }],
    [
      'an unknown target',
      { headers: { 'x-amz-target': 'DynamoDB_20120810.Nonsense' } },
      400,
      { __type: `${coral}UnknownOperationException` },
    ],
    [
      'an inherited name as target',
      { headers: { 'x-amz-target': 'DynamoDB_20120810.toString' } },
      400,
      { __type: `${coral}UnknownOperationException` },
    ],
    [
      'an operation that is not there yet',
      { headers: { 'x-amz-target': 'DynamoDB_20120810.SearchVectors' } },
      400,
      { __type: `${coral}UnknownOperationException` },
    ],
    ['no target', { headers: { 'x-amz-target': undefined } }, 400, { __type: `${coral}UnknownOperationException` }],
    [
      'no Authorization',
      { headers: { authorization: undefined } },
      400,
      { __type: `${coral}MissingAuthenticationTokenException`, message: 'Request is missing Authentication Token' },
    ],
    [
      'an Authorization without its parts',
      { headers: { authorization: 'AWS4-HMAC-SHA256 SignedHeaders=host', 'x-amz-date': undefined } },
      400,
      {
        __type: `${coral}IncompleteSignatureException`,
        message: expect.stringMatching(
          /^Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. \(Hashed/,
        ) as string,
      },
    ],
    [
      'an item of the wrong type',
      put({ pk: { S: 1 } }),
      400,
      { __type: `${coral}SerializationException`, Message: 'NUMBER_VALUE cannot be converted to String' },
    ],
    [
      'a limit of the wrong type',
      { body: '{"Limit":"ten"}' },
      400,
      { __type: `${coral}SerializationException`, Message: 'STRING_VALUE cannot be converted to Integer' },
    ],
    [
      'a limit out of range',
      { body: '{"Limit":101}' },
      400,
      {
        __type: 'com.amazon.coral.validate#ValidationException',
        message:
          "1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100",
      },
    ],
    [
      'an item above 400 KB',
      put({ ...key, big: { S: 'x'.repeat(400 * 1024) } }),
      400,
      { __type: 'com.amazon.coral.validate#ValidationException', message: 'Item size has exceeded the maximum allowed size' },
    ],
    [
      'nesting below 32 levels',
      put({ ...key, deep: nested }),
      400,
      {
        __type: 'com.amazon.coral.validate#ValidationException',
        message: expect.stringContaining('Nesting Levels have exceeded supported limits') as string,
      },
    ],
    [
      'a number out of range',
      put({ ...key, n: { N: '1e126' } }),
      400,
      { __type: 'com.amazon.coral.validate#ValidationException', message: expect.stringContaining('Number overflow') as string },
    ],
    ['a body above 16 MB', put({ ...key, big: { S: 'x'.repeat(17 << 20) } }), 413, { __type: `${coral}RequestEntityTooLargeException` }],
    [
      'a small body that would become a huge one',
      { headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(64 << 20)) },
      413,
      { __type: `${coral}RequestEntityTooLargeException` },
    ],
  ]

  it.each(cases)('%s', async (_what, sent, status, body) => {
    const before = await send({})
    const refused = await send(sent)
    expect(refused.status).toBe(status)
    expect(JSON.parse(refused.text)).toMatchObject(body as object)
    expect(refused.headers['x-amz-crc32']).toBe(String(crc32(Buffer.from(refused.text))))
    expect(refused.localPort).toBe(before.localPort)
    expect(await itemCount()).toBe(0)
    expect(world.errors).toEqual([])
  })
})

describe('the rim', () => {
  it('a client that announces more than can be drained is answered and let go', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(world.port, '127.0.0.1')
      let received = ''
      socket.on('data', (chunk) => (received += chunk.toString()))
      socket.on('close', () => resolve(received))
      socket.on('error', reject)
      socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: ${1 << 30}\r\n\r\n{`)
    })
    expect(text).toMatch(/^HTTP\/1\.1 413 /)
    expect(text.toLowerCase()).toContain('connection: close')
  })

  it('a client that asks before it sends too much is refused without its sending anything', async () => {
    const outgoing = request({
      port: world.port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { ...usual, expect: '100-continue', 'content-length': String(17 << 20) },
    })
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.on('response', resolve)
      outgoing.on('error', reject)
      outgoing.flushHeaders()
    })
    expect([response.statusCode, response.headers.connection]).toEqual([413, 'close'])
    outgoing.destroy()
  })

  it('a client that goes away before it has sent everything leaves nothing behind', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(world.port, '127.0.0.1', () => {
        socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 100\r\n\r\n{', () =>
          socket.destroy(),
        )
      })
      socket.on('close', () => resolve())
    })
    expect((await send({})).status).toBe(200)
    expect(world.errors).toEqual([])
  })
})

describe('what goes wrong inside', () => {
  it('is an InternalServerError with a request id that the log knows, and the next request is answered', async () => {
    const broken = await startTestWorld({
      store: (store) => ({
        ...store,
        transact: (keys, decide) => store.transact(keys, decide),
        page: (range, limit) => store.page(range, limit),
        snapshot: () => store.snapshot(),
        getMany: (keys) => store.getMany(keys),
        close: () => store.close(),
        failed: store.failed,
        get: (key) => (key[0] === 1 ? Promise.reject(new Error('the disk is gone')) : store.get(key)),
      }),
    })
    await broken.api.call('us-east-1', 'CreateTable', {
      TableName: 'Things',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    })
    const response = await fetch(broken.endpoint, {
      method: 'POST',
      headers: { ...usual, 'x-amz-target': 'DynamoDB_20120810.GetItem' },
      body: JSON.stringify({ TableName: 'Things', Key: { pk: { S: 'a' } } }),
    })
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError' })
    expect(broken.errors.at(-1)).toMatchObject({ requestId: response.headers.get('x-amzn-requestid'), operation: 'GetItem' })
    expect((await broken.api.call('us-east-1', 'ListTables', {})).status).toBe(200)
    await broken.close()
  })

  it('a Region that does not answer is a 503', async () => {
    const cut = await startTestWorld({ unavailable: new Set(['eu-west-1']) })
    const { status, body } = await cut.api.call('eu-west-1', 'GetItem', { TableName: 'Things', Key: { pk: { S: 'a' } } })
    expect(status).toBe(503)
    expect(Buffer.from(body).toString()).toContain('ServiceUnavailableException')
    await cut.close()
  })
})
