import type { ErrorReply } from '../admin/wire.ts'
import type { Arguments } from './command.ts'
import { UsageError, textOf } from './command.ts'

/** A server's control API, as the commands use it. */
export class AdminClient {
  readonly endpoint: string
  readonly #token: string | undefined

  constructor(endpoint: string, token?: string) {
    this.endpoint = endpoint.replace(/\/+$/, '')
    this.#token = token
  }

  /** The server that `--endpoint` names. */
  static of(args: Arguments): AdminClient {
    const endpoint = textOf(args, 'endpoint') ?? process.env['EVERYWRITE_ENDPOINT'] ?? 'http://127.0.0.1:8000'
    if (!URL.canParse(endpoint) || !/^https?:/.test(endpoint))
      throw new UsageError(`--endpoint must be a URL, as in http://127.0.0.1:8000, not ${endpoint}`)
    return new AdminClient(endpoint, textOf(args, 'admin-token') ?? process.env['EVERYWRITE_ADMIN_TOKEN'])
  }

  /** @param path below `/_everywrite/` */
  async get<T>(path: string): Promise<T> {
    return this.#send<T>('GET', path)
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    return this.#send<T>('POST', path, body)
  }

  async put<T>(path: string, body: unknown): Promise<T> {
    return this.#send<T>('PUT', path, body)
  }

  async delete<T>(path: string): Promise<T> {
    return this.#send<T>('DELETE', path)
  }

  /** Yields once when it listens, then for each event of this name; ends when the server does. */
  async *events(name: string): AsyncGenerator<undefined> {
    const response = await this.#fetch('events', { headers: this.#headers })
    if (!response.ok || response.body === null) throw new ServerRefused(`The server answered with status ${response.status}.`)
    yield undefined
    let unread = ''
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      const frames = (unread + piece).split('\n\n')
      unread = frames.pop() ?? ''
      if (frames.some((frame) => frame.startsWith(`event: ${name}\n`))) yield undefined
    }
  }

  get #headers(): Record<string, string> {
    return this.#token === undefined ? {} : { Authorization: `Bearer ${this.#token}` }
  }

  #fetch(path: string, init: RequestInit): Promise<Response> {
    return fetch(`${this.endpoint}/_everywrite/${path}`, init).catch((error: unknown) => {
      throw new Unreachable(`There is no everywrite server at ${this.endpoint}; start one with \`everywrite start\`, or pass --endpoint.`, {
        cause: error,
      })
    })
  }

  async #send<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers: Record<string, string> = { ...this.#headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) }
    const response = await this.#fetch(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    const json = await readJson(response)
    if (json === undefined) throw new Unreachable(`What answers at ${this.endpoint} is not an everywrite server.`)
    if (!response.ok) throw new ServerRefused(refusalOf(json) ?? `The server answered with status ${response.status}.`)
    return json as T
  }
}

/** No server, or not ours. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

/** The server said no; the message is its reason. */
export class ServerRefused extends Error {
  override readonly name = 'ServerRefused'
}

async function readJson(response: Response): Promise<unknown> {
  try {
    const json: unknown = await response.json()
    return json
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw new Unreachable('The server broke off in the middle of its answer.', { cause: error })
  }
}

function refusalOf(json: unknown): string | undefined {
  const { error } = json as Partial<ErrorReply>
  return typeof error === 'string' ? error : undefined
}
