import { createHash, createHmac } from 'node:crypto'

/**
 * For tests: a second implementation of AWS Signature Version 4, written from the specification and from nothing of ours, so that
 * signer and verifier cannot be wrong in the same way. It takes names and values as they are, and no shortcut.
 */
export interface ToSign {
  readonly method: string
  /** As it is sent, encoded. */
  readonly path: string
  /** Not encoded. */
  readonly query?: readonly (readonly [string, string])[]
  /** In lower case; all of them are signed. */
  readonly headers: readonly (readonly [string, string])[]
  /** The last line of the canonical request. */
  readonly payloadHash: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly date: string
  readonly region: string
  readonly service: string
}

export interface Signed {
  readonly canonicalRequest: string
  readonly signature: string
  readonly authorization: string
  readonly scope: string
  readonly key: Buffer
}

export function signIndependently(request: ToSign): Signed {
  const names = [...new Set(request.headers.map(([name]) => name))].sort()
  let canonicalHeaders = ''
  for (const name of names) {
    const values = request.headers.filter(([each]) => each === name).map(([, value]) => value.trim().replaceAll(/ +/g, ' '))
    canonicalHeaders += `${name}:${values.join(',')}\n`
  }
  const parameters = (request.query ?? []).map(([name, value]): [string, string] => [uriEncode(name), uriEncode(value)])
  parameters.sort((a, b) => Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])) || Buffer.compare(Buffer.from(a[1]), Buffer.from(b[1])))
  const canonicalRequest =
    `${request.method}\n${request.path.split('/').map(uriEncode).join('/')}\n${parameters.map((pair) => pair.join('=')).join('&')}\n` +
    `${canonicalHeaders}\n${names.join(';')}\n${request.payloadHash}`
  const scope = `${request.date.slice(0, 8)}/${request.region}/${request.service}/aws4_request`
  const key = signingKeyOf(request)
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${request.date}\n${scope}\n${hashOf(canonicalRequest)}`).toString('hex')
  const authorization =
    `AWS4-HMAC-SHA256 Credential=${request.accessKeyId}/${scope}, ` + `SignedHeaders=${names.join(';')}, Signature=${signature}`
  return { canonicalRequest, signature, authorization, scope, key }
}

/** The body in chunks, each with its signature. @param trailers `name:value\n` each; they get a signature of their own */
export function chunksSignedWith({ key, scope, signature }: Signed, date: string, pieces: readonly Buffer[], trailers?: string): Buffer {
  let previous = signature
  const parts: Buffer[] = []
  for (const piece of [...pieces, Buffer.alloc(0)]) {
    previous = hmac(key, `AWS4-HMAC-SHA256-PAYLOAD\n${date}\n${scope}\n${previous}\n${hashOf('')}\n${hashOf(piece)}`).toString('hex')
    parts.push(Buffer.from(`${piece.length.toString(16)};chunk-signature=${previous}\r\n`), piece)
    if (piece.length > 0) parts.push(Buffer.from('\r\n'))
  }
  if (trailers !== undefined) {
    const sealed = hmac(key, `AWS4-HMAC-SHA256-TRAILER\n${date}\n${scope}\n${previous}\n${hashOf(trailers)}`).toString('hex')
    parts.push(Buffer.from(`${trailers.replaceAll('\n', '\r\n')}x-amz-trailer-signature:${sealed}\r\n`))
  }
  return Buffer.concat([...parts, Buffer.from('\r\n')])
}

export function hashOf(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

function signingKeyOf({ secretAccessKey, date, region, service }: ToSign): Buffer {
  const ofDate = hmac(`AWS4${secretAccessKey}`, date.slice(0, 8))
  const ofRegion = hmac(ofDate, region)
  const ofService = hmac(ofRegion, service)
  return hmac(ofService, 'aws4_request')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

/** Bytes that are not unreserved, as `%XX`. */
function uriEncode(text: string): string {
  let encoded = ''
  for (const byte of Buffer.from(text)) {
    const character = String.fromCharCode(byte)
    encoded += /[A-Za-z0-9\-._~]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}
