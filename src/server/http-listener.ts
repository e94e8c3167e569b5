/**
 * The port: a `node:http` server with the limits of a server that strangers may reach, and timeouts that suit the pools of AWS SDKs.
 */
import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import { Server as NetServer } from 'node:net'
import { OperatorError, codeOf } from './operator-error.ts'

export interface HttpListener {
  readonly port: number
  /** Takes no new requests, waits a bounded time for those that run, then cuts the connections. */
  close(): Promise<void>
}

/** A client's pool must let go of an idle connection before the server does, or a request meets a connection that is being closed. */
const keepAliveMs = 300_000
const headersMsMax = 30_000
/** A body of 16 MB over a slow line. */
const requestMsMax = 120_000
const connectionsMax = 8192
const drainMsMax = 10_000
const drainCheckMs = 20
const graceMs = 50

export async function listenHttp(host: string, port: number, onRequest: RequestListener): Promise<HttpListener> {
  let closing = false
  const server = createServer(
    { keepAliveTimeout: keepAliveMs, headersTimeout: headersMsMax, requestTimeout: requestMsMax },
    (request, response) => {
      if (closing) response.setHeader('Connection', 'close')
      onRequest(request, response)
    },
  )
  server.maxConnections = connectionsMax
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
