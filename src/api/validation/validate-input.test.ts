import { describe, expect, it } from 'vitest'
import type { OperationName } from '../service-model.ts'
import { validateInput } from './validate-input.ts'
import { wrongAttributeValue } from './wrong-attribute-value.ts'

function problem(operation: OperationName, input: unknown): string | undefined {
  return validateInput(operation, input)?.message
}

const javaMap = 'Unrecognized collection type java.util.Map'

describe('the JSON types of a request', () => {
  it.each([
    ['a text for a structure', 'GetItem', 'x', 'Unexpected value type in payload'],
    ['null for a structure', 'GetItem', null, 'Start of structure or map found where not expected'],
    ['a list for a structure', 'GetItem', [], 'Unrecognized collection type class com.amazonaws.dynamodb.v20120810.GetItemInput'],
    ['a number for a text', 'GetItem', { TableName: 1 }, 'NUMBER_VALUE cannot be converted to String'],
    ['a fraction for a text', 'GetItem', { TableName: 1.5 }, 'DECIMAL_VALUE cannot be converted to String'],
    ['a boolean for a text', 'GetItem', { TableName: true }, 'TRUE_VALUE cannot be converted to String'],
    ['a structure for a text', 'GetItem', { TableName: {} }, 'Start of structure or map found where not expected'],
    ['a list for a text', 'GetItem', { TableName: [] }, 'Unrecognized collection type class java.lang.String'],
    ['a text for a boolean', 'GetItem', { ConsistentRead: 'true' }, 'Unexpected token received from parser'],
    ['a number for a boolean', 'GetItem', { ConsistentRead: 1 }, 'NUMBER_VALUE cannot be converted to Boolean'],
    ['a text for a number', 'Scan', { Limit: '1' }, 'STRING_VALUE cannot be converted to Integer'],
    ['a text for a list', 'CreateTable', { KeySchema: 'x' }, 'Unexpected field type'],
    ['a structure for a list', 'CreateTable', { KeySchema: {} }, 'Start of structure or map found where not expected'],
    ['a text for a map', 'GetItem', { ExpressionAttributeNames: 'x' }, 'Unexpected field type'],
    ['a number in a map', 'GetItem', { ExpressionAttributeNames: { '#a': 1 } }, 'NUMBER_VALUE cannot be converted to String'],
    ['a list for a map of texts', 'GetItem', { ExpressionAttributeNames: [] }, `${javaMap}<java.lang.String, java.lang.String>`],
    [
      'a list for a map of lists',
      'BatchWriteItem',
      { RequestItems: [] },
      `${javaMap}<java.lang.String, java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>>`,
    ],
    ['a text in a list of structures', 'CreateTable', { KeySchema: ['x'] }, 'Unexpected value type in payload'],
  ] as const)('%s is not taken', (_what, operation, input, message) => {
    expect(validateInput(operation, input)).toMatchObject({ exception: 'com.amazon.coral.service#SerializationException', message })
  })

  it('come before the constraints, wherever they are', () => {
    expect(problem('Scan', { TableName: 'a', Limit: 0, Segment: 'x' })).toBe('STRING_VALUE cannot be converted to Integer')
  })
})

describe('the constraints', () => {
  it.each([
    [
      'what is required and null',
      'GetItem',
      { TableName: null, Key: {} },
      "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null",
    ],
    [
      'all that is missing',
      'PutItem',
      {},
      "2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null; Value null at 'item' failed to satisfy constraint: Member must not be null",
    ],
    [
      'what is missing inside a list',
      'CreateTable',
      { TableName: 'abc', AttributeDefinitions: [{ AttributeType: 'S' }] },
      "1 validation error detected: Value null at 'attributeDefinitions.1.member.attributeName' failed to satisfy constraint: Member must not be null",
    ],
    [
      'a map that is empty',
      'BatchGetItem',
      { RequestItems: {} },
      "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'the keys of a map',
      'BatchGetItem',
      { RequestItems: { 'a!': { Keys: [{}] } } },
      expect.stringMatching(
        /^1 validation error detected: Value '\{a!=KeysAndAttributes\(keys=\[\{\}\], attributesToGet=null, consistentRead=null, projectionExpression=null, expressionAttributeNames=null\)\}' at 'requestItems' failed to satisfy constraint: Map keys must satisfy constraint: \[Member must have length less than or equal to 255, Member must have length greater than or equal to 3, Member must satisfy regular expression pattern: \[a-zA-Z0-9_\.-\]\+\]$/,
      ),
    ],
    [
      'what is inside a map',
      'BatchGetItem',
      { RequestItems: { abc: { Keys: [] } } },
      "1 validation error detected: Value '[]' at 'requestItems.abc.member.keys' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'a text that is too short',
      'TagResource',
      { ResourceArn: '', Tags: [{ Key: 'k', Value: 'v' }] },
      "1 validation error detected: Value '' at 'resourceArn' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'a name that is empty, by the rules of ARNs',
      'GetItem',
      { TableName: '', Key: {} },
      "1 validation error detected: Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'null among the elements of a list',
      'GetItem',
      { TableName: 'abc', Key: {}, AttributesToGet: ['a', null] },
      "1 validation error detected: Value '[a, null]' at 'attributesToGet' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 65535]",
    ],
    [
      'null among the values of a map',
      'BatchGetItem',
      { RequestItems: { abc: null } },
      "1 validation error detected: Value '{abc=null}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must not be null]",
    ],
    [
      'a structure with its members',
      'BatchWriteItem',
      { RequestItems: { 'a!': [{ PutRequest: { Item: { a: { S: 'x' } } } }, { DeleteRequest: { Key: {} } }] } },
      expect.stringMatching(
        /Value '\{a!=\[WriteRequest\(putRequest=PutRequest\(item=\{a=com\.amazonaws\.dynamodb\.v20120810\.AttributeValue@[0-9a-f]+\}, workloadProfileName=null\), deleteRequest=null\), WriteRequest\(putRequest=null, deleteRequest=DeleteRequest\(key=\{\}\)\)\]\}' at 'requestItems'/,
      ),
    ],
    [
      'a list of keys that is too long, with the attributes of each',
      'BatchGetItem',
      { RequestItems: { abc: { Keys: Array.from({ length: 101 }, () => ({ a: { S: 'x' } })) } } },
      expect.stringMatching(
        /^1 validation error detected: Value '\[(\{a=com\.amazonaws\.dynamodb\.v20120810\.AttributeValue@[0-9a-f]+\}(, )?){101}\]' at 'requestItems\.abc\.member\.keys' failed to satisfy constraint: Member must have length less than or equal to 100$/,
      ),
    ],
    [
      'a name that ends in a new line',
      'GetItem',
      { TableName: 'abc\n', Key: {} },
      expect.stringContaining('Member must satisfy regular expression pattern'),
    ],
  ] as const)('name %s', (_what, operation, input, message) => {
    expect(validateInput(operation, structuredClone(input))?.exception).toBe('com.amazon.coral.validate#ValidationException')
    expect(problem(operation, structuredClone(input))).toEqual(message)
  })

  it('name at most ten members', () => {
    const AttributeDefinitions = Array.from({ length: 20 }, () => ({ AttributeType: 'S' }))
    expect(problem('CreateTable', { TableName: 'abc', AttributeDefinitions })).toMatch(/^10 validation errors detected: /)
  })
})

describe('an attribute value of the wrong type', () => {
  const wrong = { a: { S: 1 } }
  it.each([
    ['GetItem', { Key: wrong }],
    ['GetItem', { Key: 'x' }],
    ['BatchGetItem', { RequestItems: { abc: { Keys: [{}, wrong] } } }],
    ['BatchWriteItem', { RequestItems: { abc: [{ PutRequest: { Item: wrong } }] } }],
    ['UpdateItem', { AttributeUpdates: { a: { Value: wrong.a } } }],
    ['Query', { KeyConditions: { a: { AttributeValueList: [wrong.a] } } }],
  ] as const)('is found wherever it is: %s %j', (operation, input) => {
    expect(wrongAttributeValue(operation, input)).toMatchObject({ exception: 'com.amazon.coral.service#SerializationException' })
  })

  it('is not one with wrong content', () => {
    expect(wrongAttributeValue('GetItem', { TableName: 1, Key: { a: {}, b: { N: 'x' } }, AttributesToGet: 'x' })).toBeUndefined()
  })
})

describe('what is let through', () => {
  it('members that nobody knows, whatever they are called', () => {
    const input = JSON.parse('{"TableName":"abc","Key":{},"New":{"a":[1]},"__proto__":{"Limit":"x"},"constructor":1}') as unknown
    expect(validateInput('GetItem', input)).toBeUndefined()
  })

  it('null as absent, and whole numbers without their fraction', () => {
    const input = { TableName: 'abc', Limit: 2.9, Segment: null }
    expect(validateInput('Scan', input)).toBeUndefined()
    expect(input).toEqual({ TableName: 'abc', Limit: 2 })
  })

  it('an ARN where a table is named', () => {
    const arn = 'arn:aws:dynamodb:us-east-1:000000000000:table/abc'
    expect(validateInput('GetItem', { TableName: arn, Key: {} })).toBeUndefined()
    expect(validateInput('BatchGetItem', { RequestItems: { [arn]: { Keys: [{}] } } })).toBeUndefined()
  })
})
