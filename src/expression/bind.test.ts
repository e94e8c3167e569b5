import { describe, expect, test } from 'vitest'
import type { AttributeMap } from '../item/attribute-value.ts'
import { isInvalid } from '../item/invalid.ts'
import { bindExpressions } from './bind.ts'
import type { BoundExpressions, ExpressionRequest } from './bind.ts'

const none = { names: undefined, values: undefined }
const s = { S: 'a' }
const n = { N: '1' }

test('a request without expressions and placeholders has no plans', () => {
  expect(bound({ condition: undefined, ...none })).toEqual({
    condition: undefined,
    filter: undefined,
    keyCondition: undefined,
    projection: undefined,
    update: undefined,
  })
})

test('names and values are filled in, and a name with dots is one step', () => {
  const { condition } = bound({ condition: '#a.b[1] = :v', names: { '#a': 'x.y' }, values: { ':v': s } })
  expect(condition).toEqual({
    kind: 'compare',
    comparator: '=',
    left: { kind: 'path', path: ['x.y', 'b', 1] },
    right: { kind: 'value', value: s },
  })
})

test('the same text with other placeholders gives another plan', () => {
  const first = bound({ condition: '#a = :v', names: { '#a': 'x' }, values: { ':v': s } })
  const second = bound({ condition: '#a = :v', names: { '#a': 'y' }, values: { ':v': n } })
  expect(first.condition).not.toEqual(second.condition)
  expect(first.condition).toEqual(bound({ condition: '#a = :v', names: { '#a': 'x' }, values: { ':v': s } }).condition)
})

describe('placeholders are checked by themselves', () => {
  test.each<[string, ExpressionRequest]>([
    [
      'ExpressionAttributeNames can only be specified when using expressions',
      { condition: undefined, names: { '#a': 'a' }, values: undefined },
    ],
    [
      'ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null',
      { condition: undefined, names: undefined, values: { ':a': s } },
    ],
    [
      'ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and ConditionExpression are null',
      { condition: undefined, update: undefined, names: undefined, values: { ':a': s } },
    ],
    [
      'ExpressionAttributeValues can only be specified when using expressions: FilterExpression and KeyConditionExpression are null',
      { keyCondition: undefined, filter: undefined, projection: 'a', names: undefined, values: { ':a': s } },
    ],
    ['ExpressionAttributeNames must not be empty', { projection: 'a', names: {}, values: undefined }],
    ['ExpressionAttributeValues must not be empty', { condition: 'a = b', names: undefined, values: {} }],
    [
      'ExpressionAttributeNames contains invalid key: Syntax error; key: "foo"',
      { projection: 'a', names: { foo: 'a' }, values: undefined },
    ],
    [
      'ExpressionAttributeNames contains invalid key: Syntax error; key: "#a-b"',
      { projection: 'a', names: { '#a-b': 'a' }, values: undefined },
    ],
    [
      'ExpressionAttributeValues contains invalid key: Syntax error; key: "foo"',
      { condition: 'a = b', names: undefined, values: { foo: s } },
    ],
    [
      'Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}',
      { projection: 'a', names: { '#a': 'a' }, values: undefined },
    ],
    [
      'Value provided in ExpressionAttributeValues unused in expressions: keys: {:a, :b}',
      { condition: 'a = :c', names: undefined, values: { ':a': s, ':b': s, ':c': s } },
    ],
    [
      'Invalid ConditionExpression: An expression attribute name used in the document path is not defined; attribute name: #a',
      { condition: '#a = :v', names: undefined, values: { ':v': s } },
    ],
    [
      'Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :a',
      { update: 'SET b = :a', names: undefined, values: { ':v': s } },
    ],
  ])('%s', (message, request) => {
    expect(refusal(request)).toBe(message)
  })

  test('a placeholder may have 255 characters and no more', () => {
    const longest = `#${'a'.repeat(254)}`
    expect(bound({ projection: longest, names: { [longest]: 'a' }, values: undefined }).projection).toBeDefined()
    expect(refusal({ projection: `${longest}a`, names: { [`${longest}a`]: 'a' }, values: undefined })).toContain('too long')
  })

  test('names and values together have 2 MB at most', () => {
    const values = { ':v': { S: 'x'.repeat(2 * 1024 * 1024) } }
    expect(refusal({ condition: 'a = :v', names: undefined, values })).toContain('has exceeded the maximum allowed size')
  })

  test('a placeholder used by one of several expressions is used', () => {
    const { update } = bound({ update: 'SET a = :a', condition: '#b = :b', names: { '#b': 'b' }, values: { ':a': s, ':b': s } })
    expect(update?.actions).toHaveLength(1)
  })

  test('a hundred thousand unused placeholders beside many used ones are refused with a list', () => {
    const names: Record<string, string> = {}
    for (let at = 0; at < 100_000; at++) names[`#n${at}`] = `a${at}`
    const projection = Array.from({ length: 600 }, (_, at) => `#n${at}`).join(',')
    const message = refusal({ projection, names, values: undefined })
    expect(message.slice(0, 90)).toBe('Value provided in ExpressionAttributeNames unused in expressions: keys: {#n600, #n601, #n6')
  })
})

describe('operands are checked without an item', () => {
  const values: AttributeMap = {
    ':s': s,
    ':n': n,
    ':t': { BOOL: true },
    ':m': { M: {} },
    ':l': { L: [] },
    ':ss': { SS: ['a'] },
    ':z': { S: 'b' },
  }

  test.each<[keyof BoundExpressions, string, string]>([
    ['condition', 'begins_with(a, :n)', wrongType('begins_with', 'N')],
    ['condition', 'a < :t', wrongType('<', 'BOOL')],
    ['condition', 'a >= :m', wrongType('>=', 'M')],
    ['condition', 'a BETWEEN :ss AND :ss', wrongType('BETWEEN', 'SS')],
    ['condition', 'size(:n) = :n', wrongType('size', 'N')],
    ['condition', 'size(size(a)) = :n', wrongType('size', 'N')],
    ['condition', 'contains(:n, a)', wrongType('contains', 'N')],
    ['condition', 'attribute_type(a, :n)', wrongType('attribute_type', 'N')],
    ['condition', 'attribute_type(a, :s)', 'Invalid attribute type name found; type: a, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}'],
    ['condition', 'a = a', repeated('=', '[a]')],
    ['condition', 'a.b[0] <> a.b[0]', repeated('<>', '[a, b, [0]]')],
    ['condition', 'contains(a, a)', repeated('contains', '[a]')],
    ['condition', 'a IN (:s, a)', repeated('IN', '[a]')],
    [
      'condition',
      'a BETWEEN :z AND :s',
      'The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ' +
        'lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}',
    ],
    [
      'filter',
      'a BETWEEN :s AND :n',
      'The BETWEEN operator requires same data type for lower and upper bounds; ' +
        'lower bound operand: AttributeValue: {S:a}, upper bound operand: AttributeValue: {N:1}',
    ],
    ['update', 'SET a = a + :s', wrongType('+', 'S')],
    ['update', 'SET a = list_append(a, :l) - :n', wrongType('-', 'L')],
    ['update', 'SET a = list_append(a, :m)', wrongType('list_append', 'M')],
    [
      'update',
      'ADD a :s',
      'Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND',
    ],
    [
      'update',
      'DELETE a :n',
      'Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND',
    ],
    ['update', 'SET a = :s, a.b = :s', clash('overlap', '[a]', '[a, b]')],
    ['update', 'SET a.b = :s REMOVE a', clash('overlap', '[a, b]', '[a]')],
    ['update', 'SET a = :s REMOVE a', clash('overlap', '[a]', '[a]')],
    ['update', 'SET a.b = :s, a[0] = :s', clash('conflict', '[a, b]', '[a, [0]]')],
    ['projection', 'a[1], a.c', clash('conflict', '[a, [1]]', '[a, c]')],
    ['projection', 'a, b, a', clash('overlap', '[a]', '[a]')],
    ['keyCondition', 'a BETWEEN :z AND :s', 'The BETWEEN operator requires upper bound'],
  ])('%s %j', (member, text, reason) => {
    const used: Record<string, AttributeMap[string]> = {}
    for (const placeholder of text.match(/:\w+/g) ?? []) used[placeholder] = values[placeholder] ?? s
    const request = { [member]: text, names: undefined, values: Object.keys(used).length === 0 ? undefined : used }
    expect(refusal(request)).toContain(`Invalid ${parameterOf[member]}: ${reason}`)
  })

  test('a value may be compared with itself', () => {
    expect(bound({ condition: ':s = :s', names: undefined, values: { ':s': s } }).condition?.kind).toBe('compare')
  })
})

test('overlap is judged by real names, not by placeholders', () => {
  expect(refusal({ update: 'SET #a = :v, a = :v', names: { '#a': 'a' }, values: { ':v': s } })).toContain('overlap')
  expect(bound({ update: 'SET #a = :v, a.b = :v', names: { '#a': 'a.b' }, values: { ':v': s } }).update?.actions).toHaveLength(2)
})

const parameterOf: Record<keyof BoundExpressions, string> = {
  condition: 'ConditionExpression',
  filter: 'FilterExpression',
  keyCondition: 'KeyConditionExpression',
  projection: 'ProjectionExpression',
  update: 'UpdateExpression',
}

function wrongType(operator: string, type: string): string {
  return `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`
}

function repeated(operator: string, path: string): string {
  return (
    'The first operand must be distinct from the remaining operands for this operator or function; ' +
    `operator: ${operator}, first operand: ${path}`
  )
}

function clash(how: string, one: string, two: string): string {
  return `Two document paths ${how} with each other; must remove or rewrite one of these paths; path one: ${one}, path two: ${two}`
}

function bound(request: ExpressionRequest): BoundExpressions {
  const outcome = bindExpressions(request)
  if (isInvalid(outcome)) throw new Error(outcome.invalid)
  return outcome
}

function refusal(request: ExpressionRequest): string {
  const outcome = bindExpressions(request)
  if (!isInvalid(outcome)) throw new Error('accepted')
  return outcome.invalid
}
