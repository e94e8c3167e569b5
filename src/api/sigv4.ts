import { createHmac, timingSafeEqual } from 'node:crypto'
import { BoundedCache } from '../base/bounded-cache.ts'
import type { Claim, SignedRequest } from './authorization.ts'
import { headerValues } from './authorization.ts'
import type { Trailer } from './aws-chunked.ts'
import { canonicalRequest, sha256, stringToSign } from './canonical-request.ts'
import type { Credential, Credentials } from './credentials.ts'
import type { Payload } from './payload.ts'
import { payloadHash } from './payload.ts'
import type { WireError } from './wire-error.ts'
import { authenticationError } from './wire-error.ts'

/**
 * Verifies AWS Signature Version 4, as AWS publishes it ("Create a signed AWS API request").
 * Everything is checked before the signature except the signature itself, which is compared in constant time. Texts as observed
 * on AWS.
 */

/** How far the client's clock may be off. */
const SKEW_MS_MAX = 15 * 60_000
const PRESIGNED_S_MAX = 7 * 24 * 3600

/**
 * @param request its headers with every value that came, or what a second one says would stand outside of the signature
 * @param payload of the body as it came, before any decompression
 */
export function verifySignature(
  claim: Claim,
  request: SignedRequest,
  payload: Payload,
  credentials: Credentials,
  nowMs: number,
  service: 'dynamodb' | 'fis' | 'monitoring' = 'dynamodb',
): Credential | WireError {
  const misfit = scopeProblem(claim, service)
  if (misfit !== undefined) return invalidSignature(misfit)
  const headers = signedHeadersProblem(claim, request)
  if (headers !== undefined) return headers
  const credential = credentials.get(claim.accessKeyId)
  if (credential === undefined || !sameToken(credential.sessionToken, claim.sessionToken)) {
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
  const wrong = signatureProblem(claim, request, payload, basicDate(signedAtMs), signingKey(credential, claim))
  return wrong === undefined ? credential : invalidSignature(wrong)
}

function invalidSignature(message: string): WireError {
  return authenticationError('InvalidSignatureException', message)
}

function scopeProblem({ scope, date }: Claim, service: string): string | undefined {
  if (scope.region === undefined) return `Credential should be scoped to a valid region. `
  if (scope.service !== service) return `Credential should be scoped to correct service: '${service}'. `
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
function signedHeadersProblem(claim: Claim, request: SignedRequest): WireError | undefined {
  const signed = new Set(claim.signedHeaders)
  if (!signed.has('host')) return invalidSignature("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
  const datedByHttp = !claim.presigned && !('x-amz-date' in request.headers)
  const unsigned = Object.keys(request.headers).find(
    (name) => (name.startsWith('x-amz-') || (datedByHttp && name === 'date')) && !signed.has(name),
  )
  if (unsigned !== undefined) return invalidSignature(`'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`)
  const missing = claim.signedHeaders.find((name) => headerValues(request, name).length === 0)
  if (missing === undefined) return undefined
  return authenticationError(
    'IncompleteSignatureException',
    `'${missing}' is named as a SignedHeader, but it does not exist in the HTTP request.`,
  )
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

function signatureProblem(claim: Claim, request: SignedRequest, payload: Payload, date: string, key: Buffer): string | undefined {
  const hash = payloadHash(payload)
  if (hash === undefined) return mismatch
  const canonical = canonicalRequest(claim, request, hash)
  const text = stringToSign(claim, date, canonical)
  if (equalInConstantTime(sign(key, text), claim.signature)) {
    return chunksAreSigned(payload, claim, date, key) ? undefined : mismatch
  }
  return (
    `${mismatch}\n\nThe Canonical String for this request should have been\n'${canonical}'` +
    `\n\nThe String-to-Sign should have been\n'${text}'\n`
  )
}

const mismatch =
  'The request signature we calculated does not match the signature you provided. ' +
  'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

/** Each chunk's signature is also over the one before it, so that none can be left out or moved. A broken framing is not judged here. */
function chunksAreSigned(payload: Payload, { scope, signature }: Claim, date: string, key: Buffer): boolean {
  if (payload.kind === 'whole' || !payload.signed || payload.content === undefined) return true
  const chain = new SignatureChain({ date, scope: scope.text, key, seed: signature })
  const { chunks, trailers } = payload.content
  if (!chunks.every(({ data, signature: given }) => equalInConstantTime(chain.nextChunk(data), given ?? ''))) return false
  return payload.stated.endsWith('-TRAILER') ? trailersAreSigned(chain, trailers) : trailers.length === 0
}

function trailersAreSigned(chain: SignatureChain, trailers: readonly Trailer[]): boolean {
  const given = trailers.find(([name]) => name === trailerSignature)?.[1]
  const signed = trailers.filter(([name]) => name !== trailerSignature).map(([name, value]) => `${name}:${value}\n`)
  return equalInConstantTime(chain.trailers(signed.join('')), given ?? '')
}

const trailerSignature = 'x-amz-trailer-signature'

/** The signatures of the pieces of a body, each made with the one before it, the first with the request's. */
export class SignatureChain {
  readonly #key: Buffer
  readonly #context: readonly string[]
  #last: string

  constructor({ date, scope, key, seed }: { date: string; scope: string; key: Buffer; seed: string }) {
    this.#key = key
    this.#context = [date, scope]
    this.#last = seed
  }

  nextChunk(data: Uint8Array): string {
    this.#last = sign(this.#key, ['AWS4-HMAC-SHA256-PAYLOAD', ...this.#context, this.#last, sha256(''), sha256(data)].join('\n'))
    return this.#last
  }

  trailers(text: string): string {
    return sign(this.#key, ['AWS4-HMAC-SHA256-TRAILER', ...this.#context, this.#last, sha256(Buffer.from(text, 'latin1'))].join('\n'))
  }
}

/** A key holds for a day, Region and service; a client signs thousands of requests with it. */
const signingKeys = new BoundedCache<string, Buffer>(256)

export function signingKey(
  { accessKeyId, secretAccessKey }: Pick<Credential, 'accessKeyId' | 'secretAccessKey'>,
  { scope }: Pick<Claim, 'scope'>,
): Buffer {
  const name = `${accessKeyId}\n${secretAccessKey}\n${scope.text}`
  const known = signingKeys.get(name)
  if (known !== undefined) return known
  const parts = [scope.date, scope.region ?? '', scope.service, scope.terminator]
  const key = parts.reduce<Buffer>((secret, part) => hmac(secret, part), Buffer.from(`AWS4${secretAccessKey}`))
  signingKeys.set(name, key)
  return key
}

/** A key that has a token is refused without it, and one that has none with any. */
function sameToken(expected: string | undefined, given: string | undefined): boolean {
  return (expected === undefined) === (given === undefined) && equalInConstantTime(expected ?? '', given ?? '')
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

function sign(key: Buffer, text: string): string {
  return hmac(key, text).toString('hex')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
