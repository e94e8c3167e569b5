import { describe, expect, test } from 'vitest'
import { refuse } from '../engine/refusal.ts'
import type { Table, TableSettings } from '../engine/table.ts'
import type { Store } from '../storage/store.ts'
import { VirtualTime } from '../base/virtual-time.ts'
import type { GlobalTable } from './global-table.ts'
import { lagProfiles } from './lag-profile.ts'
import { createMemoryStores } from './memory-stores.ts'
import { Registry } from './registry.ts'
import { TestWorld, accepted, east, europe, users, west } from './test-world.contract.ts'

/** The program ends at any moment and starts again on the same disks. */

describe('a new process', () => {
  test('finds the tables, the items, the members and what was not shipped yet', async () => {
    let lab = await TestWorld.open()
    await lab.createTable(east, europe)
    await lab.break({ kind: 'partition', between: [east, europe] })
    await lab.put(east, 'k', 'loses')
    await lab.time.advance(10)
    await lab.put(europe, 'k', 'wins')
    lab = await lab.reopen()
    await lab.settled()
    await lab.put(east, 'other', 'v')
    await lab.time.advance(70_000)
    expect([await lab.get(east, 'k'), await lab.get(europe, 'other')]).toEqual(['wins', 'v'])
    expect(await lab.converged()).toBe(true)
    expect((await lab.conflicts()).map(({ loser }) => loser.region)).toEqual([east])
    expect(await lab.countKept()).toBe(0)
  })

  test('ships at once, not after a retry, what the earlier one left', async () => {
    let lab = await TestWorld.open()
    await lab.createTable(west, east)
    await lab.break({ kind: 'partition', between: [east, west] })
    await lab.put(west, 'k', 'v')
    await lab.put(east, 'l', 'v')
    lab = await lab.reopen()
    await lab.time.advance(4_000)
    expect([await lab.get(east, 'k'), await lab.get(west, 'l')]).toEqual(['v', 'v'])
  })

  test.each([0, 1, 3, 5, 8, 20, 600, 1_200, 2_500, 6_000])(
    'REP-32: goes on with a replica that was begun %i ms before the end',
    async (afterMs) => {
      let lab = await TestWorld.open({ profile: lagProfiles.lesson, seed: afterMs + 1 })
      await lab.createTable(east, europe)
      for (let write = 0; write < 2_200; write++) void lab.beginPut(east, `k${write}`, 'v')
      await lab.time.advance(10_000)
      accepted(await lab.beginAdd(east, west))
      await lab.time.advance(afterMs)
      lab = await lab.reopen()
      await lab.put(europe, 'meanwhile', 'v')
      await lab.settled()
      expect(lab.status(west)).toBe('ACTIVE')
      await lab.time.advance(70_000)
      expect(await lab.get(west, 'k2199')).toBe('v')
      expect(await lab.converged()).toBe(true)
      expect(await lab.countKept()).toBe(0)
    },
  )

  test.each([0, 1, 3, 5, 8, 20, 600, 1_200, 2_500, 6_000])(
    'REP-37: goes on with a removal that was begun %i ms before the end',
    async (afterMs) => {
      let lab = await TestWorld.open({ seed: afterMs + 1 })
      await lab.createTable(east, west, europe)
      for (let write = 0; write < 50; write++) await lab.put(europe, `k${write}`, 'v')
      accepted(await lab.beginRemove(east, europe))
      await lab.time.advance(afterMs)
      lab = await lab.reopen()
      await lab.settled()
      expect(lab.status(europe)).toBeUndefined()
      expect((await lab.engine(europe)).table('users')).toBeUndefined()
      for (let write = 0; write < 50; write++) expect(await lab.get(west, `k${write}`)).toBe('v')
      await lab.time.advance(70_000)
      expect(await lab.converged()).toBe(true)
      expect(await lab.countKept()).toBe(0)
    },
  )
})

describe('settings that replicas share', () => {
  const infrequent = ({ settings }: Table): TableSettings => ({ ...settings, tableClass: 'STANDARD_INFREQUENT_ACCESS' })
  const classIn = async (lab: TestWorld, region: string) => (await lab.engine(region)).table('users')?.settings.tableClass

  test('reach a Region that was down when it is back', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, europe)
    const crash = await lab.break({ kind: 'crash', region: europe }, 3_600_000)
    accepted(await lab.time.resolve(lab.world.changeSettings(east, 'users', infrequent)))
    await lab.settled()
    await lab.heal(crash)
    await lab.settled()
    expect(await classIn(lab, europe)).toBe('STANDARD_INFREQUENT_ACCESS')
  })

  test('reach a Region that is back while another one is still down', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(west, east, europe)
    await lab.break({ kind: 'crash', region: east }, 3_600_000)
    const crash = await lab.break({ kind: 'crash', region: europe }, 3_600_000)
    accepted(await lab.time.resolve(lab.world.changeSettings(west, 'users', infrequent)))
    await lab.heal(crash)
    await lab.time.advance(1_000)
    expect(await classIn(lab, europe)).toBe('STANDARD_INFREQUENT_ACCESS')
  })

  test('reach the other Regions though one crashes while they are told', async () => {
    for (const afterMs of [0, 1, 2, 3, 4, 5]) {
      const lab = await TestWorld.open()
      await lab.createTable(west, east, europe)
      const change = lab.world.changeSettings(west, 'users', infrequent)
      await lab.time.resolve(change)
      await lab.time.advance(afterMs)
      await lab.break({ kind: 'crash', region: east }, 3_600_000)
      await lab.time.advance(1_000)
      expect(await classIn(lab, europe)).toBe('STANDARD_INFREQUENT_ACCESS')
    }
  })

  test('reach every Region though the process ends as soon as they are recorded', async () => {
    let lab = await TestWorld.open()
    await lab.createTable(east, europe)
    await lab.break({ kind: 'crash', region: europe }, 3_600_000)
    accepted(await lab.time.resolve(lab.world.changeSettings(east, 'users', infrequent)))
    lab = await lab.reopen()
    await lab.settled()
    expect([await classIn(lab, east), await classIn(lab, europe)]).toEqual(['STANDARD_INFREQUENT_ACCESS', 'STANDARD_INFREQUENT_ACCESS'])
  })

  test('are the same everywhere after two Regions changed them at once; deletion protection is each Region’s own', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, europe, west)
    const [one, two] = [
      lab.world.changeSettings(east, 'users', ({ settings }) => ({ ...settings, deletionProtection: true })),
      lab.world.changeSettings(europe, 'users', infrequent),
    ]
    accepted(await lab.time.resolve(one))
    accepted(await lab.time.resolve(two))
    await lab.settled()
    const settings = await Promise.all([east, europe, west].map(async (region) => (await lab.engine(region)).table('users')?.settings))
    expect(new Set(settings.map((each) => each?.tableClass)).size).toBe(1)
    expect(settings.map((each) => each?.deletionProtection)).toEqual([true, false, false])
    expect(await lab.beginRemove(europe, east)).toMatchObject(refuse('invalid', expect.stringContaining('deletion protection') as string))
  })
})

describe('a Region', () => {
  test('that two ask for at once is started once, and both get it', async () => {
    const lab = await TestWorld.open()
    const [one, two] = await lab.time.resolve(Promise.all([lab.world.engine('ap-south-1'), lab.world.engine('ap-south-1')]))
    expect(one).toMatchObject({ region: 'ap-south-1' })
    expect(two).toBe(one)
  })

  test('that is told to start twice has one engine', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, europe)
    await lab.time.resolve(lab.world.crash(east))
    const node = lab.world.region(east)
    await lab.time.resolve(Promise.all([lab.world.recover(east), lab.world.recover(east), node?.start()]))
    const engine = await lab.engine(east)
    await lab.put(east, 'k', 'v')
    expect(node?.running?.engine).toBe(engine)
    await lab.time.advance(10_000)
    expect(await lab.get(europe, 'k')).toBe('v')
  })

  test('that is crashed while it starts ends up down', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, europe)
    await lab.time.resolve(lab.world.crash(east))
    await lab.time.resolve(Promise.all([lab.world.recover(east), lab.world.crash(east)]))
    expect(lab.world.region(east)?.running).toBeUndefined()
  })
})

describe('a table whose last replica was dropped, and whose record was not removed before the end,', () => {
  async function dropOnly(): Promise<TestWorld> {
    const lab = await TestWorld.open()
    await lab.createTable(east, west)
    await lab.remove(east, west)
    const engine = await lab.engine(east)
    expect(await lab.time.resolve(engine.dropTable('users'))).toBeDefined()
    expect(lab.world.globalTables()).toHaveLength(1)
    return lab
  }

  test('is forgotten when the world opens, for good, and its name is free', async () => {
    const lab = await (await dropOnly()).reopen()
    expect(lab.world.globalTables()).toEqual([])
    await lab.createTable(east, west)
    const again = await lab.reopen({ seed: 78 })
    expect(again.world.globalTables().map(({ replicas }) => replicas.length)).toEqual([2])
  })

  test('is forgotten when its Region recovers, and its name is free', async () => {
    const lab = await dropOnly()
    await lab.break({ kind: 'crash', region: east })
    expect(lab.world.globalTables()).toEqual([])
    await lab.createTable(east, west)
  })

  test('while a table whose last replica is there is kept', async () => {
    const before = await TestWorld.open()
    await before.createTable(east, west)
    await before.remove(east, west)
    const lab = await before.reopen()
    await lab.break({ kind: 'crash', region: east })
    expect(lab.world.globalTables()).toHaveLength(1)
  })
})

describe('the registry', () => {
  const table: GlobalTable = {
    globalId: 'g',
    name: 'users',
    schema: users.schema,
    attributeDefinitions: users.attributeDefinitions,
    settings: users.settings,
    membership: { epoch: 3, members: [east], joined: { [east]: 2 }, closed: {}, dropped: {} },
    consistency: 'EVENTUAL',
    witness: undefined,
    replicas: [],
  }

  test('says again after a power failure what it had said was recorded, and nothing else', async () => {
    const time = new VirtualTime()
    const stores = createMemoryStores({ scheduler: time, flushDelayMs: () => 5 })
    let store: Store = await stores.open('world')
    let registry = await time.resolve(Registry.open(store))
    await time.resolve(registry.decide('g', () => table))
    for (let index = 0; index < 600; index++) void registry.decide(`g${index}`, () => ({ ...table, globalId: `g${index}` }))
    await time.advance(50)
    await time.resolve(registry.change('g7', () => undefined))
    const next = { ...table, membership: { ...table.membership, epoch: 4 } }
    const unanswered = registry.decide('g', () => next).catch(() => 'lost')
    expect(registry.get('g')?.membership.epoch).toBe(3)
    await stores.crash('world', store)
    expect(await unanswered).toBe('lost')
    store = await stores.open('world')
    registry = await time.resolve(Registry.open(store))
    expect(registry.tables()).toHaveLength(600)
    expect(registry.get('g')).toEqual(table)
    expect(registry.get('g7')).toBeUndefined()
  })
})
