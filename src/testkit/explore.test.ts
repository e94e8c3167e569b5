import type { CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { ConditionalCheckFailedException, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import type { Scenario } from './explore.ts'
import { explore } from './explore.ts'
import type { TestWorld } from './start-world.ts'

const [east, west] = ['us-east-1', 'us-west-2'] as const
const [TableName, Key] = ['counters', { id: { S: 'visits' } }]
const table: CreateTableCommandInput = {
  TableName,
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  BillingMode: 'PAY_PER_REQUEST',
}

async function count(client: DynamoDBClient, field = 'n'): Promise<void> {
  const ExpressionAttributeValues = { ':one': { N: '1' } }
  const ExpressionAttributeNames = { '#n': field }
  await client.send(
    new UpdateItemCommand({ TableName, Key, UpdateExpression: 'ADD #n :one', ExpressionAttributeNames, ExpressionAttributeValues }),
  )
}

async function total(world: TestWorld, region: string): Promise<number> {
  const { Item } = await world.client(region).send(new GetItemCommand({ TableName, Key }))
  return Object.values(Item ?? {}).reduce((sum, { N }) => sum + Number(N ?? 0), 0)
}

/** Two Regions count with ADD: under last-writer-wins one increment is lost. */
const sharedCounter: Scenario = {
  tables: [table],
  regions: [east, west],
  actors: [
    { name: 'ann', region: east, run: (client) => count(client) },
    { name: 'bob', region: west, run: (client) => count(client) },
  ],
  async invariant(world) {
    expect(await total(world, east)).toBe(2)
  },
}

/** An item for each Region, as the data model that mends it: what was acknowledged is counted. */
const acknowledged = new Set<string>()
const counterPerRegion: Scenario = {
  ...sharedCounter,
  arrange: async () => acknowledged.clear(),
  actors: [east, west].map((region) => ({
    name: region,
    region,
    async run(client) {
      const own = { id: { S: `visits#${region}` } }
      const ExpressionAttributeValues = { ':one': { N: '1' } }
      await client.send(new UpdateItemCommand({ TableName, Key: own, UpdateExpression: 'ADD n :one', ExpressionAttributeValues }))
      acknowledged.add(region)
    },
  })),
  async invariant(world) {
    for (const region of acknowledged) {
      const { Item } = await world.client(west).send(new GetItemCommand({ TableName, Key: { id: { S: `visits#${region}` } } }))
      expect(Item?.['n']).toEqual({ N: '1' })
    }
    await world.assertConverged()
  },
}

describe('explore', () => {
  it('finds the increment that is lost, tells its story and repeats it', async () => {
    const found = await explore(sharedCounter, { runs: 10, faults: [] })
    expect(found.broken).toBeGreaterThan(0)
    const { shortest } = found
    expect(shortest?.plan.faults).toEqual([])
    expect(shortest?.story.join('\n')).toMatch(/ann in us-east-1: UpdateItem [\s\S]*lost in counters: us-/)
    expect(() => found.assertHolds()).toThrow(/does not hold in \d+ of 10 runs[\s\S]*EVERYWRITE_REPLAY=/)
    const again = await explore(sharedCounter, { replay: shortest?.replay ?? '' })
    expect(again.shortest?.story).toEqual(shortest?.story)
  })

  it('finds nothing in a data model that is right, whatever is broken', async () => {
    const found = await explore(counterPerRegion, { runs: 30 })
    expect(found.shortest?.story).toBeUndefined()
    found.assertHolds()
  })

  it('finds what needs a fault, and takes away the faults that it does not need', async () => {
    // A lock that is taken twice when the Regions do not see each other for longer than it is held.
    const takers: string[] = []
    const take = (name: string, region: string): Scenario['actors'][number] => ({
      name,
      region,
      async run(client) {
        for (let n = 0; n < 4; n++) await client.send(new GetItemCommand({ TableName, Key }))
        if (name === 'bob') for (let n = 0; n < 8; n++) await client.send(new GetItemCommand({ TableName, Key }))
        try {
          await client.send(
            new PutItemCommand({ TableName, Item: { ...Key, owner: { S: name } }, ConditionExpression: 'attribute_not_exists(id)' }),
          )
          takers.push(name)
        } catch (error) {
          if (!(error instanceof ConditionalCheckFailedException)) throw error
        }
      },
    })
    const lock: Scenario = {
      tables: [table],
      regions: [east, west],
      arrange: async () => void (takers.length = 0),
      actors: [take('ann', east), take('bob', west)],
      invariant: async () => takers.length <= 1,
    }
    const found = await explore(lock, { runs: 60, faults: ['partition', 'skew', 'pause'] })
    expect(found.broken).toBeGreaterThan(0)
    expect(found.shortest?.plan.faults.length).toBeLessThanOrEqual(1)
  })

  it('does not take an error of an actor for a broken invariant', async () => {
    const wrong: Scenario = { ...sharedCounter, actors: [{ name: 'ann', region: east, run: (client) => count(client, '') }] }
    await expect(explore(wrong, { runs: 1, faults: [] })).rejects.toThrow(/ExpressionAttributeNames/)
  })
})
