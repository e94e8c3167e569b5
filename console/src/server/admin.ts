import type { ErrorReply } from '../../../src/admin/wire.ts'
import { asksFor, token } from './access-keys.ts'

/** The server's control API. `path` is what follows `/_everywrite/`. */
export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return send<T>('GET', path, undefined, signal)
}

export function post<T>(path: string, body: unknown): Promise<T> {
  return send<T>('POST', path, body)
}

export function put<T>(path: string, body: unknown): Promise<T> {
  return send<T>('PUT', path, body)
}

export function remove<T>(path: string): Promise<T> {
  return send<T>('DELETE', path)
}

/** The server said no; the message is its reason. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly status: number
  /** What it said besides. */
  readonly body: unknown

  constructor(status: number, message: string, body?: unknown) {
    super(message)
    this.status = status
    this.body = body
  }
}

/** There is no server, or what answers is something else. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

export async function fetchAdmin(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  if (token.value !== undefined) headers.set('Authorization', `Bearer ${token.value}`)
  const response = await fetch(`/_everywrite/${path}`, { ...init, headers, cache: 'no-store' }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Unreachable('The server does not answer.', { cause: error })
  })
  if (response.status === 401) asksFor.value = 'token'
  return response
}

async function send<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await fetchAdmin(path, {
    method,
    ...(signal === undefined ? {} : { signal }),
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  })
  const text = await response.text()
  const json = parse(text)
  if (response.ok && json !== undefined) return json as T
  const said = (json as Partial<ErrorReply> | undefined)?.error
  throw new Refused(response.status, said ?? `The server answered with status ${response.status}.`, json)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
