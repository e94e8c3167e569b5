import type { AttributeValue, Condition, ExpectedAttributeValue } from '@aws-sdk/client-dynamodb'
import { GetItemCommand, PutItemCommand, QueryCommand, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { beforeAll, describe, expect, it } from 'vitest'
import { useEndpoint, useTable } from './endpoint.ts'
import { refusalOf, validation } from './refusal.ts'

/** The parameters from before expressions. DynamoDB still has them, and libraries still send them. */
const endpoint = useEndpoint()
const table = useTable(endpoint, 'legacy', 'pk S, sk N')
const invalid = 'One or more parameter values were invalid: '

const n = (value: number): AttributeValue => ({ N: `${value}` })
const Key = { pk: { S: 'a' }, sk: n(1) }

describe('Expected', () => {
  const item = { ...Key, v: n(5), s: { S: 'hello' } }
  beforeAll(() => endpoint.client.send(new PutItemCommand({ TableName: table, Item: item })), 60_000)

  async function holds(Expected: Record<string, ExpectedAttributeValue>, ConditionalOperator?: 'AND' | 'OR'): Promise<boolean> {
    try {
      await endpoint.client.send(new PutItemCommand({ TableName: table, Item: item, Expected, ConditionalOperator }))
      return true
    } catch (error) {
      if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false
      throw error
    }
  }

  it.each<[Record<string, ExpectedAttributeValue>, boolean]>([
    [{ v: { Value: n(5) } }, true],
    [{ v: { Value: n(6) } }, false],
    [{ v: { Exists: true, Value: n(5) } }, true],
    [{ v: { Exists: false } }, false],
    [{ absent: { Exists: false } }, true],
    [{ v: { ComparisonOperator: 'EQ', AttributeValueList: [n(5)] } }, true],
    [{ v: { ComparisonOperator: 'NE', AttributeValueList: [n(5)] } }, false],
    [{ v: { ComparisonOperator: 'LT', AttributeValueList: [n(6)] } }, true],
    [{ v: { ComparisonOperator: 'GE', AttributeValueList: [n(6)] } }, false],
    [{ v: { ComparisonOperator: 'BETWEEN', AttributeValueList: [n(1), n(5)] } }, true],
    [{ v: { ComparisonOperator: 'IN', AttributeValueList: [n(1), n(5)] } }, true],
    [{ v: { ComparisonOperator: 'NOT_NULL' } }, true],
    [{ v: { ComparisonOperator: 'NULL' } }, false],
    [{ absent: { ComparisonOperator: 'NULL' } }, true],
    [{ s: { ComparisonOperator: 'BEGINS_WITH', AttributeValueList: [{ S: 'he' }] } }, true],
    [{ s: { ComparisonOperator: 'CONTAINS', AttributeValueList: [{ S: 'ell' }] } }, true],
    [{ s: { ComparisonOperator: 'NOT_CONTAINS', AttributeValueList: [{ S: 'ell' }] } }, false],
  ])('%j is %s', async (expected, answer) => {
    expect(await holds(expected)).toBe(answer)
  })

  it('are all to hold, or one', async () => {
    const mixed = { v: { Value: n(5) }, s: { Value: { S: 'x' } } }
    expect(await holds(mixed)).toBe(false)
    expect(await holds(mixed, 'AND')).toBe(false)
    expect(await holds(mixed, 'OR')).toBe(true)
  })

  it.each<[object, string]>([
    [{ a: { Exists: true } }, `${invalid}Value must be provided when Exists is true for Attribute: a`],
    [{ a: {} }, `${invalid}Value must be provided when Exists is null for Attribute: a`],
    [{ a: { Exists: false, Value: n(1) } }, `${invalid}Value cannot be used when Exists is false for Attribute: a`],
    [
      { a: { ComparisonOperator: 'EQ', Value: n(1), AttributeValueList: [n(1)] } },
      `${invalid}Value and AttributeValueList cannot be used together for Attribute: a`,
    ],
    [{ a: { AttributeValueList: [n(1)] } }, `${invalid}AttributeValueList can only be used with a ComparisonOperator for Attribute: a`],
    [{ a: { ComparisonOperator: 'EQ', Exists: true } }, `${invalid}Exists and ComparisonOperator cannot be used together for Attribute: a`],
    [{ a: { ComparisonOperator: 'EQ', AttributeValueList: [] } }, `${invalid}Invalid number of argument(s) for the EQ ComparisonOperator`],
    [
      { a: { ComparisonOperator: 'BETWEEN', AttributeValueList: [n(1)] } },
      `${invalid}Invalid number of argument(s) for the BETWEEN ComparisonOperator`,
    ],
    [
      { a: { ComparisonOperator: 'LT', AttributeValueList: [{ BOOL: true }] } },
      `${invalid}ComparisonOperator LT is not valid for BOOL AttributeValue type`,
    ],
  ])('refuses %j', async (Expected, message) => {
    expect(await refusalOf(endpoint, 'PutItem', { TableName: table, Item: item, Expected })).toEqual(validation(message))
  })
})

describe('AttributeUpdates', () => {
  it('put, add and delete', async () => {
    const at = { pk: { S: 'updates' }, sk: n(1) }
    await endpoint.client.send(new PutItemCommand({ TableName: table, Item: { ...at, a: n(1), b: n(1), c: { SS: ['x', 'y'] }, d: n(1) } }))
    const { Attributes } = await endpoint.client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: at,
        AttributeUpdates: {
          a: { Value: n(9) },
          b: { Action: 'ADD', Value: n(4) },
          c: { Action: 'DELETE', Value: { SS: ['x'] } },
          d: { Action: 'DELETE' },
          e: { Action: 'ADD', Value: n(2) },
        },
        ReturnValues: 'ALL_NEW',
      }),
    )
    expect(Attributes).toEqual({ ...at, a: n(9), b: n(5), c: { SS: ['y'] }, e: n(2) })
  })

  it('does not touch the key', async () => {
    const AttributeUpdates = { pk: { Value: { S: 'b' } } }
    expect(await refusalOf(endpoint, 'UpdateItem', { TableName: table, Key, AttributeUpdates })).toEqual(
      validation(`${invalid}Cannot update attribute pk. This attribute is part of the key`),
    )
  })
})

describe('conditions on what is read', () => {
  beforeAll(async () => {
    for (const sk of [1, 2, 3, 4]) {
      await endpoint.client.send(new PutItemCommand({ TableName: table, Item: { pk: { S: 'read' }, sk: n(sk), v: n(sk * 10) } }))
    }
  }, 60_000)
  const pk: Condition = { ComparisonOperator: 'EQ', AttributeValueList: [{ S: 'read' }] }
  const above = (value: number): Condition => ({ ComparisonOperator: 'GT', AttributeValueList: [n(value)] })

  it('KeyConditions and QueryFilter', async () => {
    const query = async (more: object) =>
      (await endpoint.client.send(new QueryCommand({ TableName: table, KeyConditions: { pk }, ...more }))).Items?.map(({ sk }) => sk?.N)
    expect(await query({})).toEqual(['1', '2', '3', '4'])
    expect(await query({ KeyConditions: { pk, sk: above(2) } })).toEqual(['3', '4'])
    expect(await query({ QueryFilter: { v: above(30) } })).toEqual(['4'])
  })

  it('ScanFilter and AttributesToGet', async () => {
    const { Items } = await endpoint.client.send(
      new ScanCommand({ TableName: table, ScanFilter: { pk, v: above(20) }, AttributesToGet: ['sk'], ConsistentRead: true }),
    )
    expect(Items?.map(({ sk }) => sk?.N).toSorted()).toEqual(['3', '4'])
    const { Item } = await endpoint.client.send(
      new GetItemCommand({ TableName: table, Key: { pk: { S: 'read' }, sk: n(1) }, AttributesToGet: ['v', 'absent'] }),
    )
    expect(Item).toEqual({ v: n(10) })
  })

  it.each<[object, string]>([
    [{ KeyConditions: { sk: above(1) } }, 'Query condition missed key schema element: pk'],
    [{ KeyConditions: { pk: { ...pk, ComparisonOperator: 'NE' } } }, 'Attempted conditional constraint is not an indexable operation'],
    [{ KeyConditions: { pk: { ...pk, ComparisonOperator: 'GT' } } }, 'Query key condition not supported'],
    [
      { KeyConditions: { pk, sk: { ComparisonOperator: 'EQ', AttributeValueList: [{ S: 'x' }] } } },
      `${invalid}Condition parameter type does not match schema type`,
    ],
    [
      { KeyConditions: { pk }, FilterExpression: 'v = :v', ExpressionAttributeValues: { ':v': n(1) }, QueryFilter: { v: above(1) } },
      'Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {QueryFilter} Expression parameters: {FilterExpression}',
    ],
    [{ KeyConditions: { pk }, AttributesToGet: ['v', 'v'] }, `${invalid}Duplicate value in attribute name: v`],
  ])('Query refuses %j', async (body, message) => {
    expect(await refusalOf(endpoint, 'Query', { TableName: table, ...body })).toEqual(validation(message))
  })
})
