import { BlockList, isIP } from 'node:net'
import type { Lookup } from './wildcard.ts'
import { literalPattern, matches, parsePattern } from './wildcard.ts'

/** The operators that a policy's conditions compare with (IAM user guide, "IAM JSON policy elements: Condition operators"). */
export interface Operator {
  /** It holds when none of the policy's values fits, also when the request does not have the key. */
  readonly negated: boolean
  /** Undefined when the value cannot be compared so. */
  compile(value: string, variables: boolean): Test | undefined
}

export type Test = (actual: string, lookup: Lookup) => boolean

const equalTexts = (value: string, variables: boolean): Test => {
  const pattern = literalPattern(value, variables)
  return (actual, lookup) => matches(pattern, actual, lookup)
}

const equalTextsOfAnyCase = (value: string, variables: boolean): Test => {
  const pattern = literalPattern(value.toLowerCase(), variables)
  return (actual, lookup) => matches(pattern, actual.toLowerCase(), (key) => lookup(key)?.toLowerCase())
}

const likeTexts = (value: string, variables: boolean): Test => {
  const pattern = parsePattern(value, variables)
  return (actual, lookup) => matches(pattern, actual, lookup)
}

/** Each of the six parts of an ARN by itself: no `*` reaches over a colon, but in the last part. */
const likeArns = (value: string, variables: boolean): Test | undefined => {
  if (value === '*') return () => true
  const parts = arnParts(value)
  if (parts === undefined) return undefined
  const patterns = parts.map((part) => parsePattern(part, variables))
  return (actual, lookup) => {
    const actualParts = arnParts(actual)
    return actualParts !== undefined && patterns.every((pattern, at) => matches(pattern, actualParts[at] ?? '', lookup))
  }
}

function arnParts(arn: string): readonly string[] | undefined {
  const parts = arn.match(/(?:\$\{[^}]*\}|[^:])*(?::|$)/g)?.map((part) => part.replace(/:$/, '')) ?? []
  if (parts.length < 6 || parts[0] !== 'arn') return undefined
  return [...parts.slice(0, 5), arn.slice(parts.slice(0, 5).join(':').length + 1)]
}

const bool = (value: string): Test | undefined => {
  const wanted = value.toLowerCase()
  return wanted === 'true' || wanted === 'false' ? (actual) => actual.toLowerCase() === wanted : undefined
}

const address = (value: string): Test | undefined => {
  const [net = '', bits, ...rest] = value.split('/')
  const family = isIP(net)
  const prefix = bits === undefined ? (family === 6 ? 128 : 32) : /^\d{1,3}$/.test(bits) ? Number(bits) : NaN
  if (family === 0 || rest.length > 0 || !(prefix <= (family === 6 ? 128 : 32))) return undefined
  const list = new BlockList()
  list.addSubnet(net, prefix, family === 6 ? 'ipv6' : 'ipv4')
  return (actual) => isIP(actual) !== 0 && list.check(actual, isIP(actual) === 6 ? 'ipv6' : 'ipv4')
}

type Compare = (actual: number, expected: number) => boolean

function ordered(read: (text: string) => number, compare: Compare): Operator['compile'] {
  return (value) => {
    const expected = read(value)
    return Number.isNaN(expected) ? undefined : (actual) => compare(read(actual), expected)
  }
}

const number = (text: string): number => (/^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN)
/** ISO 8601, or seconds since 1970. */
const date = (text: string): number => (/^\d+$/.test(text) ? Number(text) * 1000 : /^\d{4}-/.test(text) ? Date.parse(text) : NaN)

const comparisons: Readonly<Record<string, readonly [Compare, boolean]>> = {
  Equals: [(a, b) => a === b, false],
  NotEquals: [(a, b) => a === b, true],
  LessThan: [(a, b) => a < b, false],
  LessThanEquals: [(a, b) => a <= b, false],
  GreaterThan: [(a, b) => a > b, false],
  GreaterThanEquals: [(a, b) => a >= b, false],
}

/** `Null` asks whether the key is there at all, and is judged where that is known. */
export const NULL = 'Null'

export const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['StringEquals', { negated: false, compile: equalTexts }],
  ['StringNotEquals', { negated: true, compile: equalTexts }],
  ['StringEqualsIgnoreCase', { negated: false, compile: equalTextsOfAnyCase }],
  ['StringNotEqualsIgnoreCase', { negated: true, compile: equalTextsOfAnyCase }],
  ['StringLike', { negated: false, compile: likeTexts }],
  ['StringNotLike', { negated: true, compile: likeTexts }],
  ['ArnEquals', { negated: false, compile: likeArns }],
  ['ArnNotEquals', { negated: true, compile: likeArns }],
  ['ArnLike', { negated: false, compile: likeArns }],
  ['ArnNotLike', { negated: true, compile: likeArns }],
  ['Bool', { negated: false, compile: bool }],
  [NULL, { negated: false, compile: bool }],
  ['IpAddress', { negated: false, compile: address }],
  ['NotIpAddress', { negated: true, compile: address }],
  ...Object.entries(comparisons).flatMap(([name, [compare, negated]]): [string, Operator][] => [
    [`Numeric${name}`, { negated, compile: ordered(number, compare) }],
    [`Date${name}`, { negated, compile: ordered(date, compare) }],
  ]),
])
