import { queryOf } from '../authorization.ts'
import type { OutputValue } from './operation.ts'
import { EntryMap, Timestamp } from './operation.ts'
import type { Protocol } from './protocol.ts'

/**
 * The Query protocol: `Action` and flat parameters (`Dimensions.member.1.Name`) in a form or in the query string, answers in XML (AWS, "Making query
 * requests"; the model's `awsQuery`).
 */
export const queryProtocol: Protocol = {
  contentType: 'text/xml',
  decode(request, body) {
    const parameters = new URLSearchParams(request.method === 'GET' ? queryOf(request.url ?? '') : body.toString('utf8'))
    const input = nested(parameters)
    return input === undefined ? undefined : { operation: parameters.get('Action') ?? '', input }
  },
  encode: (operation, output, requestId) =>
    `<${operation}Response xmlns="${xmlNamespace}"><${operation}Result>${membersOf(output)}</${operation}Result>` +
    `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation}Response>\n`,
  encodeError: ({ code, status, message }, requestId) =>
    `<ErrorResponse xmlns="${xmlNamespace}"><Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${code}</Code>` +
    `<Message>${escaped(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>\n`,
  headers: () => ({}),
}

const xmlNamespace = 'http://monitoring.amazonaws.com/doc/2010-08-01/'

/** Lists are `Name.member.1`, `Name.member.2`…; they may come in any order and with gaps. Undefined: they are no such thing, or too many. */
function nested(parameters: URLSearchParams): unknown {
  const root = new Branch()
  let count = 0
  for (const [name, value] of parameters) {
    const path = name.split('.')
    if (++count > parametersMax || path.length > depthMax) return undefined
    let at = root
    for (const step of path.slice(0, -1)) {
      const known = at.below.get(step) ?? new Branch()
      if (typeof known === 'string') return undefined
      at.below.set(step, known)
      at = known
    }
    at.below.set(path.at(-1) ?? '', value)
  }
  return valueOf(root)
}

class Branch {
  readonly below = new Map<string, Branch | string>()
}

const parametersMax = 20_000
const depthMax = 16

function valueOf(branch: Branch | string): unknown {
  if (typeof branch === 'string') return branch
  const members = branch.below.get('member')
  if (branch.below.size === 1 && members instanceof Branch) {
    return [...members.below].sort(([a], [b]) => Number(a) - Number(b)).map(([, element]) => valueOf(element))
  }
  return Object.fromEntries([...branch.below].map(([name, each]) => [name, valueOf(each)]))
}

function membersOf(structure: { readonly [name: string]: OutputValue }): string {
  return Object.entries(structure)
    .map(([name, value]) => (value === undefined ? '' : `<${name}>${xmlOf(value)}</${name}>`))
    .join('')
}

function xmlOf(value: OutputValue): string {
  if (value instanceof Timestamp) return new Date(value.ms).toISOString().replace('.000Z', 'Z')
  if (value instanceof EntryMap) {
    return Object.entries(value.entries)
      .map(([key, each]) => `<entry><key>${escaped(key)}</key><value>${each}</value></entry>`)
      .join('')
  }
  if (Array.isArray(value)) return (value as readonly OutputValue[]).map((each) => `<member>${xmlOf(each)}</member>`).join('')
  if (typeof value === 'object') return membersOf(value as { readonly [name: string]: OutputValue })
  return escaped(String(value))
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
