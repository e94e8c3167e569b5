import type { CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeEndpointsCommand,
  DescribeLimitsCommand,
  DescribeTableCommand,
  ListTablesCommand,
  ListTagsOfResourceCommand,
  PutItemCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateTableCommand,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestWorld } from '../../test-world.contract.ts'
import { startTestWorld } from '../../test-world.contract.ts'

let world: TestWorld
let client: DynamoDBClient
let nowMs = Date.UTC(2026, 0, 5, 23, 59, 59, 125)

beforeAll(async () => {
  world = await startTestWorld({ nowMs: () => nowMs })
  client = world.client()
})

afterAll(() => world.close())

const keys = {
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
} as const satisfies Partial<CreateTableCommandInput>

const onDemand = (TableName: string, more: Partial<CreateTableCommandInput> = {}) =>
  client.send(new CreateTableCommand({ TableName, BillingMode: 'PAY_PER_REQUEST', ...keys, ...more }))

const describeTable = async (TableName: string) => (await client.send(new DescribeTableCommand({ TableName }))).Table

const invalid = (message: string): object => ({ name: 'ValidationException', message: expect.stringContaining(message) as string })

describe('a table', () => {
  it('is CREATING in the answer that makes it, and ACTIVE when looked at', async () => {
    const created = await onDemand('Orders')
    expect(created.TableDescription).toMatchObject({ TableName: 'Orders', TableStatus: 'CREATING', ItemCount: 0 })
    const { state } = await waitUntilTableExists({ client, minDelay: 1, maxWaitTime: 5 }, { TableName: 'Orders' })
    expect(state).toBe('SUCCESS')
    await client.send(new PutItemCommand({ TableName: 'Orders', Item: { pk: { S: 'abc' } } }))
    expect(await describeTable('Orders')).toEqual({
      TableName: 'Orders',
      TableStatus: 'ACTIVE',
      TableArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/Orders',
      TableId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      ...keys,
      CreationDateTime: new Date(nowMs),
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST', LastUpdateToPayPerRequestDateTime: new Date(nowMs) },
      ProvisionedThroughput: { NumberOfDecreasesToday: 0, ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
      WarmThroughput: { ReadUnitsPerSecond: 12_000, WriteUnitsPerSecond: 4_000, Status: 'ACTIVE' },
      ItemCount: 1,
      TableSizeBytes: 5,
      DeletionProtectionEnabled: false,
    })
  })

  it('belongs to its Region', async () => {
    await onDemand('Local')
    await expect(world.client('eu-west-1').send(new DescribeTableCommand({ TableName: 'Local' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Requested resource not found: Table: Local not found',
    })
  })

  it('is made once', async () => {
    await onDemand('Once')
    await expect(onDemand('Once')).rejects.toMatchObject({ name: 'ResourceInUseException', message: 'Table already exists: Once' })
  })

  it('is gone once deleted, unless it is protected', async () => {
    await onDemand('Kept', { DeletionProtectionEnabled: true })
    await expect(client.send(new DeleteTableCommand({ TableName: 'Kept' }))).rejects.toMatchObject(invalid('protected against deletion'))
    await client.send(new UpdateTableCommand({ TableName: 'Kept', DeletionProtectionEnabled: false }))
    const deleted = await client.send(new DeleteTableCommand({ TableName: 'Kept' }))
    expect(deleted.TableDescription).toMatchObject({ TableName: 'Kept', TableStatus: 'DELETING' })
    expect(deleted.TableDescription?.KeySchema).toBeUndefined()
    const { state } = await waitUntilTableNotExists({ client, minDelay: 1, maxWaitTime: 5 }, { TableName: 'Kept' })
    expect(state).toBe('SUCCESS')
    await expect(client.send(new DeleteTableCommand({ TableName: 'Kept' }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  it('is listed by name, in pages', async () => {
    const region = world.client('ap-south-1')
    for (const TableName of ['ccc', 'aaa', 'bbb']) {
      await region.send(new CreateTableCommand({ TableName, BillingMode: 'PAY_PER_REQUEST', ...keys }))
    }
    const first = await region.send(new ListTablesCommand({ Limit: 2 }))
    expect([first.TableNames, first.LastEvaluatedTableName]).toEqual([['aaa', 'bbb'], 'bbb'])
    const second = await region.send(new ListTablesCommand({ ExclusiveStartTableName: 'bbb', Limit: 2 }))
    expect([second.TableNames, second.LastEvaluatedTableName]).toEqual([['ccc'], undefined])
  })
})

describe('CreateTable refuses', () => {
  const two = [...keys.AttributeDefinitions, { AttributeName: 'sk', AttributeType: 'N' }] as const
  const cases: readonly (readonly [string, object, string])[] = [
    ['no name', { TableName: undefined }, "The parameter 'TableName' is required but was not present in the request"],
    ['a short name', { TableName: 'ab' }, 'TableName must be at least 3 characters long and at most 255 characters long'],
    [
      'a name with other characters',
      { TableName: 'a!c' },
      "1 validation error detected: Value 'a!c' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
    ],
    [
      'two mistakes, both named',
      { BillingMode: 'FREE', KeySchema: [{ AttributeName: 'pk', KeyType: 'ROOT' }] },
      "2 validation errors detected: Value 'ROOT' at 'keySchema.1.member.keyType' failed to satisfy constraint: Member must satisfy enum value set: [HASH, RANGE]; Value 'FREE' at 'billingMode' failed to satisfy constraint: Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]",
    ],
    [
      'no keys',
      { KeySchema: [] },
      "1 validation error detected: Value '[]' at 'keySchema' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'a sort key first',
      { KeySchema: [{ AttributeName: 'pk', KeyType: 'RANGE' }] },
      'Invalid KeySchema: The first KeySchemaElement is not a HASH key type',
    ],
    [
      'one attribute as both keys',
      { KeySchema: [...keys.KeySchema, { AttributeName: 'pk', KeyType: 'RANGE' }] },
      'Both the Hash Key and the Range Key element in the KeySchema have the same name',
    ],
    [
      'a key that is not defined',
      { KeySchema: [...keys.KeySchema, { AttributeName: 'sk', KeyType: 'RANGE' }] },
      'Invalid KeySchema: Some index key attribute have no definition',
    ],
    [
      'a definition that is no key',
      { AttributeDefinitions: two },
      'One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions',
    ],
    [
      'no throughput',
      { BillingMode: undefined },
      'One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED',
    ],
    [
      'an attribute that is defined twice',
      { AttributeDefinitions: [...keys.AttributeDefinitions, ...keys.AttributeDefinitions] },
      'Attribute Name is duplicated: pk',
    ],
    [
      'throughput on demand',
      { ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } },
      'One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST',
    ],
    ['what is not there yet', { VectorIndexes: [] }, 'everywrite does not support the parameter VectorIndexes yet'],
    [
      'an empty list of indexes',
      { GlobalSecondaryIndexes: [] },
      'One or more parameter values were invalid: List of GlobalSecondaryIndexes is empty',
    ],
  ]

  it.each(cases)('%s', async (_what, more, message) => {
    const { status, body } = await world.api.call('us-east-1', 'CreateTable', {
      TableName: 'Refused',
      BillingMode: 'PAY_PER_REQUEST',
      ...structuredClone(keys),
      ...structuredClone(more),
    })
    const answer = JSON.parse(Buffer.from(body).toString()) as { message: string }
    expect([status, answer.message]).toEqual([400, message])
    expect((await client.send(new ListTablesCommand({}))).TableNames).not.toContain('Refused')
  })
})

describe('UpdateTable', () => {
  it('changes between provisioned and on demand, and counts decreases by the day', async () => {
    await client.send(
      new CreateTableCommand({
        TableName: 'Scaled',
        ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
        ...keys,
      }),
    )
    expect((await describeTable('Scaled'))?.BillingModeSummary).toBeUndefined()
    const provision = (ReadCapacityUnits: number, WriteCapacityUnits: number) =>
      client.send(new UpdateTableCommand({ TableName: 'Scaled', ProvisionedThroughput: { ReadCapacityUnits, WriteCapacityUnits } }))
    await expect(provision(5, 5)).rejects.toMatchObject(invalid('The provisioned throughput for the table will not change.'))
    expect((await provision(4, 6)).TableDescription?.TableStatus).toBe('UPDATING')
    expect((await describeTable('Scaled'))?.ProvisionedThroughput).toEqual({
      ReadCapacityUnits: 4,
      WriteCapacityUnits: 6,
      NumberOfDecreasesToday: 1,
      LastDecreaseDateTime: new Date(nowMs),
      LastIncreaseDateTime: new Date(nowMs),
    })
    nowMs += 1000
    expect((await describeTable('Scaled'))?.ProvisionedThroughput?.NumberOfDecreasesToday).toBe(0)
    await client.send(
      new UpdateTableCommand({ TableName: 'Scaled', BillingMode: 'PAY_PER_REQUEST', OnDemandThroughput: { MaxReadRequestUnits: 10 } }),
    )
    expect(await describeTable('Scaled')).toMatchObject({
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST', LastUpdateToPayPerRequestDateTime: new Date(nowMs) },
      OnDemandThroughput: { MaxReadRequestUnits: 10 },
    })
    await client.send(new UpdateTableCommand({ TableName: 'Scaled', OnDemandThroughput: { MaxReadRequestUnits: -1 } }))
    expect((await describeTable('Scaled'))?.OnDemandThroughput).toBeUndefined()
    await expect(client.send(new UpdateTableCommand({ TableName: 'Scaled', BillingMode: 'PROVISIONED' }))).rejects.toMatchObject(
      invalid('ProvisionedThroughput must be specified when BillingMode is PROVISIONED'),
    )
  })

  it('changes the table class', async () => {
    await onDemand('Cold')
    await client.send(new UpdateTableCommand({ TableName: 'Cold', TableClass: 'STANDARD_INFREQUENT_ACCESS' }))
    expect((await describeTable('Cold'))?.TableClassSummary).toEqual({
      TableClass: 'STANDARD_INFREQUENT_ACCESS',
      LastUpdateDateTime: new Date(nowMs),
    })
  })

  it.each([
    ['nothing', {}, 'At least one of ProvisionedThroughput, BillingMode,'],
    [
      'replicas beside other things',
      { ReplicaUpdates: [{ Create: { RegionName: 'eu-west-1' } }], BillingMode: 'PAY_PER_REQUEST' as const },
      'One or more parameter values were invalid: Replica modification must be the only operation in the request',
    ],
    ['an empty replica action', { ReplicaUpdates: [{}] }, 'There are no actions specified in the Replica Update Action of the request.'],
    [
      'a replica update that changes nothing',
      { ReplicaUpdates: [{ Update: { RegionName: 'eu-west-1' } }] },
      'There are no actions specified in the Replica Update Action of the request.',
    ],
    [
      'two kinds in one action',
      { ReplicaUpdates: [{ Create: { RegionName: 'eu-west-1' }, Delete: { RegionName: 'eu-west-2' } }] },
      'Update table operation with more than one type of replica actions not allowed.',
    ],
    [
      'two actions',
      { ReplicaUpdates: [{ Create: { RegionName: 'eu-west-1' } }, { Create: { RegionName: 'eu-west-2' } }] },
      'Update table operation with more than one create or delete replica actions not allowed',
    ],
    [
      'its own Region',
      { ReplicaUpdates: [{ Create: { RegionName: 'us-east-1' } }] },
      'Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable as required.',
    ],
  ])('refuses %s', async (_what, more, message) => {
    await onDemand('Grown').catch(() => undefined)
    await expect(client.send(new UpdateTableCommand({ TableName: 'Grown', ...more }))).rejects.toMatchObject(invalid(message))
    expect(world.replicaActions).toEqual([])
  })

  it('hands one replica action to the control plane, the same twice counting once', async () => {
    await onDemand('Spread')
    const create = { Create: { RegionName: 'eu-west-1', TableClassOverride: 'STANDARD' as const } }
    const answer = await client.send(new UpdateTableCommand({ TableName: 'Spread', ReplicaUpdates: [create, create] }))
    expect(answer.TableDescription).toMatchObject({
      GlobalTableVersion: '2019.11.21',
      Replicas: [],
      GlobalTableSettingsReplicationMode: 'ENABLED_WITH_OVERRIDES',
    })
    await client.send(new UpdateTableCommand({ TableName: 'Spread', ReplicaUpdates: [{ Delete: { RegionName: 'eu-west-1' } }] }))
    expect(world.replicaActions).toEqual([
      { kind: 'create', region: 'eu-west-1', tableClassOverride: 'STANDARD', readUnitsOverride: undefined },
      { kind: 'delete', region: 'eu-west-1' },
    ])
  })
})

describe('tags', () => {
  const ResourceArn = 'arn:aws:dynamodb:us-east-1:000000000000:table/Tagged'
  const list = async () => (await client.send(new ListTagsOfResourceCommand({ ResourceArn }))).Tags

  it('are set with the table, added, replaced and removed', async () => {
    await onDemand('Tagged', { Tags: [{ Key: 'team', Value: 'a' }] })
    await client.send(
      new TagResourceCommand({
        ResourceArn,
        Tags: [
          { Key: 'team', Value: 'b' },
          { Key: '__proto__', Value: 'c' },
        ],
      }),
    )
    expect(await list()).toEqual([
      { Key: 'team', Value: 'b' },
      { Key: '__proto__', Value: 'c' },
    ])
    await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ['team', 'never'] }))
    expect(await list()).toEqual([{ Key: '__proto__', Value: 'c' }])
  })

  it.each([
    ['no ARN', 'Tagged', 'ValidationException'],
    ['an ARN of another service', 'arn:aws:s3:us-east-1:000000000000:bucket', 'AccessDeniedException'],
    ['an ARN that is no table', 'arn:aws:dynamodb:us-east-1:000000000000:stream/x', 'ValidationException'],
    ['another account', 'arn:aws:dynamodb:eu-west-1:123456789012:table/Tagged', 'AccessDeniedException'],
    ['another Region', 'arn:aws:dynamodb:eu-west-1:000000000000:table/Tagged', 'ValidationException'],
    ['a table that is not there', 'arn:aws:dynamodb:us-east-1:000000000000:table/Nowhere', 'ResourceNotFoundException'],
  ])('refuse %s', async (_what, arn, name) => {
    await expect(client.send(new ListTagsOfResourceCommand({ ResourceArn: arn }))).rejects.toMatchObject({ name })
    await expect(client.send(new TagResourceCommand({ ResourceArn: arn, Tags: [{ Key: 'k', Value: 'v' }] }))).rejects.toMatchObject({
      name,
    })
    await expect(client.send(new UntagResourceCommand({ ResourceArn: arn, TagKeys: ['k'] }))).rejects.toMatchObject({ name })
  })

  it('are at most 50, each once, and not AWS’s own', async () => {
    await onDemand('Tagged50')
    const arn = 'arn:aws:dynamodb:us-east-1:000000000000:table/Tagged50'
    const tag = (Tags: { Key: string; Value: string }[]) => client.send(new TagResourceCommand({ ResourceArn: arn, Tags }))
    await tag(Array.from({ length: 50 }, (_, n) => ({ Key: `k${n}`, Value: '' })))
    await expect(tag([{ Key: 'k50', Value: '' }])).rejects.toMatchObject({ name: 'ValidationException' })
    await expect(tag([{ Key: 'aws:x', Value: '' }])).rejects.toMatchObject({ name: 'ValidationException' })
    await expect(
      tag([
        { Key: 'k1', Value: '' },
        { Key: 'k1', Value: '' },
      ]),
    ).rejects.toMatchObject({ name: 'ValidationException' })
  })
})

describe('the endpoint', () => {
  it('tells its limits and where it is', async () => {
    expect(await client.send(new DescribeLimitsCommand({}))).toMatchObject({ TableMaxReadCapacityUnits: 40_000 })
    const { Endpoints } = await client.send(new DescribeEndpointsCommand({}))
    expect(Endpoints).toEqual([{ Address: `127.0.0.1:${world.port}`, CachePeriodInMinutes: 1440 }])
  })
})
