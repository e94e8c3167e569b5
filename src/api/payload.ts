import { createHash } from 'node:crypto'
import type { SignedRequest } from './authorization.ts'
import { headerOf, parameterOf } from './authorization.ts'
import type { AwsChunked, Trailer } from './aws-chunked.ts'
import { parseAwsChunked } from './aws-chunked.ts'
import { sha256 } from './canonical-request.ts'
import { crc32 } from '../base/crc32.ts'

/**
 * A body and what its `x-amz-content-sha256` says of it: nothing or its hash, that it is not signed, or that it comes in chunks which are
 * signed one by one. No operation of DynamoDB streams its body, but some signers sign every request so. What the header says is under
 * the signature itself, so nobody on the way can turn one into another.
 */
export type Payload = WholePayload | ChunkedPayload

export interface WholePayload {
  readonly kind: 'whole'
  /** Undefined: the body's own hash is signed. */
  readonly stated: string | undefined
  readonly bytes: Buffer
}

export interface ChunkedPayload {
  readonly kind: 'chunked'
  readonly stated: string
  readonly signed: boolean
  /** Undefined when the framing is broken, or the length or a checksum is not what was said. */
  readonly content: (AwsChunked & { readonly bytes: Buffer }) | undefined
}

const UNSIGNED = 'UNSIGNED-PAYLOAD'
const signedChunks: ReadonlySet<string> = new Set(['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER'])
const UNSIGNED_CHUNKS = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'

export function readPayload(request: SignedRequest, bytes: Buffer): Payload {
  const stated = headerOf(request, 'x-amz-content-sha256') ?? parameterOf(request, 'X-Amz-Content-Sha256')
  const signed = stated !== undefined && signedChunks.has(stated)
  if (stated === undefined || !(signed || stated === UNSIGNED_CHUNKS)) return { kind: 'whole', stated, bytes }
  return { kind: 'chunked', stated, signed, content: joined(request, parseAwsChunked(bytes)) }
}

/** What stands for the body in the canonical request; undefined when the body is not the one that was stated. */
export function payloadHash(payload: Payload): string | undefined {
  const { stated } = payload
  if (payload.kind === 'chunked') return payload.stated
  if (stated === UNSIGNED) return UNSIGNED
  const hash = sha256(payload.bytes)
  return stated !== undefined && /^[0-9a-f]{64}$/.test(stated) && stated !== hash ? undefined : hash
}

/** The bytes of the content; undefined when they cannot be had. */
export function contentOf(payload: Payload): Buffer | undefined {
  return payload.kind === 'whole' ? payload.bytes : payload.content?.bytes
}

function joined(request: SignedRequest, parsed: AwsChunked | undefined): ChunkedPayload['content'] {
  if (parsed === undefined) return undefined
  const bytes = Buffer.concat(parsed.chunks.map(({ data }) => data))
  const said = headerOf(request, 'x-amz-decoded-content-length')
  if (said !== undefined && said !== String(bytes.length)) return undefined
  return parsed.trailers.every((trailer) => isTrue(trailer, bytes)) ? { ...parsed, bytes } : undefined
}

/** Checksums of the content that an SDK may send after it. */
const checksums = new Map<string, (bytes: Buffer) => string>([
  ['x-amz-checksum-crc32', (bytes) => bigEndian(crc32(bytes))],
  ['x-amz-checksum-sha1', (bytes) => createHash('sha1').update(bytes).digest('base64')],
  ['x-amz-checksum-sha256', (bytes) => createHash('sha256').update(bytes).digest('base64')],
])

/** A checksum that cannot be computed here is taken for wrong: whoever sent it relies on its being looked at. */
function isTrue([name, value]: Trailer, bytes: Buffer): boolean {
  return !name.startsWith('x-amz-checksum-') || checksums.get(name)?.(bytes) === value
}

function bigEndian(word: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(word)
  return bytes.toString('base64')
}
