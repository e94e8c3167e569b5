import type { DynamoDBClient, UpdateTableReplicaAutoScalingCommandInput } from '@aws-sdk/client-dynamodb'
import {
  CreateTableCommand,
  DescribeTableReplicaAutoScalingCommand,
  UpdateTableCommand,
  UpdateTableReplicaAutoScalingCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import type { TestWorld } from '../../test-world.contract.ts'
import { startTestWorld } from '../../test-world.contract.ts'

let world: TestWorld
let client: DynamoDBClient
beforeAll(async () => {
  world = await startTestWorld()
  client = world.client()
  const units = { ReadCapacityUnits: 5, WriteCapacityUnits: 5 }
  const keys = {
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' as const }],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' as const },
      { AttributeName: 'a', AttributeType: 'S' as const },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-a',
        KeySchema: [{ AttributeName: 'a', KeyType: 'HASH' as const }],
        Projection: { ProjectionType: 'ALL' as const },
        ProvisionedThroughput: units,
      },
    ],
  }
  for (const TableName of ['scaled', 'rules']) {
    await client.send(new CreateTableCommand({ TableName, ...keys, ProvisionedThroughput: units }))
  }
})
afterAll(() => world.close())

const policy = (TargetValue: number, more: object = {}) => ({
  ScalingPolicyUpdate: { TargetTrackingScalingPolicyConfiguration: { TargetValue, ...more } },
})
const update = async (TableName: string, more: Partial<UpdateTableReplicaAutoScalingCommandInput>) =>
  (await client.send(new UpdateTableReplicaAutoScalingCommand({ TableName, ...more }))).TableAutoScalingDescription
const describeScaling = async (TableName: string) =>
  (await client.send(new DescribeTableReplicaAutoScalingCommand({ TableName }))).TableAutoScalingDescription
const never = { AutoScalingDisabled: true, ScalingPolicies: [] }

test('a table whose scaling was never set is none of those that can be asked for', async () => {
  for (const TableName of ['scaled', 'nowhere']) {
    await expect(describeScaling(TableName)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Global table with name: '${TableName}' does not exist.`,
    })
  }
})

test('scaling of writes, of reads and of an index is set, described with DynamoDB’s names, and taken away', async () => {
  const bounds = { MinimumUnits: 1, MaximumUnits: 10 }
  await update('scaled', {
    ProvisionedWriteCapacityAutoScalingUpdate: { ...bounds, ...policy(70) },
    GlobalSecondaryIndexUpdates: [{ IndexName: 'by-a', ProvisionedWriteCapacityAutoScalingUpdate: { ...bounds, ...policy(50) } }],
    ReplicaUpdates: [
      {
        RegionName: 'us-east-1',
        ReplicaProvisionedReadCapacityAutoScalingUpdate: { ...bounds, ...policy(60, { ScaleInCooldown: 60, DisableScaleIn: true }) },
      },
    ],
  })
  const settings = (PolicyName: string, TargetTrackingScalingPolicyConfiguration: object) => ({
    ...bounds,
    AutoScalingRoleArn: expect.stringContaining('AWSServiceRoleForApplicationAutoScaling_DynamoDBTable') as string,
    ScalingPolicies: [{ PolicyName, TargetTrackingScalingPolicyConfiguration }],
  })
  expect(await describeScaling('scaled')).toEqual({
    TableName: 'scaled',
    TableStatus: 'ACTIVE',
    Replicas: [
      {
        RegionName: 'us-east-1',
        ReplicaStatus: 'ACTIVE',
        ReplicaProvisionedWriteCapacityAutoScalingSettings: settings('DynamoDBWriteCapacityUtilization:table/scaled', { TargetValue: 70 }),
        ReplicaProvisionedReadCapacityAutoScalingSettings: settings('DynamoDBReadCapacityUtilization:table/scaled', {
          TargetValue: 60,
          ScaleInCooldown: 60,
          DisableScaleIn: true,
        }),
        GlobalSecondaryIndexes: [
          {
            IndexName: 'by-a',
            IndexStatus: 'ACTIVE',
            ProvisionedReadCapacityAutoScalingSettings: never,
            ProvisionedWriteCapacityAutoScalingSettings: settings('DynamoDBWriteCapacityUtilization:table/scaled/index/by-a', {
              TargetValue: 50,
            }),
          },
        ],
      },
    ],
  })
  const left = await update('scaled', { ProvisionedWriteCapacityAutoScalingUpdate: { AutoScalingDisabled: true } })
  expect(left?.Replicas?.[0]?.ReplicaProvisionedWriteCapacityAutoScalingSettings).toEqual(never)

  await client.send(new UpdateTableCommand({ TableName: 'scaled', BillingMode: 'PAY_PER_REQUEST' }))
  const onDemand = (await describeScaling('scaled'))?.Replicas?.[0]?.ReplicaProvisionedReadCapacityAutoScalingSettings
  expect(onDemand).toMatchObject({ ...bounds, AutoScalingDisabled: true })
})

describe('scaling is refused', () => {
  const failed = 'Failed to update settings for global table with name: ‘rules’'
  const cases: [string, object, string][] = [
    ['without anything', {}, `${failed}: Parameters 'MaximumUnits', 'ScalingPolicyUpdate', 'MinimumUnits' are required`],
    ['without a policy', { MinimumUnits: 1, MaximumUnits: 2 }, `${failed}: Parameters 'ScalingPolicyUpdate' are required unless`],
    ['without a maximum', { MinimumUnits: 1, ...policy(70) }, `${failed}: Parameters 'MaximumUnits' are required unless`],
    [
      'with bounds the wrong way round',
      { MinimumUnits: 3, MaximumUnits: 2, ...policy(70) },
      'Maximum capacity cannot be less than minimum capacity',
    ],
    [
      'with a target that is too high',
      { MinimumUnits: 1, MaximumUnits: 2, ...policy(90.1) },
      "must be between '10.0' and '90.0', but was '90.1'.",
    ],
    ['with a target of nothing', { MinimumUnits: 1, MaximumUnits: 2, ...policy(0) }, "but was '0.0'."],
    [
      'when it is disabled with more',
      { AutoScalingDisabled: true, MinimumUnits: 1 },
      "Failed to update settings for global table with name ‘rules’: Parameters 'MinimumUnits' must be left blank when disabling auto scaling.",
    ],
  ]
  it.each(cases)('%s', async (_what, ProvisionedWriteCapacityAutoScalingUpdate, message) => {
    await expect(update('rules', { ProvisionedWriteCapacityAutoScalingUpdate })).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message) as string,
    })
  })

  it('of a Region twice, without anything for it, or of one that has no replica', async () => {
    const RegionName = 'us-east-1'
    await expect(update('rules', { ReplicaUpdates: [{ RegionName }, { RegionName }] })).rejects.toThrow('were specified more than once')
    await expect(update('rules', { ReplicaUpdates: [{ RegionName }] })).rejects.toThrow(
      `${failed} because at least one update parameter must be specified for region: ‘us-east-1’.`,
    )
    await expect(update('rules', { ReplicaUpdates: [{ RegionName: 'eu-west-1' }] })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })

  it('of an index that is not there', async () => {
    await expect(update('rules', { GlobalSecondaryIndexUpdates: [{ IndexName: 'ghost' }] })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `${failed} because the global secondary indexes with names: ‘[ghost]’ do not exist.`,
    })
  })
})
