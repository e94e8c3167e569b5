import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { BoundedCache } from '../base/bounded-cache.ts'
import type { Claim, SignedRequest } from './authorization.ts'
import { algorithm, headerOf, queryOf } from './authorization.ts'
import type { Credential, Credentials } from './credentials.ts'
import type { WireError } from './wire-error.ts'
import { authenticationError } from './wire-error.ts'

/**
 * Verifies AWS Signature Version 4, as AWS publishes it ("Create a signed AWS API request"), for the service `dynamodb`.
 * Everything is checked before the signature except the signature itself, which is compared in constant time. Texts as observed
 * on AWS.
 */

/** How far the client's clock may be off. */
const SKEW_MS_MAX = 15 * 60_000
const PRESIGNED_S_MAX = 7 * 24 * 3600

/** @param body the bytes of the body as they came, before any decompression */
export function verifySignature(
  claim: Claim,
  request: SignedRequest,
  body: Uint8Array,
  credentials: Credentials,
  nowMs: number,
): Credential | WireError {
  const misfit = scopeProblem(claim) ?? signedHeadersProblem(claim, request)
  if (misfit !== undefined) return invalidSignature(misfit)
  const credential = credentials.get(claim.accessKeyId)
  if (credential === undefined) {
    return authenticationError('UnrecognizedClientException', 'The security token included in the request is invalid.')
  }
  const signedAtMs = parseDate(claim.date)
  if (signedAtMs === undefined) {
    return authenticationError(
      'IncompleteSignatureException',
      `Date must be in ISO-8601 'basic format'. Got '${claim.date}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    )
  }
  const untimely = timeProblem(claim, signedAtMs, nowMs)
  if (untimely !== undefined) return invalidSignature(untimely)
  const expected = signatureOf(claim, request, body, credential, signedAtMs)
  if (!equalInConstantTime(expected, claim.signature)) {
    return invalidSignature(
      'The request signature we calculated does not match the signature you provided. ' +
        'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    )
  }
  return credential
}

function invalidSignature(message: string): WireError {
  return authenticationError('InvalidSignatureException', message)
}

function scopeProblem({ scope, date }: Claim): string | undefined {
  if (scope.region === undefined) return `Credential should be scoped to a valid region. `
  if (scope.service !== 'dynamodb') return "Credential should be scoped to correct service: 'dynamodb'. "
  if (scope.terminator !== 'aws4_request') {
    return `Credential should be scoped with a valid terminator: 'aws4_request', not '${scope.terminator}'. `
  }
  const signedAtMs = parseDate(date)
  if (signedAtMs === undefined || basicDate(signedAtMs).startsWith(scope.date)) return undefined
  return (
    `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ` +
    `'${scope.date}' != '${basicDate(signedAtMs).slice(0, 8)}', from '${basicDate(signedAtMs)}'. `
  )
}

/** The host, the date and every `x-amz-` header that came must be under the signature; otherwise they could be changed on the way. */
function signedHeadersProblem(claim: Claim, request: SignedRequest): string | undefined {
  const signed = new Set(claim.signedHeaders)
  if (!signed.has('host')) return "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
  const datedByHttp = !claim.presigned && !('x-amz-date' in request.headers)
  const unsigned = Object.keys(request.headers).find(
    (name) => (name.startsWith('x-amz-') || (datedByHttp && name === 'date')) && !signed.has(name),
  )
  return unsigned === undefined ? undefined : `'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`
}

function timeProblem(claim: Claim, signedAtMs: number, nowMs: number): string | undefined {
  const seconds = claim.expiresS === undefined ? undefined : Number(claim.expiresS)
  if (claim.presigned && (seconds === undefined || !(seconds >= 1 && seconds <= PRESIGNED_S_MAX))) {
    return `X-Amz-Expires must be between 1 and ${PRESIGNED_S_MAX} seconds`
  }
  const lifeMs = seconds === undefined ? SKEW_MS_MAX : seconds * 1000
  if (signedAtMs + lifeMs < nowMs) {
    const allowed = seconds === undefined ? '15 min.' : `${seconds} s`
    return `Signature expired: ${basicDate(signedAtMs)} is now earlier than ${basicDate(nowMs - lifeMs)} (${basicDate(nowMs)} - ${allowed})`
  }
  if (signedAtMs > nowMs + SKEW_MS_MAX) {
    return (
      `Signature not yet current: ${basicDate(signedAtMs)} is still later than ` +
      `${basicDate(nowMs + SKEW_MS_MAX)} (${basicDate(nowMs)} + 15 min.)`
    )
  }
  return undefined
}

function signatureOf(claim: Claim, request: SignedRequest, body: Uint8Array, credential: Credential, signedAtMs: number): string {
  const canonical = canonicalRequest(claim, request, body)
  const text = [algorithm, basicDate(signedAtMs), claim.scope.text, sha256(canonical)].join('\n')
  return hmac(signingKey(credential, claim), text).toString('hex')
}

function canonicalRequest(claim: Claim, request: SignedRequest, body: Uint8Array): string {
  const path = request.url.split('?', 1)[0] ?? '/'
  const headers = claim.signedHeaders.map((name) => `${name}:${(headerOf(request, name) ?? '').trim().replace(/\s+/g, ' ')}\n`)
  return [
    request.method,
    path.split('/').map(encodeOnce).join('/'),
    canonicalQuery(request.url),
    headers.join(''),
    claim.signedHeaders.join(';'),
    sha256(body),
  ].join('\n')
}

/** The parameters in order, without the signature itself. */
function canonicalQuery(url: string): string {
  return [...new URLSearchParams(queryOf(url))]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encodeOnce(name)}=${encodeOnce(value)}`)
    .sort()
    .join('&')
}

function encodeOnce(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** A key holds for a day, Region and service; a client signs thousands of requests with it. */
const signingKeys = new BoundedCache<string, Buffer>(256)

function signingKey({ accessKeyId, secretAccessKey }: Credential, { scope }: Claim): Buffer {
  const name = `${accessKeyId}\n${secretAccessKey}\n${scope.text}`
  const known = signingKeys.get(name)
  if (known !== undefined) return known
  const parts = [scope.date, scope.region ?? '', scope.service, scope.terminator]
  const key = parts.reduce<Buffer>((secret, part) => hmac(secret, part), Buffer.from(`AWS4${secretAccessKey}`))
  signingKeys.set(name, key)
  return key
}

function equalInConstantTime(expected: string, given: string): boolean {
  const a = Buffer.from(expected)
  const b = Buffer.from(given)
  return a.length === b.length && timingSafeEqual(a, b)
}

/** `20150830T123600Z`, or a date as HTTP's `Date` header writes it. */
function parseDate(text: string): number | undefined {
  const basic = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  const ms = Date.parse(basic === null ? text : `${basic[1]}-${basic[2]}-${basic[3]}T${basic[4]}:${basic[5]}:${basic[6]}Z`)
  return Number.isNaN(ms) ? undefined : ms
}

function basicDate(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '')
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
