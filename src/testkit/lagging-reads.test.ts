import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  ExecuteStatementCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { afterEach, describe, expect, it } from 'vitest'
import type { TestWorld } from './start-world.ts'
import { startWorld } from './start-world.ts'

const east = 'us-east-1'
const west = 'us-west-2'
const orders: CreateTableCommandInput = {
  TableName: 'orders',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: ['pk', 'sk', 'state'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  BillingMode: 'PAY_PER_REQUEST',
  GlobalSecondaryIndexes: ['by-state', 'by-state-2'].map((IndexName) => ({
    IndexName,
    KeySchema: [{ AttributeName: 'state', KeyType: 'HASH' }],
    Projection: { ProjectionType: 'ALL' },
  })),
  LocalSecondaryIndexes: [
    {
      IndexName: 'local',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'state', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
}
const key = { pk: { S: 'a' }, sk: { S: '1' } }
const open: TestWorld[] = []

afterEach(async () => {
  for (const world of open.splice(0)) await world.close()
})

async function start(regions = [east]): Promise<TestWorld> {
  const world = await startWorld({ time: 'virtual', regions })
  open.push(world)
  await world.createTable(orders)
  return world
}

async function put(world: TestWorld, state: string, region = east): Promise<void> {
  await world.client(region).send(new PutItemCommand({ TableName: 'orders', Item: { ...key, state: { S: state } } }))
}

async function stateIn(
  world: TestWorld,
  options: { readonly region?: string; readonly strong?: boolean } = {},
): Promise<string | undefined> {
  const { region = east, strong = false } = options
  const { Item } = await world.client(region).send(new GetItemCommand({ TableName: 'orders', Key: key, ConsistentRead: strong }))
  return Item?.['state']?.S
}

/** How many orders are in this state, by a global index. */
async function counted(world: TestWorld, state: string, index = 'by-state', region = east): Promise<number | undefined> {
  const { Count } = await world.client(region).send(
    new QueryCommand({
      TableName: 'orders',
      IndexName: index,
      KeyConditionExpression: '#s = :s',
      ExpressionAttributeNames: { '#s': 'state' },
      ExpressionAttributeValues: { ':s': { S: state } },
    }),
  )
  return Count
}

describe('stale reads', () => {
  it('see an item as it was so long ago, however it is read, and strongly consistent ones see it as it is', async () => {
    const world = await start()
    await put(world, 'new')
    const stale = await world.staleReads(east, 500)
    await put(world, 'paid')
    const client = world.client(east)
    const ExpressionAttributeValues = { ':pk': { S: 'a' } }
    const query = { TableName: 'orders', KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues }
    const Keys = [key]
    const all = async (strong: boolean): Promise<(string | undefined)[]> => [
      await stateIn(world, { strong }),
      (await client.send(new QueryCommand({ ...query, ConsistentRead: strong }))).Items?.[0]?.['state']?.S,
      (await client.send(new ScanCommand({ TableName: 'orders', ConsistentRead: strong }))).Items?.[0]?.['state']?.S,
      (await client.send(new QueryCommand({ ...query, IndexName: 'local', Select: 'ALL_ATTRIBUTES', ConsistentRead: strong })))
        .Items?.[0]?.['state']?.S,
      (await client.send(new BatchGetItemCommand({ RequestItems: { orders: { Keys, ConsistentRead: strong } } }))).Responses?.[
        'orders'
      ]?.[0]?.['state']?.S,
      (await client.send(new ExecuteStatementCommand({ Statement: `SELECT * FROM orders WHERE pk = 'a'`, ConsistentRead: strong })))
        .Items?.[0]?.['state']?.S,
    ]
    expect(await all(false)).toEqual(Array(6).fill('new'))
    expect(await all(true)).toEqual(Array(6).fill('paid'))
    const transaction = await client.send(new TransactGetItemsCommand({ TransactItems: [{ Get: { TableName: 'orders', Key: key } }] }))
    expect(transaction.Responses?.[0]?.Item?.['state']?.S).toBe('paid')
    expect(await counted(world, 'paid')).toBe(1)
    await world.advance(540)
    expect(await all(false)).toEqual(Array(6).fill('paid'))

    await put(world, 'sent')
    expect(await stateIn(world)).toBe('paid')
    await stale.heal()
    expect(await stateIn(world)).toBe('sent')
  })

  it('are of the Region and the table that are named alone', async () => {
    const world = await start([east, west])
    await world.createTable({ ...orders, TableName: 'others' })
    const others = await world.staleReads(east, 60_000, { table: 'others' })
    await put(world, 'new')
    expect(await stateIn(world)).toBe('new')
    await others.heal()
    await world.staleReads(east, 60_000, { table: 'orders' })
    await put(world, 'paid')
    await world.advance(1000)
    expect([await stateIn(world), await stateIn(world, { region: west })]).toEqual(['new', 'paid'])
  })

  it('are drawn by a seed, and repeated by it', async () => {
    const run = async (seed: number): Promise<(string | undefined)[]> => {
      const world = await start()
      await world.staleReads(east, 1000, { rate: 0.5, seed })
      await put(world, 'new')
      const seen: (string | undefined)[] = []
      for (let read = 0; read < 20; read++) seen.push(await stateIn(world))
      return seen
    }
    const seen = await run(7)
    expect(new Set(seen)).toEqual(new Set([undefined, 'new']))
    expect(await run(7)).toEqual(seen)
    expect(await run(8)).not.toEqual(seen)
  })

  it('survive a crash, after which nothing is older than the Region itself', async () => {
    const world = await start()
    await world.staleReads(east, 60_000)
    await put(world, 'new')
    expect(await stateIn(world)).toBeUndefined()
    await (await world.crash(east)).heal()
    expect(await stateIn(world)).toBe('new')
    await put(world, 'paid')
    expect([await stateIn(world), await stateIn(world, { strong: true })]).toEqual(['new', 'paid'])
  })

  it('may be refused, and leave nothing behind, when the Region goes while they are on', async () => {
    const world = await start()
    const stale = await world.staleReads(east, 1000)
    const down = await world.crash(east)
    await stale.heal()
    await down.heal()
    await put(world, 'new')
    expect(await stateIn(world)).toBe('new')
  })
})

describe('an index that lags', () => {
  it('shows what it showed so long ago, in order, and never brings back what it no longer showed', async () => {
    const world = await start()
    await world.indexLag(east, 1000)
    const seen: string[] = []
    const look = async (): Promise<void> => {
      const states = ['new', 'paid', 'sent']
      const counts = await Promise.all(states.map((state) => counted(world, state)))
      const shown = states.filter((_, at) => counts[at] === 1).join('+') || 'none'
      if (seen.at(-1) !== shown) seen.push(shown)
    }
    for (const state of ['new', 'paid', 'sent']) {
      await put(world, state)
      for (let step = 0; step < 3; step++) {
        await look()
        await world.advance(100)
      }
    }
    await world.client(east).send(new DeleteItemCommand({ TableName: 'orders', Key: key }))
    expect(await stateIn(world)).toBeUndefined()
    for (let step = 0; step < 20; step++) {
      await look()
      await world.advance(100)
    }
    expect(seen).toEqual(['none', 'new', 'paid', 'sent', 'none'])
  })

  it('is the one that is named, and is in step again once it is healed', async () => {
    const world = await start()
    const lag = await world.indexLag(east, 5000, { table: 'orders', index: 'by-state' })
    await put(world, 'new')
    expect([await counted(world, 'new'), await counted(world, 'new', 'by-state-2')]).toEqual([0, 1])
    await lag.heal()
    expect(await counted(world, 'new')).toBe(1)
  })

  it('lags by the longest of several faults, and by what is left of them', async () => {
    const world = await start()
    await world.indexLag(east, 100)
    const longer = await world.indexLag(east, 5000)
    await put(world, 'new')
    await world.advance(1000)
    expect(await counted(world, 'new')).toBe(0)
    await longer.heal()
    expect(await counted(world, 'new')).toBe(1)
  })

  it('lags behind what replication brings too', async () => {
    const world = await start([east, west])
    await world.indexLag(west, 5000)
    await put(world, 'new')
    await world.settle()
    expect(await stateIn(world, { region: west })).toBe('new')
    expect(await counted(world, 'new', 'by-state', west)).toBe(0)
    await world.advance(6000)
    expect(await counted(world, 'new', 'by-state', west)).toBe(1)
  })
})
