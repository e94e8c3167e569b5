import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import { CreateTableCommand, GetItemCommand, PutItemCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, expect, test } from 'vitest'
import type { TestWorld } from './start-world.ts'
import { startWorld } from './start-world.ts'

const [east, west, europe] = ['us-east-1', 'us-west-2', 'eu-west-1'] as const
const users: CreateTableCommandInput = {
  TableName: 'users',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  BillingMode: 'PAY_PER_REQUEST',
}
const open: TestWorld[] = []

afterEach(async () => {
  for (const world of open.splice(0)) await world.close()
})

async function start(lag = 20): Promise<TestWorld> {
  const world = await startWorld({ time: 'virtual', lag })
  open.push(world)
  return world
}

function put(world: TestWorld, region: string, id: string, TableName = 'users'): Promise<unknown> {
  return world.client(region).send(new PutItemCommand({ TableName, Item: { id: { S: id } } }))
}

async function has(world: TestWorld, region: string, id: string, options: { table?: string; strong?: boolean } = {}): Promise<boolean> {
  const { table: TableName = 'users', strong: ConsistentRead = false } = options
  const { Item } = await world.client(region).send(new GetItemCommand({ TableName, Key: { id: { S: id } }, ConsistentRead }))
  return Item !== undefined
}

test('a pause of one table leaves the others of its Region alone, and what it held back arrives when it is healed', async () => {
  const world = await start()
  await world.createTable(users, [east, europe])
  await world.createTable({ ...users, TableName: 'others' }, [east, europe])
  const pause = await world.pause(europe, 'users')
  await put(world, east, 'there')
  await put(world, europe, 'here')
  await put(world, east, 'there', 'others')
  await world.advance(5000)
  expect([await has(world, europe, 'there'), await has(world, east, 'here')]).toEqual([false, false])
  expect(await has(world, europe, 'there', { table: 'others' })).toBe(true)
  await expect(world.settle()).rejects.toThrow('cannot settle while there is a pause')
  await pause.heal()
  await world.settle()
  expect([await has(world, europe, 'there'), await has(world, east, 'here')]).toEqual([true, true])
  await world.assertConverged()
})

test('a pause of a table takes what is on its way, and lasts over a partition that comes and goes', async () => {
  const world = await start(500)
  await world.createTable(users, [east, europe])
  await put(world, east, 'on its way')
  await world.advance(100)
  const pause = await world.pause(east, 'users')
  await (await world.partition(east, europe)).heal()
  await world.advance(10_000)
  expect(await has(world, europe, 'on its way')).toBe(false)
  await pause.heal()
  await world.settle()
  expect(await has(world, europe, 'on its way')).toBe(true)
})

test('a strongly consistent table that is paused in a Region fails there but for eventual reads, and works in the others', async () => {
  const world = await start()
  await world.client(east).send(new CreateTableCommand(users))
  const replicas = { ReplicaUpdates: [west, europe].map((RegionName) => ({ Create: { RegionName } })) }
  await world.client(east).send(new UpdateTableCommand({ TableName: 'users', ...replicas, MultiRegionConsistency: 'STRONG' }))
  await world.advance(60_000)
  await put(world, east, 'before')
  expect(await has(world, europe, 'before', { strong: true })).toBe(true)
  const pause = await world.pause(europe, 'users')
  await expect(put(world, europe, 'cut off')).rejects.toMatchObject({ name: 'InternalServerError' })
  await expect(has(world, europe, 'before', { strong: true })).rejects.toMatchObject({ name: 'InternalServerError' })
  expect(await has(world, europe, 'before')).toBe(true)
  await put(world, east, 'meanwhile')
  expect(await has(world, west, 'meanwhile', { strong: true })).toBe(true)
  expect(await has(world, europe, 'meanwhile')).toBe(false)
  await pause.heal()
  expect(await has(world, europe, 'meanwhile', { strong: true })).toBe(true)
})
