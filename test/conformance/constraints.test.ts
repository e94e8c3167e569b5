import { describe, expect, it } from 'vitest'
import { useEndpoint } from './endpoint.ts'
import { refusalOf, validation, violation, violations } from './refusal.ts'

/** What DynamoDB's public service model says of requests, in the texts of its validator. No table is needed. */
const endpoint = useEndpoint()

const NOT_NULL = 'Member must not be null'
const PATTERN = 'Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+'
const atLeast = (length: number): string => `Member must have length greater than or equal to ${length}`
const atMost = (length: number): string => `Member must have length less than or equal to ${length}`
const valueAtLeast = (value: number): string => `Member must have value greater than or equal to ${value}`
const valueAtMost = (value: number): string => `Member must have value less than or equal to ${value}`
const oneOf = (values: string): string => `Member must satisfy enum value set: [${values}]`

const RETURN_CONSUMED_CAPACITY = oneOf('INDEXES, TOTAL, NONE')
const key = { a: { S: 'x' } }

async function violationsOf(operation: string, body: unknown): Promise<readonly string[]> {
  const refusal = await refusalOf(endpoint, operation, body)
  expect(refusal.name).toBe('ValidationException')
  return violations(refusal)
}

describe('what a request must have', () => {
  it.each([
    ['GetItem', ['tableName', 'key']],
    ['PutItem', ['tableName', 'item']],
    ['UpdateItem', ['tableName', 'key']],
    ['DeleteItem', ['tableName', 'key']],
    ['Query', ['tableName']],
    ['Scan', ['tableName']],
    ['BatchGetItem', ['requestItems']],
    ['BatchWriteItem', ['requestItems']],
    ['TransactGetItems', ['transactItems']],
    ['TransactWriteItems', ['transactItems']],
    ['ExecuteStatement', ['statement']],
    ['BatchExecuteStatement', ['statements']],
    ['ExecuteTransaction', ['transactStatements']],
    ['DescribeTimeToLive', ['tableName']],
    ['UpdateTimeToLive', ['tableName', 'timeToLiveSpecification']],
    ['TagResource', ['resourceArn', 'tags']],
    ['UntagResource', ['resourceArn', 'tagKeys']],
    ['ListTagsOfResource', ['resourceArn']],
    ['DescribeStream', ['streamArn']],
    ['GetRecords', ['shardIterator']],
    ['GetShardIterator', ['streamArn', 'shardId', 'shardIteratorType']],
  ])('%s: %j', async (operation, members) => {
    expect(await violationsOf(operation, {})).toEqual(members.map((member) => violation('null', member, NOT_NULL)).toSorted())
  })

  it('is looked for in lists and maps', async () => {
    expect(await violationsOf('BatchGetItem', { RequestItems: { abc: {} } })).toEqual([
      violation('null', 'requestItems.abc.member.keys', NOT_NULL),
    ])
    expect(await violationsOf('BatchWriteItem', { RequestItems: { abc: [{ PutRequest: {} }] } })).toEqual([
      violation('null', 'requestItems.abc.member.1.member.putRequest.item', NOT_NULL),
    ])
    expect(await violationsOf('TransactGetItems', { TransactItems: [{}] })).toEqual([
      violation('null', 'transactItems.1.member.get', NOT_NULL),
    ])
    expect(await violationsOf('TransactWriteItems', { TransactItems: [{ Update: { TableName: 'abc', Key: key } }] })).toEqual([
      violation('null', 'transactItems.1.member.update.updateExpression', NOT_NULL),
    ])
  })
})

describe('the operations on tables', () => {
  it.each(['CreateTable', 'DescribeTable', 'UpdateTable', 'DeleteTable'])('%s has a text of its own for a name', async (operation) => {
    expect(await refusalOf(endpoint, operation, {})).toEqual(
      validation("The parameter 'TableName' is required but was not present in the request"),
    )
    const length = 'TableName must be at least 3 characters long and at most 255 characters long'
    expect(await refusalOf(endpoint, operation, { TableName: 'ab' })).toEqual(validation(length))
    expect(await refusalOf(endpoint, operation, { TableName: 'a'.repeat(256) })).toEqual(validation(length))
    expect(await refusalOf(endpoint, operation, { TableName: 'ab;' })).toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(violation("'ab;'", 'tableName', PATTERN)) as string,
    })
  })

  it('name elements of lists by their number, from 1', async () => {
    const body = {
      TableName: 'abc',
      BillingMode: 'FREE',
      AttributeDefinitions: [
        { AttributeName: 'a', AttributeType: 'S' },
        { AttributeName: 'b', AttributeType: 'X' },
      ],
      KeySchema: [{ KeyType: 'HASH' }, { AttributeName: '', KeyType: 'ROOT' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'a!',
          KeySchema: [],
          Projection: { ProjectionType: 'SOME', NonKeyAttributes: [] },
          ProvisionedThroughput: { ReadCapacityUnits: 0, WriteCapacityUnits: -1 },
        },
      ],
    }
    const index = 'globalSecondaryIndexes.1.member'
    expect(await violationsOf('CreateTable', body)).toHaveLength(10)
    const { GlobalSecondaryIndexes, ...withoutIndex } = body
    expect(await violationsOf('CreateTable', withoutIndex)).toEqual(
      [
        violation("'FREE'", 'billingMode', oneOf('PROVISIONED, PAY_PER_REQUEST')),
        violation("'X'", 'attributeDefinitions.2.member.attributeType', oneOf('B, N, S')),
        violation('null', 'keySchema.1.member.attributeName', NOT_NULL),
        violation("''", 'keySchema.2.member.attributeName', atLeast(1)),
        violation("'ROOT'", 'keySchema.2.member.keyType', oneOf('HASH, RANGE')),
      ].toSorted(),
    )
    const { BillingMode, AttributeDefinitions, KeySchema } = endpointTable
    expect(
      await violationsOf('CreateTable', { TableName: 'abc', BillingMode, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes }),
    ).toEqual(
      [
        violation("'a!'", `${index}.indexName`, atLeast(3)),
        violation("'a!'", `${index}.indexName`, PATTERN),
        violation("'[]'", `${index}.keySchema`, atLeast(1)),
        violation("'SOME'", `${index}.projection.projectionType`, oneOf('ALL, INCLUDE, KEYS_ONLY')),
        violation("'[]'", `${index}.projection.nonKeyAttributes`, atLeast(1)),
        violation("'0'", `${index}.provisionedThroughput.readCapacityUnits`, valueAtLeast(1)),
        violation("'-1'", `${index}.provisionedThroughput.writeCapacityUnits`, valueAtLeast(1)),
      ].toSorted(),
    )
  })

  const endpointTable = {
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'a', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'a', KeyType: 'HASH' }],
  }

  it('print structures by their members, or as objects of their class', async () => {
    const [first] = await violationsOf('CreateTable', {
      ...endpointTable,
      TableName: 'abc',
      KeySchema: Array.from({ length: 3 }, () => ({ AttributeName: 'a', KeyType: 'HASH' })),
    })
    const element =
      '(?:KeySchemaElement\\(attributeName=a, keyType=HASH\\)|com\\.amazonaws\\.dynamodb\\.v20120810\\.KeySchemaElement@[0-9a-f]+)'
    expect(first).toMatch(
      new RegExp(`^Value '\\[${element}, ${element}, ${element}\\]' at 'keySchema' failed to satisfy constraint: ${atMost(2)}$`),
    )
  })
})

describe('bounds and sets of values', () => {
  const cases: readonly (readonly [string, object, readonly string[]])[] = [
    ['GetItem', { TableName: '', Key: key }, [violation("''", 'tableName', atLeast(1))]],
    ['GetItem', { TableName: 'abc;', Key: key }, [violation("'abc;'", 'tableName', PATTERN)]],
    [
      'GetItem',
      { TableName: 'abc', Key: key, ReturnConsumedCapacity: 'hi' },
      [violation("'hi'", 'returnConsumedCapacity', RETURN_CONSUMED_CAPACITY)],
    ],
    ['GetItem', { TableName: 'abc', Key: key, AttributesToGet: [] }, [violation("'[]'", 'attributesToGet', atLeast(1))]],
    [
      'PutItem',
      { TableName: 'abc', Item: key, ReturnValues: 'hi', ReturnItemCollectionMetrics: 'hi', ReturnConsumedCapacity: 'hi' },
      [
        violation("'hi'", 'returnConsumedCapacity', RETURN_CONSUMED_CAPACITY),
        violation("'hi'", 'returnItemCollectionMetrics', oneOf('SIZE, NONE')),
        violation("'hi'", 'returnValues', oneOf('ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW')),
      ],
    ],
    [
      'PutItem',
      { TableName: 'abc', Item: key, ConditionalOperator: 'XOR', Expected: { a: { ComparisonOperator: 'IS' } } },
      [
        violation("'XOR'", 'conditionalOperator', oneOf('OR, AND')),
        violation(
          "'IS'",
          'expected.a.member.comparisonOperator',
          oneOf('IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS'),
        ),
      ],
    ],
    [
      'Query',
      { TableName: 'abc', IndexName: 'ab', Limit: 0 },
      [violation("'0'", 'limit', valueAtLeast(1)), violation("'ab'", 'indexName', atLeast(3))],
    ],
    [
      'Scan',
      { TableName: 'abc', Limit: -1, Segment: -1, TotalSegments: 0, Select: 'ALL' },
      [
        violation("'-1'", 'limit', valueAtLeast(1)),
        violation("'-1'", 'segment', valueAtLeast(0)),
        violation("'0'", 'totalSegments', valueAtLeast(1)),
        violation("'ALL'", 'select', oneOf('SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES')),
      ],
    ],
    [
      'Scan',
      { TableName: 'abc', Segment: 1_000_000, TotalSegments: 1_000_001 },
      [violation("'1000000'", 'segment', valueAtMost(999_999)), violation("'1000001'", 'totalSegments', valueAtMost(1_000_000))],
    ],
    ['ListTables', { Limit: 0 }, [violation("'0'", 'limit', valueAtLeast(1))]],
    ['ListTables', { Limit: 101 }, [violation("'101'", 'limit', valueAtMost(100))]],
    [
      'ListTables',
      { ExclusiveStartTableName: 'a;' },
      [violation("'a;'", 'exclusiveStartTableName', atLeast(3)), violation("'a;'", 'exclusiveStartTableName', PATTERN)],
    ],
    ['BatchGetItem', { RequestItems: { abc: { Keys: [] } } }, [violation("'[]'", 'requestItems.abc.member.keys', atLeast(1))]],
    [
      'BatchWriteItem',
      { RequestItems: { abc: [] } },
      [violation("'{abc=[]}'", 'requestItems', `Map value must satisfy constraint: [${atMost(25)}, ${atLeast(1)}]`)],
    ],
    ['TransactWriteItems', { TransactItems: [] }, [violation("'[]'", 'transactItems', atLeast(1))]],
    [
      'TransactWriteItems',
      { TransactItems: [{}], ClientRequestToken: 'a'.repeat(37) },
      [violation(`'${'a'.repeat(37)}'`, 'clientRequestToken', atMost(36))],
    ],
    ['ExecuteStatement', { Statement: '' }, [violation("''", 'statement', atLeast(1))]],
    [
      'UpdateTimeToLive',
      { TableName: 'abc', TimeToLiveSpecification: { AttributeName: '' } },
      [
        violation('null', 'timeToLiveSpecification.enabled', NOT_NULL),
        violation("''", 'timeToLiveSpecification.attributeName', atLeast(1)),
      ],
    ],
  ]

  it.each(cases)('%s %j', async (operation, body, expected) => {
    expect(await violationsOf(operation, body)).toEqual(expected.toSorted())
  })

  it('are told for at most ten members', async () => {
    const AttributeDefinitions = Array.from({ length: 20 }, () => ({}))
    expect(await violationsOf('CreateTable', { TableName: 'abc', AttributeDefinitions, KeySchema: [] })).toHaveLength(10)
  })

  it('print every request of a batch that is too long', async () => {
    const requests = Array.from({ length: 26 }, (_, at) => ({ DeleteRequest: { Key: { a: { S: `${at}` } } } }))
    const [first] = await violationsOf('BatchWriteItem', { RequestItems: { abc: requests } })
    expect(first).toMatch(
      /^Value '\{abc=\[((WriteRequest\(.*?deleteRequest=DeleteRequest\(.*?\)\)|com\.amazonaws\.dynamodb\.v20120810\.WriteRequest@[0-9a-f]+)(, )?){26}\]\}' at 'requestItems' /,
    )
    expect(first).toContain(`Map value must satisfy constraint: [${atMost(25)}, ${atLeast(1)}]`)
  })
})
