import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Rejection } from './reply.ts'

/**
 * Who may use the admin API. On loopback: programs of this machine, and no web page that had its own name point here (DNS rebinding), so the
 * `Host` must be a name of this machine, and a page's `Origin` must be this server. Elsewhere also a token.
 */
export interface AccessRules {
  readonly loopback: boolean
  /** Undefined: none is asked for; only on loopback. */
  readonly token: string | undefined
}

export function checkAccess(rules: AccessRules, request: IncomingMessage, needsToken: boolean): void {
  const { host, origin, authorization } = request.headers
  const name = host === undefined ? undefined : nameIn(host)
  if (host === undefined || name === undefined) throw new Rejection(403, 'The request has no usable Host header.')
  if (rules.loopback && !isNameOfThisMachine(name)) {
    throw new Rejection(403, `The Host header says ${name}; this server answers as localhost, 127.0.0.1 and [::1] only.`)
  }
  if (origin !== undefined && !isSameOrigin(origin, host)) throw new Rejection(403, `Pages of ${origin} may not use this server.`)
  if (needsToken && rules.token !== undefined && !isToken(rules.token, authorization)) {
    throw new Rejection(401, 'The admin API needs its token: send `Authorization: Bearer TOKEN`.')
  }
}

/** The host without its port, in lower case. */
function nameIn(host: string): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d+)?$/i.exec(host)?.[1]?.toLowerCase()
}

function isNameOfThisMachine(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name)
}

function isSameOrigin(origin: string, host: string): boolean {
  return origin.toLowerCase() === `http://${host.toLowerCase()}` || origin.toLowerCase() === `https://${host.toLowerCase()}`
}

/** Compared by their hashes, so that the time it takes tells nothing. */
function isToken(expected: string, authorization: string | undefined): boolean {
  const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(hashOf(expected), hashOf(given))
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
