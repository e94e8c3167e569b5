import { BatchWriteItemCommand, DeleteItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import type { Item } from './global-table.ts'
import { put, read, untilAlike, untilEverywhere, useGlobalTable, within } from './global-table.ts'
import { ARRIVAL_MS, arrivalLookMs, away, home, regionNames, TEST_MS, useRegions } from './regions.ts'

const world = useRegions()
const table = useGlobalTable(world, 'items', 'pk S', {
  AttributeDefinitions: [{ AttributeName: 'city', AttributeType: 'S' }],
  GlobalSecondaryIndexes: [
    { IndexName: 'by-city', KeySchema: [{ AttributeName: 'city', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
  ],
})

let turn = 0
/** A key that no other test writes. */
const fresh = (): Item => ({ pk: { S: `item-${turn++}` } })

const update = (region: string, Key: Item, UpdateExpression: string, values: Item = {}) =>
  world.in(region).client.send(
    new UpdateItemCommand({
      TableName: table,
      Key,
      UpdateExpression,
      ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
      ReturnValues: 'ALL_NEW',
    }),
  )

const remove = (region: string, Key: Item) => world.in(region).client.send(new DeleteItemCommand({ TableName: table, Key }))

/** "Changes made to any replica are replicated to all other replicas" (developer guide). */
describe('what is written in one Region is in all of them after a while', () => {
  it.each(regionNames)(
    'a put, an update, a delete and another put, made in %s',
    async (region) => {
      const key = fresh()
      await put(world, region, table, { ...key, v: { N: '1' }, nickname: { S: 'x' } })
      await untilEverywhere(world, table, key, { ...key, v: { N: '1' }, nickname: { S: 'x' } })
      await update(region, key, 'SET v = v + :one, added = :list REMOVE nickname', { ':one': { N: '1' }, ':list': { L: [{ BOOL: true }] } })
      await untilEverywhere(world, table, key, { ...key, v: { N: '2' }, added: { L: [{ BOOL: true }] } })
      await remove(region, key)
      await untilEverywhere(world, table, key, undefined)
      await put(world, region, table, { ...key, again: { BOOL: true } })
      await untilEverywhere(world, table, key, { ...key, again: { BOOL: true } })
    },
    TEST_MS,
  )

  it(
    'every type of attribute, to the digit and the byte',
    async () => {
      const key = fresh()
      const item: Item = {
        ...key,
        text: { S: 'grüße' },
        empty: { S: '' },
        number: { N: '12345678901234567890123456789012345678' },
        bytes: { B: Uint8Array.of(0, 255, 1) },
        yes: { BOOL: true },
        nothing: { NULL: true },
        list: { L: [{ N: '1' }, { M: { deep: { L: [] } } }] },
        map: { M: { a: { S: 'b' } } },
        texts: { SS: ['a', 'b'] },
        numbers: { NS: ['1', '2.5'] },
      }
      await put(world, home, table, item)
      await expect
        .poll(async () => Object.keys((await read(world, away, table, key)) ?? {}).length, { timeout: ARRIVAL_MS })
        .toBe(Object.keys(item).length)
      const there = await read(world, away, table, key)
      expect({ ...there, texts: { SS: there?.['texts']?.SS?.toSorted() }, numbers: { NS: there?.['numbers']?.NS?.toSorted() } }).toEqual(
        item,
      )
      // No attribute of the service's own, as the version of 2017 had.
      expect(Object.keys(there ?? {}).filter((name) => name.startsWith('aws:'))).toEqual([])
    },
    TEST_MS,
  )

  it(
    'a batch, item by item',
    async () => {
      const keys = Array.from({ length: 25 }, fresh)
      await world
        .in(home)
        .client.send(new BatchWriteItemCommand({ RequestItems: { [table]: keys.map((Item) => ({ PutRequest: { Item } })) } }))
      for (const key of keys) await untilEverywhere(world, table, key, key)
    },
    TEST_MS,
  )

  it(
    'what follows in an index',
    async () => {
      const key = fresh()
      await put(world, home, table, { ...key, city: { S: `Rome ${key['pk']?.S}` } })
      const query = async () => {
        const { Items } = await world.in(away).client.send(
          new QueryCommand({
            TableName: table,
            IndexName: 'by-city',
            KeyConditionExpression: 'city = :city',
            ExpressionAttributeValues: { ':city': { S: `Rome ${key['pk']?.S}` } },
          }),
        )
        return Items?.map(({ pk }) => pk)
      }
      await expect.poll(query, { timeout: ARRIVAL_MS, interval: arrivalLookMs }).toEqual([key['pk']])
    },
    TEST_MS,
  )
})

/** "Strongly consistent reads … return the latest data in the local Region" and "conditions are evaluated against the local version". */
describe('a Region knows its own copy only', () => {
  it(
    'a strongly consistent read does not see what another Region has just written',
    async () => {
      const stale = await within(10, async () => {
        const key = fresh()
        await put(world, home, table, key)
        return (await read(world, away, table, key)) === undefined
      })
      expect(stale).toBe(true)
    },
    TEST_MS,
  )

  it(
    'a condition can hold in two Regions at once; one of the two items is then in all of them, and nobody was told of the other',
    async () => {
      const bothHeld = await within(10, async () => {
        const key = fresh()
        const items = [home, away].map((region): Item => ({ ...key, winner: { S: region } }))
        const condition = { ConditionExpression: 'attribute_not_exists(pk)' }
        const outcomes = await Promise.allSettled([
          put(world, home, table, items[0] ?? {}, condition),
          put(world, away, table, items[1] ?? {}, condition),
        ])
        const held = items.filter((_, at) => outcomes[at]?.status === 'fulfilled')
        expect(held.length).toBeGreaterThan(0)
        expect(held).toContainEqual(await untilAlike(world, table, key))
        return held.length === 2
      })
      expect(bothHeld).toBe(true)
    },
    TEST_MS,
  )

  it(
    'a condition is judged by what has arrived',
    async () => {
      const key = fresh()
      await put(world, home, table, key)
      await untilEverywhere(world, table, key, key)
      const again = put(world, away, table, { ...key, v: { N: '2' } }, { ConditionExpression: 'attribute_not_exists(pk)' })
      await expect(again).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
      await remove(home, key)
      await untilEverywhere(world, table, key, undefined)
      await put(world, away, table, { ...key, v: { N: '3' } }, { ConditionExpression: 'attribute_not_exists(pk)' })
      await untilEverywhere(world, table, key, { ...key, v: { N: '3' } })
    },
    TEST_MS,
  )
})

/** "Last writer wins": of concurrent writes of one item all Regions end with the same one, as a whole. */
describe('of writes of one item at the same time', () => {
  it(
    'all Regions end with the same one',
    async () => {
      for (let round = 0; round < 5; round++) {
        const key = fresh()
        const items = regionNames.map((region): Item => ({ ...key, from: { S: region } }))
        await Promise.all(regionNames.map((region, at) => put(world, region, table, items[at] ?? {})))
        expect(items).toContainEqual(await untilAlike(world, table, key))
      }
    },
    TEST_MS,
  )

  it(
    'a whole item wins: what two Regions set in different attributes is not put together',
    async () => {
      const lost = await within(10, async () => {
        const key = fresh()
        await put(world, home, table, key)
        await untilEverywhere(world, table, key, key)
        const answers = await Promise.all([
          update(home, key, 'SET email = :v', { ':v': { S: 'a@example.com' } }),
          update(away, key, 'SET phone = :v', { ':v': { S: '555' } }),
        ])
        const shown = await untilAlike(world, table, key)
        // One of the items that the two were told of. (One that came late enough to see the other holds both.)
        expect(answers.map(({ Attributes }) => Attributes)).toContainEqual(shown)
        return !('email' in (shown ?? {}) && 'phone' in (shown ?? {}))
      })
      expect(lost).toBe(true)
    },
    TEST_MS,
  )

  it.each(['ADD n :one', 'SET n = n + :one'])(
    'a counter loses what was counted in the other Region: %s',
    async (expression) => {
      const lost = await within(10, async () => {
        const key = fresh()
        await put(world, home, table, { ...key, n: { N: '0' } })
        await untilEverywhere(world, table, key, { ...key, n: { N: '0' } })
        await Promise.all([home, away].map((region) => update(region, key, expression, { ':one': { N: '1' } })))
        const counted = Number((await untilAlike(world, table, key))?.['n']?.N)
        expect([1, 2]).toContain(counted)
        return counted === 1
      })
      expect(lost).toBe(true)
    },
    TEST_MS,
  )

  it(
    'a delete counts like any other write',
    async () => {
      for (let round = 0; round < 5; round++) {
        const key = fresh()
        await put(world, home, table, key)
        await untilEverywhere(world, table, key, key)
        const kept: Item = { ...key, kept: { BOOL: true } }
        await Promise.all([remove(home, key), put(world, away, table, kept)])
        expect([undefined, kept]).toContainEqual(await untilAlike(world, table, key))
      }
    },
    TEST_MS,
  )
})
