import { expect, test } from 'vitest'
import { isRefusal } from '../engine/refusal.ts'
import { policyTag } from '../replication/policy-text.ts'
import { policyOf } from './inspection.ts'
import { createSandbox } from './sandbox.ts'
import { accepted, TestWorld, east, europe, users, west } from './test-world.contract.ts'

const homes = 'home-region:attribute=home'

async function setPolicy(lab: TestWorld, region: string, policy: string | undefined): Promise<unknown> {
  return lab.time.resolve(
    lab.world.changeTags(region, users.name, ({ [policyTag]: _before, ...others }) =>
      policy === undefined ? others : { ...others, [policyTag]: policy },
    ),
  )
}

async function policies(lab: TestWorld): Promise<readonly string[]> {
  return [...((await lab.time.resolve(policyOf(lab.world, users.name)))?.followedByRegion.values() ?? [])]
}

async function tags(lab: TestWorld, region: string): Promise<unknown> {
  return (await lab.engine(region)).table(users.name)?.tags
}

/** Two writes of one item, neither of which has seen the other; the first one is at home. */
async function makeConflict(lab: TestWorld, pk: string): Promise<void> {
  const fault = await lab.break({ kind: 'partition', between: [east, europe] })
  await lab.putItem(east, pk, { v: { S: 'at home' }, home: { S: east } })
  await lab.time.advance(10)
  await lab.putItem(europe, pk, { v: { S: 'later' }, home: { S: east } })
  await lab.heal(fault)
  await lab.time.advance(10_000)
}

test('REP-11: a policy that is set in one Region is followed, and its tag seen, in all', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, europe)
  await makeConflict(lab, 'k')
  expect([await lab.get(east, 'k'), await lab.get(europe, 'k')]).toEqual(['later', 'later'])
  expect(isRefusal(await setPolicy(lab, europe, homes))).toBe(false)
  await lab.settled()
  expect([await lab.get(east, 'k'), await lab.get(europe, 'k')]).toEqual(['at home', 'at home'])
  expect([await tags(lab, east), await tags(lab, europe)]).toEqual([{ [policyTag]: homes }, { [policyTag]: homes }])
  expect(await policies(lab)).toEqual([homes, homes])
  await setPolicy(lab, east, undefined)
  await lab.settled()
  expect([await tags(lab, east), await tags(lab, europe)]).toEqual([{}, {}])
  expect([await lab.get(east, 'k'), await lab.get(europe, 'k')]).toEqual(['later', 'later'])
  expect(await lab.converged()).toBe(true)
})

test('REP-11: what is no policy is refused, at a tag and at a new table, and changes nothing', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, europe)
  expect(await setPolicy(lab, east, 'newest-wins')).toMatchObject({ refused: 'invalid' })
  expect(await tags(lab, east)).toEqual({})
  const blueprint = { ...users, name: 'other', tags: { [policyTag]: 'newest-wins' } }
  expect(await lab.time.resolve(lab.world.createTable(east, blueprint))).toMatchObject({ refused: 'invalid' })
})

test('REP-11: the policy of a table in one Region has no effect until it has replicas, which take it along', async () => {
  const lab = await TestWorld.open()
  accepted(await lab.time.resolve(lab.world.createTable(east, { ...users, tags: { [policyTag]: homes, team: 'a' } })))
  await lab.time.advance(1000)
  await lab.add(east, europe)
  await lab.time.advance(5000)
  expect(await tags(lab, europe)).toEqual({ [policyTag]: homes })
  await makeConflict(lab, 'k')
  expect([await lab.get(east, 'k'), await lab.get(europe, 'k')]).toEqual(['at home', 'at home'])
  expect(await lab.converged()).toBe(true)
})

test('REP-31: a policy is not changed while a replica comes or goes; other tags are', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, europe)
  accepted(await lab.beginAdd(east, west))
  expect(await setPolicy(lab, east, homes)).toMatchObject({ refused: 'in-use' })
  expect(isRefusal(await lab.time.resolve(lab.world.changeTags(east, users.name, (now) => ({ ...now, team: 'a' }))))).toBe(false)
  await lab.settled()
  expect(isRefusal(await setPolicy(lab, east, homes))).toBe(false)
})

test('REP-11: a Region that was down follows when it is back, and so does one whose process ended', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, europe)
  await makeConflict(lab, 'k')
  const crash = await lab.break({ kind: 'crash', region: europe }, 60_000)
  await setPolicy(lab, east, homes)
  await lab.time.advance(1000)
  expect([await lab.get(east, 'k'), await policies(lab)]).toEqual(['at home', [homes]])
  await lab.heal(crash)
  await lab.settled()
  expect(await lab.get(europe, 'k')).toBe('at home')
  const next = await lab.reopen()
  await next.settled()
  expect(await policies(next)).toEqual([homes, homes])
})

test('REP-12: with refusal, what is at home in another member is not written here; a home that is no member is none', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, europe)
  await setPolicy(lab, east, `${homes}:refuse`)
  await lab.settled()
  await lab.putItem(east, 'k', { v: { S: 'one' }, home: { S: east } })
  await lab.time.advance(10_000)
  await expect(lab.putItem(europe, 'k', { v: { S: 'two' }, home: { S: europe } })).resolves.toMatchObject({ kind: 'not-here' })
  await expect(lab.putItem(europe, 'new', { v: { S: 'x' }, home: { S: east } })).resolves.toMatchObject({ kind: 'not-here' })
  await expect(lab.putItem(europe, 'new', { v: { S: 'x' }, home: { S: west } })).resolves.toBe('put')
  await expect(lab.putItem(europe, 'other', { v: { S: 'x' } })).resolves.toBe('put')
})

test('REP-13: a function that was registered is there when the program starts again, and decides what comes then', async () => {
  await createSandbox() // its file is read in real time, which a world in virtual time does not wait for
  let lab = await TestWorld.open()
  await lab.createTable(east, europe)
  const name = await lab.time.resolve(lab.world.functions.register('(versions) => versions[0].item'))
  if (isRefusal(name)) throw new Error(name.message)
  await setPolicy(lab, east, `custom:${name}`)
  await lab.settled()
  await makeConflict(lab, 'k')
  expect([await lab.get(east, 'k'), await lab.get(europe, 'k')]).toEqual(['at home', 'at home'])
  lab = await lab.reopen()
  await lab.settled()
  await makeConflict(lab, 'j')
  expect([await lab.get(east, 'j'), await lab.get(europe, 'j')]).toEqual(['at home', 'at home'])
  expect([await lab.get(east, 'k'), await lab.get(europe, 'k')]).toEqual(['at home', 'at home'])
  expect(await policies(lab)).toEqual([`custom:${name}`, `custom:${name}`])
  expect(await lab.converged()).toBe(true)
})
