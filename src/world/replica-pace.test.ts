import { expect, test } from 'vitest'
import { isRefusal } from '../engine/refusal.ts'
import { lagProfiles } from './lag-profile.ts'
import { replicaPaces } from './replica-pace.ts'
import { TestWorld, accepted, east, europe } from './test-world.contract.ts'

const open = (): Promise<TestWorld> => TestWorld.open({ replicaPace: replicaPaces.aws, profile: lagProfiles.instant })

/** What a Region's endpoint says: the table's status, and those of the replicas that it lists; undefined: it has no such table. */
async function seen(lab: TestWorld, region: string): Promise<readonly unknown[] | undefined> {
  const view = await lab.time.resolve(lab.world.describeTable(region, 'users'))
  return isRefusal(view) ? undefined : [view.table.status, view.replicas?.map(({ region: other, status }) => `${other} ${status}`)]
}

test('a replica is not listed, then CREATING, then there, then ACTIVE, at DynamoDB’s pace', async () => {
  const lab = await open()
  await lab.createTable(east)
  const answer = accepted(await lab.beginAdd(east, europe))
  expect([answer.table.status, answer.replicas]).toEqual(['UPDATING', []])
  expect(await seen(lab, east)).toEqual(['UPDATING', []])
  await lab.time.advance(7_000)
  expect(await seen(lab, east)).toEqual(['UPDATING', [`${europe} CREATING`]])
  expect(await seen(lab, europe)).toBeUndefined()
  await lab.time.advance(5_000)
  expect(await seen(lab, europe)).toEqual(['CREATING', [`${east} ACTIVE`]])
  expect(await lab.put(east, 'during', 'v')).toBe('put')

  // What its Region says of it until then, and what its source allows.
  const ask = (region: string, change: Promise<unknown>): Promise<unknown> => lab.time.resolve(change).then((outcome) => [region, outcome])
  expect(await ask(europe, lab.world.deleteTable(europe, 'users'))).toMatchObject([europe, { refused: 'in-use' }])
  expect(
    await ask(
      europe,
      lab.world.changeSettings(europe, 'users', ({ settings }) => settings, 'always'),
    ),
  ).toMatchObject([europe, { refused: 'not-found', message: 'Requested resource not found: Table: users not found' }])
  const further = await lab.beginAdd(europe, 'us-west-2')
  expect(isRefusal(further) && further.message).toBe(
    `Create/Update/Delete of replica is not allowed while the replica is being added to table with name: users in region ${europe}`,
  )
  expect(await lab.beginAdd(east, 'us-west-2')).toMatchObject({
    refused: 'in-use',
    message: 'The resource which you are attempting to change is in use.',
  })
  expect(await lab.time.resolve(lab.world.changeSettings(east, 'users', ({ settings }) => settings, 'updating'))).toMatchObject({
    refused: 'in-use',
  })
  accepted(
    await lab.time.resolve(lab.world.changeSettings(east, 'users', ({ settings }) => ({ ...settings, timeToLive: 'until' }), 'always')),
  )
  accepted(await lab.time.resolve(lab.world.changeTags(east, 'users', () => ({ a: 'b' }))))

  await lab.settled(3_600_000)
  expect([await seen(lab, east), await seen(lab, europe)]).toEqual([
    ['ACTIVE', [`${europe} ACTIVE`]],
    ['ACTIVE', [`${east} ACTIVE`]],
  ])
  expect((await lab.engine(europe)).table('users')?.settings.timeToLive).toBe('until')
  expect(await lab.get(europe, 'during')).toBe('v')
})

test('a removal is first told of by the source, then by the replica; both ways end after minutes', async () => {
  const lab = await open()
  await lab.createTable(east)
  accepted(await lab.beginAdd(east, europe))
  await lab.settled(3_600_000)
  const answer = accepted(await lab.beginRemove(east, europe))
  expect([answer.table.status, answer.replicas?.map(({ status }) => status)]).toEqual(['UPDATING', ['ACTIVE']])
  await lab.time.advance(30_000)
  expect(await seen(lab, east)).toEqual(['UPDATING', [`${europe} ACTIVE`]])
  await lab.time.advance(15_000)
  expect(await seen(lab, east)).toEqual(['ACTIVE', [`${europe} DELETING`]])
  expect(await lab.beginAdd(east, europe)).toMatchObject({
    refused: 'invalid',
    message: expect.stringContaining('already existed as tables') as string,
  })
  await lab.time.advance(90_000)
  expect(await seen(lab, east)).toEqual(['ACTIVE', undefined])
  expect((await seen(lab, europe))?.[0]).toBe('DELETING')
  await lab.settled(3_600_000)
  expect(await seen(lab, europe)).toBeUndefined()
  accepted(await lab.beginAdd(east, europe))
  await lab.settled(3_600_000)

  expect(accepted(await lab.time.resolve(lab.world.deleteTable(europe, 'users'))).table.status).toBe('DELETING')
  expect(await seen(lab, east)).toEqual(['ACTIVE', [`${europe} DELETING`]])
  expect(await lab.time.resolve(lab.world.deleteTable(east, 'users'))).toMatchObject({
    message: `The last active replica of table: 'users'  in region: '${east}' cannot be deleted until all writes are replicated.`,
  })
  await lab.settled(3_600_000)
})

test('a process that ends in between goes on where it was', async () => {
  let lab = await open()
  await lab.createTable(east)
  accepted(await lab.beginAdd(east, europe))
  await lab.time.advance(12_000)
  lab = await lab.reopen({ replicaPace: replicaPaces.aws })
  expect(await seen(lab, east)).toEqual(['UPDATING', [`${europe} CREATING`]])
  await lab.settled(3_600_000)
  expect(await seen(lab, europe)).toEqual(['ACTIVE', [`${east} ACTIVE`]])
  accepted(await lab.beginRemove(east, europe))
  await lab.time.advance(50_000)
  lab = await lab.reopen({ replicaPace: replicaPaces.aws })
  await lab.settled(3_600_000)
  expect([await seen(lab, east), await seen(lab, europe)]).toEqual([['ACTIVE', undefined], undefined])
})

test('a group is UPDATING after deletion protection of a member was changed, and refuses other changes', async () => {
  const lab = await open()
  await lab.createTable(east)
  accepted(await lab.beginAdd(east, europe))
  await lab.settled(3_600_000)
  const protect = (): Promise<unknown> =>
    lab.time.resolve(
      lab.world.changeSettings(europe, 'users', ({ settings }) => ({
        ...settings,
        deletionProtection: true,
        changes: { ...settings.changes, deletionProtectionAtMs: lab.time.nowMs() },
      })),
    )
  expect(isRefusal(await protect())).toBe(false)
  expect((await seen(lab, east))?.[0]).toBe('UPDATING')
  expect(await protect()).toMatchObject({ refused: 'in-use' })
  expect(await lab.beginRemove(east, europe)).toMatchObject({ refused: 'in-use' })
  await lab.time.advance(40_000)
  expect((await seen(lab, east))?.[0]).toBe('ACTIVE')
  expect((await lab.engine(east)).table('users')?.settings.deletionProtection).toBe(false)
})
