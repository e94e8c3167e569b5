import { describe, expect, test } from 'vitest'
import { spaces } from '../engine/keyspace.ts'
import { isRefusal } from '../engine/refusal.ts'
import { lagProfiles } from './lag-profile.ts'
import { TestWorld, accepted, east, europe, users, west } from './test-world.contract.ts'

/** Writes that a client was told of, by key; what it was not told of may or may not be there. */
async function answeredOf(writes: ReadonlyMap<string, Promise<unknown>>): Promise<readonly string[]> {
  const answered: string[] = []
  for (const [key, write] of writes) {
    const answer = await write.catch(() => 'lost')
    if (answer === 'put') answered.push(key)
  }
  return answered
}

describe('a new replica', () => {
  test('REP-32 (F10): gets the writes before, during and after its snapshot, deletes too, while both sides go on writing', async () => {
    const lab = await TestWorld.open({ profile: lagProfiles.lesson })
    await lab.createTable(east, europe)
    for (let write = 0; write < 2_500; write++) void lab.beginPut(east, `before${write}`, 'v')
    await lab.time.advance(10_000)
    accepted(await lab.beginAdd(east, west))
    for (let round = 0; round < 60; round++) {
      await lab.put(east, `during${round}`, 'v')
      await lab.delete(europe, `before${round}`)
      await lab.put(europe, `before${100 + round}`, 'changed')
      await lab.time.advance(200)
    }
    await lab.settled()
    expect(lab.status(west)).toBe('ACTIVE')
    await lab.put(west, 'after', 'v')
    await lab.time.advance(20_000)
    expect(await lab.converged()).toBe(true)
    expect(await lab.get(west, 'before0')).toBeUndefined()
    expect(await lab.get(west, 'before100')).toBe('changed')
    expect(await lab.get(west, 'during59')).toBe('v')
    expect(await lab.get(east, 'after')).toBe('v')
    const table = (await lab.engine(west)).table('users')
    expect(table === undefined ? undefined : (await (await lab.engine(west)).statistics(table)).itemCount).toBe(2_500 - 60 + 60 + 1)
  })

  test('REP-33 (F10): gets the tombstone, so that an older concurrent put on a slow link does not live again there only', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, europe)
    await lab.put(east, 'k', 'v')
    await lab.time.advance(10_000)
    const partition = await lab.break({ kind: 'partition', between: [east, europe] })
    await lab.put(europe, 'k', 'concurrent')
    await lab.time.advance(10)
    await lab.delete(east, 'k')
    accepted(await lab.beginAdd(east, west))
    await lab.time.advance(20_000)
    await lab.heal(partition)
    await lab.settled()
    await lab.time.advance(20_000)
    expect(await lab.converged()).toBe(true)
    expect(await lab.get(west, 'k')).toBeUndefined()
  })

  test('REP-28, REP-33: lets go of the tombstones that came with its snapshot, like everybody', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, europe)
    for (let write = 0; write < 5; write++) await lab.put(east, `k${write}`, 'v')
    await lab.time.advance(10_000)
    const partition = await lab.break({ kind: 'partition', between: [east, europe] })
    for (let write = 0; write < 5; write++) await lab.delete(east, `k${write}`)
    accepted(await lab.beginAdd(east, west))
    await lab.time.advance(20_000)
    expect(await lab.countRows(west, spaces.tombstones)).toBe(5)
    await lab.heal(partition)
    await lab.settled()
    await lab.time.advance(70_000)
    expect(await lab.countKept()).toBe(0)
    for (const region of [east, europe, west]) expect(await lab.countRows(region, spaces.items)).toBe(0)
  })

  test('REP-33: gets items in conflict with all siblings, and the conflict stays known when everybody else is removed', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, europe)
    const partition = await lab.break({ kind: 'partition', between: [east, europe] })
    await lab.put(east, 'k', 'loses')
    await lab.time.advance(10)
    await lab.put(europe, 'k', 'wins')
    await lab.heal(partition)
    await lab.time.advance(10_000)
    await lab.add(east, west)
    expect((await lab.conflicts()).map(({ foundInRegions }) => foundInRegions)).toEqual([[europe, east, west]])
    await lab.remove(west, east)
    await lab.remove(west, europe)
    expect((await lab.conflicts()).map(({ loser, withdrawn }) => [loser.region, withdrawn])).toEqual([[east, false]])
    expect(await lab.get(west, 'k')).toBe('wins')
    await lab.put(west, 'k', 'after')
    expect(await lab.conflicts()).toHaveLength(1)
  })

  test.each([1, 30, 90, 400, 900, 1_500, 2_200])(
    'REP-33: whose source crashes %i ms into its making is made all the same',
    async (afterMs) => {
      const lab = await TestWorld.open({ profile: lagProfiles.lesson, seed: afterMs })
      await lab.createTable(east, europe)
      for (let write = 0; write < 3_000; write++) void lab.beginPut(east, `k${write}`, 'v')
      await lab.time.advance(10_000)
      accepted(await lab.beginAdd(east, west))
      await lab.time.advance(afterMs * 4)
      await lab.break({ kind: 'crash', region: east }, 20_000)
      await lab.put(europe, 'meanwhile', 'v')
      await lab.settled()
      await lab.time.advance(70_000)
      expect(lab.status(west)).toBe('ACTIVE')
      expect(await lab.converged()).toBe(true)
      expect(await lab.get(west, 'meanwhile')).toBe('v')
    },
  )

  test.each([1, 30, 90, 400, 900, 1_500, 2_200])('REP-33: that crashes %i ms into its making itself begins again', async (afterMs) => {
    const lab = await TestWorld.open({ profile: lagProfiles.lesson, seed: afterMs })
    await lab.createTable(east, europe)
    for (let write = 0; write < 3_000; write++) void lab.beginPut(east, `k${write}`, 'v')
    await lab.time.advance(10_000)
    accepted(await lab.beginAdd(east, west))
    await lab.time.advance(afterMs * 4)
    await lab.break({ kind: 'crash', region: west })
    await lab.put(europe, 'meanwhile', 'v')
    await lab.time.advance(afterMs)
    await lab.break({ kind: 'crash', region: west }, 3_000)
    await lab.settled()
    await lab.time.advance(70_000)
    expect(lab.status(west)).toBe('ACTIVE')
    expect(await lab.converged()).toBe(true)
    expect(await lab.countKept()).toBe(0)
  })

  test('REP-32: waits for a member that cannot be reached, and does not serve before', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, europe)
    const crash = await lab.break({ kind: 'crash', region: europe }, 3_600_000)
    accepted(await lab.beginAdd(east, west))
    await lab.time.advance(120_000)
    expect(lab.status(west)).toBe('CREATING')
    expect((await lab.engine(west)).table('users')?.status).not.toBe('ACTIVE')
    await lab.heal(crash)
    await lab.settled()
    expect(lab.status(west)).toBe('ACTIVE')
  })

  test('twenty tables get a replica at once, from one Region', async () => {
    const lab = await TestWorld.open({ profile: lagProfiles.instant })
    const overrides = { readUnitsOverride: undefined, tableClassOverride: undefined }
    for (let table = 0; table < 20; table++) {
      accepted(await lab.time.resolve(lab.world.createTable(east, { ...users, name: `users${table}` })))
    }
    const asked = Array.from({ length: 20 }, (_, table) =>
      lab.world.changeReplica(east, `users${table}`, { kind: 'create', region: west, ...overrides }),
    )
    for (const answer of await lab.time.resolve(Promise.all(asked))) accepted(answer)
    await lab.settled(60_000)
    for (const table of lab.world.globalTables()) expect(table.replicas.map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE'])
  })

  test('keeps its name: no table can be made under it while the replica is still to come', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, europe)
    const crash = await lab.break({ kind: 'crash', region: europe }, 3_600_000)
    accepted(await lab.beginAdd(east, west))
    expect(await lab.time.resolve(lab.world.createTable(west, users))).toMatchObject({ refused: 'in-use' })
    await lab.heal(crash)
    await lab.settled()
    expect(lab.status(west)).toBe('ACTIVE')
  })
})

describe('a removal', () => {
  test('REP-37 (F27): waits for a partition, loses no acknowledged write, and refuses those that come after the fence', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, west, europe)
    await lab.break({ kind: 'partition', between: [europe, west] }, 60_000)
    const writes = new Map<string, Promise<unknown>>()
    for (let write = 0; write < 40; write++) writes.set(`k${write}`, lab.beginPut(europe, `k${write}`, 'v'))
    await lab.time.advance(1)
    const removal = lab.world.changeReplica(east, 'users', {
      kind: 'delete',
      region: europe,
    })
    for (let write = 40; write < 80; write++) {
      writes.set(`k${write}`, lab.beginPut(europe, `k${write}`, 'v'))
      await lab.time.advance(1)
    }
    accepted(await lab.time.resolve(removal))
    await lab.time.advance(50_000)
    expect(lab.status(europe)).toBe('DELETING')
    await lab.settled()
    expect(lab.status(europe)).toBeUndefined()
    const answered = await answeredOf(writes)
    expect(answered.length).toBeGreaterThan(0)
    expect(answered.length).toBeLessThan(80)
    await lab.time.advance(10_000)
    for (const key of answered) expect([key, await lab.get(east, key), await lab.get(west, key)]).toEqual([key, 'v', 'v'])
    for (const [key] of writes) if (!answered.includes(key)) expect([key, await lab.get(east, key)]).toEqual([key, undefined])
    expect(await lab.converged()).toBe(true)
  })

  test.each([0, 3, 10, 300, 700, 1_100, 2_500])(
    'REP-37: survives a crash of the removed Region, and of a member, %i ms after it began',
    async (afterMs) => {
      for (const victim of [europe, west]) {
        const lab = await TestWorld.open({ seed: afterMs + 1 })
        await lab.createTable(east, west, europe)
        for (let write = 0; write < 20; write++) await lab.put(europe, `k${write}`, 'v')
        accepted(await lab.beginRemove(east, europe))
        await lab.time.advance(afterMs)
        await lab.break({ kind: 'crash', region: victim }, 2_000)
        await lab.settled()
        expect(lab.status(europe)).toBeUndefined()
        await lab.time.advance(70_000)
        expect(await lab.converged()).toBe(true)
        for (let write = 0; write < 20; write++) expect(await lab.get(west, `k${write}`)).toBe('v')
        expect(await lab.countKept()).toBe(0)
        expect((await lab.engine(europe)).table('users')).toBeUndefined()
      }
    },
  )

  test('leaves a lone replica that keeps no records for others', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, europe)
    for (let write = 0; write < 20; write++) await lab.put(east, `k${write}`, 'v')
    await lab.delete(east, 'k0')
    await lab.remove(east, europe)
    await lab.put(east, 'alone', 'v')
    await lab.delete(east, 'k1')
    await lab.time.advance(10_000)
    expect(await lab.countKept()).toBe(0)
    await lab.add(east, west)
    await lab.put(east, 'together', 'v')
    await lab.time.advance(40_000)
    expect(await lab.converged()).toBe(true)
    expect(await lab.countKept()).toBe(0)
    expect(await lab.get(west, 'alone')).toBe('v')
  })
})

describe('a Region that is removed and added again', () => {
  test('REP-1 (CE10, F7): has all its new writes applied by the others', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, west, europe)
    for (let write = 0; write < 30; write++) await lab.put(europe, `old${write}`, 'v')
    await lab.remove(east, europe)
    await lab.add(east, europe)
    for (let write = 0; write < 10; write++) await lab.put(europe, `new${write}`, 'v')
    await lab.time.advance(70_000)
    for (let write = 0; write < 10; write++) expect(await lab.get(west, `new${write}`)).toBe('v')
    expect(await lab.converged()).toBe(true)
    expect(await lab.countKept()).toBe(0)
  })

  test('REP-27, REP-32: is not taken for the earlier one: what only that one had is not trimmed before the new one has it', async () => {
    const lab = await TestWorld.open({ profile: lagProfiles.instant })
    await lab.createTable(east, west, europe)
    await lab.put(east, 'k', 'v')
    await lab.time.advance(5_000)
    // west hears nothing from europe; east has it all, and europe knows that.
    const partition = await lab.break({ kind: 'partition', between: [europe, west] })
    for (let write = 0; write < 5; write++) await lab.put(europe, `k${write}`, 'v')
    await lab.time.advance(5_000)
    await lab.remove(west, east)
    const slow = await lab.break({ kind: 'latency', from: west, to: east, ms: 2_000, jitterMs: 0 })
    const blockEast = await lab.break({ kind: 'partition', between: [europe, east] })
    accepted(await lab.beginAdd(west, east))
    // The snapshot is taken from west, which still lacks europe's writes; then west gets them, and says so.
    await lab.time.advance(2_500)
    await lab.heal(partition)
    await lab.time.advance(60_000)
    await lab.heal(slow)
    await lab.heal(blockEast)
    await lab.settled()
    await lab.time.advance(70_000)
    expect(lab.status(east)).toBe('ACTIVE')
    for (let write = 0; write < 5; write++) expect(await lab.get(east, `k${write}`)).toBe('v')
    expect(await lab.converged()).toBe(true)
    expect(await lab.countKept()).toBe(0)
  })
})

describe('an incarnation that was left out of the cursors', () => {
  async function crashed(rounds: number): Promise<TestWorld> {
    const lab = await TestWorld.open({ endedIncarnationsMax: 1 })
    await lab.createTable(east, west, europe)
    for (let round = 0; round < rounds; round++) {
      await lab.put(europe, 'k', `round ${round}`)
      await lab.put(europe, `k${round}`, 'v')
      await lab.time.advance(5_000)
      await lab.break({ kind: 'crash', region: europe })
      await lab.time.advance(5_000)
    }
    return lab
  }

  test('REP-36: is still seen by those who replace its versions, so nobody is accused', async () => {
    const lab = await crashed(5)
    await lab.time.resolve(lab.world.retireIncarnations())
    await lab.settled()
    const [table] = lab.world.globalTables()
    expect(Object.keys(table?.membership.dropped ?? {}).length).toBeGreaterThan(2)
    for (const [index, region] of [east, west, europe].entries()) await lab.put(region, `k${index}`, 'replaced')
    await lab.put(west, 'k', 'replaced')
    await lab.time.advance(70_000)
    expect(await lab.converged()).toBe(true)
    expect(await lab.conflicts()).toEqual([])
    expect(await lab.get(europe, 'k')).toBe('replaced')
    expect(await lab.countKept()).toBe(0)
  })

  test('REP-36 (F3): its deletes are not collected while an older put of a member is on its way to somebody', async () => {
    const lab = await TestWorld.open({ endedIncarnationsMax: 0, profile: lagProfiles.instant })
    await lab.createTable(east, west, europe)
    await lab.put(east, 'k', 'v')
    await lab.time.advance(5_000)
    // west's put is older than europe's delete, and east does not get it.
    const partition = await lab.break({ kind: 'partition', between: [east, west] })
    const other = await lab.break({ kind: 'partition', between: [europe, west] })
    await lab.put(west, 'k', 'older')
    await lab.time.advance(5)
    await lab.delete(europe, 'k')
    await lab.heal(other)
    await lab.time.advance(5_000)
    await lab.break({ kind: 'crash', region: europe })
    await lab.time.advance(5_000)
    await lab.put(europe, 'other', 'v')
    await lab.time.advance(5_000)
    void lab.world.retireIncarnations()
    await lab.time.advance(30_000)
    await lab.heal(partition)
    await lab.time.advance(70_000)
    await lab.settled()
    expect(await lab.converged()).toBe(true)
    expect([await lab.get(east, 'k'), await lab.get(west, 'k'), await lab.get(europe, 'k')]).toEqual([undefined, undefined, undefined])
  })

  test('REP-31: a replica that is asked for while it is being left out is made, and takes no version for another', async () => {
    for (const delayMs of [0, 2, 4, 6, 8, 12]) {
      const lab = await TestWorld.open({ endedIncarnationsMax: 100 })
      await lab.createTable(east, europe)
      for (let round = 0; round < 4; round++) {
        await lab.put(europe, `k${round}`, 'v')
        await lab.time.advance(5_000)
        await lab.break({ kind: 'crash', region: europe })
      }
      await lab.time.advance(40_000)
      const [table] = lab.world.globalTables()
      expect(table?.membership.epoch).toBe(1)
      // The options of a world do not change; a second opening tolerates none.
      const strict = await TestWorld.open({ before: await closed(lab), endedIncarnationsMax: 0 })
      await strict.time.advance(delayMs)
      accepted(await strict.beginAdd(east, west))
      await strict.settled()
      for (let round = 0; round < 4; round++) await strict.put(west, `k${round}`, 'w')
      await strict.time.advance(40_000)
      await strict.time.resolve(strict.world.retireIncarnations())
      for (let round = 0; round < 4; round++) await strict.put(europe, `k${round}`, 'e')
      await strict.time.advance(70_000)
      expect(await strict.converged()).toBe(true)
      expect(await strict.conflicts()).toEqual([])
      expect(await strict.get(west, 'k3')).toBe('e')
      expect(await strict.countKept()).toBe(0)
    }
  })
})

async function closed(lab: TestWorld): Promise<TestWorld> {
  await lab.time.resolve(lab.world.close())
  return lab
}

describe('two changes of one group at once', () => {
  test('REP-31: one is made, the other is refused, and both are as they were told', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, europe)
    const overrides = { readUnitsOverride: undefined, tableClassOverride: undefined }
    const both = await lab.time.resolve(
      Promise.all([
        lab.world.changeReplica(east, 'users', { kind: 'create', region: west, ...overrides }),
        lab.world.changeReplica(east, 'users', { kind: 'delete', region: europe }),
      ]),
    )
    expect(both.filter(isRefusal).map(({ refused }) => refused)).toEqual(['in-use'])
    await lab.settled()
    expect([lab.status(west), lab.status(europe)].filter((status) => status === 'ACTIVE')).toHaveLength(isRefusal(both[0]) ? 0 : 2)
  })

  test('a table is not dropped from under the replica that is to be filled from it', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east)
    await lab.put(east, 'k', 'v')
    const overrides = { readUnitsOverride: undefined, tableClassOverride: undefined }
    const [added, deleted] = await lab.time.resolve(
      Promise.all([
        lab.world.changeReplica(east, 'users', { kind: 'create', region: west, ...overrides }),
        lab.world.deleteTable(east, 'users'),
      ]),
    )
    expect([isRefusal(added), isRefusal(deleted)].filter(Boolean)).toHaveLength(1)
    await lab.settled()
    expect(await lab.get(west, 'k')).toBe(isRefusal(added) ? undefined : 'v')
  })
})

test('REP-28: quiet tables keep neither log records nor tombstones, though the last word on each link is a report', async () => {
  const lab = await TestWorld.open({ profile: lagProfiles.lesson })
  await lab.createTable(east, west, europe)
  for (const region of [east, west, europe]) {
    for (let write = 0; write < 30; write++) await lab.put(region, `k${write}`, region)
    for (let write = 0; write < 10; write++) await lab.delete(region, `k${write}`)
  }
  await lab.time.advance(70_000)
  expect(await lab.converged()).toBe(true)
  expect(await lab.countKept()).toBe(0)
  for (const region of [east, west, europe]) expect(await lab.countRows(region, spaces.items)).toBe(20)
})
