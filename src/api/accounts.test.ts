import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateBackupCommand,
  DeleteTableCommand,
  DescribeBackupCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
  ListBackupsCommand,
  ListTablesCommand,
  PutItemCommand,
  PutResourcePolicyCommand,
  TagResourceCommand,
  TransactWriteItemsCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import { DescribeStreamCommand, DynamoDBStreamsClient, GetShardIteratorCommand, ListStreamsCommand } from '@aws-sdk/client-dynamodb-streams'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assert } from '../base/assert.ts'
import { parseCredentials } from './credentials.ts'
import type { TestWorld } from './test-world.contract.ts'
import { startTestWorld } from './test-world.contract.ts'
import { onDemandTable } from './use-test-world.contract.ts'

/** Two keys of two accounts beside one of the default account, in one Region. */
const accounts = { HOME: '000000000000', ANN: '111122223333', BOB: '444455556666' }
type Key = keyof typeof accounts

let world: TestWorld
const clients: { destroy(): void }[] = []
const as = {} as Record<Key, DynamoDBClient>
beforeAll(async () => {
  const entries = Object.entries(accounts).map(([key, account]) => [key, { secretAccessKey: `${key}-secret`, account }])
  const credentials = parseCredentials(Object.fromEntries(entries))
  assert(!('problem' in credentials), 'the keys can be read')
  world = await startTestWorld({ credentials })
  for (const key of Object.keys(accounts) as Key[]) {
    as[key] = new DynamoDBClient(options(key))
    clients.push(as[key])
    await as[key].send(orders())
    await as[key].send(new PutItemCommand({ TableName: 'orders', Item: { pk: { S: 'a' }, owner: { S: key } } }))
  }
})
afterAll(async () => {
  for (const client of clients) client.destroy()
  await world.close()
})

function options(key: Key): ConstructorParameters<typeof DynamoDBClient>[0] & object {
  const credentials = { accessKeyId: key, secretAccessKey: `${key}-secret` }
  return { endpoint: world.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 }
}

const orders = (TableName = 'orders') =>
  onDemandTable(TableName, 'pk S', { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' } })

const arnOf = (key: Key, table = 'orders'): string => `arn:aws:dynamodb:us-east-1:${accounts[key]}:table/${table}`
const keyOfA = { pk: { S: 'a' } }
const ownerSeen = async (key: Key, TableName: string): Promise<string | undefined> =>
  (await as[key].send(new GetItemCommand({ TableName, Key: keyOfA }))).Item?.['owner']?.S

async function share(key: Key, Action: string[], Resource = arnOf(key)): Promise<void> {
  const Statement = { Effect: 'Allow', Principal: { AWS: accounts.BOB }, Action, Resource }
  await as[key].send(
    new PutResourcePolicyCommand({ ResourceArn: arnOf(key), Policy: JSON.stringify({ Version: '2012-10-17', Statement }) }),
  )
}

describe('each account', () => {
  it('has tables of its own, whatever those of others are called', async () => {
    for (const key of Object.keys(accounts) as Key[]) {
      expect(await ownerSeen(key, 'orders')).toBe(key)
      expect(await ownerSeen(key, arnOf(key))).toBe(key)
      expect((await as[key].send(new ListTablesCommand())).TableNames).toEqual(['orders'])
      await expect(as[key].send(orders())).rejects.toMatchObject({
        name: 'ResourceInUseException',
        message: 'Table already exists: orders',
      })
    }
  })

  it('has its id in the ARNs of what belongs to it', async () => {
    const { Table } = await as.ANN.send(new DescribeTableCommand({ TableName: 'orders' }))
    expect(Table?.TableArn).toBe(arnOf('ANN'))
    expect(Table?.LatestStreamArn).toMatch(new RegExp(`^${arnOf('ANN')}/stream/`))
    const { BackupDetails } = await as.ANN.send(new CreateBackupCommand({ TableName: 'orders', BackupName: 'first' }))
    expect(BackupDetails?.BackupArn).toMatch(new RegExp(`^${arnOf('ANN')}/backup/`))
    const streams = new DynamoDBStreamsClient(options('ANN'))
    clients.push(streams)
    expect((await streams.send(new ListStreamsCommand())).Streams).toEqual([
      { TableName: 'orders', StreamArn: Table?.LatestStreamArn, StreamLabel: Table?.LatestStreamLabel },
    ])
    await as.ANN.send(new TagResourceCommand({ ResourceArn: arnOf('ANN'), Tags: [{ Key: 'a', Value: 'b' }] }))
  })

  it('sees no backups of others', async () => {
    const { BackupSummaries = [] } = await as.ANN.send(new ListBackupsCommand())
    expect(BackupSummaries).toHaveLength(1)
    expect((await as.BOB.send(new ListBackupsCommand())).BackupSummaries).toEqual([])
    const describing = new DescribeBackupCommand({ BackupArn: BackupSummaries[0]?.BackupArn })
    await expect(as.BOB.send(describing)).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })

  it('may drop its table, and the others keep theirs', async () => {
    await as.ANN.send(orders('short'))
    await as.BOB.send(orders('short'))
    await as.ANN.send(new DeleteTableCommand({ TableName: 'short' }))
    expect((await as.BOB.send(new ListTablesCommand())).TableNames).toEqual(['orders', 'short'])
    await as.BOB.send(new DeleteTableCommand({ TableName: 'short' }))
  })

  it('makes replicas that are its own', async () => {
    const Create = { RegionName: 'eu-west-1' }
    await as.ANN.send(new UpdateTableCommand({ TableName: 'orders', ReplicaUpdates: [{ Create }] }))
    expect(world.replicaActions.at(-1)).toMatchObject({ kind: 'create', region: 'eu-west-1.111122223333' })
    await as.HOME.send(new UpdateTableCommand({ TableName: 'orders', ReplicaUpdates: [{ Create }] }))
    expect(world.replicaActions.at(-1)).toMatchObject({ kind: 'create', region: 'eu-west-1' })
    const own = new UpdateTableCommand({ TableName: 'orders', ReplicaUpdates: [{ Create: { RegionName: 'us-east-1' } }] })
    await expect(as.ANN.send(own)).rejects.toMatchObject({ message: expect.stringContaining('the local region') as string })
  })
})

describe('a table of another account', () => {
  it('is not there for a key whose account it did not let in', async () => {
    const reading = new GetItemCommand({ TableName: arnOf('HOME'), Key: keyOfA })
    await expect(as.BOB.send(reading)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        `User: arn:aws:iam::${accounts.BOB}:user/BOB is not authorized to perform: dynamodb:GetItem on resource: ${arnOf('HOME')} ` +
        'because no resource-based policy allows the dynamodb:GetItem action',
    })
    const nowhere = new GetItemCommand({ TableName: 'arn:aws:dynamodb:us-east-1:999999999999:table/orders', Key: keyOfA })
    await expect(as.BOB.send(nowhere)).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })

  it('is used by its ARN, by whom its policy lets in', async () => {
    await share('ANN', ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DescribeTable', 'dynamodb:PartiQLSelect'])
    expect(await ownerSeen('BOB', arnOf('ANN'))).toBe('ANN')
    await as.BOB.send(new PutItemCommand({ TableName: arnOf('ANN'), Item: { pk: { S: 'by-bob' } } }))
    const { Item } = await as.ANN.send(new GetItemCommand({ TableName: 'orders', Key: { pk: { S: 'by-bob' } } }))
    expect(Item).toEqual({ pk: { S: 'by-bob' } })
    const { Table } = await as.BOB.send(new DescribeTableCommand({ TableName: arnOf('ANN') }))
    expect(Table).toMatchObject({ TableName: 'orders', TableArn: arnOf('ANN') })
    const { Items } = await as.BOB.send(new ExecuteStatementCommand({ Statement: `SELECT * FROM "${arnOf('ANN')}" WHERE pk = 'a'` }))
    expect(Items).toEqual([{ pk: { S: 'a' }, owner: { S: 'ANN' } }])
    expect(await ownerSeen('BOB', 'orders')).toBe('BOB')
  })

  it('and one’s own are read and written in one batch, and not in one transaction', async () => {
    await share('ANN', ['dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem', 'dynamodb:PutItem'])
    const Keys = [keyOfA]
    const read = await as.BOB.send(new BatchGetItemCommand({ RequestItems: { [arnOf('ANN')]: { Keys }, orders: { Keys } } }))
    expect(read.Responses?.[arnOf('ANN')]?.[0]?.['owner']).toEqual({ S: 'ANN' })
    expect(read.Responses?.['orders']?.[0]?.['owner']).toEqual({ S: 'BOB' })
    const PutRequest = { Item: { pk: { S: 'batched' } } }
    await as.BOB.send(new BatchWriteItemCommand({ RequestItems: { [arnOf('ANN')]: [{ PutRequest }], orders: [{ PutRequest }] } }))
    const Put = (TableName: string) => ({ Put: { TableName, Item: { pk: { S: 'both' } } } })
    const transaction = new TransactWriteItemsCommand({ TransactItems: [Put(arnOf('ANN')), Put('orders')] })
    await expect(as.BOB.send(transaction)).rejects.toMatchObject({ name: 'ValidationException' })
    await as.BOB.send(new TransactWriteItemsCommand({ TransactItems: [Put(arnOf('ANN'))] }))
  })

  it('shows its stream to whom the stream’s policy lets in', async () => {
    const { Table } = await as.ANN.send(new DescribeTableCommand({ TableName: 'orders' }))
    const StreamArn = Table?.LatestStreamArn ?? ''
    const Statement = {
      Effect: 'Allow',
      Principal: { AWS: accounts.BOB },
      Action: ['dynamodb:DescribeStream', 'dynamodb:GetShardIterator'],
      Resource: StreamArn,
    }
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
    await as.ANN.send(new PutResourcePolicyCommand({ ResourceArn: StreamArn, Policy }))
    const streams = new DynamoDBStreamsClient(options('BOB'))
    clients.push(streams)
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }))
    expect(StreamDescription?.StreamArn).toBe(StreamArn)
    const ShardId = StreamDescription?.Shards?.[0]?.ShardId
    await streams.send(new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }))
  })
})
