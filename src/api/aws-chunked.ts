/**
 * The framing `aws-chunked`: a body in pieces that can be signed one by one, inside whatever framing HTTP uses.
 *
 *   400;chunk-signature=ad80…\r\n  1024 bytes  \r\n  …  0;chunk-signature=b6c6…\r\n  [trailer:value\r\n …]  \r\n
 *
 * It takes the pieces apart; whether they are true is for payload.ts and sigv4.ts.
 */
export interface AwsChunked {
  /** In order; the last one is empty. */
  readonly chunks: readonly Chunk[]
  /** Names in lower case, in the order in which they came. */
  readonly trailers: readonly Trailer[]
}

export interface Chunk {
  readonly data: Buffer
  /** Undefined when it has none. */
  readonly signature: string | undefined
}

export type Trailer = readonly [name: string, value: string]

/** Each costs a signature. AWS asks for at least 8 KB in all but the last, so 16 MB are half as many. */
export const CHUNKS_MAX = 4096
const TRAILERS_MAX = 16
const LINE_BYTES_MAX = 1024

/** @returns undefined for what is not in this form, or stops before its end */
export function parseAwsChunked(bytes: Buffer): AwsChunked | undefined {
  const chunks: Chunk[] = []
  let at = 0
  while (chunks.length < CHUNKS_MAX) {
    const head = lineAt(bytes, at)
    const parsed = head === undefined ? null : /^([0-9a-f]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(head)
    if (head === undefined || parsed === null) return undefined
    const dataAt = at + head.length + 2
    const size = Number.parseInt(parsed[1] ?? '', 16)
    const data = bytes.subarray(dataAt, dataAt + size)
    chunks.push({ data, signature: parsed[2]?.toLowerCase() })
    at = dataAt + size
    if (size === 0) return withTrailers(chunks, bytes, at)
    if (bytes[at] !== 0x0d || bytes[at + 1] !== 0x0a) return undefined
    at += 2
  }
  return undefined
}

function withTrailers(chunks: readonly Chunk[], bytes: Buffer, from: number): AwsChunked | undefined {
  const trailers: Trailer[] = []
  let at = from
  while (trailers.length <= TRAILERS_MAX) {
    // Signers differ in whether an empty line follows the last trailer.
    if (at === bytes.length && trailers.length > 0) return { chunks, trailers }
    const line = lineAt(bytes, at)
    if (line === undefined) return undefined
    at += line.length + 2
    if (line === '') return at === bytes.length ? { chunks, trailers } : undefined
    const colon = line.indexOf(':')
    if (colon <= 0) return undefined
    trailers.push([line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()])
  }
  return undefined
}

/** Latin-1, so that a character is a byte. */
function lineAt(bytes: Buffer, from: number): string | undefined {
  const end = bytes.subarray(from, from + LINE_BYTES_MAX).indexOf('\r\n')
  return end < 0 ? undefined : bytes.toString('latin1', from, from + end)
}
