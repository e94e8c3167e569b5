import { TransactGetItemsCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import type { Item } from './global-table.ts'
import { put, read, untilEverywhere, useGlobalTable } from './global-table.ts'
import { ARRIVAL_MS, arrivalLookMs, away, home, TEST_MS, useRegions } from './regions.ts'
import { recordsOf } from './stream-records.ts'

const world = useRegions()
const table = useGlobalTable(world, 'transactions', 'pk S')
const looking = { timeout: ARRIVAL_MS, interval: arrivalLookMs }

const keysOf = (prefix: string, count: number): readonly Item[] =>
  Array.from({ length: count }, (_, n) => ({ pk: { S: `${prefix}-${n}` } }))
const transact = (region: string, items: readonly Item[], condition?: string) =>
  world.in(region).client.send(
    new TransactWriteItemsCommand({
      TransactItems: items.map((Item) => ({
        Put: { TableName: table, Item, ...(condition === undefined ? {} : { ConditionExpression: condition }) },
      })),
    }),
  )

/** "Transactional operations provide ACID guarantees only within the Region where the write is made." */
describe('a transaction on a global table', () => {
  it(
    'is complete at once where it is made, and arrives elsewhere item by item, each with a record of its own',
    async () => {
      const items = keysOf('together', 10)
      await transact(home, items)
      const { Responses } = await world
        .in(home)
        .client.send(new TransactGetItemsCommand({ TransactItems: items.map((Key) => ({ Get: { TableName: table, Key } })) }))
      expect(Responses?.map(({ Item }) => Item)).toEqual(items)
      for (const key of items) await untilEverywhere(world, table, key, key)
      for (const { pk } of items) {
        const names = async () => (await recordsOf(world, away, table, pk?.S ?? '')).map(({ eventName }) => eventName)
        await expect.poll(names, looking).toEqual(['INSERT'])
      }
    },
    TEST_MS,
  )

  it(
    'judges its conditions by the copy of its own Region',
    async () => {
      const [key = {}] = keysOf('judged', 1)
      await put(world, home, table, key)
      await untilEverywhere(world, table, key, key)
      const again = transact(away, [key, ...keysOf('judged-too', 1)], 'attribute_not_exists(pk)')
      await expect(again).rejects.toMatchObject({
        name: 'TransactionCanceledException',
        CancellationReasons: [{ Code: 'ConditionalCheckFailed' }, { Code: 'None' }],
      })
    },
    TEST_MS,
  )

  it(
    'that is cancelled replicates nothing',
    async () => {
      const [taken = {}, ...others] = keysOf('cancelled', 3)
      await put(world, home, table, taken)
      await expect(transact(home, [...others, taken], 'attribute_not_exists(pk)')).rejects.toThrow('Transaction cancelled')
      const [after = {}] = keysOf('after-cancelled', 1)
      await put(world, home, table, after)
      await untilEverywhere(world, table, after, after)
      for (const key of others) expect(await read(world, away, table, key)).toBeUndefined()
    },
    TEST_MS,
  )
})
