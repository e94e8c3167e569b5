import type { Refusal } from '../engine/refusal.ts'
import type { Invalid } from '../item/invalid.ts'
import type { JsonBytes } from './answer.ts'
import { encodeAnswer, jsonList } from './answer.ts'

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
  /** What stood in the way of a transaction, part by part. */
  readonly cancellationReasons?: JsonBytes
  /** Why a request was throttled, and where. */
  readonly throttlingReasons?: readonly { readonly reason: string; readonly resource: string }[]
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

/** An exception of DynamoDB's that says no more than its text. */
export function dynamodbError(name: PlainException, message: string): WireError {
  return { exception: `${dynamodb}#${name}`, status: 400, message, textMember: 'message' }
}

export type PlainException =
  | 'BackupInUseException'
  | 'BackupNotFoundException'
  | 'ExportConflictException'
  | 'ExportNotFoundException'
  | 'GlobalTableNotFoundException'
  | 'ImportConflictException'
  | 'ImportNotFoundException'
  | 'InvalidExportTimeException'
  | 'InvalidRestoreTimeException'
  | 'LimitExceededException'
  | 'PointInTimeRecoveryUnavailableException'
  | 'TableAlreadyExistsException'
  | 'TableInUseException'
  | 'TableNotFoundException'

export function resourceNotFound(message: string): WireError {
  return { exception: `${dynamodb}#ResourceNotFoundException`, status: 400, message, textMember: 'message' }
}

export function policyNotFound(message: string): WireError {
  return { exception: `${dynamodb}#PolicyNotFoundException`, status: 400, message, textMember: 'message' }
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

/** An INSERT of an item that is there already. */
export const duplicateItem: WireError = {
  exception: `${dynamodb}#DuplicateItemException`,
  status: 400,
  message: 'Duplicate primary key exists in table',
  textMember: 'message',
}

/** A transaction is changing the item (API reference, PutItem, Errors). */
export const transactionConflict: WireError = {
  exception: `${dynamodb}#TransactionConflictException`,
  status: 400,
  message: 'Transaction is ongoing for the item',
  textMember: 'message',
}

/** A write in another Region changed the item of a strong table meanwhile. The text is the one that the API reference describes it by: a guess. */
export const replicatedWriteConflict: WireError = {
  exception: `${dynamodb}#ReplicatedWriteConflictException`,
  status: 400,
  message: 'The request was rejected because one or more items in the request are being modified by a request in another Region.',
  textMember: 'message',
}

/**
 * A transaction that was not carried out (bodies seen in SDK issue threads, 2019 to 2023).
 * @param parts what stands in the way of each; undefined where nothing does
 */
export function transactionCanceled(parts: readonly (WireError | undefined)[]): WireError {
  const codes = parts.map((part) => (part === undefined ? 'None' : errorCode(part)))
  const reasons = parts.map((part, at) => encodeAnswer({ Code: codes[at], Item: part?.item, Message: part?.message }))
  return {
    exception: `${dynamodb}#TransactionCanceledException`,
    status: 400,
    message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes.join(', ')}]`,
    textMember: 'Message',
    cancellationReasons: jsonList(reasons),
  }
}

/** How the failure of one part of a request is called (API reference, BatchStatementError and CancellationReason). */
export function errorCode(error: WireError): string {
  return codeByException[exceptionName(error)] ?? 'InternalServerError'
}

/** Without the namespace that stands before it on the wire. */
export function exceptionName({ exception }: WireError): string {
  return exception.slice(exception.indexOf('#') + 1)
}

const codeByException: Readonly<Record<string, string>> = {
  AccessDeniedException: 'AccessDenied',
  ConditionalCheckFailedException: 'ConditionalCheckFailed',
  DuplicateItemException: 'DuplicateItem',
  ItemCollectionSizeLimitExceededException: 'ItemCollectionSizeLimitExceeded',
  ProvisionedThroughputExceededException: 'ProvisionedThroughputExceeded',
  ResourceNotFoundException: 'ResourceNotFound',
  ThrottlingException: 'ThrottlingError',
  TransactionConflictException: 'TransactionConflict',
  ValidationException: 'ValidationError',
}

/** The text is a guess. */
export const idempotentParameterMismatch: WireError = {
  exception: `${dynamodb}#IdempotentParameterMismatchException`,
  status: 400,
  message: 'The request uses the same client token as a previous, but non-identical request.',
  textMember: 'Message',
}

/** The text is the one quoted in an SDK issue thread, 2021. */
export const transactionInProgress: WireError = {
  exception: `${dynamodb}#TransactionInProgressException`,
  status: 400,
  message: 'Transaction from previous request is still in progress',
  textMember: 'Message',
}

export const itemCollectionFull: WireError = {
  exception: `${dynamodb}#ItemCollectionSizeLimitExceededException`,
  status: 400,
  message: 'Collection size exceeded.',
  textMember: 'message',
}

export interface ExceededThroughput {
  readonly kind: 'read' | 'write'
  /** Undefined: the table's own. */
  readonly index: string | undefined
  /** Whether it is the maximum of on-demand throughput. */
  readonly onDemand: boolean
  readonly arn: string
}

/** The names of the reasons are those of the developer guide, "Diagnosing throttling". */
export function throughputExceeded({ kind, index, onDemand, arn }: ExceededThroughput): WireError {
  const what = `${index === undefined ? 'Table' : 'Index'}${kind === 'read' ? 'Read' : 'Write'}`
  const reason = `${what}${onDemand ? 'MaxOnDemand' : 'Provisioned'}ThroughputExceeded`
  const throttlingReasons = [{ reason, resource: arn }]
  if (onDemand) {
    const message = 'Throughput exceeds the maximum OnDemandThroughput configured on table or index'
    return {
      exception: 'com.amazon.coral.availability#ThrottlingException',
      status: 400,
      message,
      textMember: 'message',
      throttlingReasons,
    }
  }
  const message =
    index === undefined
      ? 'The level of configured provisioned throughput for the table was exceeded. ' +
        'Consider increasing your provisioning level with the UpdateTable API.'
      : 'The level of configured provisioned throughput for one or more global secondary indexes of the table was exceeded. ' +
        'Consider increasing your provisioning level for the under-provisioned global secondary indexes with the UpdateTable API'
  return { exception: `${dynamodb}#ProvisionedThroughputExceededException`, status: 400, message, textMember: 'message', throttlingReasons }
}

/** Refused by a fault: as by throughput that is used up, or by the rate of control operations (API reference, Common Errors). */
export function throttledOnPurpose(items: boolean): WireError {
  if (!items) {
    return { exception: 'com.amazon.coral.availability#ThrottlingException', status: 400, message: 'Rate exceeded', textMember: 'message' }
  }
  const message =
    'The level of configured provisioned throughput for the table was exceeded. ' +
    'Consider increasing your provisioning level with the UpdateTable API.'
  return { exception: `${dynamodb}#ProvisionedThroughputExceededException`, status: 400, message, textMember: 'message' }
}

/** A stream's records are kept for 24 hours (text observed). */
export const trimmedDataAccess: WireError = {
  exception: `${dynamodb}#TrimmedDataAccessException`,
  status: 400,
  message: 'The data you are trying to access has been trimmed',
  textMember: 'message',
}

export function expiredIterator(message: string): WireError {
  return { exception: `${dynamodb}#ExpiredIteratorException`, status: 400, message, textMember: 'message' }
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
    case 'denied':
      return accessDenied(message)
    case 'throttled':
      return { exception: 'com.amazon.coral.availability#ThrottlingException', status: 400, message, textMember: 'message' }
    case 'unavailable':
      return { exception: `${service}#ServiceUnavailableException`, status: 503, message, textMember: 'message' }
  }
}

export function encodeError(error: WireError): Buffer {
  return encodeAnswer({
    __type: error.exception,
    [error.textMember]: error.message,
    Item: error.item,
    CancellationReasons: error.cancellationReasons,
    [error.exception.endsWith('#ThrottlingException') ? 'throttlingReasons' : 'ThrottlingReasons']: error.throttlingReasons,
  })
}
