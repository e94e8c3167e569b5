import { describe, expect, test } from 'vitest'
import type { Backup } from '../engine/backup.ts'
import { nameOfBackup } from '../engine/backup.ts'
import { spaceRange, spaces } from '../engine/keyspace.ts'
import { beginRestore, switchRecovery } from '../engine/recovery.ts'
import { isRefusal } from '../engine/refusal.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import type { RestoreOrigin } from '../engine/restore-origin.ts'
import { fillingFrom } from '../engine/restore-origin.ts'
import type { Table } from '../engine/table.ts'
import { isInvalid } from '../item/invalid.ts'
import { encodeItemKey } from '../item/item-key.ts'
import { accepted, east, europe, TestWorld, users } from './test-world.contract.ts'

/** Backups and restores in a Region that crashes, in a program that ends, and in tables with replicas. */

const itemsMax = 600
const moments = [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89]

async function filled(): Promise<TestWorld> {
  const lab = await TestWorld.open()
  await lab.createTable(east)
  const writes = Array.from({ length: itemsMax }, (_, n) => lab.beginPut(east, `k${n}`, 'old'))
  await lab.time.resolve(Promise.all(writes))
  return lab
}

/** Changes every item, removes some, adds others; some of it may be lost in a crash. */
function overwrite(lab: TestWorld): void {
  for (let n = 0; n < itemsMax; n++) {
    const write = n % 5 === 0 ? remove(lab, `k${n}`) : lab.beginPut(east, n % 5 === 1 ? `new${n}` : `k${n}`, 'new')
    write.catch(() => undefined)
  }
}

async function remove(lab: TestWorld, pk: string): Promise<unknown> {
  const { engine, table } = await source(lab)
  const itemKey = encodeItemKey(users.schema, { pk: { S: pk } })
  if (isInvalid(itemKey)) throw new Error(itemKey.invalid)
  return engine.write(table, itemKey, () => ({ kind: 'delete', result: undefined }))
}

async function source(lab: TestWorld): Promise<{ engine: RegionEngine; table: Table }> {
  const engine = await lab.engine(east)
  const table = engine.table('users')
  if (table === undefined) throw new Error('no table')
  return { engine, table }
}

async function restored(lab: TestWorld, origin: RestoreOrigin): Promise<void> {
  const blueprint = { ...users, name: 'copy' }
  accepted(await lab.time.resolve(lab.world.createTable(east, blueprint, fillingFrom(origin))))
}

async function untilActive(lab: TestWorld): Promise<Table> {
  for (;;) {
    const view = await lab.time.resolve(lab.world.describeTable(east, 'copy'))
    if (!isRefusal(view) && view.table.status === 'ACTIVE') return view.table
    await lab.time.advance(5)
  }
}

async function untilAvailable(lab: TestWorld, backup: Backup): Promise<void> {
  for (;;) {
    const { backups } = await lab.engine(east)
    if ((await lab.time.resolve(backups.get(nameOfBackup(backup))))?.status === 'AVAILABLE') return
    await lab.time.advance(5)
  }
}

async function backupsIn(lab: TestWorld, region: string): Promise<readonly Backup[]> {
  const { backups } = await lab.engine(region)
  const found: Backup[] = []
  const list = async (): Promise<void> => {
    for await (const backup of backups.list(undefined)) found.push(backup)
  }
  await lab.time.resolve(list())
  return found
}

/** Everything that is in the copy, `pk=v`. */
async function contents(lab: TestWorld): Promise<string[]> {
  const engine = await lab.engine(east)
  const table = engine.table('copy')
  const found: string[] = []
  if (table === undefined) return found
  const all = { from: new Uint8Array(0), to: undefined, reverse: false }
  await lab.time.resolve(
    engine.read(table, all, ({ item: { pk, v } }) => {
      found.push(`${pk !== undefined && 'S' in pk ? pk.S : ''}=${v !== undefined && 'S' in v ? v.S : ''}`)
      return 'more'
    }),
  )
  return found.sort()
}

const expected = Array.from({ length: itemsMax }, (_, n) => `k${n}=old`).sort()

const interruptions: readonly (readonly [string, (lab: TestWorld) => Promise<TestWorld>])[] = [
  ['a crash of the Region', crash],
  ['the end of the program', (lab) => lab.reopen()],
]

async function crash(lab: TestWorld): Promise<TestWorld> {
  await lab.time.resolve(lab.world.crash(east))
  await lab.time.resolve(lab.world.recover(east))
  return lab
}

describe.each(interruptions)('%s', (_name, interrupt) => {
  test.each(moments)('%i ms after a backup was begun does not change what it holds', async (afterMs) => {
    let lab = await filled()
    const before = await source(lab)
    const backup = await lab.time.resolve(before.engine.backups.create(before.table, 'nightly', lab.time.nowMs()))
    if (backup === undefined) throw new Error('no backup')
    overwrite(lab)
    await lab.time.advance(afterMs)
    lab = await interrupt(lab)
    await untilAvailable(lab, backup)
    await restored(lab, { kind: 'backup', backup: nameOfBackup(backup), atMs: backup.createdAtMs })
    await untilActive(lab)
    expect(await contents(lab)).toEqual(expected)
    await lab.time.advance(70_000)
    expect((await source(lab)).table.logReaders).toEqual([])
  })

  test.each(moments)('%i ms after a restore to a point in time was begun does not change what it gives', async (afterMs) => {
    let lab = await filled()
    const before = await source(lab)
    await lab.time.resolve(switchRecovery(before.engine, before.table, 35))
    const atMs = lab.time.nowMs()
    await lab.time.advance(5)
    overwrite(lab)
    await lab.time.advance(3)
    const { engine, table } = await source(lab)
    const origin = await lab.time.resolve(beginRestore(engine, table, atMs))
    if (origin === undefined) throw new Error('no recovery')
    await restored(lab, origin)
    await lab.time.advance(afterMs)
    lab = await interrupt(lab)
    await untilActive(lab)
    expect(await contents(lab)).toEqual(expected)
    // A reader that a crash left in the definition is struck out by the next look.
    await lab.time.advance(70_000)
    expect((await source(lab)).table.logReaders).toEqual([])
  })

  test.each(moments)('%i ms after a table with recovery was deleted does not lose its last state, nor keep more', async (afterMs) => {
    let lab = await filled()
    const { engine, table } = await source(lab)
    await lab.time.resolve(switchRecovery(engine, table, 35))
    accepted(await lab.time.resolve(lab.world.deleteTable(east, 'users')))
    await lab.time.advance(afterMs)
    lab = await interrupt(lab)
    const [backup] = await backupsIn(lab, east)
    if (backup === undefined) throw new Error('no backup')
    expect(backup.kind).toBe('SYSTEM')
    await untilAvailable(lab, backup)
    await restored(lab, { kind: 'backup', backup: nameOfBackup(backup), atMs: backup.createdAtMs })
    await untilActive(lab)
    expect(await contents(lab)).toEqual(expected)
    await lab.time.advance(100)
    const { store } = await lab.engine(east)
    expect((await store.page(spaceRange(table.number, spaces.items), { entriesMax: 1, bytesMax: 1 })).entries).toEqual([])
  })
})

test('a log that is kept for a backup that was never begun is let go of', async () => {
  const lab = await filled()
  const { engine, table } = await source(lab)
  await lab.time.resolve(engine.readers.begin(table, 'of-nobody'))
  await crash(lab)
  expect((await source(lab)).table.logReaders).toEqual(['of-nobody'])
  await lab.time.advance(70_000)
  expect((await source(lab)).table.logReaders).toEqual([])
})

describe('a table with replicas', () => {
  test('is backed up in one Region, with what another one wrote; what is restored is a table of its own', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, europe)
    await lab.put(europe, 'k0', 'far')
    await lab.put(east, 'k1', 'near')
    await lab.time.advance(5000)
    const { engine, table } = await source(lab)
    const backup = await lab.time.resolve(engine.backups.create(table, 'nightly', lab.time.nowMs()))
    if (backup === undefined) throw new Error('no backup')
    await lab.time.resolve(Promise.all([lab.beginPut(europe, 'k1', 'later'), lab.beginPut(europe, 'k2', 'later')]))
    await lab.time.advance(5000)
    await untilAvailable(lab, backup)
    await restored(lab, { kind: 'backup', backup: nameOfBackup(backup), atMs: backup.createdAtMs })
    const copy = await untilActive(lab)
    expect(await contents(lab)).toEqual(['k0=far', 'k1=near'])
    expect(copy.globalId).not.toBe(table.globalId)
    expect((await lab.engine(europe)).table('copy')).toBeUndefined()
    expect(await lab.converged()).toBe(true)
  })

  test('leaves a backup in the Region whose replica had recovery on and is removed', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, europe)
    await lab.put(east, 'k', 'v')
    await lab.time.advance(5000)
    const engine = await lab.engine(europe)
    const table = engine.table('users')
    if (table === undefined) throw new Error('no replica')
    await lab.time.resolve(switchRecovery(engine, table, 1))
    await lab.remove(east, europe)
    await lab.time.advance(1000)
    expect(await backupsIn(lab, europe)).toMatchObject([{ kind: 'SYSTEM', status: 'AVAILABLE', statistics: { itemCount: 1 } }])
    expect(await backupsIn(lab, east)).toEqual([])
  })
})
