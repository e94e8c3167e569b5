import {
  DescribeContinuousBackupsCommand,
  DescribeTimeToLiveCommand,
  ListTagsOfResourceCommand,
  TagResourceCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { makeTable } from '../endpoint.ts'
import { refusalOf, validation } from '../refusal.ts'
import { addReplica, useGlobalTable } from './global-table.ts'
import { ARRIVAL_MS, away, describeIn, home, LIFE_CYCLE_MS, lookingMs, TEST_MS, untilReplicated, useRegions } from './regions.ts'

const world = useRegions()
const both = [home, away]
const table = useGlobalTable(world, 'settings', 'pk S', {}, both)
const waiting = { timeout: LIFE_CYCLE_MS, interval: lookingMs }

const timeToLive = async (region: string, TableName = table) => {
  const { TimeToLiveDescription } = await world.in(region).client.send(new DescribeTimeToLiveCommand({ TableName }))
  return [TimeToLiveDescription?.TimeToLiveStatus, TimeToLiveDescription?.AttributeName]
}

const tagsIn = async (region: string, TableName = table) => {
  const ResourceArn = (await describeIn(world, region, TableName))?.TableArn
  return (await world.in(region).client.send(new ListTagsOfResourceCommand({ ResourceArn }))).Tags
}

const recoveryIn = async (region: string, TableName = table) => {
  const { ContinuousBackupsDescription } = await world.in(region).client.send(new DescribeContinuousBackupsCommand({ TableName }))
  return ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus
}

/** "Settings that are always synchronized between replicas" (developer guide). */
describe('all replicas share', () => {
  it(
    'time to live, whichever Region puts it on',
    async () => {
      const TimeToLiveSpecification = { AttributeName: 'expires', Enabled: true }
      await world.in(away).client.send(new UpdateTimeToLiveCommand({ TableName: table, TimeToLiveSpecification }))
      for (const region of both) await expect.poll(() => timeToLive(region), waiting).toEqual(['ENABLED', 'expires'])
    },
    TEST_MS,
  )

  it(
    'global indexes, whichever Region adds or removes one',
    async () => {
      const indexes = async (region: string) => {
        const found = await describeIn(world, region, table)
        return found?.GlobalSecondaryIndexes?.map(({ IndexName, IndexStatus }) => [IndexName, IndexStatus])
      }
      await world.in(away).client.send(
        new UpdateTableCommand({
          TableName: table,
          AttributeDefinitions: [
            { AttributeName: 'pk', AttributeType: 'S' },
            { AttributeName: 'city', AttributeType: 'S' },
          ],
          GlobalSecondaryIndexUpdates: [
            {
              Create: {
                IndexName: 'by-city',
                KeySchema: [{ AttributeName: 'city', KeyType: 'HASH' }],
                Projection: { ProjectionType: 'KEYS_ONLY' },
              },
            },
          ],
        }),
      )
      for (const region of both) await expect.poll(() => indexes(region), waiting).toEqual([['by-city', 'ACTIVE']])
      await untilReplicated(world, table, both)
      const GlobalSecondaryIndexUpdates = [{ Delete: { IndexName: 'by-city' } }]
      await world.in(home).client.send(new UpdateTableCommand({ TableName: table, GlobalSecondaryIndexUpdates }))
      for (const region of both) await expect.poll(() => indexes(region), waiting).toBeUndefined()
      await untilReplicated(world, table, both)
    },
    TEST_MS,
  )

  it(
    'the most that is written on demand, and the most that is read until one Region says otherwise',
    async () => {
      const OnDemandThroughput = { MaxReadRequestUnits: 100, MaxWriteRequestUnits: 50 }
      await world.in(away).client.send(new UpdateTableCommand({ TableName: table, OnDemandThroughput }))
      for (const region of both) {
        await expect.poll(async () => (await describeIn(world, region, table))?.OnDemandThroughput, waiting).toEqual(OnDemandThroughput)
      }
      await untilReplicated(world, table, both)
    },
    TEST_MS,
  )

  it(
    'the table class',
    async () => {
      await world.in(home).client.send(new UpdateTableCommand({ TableName: table, TableClass: 'STANDARD_INFREQUENT_ACCESS' }))
      for (const region of both) {
        const classIn = async () => (await describeIn(world, region, table))?.TableClassSummary?.TableClass
        await expect.poll(classIn, waiting).toBe('STANDARD_INFREQUENT_ACCESS')
      }
      await untilReplicated(world, table, both)
    },
    TEST_MS,
  )
})

/** "Settings that are never synchronized." */
describe('each replica has its own', () => {
  it(
    'tags',
    async () => {
      const ResourceArn = (await describeIn(world, home, table))?.TableArn
      await world.in(home).client.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: 'team', Value: 'a' }] }))
      await expect.poll(() => tagsIn(home), { timeout: ARRIVAL_MS, interval: lookingMs }).toEqual([{ Key: 'team', Value: 'a' }])
      expect(await tagsIn(away)).toEqual([])
    },
    TEST_MS,
  )

  it(
    'point-in-time recovery',
    async () => {
      const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true }
      await world.in(home).client.send(new UpdateContinuousBackupsCommand({ TableName: table, PointInTimeRecoverySpecification }))
      expect(await recoveryIn(home)).toBe('ENABLED')
      expect(await recoveryIn(away)).toBe('DISABLED')
    },
    TEST_MS,
  )

  it(
    'protection against deletion, which stands in the way of its removal from wherever that is asked',
    async () => {
      await world.in(away).client.send(new UpdateTableCommand({ TableName: table, DeletionProtectionEnabled: true }))
      const again = await refusalOf(world.in(away), 'UpdateTable', { TableName: table, DeletionProtectionEnabled: false })
      expect(again.name).toBe('ThrottlingException')
      expect(again.message).toContain(`Deletion protection setting for table ${table} modified within the previous 15000 milliseconds.`)
      await untilReplicated(world, table, both)
      const isProtected = (region: string) => async () => (await describeIn(world, region, table))?.DeletionProtectionEnabled
      await expect.poll(isProtected(away), waiting).toBe(true)
      expect(await isProtected(home)()).toBe(false)
      const refusal = validation(
        `Cannot delete table ${table} in region ${away} because it has deletion protection enabled. Disable deletion protection first.`,
      )
      const ReplicaUpdates = [{ Delete: { RegionName: away } }]
      expect(await refusalOf(world.in(home), 'UpdateTable', { TableName: table, ReplicaUpdates })).toEqual(refusal)
      expect(await refusalOf(world.in(away), 'DeleteTable', { TableName: table })).toEqual(refusal)
    },
    TEST_MS,
  )
})

/** What a replica that is added later gets of its source (seen of AWS, 2026-10). */
it(
  'a new replica gets time to live and the stream, and neither tags nor recovery nor protection',
  async () => {
    const name = world.name('inherited')
    await makeTable(world.in(home).client, name, 'pk S', {
      Tags: [{ Key: 'team', Value: 'a' }],
      DeletionProtectionEnabled: true,
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    })
    const { client } = world.in(home)
    const TimeToLiveSpecification = { AttributeName: 'expires', Enabled: true }
    await client.send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification }))
    await expect.poll(() => timeToLive(home, name), waiting).toEqual(['ENABLED', 'expires'])
    const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true }
    await client.send(new UpdateContinuousBackupsCommand({ TableName: name, PointInTimeRecoverySpecification }))
    await addReplica(world, home, name, away)
    await untilReplicated(world, name, both)
    await expect.poll(() => timeToLive(away, name), waiting).toEqual(['ENABLED', 'expires'])
    const there = await describeIn(world, away, name)
    expect(there?.StreamSpecification).toEqual({ StreamEnabled: true, StreamViewType: 'NEW_IMAGE' })
    expect(there?.DeletionProtectionEnabled).toBe(false)
    expect(await tagsIn(away, name)).toEqual([])
    expect(await recoveryIn(away, name)).toBe('DISABLED')
  },
  TEST_MS,
)
