import { once } from 'node:events'
import { createRequire } from 'node:module'
import type pinoLibrary from 'pino'
import type { Reply } from '../api/dispatch.ts'
import type { Exchange } from '../api/http-answer.ts'
import { exceptionName } from '../api/wire-error.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { OperatorError } from './operator-error.ts'

/**
 * One line of JSON for each request of DynamoDB's wire, into a file or to stdout. Lines are written behind the answers: what cannot be written waits within a
 * limit, and is dropped beyond it. A disk that is full, or a reader that went away, ends nothing; it is said once, and once more when it is over.
 */
export class AccessLog {
  readonly #destination: Destination
  readonly #path: string | undefined
  readonly #clock: Clock
  readonly #log: Log
  #dropped = 0
  #failing = false

  private constructor(destination: Destination, path: string | undefined, { clock, log }: AccessLogOptions) {
    this.#destination = destination
    this.#path = path
    this.#clock = clock
    this.#log = log
    destination.on('error', (error: unknown) => this.#failed(error))
    destination.on('drop', () => {
      this.#dropped++
      this.#failed(new Error(`more than ${waitingBytesMax} bytes wait to be written`))
    })
    destination.on('drain', () => this.#works())
  }

  /** @param target a path, or `-` for stdout */
  static async open(target: string, options: AccessLogOptions): Promise<AccessLog> {
    const path = target === '-' ? undefined : target
    const pino = createRequire(import.meta.url)('pino') as typeof pinoLibrary
    const destination = pino.destination({ dest: path ?? 1, sync: false, append: true, maxLength: waitingBytesMax })
    if (path === undefined) return new AccessLog(destination, path, options)
    try {
      await once(destination, 'ready')
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new OperatorError('ACCESS_LOG_UNUSABLE', `The access log ${path} cannot be written: ${why}.`, { cause })
    }
    return new AccessLog(destination, path, options)
  }

  answered(exchange: Exchange, { status, error }: Reply, tookMs: number): void {
    const { request, requestId, call, tally, trace } = exchange
    const line = {
      time: new Date(this.#clock.nowMs()).toISOString(),
      region: call?.region,
      operation: call?.operation,
      table: tally === undefined ? undefined : tablesOf(exchange),
      status,
      error: error && exceptionName(error),
      ms: Math.round(tookMs * 1000) / 1000,
      readUnits: tally?.readUnits,
      writeUnits: tally?.writeUnits,
      requestId,
      traceId: trace?.traceId,
      accessKeyId: accessKeyIn(request),
      account: call?.caller?.account,
      from: request.socket.remoteAddress,
    }
    this.#destination.write(`${JSON.stringify(line)}\n`)
  }

  /** Goes on in a new file of the same name, after the old one was moved away. */
  reopen(): void {
    if (this.#path !== undefined) this.#destination.reopen()
  }

  /** What waits is written first, as far as that can be done. */
  async close(): Promise<void> {
    const ended = once(this.#destination, 'close').catch(() => undefined) // an error was told already
    this.#destination.end()
    // With an error pending it would wait for ever.
    if (!this.#failing) await ended
    else this.#destination.destroy()
  }

  #failed(error: unknown): void {
    if (this.#failing) return
    this.#failing = true
    this.#log.error('access-log-not-written', { path: this.#path ?? 'stdout', error })
  }

  #works(): void {
    if (!this.#failing) return
    this.#failing = false
    this.#log.warn('access-log-written-again', { path: this.#path ?? 'stdout', lostLines: this.#dropped })
    this.#dropped = 0
  }
}

export interface AccessLogOptions {
  readonly clock: Clock
  readonly log: Log
}

type Destination = ReturnType<typeof pinoLibrary.destination>

const waitingBytesMax = 4 << 20

/** Those that it used; else the one that it named, which may not be there. */
function tablesOf({ call, tally }: Exchange): string | undefined {
  const used = tally?.tables.map(({ table }) => table.name).join() ?? ''
  if (used !== '') return used
  const { input } = call ?? {}
  const named: unknown = typeof input === 'object' && input !== null ? Reflect.get(input, 'TableName') : undefined
  return typeof named === 'string' ? named.slice(0, namedMax) : undefined
}

/** The longest ARN of a table. */
const namedMax = 1024

/** As the request says; with `--credentials`, whoever was let in holds its secret. */
function accessKeyIn({ headers, url = '' }: Exchange['request']): string | undefined {
  return /Credential=([^/\s,]{1,256})\//.exec(headers.authorization ?? '')?.[1] ?? /[?&]X-Amz-Credential=([^%/&]{1,256})/.exec(url)?.[1]
}
