import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeEndpointsCommand,
  DescribeLimitsCommand,
  DescribeTableCommand,
  ListTablesCommand,
  ListTagsOfResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { keySettings, makeTable, tablesAreSlow, untilActive, untilGone, useEndpoint, useTable } from './endpoint.ts'
import { refusalOf, validation } from './refusal.ts'

const endpoint = useEndpoint()
const shared = useTable(endpoint, 'tables', 'pk S, sk N')
const TIMEOUT_MS = tablesAreSlow ? 300_000 : 30_000
const simple = keySettings('pk S')

const described = async (TableName: string) => (await endpoint.client.send(new DescribeTableCommand({ TableName }))).Table

describe('a table', () => {
  it('is described as it was made', async () => {
    const table = await described(shared)
    expect(table).toMatchObject({
      ...keySettings('pk S, sk N'),
      TableName: shared,
      TableStatus: 'ACTIVE',
      ItemCount: 0,
      TableSizeBytes: 0,
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      ProvisionedThroughput: { NumberOfDecreasesToday: 0, ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
      DeletionProtectionEnabled: false,
    })
    expect(table?.TableArn).toMatch(new RegExp(`^arn:aws:dynamodb:[a-z0-9-]+:\\d{12}:table/${shared}$`))
    expect(table?.TableId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(Math.abs((table?.CreationDateTime?.getTime() ?? 0) - Date.now())).toBeLessThan(600_000)
  })

  it('can be named by its ARN', async () => {
    const arn = (await described(shared))?.TableArn ?? ''
    expect((await described(arn))?.TableName).toBe(shared)
    expect((await endpoint.raw('GetItem', { TableName: arn, Key: { pk: { S: 'a' }, sk: { N: '1' } } })).status).toBe(200)
  })

  it('exists once', async () => {
    const body = { TableName: shared, ...simple, BillingMode: 'PAY_PER_REQUEST' }
    expect(await refusalOf(endpoint, 'CreateTable', body)).toEqual({
      name: 'ResourceInUseException',
      message: `Table already exists: ${shared}`,
    })
  })

  it.each(['DescribeTable', 'DeleteTable', 'UpdateTable'])('that is not there is told with its name by %s', async (operation) => {
    const TableName = endpoint.name('nowhere')
    const refusal = await refusalOf(endpoint, operation, { TableName, BillingMode: 'PAY_PER_REQUEST' })
    expect(refusal).toEqual({ name: 'ResourceNotFoundException', message: `Requested resource not found: Table: ${TableName} not found` })
  })

  it(
    'comes, changes and goes',
    async () => {
      const TableName = endpoint.name('life')
      const created = await endpoint.client.send(
        new CreateTableCommand({
          TableName,
          ...simple,
          ProvisionedThroughput: { ReadCapacityUnits: 2, WriteCapacityUnits: 3 },
          DeletionProtectionEnabled: true,
        }),
      )
      expect(created.TableDescription).toMatchObject({
        TableStatus: 'CREATING',
        ProvisionedThroughput: { NumberOfDecreasesToday: 0, ReadCapacityUnits: 2, WriteCapacityUnits: 3 },
      })
      expect(created.TableDescription?.BillingModeSummary).toBeUndefined()
      await untilActive(endpoint.client, TableName)

      const same = { TableName, ProvisionedThroughput: { ReadCapacityUnits: 2, WriteCapacityUnits: 3 } }
      expect((await refusalOf(endpoint, 'UpdateTable', same)).message).toBe(
        'The provisioned throughput for the table will not change. The requested value equals the current value. ' +
          'Current ReadCapacityUnits provisioned for the table: 2. Requested ReadCapacityUnits: 2. ' +
          'Current WriteCapacityUnits provisioned for the table: 3. Requested WriteCapacityUnits: 3. ' +
          'Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.',
      )
      await endpoint.client.send(
        new UpdateTableCommand({ TableName, ProvisionedThroughput: { ReadCapacityUnits: 4, WriteCapacityUnits: 3 } }),
      )
      await untilActive(endpoint.client, TableName)
      expect(await described(TableName)).toMatchObject({
        ProvisionedThroughput: { ReadCapacityUnits: 4, WriteCapacityUnits: 3, LastIncreaseDateTime: expect.any(Date) as Date },
        DeletionProtectionEnabled: true,
      })
      expect((await refusalOf(endpoint, 'DeleteTable', { TableName })).message).toMatch(
        /^Resource cannot be deleted as it is currently protected against deletion\. Disable deletion protection first\.$/,
      )
      await endpoint.client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }))
      await untilActive(endpoint.client, TableName)
      const again = await refusalOf(endpoint, 'UpdateTable', { TableName, DeletionProtectionEnabled: true })
      expect(again.name).toBe('ThrottlingException')
      expect(again.message).toMatch(
        /^Deletion protection setting for table \S+ modified within the previous 15000 milliseconds\. Please try again after \S+$/,
      )
      const deleted = await endpoint.client.send(new DeleteTableCommand({ TableName }))
      expect(deleted.TableDescription).toMatchObject({ TableName, TableStatus: 'DELETING' })
      await untilGone(endpoint.client, TableName)
    },
    TIMEOUT_MS,
  )
})

describe('CreateTable refuses', () => {
  const TableName = endpoint.name('refused')
  const onDemand = { TableName, ...simple, BillingMode: 'PAY_PER_REQUEST' }
  const invalid = 'One or more parameter values were invalid: '
  const hash = { AttributeName: 'pk', KeyType: 'HASH' }
  const range = { AttributeName: 'sk', KeyType: 'RANGE' }
  const s = (AttributeName: string): object => ({ AttributeName, AttributeType: 'S' })
  const global = (KeySchema: object[]): object => ({ IndexName: 'abc', KeySchema, Projection: { ProjectionType: 'ALL' } })
  const five = ['a1', 'a2', 'a3', 'a4', 'a5']

  it.each<[string, object, string]>([
    [
      'provisioned throughput that is not said',
      { BillingMode: 'PROVISIONED' },
      `${invalid}ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED`,
    ],
    [
      'throughput of an on-demand table',
      { ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } },
      `${invalid}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST`,
    ],
    [
      'a sort key first',
      { KeySchema: [{ ...hash, KeyType: 'RANGE' }] },
      'Invalid KeySchema: The first KeySchemaElement is not a HASH key type',
    ],
    [
      'two partition keys',
      { KeySchema: [hash, { ...range, KeyType: 'HASH' }], AttributeDefinitions: [s('pk'), s('sk')] },
      'Invalid KeySchema: The second KeySchemaElement is not a RANGE key type',
    ],
    [
      'one attribute as both keys',
      { KeySchema: [hash, { ...hash, KeyType: 'RANGE' }] },
      'Both the Hash Key and the Range Key element in the KeySchema have the same name',
    ],
    [
      'a definition that is no key',
      { AttributeDefinitions: [s('pk'), s('other')] },
      `${invalid}Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions`,
    ],
    ['an empty list of global indexes', { GlobalSecondaryIndexes: [] }, `${invalid}List of GlobalSecondaryIndexes is empty`],
    ['an empty list of local indexes', { LocalSecondaryIndexes: [] }, `${invalid}List of LocalSecondaryIndexes is empty`],
    [
      'local indexes of a table without sort key',
      {
        LocalSecondaryIndexes: [{ IndexName: 'abc', KeySchema: [hash, range], Projection: { ProjectionType: 'ALL' } }],
        AttributeDefinitions: [s('pk'), s('sk')],
      },
      `${invalid}Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex`,
    ],
    [
      'a local index with another partition key',
      {
        KeySchema: [hash, range],
        LocalSecondaryIndexes: [
          {
            IndexName: 'abc',
            KeySchema: [
              { ...hash, AttributeName: 'sk' },
              { ...range, AttributeName: 'pk' },
            ],
            Projection: { ProjectionType: 'ALL' },
          },
        ],
        AttributeDefinitions: [s('pk'), s('sk')],
      },
      `${invalid}Index KeySchema does not have the same leading hash key as table KeySchema for index: abc. index hash key: sk, table hash key: pk`,
    ],
    [
      'an index without projection',
      { GlobalSecondaryIndexes: [{ IndexName: 'abc', KeySchema: [hash], Projection: {} }] },
      `${invalid}Unknown ProjectionType: null`,
    ],
    [
      'attributes of a projection that takes none',
      {
        GlobalSecondaryIndexes: [{ IndexName: 'abc', KeySchema: [hash], Projection: { ProjectionType: 'ALL', NonKeyAttributes: ['a'] } }],
      },
      `${invalid}ProjectionType is ALL, but NonKeyAttributes is specified`,
    ],
    [
      'no attributes of a projection that needs some',
      { GlobalSecondaryIndexes: [{ IndexName: 'abc', KeySchema: [hash], Projection: { ProjectionType: 'INCLUDE' } }] },
      `${invalid}ProjectionType is INCLUDE, but NonKeyAttributes is not specified`,
    ],
    [
      'two indexes of one name',
      {
        GlobalSecondaryIndexes: [1, 2].map(() => ({ IndexName: 'abc', KeySchema: [hash], Projection: { ProjectionType: 'ALL' } })),
      },
      `${invalid}Duplicate index name: abc`,
    ],
    [
      'an attribute twice in a key of a global index',
      { GlobalSecondaryIndexes: [global([hash, { ...hash, KeyType: 'RANGE' }])] },
      'The KeySchema contains multiple key attributes with the same name',
    ],
    [
      'a partition attribute behind a sort attribute of a global index',
      {
        GlobalSecondaryIndexes: [global([hash, range, { AttributeName: 'tk', KeyType: 'HASH' }])],
        AttributeDefinitions: [s('pk'), s('sk'), s('tk')],
      },
      `${invalid}All HASH key attributes must precede RANGE key attributes in the KeySchema`,
    ],
    [
      'five partition attributes of a global index',
      {
        GlobalSecondaryIndexes: [global(five.map((AttributeName) => ({ AttributeName, KeyType: 'HASH' })))],
        AttributeDefinitions: [...five, 'pk'].map(s),
      },
      `${invalid}The KeySchema exceeds the maximum allowed number of HASH key attributes`,
    ],
    [
      'five sort attributes of a global index',
      {
        GlobalSecondaryIndexes: [global([hash, ...five.map((AttributeName) => ({ AttributeName, KeyType: 'RANGE' }))])],
        AttributeDefinitions: [...five, 'pk'].map(s),
      },
      `${invalid}The KeySchema exceeds the maximum allowed number of RANGE key attributes`,
    ],
    [
      'three elements of a local index',
      {
        KeySchema: [hash, range],
        LocalSecondaryIndexes: [global([hash, range, { AttributeName: 'tk', KeyType: 'RANGE' }])],
        AttributeDefinitions: [s('pk'), s('sk'), s('tk')],
      },
      expect.stringMatching(/Member must have length less than or equal to 2$/) as string,
    ],
    [
      'an attribute twice in a projection',
      {
        GlobalSecondaryIndexes: [{ ...global([hash]), Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['a', 'x', 'x'] } }],
      },
      `${invalid}Duplicate element in NonKeyAttributes: x`,
    ],
    [
      'a stream without a view',
      { StreamSpecification: { StreamEnabled: true } },
      `${invalid}Table is being created with a stream enabled, UpdateViewType is required`,
    ],
    [
      'a view without a stream',
      { StreamSpecification: { StreamEnabled: false, StreamViewType: 'NEW_IMAGE' } },
      `${invalid}Table is being created with a stream disabled, UpdateViewType should not be specified`,
    ],
  ])('%s', async (_what, changes, message) => {
    expect(await refusalOf(endpoint, 'CreateTable', { ...onDemand, ...changes })).toEqual(validation(message))
  })

  it('a key that is not defined', async () => {
    const refusal = await refusalOf(endpoint, 'CreateTable', { ...onDemand, KeySchema: [hash, range] })
    expect(refusal.name).toBe('ValidationException')
    expect(refusal.message).toMatch(/Some index key attributes? (are not defined|have no definition)/)
  })
})

describe('ListTables', () => {
  it('goes page by page in the order of names', async () => {
    const found: string[] = []
    let start: string | undefined
    do {
      const page = await endpoint.client.send(new ListTablesCommand({ Limit: 1, ExclusiveStartTableName: start }))
      expect(page.TableNames?.length).toBeLessThanOrEqual(1)
      found.push(...(page.TableNames ?? []))
      start = page.LastEvaluatedTableName
    } while (start !== undefined)
    expect(found).toContain(shared)
    expect(found).toEqual(found.toSorted())
  })
})

describe('tags', () => {
  it('are put on, replaced and taken off', async () => {
    const ResourceArn = (await described(shared))?.TableArn
    const tags = async () => (await endpoint.client.send(new ListTagsOfResourceCommand({ ResourceArn }))).Tags
    await endpoint.client.send(
      new TagResourceCommand({
        ResourceArn,
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'b', Value: '' },
        ],
      }),
    )
    await expect.poll(tags, { timeout: 20_000 }).toHaveLength(2)
    await endpoint.client.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: 'a', Value: '2' }] }))
    await expect.poll(tags, { timeout: 20_000 }).toContainEqual({ Key: 'a', Value: '2' })
    await endpoint.client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ['b', 'absent'] }))
    await expect.poll(tags, { timeout: 20_000 }).toEqual([{ Key: 'a', Value: '2' }])
  })

  it('are changed without an answer', async () => {
    const ResourceArn = (await described(shared))?.TableArn
    expect(await endpoint.raw('TagResource', { ResourceArn, Tags: [{ Key: 'a', Value: '2' }] })).toMatchObject({ status: 200, text: '' })
    expect(await endpoint.raw('UntagResource', { ResourceArn, TagKeys: ['absent'] })).toMatchObject({ status: 200, text: '' })
  })

  const long = (length: number): string => 'x'.repeat(length)
  const TOO_MANY = 'Number of Tags exceed the current limit for the provided ResourceArn'

  it.each<[string, unknown[], string]>([
    ['an empty key', [{ Key: '', Value: 'v' }], 'The Tag Key provided is invalid, Key: '],
    ['a long key', [{ Key: long(129), Value: 'v' }], `The Tag Key provided is invalid, Key: ${long(129)}`],
    ['a key of other characters', [{ Key: 'a*', Value: 'v' }], 'The Tag Key provided is invalid, Key: a*'],
    ['no key', [{ Value: 'v' }], 'The Tag Key provided is invalid, Key: null'],
    ['no value', [{ Key: 'k' }], 'The Tag Value provided is invalid, Value: null'],
    ['a long value', [{ Key: 'k', Value: long(257) }], `The Tag Value provided is invalid, Value: ${long(257)}`],
    ['a key of AWS', [{ Key: 'aWs:k', Value: 'v' }], 'Tag Key cannot be prefixed with aws:, Key: aWs:k'],
    [
      'one key twice',
      [
        { Key: 'k', Value: '1' },
        { Key: 'k', Value: '2' },
      ],
      'Duplicate Tag Keys provided as input: Duplicate Tag Key found k',
    ],
    ['more than 50', Array.from({ length: 51 }, (_, at) => ({ Key: `k${at}`, Value: 'v' })), TOO_MANY],
  ])('have rules: %s', async (_what, Tags, message) => {
    const ResourceArn = (await described(shared))?.TableArn
    expect(await refusalOf(endpoint, 'TagResource', { ResourceArn, Tags })).toEqual(validation(message))
    const table = { TableName: endpoint.name('tagged'), ...keySettings('pk S'), BillingMode: 'PAY_PER_REQUEST', Tags }
    expect(await refusalOf(endpoint, 'CreateTable', table)).toEqual(validation(message))
  })

  it('are 50 in all', async () => {
    const ResourceArn = (await described(shared))?.TableArn
    const some = (prefix: string) => Array.from({ length: 49 }, (_, at) => ({ Key: `${prefix}${at}`, Value: 'ä +-=._:/@9' }))
    await endpoint.client.send(new TagResourceCommand({ ResourceArn, Tags: some('a') }))
    expect(await refusalOf(endpoint, 'TagResource', { ResourceArn, Tags: some('b') })).toEqual(validation(TOO_MANY))
    await endpoint.client.send(new UntagResourceCommand({ ResourceArn, TagKeys: some('a').map(({ Key }) => Key) }))
    const TagKeys = Array.from({ length: 51 }, (_, at) => `k${at}`)
    expect(await refusalOf(endpoint, 'UntagResource', { ResourceArn, TagKeys })).toEqual(validation(TOO_MANY))
    expect(await refusalOf(endpoint, 'UntagResource', { ResourceArn, TagKeys: ['aws:k'] })).toEqual(
      validation('Tag Key cannot be prefixed with aws:, Key: aws:k'),
    )
  })

  it('are those of a table', async () => {
    const arn = (await described(shared))?.TableArn ?? ''
    const wrong: [string, string][] = [
      ['table', "ARNs must start with 'arn:': table"],
      [`${arn}/index/i`, `Invalid resource arn provided, only table or stream is accepted. Provided resource arn: ${arn}/index/i`],
      [arn.replace(':table/', ':item/'), `Provided Arn is not a DynamoDB resource arn: ${arn.replace(':table/', ':item/')}`],
    ]
    for (const [ResourceArn, what] of wrong) {
      const refusal = validation(`One or more parameter values were invalid: ${what}`)
      expect(await refusalOf(endpoint, 'ListTagsOfResource', { ResourceArn })).toEqual(refusal)
      expect(await refusalOf(endpoint, 'TagResource', { ResourceArn, Tags: [{ Key: 'k', Value: 'v' }] })).toEqual(refusal)
    }
  })
})

describe('the account', () => {
  it('has limits and an endpoint', async () => {
    const limits = await endpoint.client.send(new DescribeLimitsCommand())
    expect(limits.AccountMaxReadCapacityUnits).toBeGreaterThanOrEqual(limits.TableMaxReadCapacityUnits ?? Infinity)
    expect(limits.TableMaxWriteCapacityUnits).toBeGreaterThan(0)
    const { Endpoints } = await endpoint.client.send(new DescribeEndpointsCommand())
    expect(Endpoints).toEqual([{ Address: expect.any(String) as string, CachePeriodInMinutes: 1440 }])
  })

  it('is answered in DynamoDB JSON with a checksum and a request id', async () => {
    const { headers } = await endpoint.raw('ListTables', {})
    expect(headers.get('content-type')).toBe('application/x-amz-json-1.0')
    expect(headers.get('server')).toBe('Server')
    expect(headers.get('connection')).toBe('keep-alive')
    expect(headers.get('x-amzn-requestid')).toMatch(/^[0-9A-Z]{52}$/)
    expect(headers.get('x-amz-crc32')).toMatch(/^\d+$/)
  })

  it('knows no operation of another name', async () => {
    const answer = await endpoint.raw('Whatever', {})
    expect(answer.status).toBe(400)
    expect(answer.body).toEqual({ __type: 'com.amazon.coral.service#UnknownOperationException' })
  })
})

describe('a table of indexes', () => {
  it(
    'describes them',
    async () => {
      const TableName = endpoint.name('indexed')
      await makeTable(endpoint.client, TableName, 'pk S, sk N', {
        AttributeDefinitions: [{ AttributeName: 'a', AttributeType: 'S' }],
        LocalSecondaryIndexes: [
          {
            IndexName: 'by-a',
            KeySchema: [
              { AttributeName: 'pk', KeyType: 'HASH' },
              { AttributeName: 'a', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'of-a',
            KeySchema: [{ AttributeName: 'a', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['v'] },
          },
        ],
      })
      const table = await described(TableName)
      expect(table?.LocalSecondaryIndexes).toMatchObject([
        {
          IndexName: 'by-a',
          Projection: { ProjectionType: 'KEYS_ONLY' },
          IndexSizeBytes: 0,
          ItemCount: 0,
          IndexArn: `${table?.TableArn}/index/by-a`,
        },
      ])
      expect(table?.GlobalSecondaryIndexes).toMatchObject([
        {
          IndexName: 'of-a',
          IndexStatus: 'ACTIVE',
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['v'] },
          IndexArn: `${table?.TableArn}/index/of-a`,
        },
      ])
    },
    TIMEOUT_MS,
  )
})
