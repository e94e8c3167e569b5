import {
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeGlobalTableCommand,
  DescribeTableReplicaAutoScalingCommand,
  ListGlobalTablesCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { makeTable, untilActive } from '../endpoint.ts'
import { refusalOf, validation } from '../refusal.ts'
import { addReplica, makeGlobalTable, put, read, removeReplica, untilEverywhere, untilRemoved } from './global-table.ts'
import { away, describeIn, far, home, regionNames, TEST_MS, untilGoneIn, untilReplicated, useRegions } from './regions.ts'

const world = useRegions()

/** Members that a table has in no Region but with replicas in others. */
const ofGlobalTables = [
  'GlobalTableVersion',
  'Replicas',
  'GlobalTableSettingsReplicationMode',
  'MultiRegionConsistency',
  'GlobalTableWitnesses',
]

const membersOf = (table: object | undefined) => ofGlobalTables.filter((member) => table !== undefined && member in table)

describe('a replica', () => {
  it(
    'is made with UpdateTable, without a stream beforehand: DynamoDB puts one on, and each Region describes the others but not itself',
    async () => {
      const name = world.name('made')
      await makeTable(world.in(home).client, name, 'pk S')
      expect(membersOf(await describeIn(world, home, name))).toEqual([])
      const { TableDescription: answer } = await addReplica(world, home, name, away)
      expect(answer).toMatchObject({
        TableStatus: 'UPDATING',
        GlobalTableVersion: '2019.11.21',
        Replicas: [],
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      })
      await untilReplicated(world, name, [home, away])

      const [here, there] = await Promise.all([describeIn(world, home, name), describeIn(world, away, name)])
      for (const [region, table, other] of [
        [home, here, away],
        [away, there, home],
      ] as const) {
        expect(membersOf(table)).toEqual(['GlobalTableVersion', 'Replicas', 'GlobalTableSettingsReplicationMode'])
        expect(table).toMatchObject({
          GlobalTableVersion: '2019.11.21',
          GlobalTableSettingsReplicationMode: 'ENABLED_WITH_OVERRIDES',
          StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
          DeletionProtectionEnabled: false,
        })
        expect(table?.TableArn).toContain(`:${region}:`)
        expect(table?.LatestStreamArn).toContain(`:${region}:`)
        expect(table?.Replicas).toHaveLength(1)
        const [replica = {}] = table?.Replicas ?? []
        expect(replica).toMatchObject({
          RegionName: other,
          ReplicaStatus: 'ACTIVE',
          GlobalTableSettingsReplicationMode: 'ENABLED_WITH_OVERRIDES',
        })
        // What is inherited is not told again.
        const members = ['GlobalTableSettingsReplicationMode', 'RegionName', 'ReplicaStatus', 'WarmThroughput']
        expect(Object.keys(replica).filter((member) => !members.includes(member))).toEqual([])
      }
      expect(there?.TableId).not.toBe(here?.TableId)

      // The operations of the version before know nothing of it.
      const legacy = world.in(home).client
      await expect(legacy.send(new DescribeGlobalTableCommand({ GlobalTableName: name }))).rejects.toThrow(
        `Global table not found: Global table with name: '${name}' does not exist.`,
      )
      const { GlobalTables } = await legacy.send(new ListGlobalTablesCommand({}))
      expect(GlobalTables?.map(({ GlobalTableName }) => GlobalTableName)).not.toContain(name)
      const scaled = await legacy.send(new DescribeTableReplicaAutoScalingCommand({ TableName: name }))
      const listed = scaled.TableAutoScalingDescription?.Replicas?.map(({ RegionName }) => RegionName)
      expect(listed).toEqual([home, away].toSorted())
    },
    TEST_MS,
  )

  it(
    'starts with the items that were there, takes what is written meanwhile, and keeps a stream that was on as it is',
    async () => {
      const name = world.name('filled')
      const stream = { StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' as const } }
      await makeTable(world.in(home).client, name, 'pk S', stream)
      await put(world, home, name, { pk: { S: 'before' }, v: { N: '1' } })
      await put(world, home, name, { pk: { S: 'deleted' } })
      await addReplica(world, home, name, away)
      await put(world, home, name, { pk: { S: 'meanwhile' }, v: { N: '2' } })
      await world.in(home).client.send(new DeleteItemCommand({ TableName: name, Key: { pk: { S: 'deleted' } } }))
      await untilReplicated(world, name, [home, away])
      for (const [pk, v] of [
        ['before', '1'],
        ['meanwhile', '2'],
      ] as const) {
        await expect.poll(() => read(world, away, name, { pk: { S: pk } }), { timeout: 180_000 }).toEqual({ pk: { S: pk }, v: { N: v } })
      }
      await expect.poll(() => read(world, away, name, { pk: { S: 'deleted' } }), { timeout: 180_000 }).toBeUndefined()
      for (const region of [home, away]) {
        expect((await describeIn(world, region, name))?.StreamSpecification).toEqual(stream.StreamSpecification)
      }
    },
    TEST_MS,
  )

  it(
    'cannot be asked for while another change of the table goes on',
    async () => {
      const name = world.name('busy')
      await makeTable(world.in(home).client, name, 'pk S')
      await addReplica(world, home, name, away)
      const inUse = { name: 'ResourceInUseException' }
      const again = { TableName: name, ReplicaUpdates: [{ Create: { RegionName: far ?? away } }] }
      expect(await refusalOf(world.in(home), 'UpdateTable', again)).toMatchObject(inUse)
      expect(await refusalOf(world.in(home), 'UpdateTable', { TableName: name, DeletionProtectionEnabled: true })).toMatchObject(inUse)
      await untilReplicated(world, name, [home, away])
    },
    TEST_MS,
  )

  it.skipIf(far === undefined)(
    'is made from any member, which becomes its source',
    async () => {
      const third = far ?? ''
      const name = world.name('chained')
      await makeGlobalTable(world, name, 'pk S', {}, [home, away])
      await addReplica(world, away, name, third)
      await untilReplicated(world, name, regionNames)
      await put(world, third, name, { pk: { S: 'a' }, from: { S: third } })
      await untilEverywhere(world, name, { pk: { S: 'a' } }, { pk: { S: 'a' }, from: { S: third } })

      // What was the source of another goes after it, for a day, and be it by DeleteTable.
      const source = validation(
        'Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in the last 24 hours.',
      )
      const ReplicaUpdates = [{ Delete: { RegionName: away } }]
      expect(await refusalOf(world.in(home), 'UpdateTable', { TableName: name, ReplicaUpdates })).toEqual(source)
      for (const region of [home, away]) expect(await refusalOf(world.in(region), 'DeleteTable', { TableName: name })).toEqual(source)

      // Control is symmetric: the first removes what it did not add.
      await removeReplica(world, home, name, third)
      await untilRemoved(world, home, name, third)
      await untilReplicated(world, name, [home, away])
    },
    TEST_MS,
  )
})

describe('the removal of a replica', () => {
  it(
    'deletes its table; the last one leaves a regional table with its stream on, which may be put off now',
    async () => {
      const name = world.name('removed')
      await makeGlobalTable(world, name, 'pk S', {}, [home, away])
      const { TableDescription } = await removeReplica(world, home, name, away)
      expect(TableDescription?.TableStatus).toBe('UPDATING')
      await untilRemoved(world, home, name, away)
      const left = await describeIn(world, home, name)
      expect(membersOf(left)).toEqual([])
      expect(left?.StreamSpecification).toEqual({ StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' })
      await world.in(home).client.send(new UpdateTableCommand({ TableName: name, StreamSpecification: { StreamEnabled: false } }))
      await untilActive(world.in(home).client, name)
      expect((await describeIn(world, home, name))?.StreamSpecification).toBeUndefined()
    },
    TEST_MS,
  )

  it(
    'is what DeleteTable in its own Region does too, and its Region can be added again',
    async () => {
      const name = world.name('deleted')
      await makeGlobalTable(world, name, 'pk S', {}, [home, away])
      await world.in(away).client.send(new DeleteTableCommand({ TableName: name }))
      await untilGoneIn(world, away, name)
      await untilRemoved(world, home, name, away)
      expect(membersOf(await describeIn(world, home, name))).toEqual([])
      await put(world, home, name, { pk: { S: 'after' } })
      const own = { TableName: name, ReplicaUpdates: [{ Delete: { RegionName: away } }] }
      expect(await refusalOf(world.in(home), 'UpdateTable', own)).toEqual(
        validation(
          'Update global table operation failed because one or more replicas were not part of the global table. ' +
            `Please retry the request without these replicas: [${away}].`,
        ),
      )
      await addReplica(world, home, name, away)
      await untilReplicated(world, name, [home, away])
      expect(await read(world, away, name, { pk: { S: 'after' } })).toEqual({ pk: { S: 'after' } })
    },
    TEST_MS,
  )
})
