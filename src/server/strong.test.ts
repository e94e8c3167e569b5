import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import { afterEach, describe, expect, test } from 'vitest'
import { createApi } from '../api/api.ts'
import { silentLog } from '../base/log.ts'
import { systemRandom } from '../base/system-random.ts'
import { systemTime } from '../base/system-time.ts'
import { Faults } from '../world/faults.ts'
import { lagProfiles } from '../world/lag-profile.ts'
import { createMemoryStores } from '../world/memory-stores.ts'
import { World } from '../world/world.ts'

/** A strong table through DynamoDB's wire, as the SDK sees it: in three Regions, and in two with a witness. */
const [east, west, europe] = ['us-east-1', 'us-west-2', 'eu-west-1'] as const
const TableName = 'accounts'
const key = (pk: string) => ({ pk: { S: pk } })

interface StrongServer {
  readonly faults: Faults
  /** Tries nothing again. */
  client(this: void, region: string): DynamoDBClient
}

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function startStrong(replicas: readonly string[], witness: string | undefined): Promise<StrongServer> {
  const ports = { clock: systemTime, scheduler: systemTime, random: systemRandom }
  const stores = createMemoryStores({ scheduler: systemTime })
  const options = {
    ...ports,
    stores,
    regions: [east, west, europe],
    clockMode: 'hlc',
    profile: lagProfiles.instant,
    log: silentLog,
    endedIncarnationsMax: 8,
  } as const
  const world = await World.open(options)
  const faults = new Faults(world, ports)
  const api = createApi({ ...ports, controlPlane: world, log: silentLog, credentials: undefined })
  const server = createServer((request, response) => api.handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clients = new Map<string, DynamoDBClient>(
    [east, west, europe].map((region) => {
      const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' }
      return [region, new DynamoDBClient({ endpoint, region, credentials, maxAttempts: 1 })]
    }),
  )
  const client = (region: string): DynamoDBClient => {
    const found = clients.get(region)
    if (found === undefined) throw new Error(region)
    return found
  }
  closing.push(async () => {
    for (const each of clients.values()) each.destroy()
    faults.close()
    await new Promise((resolve) => server.close(resolve))
    await world.close()
  })
  const [first = east, ...others] = replicas
  await client(first).send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'owner', AttributeType: 'S' },
      ],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        { IndexName: 'by-owner', KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
      ],
    }),
  )
  await client(first).send(
    new UpdateTableCommand({
      TableName,
      MultiRegionConsistency: 'STRONG',
      ReplicaUpdates: others.map((RegionName) => ({ Create: { RegionName } })),
      ...(witness === undefined ? {} : { GlobalTableWitnessUpdates: [{ Create: { RegionName: witness } }] }),
    }),
  )
  await world.settled()
  return { faults, client }
}

/** What the SDK throws: its name and status. */
async function failure(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'none'
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } }
    return `${name} ${$metadata?.httpStatusCode}`
  }
}

async function addUntilDone(client: DynamoDBClient): Promise<string | undefined> {
  for (;;) {
    try {
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName,
          Key: key('counter'),
          UpdateExpression: 'ADD n :one',
          ExpressionAttributeValues: { ':one': { N: '1' } },
          ReturnValues: 'UPDATED_NEW',
        }),
      )
      return Attributes?.['n']?.N
    } catch (error) {
      if ((error as Error).name !== 'ReplicatedWriteConflictException') throw error
    }
  }
}

describe.each([
  ['three replicas', [east, west, europe], undefined],
  ['two replicas and a witness', [east, west], europe],
])('a strong table with %s', (_name, replicas, witness) => {
  const [here = east, there = west] = replicas

  test('what is written in one Region is read strongly in every other, by every operation that reads', async () => {
    const { client } = await startStrong(replicas, witness)
    for (let n = 0; n < 5; n++) {
      const [from, to] = n % 2 === 0 ? [here, there] : [there, here]
      await client(from).send(new PutItemCommand({ TableName, Item: { ...key('a'), owner: { S: 'ann' }, n: { N: String(n) } } }))
      const got = await client(to).send(new GetItemCommand({ TableName, Key: key('a'), ConsistentRead: true }))
      expect(got.Item?.['n']).toEqual({ N: String(n) })
      const scanned = await client(to).send(new ScanCommand({ TableName, ConsistentRead: true }))
      expect(scanned.Items?.[0]?.['n']).toEqual({ N: String(n) })
      const values = { ':pk': { S: 'a' } }
      const query = { TableName, ConsistentRead: true, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: values }
      expect((await client(to).send(new QueryCommand(query))).Items?.[0]?.['n']).toEqual({ N: String(n) })
      const Statement = `SELECT n FROM "${TableName}" WHERE pk = 'a'`
      const selected = await client(to).send(new ExecuteStatementCommand({ Statement, ConsistentRead: true }))
      expect(selected.Items?.[0]?.['n']).toEqual({ N: String(n) })
    }
  })

  test('of concurrent conditional writes in all Regions exactly one succeeds', async () => {
    const { client } = await startStrong(replicas, witness)
    for (let n = 0; n < 10; n++) {
      const put = { TableName, Item: key(`k${n}`), ConditionExpression: 'attribute_not_exists(pk)' }
      const outcomes = await Promise.all(replicas.map((region) => failure(client(region).send(new PutItemCommand(put)))))
      expect(outcomes.filter((outcome) => outcome === 'none')).toHaveLength(1)
      for (const outcome of outcomes)
        expect(['none', 'ConditionalCheckFailedException 400', 'ReplicatedWriteConflictException 400']).toContain(outcome)
    }
  })

  test('counters are exact, whoever adds to them, and each addition is told its own sum', async () => {
    const { client } = await startStrong(replicas, witness)
    const additions = replicas.flatMap((region) => Array.from({ length: 12 }, () => addUntilDone(client(region))))
    const sums = (await Promise.all(additions)).map(Number).sort((a, b) => a - b)
    expect(sums).toEqual(additions.map((_addition, at) => at + 1))
  })

  test('a Region that is cut off answers writes and strong reads with a 500, eventual reads as before, and goes on by itself', async () => {
    const { client, faults } = await startStrong(replicas, witness)
    await client(here).send(new PutItemCommand({ TableName, Item: { ...key('a'), n: { N: '1' } } }))
    const fault = await faults.inject({ kind: 'pause', region: here, durationMs: undefined })
    const put = { TableName, Item: { ...key('a'), n: { N: '2' } } }
    expect(await failure(client(here).send(new PutItemCommand(put)))).toBe('InternalServerError 500')
    expect(await failure(client(here).send(new DeleteItemCommand({ TableName, Key: key('a') })))).toBe('InternalServerError 500')
    expect(await failure(client(here).send(new BatchWriteItemCommand({ RequestItems: { [TableName]: [{ PutRequest: put }] } })))).toBe(
      'InternalServerError 500',
    )
    for (const read of [
      new GetItemCommand({ TableName, Key: key('a'), ConsistentRead: true }),
      new ScanCommand({ TableName, ConsistentRead: true }),
    ])
      expect(await failure(client(here).send(read as GetItemCommand))).toBe('InternalServerError 500')
    expect((await client(here).send(new GetItemCommand({ TableName, Key: key('a') }))).Item?.['n']).toEqual({ N: '1' })
    await client(there).send(new PutItemCommand(put))
    await faults.heal(fault.id)
    const got = await client(here).send(new GetItemCommand({ TableName, Key: key('a'), ConsistentRead: true }))
    expect(got.Item?.['n']).toEqual({ N: '2' })
  })

  test('global indexes, metering and batches are as on other tables; transactions are refused', async () => {
    const { client } = await startStrong(replicas, witness)
    const written = await client(here).send(
      new BatchWriteItemCommand({
        RequestItems: { [TableName]: ['a', 'b'].map((pk) => ({ PutRequest: { Item: { ...key(pk), owner: { S: 'ann' } } } })) },
        ReturnConsumedCapacity: 'INDEXES',
      }),
    )
    expect(written.UnprocessedItems).toEqual({})
    expect(written.ConsumedCapacity?.[0]).toMatchObject({ CapacityUnits: 4, GlobalSecondaryIndexes: { 'by-owner': { CapacityUnits: 2 } } })
    await client(there).send(new GetItemCommand({ TableName, Key: key('a'), ConsistentRead: true }))
    const values = { ':owner': { S: 'ann' } }
    const query = { TableName, IndexName: 'by-owner', KeyConditionExpression: '#o = :owner', ExpressionAttributeNames: { '#o': 'owner' } }
    expect((await client(there).send(new QueryCommand({ ...query, ExpressionAttributeValues: values }))).Count).toBe(2)
    const refused = 'ValidationException 400'
    const put = { Put: { TableName, Item: key('c') } }
    expect(await failure(client(here).send(new TransactWriteItemsCommand({ TransactItems: [put] })))).toBe(refused)
    const get = { Get: { TableName, Key: key('a') } }
    expect(await failure(client(here).send(new TransactGetItemsCommand({ TransactItems: [get] })))).toBe(refused)
    const Statement = `INSERT INTO "${TableName}" VALUE {'pk': 'd'}`
    expect(await failure(client(here).send(new ExecuteTransactionCommand({ TransactStatements: [{ Statement }] })))).toBe(refused)
    await client(here).send(new ExecuteStatementCommand({ Statement }))
    expect(await failure(client(there).send(new ExecuteStatementCommand({ Statement })))).toBe('DuplicateItemException 400')
  })
})
