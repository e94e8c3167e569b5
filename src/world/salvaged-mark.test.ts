import { expect, test } from 'vitest'
import { assert } from '../base/assert.ts'
import { rowKey, spaces } from '../engine/keyspace.ts'
import { StoredItem, encodeImage } from '../engine/stored-item.ts'
import { encodeItemKey } from '../item/item-key.ts'
import { isInvalid } from '../item/invalid.ts'
import { decodeCell } from '../replication/cell.ts'
import { TestWorld, east, europe, users, west } from './test-world.contract.ts'

function keyOf(pk: string): Uint8Array {
  const key = encodeItemKey(users.schema, { pk: { S: pk } })
  assert(!isInvalid(key), 'a key')
  return key
}

/** A write that rested on what was there, as one with a condition does. */
async function putConditionally(lab: TestWorld, region: string, pk: string, value: string): Promise<void> {
  const engine = await lab.engine(region)
  const table = engine.table('users')
  assert(table !== undefined, `${region} has the table`)
  const image = encodeImage({ pk: { S: pk }, v: { S: value } })
  const item = new StoredItem(image, image.length)
  await lab.time.resolve(engine.write(table, keyOf(pk), () => ({ kind: 'put', item, result: 'put', relative: true })))
}

/** Whether what a Region shows of an item is known to have rested on what was there. */
async function restsOnWhatWas(lab: TestWorld, region: string, pk: string): Promise<boolean | undefined> {
  const engine = await lab.engine(region)
  const cell = await engine.store.get(rowKey(engine.table('users')?.number ?? 0, spaces.items, keyOf(pk)))
  return decodeCell(cell).shown?.version.relative
}

test('REP-38: a write that is made again when its Region comes back is still one that rested on what was there, in all Regions', async () => {
  const lab = await TestWorld.open({ logBytesMax: 20_000 })
  await lab.createTable(east, west, europe)
  await lab.put(west, 'seen', 'common')
  await lab.time.advance(3_000)
  const cut = await lab.break({ kind: 'pause', region: east })
  await lab.put(west, 'contested', 'earlier')
  await lab.time.advance(1_000)
  for (const pk of ['seen', 'new', 'contested']) await putConditionally(lab, east, pk, 'unsent')
  await lab.put(east, 'plain', 'unsent')
  for (let n = 0; n < 60; n++) await lab.put(west, `k${n % 20}`, 'x'.repeat(1000))
  await lab.time.advance(120_000)
  expect(lab.status(east)).toBe('EXPELLED')
  await lab.heal(cut)
  await lab.settled()
  await lab.time.advance(120_000)
  for (const region of [east, west, europe]) {
    const shown = await Promise.all(['seen', 'new', 'contested', 'plain'].map((pk) => lab.get(region, pk)))
    expect(shown).toEqual(['unsent', 'unsent', 'unsent', 'unsent'])
    const marks = await Promise.all(['seen', 'new', 'contested', 'plain'].map((pk) => restsOnWhatWas(lab, region, pk)))
    expect(marks).toEqual([true, true, true, false])
  }
})
