import { expect, test } from 'vitest'
import { encodeItemKey } from '../item/item-key.ts'
import { isInvalid } from '../item/invalid.ts'
import { decodeCell } from '../replication/cell.ts'
import { cellKey } from '../replication/rows.ts'
import type { Value } from '../storage/store.ts'
import { TestWorld, east, europe, users, west } from './test-world.contract.ts'
import type { Verification } from './verification.ts'
import { verifyTable } from './verification.ts'

/** Replicas that differ for good, since somebody wrote into one's store: what is told of it, and what repair makes of it. */

async function verify(lab: TestWorld, repair = false): Promise<Verification> {
  const found = await lab.time.resolve(verifyTable(lab.world, lab.time, { table: 'users', repair, timeoutMs: 60_000 }), 120_000)
  if (found === undefined) throw new Error('there is no table')
  return found
}

async function rawCell(lab: TestWorld, region: string, pk: string): Promise<Value | undefined> {
  const engine = await lab.engine(region)
  return engine.store.get(keyIn(engine.table('users')?.number ?? 0, pk))
}

/** Damages one replica: nothing but this row changes. */
async function writeRaw(lab: TestWorld, region: string, pk: string, value: Value | undefined): Promise<void> {
  const engine = await lab.engine(region)
  const key = keyIn(engine.table('users')?.number ?? 0, pk)
  await lab.time.resolve(engine.store.transact([], () => ({ writes: [{ key, value }], result: undefined })))
}

function keyIn(tableNumber: number, pk: string): Uint8Array {
  const key = encodeItemKey(users.schema, { pk: { S: pk } })
  if (isInvalid(key)) throw new Error(key.invalid)
  return cellKey(tableNumber, key)
}

function keysOf({ divergent }: Verification): readonly string[] {
  return divergent.map(({ itemKey }) => Buffer.from(itemKey).subarray(6).toString()).sort()
}

async function filled(items = 300): Promise<TestWorld> {
  const lab = await TestWorld.open()
  await lab.createTable(east, west, europe)
  for (let n = 0; n < items; n++) await lab.put(n % 2 === 0 ? east : west, `k${n}`, String(n))
  await lab.time.advance(60_000)
  expect(await lab.converged()).toBe(true)
  return lab
}

test('REP-41: an item that one replica has lost is found, by reading the part of the table that it is in, and given back', async () => {
  const lab = await filled()
  await writeRaw(lab, west, 'k7', undefined)
  expect(await lab.converged()).toBe(false)
  const found = await verify(lab)
  expect(keysOf(found)).toEqual(['k7'])
  expect(await lab.get(west, 'k7')).toBeUndefined()
  const repaired = await verify(lab, true)
  expect(repaired.divergent[0]?.regions.filter(({ given }) => given !== undefined).map(({ region }) => region)).toEqual([west])
  expect(await lab.get(west, 'k7')).toBe('7')
  expect(await lab.converged()).toBe(true)
  expect(await verify(lab)).toEqual({ divergent: [], more: false, behind: [] })
})

test('REP-41: what an older row shows goes where another replica has the write that replaced it', async () => {
  const lab = await filled(20)
  const old = await rawCell(lab, europe, 'k4')
  await lab.put(east, 'k4', 'newer')
  await lab.time.advance(60_000)
  await writeRaw(lab, europe, 'k4', old)
  expect(keysOf(await verify(lab, true))).toEqual(['k4'])
  for (const region of [east, west, europe]) expect(await lab.get(region, 'k4')).toBe('newer')
  expect(await lab.converged()).toBe(true)
})

test('REP-34: an item that was deleted, and that one damaged replica shows again, is not brought back to the others', async () => {
  const lab = await filled(20)
  const old = await rawCell(lab, europe, 'k4')
  await lab.delete(east, 'k4')
  await lab.time.advance(60_000)
  expect(await lab.countKept()).toBe(0)
  await writeRaw(lab, europe, 'k4', old)
  expect(keysOf(await verify(lab, true))).toEqual(['k4'])
  for (const region of [east, west, europe]) expect(await lab.get(region, 'k4')).toBeUndefined()
  expect(await lab.converged()).toBe(true)
})

test('REP-41: what is on its way is no difference, however long it takes', async () => {
  const lab = await filled(20)
  const cut = await lab.break({ kind: 'partition', between: [east, europe] })
  for (let n = 0; n < 20; n++) {
    if (n % 3 === 0) await lab.delete(east, `k${n}`)
    else await lab.put(east, `k${n}`, `again ${n}`)
  }
  await lab.time.advance(5_000)
  const checking = lab.time.resolve(verifyTable(lab.world, lab.time, { table: 'users', repair: true, timeoutMs: 60_000 }), 120_000)
  lab.time.after(20_000, () => void lab.faults.heal(cut.id))
  expect(await checking).toEqual({ divergent: [], more: false, behind: [] })
  expect(await lab.get(europe, 'k0')).toBeUndefined()
  expect(await lab.converged()).toBe(true)
})

test('REP-41: of replicas that do not come as far as the others nothing is said', async () => {
  const lab = await filled(20)
  await lab.break({ kind: 'partition', between: [east, europe] })
  await lab.put(east, 'k1', 'far')
  await lab.time.advance(5_000)
  expect(await verify(lab)).toEqual({ divergent: [], more: false, behind: [europe] })
})

test('REP-41: damage is found and mended under writes, and nothing that was written is lost by that', async () => {
  const lab = await filled(40)
  for (let round = 0; round < 6; round++) {
    await writeRaw(lab, [east, west, europe][round % 3] ?? east, `k${round}`, undefined)
    for (let n = 20; n < 40; n++) void lab.beginPut([east, west, europe][n % 3] ?? east, `k${n}`, `${round} ${n}`)
    const found = await verify(lab, true)
    expect(keysOf(found)).toEqual([`k${round}`])
    for (const region of [east, west, europe]) expect(await lab.get(region, `k${round}`)).toBe(String(round))
  }
  await lab.time.advance(120_000)
  expect(await lab.converged()).toBe(true)
  expect((await lab.engine(east)).table('users')).toBeDefined()
})

test('REP-40: repair keeps totals right, and has a record in the stream for what it changes', async () => {
  const lab = await filled(20)
  const cell = await rawCell(lab, west, 'k3')
  expect(decodeCell(cell).siblings).toHaveLength(1)
  await writeRaw(lab, west, 'k3', undefined)
  const before = (await (await lab.engine(west)).statistics(tableIn(await lab.engine(west)))).itemCount
  await verify(lab, true)
  const after = (await (await lab.engine(west)).statistics(tableIn(await lab.engine(west)))).itemCount
  // The damage took the row and left the total: the repair adds what it brings.
  expect(after).toBe(before + 1)
})

function tableIn(engine: Awaited<ReturnType<TestWorld['engine']>>) {
  const table = engine.table('users')
  if (table === undefined) throw new Error('there is no table')
  return table
}
