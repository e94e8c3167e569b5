import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Contributors } from '../api/contributors.ts'
import type { Clock } from '../base/clock.ts'
import type { Log, LogFields } from '../base/log.ts'
import type { Scheduler } from '../base/scheduler.ts'
import type { MetricStore } from '../telemetry/metric-store.ts'
import type { WriteMeter } from '../cost/write-meter.ts'
import type { FaultSchedules } from '../world/fault-schedules.ts'
import type { Faults } from '../world/faults.ts'
import type { World } from '../world/world.ts'
import type { AccessRules } from './access.ts'
import { checkAccess } from './access.ts'
import type { About, AdminContext } from './context.ts'
import { Events } from './events.ts'
import { Metrics } from './metrics.ts'
import type { Reply } from './reply.ts'
import { Rejection } from './reply.ts'
import type { RequestMeter } from './request-meter.ts'
import { conflicts } from './routes/conflicts.ts'
import { contributors } from './routes/contributors.ts'
import { digest } from './routes/digest.ts'
import { healAllFaults, healFault, injectFault, listFaults } from './routes/faults.ts'
import { listFunctions, registerFunction, removeFunction } from './routes/functions.ts'
import { health } from './routes/health.ts'
import { resolve } from './routes/resolve.ts'
import { setPolicy, showPolicy } from './routes/policy.ts'
import { regions } from './routes/regions.ts'
import { replication } from './routes/replication.ts'
import { listSchedules, startSchedule, stopSchedule } from './routes/schedules.ts'
import { lose } from './routes/lose.ts'
import { verify } from './routes/verify.ts'
import type { ErrorReply, EventData } from './wire.ts'

/** The control API: `/_everywrite/…` and `/metrics`. What it can do is all that the command line and a console can do. */
export interface Admin {
  /** Whether this path is the control API's; all others are DynamoDB's. */
  owns(this: void, url: string): boolean
  handle(this: void, request: IncomingMessage, response: ServerResponse): void
  conflictsFound(this: void, data: EventData['conflicts']): void
  /** Ends the open event streams. */
  close(this: void): void
}

export interface AdminOptions {
  readonly world: World
  readonly faults: Faults
  readonly schedules: FaultSchedules
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly log: Log
  readonly meter: RequestMeter
  readonly writeMeter: WriteMeter
  readonly contributors: Contributors
  readonly residentBytes: () => number
  /** What CloudWatch tells of. */
  readonly metricStore: MetricStore
  readonly access: AccessRules
  readonly about: About
}

export function createAdmin(options: AdminOptions): Admin {
  const { world, faults, scheduler, log, access } = options
  const events = new Events(world, faults, scheduler)
  const metrics = new Metrics(options)
  const context: AdminContext = { ...options, events }
  const startedMs = scheduler.monotonicMs()

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://everywrite')
    const isHealth = pathname === `${prefix}health`
    checkAccess(access, request, !isHealth)
    if (pathname === '/metrics') {
      assertMethod(request, ['GET'])
      const { contentType, text } = await metrics.print()
      send(response, 200, contentType, text)
    } else if (pathname === `${prefix}events`) {
      assertMethod(request, ['GET'])
      events.subscribe(response)
    } else {
      const { status, body } = isHealth
        ? health(context, startedMs)
        : await route(context, request, pathname.slice(prefix.length), searchParams)
      sendJson(response, status, body)
    }
  }

  return {
    owns: (url) => url.startsWith(prefix) || url === '/metrics' || url.startsWith('/metrics?'),
    handle(request, response) {
      answer(request, response).catch((error: unknown) => refuse(log, request, response, error))
    },
    conflictsFound(data) {
      metrics.conflictsFound(data)
      events.conflictsFound(data)
    },
    close: () => events.close(),
  }
}

const prefix = '/_everywrite/'
const bodyBytesMax = 64 * 1024
/** An item of 400 KB, written as DynamoDB JSON. */
const itemBodyBytesMax = 4 * 1024 * 1024

/** A function of 64 KB, written as a JSON string. */
const sourceBodyBytesMax = 512 * 1024

/** What can be asked for by name alone. */
const lists: Readonly<Record<string, (context: AdminContext, query: URLSearchParams) => Promise<Reply>>> = {
  regions,
  replication,
  conflicts,
}

async function route(context: AdminContext, request: IncomingMessage, path: string, query: URLSearchParams): Promise<Reply> {
  const [first, second, third, ...rest] = path.split('/').map(decode)
  if (second === undefined && first === 'faults') return routeFaults(context, request)
  const list = second === undefined && first !== undefined && Object.hasOwn(lists, first) ? lists[first] : undefined
  if (list !== undefined) {
    assertMethod(request, ['GET'])
    return list(context, query)
  }
  if (first === 'functions' && second === undefined) {
    assertMethod(request, ['GET', 'POST'])
    return request.method === 'GET' ? listFunctions(context) : registerFunction(context, await readJson(request, sourceBodyBytesMax))
  }
  if (first === 'functions' && second !== undefined && third === undefined) {
    assertMethod(request, ['DELETE'])
    return removeFunction(context, second)
  }
  if (first === 'faults' && second !== undefined && third === undefined) {
    assertMethod(request, ['DELETE'])
    return healFault(context, second)
  }
  if (first === 'schedules' && third === undefined) {
    if (second === undefined) return routeSchedules(context, request)
    assertMethod(request, ['DELETE'])
    return stopSchedule(context, second)
  }
  if (first === 'tables' && second !== undefined && third === 'digest' && rest.length === 0) {
    assertMethod(request, ['GET'])
    return digest(context, second)
  }
  if (first === 'tables' && second !== undefined && third === 'verify' && rest.length === 0) {
    assertMethod(request, ['POST'])
    return verify(context, second, await readJson(request))
  }
  if (first === 'regions' && second !== undefined && third === 'lose' && rest.length === 0) {
    assertMethod(request, ['POST'])
    return lose(context, second, await readJson(request))
  }
  if (first === 'tables' && second !== undefined && third === 'contributors' && rest.length === 0) {
    assertMethod(request, ['GET'])
    return contributors(context, second, query)
  }
  if (first === 'conflicts' && second !== undefined && third === 'resolve' && rest.length === 0) {
    assertMethod(request, ['POST'])
    return resolve(context, second, await readJson(request, itemBodyBytesMax))
  }
  if (first === 'tables' && second !== undefined && third === 'policy' && rest.length === 0) {
    assertMethod(request, ['GET', 'PUT'])
    return request.method === 'GET' ? showPolicy(context, second) : setPolicy(context, second, await readJson(request, sourceBodyBytesMax))
  }
  throw new Rejection(404, `There is nothing at ${prefix}${path}.`)
}

async function routeFaults(context: AdminContext, request: IncomingMessage): Promise<Reply> {
  assertMethod(request, ['GET', 'POST', 'DELETE'])
  if (request.method === 'GET') return listFaults(context)
  if (request.method === 'DELETE') return healAllFaults(context)
  return injectFault(context, await readJson(request))
}

async function routeSchedules(context: AdminContext, request: IncomingMessage): Promise<Reply> {
  assertMethod(request, ['GET', 'POST'])
  return request.method === 'GET' ? listSchedules(context) : startSchedule(context, await readJson(request))
}

function assertMethod(request: IncomingMessage, methods: readonly string[]): void {
  if (!methods.includes(request.method ?? '')) throw new Rejection(405, `The methods here are ${methods.join(', ')}.`)
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (error) {
    if (error instanceof URIError) throw new Rejection(400, 'The path is not properly encoded.')
    throw error
  }
}

async function readJson(request: IncomingMessage, bytesMax = bodyBytesMax): Promise<unknown> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length
    if (bytes > bytesMax) throw new Rejection(413, `The body is larger than ${bytesMax} bytes.`)
    pieces.push(piece)
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8')) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) throw new Rejection(400, 'The body is not JSON.')
    throw error
  }
}

function refuse(log: Log, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const known = error instanceof Rejection
  const fields: LogFields = { path: request.url, error }
  if (!known) log.error('admin-request-failed', fields)
  const body: ErrorReply = { error: known ? error.message : 'Something went wrong here; the log of the server says what.' }
  sendJson(response, known ? error.status : 500, body)
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json', `${JSON.stringify(body)}\n`)
}

function send(response: ServerResponse, status: number, contentType: string, text: string): void {
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  })
  response.end(text)
}
