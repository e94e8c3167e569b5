import type { Api } from '../api/api.ts'
import type { OperationName } from '../api/service-model.ts'

/**
 * Carries an AWS SDK client's requests to a world in the same process, without a socket: what `NodeHttpHandler` is for the network. The client does all
 * that it does otherwise: serialising, middleware, errors.
 */
export interface InProcessHandler {
  readonly metadata: { readonly handlerProtocol: string }
  handle(request: SdkRequest): Promise<{ response: SdkResponse }>
  /** The SDK calls these on every handler; there is nothing to change or to let go. */
  updateHttpClientConfig(): void
  httpHandlerConfigs(): Record<string, never>
  destroy(): void
}

/** What of the SDK's `HttpRequest` is looked at. */
export interface SdkRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** What the SDK takes for an `HttpResponse`. */
export interface SdkResponse {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly body: Uint8Array
}

/** What lies between a client and its Region: time, retries, a record. `attempt` asks the Region once. */
export type Passage = (call: Call, attempt: () => Promise<Answer>) => Promise<Answer>

export interface Call {
  readonly region: string
  readonly operation: string
  readonly input: unknown
}

export type Answer = Awaited<ReturnType<Api['call']>>

export function createInProcessHandler(api: Api, region: string, passage: Passage): InProcessHandler {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle({ headers, body }) {
      const target = headers['x-amz-target'] ?? headers['X-Amz-Target'] ?? ''
      const operation = target.slice(target.indexOf('.') + 1) as OperationName // the SDK names only what the service has
      const input: unknown = JSON.parse(textOf(body))
      const { status, body: bytes } = await passage({ region, operation, input }, () => api.call(region, operation, input))
      return { response: { statusCode: status, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: bytes } }
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy: () => undefined,
  }
}

function textOf(body: unknown): string {
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return new TextDecoder().decode(body)
  throw new TypeError('the body of a DynamoDB request is text')
}
