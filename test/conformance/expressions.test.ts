import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { DeleteItemCommand, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { useEndpoint, useTable } from './endpoint.ts'
import { refusalOf, validation } from './refusal.ts'

const endpoint = useEndpoint()
const table = useTable(endpoint, 'expressions', 'pk S')

const Key = { pk: { S: 'x' } }
type Values = Record<string, AttributeValue>

const put = (item: Values) => endpoint.client.send(new PutItemCommand({ TableName: table, Item: { ...Key, ...item } }))

describe('a condition', () => {
  const item: Values = {
    n: { N: '10' },
    s: { S: 'hello' },
    b: { B: Uint8Array.of(1, 2, 3) },
    yes: { BOOL: true },
    nil: { NULL: true },
    parts: { L: [{ N: '1' }, { S: 'two' }] },
    tree: { M: { a: { M: { b: { N: '5' } } } } },
    strings: { SS: ['a', 'b'] },
  }
  const values: Values = {
    ':5': { N: '5' },
    ':10': { N: '10.0' },
    ':20': { N: '20' },
    ':he': { S: 'he' },
    ':hello': { S: 'hello' },
    ':two': { S: 'two' },
    ':a': { S: 'a' },
    ':S': { S: 'S' },
    ':N': { S: 'N' },
    ':SS': { S: 'SS' },
    ':yes': { BOOL: true },
    ':ba': { SS: ['b', 'a'] },
    ':bytes': { B: Uint8Array.of(1, 2) },
  }

  async function holds(ConditionExpression: string): Promise<boolean> {
    const used = Object.fromEntries(Object.entries(values).filter(([name]) => new RegExp(`${name}\\b`).test(ConditionExpression)))
    const ExpressionAttributeValues = Object.keys(used).length === 0 ? undefined : used
    try {
      await endpoint.client.send(
        new UpdateItemCommand({ TableName: table, Key, ConditionExpression, ExpressionAttributeValues, ReturnValues: 'NONE' }),
      )
      return true
    } catch (error) {
      if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false
      throw error
    }
  }

  const conditions: readonly (readonly [string, boolean])[] = [
    ['n = :10', true],
    ['n <> :10', false],
    ['n < :20 AND n > :5', true],
    ['n <= :10 AND n >= :10', true],
    ['n = :hello', false],
    ['n <> :hello', true],
    ['n < :hello', false],
    ['absent = :10', false],
    ['absent <> :10', true],
    ['NOT absent = :10', true],
    ['n BETWEEN :5 AND :10', true],
    ['n BETWEEN :20 AND :20', false],
    ['n IN (:5, :20)', false],
    ['n IN (:5, :10)', true],
    ['attribute_exists(tree.a.b)', true],
    ['attribute_exists(tree.a.c)', false],
    ['attribute_exists(parts[1])', true],
    ['attribute_not_exists(parts[2])', true],
    ['attribute_type(s, :S)', true],
    ['attribute_type(n, :S)', false],
    ['attribute_type(strings, :SS)', true],
    ['attribute_type(absent, :S)', false],
    ['begins_with(s, :he)', true],
    ['begins_with(s, :hello) AND begins_with(b, :bytes)', true],
    ['begins_with(n, :he)', false],
    ['contains(s, :he)', true],
    ['contains(parts, :two)', true],
    ['contains(strings, :a)', true],
    ['contains(strings, :he)', false],
    ['contains(absent, :he)', false],
    ['size(s) = :5', true],
    ['size(parts) < :5', true],
    ['size(n) = :5', false],
    ['size(absent) = :5', false],
    ['strings = :ba', true],
    ['yes = :yes', true],
    ['tree.a.b = :5', true],
    ['n = :5 OR n = :10 AND s = :he', false],
    ['(n = :5 OR n = :10) AND s = :hello', true],
    ['NOT n = :5 AND NOT (s = :he OR s = :two)', true],
    [':10 = n', true],
    [':he < s', true],
    ['attribute_not_exists(pk)', false],
  ]

  it.each(conditions)('%s is %s', async (condition, expected) => {
    await put(item)
    expect(await holds(condition)).toBe(expected)
  })

  it('on an item that is not there sees no attribute', async () => {
    const nobody = { TableName: table, Key: { pk: { S: 'nobody' } } }
    await expect(
      endpoint.client.send(new DeleteItemCommand({ ...nobody, ConditionExpression: 'attribute_exists(pk)' })),
    ).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    })
    await endpoint.client.send(new DeleteItemCommand({ ...nobody, ConditionExpression: 'attribute_not_exists(pk)' }))
  })
})

describe('an update', () => {
  async function updated(item: Values, UpdateExpression: string, values: Values = {}, names?: Record<string, string>): Promise<Values> {
    await put(item)
    await endpoint.client.send(
      new UpdateItemCommand({
        TableName: table,
        Key,
        UpdateExpression,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: Object.keys(values).length === 0 ? undefined : values,
      }),
    )
    const { Item = {} } = await endpoint.client.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }))
    const { pk: _key, ...rest } = Item
    return rest
  }
  const n = (value: number): AttributeValue => ({ N: `${value}` })

  it.each<[string, Values, Values, Values]>([
    ['SET a = :v', {}, { ':v': n(1) }, { a: n(1) }],
    ['SET a = a + :v, b = a - :v', { a: n(5) }, { ':v': n(2) }, { a: n(7), b: n(3) }],
    ['SET a = b, b = a', { a: n(1), b: n(2) }, {}, { a: n(2), b: n(1) }],
    ['SET a = if_not_exists(a, :v), b = if_not_exists(b, :v)', { a: n(1) }, { ':v': n(2) }, { a: n(1), b: n(2) }],
    ['SET a = if_not_exists(a, :zero) + :v', {}, { ':zero': n(0), ':v': n(2) }, { a: n(2) }],
    ['SET l = list_append(l, :l)', { l: { L: [n(1)] } }, { ':l': { L: [n(2)] } }, { l: { L: [n(1), n(2)] } }],
    ['SET l = list_append(:l, l)', { l: { L: [n(1)] } }, { ':l': { L: [n(2)] } }, { l: { L: [n(2), n(1)] } }],
    ['SET l[0] = :v, l[7] = :v', { l: { L: [n(1), n(2)] } }, { ':v': n(9) }, { l: { L: [n(9), n(2), n(9)] } }],
    ['SET m.a.b = :v', { m: { M: { a: { M: {} } } } }, { ':v': n(1) }, { m: { M: { a: { M: { b: n(1) } } } } }],
    ['REMOVE a, absent, m.x', { a: n(1), m: { M: { x: n(1), y: n(2) } } }, {}, { m: { M: { y: n(2) } } }],
    ['REMOVE l[0], l[2], l[9]', { l: { L: [n(0), n(1), n(2), n(3)] } }, {}, { l: { L: [n(1), n(3)] } }],
    ['ADD a :v, b :v', { a: n(1) }, { ':v': n(4) }, { a: n(5), b: n(4) }],
    ['ADD s :s', { s: { SS: ['a'] } }, { ':s': { SS: ['a', 'b'] } }, { s: { SS: ['a', 'b'] } }],
    ['ADD s :s', {}, { ':s': { NS: ['1'] } }, { s: { NS: ['1'] } }],
    ['DELETE s :s', { s: { SS: ['a', 'b'] } }, { ':s': { SS: ['b', 'c'] } }, { s: { SS: ['a'] } }],
    ['DELETE s :s', { s: { SS: ['a'] } }, { ':s': { SS: ['a'] } }, {}],
    ['DELETE s :s', {}, { ':s': { SS: ['a'] } }, {}],
    ['set a = :v remove b add c :v', { b: n(1) }, { ':v': n(1) }, { a: n(1), c: n(1) }],
    ['SET a = :v + :v', {}, { ':v': { N: '0.1' } }, { a: { N: '0.2' } }],
  ])('%s of %j', async (text, item, values, expected) => {
    expect(await updated(item, text, values)).toEqual(expected)
  })

  it('adds exactly, to 38 digits', async () => {
    const one = '1.0000000000000000000000000000000000001'
    expect(await updated({ a: { N: one } }, 'ADD a :v', { ':v': { N: '1' } })).toEqual({ a: { N: one.replace('1', '2') } })
  })

  const cannot: readonly (readonly [string, Values, Values, string])[] = [
    ['SET a = absent', {}, {}, 'The provided expression refers to an attribute that does not exist in the item'],
    ['SET a = absent + :v', {}, { ':v': n(1) }, 'The provided expression refers to an attribute that does not exist in the item'],
    ['SET a = a + :v', { a: { S: 'x' } }, { ':v': n(1) }, 'An operand in the update expression has an incorrect data type'],
    ['SET a = list_append(a, :l)', { a: n(1) }, { ':l': { L: [] } }, 'An operand in the update expression has an incorrect data type'],
    ['ADD a :v', { a: { S: 'x' } }, { ':v': n(1) }, 'An operand in the update expression has an incorrect data type'],
    ['DELETE a :s', { a: { NS: ['1'] } }, { ':s': { SS: ['a'] } }, 'An operand in the update expression has an incorrect data type'],
    ['SET m.b = :v', {}, { ':v': n(1) }, 'The document path provided in the update expression is invalid for update'],
    ['SET a.b = :v', { a: n(1) }, { ':v': n(1) }, 'The document path provided in the update expression is invalid for update'],
    ['SET l[0] = :v', { l: { M: {} } }, { ':v': n(1) }, 'The document path provided in the update expression is invalid for update'],
    ['REMOVE m.b', {}, {}, 'The document path provided in the update expression is invalid for update'],
  ]

  it.each(cannot)('%s cannot be done to %j', async (text, item, values, message) => {
    await expect(updated(item, text, values)).rejects.toMatchObject(validation(message))
  })
})

describe('the text of an expression', () => {
  const RESERVED = 'Attribute name is a reserved keyword; reserved keyword: '
  const update = 'Invalid UpdateExpression: '
  const condition = 'Invalid ConditionExpression: '
  const v = { ':v': { N: '1' } }

  it.each<[string, object, string]>([
    ['UpdateItem', { UpdateExpression: '' }, `${update}The expression can not be empty;`],
    ['UpdateItem', { UpdateExpression: 'SET name = :v', ExpressionAttributeValues: v }, `${update}${RESERVED}name`],
    [
      'UpdateItem',
      { UpdateExpression: 'SET a = :v' },
      `${update}An expression attribute value used in expression is not defined; attribute value: :v`,
    ],
    [
      'UpdateItem',
      { UpdateExpression: 'SET #a = :v', ExpressionAttributeValues: v },
      `${update}An expression attribute name used in the document path is not defined; attribute name: #a`,
    ],
    [
      'UpdateItem',
      { UpdateExpression: 'SET a = :v SET b = :v', ExpressionAttributeValues: v },
      `${update}The "SET" section can only be used once in an update expression;`,
    ],
    [
      'UpdateItem',
      { UpdateExpression: 'SET a = :v REMOVE a', ExpressionAttributeValues: v },
      `${update}Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]`,
    ],
    [
      'UpdateItem',
      { UpdateExpression: 'SET a.b = :v, a.b.c[1] = :v', ExpressionAttributeValues: v },
      `${update}Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a, b, c, [1]]`,
    ],
    [
      'UpdateItem',
      { UpdateExpression: 'SET a.b = :v, a[1] = :v', ExpressionAttributeValues: v },
      `${update}Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a, [1]]`,
    ],
    ['UpdateItem', { UpdateExpression: 'SET a = :v,', ExpressionAttributeValues: v }, `${update}Syntax error; token: "<EOF>", near: ","`],
    ['UpdateItem', { UpdateExpression: 'SET a := :v', ExpressionAttributeValues: v }, `${update}Syntax error; token: ":", near: "a :="`],
    ['UpdateItem', { UpdateExpression: 'SET a = f(:v)', ExpressionAttributeValues: v }, `${update}Invalid function name; function: f`],
    [
      'UpdateItem',
      { UpdateExpression: 'SET a = list_append(:v)', ExpressionAttributeValues: v },
      `${update}Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 1`,
    ],
    [
      'UpdateItem',
      { UpdateExpression: 'SET a = :v + :s', ExpressionAttributeValues: { ...v, ':s': { S: 'x' } } },
      `${update}Incorrect operand type for operator or function; operator or function: +, operand type: S`,
    ],
    [
      'UpdateItem',
      { UpdateExpression: 'ADD a :s', ExpressionAttributeValues: { ':s': { S: 'x' } } },
      `${update}Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND`,
    ],
    [
      'UpdateItem',
      { UpdateExpression: 'DELETE a :v', ExpressionAttributeValues: v },
      `${update}Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND`,
    ],
    ['UpdateItem', { ConditionExpression: '' }, `${condition}The expression can not be empty;`],
    ['UpdateItem', { ConditionExpression: 'a = b = c' }, `${condition}Syntax error; token: "=", near: "b = c"`],
    [
      'UpdateItem',
      { ConditionExpression: 'size(a)' },
      `${condition}The function is not allowed to be used this way in an expression; function: size`,
    ],
    [
      'UpdateItem',
      { ConditionExpression: 'attribute_exists(a, b)' },
      `${condition}Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2`,
    ],
    [
      'UpdateItem',
      { ConditionExpression: 'attribute_exists(:v)', ExpressionAttributeValues: v },
      `${condition}Operator or function requires a document path; operator or function: attribute_exists`,
    ],
    [
      'UpdateItem',
      { ConditionExpression: 'a = a' },
      `${condition}The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a]`,
    ],
    [
      'UpdateItem',
      { ConditionExpression: 'begins_with(a, :v)', ExpressionAttributeValues: v },
      `${condition}Incorrect operand type for operator or function; operator or function: begins_with, operand type: N`,
    ],
    [
      'UpdateItem',
      { ConditionExpression: 'attribute_type(a, :v)', ExpressionAttributeValues: { ':v': { S: 'X' } } },
      `${condition}Invalid attribute type name found; type: X, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}`,
    ],
    [
      'UpdateItem',
      { ConditionExpression: 'a BETWEEN :b AND :a', ExpressionAttributeValues: { ':a': { N: '1' }, ':b': { N: '2' } } },
      `${condition}The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}`,
    ],
    [
      'UpdateItem',
      { ConditionExpression: 'a BETWEEN :a AND :b', ExpressionAttributeValues: { ':a': { N: '1' }, ':b': { S: '2' } } },
      `${condition}The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:2}`,
    ],
    ['GetItem', { ProjectionExpression: '' }, 'Invalid ProjectionExpression: The expression can not be empty;'],
    ['GetItem', { ProjectionExpression: 'a b' }, 'Invalid ProjectionExpression: Syntax error; token: "b", near: "a b"'],
    ['GetItem', { ProjectionExpression: 'abort' }, `Invalid ProjectionExpression: ${RESERVED}abort`],
    [
      'GetItem',
      { ProjectionExpression: 'a, a' },
      'Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]',
    ],
    ['GetItem', { ExpressionAttributeNames: { '#a': 'a' } }, 'ExpressionAttributeNames can only be specified when using expressions'],
    ['GetItem', { ExpressionAttributeNames: {}, ProjectionExpression: 'a' }, 'ExpressionAttributeNames must not be empty'],
    [
      'GetItem',
      { ExpressionAttributeNames: { '#a': 'a', '#b': 'b' }, ProjectionExpression: '#a' },
      'Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}',
    ],
    [
      'GetItem',
      { ExpressionAttributeNames: { a: 'a' }, ProjectionExpression: 'a' },
      'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"',
    ],
    [
      'UpdateItem',
      { ConditionExpression: 'a = :v', ExpressionAttributeValues: { ...v, ':w': { N: '2' } } },
      'Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}',
    ],
    ['UpdateItem', { ConditionExpression: 'a = :v', ExpressionAttributeValues: {} }, 'ExpressionAttributeValues must not be empty'],
    [
      'UpdateItem',
      { ConditionExpression: 'a = :v', ExpressionAttributeValues: { v: { N: '2' } } },
      'ExpressionAttributeValues contains invalid key: Syntax error; key: "v"',
    ],
    [
      'UpdateItem',
      { ConditionExpression: 'a = :v', ExpressionAttributeValues: { ':v': {} } },
      'ExpressionAttributeValues contains invalid value: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes for key :v',
    ],
    [
      'PutItem',
      { ExpressionAttributeValues: v },
      'ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null',
    ],
    [
      'UpdateItem',
      { ExpressionAttributeValues: v },
      'ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and ConditionExpression are null',
    ],
    [
      'PutItem',
      { ConditionExpression: 'a = b', Expected: { a: { Exists: false } } },
      'Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}',
    ],
  ])('%s refuses %j', async (operation, body, message) => {
    const what = operation === 'PutItem' ? { Item: Key } : { Key }
    expect(await refusalOf(endpoint, operation, { TableName: table, ...what, ...body })).toEqual(validation(message))
  })

  it('is at most 4 KB long', async () => {
    const ConditionExpression = `attribute_exists(${'a'.repeat(4096)})`
    expect(await refusalOf(endpoint, 'PutItem', { TableName: table, Item: Key, ConditionExpression })).toEqual(
      validation(`${condition}Expression size has exceeded the maximum allowed size; expression size: ${ConditionExpression.length}`),
    )
  })

  it('has at most 300 operators', async () => {
    const ConditionExpression = Array.from({ length: 302 }, (_, at) => `a${at} = a`).join(' OR ')
    const refusal = await refusalOf(endpoint, 'PutItem', { TableName: table, Item: Key, ConditionExpression })
    expect(refusal.message).toMatch(/^Invalid ConditionExpression: The expression contains too many operators; operator count: \d+$/)
  })
})
