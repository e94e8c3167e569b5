import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TraceContext } from '../base/trace.ts'
import type { Caller } from './caller.ts'
import { crc32 } from '../base/crc32.ts'
import type { Reply } from './dispatch.ts'
import { regionOfHost } from './region-name.ts'
import type { OperationName } from './service-model.ts'
import type { Tally } from './tally.ts'

/** HTTP, on the way back: replies with their checksum, the answer to a health check, and what lets web pages call. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly requestId: string
  readonly beganMs: number
  /** What was asked for, once that is understood. */
  call: Understood | undefined
  /** What it came to, from when that is so. */
  tally: Tally | undefined
  /** Its span; undefined: it is not traced. */
  trace: TraceContext | undefined
}

/** An operation with its input and Region. */
export interface Understood {
  readonly region: string
  readonly operation: OperationName
  readonly input: unknown
  /** Undefined: may do everything. */
  readonly caller: Caller | undefined
}

const jsonContentType = 'application/x-amz-json-1.0'

/** DynamoDB calls itself so. */
const serverName = 'Server'

export function sendReply({ request, response, requestId: id }: Exchange, { status, body }: Reply): void {
  const headers: Record<string, string | number> = {
    Server: serverName,
    'x-amzn-RequestId': id,
    'x-amz-crc32': crc32(body),
    'Content-Type': jsonContentType,
    'Content-Length': body.length,
  }
  if (request.headers.origin !== undefined) Object.assign(headers, crossOrigin)
  response.writeHead(status, headers)
  if (body.length > oneWriteBytesMax) {
    response.end(body)
    return
  }
  // Node writes a text together with the head, in one piece; bytes would be a second one. Latin-1 leaves every byte as it is.
  // Let out before the end, it is one plain write; at the end, Node gathers it with an empty piece.
  response.write(body.toString('latin1'), 'latin1')
  response.uncork()
  response.end()
}

const oneWriteBytesMax = 16 * 1024

export function sendPlain({ request, response, requestId: id }: Exchange, status: number, text: string): void {
  response.writeHead(status, {
    'x-amzn-RequestId': id,
    'Content-Type': 'text/plain',
    'Content-Length': Buffer.byteLength(text),
    ...(request.headers.origin === undefined ? {} : crossOrigin),
  })
  response.end(text)
}

export function sendHealth(exchange: Exchange): void {
  sendPlain(exchange, 200, `healthy: dynamodb.${regionOfHost(exchange.request.headers.host) ?? 'us-east-1'}.amazonaws.com `)
}

/** DynamoDB can be called from any web page: what protects it is the signature. */
const crossOrigin = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date',
} as const

const headerNames = /^[a-z0-9-]+(?: *, *[a-z0-9-]+)*$/i

export function sendPreflight({ request, response, requestId: id }: Exchange): void {
  const wanted = request.headers['access-control-request-headers'] ?? ''
  response.writeHead(200, {
    'x-amzn-RequestId': id,
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': 'POST',
    ...(headerNames.test(wanted) ? { 'Access-Control-Allow-Headers': wanted } : {}),
    'Access-Control-Max-Age': '172800',
    'Content-Length': 0,
  })
  response.end()
}
