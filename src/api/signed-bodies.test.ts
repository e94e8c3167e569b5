import { request as httpRequest } from 'node:http'
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { CHUNKS_MAX, parseAwsChunked } from './aws-chunked.ts'
import type { Credentials } from './credentials.ts'
import { parseCredentials } from './credentials.ts'
import { crc32 } from '../base/crc32.ts'
import type { Signed } from './test-signer.contract.ts'
import { chunksSignedWith, hashOf, signIndependently } from './test-signer.contract.ts'
import type { TestWorld } from './test-world.contract.ts'
import { startTestWorld } from './test-world.contract.ts'

/** Requests put together by hand and signed by a signer that shares nothing with the verifier. */

const date = '20260601T120000Z'
const admin = { accessKeyId: 'AKIDADMIN', secretAccessKey: 'a secret/with+signs' }
const temporary = { accessKeyId: 'ASIATEMPORARY', secretAccessKey: 'another' }

let world: TestWorld
let unguarded: TestWorld
beforeAll(async () => {
  const credentials = parseCredentials({
    [admin.accessKeyId]: { secretAccessKey: admin.secretAccessKey },
    [temporary.accessKeyId]: { secretAccessKey: temporary.secretAccessKey, sessionToken: 'a token/with=signs' },
  }) as Credentials
  world = await startTestWorld({ credentials, nowMs: () => Date.UTC(2026, 5, 1, 12) })
  unguarded = await startTestWorld()
})
afterAll(async () => {
  await world.close()
  await unguarded.close()
})

type Header = readonly [string, string]

interface Sent {
  readonly credentials?: typeof admin
  readonly headers?: readonly Header[]
  readonly payloadHash?: string
  /** What the body is, once the head is signed. */
  readonly body?: (signed: Signed) => Buffer | string
  /** Sent beside what is signed. */
  readonly unsigned?: readonly Header[]
  readonly authorization?: (signed: Signed) => string
  readonly world?: TestWorld
}

const plain = '{"Limit":1}'
const answered = { status: 200, body: { TableNames: [] } }

async function send(sent: Sent = {}): Promise<{ status: number; body: unknown }> {
  const { port } = sent.world ?? world
  const headers: Header[] = [
    ['host', `127.0.0.1:${port}`],
    ['content-type', 'application/x-amz-json-1.0'],
    ['x-amz-date', date],
    ['x-amz-target', 'DynamoDB_20120810.ListTables'],
    ...(sent.headers ?? []),
  ]
  const signed = signIndependently({
    method: 'POST',
    path: '/',
    headers,
    payloadHash: sent.payloadHash ?? hashOf(plain),
    date,
    region: 'us-east-1',
    service: 'dynamodb',
    ...(sent.credentials ?? admin),
  })
  const authorization: Header = ['authorization', sent.authorization?.(signed) ?? signed.authorization]
  return post(port, [...headers, ...(sent.unsigned ?? []), authorization], sent.body?.(signed) ?? plain)
}

function post(port: number, headers: readonly Header[], body: Buffer | string): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    // A header's text travels as its UTF-8 bytes.
    const flat = [
      ...headers.map(([name, value]) => [name, Buffer.from(value).toString('latin1')]),
      ['content-length', String(Buffer.byteLength(body))] as const,
    ].flat()
    const outgoing = httpRequest({ port, host: '127.0.0.1', method: 'POST', headers: flat }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown }))
    })
    outgoing.on('error', reject)
    outgoing.end(Buffer.from(body))
  })
}

const coral = 'com.amazon.coral.service#'
const mismatch = {
  status: 400,
  body: { __type: `${coral}InvalidSignatureException`, message: expect.stringMatching(/does not match/) as string },
}
const broken = { status: 400, body: { __type: `${coral}SerializationException` } }

describe('a signature by another signer', () => {
  it('is accepted, also over headers with odd blanks, values sent twice and letters beyond ASCII', async () => {
    expect(await send()).toEqual(answered)
    expect(
      await send({
        headers: [
          ['x-amz-meta', '  a   b '],
          ['x-meta', '1'],
          ['x-meta', '2'],
        ],
      }),
    ).toEqual(answered)
    expect(await send({ headers: [['user-agent', 'à, b;  ☃/1.0']] })).toEqual(answered)
  })

  it('that is wrong is answered with what should have been signed', async () => {
    let signed: Signed | undefined
    const answer = await send({
      authorization: (by) => {
        signed = by
        return by.authorization.replace(/Signature=.*/, `Signature=${'0'.repeat(64)}`)
      },
    })
    const text = `AWS4-HMAC-SHA256\n${date}\n${signed?.scope}\n${hashOf(signed?.canonicalRequest ?? '')}`
    expect(answer.body).toEqual({
      __type: `${coral}InvalidSignatureException`,
      message:
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. ' +
        'Consult the service documentation for details.\n\n' +
        `The Canonical String for this request should have been\n'${signed?.canonicalRequest}'\n\nThe String-to-Sign should have been\n'${text}'\n`,
    })
  })

  it('covers every value of a header that is sent twice', async () => {
    expect(await send({ headers: [['x-meta', '1']], unsigned: [['x-meta', '2']] })).toMatchObject(mismatch)
    expect(await send({ unsigned: [['host', 'dynamodb.eu-west-1.amazonaws.com']] })).toMatchObject(mismatch)
  })
})

describe('an Authorization that says too little', () => {
  it.each<[string, Sent['authorization'], RegExp]>([
    [
      'a part without its name',
      ({ authorization }) => authorization.replace('Signature=', 'Signature '),
      /^Invalid key=value pair \(missing equal-sign\) in Authorization header \(hashed with SHA-256 and encoded with Base64\): '\S{44}'\.$/,
    ],
    ['another scheme', () => 'Bearer abcdef', /^Invalid key=value pair/],
    [
      'nothing but the scheme',
      () => 'AWS4-HMAC-SHA256',
      /^Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. \(Hashed with SHA-256 and encoded with Base64\) Authorization=\S{44}$/,
    ],
    [
      'a credential without its scope',
      ({ authorization, scope }) => authorization.replace(`/${scope}`, ''),
      /^Credential must have exactly 5 slash-delimited elements, e.g. keyid\/date\/region\/service\/term, got 'AKIDADMIN'$/,
    ],
    [
      'a header that did not come',
      ({ authorization }) => authorization.replace('SignedHeaders=', 'SignedHeaders=accept;'),
      /^'accept' is named as a SignedHeader, but it does not exist in the HTTP request.$/,
    ],
  ])('as %s is incomplete', async (_what, authorization, message) => {
    const answer = await send(authorization === undefined ? {} : { authorization })
    expect(answer).toEqual({
      status: 400,
      body: { __type: `${coral}IncompleteSignatureException`, message: expect.stringMatching(message) as string },
    })
  })

  it('as a presigned request of another algorithm, or with a second signature', async () => {
    const head: Header[] = [
      ['content-type', 'application/x-amz-json-1.0'],
      ['x-amz-target', 'DynamoDB_20120810.ListTables'],
    ]
    const ask = async (query: string, extra: Record<string, string>): Promise<unknown> =>
      (
        await fetch(`${world.endpoint}/?${query}`, { method: 'POST', headers: { ...Object.fromEntries(head), ...extra }, body: '{}' })
      ).json()
    expect(await ask('X-Amz-Algorithm=AWS4-ECDSA', {})).toEqual({
      __type: `${coral}IncompleteSignatureException`,
      message: "Unsupported AWS 'algorithm': 'AWS4-ECDSA'. ",
    })
    expect(await ask('X-Amz-Algorithm=AWS4-HMAC-SHA256', {})).toEqual({
      __type: `${coral}IncompleteSignatureException`,
      message:
        "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. " +
        "AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. " +
        'Re-examine the query-string parameters.',
    })
    expect(await ask('X-Amz-Algorithm=AWS4-HMAC-SHA256', { authorization: 'x' })).toEqual({
      __type: `${coral}InvalidSignatureException`,
      message: "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    })
  })
})

describe('a session token', () => {
  const unrecognised = {
    status: 400,
    body: { __type: `${coral}UnrecognizedClientException`, message: 'The security token included in the request is invalid.' },
  }
  const token = (value: string): Header[] => [['x-amz-security-token', value]]

  it('goes with its key, and no other does', async () => {
    expect(await send({ credentials: temporary, headers: token('a token/with=signs') })).toEqual(answered)
    expect(await send({ credentials: temporary })).toEqual(unrecognised)
    expect(await send({ credentials: temporary, headers: token('a token/with=sign5') })).toEqual(unrecognised)
    expect(await send({ credentials: temporary, headers: token('') })).toEqual(unrecognised)
    expect(await send({ headers: token('superfluous') })).toEqual(unrecognised)
    expect(await send({ headers: token('') })).toEqual(unrecognised)
  })

  it('must be signed', async () => {
    expect(await send({ credentials: temporary, unsigned: token('a token/with=signs') })).toMatchObject({
      body: { message: "'x-amz-security-token' must be a 'SignedHeader' in the AWS Authorization." },
    })
  })
})

describe('x-amz-content-sha256', () => {
  const stating = (hash: string): Header[] => [['x-amz-content-sha256', hash]]

  it('that is the hash of the body is checked against it', async () => {
    expect(await send({ headers: stating(hashOf(plain)) })).toEqual(answered)
    expect(await send({ headers: stating(hashOf('{}')) })).toMatchObject(mismatch)
    expect(await send({ headers: stating(hashOf('{}')), payloadHash: hashOf('{}') })).toMatchObject(mismatch)
  })

  it('UNSIGNED-PAYLOAD leaves the body open, as its signer wanted, and nobody else can say so', async () => {
    const headers = stating('UNSIGNED-PAYLOAD')
    expect(await send({ headers, payloadHash: 'UNSIGNED-PAYLOAD', body: () => '{"Limit":2}' })).toEqual(answered)
    expect(await send({ headers, payloadHash: hashOf(plain) })).toMatchObject(mismatch)
    expect(await send({ unsigned: headers })).toMatchObject({ status: 400 })
  })

  const streaming = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
  const pieces = [Buffer.from('{"Lim'), Buffer.from('it":'), Buffer.from('1}')]
  const chunked = (body: Sent['body'], stated = streaming, extra: readonly Header[] = []): Sent => ({
    headers: [...stating(stated), ['content-encoding', 'aws-chunked'], ['x-amz-decoded-content-length', '11'], ...extra],
    payloadHash: stated,
    ...(body === undefined ? {} : { body }),
  })
  const changed = (from: string, to: string) => (signed: Signed) =>
    Buffer.from(chunksSignedWith(signed, date, pieces).toString('latin1').replace(from, to), 'latin1')

  it('of chunks has each of them verified', async () => {
    expect(await send(chunked((signed) => chunksSignedWith(signed, date, pieces)))).toEqual(answered)
    expect(await send(chunked((signed) => chunksSignedWith(signed, date, [Buffer.from(plain)])))).toEqual(answered)
    expect(await send(chunked(changed('1}', '2}')))).toMatchObject(mismatch)
    expect(await send(chunked(changed(';chunk-signature', ';chunk-signaturf')))).toEqual(broken)
    expect(await send(chunked((signed) => chunksSignedWith({ ...signed, signature: hashOf('') }, date, pieces)))).toMatchObject(mismatch)
    expect(await send(chunked((signed) => chunksSignedWith(signed, date, [Buffer.from('{}')])))).toEqual(broken)
  })

  it('of chunks cannot be cut short, nor its chunks be swapped or lose their signatures', async () => {
    const cut = (signed: Signed): Buffer => chunksSignedWith(signed, date, pieces).subarray(0, -40)
    expect(await send(chunked(cut))).toEqual(broken)
    const swapped = chunksSwapped
    expect(await send(chunked((signed) => swapped(chunksSignedWith(signed, date, pieces))))).toMatchObject(mismatch)
    const bare = (signed: Signed): Buffer =>
      Buffer.from(
        chunksSignedWith(signed, date, pieces)
          .toString('latin1')
          .replaceAll(/;chunk-signature=[0-9a-f]+/g, ''),
        'latin1',
      )
    expect(await send(chunked(bare))).toMatchObject(mismatch)
  })

  it('of chunks with trailers has those verified too', async () => {
    const trailers = `x-amz-checksum-sha256:${createHash('sha256').update(plain).digest('base64')}\n`
    const stated = `${streaming}-TRAILER`
    const named: Header[] = [['x-amz-trailer', 'x-amz-checksum-sha256']]
    expect(await send(chunked((signed) => chunksSignedWith(signed, date, pieces, trailers), stated, named))).toEqual(answered)
    const stripped = (signed: Signed): Buffer => chunksSignedWith(signed, date, pieces)
    expect(await send(chunked(stripped, stated, named))).toMatchObject(mismatch)
    const added = (signed: Signed): Buffer => chunksSignedWith(signed, date, pieces, 'x-other:1\n')
    expect(await send(chunked(added))).toMatchObject(mismatch)
    const forged = (signed: Signed): Buffer =>
      Buffer.from(chunksSignedWith(signed, date, pieces, 'x-other:1\n').toString('latin1').replace('x-other:1', 'x-other:2'), 'latin1')
    expect(await send(chunked(forged, stated))).toMatchObject(mismatch)
  })

  it('of chunks that are not signed has their checksum verified', async () => {
    const stated = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(Buffer.from(plain)))
    const body = (trailer: string) => () => `5\r\n{"Lim\r\n6\r\nit":1}\r\n0\r\n${trailer}\r\n`
    expect(await send(chunked(body(`x-amz-checksum-crc32:${sum.toString('base64')}\r\n`), stated))).toEqual(answered)
    expect(await send(chunked(body(''), stated))).toEqual(answered)
    expect(await send(chunked(body('x-amz-checksum-crc32:AAAAAA==\r\n'), stated))).toEqual(broken)
    expect(await send(chunked(body('x-amz-checksum-crc64nvme:AAAAAA==\r\n'), stated))).toEqual(broken)
  })

  it('of chunks is also understood compressed, and where signatures are not looked at', async () => {
    const zipped = gzipSync(plain)
    const sent: Sent = {
      headers: [...stating(streaming), ['content-encoding', 'aws-chunked,gzip'], ['x-amz-decoded-content-length', String(zipped.length)]],
      payloadHash: streaming,
      body: (signed) => chunksSignedWith(signed, date, [zipped]),
    }
    expect(await send(sent)).toEqual(answered)
    expect(await send({ ...sent, world: unguarded })).toEqual(answered)
    expect(await send({ ...chunked(() => 'nonsense'), world: unguarded })).toEqual(broken)
  })
})

function chunksSwapped(body: Buffer): Buffer {
  const [first, data, second, more, ...rest] = body.toString('latin1').split('\r\n')
  return Buffer.from([second, more, first, data, ...rest].join('\r\n'), 'latin1')
}

describe('aws-chunked', () => {
  test('whatever was put into chunks comes out of them', () => {
    const piece = fc.uint8Array({ minLength: 1, maxLength: 50 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.array(piece), fc.boolean(), (pieces, trailed) => {
        const parts = pieces.flatMap((data) => [Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')])
        const body = Buffer.concat([...parts, Buffer.from(trailed ? '0\r\nX-Sum : 1 \r\n\r\n' : '0\r\n\r\n')])
        const parsed = parseAwsChunked(body)
        expect(parsed?.chunks.map(({ data }) => data)).toEqual([...pieces, Buffer.alloc(0)])
        expect(parsed?.trailers).toEqual(trailed ? [['x-sum', '1']] : [])
      }),
    )
  })

  test('whatever comes is taken apart or refused', () => {
    const text = fc.array(fc.constantFrom('0', '1', 'a', ';', '\r\n', ':', 'chunk-signature=')).map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, (body) => {
        expect(parseAwsChunked(Buffer.from(body))?.chunks.at(-1)?.data.length ?? 0).toBe(0)
      }),
    )
  })

  test.each([
    ['nothing', ''],
    ['a size that is none', 'zz\r\n'],
    ['a size beyond the end', '5\r\nab\r\n0\r\n\r\n'],
    ['data that goes on', '2\r\nabc\r\n0\r\n\r\n'],
    ['no last chunk', '2\r\nab\r\n'],
    ['something after the end', '0\r\n\r\nx'],
    ['a trailer without a name', '0\r\n:x\r\n\r\n'],
    ['too many trailers', `0\r\n${'a:b\r\n'.repeat(20)}\r\n`],
    ['too many chunks', `${'1\r\na\r\n'.repeat(CHUNKS_MAX)}0\r\n\r\n`],
    ['a head without an end', `1;${'x'.repeat(5000)}`],
  ])('%s is refused', (_what, body) => {
    expect(parseAwsChunked(Buffer.from(body))).toBeUndefined()
  })
})
