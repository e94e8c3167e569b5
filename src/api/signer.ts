import type { IncomingMessage } from 'node:http'
import type { Clock } from '../base/clock.ts'
import { parseClaim } from './authorization.ts'
import type { Credential, Credentials } from './credentials.ts'
import { contentOf, readPayload } from './payload.ts'
import { regionOfHost } from './region-name.ts'
import { verifySignature } from './sigv4.ts'
import type { WireError } from './wire-error.ts'
import { authenticationError, isWireError } from './wire-error.ts'

/** Who calls a service beside DynamoDB, and of which Region. */
export interface Signer {
  readonly region: string
  /** Undefined: signatures are not looked at, and everything may be done. */
  readonly credential: Credential | undefined
  /** The body as the client means it; undefined when its framing is broken. */
  readonly content: Buffer | undefined
}

export interface SignerOptions {
  readonly service: 'fis' | 'monitoring'
  /** Undefined: a request must look signed, and is not verified. */
  readonly credentials: Credentials | undefined
  readonly clock: Clock
}

export function signerOf({ service, credentials, clock }: SignerOptions, request: IncomingMessage, body: Buffer): Signer | WireError {
  const signed = { method: request.method ?? '', url: request.url ?? '/', headers: request.headers }
  const claim = parseClaim(signed)
  if (isWireError(claim)) return claim
  const region = claim.scope.region ?? regionOfHost(request.headers.host)
  if (region === undefined) return authenticationError('InvalidSignatureException', 'Credential should be scoped to a valid region. ')
  const payload = readPayload(signed, body)
  if (credentials === undefined) return { region, credential: undefined, content: contentOf(payload) }
  const distinct = { ...signed, headers: request.headersDistinct }
  const credential = verifySignature(claim, distinct, payload, credentials, clock.nowMs(), service)
  if (isWireError(credential)) return credential
  return { region, credential, content: contentOf(payload) }
}
