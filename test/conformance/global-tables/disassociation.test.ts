import { UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { untilActive } from '../endpoint.ts'
import { refusalOf } from '../refusal.ts'
import { makeGlobalTable, put, read, untilEverywhere } from './global-table.ts'
import { away, describeIn, far, home, LIFE_CYCLE_MS, lookingMs, regionNames, TEST_MS, untilReplicated, useRegions } from './regions.ts'

/** A replica leaves its group and stays a table, which AWS has offered since the second half of 2026. Texts are not documented; names are. */
const world = useRegions()
const leave = (RegionName: string) => [{ Disassociate: { RegionName, DisassociationMode: 'WAIT_FOR_REPLICATION' as const } }]

/** "Done when the table is ACTIVE and has no Replicas." */
const untilRegional = (region: string, name: string) =>
  expect
    .poll(
      async () => {
        const table = await describeIn(world, region, name)
        return [table?.TableStatus, table?.Replicas?.length ?? 0]
      },
      { timeout: LIFE_CYCLE_MS, interval: lookingMs },
    )
    .toEqual(['ACTIVE', 0])

describe('the disassociation of a replica', () => {
  it(
    'is its own Region’s affair, after its protection was taken off; the table stays with all that it has, and is nobody’s replica',
    async () => {
      const name = world.name('leaving')
      await makeGlobalTable(world, name, 'pk S')
      const key = { pk: { S: 'shared' } }
      await put(world, home, name, key)
      await untilEverywhere(world, name, key, key)
      const before = await describeIn(world, away, name)
      expect(before?.DisassociationProtectionEnabled).toBe(true)

      const ReplicaUpdates = leave(away)
      expect((await refusalOf(world.in(away), 'UpdateTable', { TableName: name, ReplicaUpdates })).name).toBe('ValidationException')
      await world.in(away).client.send(new UpdateTableCommand({ TableName: name, DisassociationProtectionEnabled: false }))
      await untilActive(world.in(away).client, name)
      // Only where it is.
      expect((await refusalOf(world.in(home), 'UpdateTable', { TableName: name, ReplicaUpdates })).name).toBe('ValidationException')

      const { TableDescription } = await world.in(away).client.send(new UpdateTableCommand({ TableName: name, ReplicaUpdates }))
      expect(TableDescription?.TableStatus).toBe('UPDATING')
      await untilRegional(away, name)
      const after = await describeIn(world, away, name)
      expect(after).toMatchObject({ TableId: before?.TableId, TableArn: before?.TableArn, LatestStreamArn: before?.LatestStreamArn })
      expect(after).not.toHaveProperty('GlobalTableVersion')
      expect(await read(world, away, name, key)).toEqual(key)

      // The others go on, when there are two of them.
      const others = regionNames.filter((region) => region !== away)
      if (others.length > 1) await untilReplicated(world, name, others)
      else await untilRegional(home, name)
      await put(world, away, name, { pk: { S: 'alone' } })
      const rest = { pk: { S: 'rest' } }
      await put(world, home, name, rest)
      if (far !== undefined) await expect.poll(() => read(world, far ?? '', name, rest), { timeout: LIFE_CYCLE_MS }).toEqual(rest)
      for (const region of others) expect(await read(world, region, name, { pk: { S: 'alone' } })).toBeUndefined()
      expect(await read(world, away, name, rest)).toBeUndefined()
    },
    TEST_MS,
  )
})
