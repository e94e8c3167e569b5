import { describe, expect, it } from 'vitest'
import { useEndpoint } from './endpoint.ts'
import { refusalOf, serialization } from './refusal.ts'

/** The JSON types of requests. No table is needed: DynamoDB reads a whole request before it judges any of it. */
const endpoint = useEndpoint()

const OBJECT = 'Start of structure or map found where not expected'
const FIELD = 'Unexpected field type'
const PAYLOAD = 'Unexpected value type in payload'
const dynamodb = 'com.amazonaws.dynamodb.v20120810'

const mistakes: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
  ['GetItem', { TableName: 23 }, 'NUMBER_VALUE cannot be converted to String'],
  ['GetItem', { TableName: 23.5 }, 'DECIMAL_VALUE cannot be converted to String'],
  ['GetItem', { TableName: true }, 'TRUE_VALUE cannot be converted to String'],
  ['GetItem', { TableName: false }, 'FALSE_VALUE cannot be converted to String'],
  ['GetItem', { TableName: {} }, OBJECT],
  ['GetItem', { TableName: [] }, 'Unrecognized collection type class java.lang.String'],
  ['GetItem', { ConsistentRead: 'true' }, 'Unexpected token received from parser'],
  ['GetItem', { ConsistentRead: 1 }, 'NUMBER_VALUE cannot be converted to Boolean'],
  ['GetItem', { ConsistentRead: 1.5 }, 'DECIMAL_VALUE cannot be converted to Boolean'],
  ['GetItem', { ConsistentRead: {} }, OBJECT],
  ['GetItem', { ConsistentRead: [] }, 'Unrecognized collection type class java.lang.Boolean'],
  ['GetItem', { Key: 'a' }, FIELD],
  ['GetItem', { Key: 1 }, FIELD],
  ['GetItem', { Key: [] }, `Unrecognized collection type java.util.Map<java.lang.String, ${dynamodb}.AttributeValue>`],
  ['GetItem', { Key: { a: 'x' } }, PAYLOAD],
  ['GetItem', { Key: { a: true } }, PAYLOAD],
  ['GetItem', { Key: { a: [] } }, `Unrecognized collection type class ${dynamodb}.AttributeValue`],
  ['GetItem', { Key: { a: { S: 1 } } }, 'NUMBER_VALUE cannot be converted to String'],
  ['GetItem', { Key: { a: { S: {} } } }, OBJECT],
  ['GetItem', { Key: { a: { N: 1 } } }, 'NUMBER_VALUE cannot be converted to String'],
  ['GetItem', { Key: { a: { BOOL: 'true' } } }, 'Unexpected token received from parser'],
  ['GetItem', { Key: { a: { SS: 'x' } } }, FIELD],
  ['GetItem', { Key: { a: { SS: [true] } } }, 'TRUE_VALUE cannot be converted to String'],
  ['GetItem', { Key: { a: { NS: [1] } } }, 'NUMBER_VALUE cannot be converted to String'],
  ['GetItem', { Key: { a: { L: 'x' } } }, FIELD],
  ['GetItem', { Key: { a: { L: ['x'] } } }, PAYLOAD],
  ['GetItem', { Key: { a: { M: 'x' } } }, FIELD],
  ['GetItem', { Key: { a: { M: { b: { S: true } } } } }, 'TRUE_VALUE cannot be converted to String'],
  ['GetItem', { AttributesToGet: 'x' }, FIELD],
  ['GetItem', { AttributesToGet: {} }, OBJECT],
  ['GetItem', { AttributesToGet: [1] }, 'NUMBER_VALUE cannot be converted to String'],
  ['GetItem', { ExpressionAttributeNames: [] }, 'Unrecognized collection type java.util.Map<java.lang.String, java.lang.String>'],
  ['GetItem', { ExpressionAttributeNames: { '#a': 1 } }, 'NUMBER_VALUE cannot be converted to String'],
  ['Scan', { Limit: '1' }, 'STRING_VALUE cannot be converted to Integer'],
  ['Scan', { Limit: true }, 'TRUE_VALUE cannot be converted to Integer'],
  ['Scan', { Limit: [] }, 'Unrecognized collection type class java.lang.Integer'],
  ['Scan', { Limit: {} }, OBJECT],
  ['CreateTable', { KeySchema: 'x' }, FIELD],
  ['CreateTable', { KeySchema: {} }, OBJECT],
  ['CreateTable', { KeySchema: ['x'] }, PAYLOAD],
  ['CreateTable', { KeySchema: [[]] }, `Unrecognized collection type class ${dynamodb}.KeySchemaElement`],
  ['CreateTable', { ProvisionedThroughput: 'x' }, PAYLOAD],
  ['CreateTable', { ProvisionedThroughput: { ReadCapacityUnits: '1' } }, 'STRING_VALUE cannot be converted to Long'],
  ['CreateTable', { GlobalSecondaryIndexes: [{ IndexName: 1 }] }, 'NUMBER_VALUE cannot be converted to String'],
  ['BatchGetItem', { RequestItems: [] }, `Unrecognized collection type java.util.Map<java.lang.String, ${dynamodb}.KeysAndAttributes>`],
  ['BatchGetItem', { RequestItems: { abc: 'x' } }, PAYLOAD],
  [
    'BatchWriteItem',
    { RequestItems: [] },
    `Unrecognized collection type java.util.Map<java.lang.String, java.util.List<${dynamodb}.WriteRequest>>`,
  ],
  ['BatchWriteItem', { RequestItems: { abc: {} } }, OBJECT],
  ['BatchWriteItem', { RequestItems: { abc: [{ PutRequest: 'x' }] } }, PAYLOAD],
  ['PutItem', { Expected: [] }, `Unrecognized collection type java.util.Map<java.lang.String, ${dynamodb}.ExpectedAttributeValue>`],
  ['UpdateItem', { AttributeUpdates: { a: 'x' } }, PAYLOAD],
  ['TransactWriteItems', { TransactItems: [{ Put: { Item: { a: { S: 1 } } } }] }, 'NUMBER_VALUE cannot be converted to String'],
]

describe('JSON of the wrong type', () => {
  it.each(mistakes)('is a SerializationException in %s %j', async (operation, body, message) => {
    expect(await refusalOf(endpoint, operation, body)).toEqual(serialization(message))
  })

  it('comes before every constraint and before a table that is not there', async () => {
    const wrong = { a: { S: 1 } }
    const message = 'NUMBER_VALUE cannot be converted to String'
    expect(await refusalOf(endpoint, 'GetItem', { TableName: 'a!', Key: wrong })).toEqual(serialization(message))
    expect(await refusalOf(endpoint, 'GetItem', { TableName: endpoint.name('missing'), Key: wrong })).toEqual(serialization(message))
    const put = { TableName: endpoint.name('missing'), Item: { a: { S: 'x' } }, ReturnValues: 'ALL_NEW' }
    expect(await refusalOf(endpoint, 'PutItem', { ...put, ExpressionAttributeValues: { ':a': { N: 1 } } })).toEqual(serialization(message))
  })

  it('is told with the name of the exception in its own namespace', async () => {
    const { body } = await endpoint.raw('GetItem', { TableName: 1 })
    expect(body).toEqual({
      __type: 'com.amazon.coral.service#SerializationException',
      Message: 'NUMBER_VALUE cannot be converted to String',
    })
  })
})

describe('a body that is no JSON', () => {
  it.each(['{', 'x', '{"TableName": "abc",}'])('is a SerializationException: %s', async (body) => {
    const answer = await endpoint.raw('GetItem', body)
    expect(answer.status).toBe(400)
    expect(answer.body['__type']).toBe('com.amazon.coral.service#SerializationException')
  })
})

describe('binary values', () => {
  it('must be base64, padded to whole groups', async () => {
    expect(await refusalOf(endpoint, 'GetItem', { Key: { a: { B: 'abc' } } })).toEqual(
      serialization('Base64 encoded length is expected a multiple of 4 bytes but found: 3'),
    )
  })
})

describe('what DynamoDB takes although it is odd', () => {
  const missing = { name: 'ResourceNotFoundException', message: 'Requested resource not found' }
  const key = { a: { S: 'x' } }

  it.each([
    ['members that it does not know', { Key: key, Unknown: { a: [1] } }],
    ['null for a member that may be left out', { Key: key, ConsistentRead: null, ProjectionExpression: null }],
  ])('%s', async (_what, body) => {
    expect(await refusalOf(endpoint, 'GetItem', { TableName: endpoint.name('missing'), ...body })).toEqual(missing)
  })

  it('a fraction where a whole number belongs', async () => {
    expect(await refusalOf(endpoint, 'Scan', { TableName: endpoint.name('missing'), Limit: 1.9 })).toEqual(missing)
  })
})
