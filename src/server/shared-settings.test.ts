import type { TableDescription, UpdateTableCommandInput } from '@aws-sdk/client-dynamodb'
import {
  DescribeContinuousBackupsCommand,
  DescribeContributorInsightsCommand,
  DescribeTableReplicaAutoScalingCommand,
  DescribeTimeToLiveCommand,
  GetResourcePolicyCommand,
  ListTagsOfResourceCommand,
  PutResourcePolicyCommand,
  TagResourceCommand,
  UpdateContinuousBackupsCommand,
  UpdateContributorInsightsCommand,
  UpdateTableReplicaAutoScalingCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { GlobalWorld, home, refusalOf, there } from './global-world.contract.ts'

// Which settings replicas share (developer guide, "Global tables: how settings are synchronised", and observed on AWS, 2026-10): one test for each.

let world: GlobalWorld
beforeAll(async () => {
  world = await GlobalWorld.start()
  await world.table('demand', [there], { ...keys, GlobalSecondaryIndexes: [index('by-a')] })
  await world.table('units', [], { ...keys, ...units(5, 5), GlobalSecondaryIndexes: [{ ...index('by-a'), ...units(5, 5) }] })
  const write = { ProvisionedWriteCapacityAutoScalingUpdate: scaling }
  const indexes = [{ IndexName: 'by-a', ProvisionedWriteCapacityAutoScalingUpdate: scaling }]
  await world
    .client()
    .send(new UpdateTableReplicaAutoScalingCommand({ TableName: 'units', ...write, GlobalSecondaryIndexUpdates: indexes }))
  await world.update(home, { TableName: 'units', ReplicaUpdates: [{ Create: { RegionName: there } }] })
  await world.world.settled()
})
afterAll(() => world.close())

const keys = {
  AttributeDefinitions: ['pk', 'a'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
}
const index = (IndexName: string) => ({
  IndexName,
  KeySchema: [{ AttributeName: 'a', KeyType: 'HASH' as const }],
  Projection: { ProjectionType: 'ALL' as const },
})
const units = (ReadCapacityUnits: number, WriteCapacityUnits: number) => ({
  BillingMode: 'PROVISIONED' as const,
  ProvisionedThroughput: { ReadCapacityUnits, WriteCapacityUnits },
})
const scaling = {
  MinimumUnits: 1,
  MaximumUnits: 500,
  ScalingPolicyUpdate: { TargetTrackingScalingPolicyConfiguration: { TargetValue: 70 } },
}
const capacity = ({ ProvisionedThroughput: { ReadCapacityUnits, WriteCapacityUnits } = {} }: TableDescription): unknown => [
  ReadCapacityUnits,
  WriteCapacityUnits,
]
const indexCapacity = ({ GlobalSecondaryIndexes: [first] = [] }: TableDescription): unknown => [
  first?.ProvisionedThroughput?.ReadCapacityUnits,
  first?.ProvisionedThroughput?.WriteCapacityUnits,
]

const shared: readonly [string, string, Omit<UpdateTableCommandInput, 'TableName'>, (table: TableDescription) => unknown, unknown][] = [
  [
    'maximum of on-demand writes',
    'demand',
    { OnDemandThroughput: { MaxWriteRequestUnits: 70 } },
    (table) => table.OnDemandThroughput?.MaxWriteRequestUnits,
    70,
  ],
  [
    'maximum of on-demand reads',
    'demand',
    { OnDemandThroughput: { MaxReadRequestUnits: 60 } },
    (table) => table.OnDemandThroughput?.MaxReadRequestUnits,
    60,
  ],
  [
    'table class',
    'demand',
    { TableClass: 'STANDARD_INFREQUENT_ACCESS' },
    (table) => table.TableClassSummary?.TableClass,
    'STANDARD_INFREQUENT_ACCESS',
  ],
  ['encryption type', 'demand', { SSESpecification: { Enabled: true, SSEType: 'KMS' } }, (table) => table.SSEDescription?.SSEType, 'KMS'],
  [
    'warm throughput',
    'demand',
    { WarmThroughput: { ReadUnitsPerSecond: 13_000, WriteUnitsPerSecond: 5_000 } },
    (table) => table.WarmThroughput?.ReadUnitsPerSecond,
    13_000,
  ],
  ['write and read capacity', 'units', { ProvisionedThroughput: { ReadCapacityUnits: 8, WriteCapacityUnits: 9 } }, capacity, [8, 9]],
  [
    'index capacity',
    'units',
    {
      GlobalSecondaryIndexUpdates: [
        { Update: { IndexName: 'by-a', ProvisionedThroughput: { ReadCapacityUnits: 6, WriteCapacityUnits: 7 } } },
      ],
    },
    indexCapacity,
    [6, 7],
  ],
  [
    'an index that goes',
    'demand',
    { GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'by-a' } }] },
    (table) => [table.AttributeDefinitions?.length, table.GlobalSecondaryIndexes],
    [1, undefined],
  ],
  [
    'an index that comes',
    'demand',
    { ...keys, GlobalSecondaryIndexUpdates: [{ Create: index('by-b') }] },
    (table) => [table.AttributeDefinitions?.length, table.GlobalSecondaryIndexes?.[0]?.IndexName],
    [2, 'by-b'],
  ],
  ['capacity mode', 'units', { BillingMode: 'PAY_PER_REQUEST' }, (table) => table.BillingModeSummary?.BillingMode, 'PAY_PER_REQUEST'],
]

describe('shared, whichever replica is told:', () => {
  it.each(shared)('%s', async (_what, TableName, change, of, value) => {
    await world.update(there, { TableName, ...change })
    await world.world.settled()
    for (const region of [home, there]) await expect.poll(async () => of(await world.describe(region, TableName))).toEqual(value)
  })

  test('time to live', async () => {
    const TimeToLiveSpecification = { Enabled: true, AttributeName: 'until' }
    await world.client(there).send(new UpdateTimeToLiveCommand({ TableName: 'demand', TimeToLiveSpecification }))
    await world.world.settled()
    const { TimeToLiveDescription } = await world.client().send(new DescribeTimeToLiveCommand({ TableName: 'demand' }))
    expect(TimeToLiveDescription?.AttributeName).toBe('until')
  })

  test('write scaling; what scales reads is each replica’s, and told of all in the order of their names', async () => {
    const { TableAutoScalingDescription } = await world
      .client(there)
      .send(new DescribeTableReplicaAutoScalingCommand({ TableName: 'units' }))
    const replicas = TableAutoScalingDescription?.Replicas
    expect(replicas?.map(({ RegionName }) => RegionName)).toEqual([home, there])
    expect(replicas?.map(({ ReplicaProvisionedWriteCapacityAutoScalingSettings: write }) => write?.MaximumUnits)).toEqual([500, 500])
  })
})

describe('shared until overridden:', () => {
  beforeAll(async () => {
    await world.table('own', [], { ...keys, ...units(200, 5), GlobalSecondaryIndexes: [{ ...index('by-a'), ...units(200, 5) }] })
    const write = { ProvisionedWriteCapacityAutoScalingUpdate: scaling }
    const indexes = [{ IndexName: 'by-a', ProvisionedWriteCapacityAutoScalingUpdate: scaling }]
    await world
      .client()
      .send(new UpdateTableReplicaAutoScalingCommand({ TableName: 'own', ...write, GlobalSecondaryIndexUpdates: indexes }))
    const override = { ProvisionedThroughputOverride: { ReadCapacityUnits: 100 } }
    const GlobalSecondaryIndexes = [{ IndexName: 'by-a', ...override }]
    await world.update(home, { TableName: 'own', ReplicaUpdates: [{ Create: { RegionName: there, ...override, GlobalSecondaryIndexes } }] })
    await world.world.settled()
    await world.table('own-demand', [there])
  })

  test('read capacity of table and index: each Region tells of the other’s, and a later change overwrites it', async () => {
    expect([capacity(await world.describe(home, 'own')), capacity(await world.describe(there, 'own'))]).toEqual([
      [200, 5],
      [100, 5],
    ])
    expect((await world.describe(home, 'own')).Replicas).toMatchObject([
      {
        ProvisionedThroughputOverride: { ReadCapacityUnits: 100 },
        GlobalSecondaryIndexes: [{ ProvisionedThroughputOverride: { ReadCapacityUnits: 100 } }],
      },
    ])
    expect((await world.describe(there, 'own')).Replicas).toMatchObject([{ ProvisionedThroughputOverride: { ReadCapacityUnits: 200 } }])
    await world.update(home, { TableName: 'own', ProvisionedThroughput: { ReadCapacityUnits: 300, WriteCapacityUnits: 5 } })
    await world.world.settled()
    expect(capacity(await world.describe(there, 'own'))).toEqual([300, 5])
    expect((await world.describe(home, 'own')).Replicas?.[0]).not.toHaveProperty('ProvisionedThroughputOverride')
    const update = (ReadCapacityUnits: number) =>
      world.update(home, {
        TableName: 'own',
        ReplicaUpdates: [{ Update: { RegionName: there, ProvisionedThroughputOverride: { ReadCapacityUnits } } }],
      })
    expect((await update(50)).Replicas?.[0]).not.toHaveProperty('ProvisionedThroughputOverride')
    await world.world.settled()
    expect((await world.describe(home, 'own')).Replicas).toMatchObject([{ ProvisionedThroughputOverride: { ReadCapacityUnits: 50 } }])
    await update(300)
    await world.world.settled()
    expect((await world.describe(home, 'own')).Replicas?.[0]).not.toHaveProperty('ProvisionedThroughputOverride')
  })

  test('table class and maximum of on-demand reads', async () => {
    const override = { TableClassOverride: 'STANDARD_INFREQUENT_ACCESS' as const, OnDemandThroughputOverride: { MaxReadRequestUnits: 7 } }
    await world.update(home, { TableName: 'own-demand', ReplicaUpdates: [{ Update: { RegionName: there, ...override } }] })
    await world.world.settled()
    expect((await world.describe(home, 'own-demand')).Replicas).toMatchObject([
      { ReplicaTableClassSummary: { TableClass: 'STANDARD_INFREQUENT_ACCESS' }, OnDemandThroughputOverride: { MaxReadRequestUnits: 7 } },
    ])
    await world.update(home, { TableName: 'own-demand', OnDemandThroughput: { MaxReadRequestUnits: 9 } })
    await world.world.settled()
    expect((await world.describe(there, 'own-demand')).OnDemandThroughput?.MaxReadRequestUnits).toBe(9)
  })
})

test('never shared: protection, tags, recovery, policies, insights', async () => {
  const own = async (region: string) => {
    const client = world.client(region)
    const { TableArn: ResourceArn, DeletionProtectionEnabled, DisassociationProtectionEnabled } = await world.describe(region, 'demand')
    const { Tags } = await client.send(new ListTagsOfResourceCommand({ ResourceArn }))
    const { ContinuousBackupsDescription: backups } = await client.send(new DescribeContinuousBackupsCommand({ TableName: 'demand' }))
    const policy = await client.send(new GetResourcePolicyCommand({ ResourceArn })).then(
      () => true,
      () => false,
    )
    const { ContributorInsightsStatus } = await client.send(new DescribeContributorInsightsCommand({ TableName: 'demand' }))
    const recovery = backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus
    return {
      DeletionProtectionEnabled,
      DisassociationProtectionEnabled,
      tags: Tags?.length,
      recovery,
      policy,
      insights: ContributorInsightsStatus !== 'DISABLED',
    }
  }
  const before = await own(there)
  expect(before).toEqual({
    DeletionProtectionEnabled: false,
    DisassociationProtectionEnabled: true,
    tags: 0,
    recovery: 'DISABLED',
    policy: false,
    insights: false,
  })
  const client = world.client()
  const { TableArn: ResourceArn } = await world.describe(home, 'demand')
  const Statement = [
    { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::000000000000:root' }, Action: 'dynamodb:GetItem', Resource: ResourceArn },
  ]
  await client.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: 'k', Value: 'v' }] }))
  await client.send(new PutResourcePolicyCommand({ ResourceArn, Policy: JSON.stringify({ Version: '2012-10-17', Statement }) }))
  await client.send(new UpdateContributorInsightsCommand({ TableName: 'demand', ContributorInsightsAction: 'ENABLE' }))
  await client.send(
    new UpdateContinuousBackupsCommand({ TableName: 'demand', PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }),
  )
  await world.update(home, { TableName: 'demand', DeletionProtectionEnabled: true })
  await world.update(home, { TableName: 'demand', DisassociationProtectionEnabled: false })
  await world.world.settled()
  expect(await own(home)).toEqual({
    DeletionProtectionEnabled: true,
    DisassociationProtectionEnabled: false,
    tags: 1,
    recovery: 'ENABLED',
    policy: true,
    insights: true,
  })
  expect(await own(there)).toEqual(before)
  const both = { TableName: 'demand', DisassociationProtectionEnabled: true, DeletionProtectionEnabled: false }
  expect((await refusalOf(world.update(home, both)))[0]).toBe('ValidationException')
})
