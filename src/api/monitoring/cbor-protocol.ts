import { createRequire } from 'node:module'
import type * as smithyCbor from '@smithy/core/cbor'
import type { OutputValue } from './operation.ts'
import { EntryMap, Timestamp } from './operation.ts'
import type { Protocol } from './protocol.ts'
import { queryErrorHeader, serviceName } from './protocol.ts'

/** Smithy RPC v2 CBOR: the operation in the path, times as tag 1. The library is loaded with the first such request. */
export const cborProtocol: Protocol = {
  contentType: 'application/cbor',
  decode(request, body) {
    const path = new RegExp(`^/service/${serviceName}/operation/([A-Za-z]+)/?(?:\\?|$)`).exec(request.url ?? '')
    try {
      return { operation: path?.[1] ?? '', input: body.length === 0 ? {} : untagged(library().cbor.deserialize(body), 0) }
    } catch {
      return undefined // whatever it trips over, the bytes are the client's
    }
  },
  encode: (_operation, output) => library().cbor.serialize(taggedOf(output)).slice(),
  encodeError: ({ exception, message }) => library().cbor.serialize({ __type: exception, message }).slice(),
  headers: (error) => ({ 'smithy-protocol': 'rpc-v2-cbor', ...(error === undefined ? {} : queryErrorHeader(error)) }),
}

function library(): typeof smithyCbor {
  return createRequire(import.meta.url)('@smithy/core/cbor') as typeof smithyCbor
}

function taggedOf(value: OutputValue): unknown {
  if (value instanceof Timestamp) return library().tag({ tag: 1, value: value.ms / 1000 })
  if (value instanceof EntryMap) return value.entries
  if (Array.isArray(value)) return (value as readonly OutputValue[]).map(taggedOf)
  if (typeof value !== 'object') return value
  const members = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(members.map(([name, each]) => [name, taggedOf(each)]))
}

/** Times become the numbers that they tag. */
function untagged(value: unknown, depth: number): unknown {
  if (depth > depthMax) throw new RangeError('nested too deeply')
  if (Array.isArray(value)) return value.map((each) => untagged(each, depth + 1))
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (library().tagSymbol in value) return Reflect.get(value, 'value')
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, untagged(each, depth + 1)]))
}

const depthMax = 32
