import type { IncomingMessage } from 'node:http'
import type { MonitoringError } from './monitoring-error.ts'
import type { Output } from './operation.ts'

/**
 * CloudWatch speaks three protocols: JSON 1.0 (the SDK for JavaScript), Smithy RPC v2 CBOR (boto3, the AWS CLI), and the Query protocol with XML, which
 * everything older uses. They differ in how a request is written, and in nothing else.
 */
export interface Protocol {
  readonly contentType: string
  /** @returns undefined when the body cannot be read */
  decode(request: IncomingMessage, body: Buffer): DecodedCall | undefined
  encode(operation: string, output: Output, requestId: string): Uint8Array | string
  encodeError(error: MonitoringError, requestId: string): Uint8Array | string
  /** Headers that answers of this protocol carry. */
  headers(error: MonitoringError | undefined): Readonly<Record<string, string>>
}

export interface DecodedCall {
  readonly operation: string
  readonly input: unknown
}

/** By what the service is called in targets and paths. */
export const serviceName = 'GraniteServiceVersion20100801'

/** What SDKs that used to speak Query look at: the code that they know, and whose fault it is. */
export function queryErrorHeader({ code, status }: MonitoringError): Readonly<Record<string, string>> {
  return { 'x-amzn-query-error': `${code};${status < 500 ? 'Sender' : 'Receiver'}` }
}
