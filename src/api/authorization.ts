import { createHash } from 'node:crypto'
import { BoundedCache } from '../base/bounded-cache.ts'
import { isRegionName } from './region-name.ts'
import type { WireError } from './wire-error.ts'
import { authenticationError, isWireError } from './wire-error.ts'

/**
 * What a request says of who signed it, where it says so (`Authorization` header, or the query string of a presigned request).
 * Reads and refuses; whether the signature is true is for sigv4.ts. Texts as observed on AWS.
 */
export interface Claim {
  readonly accessKeyId: string
  readonly scope: CredentialScope
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** As the client wrote it, `20150830T123600Z` or another date. */
  readonly date: string
  /** Seconds for which a presigned request holds; undefined for one with a header. */
  readonly expiresS: string | undefined
  readonly presigned: boolean
  /** What temporary credentials carry beside their key. */
  readonly sessionToken: string | undefined
}

export interface CredentialScope {
  readonly date: string
  /** Undefined when the credential names none that could be a Region. */
  readonly region: string | undefined
  readonly service: string
  readonly terminator: string
  /** Everything after the access key. */
  readonly text: string
}

/** The parts of a request that carry it. */
export interface SignedRequest {
  readonly method: string
  /** Path and query string. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

export const algorithm = 'AWS4-HMAC-SHA256'

export function parseClaim(request: SignedRequest): Claim | WireError {
  const header = headerOf(request, 'authorization')
  const query = request.url.includes('X-Amz-Algorithm=') ? new URLSearchParams(queryOf(request.url)) : undefined
  if (query !== undefined) {
    if (header === undefined) return claimOfQuery(query)
    return authenticationError(
      'InvalidSignatureException',
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    )
  }
  if (header === undefined || header === '') {
    return authenticationError('MissingAuthenticationTokenException', 'Request is missing Authentication Token')
  }
  return claimOfHeader(header, headerOf(request, 'x-amz-date') ?? headerOf(request, 'date'), headerOf(request, 'x-amz-security-token'))
}

export function headerOf(request: SignedRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'object' ? value.join(',') : value
}

/** All values of a header that was sent several times. */
export function headerValues(request: SignedRequest, name: string): readonly string[] {
  const value = request.headers[name]
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}

/** A parameter of the query string. */
export function parameterOf({ url }: SignedRequest, name: string): string | undefined {
  return url.includes(name) ? (new URLSearchParams(queryOf(url)).get(name) ?? undefined) : undefined
}

export function queryOf(url: string): string {
  const at = url.indexOf('?')
  return at < 0 ? '' : url.slice(at + 1)
}

/**
 * What stands before the signature is the same in all requests of a client on one day, so it is taken apart once. Everything
 * that is not quite so takes the long way.
 */
function claimOfHeader(header: string, date: string | undefined, sessionToken: string | undefined): Claim | WireError {
  const at = header.indexOf(lastField)
  if (at < 0 || at > rememberedLengthMax || date === undefined) return readClaim(header, date, sessionToken)
  const front = header.slice(0, at)
  const remembered = claimByFront.get(front)
  const signature = header.slice(at + lastField.length)
  if (remembered !== undefined && hexDigits.test(signature)) return { ...remembered, signature, date, sessionToken }
  const claim = readClaim(header, date, sessionToken)
  if (!isWireError(claim)) claimByFront.set(front, claim)
  return claim
}

const lastField = ', Signature='
const hexDigits = /^[0-9a-f]+$/
const claimByFront = new BoundedCache<string, Claim>(1000)
/** Longer ones are no client's habit. */
const rememberedLengthMax = 1000

function readClaim(header: string, date: string | undefined, sessionToken: string | undefined): Claim | WireError {
  const fields = fieldsOf(header)
  // What the text hashes is a guess: the piece that has no equal-sign.
  if (typeof fields === 'string') {
    return incomplete(
      `Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '${hashOf(fields)}'.`,
    )
  }
  const credential = fields.get('Credential')
  const signature = fields.get('Signature')
  const signedHeaders = fields.get('SignedHeaders')
  if (credential === undefined || signature === undefined || signedHeaders === undefined || date === undefined) {
    const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !fields.has(name))
    const texts = missing.map((name) => `Authorization header requires '${name}' parameter. `)
    if (date === undefined) texts.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
    return incomplete(`${texts.join('')}(Hashed with SHA-256 and encoded with Base64) Authorization=${hashOf(header)}`)
  }
  const [accessKeyId, scope] = splitCredential(credential)
  if (scope === undefined) return incomplete(credentialText(credential))
  const names = namesIn(signedHeaders)
  return { accessKeyId, scope, signedHeaders: names, signature, date, expiresS: undefined, presigned: false, sessionToken }
}

function namesIn(signedHeaders: string): readonly string[] {
  return signedHeaders.toLowerCase().split(';')
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}

function claimOfQuery(query: URLSearchParams): Claim | WireError {
  const stated = query.get('X-Amz-Algorithm')
  if (stated && stated !== algorithm) return incomplete(`Unsupported AWS 'algorithm': '${stated}'. `)
  const names = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date']
  const missing = names.filter((name) => !query.get(name))
  if (missing.length > 0) {
    const texts = missing.map((name) => `AWS query-string parameters must include '${name}'. `)
    return incomplete(`${texts.join('')}Re-examine the query-string parameters.`)
  }
  const credential = query.get('X-Amz-Credential') ?? ''
  const [accessKeyId, scope] = splitCredential(credential)
  if (scope === undefined) return incomplete(credentialText(credential))
  return {
    accessKeyId,
    scope,
    signedHeaders: namesIn(query.get('X-Amz-SignedHeaders') ?? ''),
    signature: query.get('X-Amz-Signature') ?? '',
    date: query.get('X-Amz-Date') ?? '',
    expiresS: query.get('X-Amz-Expires') ?? undefined,
    presigned: true,
    sessionToken: query.get('X-Amz-Security-Token') ?? undefined,
  }
}

/**
 * `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`, with commas, blanks or both between the fields.
 * @returns the first field that has no equal-sign, when there is one
 */
function fieldsOf(header: string): ReadonlyMap<string, string> | string {
  const fields = new Map<string, string>()
  let at = endOfField(header, 0)
  while (at < header.length) {
    const from = at + 1
    at = endOfField(header, from)
    const equals = header.indexOf('=', from)
    if (at > from && (equals < 0 || equals >= at)) return header.slice(from, at)
    if (equals > from && equals < at - 1) fields.set(header.slice(from, equals), header.slice(equals + 1, at))
  }
  return fields
}

function endOfField(header: string, from: number): number {
  for (let at = from; at < header.length; at++) {
    const code = header.charCodeAt(at)
    if (code === 0x2c || code === 0x20 || code === 0x09) return at
  }
  return header.length
}

function splitCredential(credential: string): readonly [string, CredentialScope | undefined] {
  const parts = credential.split('/')
  const [terminator = '', service = '', region = '', date = ''] = parts.slice(-4).reverse()
  const accessKeyId = parts.slice(0, -4).join('/')
  if (parts.length < 5 || accessKeyId === '') return [credential, undefined]
  return [accessKeyId, { date, region: isRegionName(region) ? region : undefined, service, terminator, text: parts.slice(-4).join('/') }]
}

function credentialText(credential: string): string {
  return `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`
}

function incomplete(message: string): WireError {
  return authenticationError('IncompleteSignatureException', message)
}
