import { expect, test } from 'vitest'
import { isRefusal } from '../engine/refusal.ts'
import { TestWorld, east, europe, west } from './test-world.contract.ts'

/** A Region that never comes back: what the survivors hold of it, and what becomes of them. */

async function lose(lab: TestWorld, ...regions: readonly string[]): Promise<void> {
  const lost = await lab.time.resolve(lab.world.lose(regions), 600_000)
  if (isRefusal(lost)) throw new Error(lost.message)
  await lab.settled()
}

/** A link of one direction stands still for a while. */
function delay(lab: TestWorld, from: string, to: string): () => void {
  return lab.world.network.block((a, b) => a === from && b === to)
}

test('REP-26: survivors bring each other to what any of them has of a lost Region, and are equal', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, west, europe)
  delay(lab, east, europe)
  for (let n = 0; n < 20; n++) await lab.put(east, `k${n}`, String(n))
  await lab.time.advance(3_000)
  expect(await lab.get(west, 'k19')).toBe('19')
  expect(await lab.get(europe, 'k19')).toBeUndefined()
  await lab.break({ kind: 'crash', region: east }, 10_000_000)
  await lose(lab, east)
  expect(await lab.get(europe, 'k19')).toBe('19')
  expect(await lab.converged()).toBe(true)
  await lab.time.advance(120_000)
  expect(await lab.countKept()).toBe(0)
})

test('REP-36: a deletion is not collected while a survivor may still get what it deleted from another one', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, west, europe)
  const open = delay(lab, east, europe)
  await lab.put(east, 'k', 'old')
  await lab.time.advance(3_000)
  await lab.delete(west, 'k')
  await lab.time.advance(3_000)
  await lab.break({ kind: 'crash', region: east }, 10_000_000)
  open()
  await lose(lab, east)
  await lab.time.advance(120_000)
  for (const region of [west, europe]) expect(await lab.get(region, 'k')).toBeUndefined()
  expect(await lab.converged()).toBe(true)
  expect(await lab.countKept()).toBe(0)
})

test('REP-36: what a Region ships after it was given up is accepted by nobody', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, west, europe)
  await lab.put(east, 'before', '1')
  await lab.time.advance(3_000)
  const fault = await lab.break({ kind: 'pause', region: east })
  await lab.put(east, 'after', '2')
  await lose(lab, east)
  await lab.heal(fault)
  await lab.time.advance(120_000)
  for (const region of [west, europe]) {
    expect(await lab.get(region, 'before')).toBe('1')
    expect(await lab.get(region, 'after')).toBeUndefined()
  }
  expect(await lab.converged()).toBe(true)
})

test('REP-30: where no survivor has the records that another one lacks, that one takes in a state', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, west)
  const fault = await lab.break({ kind: 'partition', between: [east, west] })
  for (let n = 0; n < 10; n++) await lab.put(east, `k${n}`, String(n))
  await lab.put(west, 'own', 'here')
  // Europe is filled from a snapshot: it knows all that the east wrote, and keeps no record of it.
  const adding = lab.beginAdd(east, europe)
  await lab.time.advance(1_000)
  await lab.heal(fault)
  const again = delay(lab, east, west)
  await adding
  await lab.settled()
  await lab.time.advance(1_000)
  expect(await lab.get(europe, 'k9')).toBe('9')
  expect(await lab.get(west, 'k9')).toBeUndefined()
  await lab.break({ kind: 'crash', region: east }, 10_000_000)
  again()
  await lose(lab, east)
  expect(await lab.get(west, 'k9')).toBe('9')
  expect(await lab.get(west, 'own')).toBe('here')
  expect(await lab.converged()).toBe(true)
  await lab.time.advance(120_000)
  expect(await lab.countKept()).toBe(0)
})

test('REP-37: what is known to be missing after a loss is noted', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, west, europe)
  await lab.put(east, 'k', '1')
  await lab.time.advance(3_000)
  await lab.break({ kind: 'crash', region: east }, 10_000_000)
  await lose(lab, east)
  const [table] = lab.world.globalTables()
  expect(table?.losses).toMatchObject([{ region: east, logs: [{ final: 1, known: 1 }] }])
  expect(table?.replicas.map(({ region }) => region)).toEqual([west, europe])
})

test('a Region that was given up can be added anew, on its old disk too', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, west, europe)
  await lab.put(east, 'k', '1')
  await lab.time.advance(3_000)
  const fault = await lab.break({ kind: 'crash', region: east }, 10_000_000)
  await lose(lab, east)
  await lab.put(west, 'k', '2')
  await lab.heal(fault)
  expect(await lab.get(east, 'k')).toBeUndefined()
  await lab.add(west, east)
  await lab.time.advance(5_000)
  expect(await lab.get(east, 'k')).toBe('2')
  await lab.put(east, 'k', '3')
  await lab.time.advance(5_000)
  expect(await lab.get(europe, 'k')).toBe('3')
  expect(await lab.converged()).toBe(true)
})

test('two Regions are given up at once; the last whole replica of a table cannot be', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, west, europe)
  await lab.put(east, 'k', '1')
  await lab.time.advance(3_000)
  for (const region of [east, west]) await lab.break({ kind: 'crash', region }, 10_000_000)
  const all = await lab.time.resolve(lab.world.lose([east, west, europe]))
  expect(isRefusal(all)).toBe(true)
  await lose(lab, east, west)
  expect(await lab.get(europe, 'k')).toBe('1')
  await lab.put(europe, 'k', '2')
  await lab.time.advance(60_000)
  expect(await lab.countKept()).toBe(0)
})

test('a Region is given up while a second one that was to be taken out waits for it', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, west, europe)
  await lab.put(east, 'k', '1')
  await lab.time.advance(3_000)
  for (const region of [east, west]) await lab.break({ kind: 'crash', region }, 10_000_000)
  const first = lab.world.lose([east])
  await lab.time.advance(10_000)
  const second = lab.world.lose([west])
  await lab.time.resolve(Promise.all([first, second]))
  expect(lab.world.globalTables()[0]?.replicas.map(({ region }) => region)).toEqual([europe])
})

test('a loss that the end of the process interrupts is finished by the next', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, west, europe)
  await lab.put(east, 'k', '1')
  await lab.time.advance(3_000)
  for (const region of [east, west]) await lab.break({ kind: 'crash', region }, 10_000_000)
  void lab.world.lose([east])
  await lab.time.advance(10_000)
  const next = await lab.reopen()
  await next.settled()
  expect(next.world.globalTables()[0]?.replicas.map(({ region }) => region)).toEqual([west, europe])
  expect(await next.converged()).toBe(true)
})

test('a replica that is being filled from a Region that is given up is filled from another one', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, west)
  await lab.put(east, 'k', '1')
  await lab.time.advance(3_000)
  delay(lab, east, europe)
  await lab.beginAdd(east, europe)
  await lab.time.advance(2_000)
  await lab.break({ kind: 'crash', region: east }, 10_000_000)
  await lose(lab, east)
  expect(lab.status(europe)).toBe('ACTIVE')
  expect(await lab.get(europe, 'k')).toBe('1')
  expect(await lab.converged()).toBe(true)
})
