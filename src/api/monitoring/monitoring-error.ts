import type { WireError } from '../wire-error.ts'
import { exceptionName } from '../wire-error.ts'

/**
 * CloudWatch's exceptions as outcomes. Each has two names: the code that the Query protocol has always had, and the exception of its service model. What is said
 * of GetMetricData's parameters is a `ValidationError`, of the other operations' an `InvalidParameterValue` (both observed, quoted in issue threads).
 */
export interface MonitoringError {
  readonly code: string
  readonly exception: string
  readonly status: number
  readonly message: string
}

export function isMonitoringError(outcome: unknown): outcome is MonitoringError {
  return typeof outcome === 'object' && outcome !== null && 'exception' in outcome && 'code' in outcome
}

const cloudwatch = 'com.amazonaws.cloudwatch.v2010_08_01'

export function invalidValue(message: string): MonitoringError {
  return { code: 'InvalidParameterValue', exception: `${cloudwatch}#InvalidParameterValueException`, status: 400, message }
}

export function invalidCombination(message: string): MonitoringError {
  return { code: 'InvalidParameterCombination', exception: `${cloudwatch}#InvalidParameterCombinationException`, status: 400, message }
}

export function missingParameter(message: string): MonitoringError {
  return { code: 'MissingParameter', exception: `${cloudwatch}#MissingRequiredParameterException`, status: 400, message }
}

/** All that is wrong, a line for each. */
export function validationError(messages: readonly string[]): MonitoringError {
  const message = messages.map((each) => `${each}\n`).join('')
  return { code: 'ValidationError', exception: 'com.amazon.coral.validate#ValidationException', status: 400, message }
}

/** The text is a guess. */
export const invalidNextToken: MonitoringError = {
  code: 'InvalidNextToken',
  exception: `${cloudwatch}#InvalidNextToken`,
  status: 400,
  message: 'The next token is not valid.',
}

export const internalFailure: MonitoringError = {
  code: 'InternalServiceError',
  exception: `${cloudwatch}#InternalServiceFault`,
  status: 500,
  message: 'Internal service error',
}

/** An operation of CloudWatch that is not there. What is said of it is our own: CloudWatch has them all. */
export function unknownAction(operation: string): MonitoringError {
  const message = `everywrite serves ListMetrics, GetMetricData and GetMetricStatistics of CloudWatch, and no ${operation}.`
  return { code: 'InvalidAction', exception: 'com.amazon.coral.service#UnknownOperationException', status: 400, message }
}

/** The text is a guess. */
export const malformedInput: MonitoringError = {
  code: 'MalformedInput',
  exception: 'com.amazon.coral.service#SerializationException',
  status: 400,
  message: 'The request cannot be read.',
}

/** Who calls could not be established. Codes and statuses are those of the API reference, Common Errors. */
export function authenticationFailure(error: WireError): MonitoringError {
  const name = exceptionName(error)
  const [code, status] = queryCodes[name] ?? ['IncompleteSignature', 400]
  return { code, exception: `com.amazon.coral.service#${name}`, status, message: error.message ?? '' }
}

const queryCodes: Readonly<Record<string, readonly [string, number]>> = {
  MissingAuthenticationTokenException: ['MissingAuthenticationToken', 403],
  InvalidSignatureException: ['SignatureDoesNotMatch', 403],
  UnrecognizedClientException: ['InvalidClientTokenId', 403],
  AccessDeniedException: ['AccessDenied', 403],
}
