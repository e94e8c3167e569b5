import { expect, test } from 'vitest'
import { seededRandom } from '../base/random.ts'
import { spaces } from '../engine/keyspace.ts'
import { cursorOf } from './cursors.ts'
import { exchange, haveConverged, hearAll, openGroup, worldLedger } from './test-replica.contract.ts'
import type { TestReplica } from './test-replica.contract.ts'
import type { Version } from './version.ts'

/** The schedules that break plausible designs, one test each. Their names are those of the rules' document. */

async function three(mode: 'hlc' | 'wall' = 'hlc'): Promise<[TestReplica, TestReplica, TestReplica, TestReplica[]]> {
  const group = await openGroup(['A', 'B', 'C'], seededRandom(7), mode)
  const [a, b, c] = group
  if (a === undefined || b === undefined || c === undefined) throw new RangeError('three replicas')
  return [a, b, c, group]
}

async function expectShown(group: readonly TestReplica[], pk: string, value: string | undefined): Promise<void> {
  for (const replica of group) expect(await replica.get(pk), replica.region).toBe(value)
  expect(await haveConverged(group)).toBe(true)
}

async function only(replica: TestReplica, pk: string): Promise<Version> {
  const [version, ...others] = (await replica.cell(pk)).siblings
  if (version === undefined || others.length > 0) throw new Error(`${others.length} other siblings`)
  return version
}

test('REP-9 (CE1, F4): a write is compared with dots, not with a joined vector: what overwrote its own base is no conflict with it', async () => {
  const [a, b, c, group] = await three()
  const lost = await a.put('k', 'a', 1)
  const first = await b.put('k', 'b', 2)
  await a.pull(b)
  expect(await a.lost()).toEqual([lost])
  await b.put('k', 'b2', 3)
  await a.pull(b)
  await b.pull(a)
  await c.pull(b)
  await c.pull(a)
  await expectShown(group, 'k', 'b2')
  expect(await worldLedger(group)).toEqual([lost])
  expect(await worldLedger(group)).not.toContain(first)
})

test('REP-6 (CE2, F4): a write ranks above all siblings that it replaces, whatever its clock says', async () => {
  const [h, o, t, group] = await three('wall')
  await o.put('k', 'other', 10)
  await h.put('k', 'home', 5)
  await h.pull(o)
  await h.put('k', 'home2', 6)
  await t.put('k', 'third', 8)
  await o.pull(h)
  await o.pull(t)
  await t.pull(o)
  await t.pull(h)
  await exchange(group)
  await expectShown(group, 'k', 'home2')
})

test('REP-3 (CE3, F2): a write after its tombstone was collected has seen the delete, though its clock stepped back', async () => {
  const [a, b, c, group] = await three('wall')
  await a.put('k', 'v1', 90)
  await exchange(group)
  await a.delete('k', 100)
  await exchange(group)
  await hearAll(group)
  await a.collect()
  await b.collect()
  expect(await b.dots('k')).toEqual([])
  expect(await c.dots('k')).toHaveLength(1)
  await b.put('k', 'v2', 40)
  expect((await only(b, 'k')).base).toBeUndefined()
  await exchange(group)
  await expectShown(group, 'k', 'v2')
})

test('REP-3 (CE3b, F2): nor does any ledger accuse the delete of having lost', async () => {
  const [a, b, , group] = await three()
  await a.put('k', 'v1', 90)
  await exchange(group)
  await a.delete('k', 100)
  await exchange(group)
  await hearAll(group)
  await a.collect()
  await b.collect()
  await b.put('k', 'v2', 140)
  await exchange(group)
  await expectShown(group, 'k', 'v2')
  expect(await worldLedger(group)).toEqual([])
})

test('REP-27 (CE4, F3): a tombstone that everybody has stays while an older write of a member is on its way', async () => {
  const [a, b, c, group] = await three()
  await a.put('k', 'v1', 10)
  await exchange(group)
  await b.put('k', 'B-upd', 19)
  await a.delete('k', 20)
  await b.pull(a)
  await c.pull(a)
  await a.pull(b)
  // B→C stands still: C hears of B through its reports only, and may not let go.
  await hearAll(group)
  for (const replica of group) await replica.collect()
  expect(await c.dots('k')).toHaveLength(1)
  await c.pull(b)
  await expectShown(group, 'k', undefined)
})

test('REP-18 (CE6, F13): three concurrent writes give the same two entries under the same ids in every Region', async () => {
  const [a, b, c, group] = await three()
  const [wa, wb] = [await a.put('k', 'a', 1), await b.put('k', 'b', 2)]
  await c.put('k', 'c', 3)
  await a.pull(b)
  await a.pull(c)
  await b.pull(c)
  await b.pull(a)
  await c.pull(a)
  await c.pull(b)
  const all = await Promise.all(group.map((replica) => replica.entries()))
  for (const entries of all) {
    expect(entries.map(({ dot }) => dot).sort()).toEqual([wa, wb].sort())
    expect(entries.map(({ id }) => id).sort()).toEqual(all[0]?.map(({ id }) => id).sort())
  }
})

test('REP-19 (CE6b, F13): who accused a version withdraws it when a write that was based on it arrives', async () => {
  const [a, b, c, group] = await three()
  const first = await a.put('k', 'a', 1)
  const rival = await c.put('k', 'c', 2)
  await a.put('k', 'a2', 3)
  const incarnation = (await a.row()).own ?? ''
  await b.apply(incarnation, 1, await a.records(incarnation, 1, 1))
  await b.pull(c)
  expect(await b.lost()).toEqual([first])
  await b.pull(a)
  expect(await b.lost()).toEqual([rival])
  await exchange(group)
  expect(await worldLedger(group)).toEqual([rival])
  await expectShown(group, 'k', 'a2')
})

test('REP-19: a write that is not kept, because a sibling saw it, withdraws all the same', async () => {
  const [a, b, c] = await three()
  const first = await a.put('k', 'a', 1)
  const incarnation = (await a.row()).own ?? ''
  await c.put('k', 'c', 2)
  await b.pull(a)
  await b.pull(c)
  expect(await b.lost()).toEqual([first])
  await a.put('k', 'a2', 3)
  await c.pull(a)
  await c.put('k', 'c2', 4)
  await b.pull(c)
  expect(await b.dots('k')).toHaveLength(1)
  await b.apply(incarnation, 2, await a.records(incarnation, 2))
  expect(await b.lost()).not.toContain(first)
})

test('REP-1 (CE7, F1): after a crash the numbers that were not durable are not used again under the same name', async () => {
  const [a, b, , group] = await three()
  await a.put('k', 'one')
  await b.pull(a)
  const before = await a.head()
  await a.restart()
  await a.put('k', 'two')
  expect((await a.head()).split(':')[0]).not.toBe(before.split(':')[0])
  await exchange(group)
  await expectShown(group, 'k', 'two')
  expect(await worldLedger(group)).toEqual([])
})

test('REP-1 (CE10, F7): a Region that was removed and added again starts a new log, and none of its first writes is taken for a duplicate', async () => {
  const [a, b] = await openGroup(['A', 'B'], seededRandom(1))
  if (a === undefined || b === undefined) throw new RangeError('two replicas')
  for (let write = 0; write < 12; write++) await a.put(`k${write}`, 'old')
  await b.pull(a)
  const closed = Object.fromEntries((await a.row()).cursors)
  const without = { ...b.membership, epoch: 2, members: ['B'], closed }
  await b.adopt(without)
  const [again] = await openGroup(['A'], seededRandom(2))
  if (again === undefined) throw new RangeError('a replica')
  const both = { ...without, epoch: 3, members: ['B', 'A'] }
  await b.adopt(both)
  await again.adopt(both)
  for (let write = 0; write < 5; write++) await again.put(`n${write}`, 'new')
  await b.pull(again)
  for (let write = 0; write < 5; write++) expect(await b.get(`n${write}`)).toBe('new')
})

test('REP-39 (F28): a put of equal bytes is a version, so that a concurrent older write loses to it everywhere', async () => {
  const [a, b, , group] = await three()
  await a.put('k', 'same', 1)
  await exchange(group)
  await b.put('k', 'other', 5)
  const assertion = await a.put('k', 'same', 9)
  await exchange(group)
  await expectShown(group, 'k', 'same')
  expect(await a.dots('k')).toContain(assertion)
})

test('REP-39 (F28): a delete that finds nothing shown writes nothing', async () => {
  const [a] = await three()
  await a.delete('absent')
  expect(await a.head()).toBe('none')
  expect(await a.countRows(spaces.tombstones)).toBe(0)
})

test('REP-18: two equal puts and two deletes are harmless losses', async () => {
  const [a, b, , group] = await three()
  await a.put('k', 'same', 1)
  await b.put('k', 'same', 2)
  await exchange(group)
  expect((await a.entries()).map(({ harmless }) => harmless)).toEqual([true])
  await a.delete('k', 10)
  await b.delete('k', 11)
  await exchange(group)
  expect((await a.entries()).map(({ harmless }) => harmless)).toEqual([true, true])
})

test('REP-41 (F29): a tombstone that one Region collected and another still holds makes no difference to digests', async () => {
  const [a, , , group] = await three()
  await a.put('k', 'v')
  await a.put('stays', 'v')
  await a.delete('k')
  await exchange(group)
  await hearAll(group)
  await a.collect()
  expect(await a.countRows(spaces.tombstones)).toBe(0)
  expect(await haveConverged(group)).toBe(true)
})

test('REP-41 (F29): equal digests with unequal cursors are not convergence', async () => {
  const [a, b] = await three()
  await a.put('k', 'v')
  await a.delete('k')
  expect((await a.digest()).hex).toBe((await b.digest()).hex)
  expect(await haveConverged([a, b])).toBe(false)
})

test('REP-24: what was applied is skipped, a gap is refused without effect', async () => {
  const [a, b] = await three()
  for (const value of ['1', '2', '3', '4']) await a.put('k', value)
  const incarnation = (await a.row()).own ?? ''
  const records = await a.records(incarnation, 1)
  expect((await b.apply(incarnation, 3, records.slice(2))).kind).toBe('gap')
  expect(cursorOf((await b.row()).cursors, incarnation)).toBe(0)
  expect(await b.apply(incarnation, 1, records.slice(0, 3))).toMatchObject({ kind: 'applied' })
  const overlapping = await b.apply(incarnation, 2, records.slice(1))
  expect(overlapping.kind === 'applied' ? overlapping.versions.map(({ dot }) => dot.n) : []).toEqual([4])
  const again = await b.apply(incarnation, 1, records)
  expect(again.kind === 'applied' ? again.versions : undefined).toEqual([])
  expect((await b.row()).itemCount).toBe(1)
})

test('REP-36: records of a closed incarnation beyond its final position are refused', async () => {
  const [a, b] = await three()
  for (const value of ['1', '2', '3']) await a.put('k', value)
  const incarnation = (await a.row()).own ?? ''
  await b.adopt({ ...b.membership, epoch: 2, members: ['B', 'C'], closed: { [incarnation]: 2 } })
  await b.apply(incarnation, 1, await a.records(incarnation, 1))
  expect(cursorOf((await b.row()).cursors, incarnation)).toBe(2)
  expect(await b.get('k')).toBe('2')
})

test('REP-28: log records and tombstones go when they are stable, and only then', async () => {
  const [a, b, c, group] = await three()
  for (let write = 0; write < 5; write++) await a.put(`k${write}`, 'v')
  await a.delete('k0')
  await b.pull(a)
  await hearAll([a, b])
  await a.collect()
  expect(await a.countLog()).toBe(6)
  await c.pull(a)
  await hearAll(group)
  for (const replica of group) await replica.collect()
  for (const replica of group) expect([await replica.countLog(), await replica.countRows(spaces.tombstones)]).toEqual([0, 0])
  expect(await haveConverged(group)).toBe(true)
  expect((await a.row()).itemCount).toBe(4)
})

test('REP-28: a tombstone beside a sibling stays in the cell, and goes with the write that replaces both', async () => {
  const [a, b, , group] = await three()
  await a.put('k', 'v', 1)
  await exchange(group)
  await b.put('k', 'concurrent', 5)
  await a.delete('k', 9)
  await exchange(group)
  await hearAll(group)
  for (const replica of group) await replica.collect()
  for (const replica of group) expect(await replica.dots('k')).toHaveLength(2)
  await expectShown(group, 'k', undefined)
  await b.put('k', 'after', 20)
  await exchange(group)
  for (const replica of group) expect(await replica.dots('k')).toHaveLength(1)
  await expectShown(group, 'k', 'after')
})

test('a lone replica keeps no log, no tombstone and no record of what it deleted', async () => {
  const [a] = await openGroup(['A'], seededRandom(3))
  if (a === undefined) throw new RangeError('a replica')
  await a.put('k', 'v')
  await a.delete('k')
  await a.put('k2', 'v')
  expect([await a.countLog(), await a.countRows(spaces.tombstones), await a.dots('k')]).toEqual([0, 0, []])
  expect(await a.row()).toMatchObject({ itemCount: 1, keepsLog: false })
})

test('REP-28: concurrent deletes of one item are collected together, once all of them are stable', async () => {
  const [a, b, c, group] = await three()
  await a.put('k', 'v', 1)
  await exchange(group)
  await a.delete('k', 5)
  await b.delete('k', 6)
  await a.pull(b)
  await b.pull(a)
  await c.pull(a)
  await hearAll(group)
  for (const replica of group) await replica.collect()
  expect([(await a.dots('k')).length, (await c.dots('k')).length]).toEqual([2, 1])
  await c.pull(b)
  await hearAll(group)
  for (const replica of group) await replica.collect()
  for (const replica of group) expect(await replica.dots('k')).toEqual([])
  await c.put('k', 'again', 2)
  await exchange(group)
  await expectShown(group, 'k', 'again')
  expect((await worldLedger(group)).length).toBe(1)
})
