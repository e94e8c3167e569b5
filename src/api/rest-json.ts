import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { accountRegion, defaultAccount } from '../base/account-region.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Credential } from './credentials.ts'
import { readBody } from './request-body.ts'
import { newRequestId } from './request-id.ts'
import type { SignerOptions } from './signer.ts'
import { signerOf } from './signer.ts'
import type { WireError } from './wire-error.ts'
import { exceptionName, isWireError } from './wire-error.ts'

/**
 * The edge of an AWS service that speaks REST JSON: from a signed request to a method, a path, a query and a body, and back. Signatures are verified where
 * DynamoDB's are. Such a service has no rules for tables and actions in a credentials file, so a key that is held to some may not use it.
 */
export interface RestCall {
  /** The Region, with its account where it is not the default one. */
  readonly home: string
  readonly method: string
  /** Piece by piece. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
  /** Undefined: none was sent. */
  readonly body: unknown
}

export interface RestAnswer {
  readonly status: number
  readonly body: object
  /** What the error is called, when it is one. */
  readonly error?: string
}

export interface RestJsonOptions extends SignerOptions {
  readonly random: Random
  readonly log: Log
  readonly answer: (call: RestCall) => Promise<RestAnswer>
}

export function openRestJson(options: RestJsonOptions): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const requestId = newRequestId(options.random)
    readBody(request, (body) => {
      if (body.kind === 'broken-off') return
      const bytes = body.kind === 'whole' && body.bytes.length <= bodyBytesMax ? body.bytes : undefined
      const call =
        bytes === undefined ? problem(413, 'ValidationException', 'The request is too large.') : understand(options, request, bytes)
      if ('status' in call) return send(response, requestId, call)
      options.answer(call).then(
        (answer) => send(response, requestId, answer),
        (error: unknown) => {
          options.log.error('request-failed', { requestId, service: options.service, error })
          send(response, requestId, problem(500, 'InternalServerException', 'An internal error occurred.'))
        },
      )
    })
  }
}

const bodyBytesMax = 1 << 20

function understand(options: RestJsonOptions, request: IncomingMessage, bytes: Buffer): RestCall | RestAnswer {
  const signer = signerOf(options, request, bytes)
  if (isWireError(signer)) return refused(signer)
  const { region, credential, content } = signer
  const denied = credential && denial(credential, region, options.service)
  if (denied !== undefined) return denied
  const body = parseJson(content ?? Buffer.alloc(0))
  const url = new URL(request.url ?? '/', 'http://everywrite')
  const path = piecesOf(url.pathname)
  if (body === notJson || path === undefined) return problem(400, 'SerializationException', 'The request cannot be read.')
  return {
    home: accountRegion(region, credential?.account ?? defaultAccount),
    method: request.method ?? '',
    path,
    query: url.searchParams,
    body,
  }
}

/** The text is IAM's usual one. */
function denial({ allow, deny, account, accessKeyId }: Credential, region: string, service: string): RestAnswer | undefined {
  const inRegion = allow.regions?.(region) ?? true
  if (inRegion && allow.tables === undefined && allow.actions === undefined && deny === undefined) return undefined
  const who = `arn:aws:iam::${account}:user/${accessKeyId}`
  return problem(403, 'AccessDeniedException', `User: ${who} is not authorized to perform: ${service}:*`)
}

const notJson = Symbol('not JSON')

function parseJson(text: Buffer): unknown {
  if (text.length === 0) return undefined
  if (!isUtf8(text)) return notJson
  try {
    return JSON.parse(text.toString('utf8')) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) return notJson
    throw error
  }
}

/** An ARN is one piece, its slashes encoded. */
function piecesOf(path: string): readonly string[] | undefined {
  try {
    return path
      .split('/')
      .filter((piece) => piece !== '')
      .map(decodeURIComponent)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

function refused(error: WireError): RestAnswer {
  return problem(403, exceptionName(error), error.message ?? '')
}

function problem(status: number, error: string, message: string): RestAnswer {
  return { status, error, body: { message } }
}

function send(response: ServerResponse, requestId: string, { status, error, body }: RestAnswer): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'x-amzn-RequestId': requestId,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    ...(error === undefined ? {} : { 'x-amzn-ErrorType': error }),
  })
  response.end(text)
}
