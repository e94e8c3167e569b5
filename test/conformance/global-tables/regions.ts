import type { TableDescription } from '@aws-sdk/client-dynamodb'
import { DeleteTableCommand, DescribeTableCommand, UpdateTableCommand, waitUntilTableNotExists } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, vi } from 'vitest'
import type { Program } from '../../program.ts'
import type { Connection, Endpoint } from '../endpoint.ts'
import { connect, freshName, givenUrl, HOOK_MS, onAws, sendRaw, serve, waiting } from '../endpoint.ts'

/**
 * The Regions that the suite of global tables talks to: EVERYWRITE_CONFORMANCE_REGIONS names two or three, by commas. The first is where tables are
 * made. Without it: three, of the program that is started for each file, with links that are slow enough for what races in AWS to race here.
 */
const named = process.env['EVERYWRITE_CONFORMANCE_REGIONS']?.split(',')
const [first = 'us-east-1', second = 'us-west-2', third = named === undefined ? 'eu-west-1' : undefined] = named ?? []

/** Where tables are made, and where their first replica is. */
export const home = first
export const away = second
/** Undefined: there are two Regions only, and what needs a third is skipped. */
export const far = third
export const regionNames: readonly string[] = far === undefined ? [home, away] : [home, away, far]

export interface World {
  /** What speaks DynamoDB in one Region. */
  in(region: string): Endpoint
  /** A table name that nobody else uses; tables of that name are removed in the end, in all Regions. */
  name(what: string): string
}

/** Whether tables may come and go as slowly as in AWS. */
const isSlow = onAws || givenUrl !== undefined
/** Until a replica is there or gone: the longest that was seen of AWS is eleven minutes, of a table that holds an item. */
export const LIFE_CYCLE_MS = isSlow ? 1_500_000 : 60_000
/** Until a write is in the other Regions, or a record in a stream: AWS promises nothing, and alarms at three minutes. */
export const ARRIVAL_MS = onAws ? 180_000 : 30_000
/** For a test that waits for several of these. */
export const TEST_MS = isSlow ? 1_800_000 : 120_000

/** How often something is looked at that takes its time. */
export const lookingMs = onAws ? 5_000 : 100
export const arrivalLookMs = onAws ? 500 : 50

/** Opens the Regions for the tests of one file. */
export function useRegions(): World {
  const endpointByRegion = new Map<string, Endpoint & Connection>()
  const names = new Set<string>()
  let program: Program | undefined
  const world: World = {
    in(region) {
      const endpoint = endpointByRegion.get(region)
      if (endpoint === undefined) throw new Error(`${region} is none of the Regions of this run, or is used before its tests began`)
      return endpoint
    },
    name(what) {
      const name = freshName(`global-${what}`)
      names.add(name)
      return name
    },
  }
  beforeAll(async () => {
    program = await serve(['--memory', '--throttling', 'off', '--ttl-sweep', '200', '--regions', regionNames.join(',')])
    if (program !== undefined) await slowLinks(program)
    for (const region of regionNames) {
      const connection = connect(region, program)
      const raw: Endpoint['raw'] = (operation, body) => sendRaw(connection, operation, body)
      endpointByRegion.set(region, { ...connection, raw, name: (what) => world.name(what) })
    }
  }, HOOK_MS)
  afterAll(async () => {
    if (program === undefined) for (const name of names) await removeEverywhere(world, name)
    for (const { client, streams } of endpointByRegion.values()) {
      client.destroy()
      streams.destroy()
    }
    await program?.stop()
  }, LIFE_CYCLE_MS)
  return world
}

/** Its links have no latency otherwise, and nothing would be under way for long. */
async function slowLinks({ url }: Program): Promise<void> {
  for (const from of regionNames) {
    for (const to of regionNames) {
      if (from === to) continue
      const body = JSON.stringify({ kind: 'latency', from, to, ms: 200, jitterMs: 100 })
      const answer = await fetch(`${url}/_everywrite/faults`, { method: 'POST', body })
      expect(answer.status).toBe(201)
    }
  }
}

/** What a Region says of a table; undefined when it has none of that name. */
export async function describeIn(world: World, region: string, TableName: string): Promise<TableDescription | undefined> {
  try {
    return (await world.in(region).client.send(new DescribeTableCommand({ TableName }))).Table
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined
    throw error
  }
}

/** One replica after the other, then the table: a Region that a replica came from cannot go before it, for a day. */
async function removeEverywhere(world: World, TableName: string): Promise<void> {
  const deadline = Date.now() + LIFE_CYCLE_MS
  while (Date.now() < deadline) {
    const found: { readonly region: string; readonly table: TableDescription }[] = []
    for (const region of regionNames) {
      const table = await describeIn(world, region, TableName)
      if (table !== undefined) found.push({ region, table })
    }
    if (found.length === 0) return
    // The last of the Regions first: it was added last.
    for (const { region, table } of found.toReversed()) {
      if (table.TableStatus !== 'ACTIVE' || table.Replicas?.some(({ ReplicaStatus }) => ReplicaStatus !== 'ACTIVE') === true) continue
      if (await removeIn(world, region, table)) break
    }
    await new Promise((resolve) => setTimeout(resolve, lookingMs))
  }
  throw new Error(`${TableName} could not be removed; do it by hand in ${regionNames.join(', ')}`)
}

/** True when something was begun. */
async function removeIn(world: World, region: string, table: TableDescription): Promise<boolean> {
  const { client } = world.in(region)
  const { TableName } = table
  try {
    if (table.DeletionProtectionEnabled === true) {
      await client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }))
    } else if (table.MultiRegionConsistency === 'STRONG') {
      await client.send(
        new UpdateTableCommand({
          TableName,
          ReplicaUpdates: (table.Replicas ?? []).map(({ RegionName }) => ({ Delete: { RegionName } })),
          ...((table.GlobalTableWitnesses ?? []).length === 0
            ? {}
            : { GlobalTableWitnessUpdates: table.GlobalTableWitnesses?.map(({ RegionName }) => ({ Delete: { RegionName } })) }),
        }),
      )
    } else {
      await client.send(new DeleteTableCommand({ TableName }))
    }
    return true
  } catch (error) {
    const refused = ['ResourceInUseException', 'ValidationException', 'ResourceNotFoundException', 'ThrottlingException']
    if (error instanceof Error && refused.includes(error.name)) return false
    throw error
  }
}

/** Settles when no table of that name is left in the Region. */
export async function untilGoneIn(world: World, region: string, TableName: string): Promise<void> {
  const { client } = world.in(region)
  await waitUntilTableNotExists({ client, ...waiting, maxWaitTime: LIFE_CYCLE_MS / 1000 }, { TableName })
}

/** Settles when exactly these Regions are the table's, each of them says so, and all of it is ACTIVE. */
export async function untilReplicated(world: World, TableName: string, regions: readonly string[]): Promise<void> {
  const said = () =>
    Promise.all(
      regions.map(async (region) => {
        const table = await describeIn(world, region, TableName)
        const others = (table?.Replicas ?? []).map(({ RegionName, ReplicaStatus }) => `${RegionName} ${ReplicaStatus}`)
        return [table?.TableStatus, ...others.toSorted()]
      }),
    )
  const wanted = regions.map((region) => [
    'ACTIVE',
    ...regions
      .filter((other) => other !== region)
      .map((other) => `${other} ACTIVE`)
      .toSorted(),
  ])
  await vi.waitFor(async () => expect(await said()).toEqual(wanted), { timeout: LIFE_CYCLE_MS, interval: lookingMs })
}
