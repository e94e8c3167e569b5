import type { AttributeValue, CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import { GetItemCommand, PutItemCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { beforeAll, expect } from 'vitest'
import type { Keys } from '../endpoint.ts'
import { makeTable } from '../endpoint.ts'
import type { World } from './regions.ts'
import { ARRIVAL_MS, arrivalLookMs, describeIn, home, LIFE_CYCLE_MS, regionNames, untilGoneIn, untilReplicated } from './regions.ts'

/** Tables with replicas, and what is seen of an item in each of their Regions. */

export type Item = Record<string, AttributeValue>

/** A table with replicas in all Regions of the run while the tests of a file run. They are added while it is empty: so AWS takes a minute, not ten. */
export function useGlobalTable(
  world: World,
  what: string,
  keys: Keys,
  more: Partial<CreateTableCommandInput> = {},
  regions: readonly string[] = regionNames,
): string {
  const name = world.name(what)
  beforeAll(() => makeGlobalTable(world, name, keys, more, regions), LIFE_CYCLE_MS * 2)
  return name
}

export async function makeGlobalTable(
  world: World,
  name: string,
  keys: Keys,
  more: Partial<CreateTableCommandInput> = {},
  [first = home, ...others]: readonly string[] = regionNames,
): Promise<void> {
  await makeTable(world.in(first).client, name, keys, more)
  const members = [first]
  for (const region of others) {
    await addReplica(world, first, name, region)
    members.push(region)
    await untilReplicated(world, name, members)
  }
}

/** Asks for a replica; does not wait for it. */
export function addReplica(world: World, from: string, TableName: string, RegionName: string) {
  return world.in(from).client.send(new UpdateTableCommand({ TableName, ReplicaUpdates: [{ Create: { RegionName } }] }))
}

/** Asks for its removal; does not wait for it. */
export function removeReplica(world: World, from: string, TableName: string, RegionName: string) {
  return world.in(from).client.send(new UpdateTableCommand({ TableName, ReplicaUpdates: [{ Delete: { RegionName } }] }))
}

/** Settles when a replica is gone, for the Region that it was in and for the one that asked for it. */
export async function untilRemoved(world: World, from: string, TableName: string, region: string): Promise<void> {
  await untilGoneIn(world, region, TableName)
  const left = async () => {
    const table = await describeIn(world, from, TableName)
    const members = table?.Replicas?.map(({ RegionName }) => RegionName) ?? []
    return [table?.TableStatus, members.includes(region)]
  }
  await expect.poll(left, { timeout: LIFE_CYCLE_MS, interval: 200 }).toEqual(['ACTIVE', false])
}

export function put(world: World, region: string, TableName: string, item: Item, more: Partial<PutItemCommand['input']> = {}) {
  return world.in(region).client.send(new PutItemCommand({ TableName, Item: item, ...more }))
}

/** What the Region itself has, by a strongly consistent read. */
export async function read(world: World, region: string, TableName: string, Key: Item): Promise<Item | undefined> {
  return (await world.in(region).client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item
}

/** Settles when all Regions show exactly this item, or that there is none. */
export async function untilEverywhere(world: World, TableName: string, Key: Item, item: Item | undefined): Promise<void> {
  for (const region of regionNames) {
    await expect.poll(() => read(world, region, TableName, Key), { timeout: ARRIVAL_MS, interval: arrivalLookMs }).toEqual(item)
  }
}

/** Settles with what all Regions show, once they show the same. */
export async function untilAlike(world: World, TableName: string, Key: Item): Promise<Item | undefined> {
  let shown: readonly (Item | undefined)[] = []
  const alike = async () => {
    shown = await Promise.all(regionNames.map((region) => read(world, region, TableName, Key)))
    return shown.every((item) => JSON.stringify(inOrder(item)) === JSON.stringify(inOrder(shown[0])))
  }
  await expect.poll(alike, { timeout: ARRIVAL_MS, interval: arrivalLookMs }).toBe(true)
  return shown[0]
}

/** Attributes have no order. */
function inOrder(item: Item | undefined) {
  return item && Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** What two Regions that act at the same moment bring about sooner or later: a race is no certainty, so it is run until it was seen. */
export async function within(attempts: number, race: (attempt: number) => Promise<boolean>): Promise<boolean> {
  for (let attempt = 1; attempt <= attempts; attempt++) if (await race(attempt)) return true
  return false
}
