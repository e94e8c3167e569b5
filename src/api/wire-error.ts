import type { Refusal } from '../engine/refusal.ts'
import type { Invalid } from '../item/invalid.ts'
import type { JsonBytes } from './answer.ts'
import { encodeAnswer } from './answer.ts'

/**
 * The exceptions of the wire, as outcomes: an operation returns one instead of an answer. Names, spelling and the capital in
 * `Message` are what SDKs and applications match on (observed: bodies quoted in SDK issue threads, 2013 to 2026).
 *
 * Only `api` knows these names. Rooms below say {@link Refusal} or {@link Invalid}.
 */
export interface WireError {
  /** The `__type`, with its namespace. */
  readonly exception: string
  readonly status: number
  readonly message?: string
  /** Which member carries the text. */
  readonly textMember: 'message' | 'Message'
  /** The item that a failed condition met, when it was asked for. */
  readonly item?: JsonBytes
}

export function isWireError(outcome: unknown): outcome is WireError {
  return typeof outcome === 'object' && outcome !== null && 'exception' in outcome && 'textMember' in outcome
}

const service = 'com.amazon.coral.service'
const dynamodb = 'com.amazonaws.dynamodb.v20120810'

export function validationError(message: string): WireError {
  return { exception: 'com.amazon.coral.validate#ValidationException', status: 400, message, textMember: 'message' }
}

/** Without a text when the body is no JSON at all. */
export function serializationError(message?: string): WireError {
  const error: WireError = { exception: `${service}#SerializationException`, status: 400, textMember: 'Message' }
  return message === undefined ? error : { ...error, message }
}

/** No such operation. DynamoDB sends no text with it. */
export const unknownOperation: WireError = {
  exception: `${service}#UnknownOperationException`,
  status: 400,
  textMember: 'message',
}

export function resourceNotFound(message: string): WireError {
  return { exception: `${dynamodb}#ResourceNotFoundException`, status: 400, message, textMember: 'message' }
}

export function conditionalCheckFailed(item?: JsonBytes): WireError {
  const error: WireError = {
    exception: `${dynamodb}#ConditionalCheckFailedException`,
    status: 400,
    message: 'The conditional request failed',
    textMember: 'message',
  }
  return item === undefined ? error : { ...error, item }
}

export function accessDenied(message: string): WireError {
  return { exception: `${service}#AccessDeniedException`, status: 400, message, textMember: 'Message' }
}

/** Who calls could not be established: MissingAuthenticationToken, IncompleteSignature, InvalidSignature, UnrecognizedClient. */
export function authenticationError(name: AuthenticationException, message: string): WireError {
  return { exception: `${service}#${name}`, status: 400, message, textMember: 'message' }
}

export type AuthenticationException =
  'MissingAuthenticationTokenException' | 'IncompleteSignatureException' | 'InvalidSignatureException' | 'UnrecognizedClientException'

/** A request beyond 16 MB. The exception's name is a guess: DynamoDB's front end answers with the bare status. */
export const requestTooLarge: WireError = {
  exception: `${service}#RequestEntityTooLargeException`,
  status: 413,
  message: 'Request size exceeds the limit of 16 MB',
  textMember: 'message',
}

export const internalServerError: WireError = {
  exception: `${dynamodb}#InternalServerError`,
  status: 500,
  message: 'Internal server error',
  textMember: 'message',
}

export function fromInvalid(outcome: Invalid): WireError {
  return outcome.kind === 'serialization' ? serializationError(outcome.invalid) : validationError(outcome.invalid)
}

export function fromRefusal({ refused, message }: Refusal): WireError {
  switch (refused) {
    case 'invalid':
      return validationError(message)
    case 'not-found':
      return resourceNotFound(message)
    case 'in-use':
      return { exception: `${dynamodb}#ResourceInUseException`, status: 400, message, textMember: 'message' }
    case 'limit-exceeded':
      return { exception: `${dynamodb}#LimitExceededException`, status: 400, message, textMember: 'message' }
    case 'unavailable':
      return { exception: `${service}#ServiceUnavailableException`, status: 503, message, textMember: 'message' }
  }
}

export function encodeError(error: WireError): Buffer {
  return encodeAnswer({ __type: error.exception, [error.textMember]: error.message, Item: error.item })
}
