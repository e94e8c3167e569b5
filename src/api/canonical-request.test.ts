import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Claim } from './authorization.ts'
import { parseClaim } from './authorization.ts'
import { canonicalRequest, sha256, stringToSign } from './canonical-request.ts'
import { SignatureChain, signingKey } from './sigv4.ts'
import { chunksSignedWith, signIndependently } from './test-signer.contract.ts'
import { isWireError } from './wire-error.ts'

const example = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const date = '20150830T123600Z'

function claimOf(
  signedHeaders: string,
  { service = 'service', region = 'us-east-1', key = example.accessKeyId, day = '20150830' } = {},
): Claim {
  const authorization = `AWS4-HMAC-SHA256 Credential=${key}/${day}/${region}/${service}/aws4_request, SignedHeaders=${signedHeaders}, Signature=0`
  const claim = parseClaim({ method: 'GET', url: '/', headers: { authorization, 'x-amz-date': date } })
  if (isWireError(claim)) throw new Error(claim.message)
  return claim
}

type Vector = readonly [
  name: string,
  method: string,
  url: string,
  headers: Readonly<Record<string, string | string[]>>,
  body: string,
  signature: string,
]

const host = 'example.amazonaws.com'
const vectors: readonly Vector[] = [
  ['get-vanilla', 'GET', '/', {}, '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['post-vanilla', 'POST', '/', {}, '', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  ['get-relative', 'GET', '/example/..', {}, '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['get-slashes', 'GET', '//', {}, '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['get-vanilla-empty-query-key', 'GET', '/?Param1=value1', {}, '', 'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb'],
  [
    'get-vanilla-query-order-key-case',
    'GET',
    '/?Param2=value2&Param1=value1',
    {},
    '',
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  [
    'get-unreserved',
    'GET',
    '/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
    {},
    '',
    '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
  ],
  ['get-utf8', 'GET', '/ሴ', {}, '', '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85'],
  [
    'get-header-value-trim',
    'GET',
    '/',
    { 'my-header1': ' value1', 'my-header2': ' "a   b   c"' },
    '',
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  ],
  [
    'post-x-www-form-urlencoded',
    'POST',
    '/',
    { 'content-type': 'application/x-www-form-urlencoded' },
    'Param1=value1',
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  ],
]

describe('the published vectors of Signature Version 4', () => {
  it.each(vectors)('%s', (_name, method, url, extra, body, signature) => {
    const headers: Record<string, string | string[]> = { host, 'x-amz-date': date, ...extra }
    const claim = claimOf(Object.keys(headers).sort().join(';'))
    const canonical = canonicalRequest(claim, { method, url, headers }, sha256(body))
    const text = stringToSign(claim, date, canonical)
    expect(createHmac('sha256', signingKey(example, claim)).update(text).digest('hex')).toBe(signature)
  })

  it.each(vectors.filter(([name]) => !/relative|slashes|utf8/.test(name)))(
    '%s, of the signer that the tests use',
    (_name, method, url, extra, body, signature) => {
      const [path = '/', query] = url.split('?')
      const headers = Object.entries({ host, 'x-amz-date': date, ...extra }).flatMap(([name, value]) =>
        [value].flat().map((each) => [name, each] as const),
      )
      const signed = signIndependently({
        method,
        path,
        query: [...new URLSearchParams(query)],
        headers,
        payloadHash: sha256(body),
        date,
        region: 'us-east-1',
        service: 'service',
        ...example,
      })
      expect(signed.signature).toBe(signature)
    },
  )

  it('ListUsers, the example of the documentation', () => {
    const headers = {
      host: 'iam.amazonaws.com',
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      'x-amz-date': date,
    }
    const claim = claimOf('content-type;host;x-amz-date', { service: 'iam' })
    const canonical = canonicalRequest(claim, { method: 'GET', url: '/?Action=ListUsers&Version=2010-05-08', headers }, sha256(''))
    expect(sha256(canonical)).toBe('f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59')
    expect(signingKey(example, claim).toString('hex')).toBe('c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9')
    expect(
      createHmac('sha256', signingKey(example, claim))
        .update(stringToSign(claim, date, canonical))
        .digest('hex'),
    ).toBe('5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7')
  })

  const seed = '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9'
  const pieces = [Buffer.alloc(65_536, 'a'), Buffer.alloc(1024, 'a')]
  const signatures = [
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ]
  const s3 = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }

  it('the chunks of a streamed body, the example of the documentation', () => {
    const key = signingKey(s3, claimOf('host', { service: 's3', key: s3.accessKeyId, day: '20130524' }))
    const chain = new SignatureChain({ date: '20130524T000000Z', scope: '20130524/us-east-1/s3/aws4_request', key, seed })
    expect([...pieces, Buffer.alloc(0)].map((piece) => chain.nextChunk(piece))).toEqual(signatures)
  })

  it('the chunks, of the signer that the tests use', () => {
    const signed = signIndependently({
      method: 'PUT',
      path: '/examplebucket/chunkObject.txt',
      headers: [
        ['content-encoding', 'aws-chunked'],
        ['content-length', '66824'],
        ['host', 's3.amazonaws.com'],
        ['x-amz-content-sha256', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'],
        ['x-amz-date', '20130524T000000Z'],
        ['x-amz-decoded-content-length', '66560'],
        ['x-amz-storage-class', 'REDUCED_REDUNDANCY'],
      ],
      payloadHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      date: '20130524T000000Z',
      region: 'us-east-1',
      service: 's3',
      ...s3,
    })
    expect(signed.signature).toBe(seed)
    const body = chunksSignedWith(signed, '20130524T000000Z', pieces).toString('latin1')
    expect(body.length).toBe(66_824)
    expect([...body.matchAll(/chunk-signature=([0-9a-f]+)/g)].map(([, each]) => each)).toEqual(signatures)
  })
})

describe('a canonical request', () => {
  it('has its parameters by name before value, and the names of its headers in order', () => {
    const claim = claimOf('x-amz-date;host')
    const headers = { host: ' a   b ', 'x-amz-date': ['1', '2'] }
    const url = '/?a-b=1&a=2&a=1&X-Amz-Signature=no&c=%2B+*'
    expect(canonicalRequest(claim, { method: 'POST', url, headers }, 'hash')).toBe(
      'POST\n/\na=1&a=2&a-b=1&c=%2B%20%2A\nhost:a b\nx-amz-date:1,2\n\nhost;x-amz-date\nhash',
    )
  })

  it.each([
    ['', '/'],
    ['/', '/'],
    ['/a/./b/../c/', '/a/c/'],
    ['/../..', '/'],
    ['/a//b', '/a/b'],
    ['/a/b/..', '/a/'],
    ['/a%20b', '/a%2520b'],
  ])('of the path %s has %s', (url, path) => {
    expect(canonicalRequest(claimOf('host'), { method: 'GET', url, headers: { host } }, '').split('\n')[1]).toBe(path)
  })
})
