import { DescribeTableCommand, DescribeTimeToLiveCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, describe, expect, it } from 'vitest'
import type { TestWorld } from './start-world.ts'
import { startWorld } from './start-world.ts'
import { tablesOfTemplate } from './template-tables.ts'

const globalTable = `
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Stage: { Type: String, Default: dev }
Resources:
  Sessions:
    Type: AWS::DynamoDB::GlobalTable
    Properties:
      TableName: !Sub '\${Stage}-sessions'
      BillingMode: PROVISIONED
      WriteProvisionedThroughputSettings: { WriteCapacityAutoScalingSettings: { MinCapacity: 1, MaxCapacity: 10 } }
      AttributeDefinitions:
        - { AttributeName: id, AttributeType: S }
        - { AttributeName: user, AttributeType: S }
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      GlobalSecondaryIndexes:
        - IndexName: by-user
          KeySchema: [{ AttributeName: user, KeyType: HASH }]
          Projection: { ProjectionType: KEYS_ONLY }
      StreamSpecification: { StreamViewType: NEW_AND_OLD_IMAGES }
      TimeToLiveSpecification: { Enabled: true, AttributeName: until }
      SSESpecification: !If [Never, { SSEEnabled: true }, !Ref AWS::NoValue]
      Replicas:
        - Region: eu-west-1
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }
        - Region: !Join ['-', [us, east, 1]]
  Role: { Type: AWS::IAM::Role, Properties: { RoleName: !GetAtt Other.Arn } }
`

const cdk = JSON.stringify({
  Resources: {
    Carts1A2B: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'N' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 6 },
      },
    },
  },
})

const terraform = JSON.stringify({
  planned_values: {
    root_module: {
      child_modules: [
        {
          resources: [
            {
              address: 'module.data.aws_dynamodb_table.games',
              type: 'aws_dynamodb_table',
              values: {
                name: 'games',
                billing_mode: 'PAY_PER_REQUEST',
                hash_key: 'player',
                range_key: 'game',
                attribute: [
                  { name: 'player', type: 'S' },
                  { name: 'game', type: 'S' },
                  { name: 'score', type: 'N' },
                ],
                global_secondary_index: [
                  { name: 'by-score', hash_key: 'game', range_key: 'score', projection_type: 'INCLUDE', non_key_attributes: ['name'] },
                ],
                stream_enabled: true,
                stream_view_type: 'NEW_IMAGE',
                ttl: [{ enabled: false, attribute_name: '' }],
                replica: [{ region_name: 'us-east-1' }, { region_name: 'us-west-2' }],
              },
            },
          ],
        },
      ],
    },
  },
})

let world: TestWorld | undefined
afterEach(async () => {
  await world?.close()
  world = undefined
})

describe('a template', () => {
  it('of CloudFormation makes a global table in its Regions, with its indexes, stream and time to live', async () => {
    world = await startWorld()
    await world.createTables(globalTable, { parameters: { Stage: 'test' } })
    const TableName = 'test-sessions'
    const { Table } = await world.client('eu-west-1').send(new DescribeTableCommand({ TableName }))
    expect(Table).toMatchObject({
      Replicas: [{ RegionName: 'us-east-1', ReplicaStatus: 'ACTIVE' }],
      GlobalSecondaryIndexes: [{ IndexName: 'by-user', Projection: { ProjectionType: 'KEYS_ONLY' } }],
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    })
    const { TimeToLiveDescription } = await world.client('us-east-1').send(new DescribeTimeToLiveCommand({ TableName }))
    expect(TimeToLiveDescription).toHaveProperty('AttributeName', 'until')
  })

  it('of the CDK makes a table in the first Region, named by its logical id', async () => {
    world = await startWorld()
    await world.createTables(cdk)
    const { Table } = await world.client().send(new DescribeTableCommand({ TableName: 'Carts1A2B' }))
    expect(Table?.ProvisionedThroughput).toMatchObject({ ReadCapacityUnits: 5, WriteCapacityUnits: 6 })
    expect(Table?.Replicas).toBeUndefined()
  })

  it("of Terraform is what `terraform show -json` prints, modules' tables included", async () => {
    world = await startWorld()
    await world.createTables(terraform)
    const { Table } = await world.client('us-west-2').send(new DescribeTableCommand({ TableName: 'games' }))
    expect(Table?.GlobalSecondaryIndexes?.[0]).toMatchObject({
      IndexName: 'by-score',
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['name'] },
    })
    expect(Table?.Replicas).toMatchObject([{ RegionName: 'us-east-1' }])
  })

  it('of SAM may be a simple table', () => {
    const [table] = tablesOfTemplate('Resources: { Users: { Type: AWS::Serverless::SimpleTable } }')
    expect(table?.input).toMatchObject({ TableName: 'Users', AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }] })
  })

  it.each([
    ['Resources: {}', 'The template has no DynamoDB table.'],
    ['{', /^The template is neither JSON nor YAML: /],
    ['{}', 'This is no CloudFormation template, and not what `terraform show -json` prints.'],
    [
      'Resources: { T: { Type: AWS::DynamoDB::Table, Properties: { TableName: !Ref Name } } }',
      'Resources.T.Properties.TableName refers to Name, which has no value: give it one in `parameters`.',
    ],
  ])('says what is wrong with %s', (text, message) => {
    expect(() => tablesOfTemplate(text)).toThrow(message)
  })
})
