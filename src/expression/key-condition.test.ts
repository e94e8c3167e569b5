import { describe, expect, test } from 'vitest'
import type { AttributeMap } from '../item/attribute-value.ts'
import { isInvalid } from '../item/invalid.ts'
import type { Invalid } from '../item/invalid.ts'
import type { KeySchema } from '../item/key-schema.ts'
import { asIndexKeySchema } from '../item/key-schema.ts'
import { bindExpressions } from './bind.ts'
import { resolveKeyCondition } from './key-condition.ts'
import type { KeyRange } from './key-condition.ts'

const schema: KeySchema = { partition: { name: 'pk', type: 'S' }, sort: { name: 'sk', type: 'N' } }
const textual: KeySchema = { partition: { name: 'pk', type: 'S' }, sort: { name: 'sk', type: 'S' } }
const hashOnly: KeySchema = { partition: { name: 'pk', type: 'S' }, sort: undefined }
const values: AttributeMap = { ':p': { S: 'a' }, ':n': { N: '1' }, ':m': { N: '2' }, ':e': { S: '' } }
const partition = { S: 'a' }

describe('a range of the partition', () => {
  test.each<[string, KeyRange['sort']]>([
    ['pk = :p', undefined],
    ['(pk = :p) AND (sk < :n)', { op: '<', value: { N: '1' } }],
    ['sk >= :n and :p = pk', { op: '>=', value: { N: '1' } }],
    ['pk = :p AND :n <= sk', { op: '>=', value: { N: '1' } }],
    ['pk = :p AND :n > sk', { op: '<', value: { N: '1' } }],
    ['pk = :p AND sk BETWEEN :n AND :m', { op: 'BETWEEN', low: { N: '1' }, high: { N: '2' } }],
  ])('%s', (text, sort) => {
    expect(resolve(text, schema)).toEqual({ partition: [partition], equal: [], sort })
  })

  test('a prefix of the sort key', () => {
    expect(resolve('pk = :p AND begins_with(sk, :p)', textual)).toEqual({
      partition: [partition],
      equal: [],
      sort: { op: 'begins_with', prefix: partition },
    })
  })
})

describe('what is refused', () => {
  test.each<[string, KeySchema, string]>([
    ['sk = :n', schema, 'Query condition missed key schema element: pk'],
    ['pk = :p AND x = :n', schema, 'Query condition missed key schema element: sk'],
    ['pk = :p AND sk = :n', hashOnly, 'Query key condition not supported'],
    ['pk > :p', schema, 'Query key condition not supported'],
    ['begins_with(pk, :p) AND sk = :n', schema, 'Query key condition not supported'],
    ['pk = :p AND sk = :n AND x = :n', schema, 'Conditions can be of length 1 or 2 only'],
    ['pk = :p AND sk > :n AND sk < :m', schema, 'KeyConditionExpressions must only contain one condition per key'],
    ['pk = :n', schema, 'One or more parameter values were invalid: Condition parameter type does not match schema type'],
    [
      'pk = :e',
      schema,
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk',
    ],
    ['pk = :p OR sk = :n', schema, 'Invalid operator used in KeyConditionExpression: OR'],
    ['NOT pk = :p', schema, 'Invalid operator used in KeyConditionExpression: NOT'],
    ['pk <> :p', schema, 'Invalid operator used in KeyConditionExpression: <>'],
    ['pk = :p AND sk IN (:n, :m)', schema, 'Invalid operator used in KeyConditionExpression: IN'],
    ['contains(pk, :p)', schema, 'Invalid operator used in KeyConditionExpression: contains'],
    ['attribute_exists(pk)', schema, 'Invalid operator used in KeyConditionExpression: attribute_exists'],
    ['size(pk) = :n', schema, 'KeyConditionExpressions cannot contain nested operations'],
    ['pk.a = :p', schema, 'KeyConditionExpressions cannot have conditions on nested attributes'],
    ['pk = sk', schema, 'Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition'],
    [':p = :p', schema, 'Invalid condition in KeyConditionExpression: No key attribute specified'],
    [
      ':n BETWEEN sk AND :m',
      schema,
      'Invalid condition in KeyConditionExpression: BETWEEN operator must have the key attribute as its first operand',
    ],
    [
      'begins_with(:p, pk)',
      schema,
      'Invalid condition in KeyConditionExpression: begins_with operator must have the key attribute as its first operand',
    ],
    [
      'begins_with(sk, :n)',
      schema,
      'Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N',
    ],
  ])('%s', (text, key, message) => {
    const outcome = resolve(text, key)
    expect(isInvalid(outcome) ? outcome.invalid : outcome).toBe(message)
  })
})

function resolve(text: string, key: KeySchema): KeyRange | Invalid {
  const used = Object.fromEntries(Object.entries(values).filter(([placeholder]) => text.includes(placeholder)))
  const bound = bindExpressions({ keyCondition: text, names: undefined, values: Object.keys(used).length === 0 ? undefined : used })
  if (isInvalid(bound)) return bound
  if (bound.keyCondition === undefined) throw new Error('no key condition')
  return resolveKeyCondition(bound.keyCondition, asIndexKeySchema(key))
}
