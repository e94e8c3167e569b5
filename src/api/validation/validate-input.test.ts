import { describe, expect, it } from 'vitest'
import type { OperationName } from '../service-model.ts'
import { validateInput } from './validate-input.ts'

function problem(operation: OperationName, input: unknown): string | undefined {
  return validateInput(operation, input)?.message
}

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
      "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'the keys of a map',
      'BatchGetItem',
      { RequestItems: { 'a!': { Keys: [{}] } } },
      expect.stringMatching(
        /^1 validation error detected: Value '\{a!=com\.amazonaws\.dynamodb\.v20120810\.KeysAndAttributes@[0-9a-f]+\}' at 'requestItems' failed to satisfy constraint: Map keys must satisfy constraint: \[Member must have length less than or equal to 255, Member must have length greater than or equal to 3, Member must satisfy regular expression pattern: \[a-zA-Z0-9_\.-\]\+\]$/,
      ),
    ],
    [
      'what is inside a map',
      'BatchGetItem',
      { RequestItems: { abc: { Keys: [] } } },
      "1 validation error detected: Value '[]' at 'requestItems.abc.member.keys' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'a text that is too long',
      'TagResource',
      { ResourceArn: 'arn', Tags: [{ Key: '', Value: 'v' }] },
      "1 validation error detected: Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1",
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
