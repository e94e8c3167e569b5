import { describe, expect, test } from 'vitest'
import type { NotWritten, Written } from '../engine/item-writer.ts'
import { spaces } from '../engine/keyspace.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import { StoredItem, encodeImage } from '../engine/stored-item.ts'
import type { Table } from '../engine/table.ts'
import type { Item } from '../item/attribute-value.ts'
import { isInvalid } from '../item/invalid.ts'
import { encodeItemKey } from '../item/item-key.ts'
import { journalRange } from '../replication/journal-log.ts'
import { TestWorld, accepted, east, europe, users, west } from './test-world.contract.ts'

/** Strong tables in a whole world: its own links, stores that lose what is not flushed, faults. */
const groups: readonly (readonly [string, readonly string[], string | undefined])[] = [
  ['three replicas', [east, west, europe], undefined],
  ['two replicas and a witness', [east, west], europe],
]

async function strongWorld(replicas: readonly string[], witness: string | undefined, seed = 1): Promise<TestWorld> {
  const lab = await TestWorld.open({ seed })
  const [first = east, ...others] = replicas
  accepted(
    await lab.time.resolve(lab.world.createTable(first, { ...users, settings: { ...users.settings, stream: 'NEW_AND_OLD_IMAGES' } })),
  )
  const wish = (region: string) => ({ region, readUnitsOverride: undefined, tableClassOverride: undefined })
  const action = { kind: 'create-strong', replicas: others.map(wish), witness } as const
  accepted(await lab.time.resolve(lab.world.changeReplica(first, 'users', action)))
  await lab.settled()
  for (const region of others) {
    const changed = lab.world.changeSettings(region, 'users', ({ settings }) => ({ ...settings, stream: 'NEW_AND_OLD_IMAGES' }))
    accepted(await lab.time.resolve(changed))
  }
  return lab
}

function keyOf(pk: string): Uint8Array {
  const key = encodeItemKey(users.schema, { pk: { S: pk } })
  if (isInvalid(key)) throw new Error(key.invalid)
  return key
}

async function opened(lab: TestWorld, region: string): Promise<{ engine: RegionEngine; table: Table }> {
  const engine = accepted(await lab.world.engine(region))
  const table = engine.table('users')
  if (table === undefined) throw new Error(`no table in ${region}`)
  return { engine, table }
}

type Outcome = number | NotWritten['kind'] | 'condition failed'

function outcomeOf(written: Written<number | undefined> | NotWritten): Outcome {
  if (written.kind !== 'written') return written.kind
  return written.result ?? 'condition failed'
}

/** `ADD n 1`; what it made. */
async function add(lab: TestWorld, region: string, pk: string): Promise<Outcome> {
  const { engine, table } = await opened(lab, region)
  return outcomeOf(
    await engine.write<number | undefined>(table, keyOf(pk), (before) => {
      const n = numberIn(before) + 1
      return { kind: 'put', item: stored({ pk: { S: pk }, n: { N: String(n) } }), result: n }
    }),
  )
}

async function create(lab: TestWorld, region: string, pk: string): Promise<Outcome> {
  const { engine, table } = await opened(lab, region)
  return outcomeOf(
    await engine.write<number | undefined>(table, keyOf(pk), (before) =>
      before === undefined
        ? { kind: 'put', item: stored({ pk: { S: pk }, by: { S: region }, n: { N: '1' } }), result: 1 }
        : { kind: 'keep', result: undefined },
    ),
  )
}

async function strongRead(lab: TestWorld, region: string, pk: string): Promise<number | 'refused'> {
  const { engine, table } = await opened(lab, region)
  if (!(await engine.caughtUp(table))) return 'refused'
  return numberIn(await engine.getItem(table, keyOf(pk)))
}

async function weakRead(lab: TestWorld, region: string, pk: string): Promise<number> {
  const { engine, table } = await opened(lab, region)
  return numberIn(await engine.getItem(table, keyOf(pk)))
}

function stored(item: Item): StoredItem {
  const image = encodeImage(item)
  return new StoredItem(image, image.length)
}

function numberIn(item: StoredItem | undefined): number {
  const n = item?.item['n']
  return n !== undefined && 'N' in n ? Number(n.N) : 0
}

/** The same again, as an SDK does, until it is carried out. */
async function untilWritten(write: () => Promise<Outcome>): Promise<Outcome> {
  for (;;) {
    const outcome = await write()
    if (outcome !== 'overtaken') return outcome
  }
}

describe.each(groups)('a strong table with %s', (_name, replicas, witness) => {
  const [here = east, there = west] = replicas

  test('[STR-2] what one Region acknowledged is read in every Region, and a weak read shows what has come', async () => {
    const lab = await strongWorld(replicas, witness)
    for (const region of replicas) expect(await lab.time.resolve(add(lab, region, 'k'))).toBe(replicas.indexOf(region) + 1)
    for (const region of replicas) expect(await lab.time.resolve(strongRead(lab, region, 'k'))).toBe(replicas.length)
    for (const region of replicas) expect(await weakRead(lab, region, 'k')).toBe(replicas.length)
    expect(await lab.converged()).toBe(true)
  })

  test('[STR-2] of concurrent creations in all Regions exactly one succeeds', async () => {
    const lab = await strongWorld(replicas, witness)
    for (let n = 0; n < 10; n++) {
      const outcomes = await lab.time.resolve(Promise.all(replicas.map((region) => untilWritten(() => create(lab, region, `k${n}`)))))
      expect([...outcomes].sort()).toEqual([1, ...replicas.slice(1).map(() => 'condition failed')])
    }
  })

  test('[STR-2] concurrent additions in all Regions add up, and each is told its own sum', async () => {
    const lab = await strongWorld(replicas, witness)
    const additions = replicas.flatMap((region) => Array.from({ length: 15 }, () => untilWritten(() => add(lab, region, 'k'))))
    const sums = await lab.time.resolve(Promise.all(additions))
    expect([...sums].sort((a, b) => Number(a) - Number(b))).toEqual(additions.map((_addition, at) => at + 1))
    for (const region of replicas) expect(await lab.time.resolve(strongRead(lab, region, 'k'))).toBe(additions.length)
  })

  test('[STR-6] a Region that is cut off from both others refuses writes and strong reads, and catches up by itself', async () => {
    const lab = await strongWorld(replicas, witness)
    await lab.time.resolve(add(lab, here, 'k'))
    await lab.time.advance(1000)
    const pause = await lab.break({ kind: 'pause', region: here })
    expect(await lab.time.resolve(add(lab, here, 'k'))).toBe('unreachable')
    expect(await lab.time.resolve(strongRead(lab, here, 'k'))).toBe('refused')
    expect(await weakRead(lab, here, 'k')).toBe(1)
    expect(await lab.time.resolve(add(lab, there, 'k'))).toBe(2)
    expect(await weakRead(lab, here, 'k')).toBe(1)
    await lab.heal(pause)
    await lab.time.advance(2000)
    expect(await weakRead(lab, here, 'k')).toBe(2)
    expect(await lab.time.resolve(add(lab, here, 'k'))).toBe(3)
  })

  test('[STR-4] F18: two Regions that see only the third go on', async () => {
    const lab = await strongWorld(replicas, witness)
    await lab.break({ kind: 'partition', between: [here, there] })
    for (let n = 0; n < 4; n++) {
      expect(await lab.time.resolve(add(lab, n % 2 === 0 ? here : there, 'k'))).toBe(n + 1)
      expect(await lab.time.resolve(strongRead(lab, n % 2 === 0 ? there : here, 'k'))).toBe(n + 1)
    }
  })

  test('[STR-3] any one Region may crash, and nothing that was acknowledged is lost; it catches up when it is back', async () => {
    for (const crashed of [east, west, europe]) {
      const lab = await strongWorld(replicas, witness)
      for (let n = 0; n < 5; n++) await lab.time.resolve(add(lab, here, 'k'))
      const crash = await lab.break({ kind: 'crash', region: crashed }, 30_000)
      const served = replicas.find((region) => region !== crashed) ?? here
      expect(await lab.time.resolve(strongRead(lab, served, 'k'))).toBe(5)
      expect(await lab.time.resolve(add(lab, served, 'k'))).toBe(6)
      await lab.heal(crash)
      await lab.time.advance(5000)
      for (const region of replicas) expect(await weakRead(lab, region, 'k')).toBe(6)
      expect(await lab.converged()).toBe(true)
    }
  })

  test('[STR-5] a process that starts again goes on where it was, and its tables are still strong', async () => {
    let lab = await strongWorld(replicas, witness)
    for (let n = 0; n < 5; n++) await lab.time.resolve(add(lab, here, 'k'))
    lab = await lab.reopen()
    expect(await lab.time.resolve(strongRead(lab, there, 'k'))).toBe(5)
    expect(await lab.time.resolve(add(lab, there, 'k'))).toBe(6)
    const { table } = await opened(lab, here)
    expect(table.ordered).toBe(true)
  })

  test('[STR-5] a process that dies under load loses nothing that was acknowledged', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const lab = await strongWorld(replicas, witness, seed)
      let acknowledged = 0
      const load = replicas.flatMap((region) =>
        Array.from({ length: 10 }, async () => {
          for (let n = 0; n < 20; n++) {
            try {
              const sum = await add(lab, region, 'k')
              if (typeof sum === 'number') acknowledged = Math.max(acknowledged, sum)
            } catch {
              return // its Region is down
            }
          }
        }),
      )
      await lab.time.advance(300 + 137 * seed)
      for (const region of [east, west, europe]) await lab.time.resolve(lab.world.crash(region))
      await lab.time.resolve(Promise.allSettled(load))
      const before = acknowledged
      expect(before).toBeGreaterThan(0)
      const again = await lab.reopen()
      for (const region of replicas) expect(await again.time.resolve(strongRead(again, region, 'k'))).toBeGreaterThanOrEqual(before)
    }
  })

  test('streams show the same changes of an item in every replica, each beginning with what the one before made', async () => {
    const lab = await strongWorld(replicas, witness)
    await lab.time.resolve(
      Promise.all(replicas.flatMap((region) => Array.from({ length: 6 }, () => untilWritten(() => add(lab, region, 'k'))))),
    )
    await lab.time.advance(2000)
    for (const region of replicas) expect(await lab.countRows(region, spaces.changes)).toBe(replicas.length * 6 + 1)
  })

  test('a deletion is remembered as long as a write may not have seen it, and a table of deletions does not grow', async () => {
    const lab = await strongWorld(replicas, witness)
    await lab.time.resolve(add(lab, here, 'k'))
    const { engine, table } = await opened(lab, there)
    await lab.time.resolve(engine.write(table, keyOf('k'), () => ({ kind: 'delete', result: 0 })))
    expect(await lab.countRows(there, spaces.deletions)).toBe(1)
    expect(await lab.time.resolve(strongRead(lab, here, 'k'))).toBe(0)
    expect((await lab.time.resolve(engine.statistics(table))).itemCount).toBe(0)
    expect(await lab.time.resolve(create(lab, here, 'k'))).toBe(1)
  })

  test('the group ends: the table that is kept has everything, is an ordinary one, and nothing of the journal is left', async () => {
    const lab = await strongWorld(replicas, witness)
    await lab.time.resolve(
      Promise.all(replicas.flatMap((region) => Array.from({ length: 5 }, () => untilWritten(() => add(lab, region, 'k'))))),
    )
    const [global] = lab.world.globalTables()
    if (global === undefined) throw new Error('no group')
    const late = Array.from({ length: 5 }, () => add(lab, there, 'k'))
    const removal = { kind: 'delete-several', regions: replicas.filter((region) => region !== here), witness } as const
    accepted(await lab.time.resolve(lab.world.changeReplica(here, 'users', removal)))
    await lab.settled()
    const told = (await lab.time.resolve(Promise.all(late))).filter((outcome) => typeof outcome === 'number')
    expect(await weakRead(lab, here, 'k')).toBe(replicas.length * 5 + told.length)
    expect(await lab.time.resolve(add(lab, here, 'k'))).toBe(replicas.length * 5 + told.length + 1)
    for (const region of [east, west, europe]) {
      const store = lab.world.region(region)?.running?.store
      const left = await store?.page(journalRange(global.journal ?? ''), { entriesMax: 1, bytesMax: 1 })
      expect(left?.entries ?? []).toEqual([])
    }
  })
})
