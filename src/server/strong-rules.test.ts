import type { UpdateTableCommandInput } from '@aws-sdk/client-dynamodb'
import { CreateTableCommand, DeleteTableCommand, PutItemCommand, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { GlobalWorld, home, refusalOf, there, third } from './global-world.contract.ts'

// The control plane of strongly consistent tables: texts observed on AWS, 2026-10.

let world: GlobalWorld
beforeAll(async () => {
  // Nothing is written here, so nothing has to carry writes.
  world = await GlobalWorld.start()
  for (const table of ['regional', 'full', 'expiring']) await world.table(table)
  await world.table('eventual', [there])
  await world.table('witnessed')
  await world.table('three')
  await world.client().send(new PutItemCommand({ TableName: 'full', Item: { pk: { S: 'a' } } }))
  const TimeToLiveSpecification = { Enabled: true, AttributeName: 'until' }
  await world.client().send(new UpdateTimeToLiveCommand({ TableName: 'expiring', TimeToLiveSpecification }))
})
afterAll(() => world.close())

const create = (RegionName: string) => ({ Create: { RegionName } })
const remove = (RegionName: string) => ({ Delete: { RegionName } })
const strong = { MultiRegionConsistency: 'STRONG' as const }
const count = 'Unsupported replica count for global tables with MultiRegionConsistency set to STRONG.'
const onlyOne = 'Deletion of only one table replica is not supported for global tables with MultiRegionConsistency set to STRONG.'
const nothing = 'At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, '
type Request = Omit<UpdateTableCommandInput, 'TableName'>

const refusals: readonly [string, string, Request, string][] = [
  ['one replica alone', 'regional', { ...strong, ReplicaUpdates: [create(there)] }, count],
  ['three more replicas', 'regional', { ...strong, ReplicaUpdates: [create(there), create(third), create('us-east-2')] }, count],
  [
    'a witness without strength',
    'regional',
    { ReplicaUpdates: [create(there)], GlobalTableWitnessUpdates: [create(third)] },
    'MultiRegionConsistency must be set as STRONG when GlobalTableWitnessUpdates parameter is present.',
  ],
  ['strength without replicas', 'regional', strong, nothing],
  ['a witness without replicas', 'regional', { ...strong, GlobalTableWitnessUpdates: [create(third)] }, nothing],
  [
    'a witness where a replica is',
    'regional',
    { ...strong, ReplicaUpdates: [create(there)], GlobalTableWitnessUpdates: [create(there)] },
    'Cannot target multiple regions with the same action',
  ],
  [
    'a witness where it is asked',
    'regional',
    { ...strong, ReplicaUpdates: [create(there)], GlobalTableWitnessUpdates: [create(home)] },
    'Cannot add a witness in the same region as an existing replica when creating a global table with MultiRegionConsistency set to STRONG.',
  ],
  [
    'a Region that has none',
    'regional',
    { ...strong, ReplicaUpdates: [create('us-west-1')], GlobalTableWitnessUpdates: [create('us-west-1')] },
    'Unsupported Region(s) specified for global tables with MultiRegionConsistency set to STRONG: [us-west-1].',
  ],
  [
    'a removal',
    'witnessed',
    { ...strong, ReplicaUpdates: [remove(there)] },
    'Only Replica Create actions are supported when MultiRegionConsistency parameter is provided.',
  ],
  [
    'a group that is eventually consistent',
    'eventual',
    { ...strong, ReplicaUpdates: [create(third), create('us-east-2')] },
    'MultiRegionConsistency parameter is unsupported on existing global table',
  ],
  [
    'a table with items',
    'full',
    { ...strong, ReplicaUpdates: [create(there), create(third)] },
    'Table full cannot have MultiRegionConsistency set to STRONG because it is not empty.',
  ],
  [
    'a table whose items expire',
    'expiring',
    { ...strong, ReplicaUpdates: [create(there), create(third)] },
    'Table expiring cannot have MultiRegionConsistency set to STRONG while Time to Live is enabled.',
  ],
]

describe('strong consistency is refused with', () => {
  it.each(refusals)('%s', async (_what, TableName, request, text) => {
    const [name, message] = await refusalOf(world.update(home, { TableName, ...request }))
    expect([name, message.startsWith(text) ? text : message]).toEqual(['ValidationException', text])
  })
})

describe('a group with a witness', () => {
  test('is made by one request, and described in both Regions of its replicas; where the witness is, there is no table', async () => {
    const request = { ...strong, ReplicaUpdates: [create(there)], GlobalTableWitnessUpdates: [create(third)] }
    const answer = await world.update(home, { TableName: 'witnessed', ...request })
    expect(answer).toMatchObject({ TableStatus: 'UPDATING', GlobalTableVersion: '2019.11.21', ...strong, Replicas: [] })
    expect(answer).not.toHaveProperty('GlobalTableWitnesses')
    await world.world.settled()
    for (const [region, other] of [[home, there] as const, [there, home] as const]) {
      expect(await world.describe(region, 'witnessed')).toMatchObject({
        TableStatus: 'ACTIVE',
        GlobalTableVersion: '2019.11.21',
        ...strong,
        Replicas: [{ RegionName: other, ReplicaStatus: 'ACTIVE' }],
        GlobalTableWitnesses: [{ RegionName: third, WitnessStatus: 'ACTIVE' }],
      })
    }
    expect(await world.describe(there, 'witnessed')).not.toHaveProperty('StreamSpecification')
    expect((await refusalOf(world.describe(third, 'witnessed')))[0]).toBe('ResourceNotFoundException')
    await world.client(third).send(
      new CreateTableCommand({
        TableName: 'witnessed',
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    )
  })

  const frozen: readonly [string, Request, string][] = [
    [
      'another replica',
      { ReplicaUpdates: [create('us-east-2')] },
      'Cannot add replicas to a global table with strong MultiRegionConsistency',
    ],
    ['another replica, strongly', { ...strong, ReplicaUpdates: [create('us-east-2')] }, count],
    [
      'another consistency',
      { MultiRegionConsistency: 'EVENTUAL', ReplicaUpdates: [create('us-east-2')] },
      'MultiRegionConsistency parameter is unsupported on existing global table',
    ],
    ['the removal of its replica', { ReplicaUpdates: [remove(there)] }, 'Update table delete operation does not include all witnesses.'],
    ['the removal of its witness', { GlobalTableWitnessUpdates: [remove(third)] }, nothing],
    [
      'the removal of another witness',
      { ReplicaUpdates: [remove(there)], GlobalTableWitnessUpdates: [remove('eu-west-2')] },
      'Update global table operation failed because one or more witnesses were not part of the global table. Please retry the request without these witnesses: [eu-west-2].',
    ],
  ]
  it.each(frozen)('refuses %s', async (_what, request, text) => {
    const [, message] = await refusalOf(world.update(home, { TableName: 'witnessed', ...request }))
    expect(message.startsWith(text) ? text : message).toBe(text)
  })

  test('is deleted in no Region, has no expiry, and a stream in each Region by itself', async () => {
    for (const region of [home, there]) {
      expect(await refusalOf(world.client(region).send(new DeleteTableCommand({ TableName: 'witnessed' })))).toEqual([
        'ValidationException',
        onlyOne,
      ])
    }
    const expiry = { TableName: 'witnessed', TimeToLiveSpecification: { Enabled: true, AttributeName: 'until' } }
    expect((await refusalOf(world.client().send(new UpdateTimeToLiveCommand(expiry))))[0]).toBe('ValidationException')
    await world.update(there, { TableName: 'witnessed', StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' } })
    await world.world.settled()
    expect((await world.describe(there, 'witnessed')).StreamSpecification?.StreamViewType).toBe('KEYS_ONLY')
    expect(await world.describe(home, 'witnessed')).not.toHaveProperty('StreamSpecification')
    await world.update(there, { TableName: 'witnessed', StreamSpecification: { StreamEnabled: false } })
  })

  test('is taken apart by one request, and a regional table is left where that was asked', async () => {
    const request = { ReplicaUpdates: [remove(there)], GlobalTableWitnessUpdates: [remove(third)] }
    const answer = await world.update(home, { TableName: 'witnessed', ...request })
    expect(answer).toMatchObject({
      TableStatus: 'UPDATING',
      Replicas: [{ ReplicaStatus: 'ACTIVE' }],
      GlobalTableWitnesses: [{ WitnessStatus: 'ACTIVE' }],
    })
    await world.world.settled()
    const table = await world.describe(home, 'witnessed')
    expect(table.TableStatus).toBe('ACTIVE')
    for (const member of ['Replicas', 'GlobalTableVersion', 'MultiRegionConsistency', 'GlobalTableWitnesses'])
      expect(table).not.toHaveProperty(member)
    expect((await refusalOf(world.describe(there, 'witnessed')))[0]).toBe('ResourceNotFoundException')
    expect((await world.describe(third, 'witnessed')).TableStatus).toBe('ACTIVE')
    await world.update(home, { TableName: 'witnessed', ReplicaUpdates: [create(there)] })
    await world.world.settled()
    expect(await world.describe(home, 'witnessed')).not.toHaveProperty('MultiRegionConsistency')
  })
})

test('three replicas come and go together', async () => {
  await world.update(home, { TableName: 'three', ...strong, ReplicaUpdates: [create(there), create(third)] })
  await world.world.settled()
  const table = await world.describe(third, 'three')
  expect(table.Replicas?.map(({ RegionName, ReplicaStatus }) => [RegionName, ReplicaStatus])).toEqual([
    [home, 'ACTIVE'],
    [there, 'ACTIVE'],
  ])
  expect(table).not.toHaveProperty('GlobalTableWitnesses')
  expect((await refusalOf(world.update(home, { TableName: 'three', ReplicaUpdates: [remove(there)] })))[1]).toBe(onlyOne)
  await world.update(third, { TableName: 'three', ReplicaUpdates: [remove(there), remove(home)] })
  await world.world.settled()
  expect(await world.describe(third, 'three')).not.toHaveProperty('Replicas')
  await world.client(third).send(new DeleteTableCommand({ TableName: 'three' }))
})
