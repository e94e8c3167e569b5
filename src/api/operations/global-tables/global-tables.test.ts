import {
  CreateGlobalTableCommand,
  DescribeGlobalTableCommand,
  DescribeGlobalTableSettingsCommand,
  ListGlobalTablesCommand,
  UpdateGlobalTableCommand,
  UpdateGlobalTableSettingsCommand,
} from '@aws-sdk/client-dynamodb'
import { beforeAll, expect, test } from 'vitest'
import { onDemandTable, useTestWorld } from '../../use-test-world.contract.ts'

const { world, client } = await useTestWorld()
beforeAll(() => client.send(onDemandTable('regional', 'pk S')))

const invalid = 'One or more parameter values were invalid'
const unsupported = {
  name: 'ValidationException',
  message:
    `${invalid}: DynamoDB global tables version 2017.11.29 is not supported. ` +
    'We recommend using DynamoDB global tables version 2019.11.21, instead of version 2017.11.29 (Legacy).',
}
const missing = (message: string) => ({ name: 'GlobalTableNotFoundException', message, $metadata: { httpStatusCode: 400 } })
const ReplicationGroup = [{ RegionName: 'us-east-1' }, { RegionName: 'eu-west-1' }]

test('no legacy global table can be made, of tables that are there or not', async () => {
  for (const GlobalTableName of ['regional', 'nowhere']) {
    await expect(client.send(new CreateGlobalTableCommand({ GlobalTableName, ReplicationGroup }))).rejects.toMatchObject(unsupported)
    const ReplicaUpdates = [{ Delete: { RegionName: 'eu-west-1' } }, { Create: { RegionName: 'eu-west-1' } }]
    await expect(client.send(new UpdateGlobalTableCommand({ GlobalTableName, ReplicaUpdates }))).rejects.toMatchObject(unsupported)
  }
})

test('a Region that never had them names those that had', async () => {
  const there = world.client('ap-south-1')
  await expect(there.send(new CreateGlobalTableCommand({ GlobalTableName: 'any', ReplicationGroup }))).rejects.toMatchObject({
    name: 'ValidationException',
    message:
      `${invalid}: DynamoDB global tables version 2017.11.29 is not supported in this region 'ap-south-1', supported regions are : ` +
      '[eu-west-2, eu-west-1, ap-southeast-1, ap-southeast-2, ap-northeast-2, eu-central-1, ap-northeast-1, us-east-1, us-east-2, us-west-1, us-west-2]',
  })
})

test('the shape of a request is looked at first', async () => {
  await expect(client.send(new CreateGlobalTableCommand({ GlobalTableName: 'no', ReplicationGroup }))).rejects.toMatchObject({
    name: 'ValidationException',
    message:
      "1 validation error detected: Value 'no' at 'globalTableName' failed to satisfy constraint: Member must have length greater than or equal to 3",
  })
  const nothing = new UpdateGlobalTableCommand({ GlobalTableName: 'regional', ReplicaUpdates: [] })
  await expect(client.send(nothing)).rejects.toMatchObject({ name: 'ValidationException', message: invalid })
})

test('none is found, by the name of a table or another', async () => {
  for (const GlobalTableName of ['regional', 'nowhere']) {
    const text = `Global table with name: '${GlobalTableName}' does not exist.`
    const describing = new DescribeGlobalTableCommand({ GlobalTableName })
    await expect(client.send(describing)).rejects.toMatchObject(missing(`Global table not found: ${text}`))
    const settings = new DescribeGlobalTableSettingsCommand({ GlobalTableName })
    await expect(client.send(settings)).rejects.toMatchObject(missing(text))
    const changing = new UpdateGlobalTableSettingsCommand({ GlobalTableName, GlobalTableBillingMode: 'PAY_PER_REQUEST' })
    await expect(client.send(changing)).rejects.toMatchObject(missing(text))
    const leaving = new UpdateGlobalTableCommand({ GlobalTableName, ReplicaUpdates: [{ Delete: { RegionName: 'us-east-1' } }] })
    await expect(client.send(leaving)).rejects.toMatchObject(missing(text))
  }
})

test('the list of them is empty', async () => {
  for (const input of [{}, { RegionName: 'us-east-1' }, { Limit: 1 }, { ExclusiveStartGlobalTableName: 'any' }]) {
    const { $metadata: _, ...answer } = await client.send(new ListGlobalTablesCommand(input))
    expect(answer).toEqual({ GlobalTables: [] })
  }
})
