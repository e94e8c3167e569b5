import { describe, expect, it } from 'vitest'
import { makeTable, useTable } from '../endpoint.ts'
import { refusalOf, validation } from '../refusal.ts'
import { useGlobalTable } from './global-table.ts'
import { away, far, home, TEST_MS, useRegions } from './regions.ts'

const world = useRegions()
const regional = useTable(
  {
    get client() {
      return world.in(home).client
    },
    get streams() {
      return world.in(home).streams
    },
    raw: (operation, body) => world.in(home).raw(operation, body),
    name: (what) => world.name(what),
  },
  'regional',
  'pk S',
)
const global = useGlobalTable(world, 'refusals', 'pk S', {}, [home, away])

const update = (TableName: string, body: object) => refusalOf(world.in(home), 'UpdateTable', { TableName, ...body })
const create = (RegionName: string) => ({ Create: { RegionName } })
const remove = (RegionName: string) => ({ Delete: { RegionName } })
const NOTHING = 'There are no actions specified in the Replica Update Action of the request.'
const LOCAL = 'Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable as required.'
const TAKEN = (name: string) =>
  `Failed to create a the new replica of table with name: ‘${name}’ because one or more replicas already existed as tables.`
const NO_MEMBER = (region: string) =>
  'Update global table operation failed because one or more replicas were not part of the global table. ' +
  `Please retry the request without these replicas: [${region}].`

/** What one call of UpdateTable may contain, seen of AWS in October 2026. */
describe('a change of replicas is refused', () => {
  it('beside any other change', async () => {
    const message = 'One or more parameter values were invalid: Replica modification must be the only operation in the request'
    for (const other of [{ BillingMode: 'PAY_PER_REQUEST' }, { DeletionProtectionEnabled: true }]) {
      expect(await update(regional, { ReplicaUpdates: [create(away)], ...other })).toEqual(validation(message))
    }
  })

  it('when there is more than one of them', async () => {
    const two = [create(away), create(far ?? home)]
    expect(await update(regional, { ReplicaUpdates: two })).toEqual(
      validation('Update table operation with more than one create or delete replica actions not allowed'),
    )
    expect(await update(global, { ReplicaUpdates: [create(far ?? home), remove(away)] })).toEqual(
      validation('Update table operation with more than one create or delete replica actions not allowed'),
    )
  })

  it('when it is of several kinds in one, or none', async () => {
    expect(await update(regional, { ReplicaUpdates: [{ ...create(away), ...remove(away) }] })).toEqual(
      validation('Update table operation with more than one type of replica actions not allowed.'),
    )
    expect(await update(regional, { ReplicaUpdates: [{}] })).toEqual(validation(NOTHING))
    expect(await update(global, { ReplicaUpdates: [{ Update: { RegionName: away } }] })).toEqual(validation(NOTHING))
  })

  it('when it is of the Region that is called', async () => {
    for (const ReplicaUpdates of [[create(home)], [remove(home)]]) {
      expect(await update(global, { ReplicaUpdates })).toEqual(validation(LOCAL))
    }
  })

  it('when there is no such Region, to the letter', async () => {
    for (const region of ['mars-north-1', away.toUpperCase()]) {
      const { name, message } = await update(regional, { ReplicaUpdates: [create(region)] })
      expect(name).toBe('ValidationException')
      const start = `Region ${region} is not supported. The latest version of global tables are only supported in the following regions: [`
      expect(message).toContain(start)
      expect(message).toContain(home)
    }
  })

  it(
    'when the Region has a replica already, or a table of that name, which is never taken over',
    async () => {
      expect(await update(global, { ReplicaUpdates: [create(away)] })).toEqual(validation(TAKEN(global)))
      const name = world.name('two-tables')
      await makeTable(world.in(home).client, name, 'pk S')
      await makeTable(world.in(away).client, name, 'pk S')
      expect(await update(name, { ReplicaUpdates: [create(away)] })).toEqual(validation(TAKEN(name)))
    },
    TEST_MS,
  )

  it('when the Region has none that could be changed or removed', async () => {
    const elsewhere = far ?? 'ap-south-1'
    expect(await update(global, { ReplicaUpdates: [remove(elsewhere)] })).toEqual(validation(NO_MEMBER(elsewhere)))
    const changed = { Update: { RegionName: elsewhere, TableClassOverride: 'STANDARD' } }
    expect(await update(global, { ReplicaUpdates: [changed] })).toEqual(validation(NO_MEMBER(elsewhere)))
  })

  it(
    'when writes are provisioned and not scaled',
    async () => {
      const name = world.name('unscaled')
      await makeTable(world.in(home).client, name, 'pk S', { ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } })
      expect(await update(name, { ReplicaUpdates: [create(away)] })).toEqual(
        validation('Table write capacity should either be Pay-Per-Request or AutoScaled.'),
      )
    },
    TEST_MS,
  )

  it('when its override reads more of a table on demand', async () => {
    const override = { Update: { RegionName: away, ProvisionedThroughputOverride: { ReadCapacityUnits: 5 } } }
    expect(await update(global, { ReplicaUpdates: [override] })).toEqual(
      validation('Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST'),
    )
  })
})

it('a replica for nowhere is one that nobody may make', async () => {
  const answer = await world.in(home).raw('UpdateTable', { TableName: regional, ReplicaUpdates: [create('')] })
  expect([answer.status, String(answer.body['__type']).replace(/^.*#/, '')]).toEqual([400, 'AccessDeniedException'])
})

/** A stream is what replication reads, so it stays as it is while there are replicas. */
it('the stream of a table with replicas can be neither put off nor put on again', async () => {
  expect(await update(global, { StreamSpecification: { StreamEnabled: false } })).toEqual(
    validation('One or more parameter values were invalid: Disabling Stream is not allowed for a Global Table replica.'),
  )
  for (const StreamViewType of ['NEW_AND_OLD_IMAGES', 'KEYS_ONLY']) {
    expect(await update(global, { StreamSpecification: { StreamEnabled: true, StreamViewType } })).toEqual(
      validation(`Table already has an enabled stream: TableName: ${global}`),
    )
  }
})

it('a table without replicas is none for DescribeTableReplicaAutoScaling, with which there is nothing to describe', async () => {
  expect(await refusalOf(world.in(home), 'DescribeTableReplicaAutoScaling', { TableName: regional })).toEqual({
    name: 'ResourceNotFoundException',
    message: `Global table with name: '${regional}' does not exist.`,
  })
})
