/**
 * The port: a `node:http` or `node:https` server with the limits of a server that strangers may reach, and timeouts that suit the pools of AWS SDKs.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { Server as NetServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { BODY_BYTES_MAX } from '../api/request-body.ts'
import { OperatorError, codeOf } from './operator-error.ts'
import { Pipelines } from './pipelines.ts'
import type { TlsIdentity } from './tls-identity.ts'

export interface HttpListener {
  readonly port: number
  /** Takes no new requests, waits a bounded time for those that run, then cuts the connections. */
  close(): Promise<void>
}

export interface ListenerLimits {
  /** A client's pool must let go of an idle connection before the server does, or a request meets a connection that is being closed. */
  readonly keepAliveMs: number
  /** From the connection's opening, or the first byte of a further request, to the end of the head; also for the handshake of TLS. */
  readonly headMsMax: number
  /** To the end of the body: 16 MB over a slow line. */
  readonly requestMsMax: number
  /** How long a client may leave its answer unread. */
  readonly unreadMsMax: number
  /** Between two looks for what took too long. */
  readonly checkMs: number
  readonly headBytesMax: number
  /** Further ones are closed at once. */
  readonly connectionsMax: number
  /** Requests of one connection that wait for an answer, beside the one that is being answered. */
  readonly pipelinedMax: number
}

export const usualLimits: ListenerLimits = {
  keepAliveMs: 300_000,
  headMsMax: 30_000,
  requestMsMax: 120_000,
  unreadMsMax: 120_000,
  checkMs: 5_000,
  headBytesMax: 16 * 1024,
  connectionsMax: 8192,
  pipelinedMax: 256,
}

const drainMsMax = 10_000
const drainCheckMs = 20
const graceMs = 50

export interface ListenerOptions {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Undefined: plain HTTP. */
  readonly tls: TlsIdentity | undefined
  readonly limits?: ListenerLimits
}

export async function listenHttp(options: ListenerOptions, onRequest: RequestListener): Promise<HttpListener> {
  const { host, port, tls, limits = usualLimits } = options
  const server = createServerWith(limits, tls)
  const pipelines = new Pipelines(limits.pipelinedMax)
  let closing = false
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    if (!pipelines.admit(request, response)) {
      refusePipelined(request, response)
      return
    }
    if (closing) response.setHeader('Connection', 'close')
    onRequest(request, response)
  }
  server.on('request', take)
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (!(Number(request.headers['content-length']) > BODY_BYTES_MAX)) response.writeContinue()
    take(request, response)
  })
  server.on('clientError', (error: Error, connection: Duplex) => {
    pipelines.whenAnswered(connection, () => refuse(connection, error))
  })
  // Also tells of idle connections. One whose request is being carried out is quiet for good reason.
  server.setTimeout(limits.unreadMsMax, (connection) => {
    if (connection.writableLength > 0 || pipelines.isIdle(connection)) connection.destroy()
  })
  server.maxConnections = limits.connectionsMax
  await listening(server, host, port)
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close() {
      closing = true
      return drained(server)
    },
  }
}

function createServerWith(limits: ListenerLimits, tls: TlsIdentity | undefined): Server {
  const options = {
    keepAliveTimeout: limits.keepAliveMs,
    headersTimeout: limits.headMsMax,
    requestTimeout: limits.requestMsMax,
    connectionsCheckingInterval: limits.checkMs,
    maxHeaderSize: limits.headBytesMax,
  }
  if (tls === undefined) return createServer(options)
  const { certificate: cert, key } = tls
  return createTlsServer({ ...options, cert, key, handshakeTimeout: limits.headMsMax, minVersion: 'TLSv1.2' })
}

function refusePipelined(request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  response.writeHead(503, { Connection: 'close', 'Content-Length': 0 })
  response.end()
}

const reasons = new Map<unknown, string>([
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', '413 Payload Too Large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
])

/** What is no HTTP, or takes too long. Where the next request would begin cannot be known. */
function refuse(connection: Duplex, error: Error): void {
  if (!connection.writable) {
    connection.destroy()
    return
  }
  const reason = reasons.get(codeOf(error)) ?? '400 Bad Request'
  connection.end(`HTTP/1.1 ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => connection.destroy())
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(host, port, error)))
    // Many clients may connect in one moment.
    server.listen({ host, port, backlog: 1024 }, () => resolve())
  })
}

function cannotListen(host: string, port: number, error: Error): OperatorError {
  if (codeOf(error) === 'EADDRINUSE') {
    return new OperatorError('PORT_IN_USE', `Port ${port} on ${host} is in use by another program; choose another with --port.`, {
      cause: error,
    })
  }
  return new OperatorError('CANNOT_LISTEN', `Cannot listen on ${host}, port ${port}: ${error.message}.`, { cause: error })
}

function drained(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // A connection becomes idle when its answer is sent; a request may also be on its way over one that looks idle now.
    let sweep: NodeJS.Timeout | undefined
    const grace = setTimeout(() => {
      sweep = setInterval(() => server.closeIdleConnections(), drainCheckMs)
    }, graceMs)
    const deadline = setTimeout(() => server.closeAllConnections(), drainMsMax)
    // The close of `node:http` would cut idle connections at once.
    NetServer.prototype.close.call(server, () => {
      clearTimeout(grace)
      clearInterval(sweep)
      clearTimeout(deadline)
      // Ends its own timer, and nothing else is left to do.
      server.close()
      resolve()
    })
  })
}
