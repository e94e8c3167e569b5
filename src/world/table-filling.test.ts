import { describe, expect, test } from 'vitest'
import { isRefusal } from '../engine/refusal.ts'
import type { Visit } from '../engine/item-reader.ts'
import { encodeImage, StoredItem } from '../engine/stored-item.ts'
import type { Filling, TableBlueprint } from '../engine/table.ts'
import type { FilledRow, TableFiller, TableFillers } from '../engine/table-filling.ts'
import { encodeItemKey } from '../item/item-key.ts'
import { isInvalid } from '../item/invalid.ts'
import { accepted, east, europe, TestWorld, users } from './test-world.contract.ts'

/** A new table that a job fills, and a program that ends at any moment meanwhile. */

const itemsMax = 1_000
const pageItems = 50

const indexed: TableBlueprint = {
  ...users,
  attributeDefinitions: [...users.attributeDefinitions, { name: 'v', type: 'S' }],
  settings: {
    ...users.settings,
    indexes: [
      {
        name: 'by-v',
        kind: 'global',
        partition: [{ name: 'v', type: 'S' }],
        sort: [],
        projection: { kind: 'ALL' },
        throughput: undefined,
        onDemandMaximum: undefined,
      },
    ],
  },
}
const filling: Filling = { kind: 'count', state: { next: 0 } }

function row(n: number): FilledRow {
  const item = { pk: { S: `k${n}` }, v: { S: `v${n}` } }
  const itemKey = encodeItemKey(users.schema, item)
  if (isInvalid(itemKey)) throw new Error(itemKey.invalid)
  return { itemKey, item: new StoredItem(encodeImage(item), 10) }
}

/** Counts, and remembers how far. */
function counting(begun: number[]): TableFillers {
  const count: TableFiller = {
    async fill(job) {
      const { next: first } = job.state as { next: number }
      begun.push(first)
      for (let next = first; next < itemsMax; next += pageItems) {
        if (job.givenUp) return { kind: 'interrupted' }
        const written = await job.write(Array.from({ length: pageItems }, (_, index) => row(next + index)))
        if (written !== 'written') return { kind: 'interrupted' }
        await job.record({ next: next + pageItems })
      }
      return { kind: 'filled' }
    },
  }
  return { count }
}

async function countIndexed(lab: TestWorld, region: string): Promise<number> {
  const engine = await lab.engine(region)
  const table = engine.table('users')
  const [index] = table?.indexes ?? []
  if (table === undefined || index === undefined) return 0
  let count = 0
  const visit: Visit = () => (count++, 'more')
  await lab.time.resolve(engine.readIndex(table, index, { from: new Uint8Array(0), to: undefined, reverse: false }, visit))
  return count
}

async function status(lab: TestWorld): Promise<string | undefined> {
  const view = await lab.time.resolve(lab.world.describeTable(east, 'users'))
  return isRefusal(view) ? undefined : view.table.status
}

async function untilActive(lab: TestWorld): Promise<void> {
  while ((await status(lab)) !== 'ACTIVE') await lab.time.advance(5)
}

async function expectAll(lab: TestWorld, region: string): Promise<void> {
  const engine = await lab.engine(region)
  const table = engine.table('users')
  expect(table?.filling).toBeUndefined()
  if (table === undefined) return
  expect(await lab.time.resolve(engine.statistics(table))).toMatchObject({ itemCount: itemsMax, sizeBytes: 10 * itemsMax })
  expect(await countIndexed(lab, region)).toBe(itemsMax)
  for (const n of [0, 499, 999]) expect(await lab.get(region, `k${n}`)).toBe(`v${n}`)
}

describe('a table that is filled', () => {
  test('is CREATING until all is there, and refuses to be changed, to be made again and to be removed', async () => {
    const lab = await TestWorld.open({ fillers: counting([]) })
    const begun = accepted(await lab.time.resolve(lab.world.createTable(east, indexed, filling)))
    expect(begun.table.status).toBe('CREATING')
    expect(await status(lab)).toBe('CREATING')
    const again = [
      lab.world.createTable(east, indexed),
      lab.world.deleteTable(east, 'users'),
      lab.world.changeSettings(east, 'users', ({ settings }) => settings),
      lab.world.changeTags(east, 'users', () => ({})),
    ]
    const refused = await lab.time.resolve(Promise.all(again))
    expect(refused.map((outcome) => isRefusal(outcome) && outcome.refused)).toEqual(['in-use', 'in-use', 'not-found', 'not-found'])
    await untilActive(lab)
    await expectAll(lab, east)
  })

  test('gets a replica as any other table does', async () => {
    const lab = await TestWorld.open({ fillers: counting([]) })
    accepted(await lab.time.resolve(lab.world.createTable(east, indexed, filling)))
    await untilActive(lab)
    await lab.add(east, europe)
    await expectAll(lab, europe)
    await lab.put(europe, 'k0', 'changed')
    await lab.time.advance(10_000)
    expect(await lab.get(east, 'k0')).toBe('changed')
    expect(await lab.converged()).toBe(true)
  })

  test.each([0, 1, 3, 5, 8, 13, 21, 34, 55])('goes on after a program that ended %i ms after it was begun', async (afterMs) => {
    const begun: number[] = []
    let lab = await TestWorld.open({ fillers: counting(begun) })
    accepted(await lab.time.resolve(lab.world.createTable(east, indexed, filling)))
    await lab.time.advance(afterMs)
    lab = await lab.reopen({ fillers: counting(begun) })
    await untilActive(lab)
    await expectAll(lab, east)
    expect(begun.length).toBeLessThanOrEqual(2)
    if (afterMs > 21) expect(begun[1]).toBeGreaterThan(0)
  })

  test.each([0, 1, 3, 5, 8, 13, 21, 34, 55])('goes on in a Region that crashed %i ms after it was begun', async (afterMs) => {
    const lab = await TestWorld.open({ fillers: counting([]) })
    accepted(await lab.time.resolve(lab.world.createTable(east, indexed, filling)))
    await lab.time.advance(afterMs)
    await lab.time.resolve(lab.world.crash(east))
    await lab.time.resolve(lab.world.recover(east))
    await untilActive(lab)
    await expectAll(lab, east)
  })

  test('leaves nothing behind when it cannot be filled', async () => {
    const fillers: TableFillers = {
      count: {
        async fill(job) {
          await job.write([row(1)])
          return { kind: 'failed', reason: 'there is nothing to count' }
        },
      },
    }
    const lab = await TestWorld.open({ fillers })
    const { table } = accepted(await lab.time.resolve(lab.world.createTable(east, indexed, filling)))
    while ((await status(lab)) !== undefined) await lab.time.advance(5)
    await lab.time.advance(100)
    const engine = await lab.engine(east)
    const range = { from: Uint8Array.of(0x01), to: Uint8Array.of(0x02) }
    expect((await engine.store.page(range, { entriesMax: 1, bytesMax: 1 })).entries).toEqual([])
    expect(lab.world.region(east)?.running?.replication.replica(table.globalId)).toBeUndefined()
    accepted(await lab.time.resolve(lab.world.createTable(east, indexed)))
  })

  test('is told when a row could not be written, whatever stood in its way', async () => {
    const said: string[] = []
    const fillers: TableFillers = {
      count: {
        async fill(job) {
          const put = row(1)
          const { itemKey, item } = put
          if (item === undefined) throw new Error('the row has an item')
          // A transaction holds its items until it is flushed.
          const judge = () => ({ kind: 'put', item, result: undefined }) as const
          const transaction = job.engine.transact([{ table: job.table, itemKey, judge }], undefined)
          said.push(await job.write([put]).catch((error: unknown) => String(error)))
          await transaction
          said.push(await job.write([put]))
          return { kind: 'filled' }
        },
      },
    }
    const lab = await TestWorld.open({ fillers })
    accepted(await lab.time.resolve(lab.world.createTable(east, indexed, filling)))
    await untilActive(lab)
    expect(said).toEqual(['Error: a row of users could not be written: conflict', 'written'])
  })
})
