import { expect, test } from 'vitest'
import { accountRegion } from '../base/account-region.ts'
import { tableNames } from './inspection.ts'
import { TestWorld, accepted, east, europe, users } from './test-world.contract.ts'

const ann = '111122223333'
const [annsEast, annsEurope] = [accountRegion(east, ann), accountRegion(europe, ann)]

/** A table of one name in two accounts, each with a replica. */
async function openBoth(): Promise<TestWorld> {
  const lab = await TestWorld.open()
  await lab.createTable(east, europe)
  await lab.createTable(annsEast, annsEurope)
  return lab
}

test('tables of one name in two accounts are two tables, each replicated within its account', async () => {
  const lab = await openBoth()
  await lab.put(east, 'k', 'home')
  await lab.put(annsEurope, 'k', 'ann')
  await lab.time.advance(10_000)
  expect([await lab.get(europe, 'k'), await lab.get(annsEast, 'k')]).toEqual(['home', 'ann'])
  expect(tableNames(lab.world)).toEqual(['users', `users@${ann}`])
  accepted(await lab.time.resolve(lab.world.deleteTable(annsEurope, 'users')))
  await lab.settled()
  expect(await lab.get(europe, 'k')).toBe('home')
})

test('a new process finds the tables of all accounts', async () => {
  let lab = await openBoth()
  await lab.put(annsEast, 'k', 'ann')
  lab = await lab.reopen()
  await lab.time.advance(10_000)
  expect(await lab.get(annsEurope, 'k')).toBe('ann')
  expect(await lab.get(europe, 'k')).toBeUndefined()
})

test('a Region that is broken is broken for all accounts', async () => {
  const lab = await openBoth()
  const partition = await lab.break({ kind: 'partition', between: [east, europe] })
  expect(lab.world.network.isUp(annsEast, annsEurope)).toBe(false)
  await lab.heal(partition)
  expect(lab.world.network.isUp(annsEast, annsEurope)).toBe(true)

  const outage = await lab.break({ kind: 'outage', region: east })
  expect(await lab.world.engine(annsEast)).toMatchObject({ refused: 'unavailable' })
  expect(lab.world.awake(annsEast)).toBeUndefined()
  await lab.heal(outage)
  expect(await lab.world.engine(annsEast)).toMatchObject({ region: annsEast })

  await lab.break({ kind: 'skew', region: east, ms: 5_000, driftPpm: 0 }, 1_000)
  expect(lab.world.region(annsEast)?.clock.offsetMs).toBe(5_000)
})

test('while a Region is down no account has it, also none that comes to it meanwhile, and all have it afterwards', async () => {
  const lab = await openBoth()
  await lab.put(annsEast, 'k', 'before')
  await lab.time.advance(10_000)
  const crash = await lab.break({ kind: 'crash', region: east }, 60_000)
  const bobs = accountRegion(east, '444455556666')
  for (const region of [east, annsEast, bobs]) {
    expect(await lab.world.engine(region)).toMatchObject({ refused: 'unavailable', message: `Region ${east} does not answer.` })
  }
  await lab.put(annsEurope, 'k', 'meanwhile')
  await lab.heal(crash)
  await lab.time.advance(10_000)
  expect(await lab.get(annsEast, 'k')).toBe('meanwhile')
  accepted(await lab.time.resolve(lab.world.createTable(bobs, users)))
})
