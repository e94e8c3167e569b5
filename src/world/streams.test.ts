import { describe, expect, test } from 'vitest'
import type { ChangeRecord } from '../engine/change-log.ts'
import { tableRange } from '../engine/keyspace.ts'
import { readShard } from '../engine/stream-reader.ts'
import { shardsOf } from '../engine/stream-shards.ts'
import { isRefusal, refuse } from '../engine/refusal.ts'
import type { StreamView } from '../engine/table.ts'
import { accepted, east, europe, TestWorld, users, west } from './test-world.contract.ts'

describe('the streams of a global table', () => {
  test('are there in every Region, each its own, as soon as a replica is added', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east)
    const { table } = accepted(await lab.beginAdd(east, europe))
    expect(table.streams.map(({ view }) => view)).toEqual(['NEW_AND_OLD_IMAGES'])
    await lab.settled()
    expect(await viewsIn(lab, east)).toEqual(['NEW_AND_OLD_IMAGES'])
    expect(await viewsIn(lab, europe)).toEqual(['NEW_AND_OLD_IMAGES'])
  })

  test('keep the view of the table that the first replica was made from', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east)
    accepted(await lab.time.resolve(lab.world.changeSettings(east, users.name, ({ settings }) => ({ ...settings, stream: 'KEYS_ONLY' }))))
    accepted(await lab.beginAdd(east, europe))
    await lab.settled()
    expect(await viewsIn(lab, east)).toEqual(['KEYS_ONLY'])
    expect(await viewsIn(lab, europe)).toEqual(['KEYS_ONLY'])
  })

  test('show what was written in any Region, once, and nothing of what a new replica was filled with', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, europe)
    await lab.put(east, 'a', '1')
    await lab.time.advance(10_000)
    accepted(await lab.beginAdd(east, west))
    await lab.settled()
    await lab.put(europe, 'a', '2')
    await lab.time.advance(10_000)
    await lab.delete(west, 'a')
    await lab.time.advance(10_000)
    expect(await causesIn(lab, east)).toEqual(['client', 'replication', 'replication'])
    expect(await causesIn(lab, europe)).toEqual(['replication', 'client', 'replication'])
    expect(await causesIn(lab, west)).toEqual(['replication', 'client'])
  })

  test('cannot be disabled while there are several replicas, and can when one is left', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, europe)
    const disable = () =>
      lab.time.resolve(lab.world.changeSettings(east, users.name, ({ settings }) => ({ ...settings, stream: undefined })))
    expect(await disable()).toEqual(
      refuse('invalid', 'One or more parameter values were invalid: Disabling Stream is not allowed for a Global Table replica.'),
    )
    accepted(await lab.beginRemove(east, europe))
    await lab.settled()
    expect(isRefusal(await disable())).toBe(false)
    expect((await lab.engine(east)).table(users.name)?.streams.at(-1)?.endedAtMs).toBeDefined()
  })
})

async function viewsIn(lab: TestWorld, region: string): Promise<readonly StreamView[]> {
  return (await lab.engine(region)).table(users.name)?.streams.map(({ view }) => view) ?? []
}

/** Of all changes that the Region's stream shows. */
async function causesIn(lab: TestWorld, region: string): Promise<readonly ChangeRecord['cause'][]> {
  const engine = await lab.engine(region)
  const table = engine.table(users.name)
  const stream = table?.streams.at(-1)
  if (table === undefined || stream === undefined) return []
  const pages = shardsOf(stream, engine.clock.nowMs()).map((shard) => readShard(engine, table, shard, 0n, 1000))
  return (await lab.time.resolve(Promise.all(pages))).flatMap(({ changes }) => changes.map(({ cause }) => cause))
}

test('what a deleted table leaves for the readers of its stream outlives a restart, and goes after 24 hours', async () => {
  let lab = await TestWorld.open()
  await lab.createTable(east)
  const streamed = lab.world.changeSettings(east, users.name, ({ settings }) => ({ ...settings, stream: 'KEYS_ONLY' }))
  accepted(await lab.time.resolve(streamed))
  for (let at = 0; at < 3; at++) await lab.put(east, `k${at}`, 'v')
  const number = (await lab.engine(east)).table(users.name)?.number ?? 0
  accepted(await lab.time.resolve(lab.world.deleteTable(east, users.name)))
  await lab.settled()
  const rows = async (): Promise<number> => {
    const { store } = await lab.engine(east)
    return (await store.page(tableRange(number), { entriesMax: 100, bytesMax: 1 << 20 })).entries.length
  }
  // The head of the log and its records.
  expect(await rows()).toBe(4)
  lab = await lab.reopen()
  expect((await lab.engine(east)).endedTables()).toMatchObject([{ name: users.name, number }])
  expect(await rows()).toBe(4)
  await lab.time.advance(23 * 3_600_000)
  expect(await rows()).toBe(4)
  await lab.time.advance(2 * 3_600_000)
  expect(await rows()).toBe(0)
  expect((await lab.engine(east)).endedTables()).toEqual([])
})
