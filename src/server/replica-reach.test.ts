import {
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeContributorInsightsCommand,
  DescribeTimeToLiveCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { afterEach, expect, test } from 'vitest'
import { GlobalWorld, home, refusalOf, there, third } from './global-world.contract.ts'

let world: GlobalWorld | undefined
afterEach(() => world?.close())

const create = (RegionName: string) => [{ Create: { RegionName } }]

test('a replica that is being made is described in its Region, and is not there for anything else; its source goes on', async () => {
  const lab = (world = await GlobalWorld.start({ pace: { activeMs: 100_000_000 } }))
  await lab.table('users')
  await lab.update(home, { TableName: 'users', ReplicaUpdates: create(there) })
  await expect
    .poll(async () =>
      lab.describe(there, 'users').then(
        ({ TableStatus }) => TableStatus,
        () => undefined,
      ),
    )
    .toBe('CREATING')
  expect((await lab.describe(there, 'users')).Replicas).toMatchObject([{ RegionName: home, ReplicaStatus: 'ACTIVE' }])
  const client = lab.client(there)
  const missing = ['ResourceNotFoundException', 'Requested resource not found: Table: users not found']
  const key = { pk: { S: 'a' } }
  expect(await refusalOf(client.send(new PutItemCommand({ TableName: 'users', Item: key })))).toEqual(missing)
  expect(await refusalOf(client.send(new GetItemCommand({ TableName: 'users', Key: key })))).toEqual(missing)
  expect(await refusalOf(client.send(new DescribeTimeToLiveCommand({ TableName: 'users' })))).toEqual(missing)
  expect(await refusalOf(client.send(new DescribeContributorInsightsCommand({ TableName: 'users' })))).toEqual(missing)
  expect(await refusalOf(lab.update(there, { TableName: 'users', DeletionProtectionEnabled: true }))).toEqual(missing)
  expect((await refusalOf(client.send(new DescribeContinuousBackupsCommand({ TableName: 'users' }))))[0]).toBe('TableNotFoundException')
  expect((await refusalOf(client.send(new DeleteTableCommand({ TableName: 'users' }))))[0]).toBe('ResourceInUseException')
  expect((await refusalOf(lab.update(home, { TableName: 'users', DeletionProtectionEnabled: true })))[0]).toBe('ResourceInUseException')
  expect((await refusalOf(lab.update(home, { TableName: 'users', ReplicaUpdates: create(third) })))[0]).toBe('ResourceInUseException')
  await lab.client().send(new PutItemCommand({ TableName: 'users', Item: key }))
  const TimeToLiveSpecification = { Enabled: true, AttributeName: 'until' }
  await lab.client().send(new UpdateTimeToLiveCommand({ TableName: 'users', TimeToLiveSpecification }))
})

test('REP-31: a Region that is down gets and loses no replica, and the others say that they do not know its settings', async () => {
  const lab = (world = await GlobalWorld.start())
  await lab.table('users', [there])
  await lab.world.crash(there)
  const { Replicas } = await lab.describe(home, 'users')
  expect(Replicas).toEqual([
    {
      RegionName: there,
      ReplicaStatus: 'ACTIVE',
      ReplicaStatusDescription: `Failed to describe settings for the replica in region: ‘${there}’.`,
      GlobalTableSettingsReplicationMode: 'ENABLED_WITH_OVERRIDES',
    },
  ])
  const unreachable = ['ValidationException', `Failed to access the region: ‘${there}’.`]
  expect(await refusalOf(lab.update(home, { TableName: 'users', ReplicaUpdates: [{ Delete: { RegionName: there } }] }))).toEqual(
    unreachable,
  )
  await lab.table('other')
  expect(await refusalOf(lab.update(home, { TableName: 'other', ReplicaUpdates: create(there) }))).toEqual(unreachable)
  // What all share is recorded, and followed when the Region is back.
  await lab.update(home, { TableName: 'users', TableClass: 'STANDARD_INFREQUENT_ACCESS' })
  await lab.world.recover(there)
  await lab.world.settled()
  expect((await lab.describe(there, 'users')).TableClassSummary?.TableClass).toBe('STANDARD_INFREQUENT_ACCESS')
})

test('REP-31: of what is asked in several Regions at one time, one is done, and the others are told', async () => {
  const lab = (world = await GlobalWorld.start())
  await lab.table('users', [there])
  const asked = await Promise.allSettled([
    lab.update(home, { TableName: 'users', ReplicaUpdates: create(third) }),
    lab.update(there, { TableName: 'users', ReplicaUpdates: create('ap-northeast-1') }),
    lab.client(there).send(new DeleteTableCommand({ TableName: 'users' })),
  ])
  expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const outcome of asked) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ name: 'ResourceInUseException' })
  await lab.world.settled()
})
