/** Holds an answer of the product to what the model expects. */
import { Refused } from './refused.ts'
import { sameJson } from './values.ts'

/** What the model does not know, and accepts whatever it is. */
export const anything = '*'

export interface Reply {
  readonly status: number
  readonly body: unknown
}

/** What is different, in words; undefined when nothing is. */
export function difference(expected: object | Refused, reply: Reply): string | undefined {
  if (expected instanceof Refused) return errorDifference(expected, reply)
  const body = 'Responses' in expected && Array.isArray(expected.Responses) ? known(expected, reply.body) : reply.body
  if (reply.status === 200 && sameJson(unordered(expected), unordered(body))) return undefined
  return `expected ${print(expected)}\n     got ${reply.status} ${print(reply.body)}`
}

/** The answer, without what the model does not know. */
function known(expected: unknown, actual: unknown): unknown {
  if (expected === anything) return anything
  if (Array.isArray(expected) && Array.isArray(actual)) return actual.map((each: unknown, at) => known(expected[at], each))
  if (!isRecord(expected) || !isRecord(actual)) return actual
  if (!Object.values(expected).some((each) => each === anything || typeof each === 'object')) return actual
  const names = new Set([...Object.keys(actual), ...Object.keys(expected).filter((name) => expected[name] === anything)])
  return Object.fromEntries([...names].map((name) => [name, known(expected[name], actual[name])]))
}

function isRecord(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function errorDifference(expected: Refused, { status, body }: Reply): string | undefined {
  const { __type: type, message, Message, Item, CancellationReasons } = body as Readonly<Record<string, unknown>>
  const same =
    status === 400 &&
    typeof type === 'string' &&
    type.slice(type.indexOf('#') + 1) === expected.exception &&
    (expected.text === undefined || expected.text === (message ?? Message)) &&
    sameJson(expected.item, Item) &&
    (expected.reasons === undefined || sameReasons(expected.reasons, CancellationReasons))
  if (same) return undefined
  const { exception, text, item, reasons } = expected
  return `expected ${print({ exception, text, item, reasons })}\n     got ${status} ${print(body)}`
}

/** A message that the model does not know is not compared. */
function sameReasons(expected: NonNullable<Refused['reasons']>, actual: unknown): boolean {
  if (!Array.isArray(actual) || actual.length !== expected.length) return false
  return expected.every((reason, at) => {
    const { Code, Message, Item } = actual[at] as Readonly<Record<string, unknown>>
    return reason.Code === Code && (reason.Message === undefined || reason.Message === Message) && sameJson(reason.Item, Item)
  })
}

/** A BatchGetItem's items come in no order. */
function unordered(body: unknown): unknown {
  const { Responses } = body as { Responses?: unknown }
  if (Responses === undefined || Array.isArray(Responses)) return body
  const sorted = Object.entries(Responses as object).map(([table, items]) => [table, [...(items as unknown[])].sort(byText)])
  return { ...(body as object), Responses: Object.fromEntries(sorted) as unknown }
}

function byText(a: unknown, b: unknown): number {
  return canonical(a) < canonical(b) ? -1 : 1
}

/** The same text for the same JSON, whatever the order of members. */
export function canonical(json: unknown): string {
  return JSON.stringify(json, (name, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return setTypes.has(name) ? [...(value as unknown[])].sort() : (value as unknown[])
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

const setTypes = new Set(['SS', 'NS', 'BS'])

/** Short enough to be read. */
function print(json: unknown): string {
  const text = canonical(json)
  return text.length > 2000 ? `${text.slice(0, 2000)}…` : text
}
