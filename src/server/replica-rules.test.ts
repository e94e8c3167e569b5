import type { CreateTableCommandInput, ReplicationGroupUpdate, UpdateTableCommandInput } from '@aws-sdk/client-dynamodb'
import { CreateTableCommand, DeleteTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { UpdateTableReplicaAutoScalingCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { GlobalWorld, home, refusalOf, there, third } from './global-world.contract.ts'

// What DynamoDB asks of a table and of a request before a replica comes, changes or goes: texts observed on AWS, 2026-10.

let world: GlobalWorld
beforeAll(async () => {
  world = await GlobalWorld.start()
  await world.table('regional')
  await world.table('global', [there])
  await world.table('owned', [], { SSESpecification: { Enabled: true, SSEType: 'KMS', KMSMasterKeyId: 'mine' } })
  await world.table('managed', [], { SSESpecification: { Enabled: true, SSEType: 'KMS' } })
  await world.table('provisioned', [], units)
})
afterAll(() => world.close())

const units: Partial<CreateTableCommandInput> = {
  BillingMode: 'PROVISIONED',
  ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
}
const create = (RegionName: string, more: object = {}): ReplicationGroupUpdate => ({ Create: { RegionName, ...more } })
const change = (RegionName: string, more: object = {}): ReplicationGroupUpdate => ({ Update: { RegionName, ...more } })
const remove = (RegionName: string): ReplicationGroupUpdate => ({ Delete: { RegionName } })
const invalid = 'One or more parameter values were invalid: '
const severalActions = 'Update table operation with more than one create or delete replica actions not allowed'
const severalKinds = 'Update table operation with more than one type of replica actions not allowed.'
const nothing = 'There are no actions specified in the Replica Update Action of the request.'
const ownRegion = 'Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable as required.'
const keyMissing = `${invalid}KMSMasterKeyId must be specified for each replica.`
const notPart = (region: string): string =>
  `Update global table operation failed because one or more replicas were not part of the global table. Please retry the request without these replicas: [${region}].`
const alreadyThere = (table: string): string =>
  `Failed to create a the new replica of table with name: ‘${table}’ because one or more replicas already existed as tables.`

const requests: readonly [string, string, readonly ReplicationGroupUpdate[], string, Partial<UpdateTableCommandInput>?][] = [
  [
    'beside another change',
    'nowhere',
    [create(there)],
    `${invalid}Replica modification must be the only operation in the request`,
    { BillingMode: 'PAY_PER_REQUEST' },
  ],
  ['two creates', 'regional', [create(there), create(third)], severalActions],
  ['a create and a delete', 'global', [create(third), remove(there)], severalActions],
  ['two deletes', 'global', [remove(there), remove(third)], severalActions],
  ['a create and a delete in one element', 'regional', [{ ...create(there), ...remove(there) }], severalKinds],
  ['an empty element', 'regional', [{}], nothing],
  ['a change of nothing', 'global', [change(there)], nothing],
  ['a change of nothing of an index', 'global', [change(there, { GlobalSecondaryIndexes: [{ IndexName: 'by-a' }] })], nothing],
  ['its own Region', 'regional', [create(home)], ownRegion],
  ['the removal of its own Region', 'global', [remove(home)], ownRegion],
  ['a Region that it does not have', 'regional', [remove(there)], notPart(there)],
  ['another Region than it has', 'global', [change(third, { TableClassOverride: 'STANDARD' })], notPart(third)],
  ['a Region that it has already', 'global', [create(there)], alreadyThere('global')],
  ['a customer’s key and no key for the replica', 'owned', [create(there)], keyMissing],
  [
    'a customer’s key and AWS’s for the replica',
    'owned',
    [create(there, { KMSMasterKeyId: 'alias/aws/dynamodb' })],
    `${invalid}All replica keys must either be Customer Managed CMK or AWS Managed CMK.`,
  ],
  [
    'AWS’s key and a customer’s for the replica',
    'managed',
    [create(there, { KMSMasterKeyId: 'mine' })],
    `${invalid}All replica keys must either be Customer Managed CMK or AWS Managed CMK.`,
  ],
  ['no key and one for the replica', 'regional', [create(there, { KMSMasterKeyId: 'mine' })], keyMissing],
  ['another key for a replica', 'global', [change(there, { KMSMasterKeyId: 'alias/aws/dynamodb' })], keyMissing],
  [
    'a key of another Region',
    'owned',
    [create(there, { KMSMasterKeyId: `arn:aws:kms:${home}:000000000000:key/mine` })],
    `KMS validation error for region ${there}: com.amazonaws.services.kms.model.NotFoundException: Invalid arn ${home}`,
  ],
  [
    'read units of a replica that is on demand',
    'global',
    [change(there, { ProvisionedThroughputOverride: { ReadCapacityUnits: 7 } })],
    'Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST',
  ],
  ['writes that are not scaled', 'provisioned', [create(there)], 'Table write capacity should either be Pay-Per-Request or AutoScaled.'],
  [
    'a witness beside another change',
    'nowhere',
    [create(there)],
    'Requests that modify replicas or witnesses must not also modify other fields',
    { GlobalTableWitnessUpdates: [{ Create: { RegionName: third } }], DeletionProtectionEnabled: true },
  ],
  [
    'disassociation beside another update',
    'global',
    [{ Disassociate: { RegionName: home, DisassociationMode: 'WAIT_FOR_REPLICATION' } }, create(third)],
    'Disassociate must be the only replica action in the request.',
  ],
]

describe('a change of replicas is refused with', () => {
  it.each(requests)('%s', async (_what, TableName, ReplicaUpdates, text, more = {}) => {
    const [name, message] = await refusalOf(world.update(home, { TableName, ReplicaUpdates: [...ReplicaUpdates], ...more }))
    expect([name, message.startsWith(text) ? text : message]).toEqual(['ValidationException', text])
  })

  test('a Region that there is not, in whatever case', async () => {
    for (const region of ['us-fake-9', 'EU-WEST-1']) {
      const [name, message] = await refusalOf(world.update(home, { TableName: 'regional', ReplicaUpdates: [create(region)] }))
      expect([name, message]).toEqual([
        'ValidationException',
        expect.stringContaining(`Region ${region} is not supported. The latest version`),
      ])
    }
  })

  test('no Region at all, for want of permission', async () => {
    const [name] = await refusalOf(world.update(home, { TableName: 'regional', ReplicaUpdates: [create('')] }))
    expect(name).toBe('AccessDeniedException')
  })

  test('another table of that name in the Region, which is never adopted', async () => {
    await world.table('namesake')
    const keys = { KeySchema: [{ AttributeName: 'k', KeyType: 'HASH' as const }] }
    const definitions = { AttributeDefinitions: [{ AttributeName: 'k', AttributeType: 'S' as const }] }
    await world
      .client(third)
      .send(new CreateTableCommand({ TableName: 'namesake', ...keys, ...definitions, BillingMode: 'PAY_PER_REQUEST' }))
    expect(await refusalOf(world.update(home, { TableName: 'namesake', ReplicaUpdates: [create(third)] }))).toEqual([
      'ValidationException',
      alreadyThere('namesake'),
    ])
  })

  test('an index whose writes are not scaled', async () => {
    const index = {
      IndexName: 'by-a',
      KeySchema: [{ AttributeName: 'a', KeyType: 'HASH' as const }],
      Projection: { ProjectionType: 'ALL' as const },
      ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
    }
    const definitions = ['pk', 'a'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const }))
    await world.table('indexed', [], { ...units, GlobalSecondaryIndexes: [index], AttributeDefinitions: definitions })
    const scaling = {
      MinimumUnits: 1,
      MaximumUnits: 10,
      ScalingPolicyUpdate: { TargetTrackingScalingPolicyConfiguration: { TargetValue: 70 } },
    }
    await world
      .client()
      .send(new UpdateTableReplicaAutoScalingCommand({ TableName: 'indexed', ProvisionedWriteCapacityAutoScalingUpdate: scaling }))
    const [, message] = await refusalOf(world.update(home, { TableName: 'indexed', ReplicaUpdates: [create(there)] }))
    expect(message).toBe('GSI write capacity should either be Pay-Per-Request or AutoScaled.')
  })

  test('more than two changes of its class in 30 days', async () => {
    await world.table('classes', [there])
    for (const TableClassOverride of ['STANDARD_INFREQUENT_ACCESS', 'STANDARD'] as const) {
      await world.update(home, { TableName: 'classes', ReplicaUpdates: [change(there, { TableClassOverride })] })
    }
    const again = [change(there, { TableClassOverride: 'STANDARD_INFREQUENT_ACCESS' })]
    expect(await refusalOf(world.update(home, { TableName: 'classes', ReplicaUpdates: again }))).toEqual([
      'LimitExceededException',
      `Limit exceeded for replica in ${there}. Updates to TableClass are limited to 2 times in 30 day(s)`,
    ])
  })
})

describe('a new replica', () => {
  test('is asked for by an answer that does not list it yet, and switches on a stream of both images there and here', async () => {
    await world.table('streaming')
    const answer = await world.update(home, { TableName: 'streaming', ReplicaUpdates: [create(there), create(there)] })
    expect(answer).toMatchObject({ TableStatus: 'UPDATING', GlobalTableVersion: '2019.11.21', Replicas: [] })
    expect(answer.StreamSpecification).toEqual({ StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' })
    await world.world.settled()
    expect((await world.describe(there, 'streaming')).StreamSpecification).toEqual(answer.StreamSpecification)
    expect((await world.describe(there, 'streaming')).LatestStreamArn).not.toBe(answer.LatestStreamArn)
    const disable = { TableName: 'streaming', StreamSpecification: { StreamEnabled: false } }
    expect((await refusalOf(world.update(there, disable)))[1]).toBe(`${invalid}Disabling Stream is not allowed for a Global Table replica.`)
    const enable = { TableName: 'streaming', StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' as const } }
    expect((await refusalOf(world.update(there, enable)))[1]).toBe('Table already has an enabled stream: TableName: streaming')
  })

  test('takes the view of a stream that is there', async () => {
    await world.table('keys-only', [there], { StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' } })
    expect((await world.describe(there, 'keys-only')).StreamSpecification?.StreamViewType).toBe('KEYS_ONLY')
  })

  test('may override what it does not have: units while it is on demand, an index', async () => {
    await world.table('overridden')
    const more = {
      ProvisionedThroughputOverride: { ReadCapacityUnits: 7 },
      GlobalSecondaryIndexes: [{ IndexName: 'no-such', ProvisionedThroughputOverride: { ReadCapacityUnits: 7 } }],
    }
    await world.update(home, { TableName: 'overridden', ReplicaUpdates: [create(there, more)] })
    await world.world.settled()
    expect((await world.describe(home, 'overridden')).Replicas).toEqual([
      expect.not.objectContaining({ ProvisionedThroughputOverride: expect.anything() as unknown }),
    ])
  })

  test('has the key that it was given, and its Region’s own of AWS', async () => {
    await world.update(home, { TableName: 'owned', ReplicaUpdates: [create(there, { KMSMasterKeyId: 'theirs' })] })
    await world.update(home, { TableName: 'managed', ReplicaUpdates: [create(there)] })
    await world.world.settled()
    const key = `arn:aws:kms:${there}:000000000000:key/theirs`
    expect((await world.describe(home, 'owned')).Replicas?.[0]?.KMSMasterKeyId).toBe(key)
    expect((await world.describe(there, 'owned')).SSEDescription?.KMSMasterKeyArn).toBe(key)
    expect((await world.describe(there, 'owned')).Replicas?.[0]?.KMSMasterKeyId).toBe(`arn:aws:kms:${home}:000000000000:key/mine`)
    const [here, far] = [await world.describe(home, 'managed'), await world.describe(there, 'managed')]
    expect(far.SSEDescription?.KMSMasterKeyArn).toBe(here.Replicas?.[0]?.KMSMasterKeyId)
    expect(far.SSEDescription?.KMSMasterKeyArn).not.toBe(here.SSEDescription?.KMSMasterKeyArn?.replace(home, there))
  })

  test('has a maximum of on-demand reads of its own, which is shown and held to', async () => {
    await world.table('maximum')
    const override = { OnDemandThroughputOverride: { MaxReadRequestUnits: 1 } }
    await world.update(home, { TableName: 'maximum', ReplicaUpdates: [create(there, override)] })
    await world.world.settled()
    expect((await world.describe(home, 'maximum')).Replicas).toMatchObject([override])
    expect((await world.describe(there, 'maximum')).OnDemandThroughput).toMatchObject({ MaxReadRequestUnits: 1 })
    expect((await world.describe(home, 'maximum')).OnDemandThroughput).toBeUndefined()
    expect((await world.describe(there, 'maximum')).Replicas).toMatchObject([{ OnDemandThroughputOverride: { MaxReadRequestUnits: -1 } }])
  })
})

describe('a replica is not removed', () => {
  const held =
    'Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in the last 24 hours.'

  test('within 24 hours of having been another’s source, unless that one is gone', async () => {
    await world.table('sources', [there])
    await world.update(there, { TableName: 'sources', ReplicaUpdates: [create(third)] })
    await world.world.settled()
    const drop = (region: string): Promise<unknown> => world.client(region).send(new DeleteTableCommand({ TableName: 'sources' }))
    expect(await refusalOf(drop(home))).toEqual(['ValidationException', held])
    expect(await refusalOf(world.update(home, { TableName: 'sources', ReplicaUpdates: [remove(there)] }))).toEqual([
      'ValidationException',
      held,
    ])
    await world.update(home, { TableName: 'sources', ReplicaUpdates: [remove(third)] })
    await world.world.settled()
    await drop(there)
    await world.world.settled()
    await drop(home)
    await world.world.settled()

    await world.table('old-sources', [there])
    world.advance(24 * 3_600_000)
    await world.client().send(new DeleteTableCommand({ TableName: 'old-sources' }))
    await world.world.settled()
    expect((await world.describe(there, 'old-sources')).TableStatus).toBe('ACTIVE')
  })

  test('while it is protected, which is its own affair, by either way', async () => {
    await world.table('protected', [there])
    await world.update(there, { TableName: 'protected', DeletionProtectionEnabled: true })
    const text = (region: string): string =>
      `Cannot delete table protected in region ${region} because it has deletion protection enabled. Disable deletion protection first.`
    const itself = world.client(there).send(new DeleteTableCommand({ TableName: 'protected' }))
    expect(await refusalOf(itself)).toEqual(['ValidationException', text(there)])
    const byHome = world.update(home, { TableName: 'protected', ReplicaUpdates: [remove(there)] })
    expect(await refusalOf(byHome)).toEqual(['ValidationException', text(there)])
    const [name, message] = await refusalOf(world.update(there, { TableName: 'protected', DeletionProtectionEnabled: false }))
    expect(name).toBe('ThrottlingException')
    expect(message).toMatch(
      /^Deletion protection setting for table protected modified within the previous 15000 milliseconds\. Please try again after \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/,
    )
    world.advance(15_000)
    await world.update(there, { TableName: 'protected', DeletionProtectionEnabled: false })
    await world.client(there).send(new DeleteTableCommand({ TableName: 'protected' }))
    await world.world.settled()
  })
})

test('the last replica gone, nothing is left of the group but the stream, which may be disabled then', async () => {
  await world.table('alone', [there])
  await world.client(there).send(new PutItemCommand({ TableName: 'alone', Item: { pk: { S: 'a' } } }))
  const answer = await world.update(home, { TableName: 'alone', ReplicaUpdates: [remove(there)] })
  expect(answer).toMatchObject({ TableStatus: 'UPDATING', Replicas: [{ RegionName: there, ReplicaStatus: 'ACTIVE' }] })
  await world.world.settled()
  const table = await world.describe(home, 'alone')
  for (const member of ['GlobalTableVersion', 'Replicas', 'GlobalTableSettingsReplicationMode', 'DisassociationProtectionEnabled']) {
    expect(table).not.toHaveProperty(member)
  }
  expect(table).toMatchObject({ ItemCount: 1, StreamSpecification: { StreamEnabled: true } })
  await world.update(home, { TableName: 'alone', StreamSpecification: { StreamEnabled: false } })
})
