import { ExecuteStatementCommand, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import { DescribeStreamCommand, DynamoDBStreamsClient, ListStreamsCommand } from '@aws-sdk/client-dynamodb-streams'
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { afterEach, describe, expect, it } from 'vitest'
import type { StartWorldOptions, TestWorld } from './start-world.ts'
import { startWorld } from './start-world.ts'

const [east, west] = ['us-east-1', 'us-west-2'] as const
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

async function start(options: StartWorldOptions = {}): Promise<TestWorld> {
  const world = await startWorld(options)
  open.push(world)
  await world.createTable(users)
  return world
}

function put(world: TestWorld, region: string, mail: string): Promise<unknown> {
  return world.client(region).send(new PutItemCommand({ TableName: 'users', Item: { id: { S: 'ann' }, mail: { S: mail } } }))
}

async function mailIn(world: TestWorld, region: string): Promise<string | undefined> {
  const { Item } = await world.client(region).send(new GetItemCommand({ TableName: 'users', Key: { id: { S: 'ann' } } }))
  return Item?.['mail']?.S
}

describe.each(['real', 'virtual'] as const)('a world in %s time', (time) => {
  it('replicates what a client writes', async () => {
    const world = await start({ time })
    await put(world, east, 'a@x')
    await world.settle()
    for (const region of world.regions) expect(await mailIn(world, region)).toBe('a@x')
    await world.assertConverged()
    expect(await world.conflicts()).toEqual([])
  })

  it('shows the write that lost after a partition', async () => {
    const world = await start({ time })
    const cut = await world.partition(east, west)
    await put(world, east, 'first@x')
    if (time === 'virtual') await world.advance(5)
    await put(world, west, 'second@x')
    expect(await mailIn(world, east)).toBe('first@x')
    await expect(world.assertConverged()).rejects.toThrow(/users have not converged/)
    await expect(world.settle()).rejects.toThrow('cannot settle while there is a partition')
    await cut.heal()
    await world.settle()
    await world.assertConverged('users')
    const winner = await mailIn(world, east)
    const conflicts = await world.conflicts('users')
    expect(conflicts.map(({ loser }) => loser.item?.['mail'])).toEqual([{ S: winner === 'first@x' ? 'second@x' : 'first@x' }])
  })

  it('shows the increment that lost though both Regions count to the same, and the condition that held twice, but not two equal puts', async () => {
    const world = await start({ time })
    for (const id of ['stated', 'stated-if', 'gone', 'gone-if']) {
      const Item = { id: { S: id }, n: { N: '1' } }
      await world.client(east).send(new PutItemCommand({ TableName: 'users', Item }))
    }
    await world.settle()
    await world.partition(east, west)
    const key = (id: string) => ({ TableName: 'users', Key: { id: { S: id } }, ExpressionAttributeValues: { ':v': { N: '1' } } })
    for (const region of [east, west]) {
      const client = world.client(region)
      await client.send(new UpdateItemCommand({ ...key('counted'), UpdateExpression: 'ADD n :v' }))
      await client.send(new UpdateItemCommand({ ...key('summed'), UpdateExpression: 'SET n = if_not_exists(n, :v) + :v' }))
      await client.send(new UpdateItemCommand({ ...key('set'), UpdateExpression: 'SET n = :v' }))
      await client.send(new PutItemCommand({ TableName: 'users', Item: { id: { S: 'put' } } }))
      const ConditionExpression = 'attribute_not_exists(id)'
      await client.send(new PutItemCommand({ TableName: 'users', Item: { id: { S: 'once' } }, ConditionExpression }))
      for (const Statement of [
        `UPDATE users SET n = 2 WHERE id = 'stated'`,
        `UPDATE users SET n = 2 WHERE id = 'stated-if' AND n = 1`,
        `DELETE FROM users WHERE id = 'gone'`,
        `DELETE FROM users WHERE n = 1 AND id = 'gone-if'`,
        `INSERT INTO users VALUE {'id': 'inserted'}`,
      ]) {
        await client.send(new ExecuteStatementCommand({ Statement }))
      }
      if (time === 'virtual') await world.advance(5)
    }
    await world.heal()
    await world.settle()
    const ids = (await world.conflicts()).map(({ key: { id } }) => (id as { S: string }).S)
    expect(ids.sort()).toEqual(['counted', 'gone-if', 'inserted', 'once', 'stated-if', 'summed'])
  })

  it('keeps what was durable over a crash', async () => {
    const world = await start({ time })
    await put(world, east, 'a@x')
    const down = await world.crash(east)
    await expect(mailIn(world, east)).rejects.toThrow()
    await down.heal()
    expect(await mailIn(world, east)).toBe('a@x')
  })
})

describe('requests that go wrong on purpose', () => {
  const requests = { region: east, table: 'users', operation: 'PutItem', rate: 1 }

  it('are throttled as DynamoDB throttles, and others of the table are not', async () => {
    const world = await start()
    const throttle = await world.break({ kind: 'throttle', ...requests })
    await expect(put(world, east, 'a@x')).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' })
    expect(await mailIn(world, east)).toBeUndefined()
    await put(world, west, 'b@x')
    await throttle.heal()
    await put(world, east, 'a@x')
  })

  it('fail before or after they were carried out', async () => {
    const world = await start()
    const before = await world.break({ kind: 'error', ...requests, applied: false })
    await expect(put(world, east, 'a@x')).rejects.toMatchObject({ name: 'InternalServerError', $fault: 'server' })
    expect(await mailIn(world, east)).toBeUndefined()
    await before.heal()
    await world.break({ kind: 'error', ...requests, applied: true })
    await expect(put(world, east, 'a@x')).rejects.toMatchObject({ name: 'InternalServerError' })
    expect(await mailIn(world, east)).toBe('a@x')
  })

  it('take longer', async () => {
    const world = await start({ time: 'virtual' })
    await world.break({ kind: 'slow', ...requests, p50Ms: 300, p99Ms: 300 })
    const beganMs = world.nowMs()
    await put(world, east, 'a@x')
    expect(world.nowMs() - beganMs).toBeGreaterThanOrEqual(300)
  })
})

describe('a world', () => {
  it('takes every client of the SDK', async () => {
    const world = await start()
    const documents = DynamoDBDocumentClient.from(world.client(west))
    await documents.send(new PutCommand({ TableName: 'users', Item: { id: 'bob', visits: 3 } }))
    expect((await documents.send(new GetCommand({ TableName: 'users', Key: { id: 'bob' } }))).Item).toEqual({ id: 'bob', visits: 3 })
    const streams = new DynamoDBStreamsClient(world.clientConfig(west))
    const { Streams } = await streams.send(new ListStreamsCommand({ TableName: 'users' }))
    const described = await streams.send(new DescribeStreamCommand({ StreamArn: Streams?.[0]?.StreamArn }))
    expect(described.StreamDescription?.StreamStatus).toBe('ENABLED')
  })

  it("answers with DynamoDB's errors", async () => {
    const world = await start()
    const refused = world.client().send(
      new UpdateItemCommand({
        TableName: 'users',
        Key: { id: { S: 'nobody' } },
        UpdateExpression: 'SET a = :a',
        ConditionExpression: 'attribute_exists(id)',
        ExpressionAttributeValues: { ':a': { N: '1' } },
      }),
    )
    await expect(refused).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', message: 'The conditional request failed' })
  })

  it('is repeated to the byte by its seed in virtual time', async () => {
    const run = async (seed: number): Promise<unknown> => {
      const world = await start({ time: 'virtual', seed, lag: 'aws' })
      await Promise.all([put(world, east, 'e@x'), put(world, west, 'w@x')])
      await world.settle()
      return [world.nowMs(), await mailIn(world, west), await world.conflicts()]
    }
    expect(await run(7)).toEqual(await run(7))
  })

  it('has a clock that lags and links that take their time', async () => {
    const world = await start({ time: 'virtual', lag: 100 })
    await world.skew(east, -60_000)
    await put(world, east, 'behind@x')
    await put(world, west, 'true@x')
    await world.settle()
    expect(await mailIn(world, east)).toBe('true@x')
    await put(world, east, 'later@x')
    expect(await mailIn(world, west)).toBe('true@x')
    await world.advance(200)
    expect(await mailIn(world, west)).toBe('later@x')
  })
})
