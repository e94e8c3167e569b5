import type { IncomingMessage } from 'node:http'
import { gunzip } from 'node:zlib'

/**
 * Reads a request's body within a limit. What is beyond it is still taken off the connection, up to a second limit, so that the
 * answer reaches the client and the connection can be used again; past that the connection has to be closed.
 */
export type Body =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  /** @param drained true when the connection can be kept */
  | { readonly kind: 'too-large'; readonly drained: boolean }
  /** The client went away before it had sent everything. */
  | { readonly kind: 'broken-off' }

/** AWS: "DynamoDB's maximum request size is 16 MB". */
export const BODY_BYTES_MAX = 16 << 20
const DRAINED_BYTES_MAX = 64 << 20

export function readBody(request: IncomingMessage, done: (body: Body) => void): void {
  // A client that waits to be told to go on is spared the sending.
  const sizeBytesMax = request.headers.expect === undefined ? DRAINED_BYTES_MAX : BODY_BYTES_MAX
  if (Number(request.headers['content-length']) > sizeBytesMax) {
    done({ kind: 'too-large', drained: false })
    return
  }
  let chunks: Buffer[] = []
  let sizeBytes = 0
  let settled = false
  const settle = (body: Body): void => {
    if (settled) return
    settled = true
    chunks = []
    done(body)
  }
  request.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length
    if (sizeBytes <= BODY_BYTES_MAX) chunks.push(chunk)
    else chunks = []
    if (sizeBytes > DRAINED_BYTES_MAX) {
      request.pause()
      settle({ kind: 'too-large', drained: false })
    }
  })
  request.on('end', () => {
    const [first] = chunks
    if (sizeBytes > BODY_BYTES_MAX) settle({ kind: 'too-large', drained: true })
    else settle({ kind: 'whole', bytes: first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks, sizeBytes) })
  })
  const breakOff = (): void => settle({ kind: 'broken-off' })
  request.on('error', breakOff)
  request.on('close', breakOff)
}

export function isCompressed(contentEncoding: string | undefined): boolean {
  if (contentEncoding === undefined) return false
  const codings = contentEncoding.split(',').map((coding) => coding.trim().toLowerCase())
  // The framing of signed chunks is called an encoding too.
  return codings.filter((coding) => coding !== 'aws-chunked' && coding !== 'identity').join() === 'gzip'
}

/** Undoes gzip; a small body that would become a huge one is `too-large`. */
export function decompress(bytes: Buffer, done: (body: Buffer | 'too-large' | 'not-gzip') => void): void {
  gunzip(bytes, { maxOutputLength: BODY_BYTES_MAX }, (error, result) => {
    if (error === null) done(result)
    else done((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'not-gzip')
  })
}
