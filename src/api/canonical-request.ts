import { createHash } from 'node:crypto'
import type { Claim, SignedRequest } from './authorization.ts'
import { algorithm, headerValues, queryOf } from './authorization.ts'

/**
 * What a signature is over: the request in a form that no proxy changes, as AWS publishes it ("Create a signed AWS API request").
 *
 *   method / path / query, in order / header:value … / names of the headers / hash of the body
 */

/** @param payloadHash the hash of the body, or the words that the client put in its place */
export function canonicalRequest(claim: Pick<Claim, 'signedHeaders'>, request: SignedRequest, payloadHash: string): string {
  const names = [...claim.signedHeaders].sort()
  const headers = names.map((name) => `${name}:${headerValues(request, name).map(collapse).join(',')}\n`)
  return [request.method, canonicalPath(request.url), canonicalQuery(request.url), headers.join(''), names.join(';'), payloadHash].join(
    '\n',
  )
}

export function stringToSign({ scope }: Pick<Claim, 'scope'>, date: string, canonical: string): string {
  return [algorithm, date, scope.text, sha256(Buffer.from(canonical, 'latin1'))].join('\n')
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** Without `.`, `..` and doubled slashes; what is encoded already is encoded once more, as for every service but S3. */
function canonicalPath(url: string): string {
  const path = url.split('?', 1)[0] ?? ''
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(encodeOnce(segment))
  }
  const directory = segments.length > 0 && /(?:^|\/)\.{0,2}$/.test(path)
  return `/${segments.join('/')}${directory ? '/' : ''}`
}

/** The parameters by name, then by value, without the signature itself. */
function canonicalQuery(url: string): string {
  return [...new URLSearchParams(queryOf(url))]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encodeOnce(name), encodeOnce(value)] as const)
    .sort(([aName, aValue], [bName, bValue]) => compare(aName, bName) || compare(aValue, bValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Blanks only: the value is bytes, and 0xA0, a blank of Latin-1, is a part of many letters of UTF-8. */
function collapse(value: string): string {
  return value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '')
}

function encodeOnce(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
