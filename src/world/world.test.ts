import { expect, test } from 'vitest'
import { silentLog } from '../base/log.ts'
import { seededRandom } from '../base/random.ts'
import { VirtualTime } from '../base/virtual-time.ts'
import { isRefusal } from '../engine/refusal.ts'
import { StoredItem, encodeImage } from '../engine/stored-item.ts'
import type { TableBlueprint } from '../engine/table.ts'
import { onDemandSettings } from '../engine/table.ts'
import type { Item } from '../item/attribute-value.ts'
import { encodeItemKey } from '../item/item-key.ts'
import { isInvalid } from '../item/invalid.ts'
import { Faults } from './faults.ts'
import { conflictsOf, digestTable, flowsOf } from './inspection.ts'
import { lagProfiles } from './lag-profile.ts'
import { createMemoryStores } from './memory-stores.ts'
import { World } from './world.ts'

const users: TableBlueprint = {
  name: 'users',
  schema: { partition: { name: 'pk', type: 'S' }, sort: undefined },
  attributeDefinitions: [{ name: 'pk', type: 'S' }],
  settings: onDemandSettings(0),
  tags: {},
}

async function start() {
  const time = new VirtualTime()
  const random = seededRandom(1)
  const world = await time.resolve(
    World.open({
      stores: createMemoryStores({ scheduler: time, flushDelayMs: () => 2 }),
      regions: ['us-east-1', 'eu-west-1', 'us-west-2'],
      clock: time,
      clockMode: 'hlc',
      scheduler: time,
      random,
      profile: lagProfiles.aws,
      log: {
        ...silentLog,
        error: (event, fields) => {
          throw new Error(`${event} ${JSON.stringify(fields)} ${String(fields?.['error'])}`)
        },
      },
      endedIncarnationsMax: 2,
      sourceHoldMs: 0,
    }),
  )
  const faults = new Faults(world, { clock: time, scheduler: time, random })
  const engine = async (region: string) => {
    const found = await world.engine(region)
    if (isRefusal(found)) throw new Error(found.message)
    return found
  }
  const put = async (region: string, pk: string, email: string) => {
    const at = await engine(region)
    const table = at.table('users')
    if (table === undefined) throw new Error(`no table in ${region}`)
    const item: Item = { pk: { S: pk }, email: { S: email } }
    const key = encodeItemKey(table.schema, item)
    if (isInvalid(key)) throw new Error(key.invalid)
    await time.resolve(at.write(table, key, () => ({ kind: 'put', item: new StoredItem(encodeImage(item), 20), result: 'done' })))
  }
  const get = async (region: string, pk: string) => {
    const at = await engine(region)
    const table = at.table('users')
    if (table === undefined) return undefined
    const key = encodeItemKey(table.schema, { pk: { S: pk } })
    if (isInvalid(key)) throw new Error(key.invalid)
    return (await at.getItem(table, key))?.item['email']
  }
  const addReplica = (source: string, region: string) =>
    time.resolve(
      world.changeReplica(source, 'users', { kind: 'create', region, readUnitsOverride: undefined, tableClassOverride: undefined }),
    )
  return { time, world, faults, put, get, addReplica }
}

test('a write during a partition loses, is in the ledger of both, and the replicas are equal', async () => {
  const { time, world, faults, put, get, addReplica } = await start()
  await time.resolve(world.createTable('us-east-1', users))
  await put('us-east-1', 'ann', 'first@example.com')
  expect(isRefusal(await addReplica('us-east-1', 'eu-west-1'))).toBe(false)
  await time.resolve(world.settled())
  expect(await get('eu-west-1', 'ann')).toEqual({ S: 'first@example.com' })
  await addReplica('eu-west-1', 'us-west-2')
  await time.resolve(world.settled())

  const partition = await time.resolve(faults.inject({ kind: 'partition', between: ['us-east-1', 'eu-west-1'], durationMs: undefined }))
  await put('us-east-1', 'ann', 'new@example.com')
  await time.advance(50)
  await put('eu-west-1', 'ann', 'different@example.com')
  await time.advance(20_000)
  expect(await get('us-east-1', 'ann')).toEqual({ S: 'new@example.com' })
  expect(await get('eu-west-1', 'ann')).toEqual({ S: 'different@example.com' })
  await time.resolve(faults.heal(partition.id))
  await time.advance(20_000)
  for (const region of ['us-east-1', 'eu-west-1', 'us-west-2']) expect(await get(region, 'ann')).toEqual({ S: 'different@example.com' })
  const digest = await time.resolve(digestTable(world, time, 'users'))
  expect(digest?.converged).toBe(true)
  const conflicts = await conflictsOf(world, 'users', 0n)
  expect(conflicts).toHaveLength(1)
  expect(conflicts[0]).toMatchObject({ withdrawn: false, settled: true, loser: { region: 'us-east-1' }, winner: { region: 'eu-west-1' } })
  for (const { flows } of await flowsOf(world)) for (const flow of flows) expect(flow).toMatchObject({ pending: 0, stalled: undefined })

  for (let round = 0; round < 4; round++) {
    await time.resolve(faults.inject({ kind: 'crash', region: 'eu-west-1', durationMs: undefined }))
    await put('eu-west-1', 'bob', `round ${round}`)
    await time.advance(5_000)
  }
  await time.resolve(world.retireIncarnations())
  await time.resolve(world.settled())
  await put('us-west-2', 'bob', 'after')
  await time.advance(5_000)
  expect(await get('eu-west-1', 'bob')).toEqual({ S: 'after' })
  const again = await time.resolve(digestTable(world, time, 'users'))
  expect(again?.converged).toBe(true)
  expect([...(again?.digestByRegion.values() ?? [])].map((each) => each.cursors.size)).toEqual([3, 3, 3])
  expect(await conflictsOf(world, 'users', 0n)).toHaveLength(1)

  await time.resolve(world.changeReplica('us-east-1', 'users', { kind: 'delete', region: 'eu-west-1' }))
  await time.resolve(world.settled())
  expect(await get('eu-west-1', 'bob')).toBeUndefined()
  expect(await get('us-west-2', 'bob')).toEqual({ S: 'after' })
  await put('us-west-2', 'bob', 'still')
  await time.advance(5_000)
  expect(await get('us-east-1', 'bob')).toEqual({ S: 'still' })
})
