import type { OutputValue } from './operation.ts'
import { EntryMap, Timestamp } from './operation.ts'
import type { Protocol } from './protocol.ts'
import { queryErrorHeader, serviceName } from './protocol.ts'

/** JSON 1.0: the operation in `X-Amz-Target`, times in seconds. */
export const jsonProtocol: Protocol = {
  contentType: 'application/x-amz-json-1.0',
  decode(request, body) {
    const target = request.headers['x-amz-target']
    const operation = typeof target === 'string' && target.startsWith(`${serviceName}.`) ? target.slice(serviceName.length + 1) : ''
    try {
      return { operation, input: body.length === 0 ? {} : (JSON.parse(body.toString('utf8')) as unknown) }
    } catch (error) {
      if (error instanceof SyntaxError) return undefined
      throw error
    }
  },
  encode: (_operation, output) => JSON.stringify(plainOf(output)),
  encodeError: ({ exception, message }) => JSON.stringify({ __type: exception, message }),
  headers: (error) => (error === undefined ? {} : queryErrorHeader(error)),
}

function plainOf(value: OutputValue): unknown {
  if (value instanceof Timestamp) return value.ms / 1000
  if (value instanceof EntryMap) return value.entries
  if (Array.isArray(value)) return (value as readonly OutputValue[]).map(plainOf)
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plainOf(each)]))
}
