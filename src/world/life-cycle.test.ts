import { expect, test } from 'vitest'
import type { IndexBlueprint, TableSettings } from '../engine/table.ts'
import { isRefusal } from '../engine/refusal.ts'
import type { TableView } from './table-view.ts'
import { servesItems, statusAt } from '../engine/table.ts'
import { accepted, east, europe, TestWorld, users } from './test-world.contract.ts'

const delayMs = 30_000
const open = (): Promise<TestWorld> => TestWorld.open({ lifecycleDelayMs: delayMs })

const index: IndexBlueprint = {
  name: 'by-v',
  kind: 'global',
  partition: [{ name: 'v', type: 'S' }],
  sort: [],
  projection: { kind: 'ALL' },
  throughput: undefined,
  onDemandMaximum: undefined,
}

async function status(lab: TestWorld): Promise<string | undefined> {
  const view = await lab.time.resolve(lab.world.describeTable(east, users.name))
  return isRefusal(view) ? undefined : statusAt(view.table, lab.time.nowMs())
}

async function refused(
  lab: TestWorld,
  doing: Promise<TableView | { readonly refused: string; readonly message: string }>,
): Promise<unknown> {
  const outcome = await lab.time.resolve(doing)
  return isRefusal(outcome) ? [outcome.refused, outcome.message] : outcome
}

const remove = (lab: TestWorld) => lab.world.deleteTable(east, users.name)
const change = (lab: TestWorld, pace: 'updating' | 'at-once', more: Partial<TableSettings> = {}) =>
  lab.world.changeSettings(east, users.name, ({ settings }) => ({ ...settings, ...more }), pace)
const inUse = (what: string): unknown => ['in-use', `Attempt to change a resource which is still in use: ${what}`]

test('a table is CREATING, UPDATING and DELETING as long as was told, and refuses what it then must', async () => {
  const lab = await open()
  accepted(await lab.time.resolve(lab.world.createTable(east, users)))
  expect(await status(lab)).toBe('CREATING')
  const made = (await lab.engine(east)).table(users.name)
  expect(made && servesItems(made, lab.time.nowMs())).toBe(false)
  expect(await refused(lab, remove(lab))).toEqual(inUse('Table is being created: users'))
  expect(await refused(lab, change(lab, 'at-once'))).toEqual(inUse('Table is being created: users'))
  expect(await refused(lab, lab.world.createTable(east, users))).toEqual(['in-use', 'Table already exists: users'])
  await lab.time.advance(delayMs)
  expect(await status(lab)).toBe('ACTIVE')

  accepted(await lab.time.resolve(change(lab, 'updating', { tableClass: 'STANDARD_INFREQUENT_ACCESS' })))
  expect(await status(lab)).toBe('UPDATING')
  const updating = (await lab.engine(east)).table(users.name)
  expect(updating && servesItems(updating, lab.time.nowMs())).toBe(true)
  expect(await refused(lab, change(lab, 'updating'))).toEqual(inUse('Table is being updated: users'))
  expect(await refused(lab, remove(lab))).toEqual(inUse('Table: users is in the process of being updated.'))
  accepted(await lab.time.resolve(change(lab, 'at-once')))
  await lab.time.advance(delayMs)
  expect(await status(lab)).toBe('ACTIVE')

  accepted(await lab.time.resolve(remove(lab)))
  expect(await status(lab)).toBe('DELETING')
  expect(await refused(lab, remove(lab))).toEqual(inUse('Table is being deleted: users'))
  const added = lab.beginAdd(east, europe)
  expect(await refused(lab, added)).toEqual(inUse('Table is being deleted: users'))
  expect(await lab.put(east, 'a', 'v')).toBe('put')
  await lab.time.advance(delayMs + 1000)
  expect(await status(lab)).toBeUndefined()
  accepted(await lab.time.resolve(lab.world.createTable(east, users)))
})

test('an index is CREATING after its table is ACTIVE again, keeps its table from being deleted, and goes as slowly as it came', async () => {
  const lab = await open()
  await lab.createTable(east)
  await lab.time.advance(delayMs)
  await lab.put(east, 'a', 'v')
  accepted(await lab.time.resolve(change(lab, 'at-once', { indexes: [index] })))
  const indexStatus = async (): Promise<string | undefined> => (await lab.engine(east)).table(users.name)?.indexes[0]?.status
  await lab.time.advance(delayMs - 5_000)
  expect(await indexStatus()).toBe('CREATING')
  expect(await refused(lab, remove(lab))).toEqual(inUse('Cannot delete table while indexes are being created, updated, or deleted.'))
  await lab.time.advance(10_000)
  expect(await indexStatus()).toBe('ACTIVE')
  accepted(await lab.time.resolve(change(lab, 'at-once', { indexes: [] })))
  await lab.time.advance(delayMs - 5_000)
  expect(await indexStatus()).toBe('DELETING')
  await lab.time.advance(10_000)
  expect(await indexStatus()).toBeUndefined()
})

test('what had begun goes on after a restart', async () => {
  let lab = await open()
  accepted(await lab.time.resolve(lab.world.createTable(east, users)))
  lab = await lab.reopen({ lifecycleDelayMs: delayMs })
  expect(await status(lab)).toBe('CREATING')
  await lab.time.advance(delayMs)
  accepted(await lab.time.resolve(change(lab, 'at-once', { indexes: [index] })))
  await lab.time.advance(1_000)
  lab = await lab.reopen({ lifecycleDelayMs: delayMs })
  expect((await lab.engine(east)).table(users.name)?.indexes[0]?.status).toBe('CREATING')
  await lab.time.advance(delayMs + 1_000)
  expect((await lab.engine(east)).table(users.name)?.indexes[0]?.status).toBe('ACTIVE')
  accepted(await lab.time.resolve(remove(lab)))
  lab = await lab.reopen({ lifecycleDelayMs: delayMs })
  expect(await status(lab)).toBe('DELETING')
  await lab.time.advance(delayMs + 1_000)
  expect(await status(lab)).toBeUndefined()
})

test('a Region that crashes while a table is deleted goes on when it is back', async () => {
  const lab = await open()
  await lab.createTable(east)
  await lab.time.advance(delayMs)
  accepted(await lab.time.resolve(remove(lab)))
  await lab.time.resolve(lab.world.crash(east))
  await lab.time.advance(2 * delayMs)
  await lab.time.resolve(lab.world.recover(east))
  await lab.time.advance(1_000)
  expect(await status(lab)).toBeUndefined()
})

test('without a pace a table is ACTIVE at once', async () => {
  const lab = await TestWorld.open()
  accepted(await lab.time.resolve(lab.world.createTable(east, users)))
  expect(await status(lab)).toBe('ACTIVE')
})
