import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseStreamArn, parseTableArn } from '../../src/api/operations/arn.ts'
import { decodeNextToken } from '../../src/api/operations/statements/next-token.ts'
import { streamOfIterator } from '../../src/api/operations/streams/shard-iterator.ts'
import { parseAwsChunked } from '../../src/api/aws-chunked.ts'
import { parseClaim } from '../../src/api/authorization.ts'
import { bindExpressions } from '../../src/expression/bind.ts'
import { evaluateCondition } from '../../src/expression/condition.ts'
import type { LegacyParameters } from '../../src/expression/legacy.ts'
import { translateLegacy } from '../../src/expression/legacy.ts'
import { bindStatement, parseStatement } from '../../src/expression/partiql.ts'
import { applyUpdate } from '../../src/expression/update.ts'
import type { AttributeMap } from '../../src/item/attribute-value.ts'
import { isInvalid } from '../../src/item/invalid.ts'
import { addNumbers, compareNumbers, normalizeNumber, subtractNumbers } from '../../src/item/number.ts'
import { parseAttributeValue, parseItem } from '../../src/item/parse-attribute-value.ts'
import { fuzz, TEST_MS_MAX } from './fuzz.ts'
import { attributeMap, attributeName, attributeValue, hostileText, numberText } from './hostile.ts'
import { inputOf } from './operation-inputs.ts'
import { anyCondition, keyCondition, projection, statement, update } from './texts.ts'

/** Whatever reads a text: it comes to a value or says what is wrong, in time, and never throws. */
const CASE_MS_MAX = 2000
const file = 'parsers.test.ts'

function quick<Case>(title: string, share: number, cases: fc.Arbitrary<Case>, read: (given: Case) => void): void {
  it(title, { timeout: TEST_MS_MAX }, async () => {
    const check = (given: Case): void => {
      const began = performance.now()
      read(given)
      expect(performance.now() - began).toBeLessThan(CASE_MS_MAX)
    }
    expect(await fuzz({ title, file, share, cases, check })).toBeGreaterThan(0)
  })
}

/** The half that is taken of what was parsed and of an item: evaluating must not throw either. */
const item = attributeMap(attributeName).map((json) => {
  const parsed = parseItem(json)
  return isInvalid(parsed) ? { pk: { S: 'a' } } : parsed.item
})

const placeholders = { '#a': 'a', '#b': 'b', '#c': 'm' }
const values = fc.array(attributeValue, { minLength: 4, maxLength: 4 }).map((all) => {
  const read = all.map((json) => parseAttributeValue(json))
  return read.map((each) => (isInvalid(each) ? ({ N: '1' } as const) : each.value))
})

/** Just those that a text uses: placeholders that nothing uses are refused. */
function substitutions(
  texts: readonly string[],
  given: readonly AttributeMap[string][],
): { names: Record<string, string> | undefined; values: AttributeMap | undefined } {
  const used = new Set(texts.join(' ').match(/[#:][a-d]\b/g) ?? [])
  const names = Object.entries(placeholders).filter(([placeholder]) => used.has(placeholder))
  const bound = [':a', ':b', ':c', ':d'].flatMap((placeholder, at) => {
    const value = given[at]
    return used.has(placeholder) && value !== undefined ? [[placeholder, value] as const] : []
  })
  return {
    names: names.length === 0 ? undefined : Object.fromEntries(names),
    values: bound.length === 0 ? undefined : Object.fromEntries(bound),
  }
}

quick('a condition is understood or refused, and decided', 0.06, fc.tuple(anyCondition, values, item), ([text, given, shown]) => {
  const bound = bindExpressions({ condition: text, ...substitutions([text], given) })
  if (!isInvalid(bound) && bound.condition !== undefined) expect(typeof evaluateCondition(bound.condition, shown)).toBe('boolean')
})

quick('an update is understood or refused, and applied', 0.06, fc.tuple(update, values, item), ([text, given, shown]) => {
  const bound = bindExpressions({ update: text, condition: undefined, ...substitutions([text], given) })
  if (isInvalid(bound) || bound.update === undefined) return
  const before = JSON.stringify(shown)
  applyUpdate(bound.update, shown)
  expect(JSON.stringify(shown), 'an update must leave the item that it reads').toBe(before)
})

quick(
  'a projection, a filter and a condition on keys are understood or refused',
  0.04,
  fc.tuple(projection, anyCondition, keyCondition, values),
  (given) => {
    const [projected, filter, keyed, bound] = given
    bindExpressions({ projection: projected, filter, keyCondition: keyed, ...substitutions([projected, filter, keyed], bound) })
  },
)

quick('a statement is understood or refused', 0.06, fc.tuple(statement, fc.array(attributeValue, { maxLength: 4 })), ([text, json]) => {
  const parsed = parseStatement(text)
  if (isInvalid(parsed)) return
  const parameters = json.slice(0, parsed.parameters).map((each) => parseAttributeValue(each))
  bindStatement(
    parsed,
    parameters.map((each) => (isInvalid(each) ? { S: 'a' } : each.value)),
  )
})

const older = fc
  .constantFrom('PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'Scan', 'GetItem')
  .chain((operation) => inputOf(operation as 'PutItem'))

/** The service model has been held against them before. */
quick('the parameters from before expressions are understood or refused', 0.04, older, (input) => {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return
  const legacy = wellTyped(input)
  if (legacy !== undefined) translateLegacy(legacy)
})

function wellTyped(input: object): LegacyParameters | undefined {
  const { Expected, AttributeUpdates, QueryFilter, ScanFilter, KeyConditions, AttributesToGet, ConditionalOperator } = input as Record<
    string,
    unknown
  >
  const maps = [Expected, AttributeUpdates, QueryFilter, ScanFilter, KeyConditions].filter((map) => map !== undefined)
  const conditions = [QueryFilter, ScanFilter, KeyConditions].filter((map) => map !== undefined)
  const fits =
    maps.every((map) => isMap(map) && Object.values(map).every(fitsEntry)) &&
    conditions.every((map) => isMap(map) && Object.values(map).every((entry) => isMap(entry) && entry['ComparisonOperator'] !== undefined))
  const names =
    AttributesToGet === undefined || (Array.isArray(AttributesToGet) && AttributesToGet.every((name) => typeof name === 'string'))
  return fits && names && (ConditionalOperator === undefined || ConditionalOperator === 'AND' || ConditionalOperator === 'OR')
    ? input
    : undefined
}

function fitsEntry(entry: unknown): boolean {
  if (!isMap(entry)) return false
  const { ComparisonOperator, AttributeValueList, Exists, Action } = entry
  return (
    (ComparisonOperator === undefined || (typeof ComparisonOperator === 'string' && comparisons.has(ComparisonOperator))) &&
    (Action === undefined || Action === 'PUT' || Action === 'ADD' || Action === 'DELETE') &&
    (AttributeValueList === undefined || Array.isArray(AttributeValueList)) &&
    (Exists === undefined || typeof Exists === 'boolean') &&
    Object.values(entry).every((value) => value !== null)
  )
}

const comparisons = new Set([
  'EQ',
  'NE',
  'IN',
  'LE',
  'LT',
  'GE',
  'GT',
  'BETWEEN',
  'NOT_NULL',
  'NULL',
  'CONTAINS',
  'NOT_CONTAINS',
  'BEGINS_WITH',
])

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

quick('a number comes to its normal form, which is a number in normal form', 0.03, fc.tuple(numberText, numberText), ([one, other]) => {
  const a = normalizeNumber(one)
  const b = normalizeNumber(other)
  if (!isInvalid(a)) expect(normalizeNumber(a)).toBe(a)
  if (isInvalid(a) || isInvalid(b)) return
  const sum = addNumbers(a, b)
  if (!isInvalid(sum)) {
    expect(normalizeNumber(sum)).toBe(sum)
    const back = subtractNumbers(sum, b)
    if (!isInvalid(back)) expect(back).toBe(a)
  }
  expect(Math.sign(compareNumbers(a, b)) + Math.sign(compareNumbers(b, a))).toBe(0)
})

quick('an attribute value comes to its normal form, which is one in normal form', 0.03, attributeValue, (json) => {
  const parsed = parseAttributeValue(structuredClone(json))
  if (isInvalid(parsed)) return
  expect(parseAttributeValue(JSON.parse(JSON.stringify(parsed.value)))).toEqual(parsed)
})

const arn = fc.oneof(
  hostileText,
  fc
    .tuple(
      fc.constantFrom('aws', 'aws-cn', ''),
      fc.constantFrom('dynamodb', 's3'),
      fc.constantFrom('us-east-1', '-', ''),
      fc.constantFrom('000000000000', '1'),
      hostileText,
    )
    .map(([partition, service, region, account, name]) => `arn:${partition}:${service}:${region}:${account}:table/${name}`),
)

quick(
  'an ARN and a token are read or refused',
  0.02,
  fc.tuple(arn, hostileText, fc.base64String({ maxLength: 100 })),
  ([text, tail, token]) => {
    parseTableArn(text)
    parseStreamArn(`${text}/stream/${tail}`)
    streamOfIterator(`${text}/stream/${tail}|1|${token}`)
    decodeNextToken(token, { Statement: tail }, text)
    decodeNextToken(tail, { Statement: text }, text)
  },
)

const chunk = fc
  .tuple(fc.oneof(fc.nat(64), fc.constantFrom(0, 2 ** 31, 0xffffffff)), fc.string({ maxLength: 64 }), fc.constantFrom('\r\n', '\n', ''))
  .map(([size, data, end]) => `${size.toString(16)};chunk-signature=${'a'.repeat(64)}\r\n${data}${end}`)
quick(
  'signed chunks are taken apart or refused',
  0.02,
  fc.oneof(
    fc.array(chunk, { maxLength: 6 }).map((all) => `${all.join('')}0\r\n\r\n`),
    hostileText,
  ),
  (text) => {
    parseAwsChunked(Buffer.from(text, 'latin1'))
  },
)

const field = fc.oneof(
  fc.constantFrom(
    'AWS4-HMAC-SHA256',
    'Credential=a/20260101/us-east-1/dynamodb/aws4_request',
    'SignedHeaders=host',
    'Signature=00',
    'Credential=',
    '=',
    ',',
    ' ',
  ),
  hostileText,
)
const header = fc.array(field, { maxLength: 6 }).map((all) => all.join(', '))
quick(
  'who signed is read or refused',
  0.02,
  fc.tuple(header, header, fc.webUrl({ withQueryParameters: true })),
  ([authorization, date, url]) => {
    parseClaim({ method: 'POST', url, headers: { authorization, 'x-amz-date': date } })
    parseClaim({ method: 'POST', url: `/?X-Amz-Algorithm=${authorization}&X-Amz-Credential=${date}`, headers: {} })
  },
)
