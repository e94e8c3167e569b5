import { expect, test } from 'vitest'
import { assert } from '../base/assert.ts'
import { ledgerEntries } from '../replication/ledger-scan.ts'
import { resolveConflict } from './resolution.ts'
import { TestWorld, east, europe, west } from './test-world.contract.ts'

/** A member that holds up more of the others' logs than it may is taken out, and comes back by itself [REP-38]. */

const value = 'x'.repeat(1000)

async function pinTooMuch(lab: TestWorld): Promise<void> {
  for (let n = 0; n < 60; n++) await lab.put(west, `k${n % 20}`, `${n} ${value}`)
  await lab.time.advance(120_000)
}

test('REP-38: a member that cannot be reached is expelled when it pins more than the limit, and the log goes', async () => {
  const lab = await TestWorld.open({ logBytesMax: 20_000 })
  await lab.createTable(east, west, europe)
  const cut = await lab.break({ kind: 'pause', region: east })
  await pinTooMuch(lab)
  expect(lab.status(east)).toBe('EXPELLED')
  expect(await lab.countRows(west, 0x02)).toBe(0)
  const view = await lab.time.resolve(lab.world.describeTable(west, 'users'))
  expect(view).toMatchObject({
    table: { status: 'ACTIVE' },
    replicas: [
      { region: east, status: 'REGION_DISABLED' },
      { region: europe, status: 'ACTIVE' },
    ],
  })
  await lab.heal(cut)
  await lab.settled()
  expect(lab.status(east)).toBe('ACTIVE')
  expect(await lab.get(east, 'k19')).toContain('59')
  await lab.time.advance(120_000)
  expect(await lab.converged()).toBe(true)
  expect(await lab.countKept()).toBe(0)
})

test('REP-38: a write that was not sent is made again where the others hold what it was built on', async () => {
  const lab = await TestWorld.open({ logBytesMax: 20_000 })
  await lab.createTable(east, west, europe)
  await lab.put(west, 'mine', 'common')
  await lab.put(west, 'gone', 'common')
  await lab.time.advance(3_000)
  const cut = await lab.break({ kind: 'pause', region: east })
  await lab.put(east, 'mine', 'unsent 1')
  await lab.put(east, 'mine', 'unsent 2')
  await lab.put(east, 'new', 'unsent')
  await lab.delete(east, 'gone')
  await pinTooMuch(lab)
  await lab.heal(cut)
  await lab.settled()
  await lab.time.advance(120_000)
  for (const region of [east, west, europe]) {
    expect(await lab.get(region, 'mine')).toBe('unsent 2')
    expect(await lab.get(region, 'new')).toBe('unsent')
    expect(await lab.get(region, 'gone')).toBeUndefined()
  }
  expect(await lab.converged()).toBe(true)
  expect(await lab.countKept()).toBe(0)
  expect(await lab.conflicts()).toEqual([])
})

test('REP-38: one that is in conflict with what the others wrote goes through the policy, and the loser is in the ledger', async () => {
  const lab = await TestWorld.open({ logBytesMax: 20_000 })
  await lab.createTable(east, west, europe)
  await lab.put(west, 'theirs', 'common')
  await lab.put(west, 'mine', 'common')
  await lab.time.advance(3_000)
  const cut = await lab.break({ kind: 'pause', region: east })
  await lab.put(east, 'theirs', 'unsent')
  await lab.put(west, 'mine', 'earlier')
  await lab.time.advance(1_000)
  await lab.put(west, 'theirs', 'later')
  await lab.put(east, 'mine', 'unsent')
  await pinTooMuch(lab)
  await lab.heal(cut)
  await lab.settled()
  await lab.time.advance(120_000)
  for (const region of [east, west, europe]) {
    expect(await lab.get(region, 'theirs')).toBe('later')
    expect(await lab.get(region, 'mine')).toBe('unsent')
  }
  expect(await lab.converged()).toBe(true)
  const lost = (await lab.conflicts()).map(({ loser, withdrawn, settled }) => [
    /"v":\{"S":"(\w+)"/.exec(loser.image ?? '')?.[1],
    withdrawn,
    settled,
  ])
  expect(lost.sort()).toEqual([
    ['earlier', false, true],
    ['unsent', false, true],
  ])
})

test('REP-38: one is made again also when the others stopped naming logs that have ended, while it was away', async () => {
  const lab = await TestWorld.open({ logBytesMax: 20_000, endedIncarnationsMax: 0 })
  await lab.createTable(east, west, europe)
  await lab.put(west, 'mine', 'common')
  await lab.put(east, 'other', 'common')
  await lab.time.advance(3_000)
  const cut = await lab.break({ kind: 'pause', region: east })
  await lab.put(east, 'mine', 'unsent')
  await pinTooMuch(lab)
  expect(lab.status(east)).toBe('EXPELLED')
  // Everything that the two have is stable now. A Region that comes up is when it is looked for logs that have ended.
  await lab.break({ kind: 'crash', region: europe })
  await lab.settled()
  await lab.put(europe, 'another', 'v')
  await lab.time.advance(60_000)
  await lab.time.resolve(lab.world.retireIncarnations())
  await lab.heal(cut)
  await lab.settled()
  await lab.time.advance(120_000)
  for (const region of [east, west, europe]) expect(await lab.get(region, 'mine')).toBe('unsent')
  expect(await lab.converged()).toBe(true)
  expect(await lab.countKept()).toBe(0)
})

test('REP-38: a deletion that settled a conflict, and was not sent, closes it everywhere, though there is nothing left to delete', async () => {
  const lab = await TestWorld.open({ logBytesMax: 20_000 })
  await lab.createTable(east, west, europe)
  const between = await lab.break({ kind: 'pause', region: east })
  await lab.put(east, 'k', 'loser')
  await lab.time.advance(1_000)
  await lab.put(west, 'k', 'winner')
  await lab.heal(between)
  await lab.time.advance(10_000)
  const [conflict] = await lab.conflicts()
  assert(conflict !== undefined, 'there is a conflict')
  const cut = await lab.break({ kind: 'pause', region: east })
  await lab.time.resolve(lab.world.crash(west)) // so that it is settled in the Region that is cut off
  await lab.time.resolve(lab.world.crash(europe))
  expect(await lab.time.resolve(resolveConflict(lab.world, conflict, { item: undefined, shown: undefined }))).toMatchObject({
    region: east,
  })
  await lab.time.resolve(lab.world.recover(west))
  await lab.time.resolve(lab.world.recover(europe))
  await lab.delete(west, 'k')
  await pinTooMuch(lab)
  expect(lab.status(east)).toBe('EXPELLED')
  await lab.heal(cut)
  await lab.settled()
  await lab.time.advance(120_000)
  for (const region of [east, west, europe]) expect(await resolvedIn(lab, region)).toEqual([true])
  expect(await lab.converged()).toBe(true)
  expect(await lab.countKept()).toBe(0)
})

test('REP-38: an expelled replica that crashes while it is filled again goes on afterwards', async () => {
  const lab = await TestWorld.open({ logBytesMax: 20_000 })
  await lab.createTable(east, west, europe)
  const cut = await lab.break({ kind: 'pause', region: east })
  await lab.put(east, 'new', 'unsent')
  await pinTooMuch(lab)
  await lab.heal(cut)
  for (let turn = 0; turn < 6; turn++) {
    await lab.time.advance(40)
    await lab.break({ kind: 'crash', region: east })
  }
  await lab.settled()
  await lab.time.advance(120_000)
  expect(lab.status(east)).toBe('ACTIVE')
  for (const region of [east, west, europe]) expect(await lab.get(region, 'new')).toBe('unsent')
  expect(await lab.converged()).toBe(true)
  expect(await lab.countKept()).toBe(0)
})

/** Of each entry in one Region's own ledger. */
async function resolvedIn(lab: TestWorld, region: string): Promise<readonly boolean[]> {
  const engine = await lab.engine(region)
  const table = engine.table('users')
  const found: boolean[] = []
  if (table !== undefined) for await (const { resolved } of ledgerEntries(engine.store, table.number, 0n)) found.push(resolved)
  return found
}
