import { GetItemCommand, TransactWriteItemsCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeTable } from '../endpoint.ts'
import { refusalOf, validation } from '../refusal.ts'
import type { Item } from './global-table.ts'
import { put, read } from './global-table.ts'
import { away, describeIn, far, home, LIFE_CYCLE_MS, regionNames, TEST_MS, untilReplicated, useRegions } from './regions.ts'

/**
 * Multi-Region strong consistency: three Regions, of which one may be a witness. EVERYWRITE_CONFORMANCE_STRONG=0 skips it where an endpoint has none; it is
 * skipped with two Regions.
 */
const isThere = process.env['EVERYWRITE_CONFORMANCE_STRONG'] !== '0' && far !== undefined
const third = far ?? ''

const world = useRegions()
const create = (RegionName: string) => ({ Create: { RegionName } })
const remove = (RegionName: string) => ({ Delete: { RegionName } })

describe.skipIf(!isThere)('multi-Region strong consistency', () => {
  let regional = ''
  let strong = ''
  beforeAll(async () => {
    regional = world.name('weak')
    strong = world.name('strong')
    const { client } = world.in(home)
    for (const name of [regional, strong]) await makeTable(client, name, 'pk S')
    const ReplicaUpdates = [create(away), create(third)]
    const { TableDescription } = await client.send(
      new UpdateTableCommand({ TableName: strong, MultiRegionConsistency: 'STRONG', ReplicaUpdates }),
    )
    expect(TableDescription).toMatchObject({ MultiRegionConsistency: 'STRONG', GlobalTableVersion: '2019.11.21' })
    await untilReplicated(world, strong, regionNames)
  }, LIFE_CYCLE_MS)

  const update = (TableName: string, body: object) => refusalOf(world.in(home), 'UpdateTable', { TableName, ...body })

  it('is told by each of three Regions, and no stream is put on for it', async () => {
    for (const region of regionNames) {
      const table = await describeIn(world, region, strong)
      expect(table?.MultiRegionConsistency).toBe('STRONG')
      expect(table?.Replicas?.map(({ RegionName }) => RegionName).toSorted()).toEqual(
        regionNames.filter((name) => name !== region).toSorted(),
      )
      expect(table?.StreamSpecification).toBeUndefined()
    }
  })

  it('is refused of other numbers of Regions, and of what does not go together', async () => {
    const MultiRegionConsistency = 'STRONG'
    expect(await update(regional, { MultiRegionConsistency, ReplicaUpdates: [create(away)] })).toEqual(
      validation('Unsupported replica count for global tables with MultiRegionConsistency set to STRONG.'),
    )
    expect(await update(regional, { ReplicaUpdates: [create(away)], GlobalTableWitnessUpdates: [create(third)] })).toEqual(
      validation('MultiRegionConsistency must be set as STRONG when GlobalTableWitnessUpdates parameter is present.'),
    )
    const twice = { MultiRegionConsistency, ReplicaUpdates: [create(away)], GlobalTableWitnessUpdates: [create(away)] }
    expect(await update(regional, twice)).toEqual(validation('Cannot target multiple regions with the same action'))
    const own = { MultiRegionConsistency, ReplicaUpdates: [create(away)], GlobalTableWitnessUpdates: [create(home)] }
    expect(await update(regional, own)).toEqual(
      validation(
        'Cannot add a witness in the same region as an existing replica when creating a global table with MultiRegionConsistency set to STRONG.',
      ),
    )
    expect(await update(regional, { MultiRegionConsistency, ReplicaUpdates: [create(away), create('us-west-1')] })).toEqual(
      validation('Unsupported Region(s) specified for global tables with MultiRegionConsistency set to STRONG: [us-west-1].'),
    )
    expect(await update(regional, { MultiRegionConsistency, ReplicaUpdates: [remove(away)] })).toEqual(
      validation('Only Replica Create actions are supported when MultiRegionConsistency parameter is provided.'),
    )
  })

  it('stays as it was made: no Region joins, none leaves alone, and the mode does not change', async () => {
    expect(await update(strong, { ReplicaUpdates: [create('us-east-2')] })).toEqual(
      validation('Cannot add replicas to a global table with strong MultiRegionConsistency'),
    )
    expect(await update(strong, { MultiRegionConsistency: 'EVENTUAL', ReplicaUpdates: [create('us-east-2')] })).toEqual(
      validation('MultiRegionConsistency parameter is unsupported on existing global table'),
    )
    const alone = 'Deletion of only one table replica is not supported for global tables with MultiRegionConsistency set to STRONG.'
    expect(await update(strong, { ReplicaUpdates: [remove(away)] })).toEqual(validation(alone))
    expect(await refusalOf(world.in(away), 'DeleteTable', { TableName: strong })).toEqual(validation(alone))
  })

  it(
    'a strongly consistent read sees, in any Region, what another has just written',
    async () => {
      for (let round = 0; round < 20; round++) {
        const key: Item = { pk: { S: `seen-${round}` } }
        await put(world, home, strong, key)
        for (const region of [away, third]) expect(await read(world, region, strong, key)).toEqual(key)
      }
      // A read that is not asked to be consistent may be behind; it is of the same table all the same.
      const Key = { pk: { S: 'seen-0' } }
      const local = async () => (await world.in(away).client.send(new GetItemCommand({ TableName: strong, Key }))).Item
      await expect.poll(local, { timeout: 30_000 }).toEqual(Key)
    },
    TEST_MS,
  )

  it(
    'a condition holds in one Region only; the other is told so, or that the item is being changed elsewhere',
    async () => {
      for (let round = 0; round < 10; round++) {
        const key: Item = { pk: { S: `once-${round}` } }
        const condition = { ConditionExpression: 'attribute_not_exists(pk)' }
        const outcomes = await Promise.allSettled(
          [home, away].map((region) => put(world, region, strong, { ...key, from: { S: region } }, condition)),
        )
        expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1)
        for (const outcome of outcomes) {
          if (outcome.status === 'fulfilled') continue
          const { name } = outcome.reason as Error
          expect(['ConditionalCheckFailedException', 'ReplicatedWriteConflictException']).toContain(name)
        }
      }
    },
    TEST_MS,
  )

  it('has neither transactions nor time to live', async () => {
    const TransactItems = [{ Put: { TableName: strong, Item: { pk: { S: 'a' } } } }]
    await expect(world.in(home).client.send(new TransactWriteItemsCommand({ TransactItems }))).rejects.toBeInstanceOf(Error)
    const TimeToLiveSpecification = { AttributeName: 'expires', Enabled: true }
    const refusal = await refusalOf(world.in(home), 'UpdateTimeToLive', { TableName: strong, TimeToLiveSpecification })
    expect(refusal.name).toBe('ValidationException')
  })

  it(
    'ends when all other replicas are removed in one call, and leaves a regional table',
    async () => {
      await world.in(home).client.send(new UpdateTableCommand({ TableName: strong, ReplicaUpdates: [remove(away), remove(third)] }))
      const left = async () => {
        const tables = await Promise.all(regionNames.map((region) => describeIn(world, region, strong)))
        return tables.map((table) => table && [table.TableStatus, table.MultiRegionConsistency, table.Replicas])
      }
      await expect.poll(left, { timeout: LIFE_CYCLE_MS, interval: 500 }).toEqual([['ACTIVE', undefined, undefined], undefined, undefined])
    },
    TEST_MS,
  )
})
