import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CreateTableCommandInput, TableDescription } from '@aws-sdk/client-dynamodb'
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  PutResourcePolicyCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseCredentials } from '../api/credentials.ts'
import { assert } from '../base/assert.ts'
import { silentLog } from '../base/log.ts'
import type { RunningServer } from './start-server.ts'
import { startServer } from './start-server.ts'

/** Three accounts, each with a Region of its own for the tables that they share. */
const accounts = {
  ANN: { account: '111122223333', region: 'us-east-1' },
  BOB: { account: '444455556666', region: 'eu-west-1' },
  CAT: { account: '123456789012', region: 'us-west-2' },
} as const
type Name = keyof typeof accounts

let folder = ''
let server: RunningServer
let as = {} as Record<Name, DynamoDBClient>
let count = 0
let music = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-accounts-'))
  await start()
})
beforeEach(() => (music = `music-${++count}`))
afterAll(async () => {
  await stop()
  await rm(folder, { recursive: true, force: true })
})

async function start(unauthorizedMaxMs?: number): Promise<void> {
  const entries = Object.entries(accounts).map(([name, { account }]) => [name, { secretAccessKey: `${name}-secret`, account }])
  const credentials = parseCredentials(Object.fromEntries(entries))
  assert(!('problem' in credentials), 'the keys can be read')
  server = await startServer({
    host: '127.0.0.1',
    port: 0,
    regions: ['us-east-1'],
    dataFolder: folder,
    profile: 'instant',
    clockMode: 'hlc',
    credentials,
    insecure: false,
    adminToken: undefined,
    unauthorizedMaxMs,
    log: silentLog,
  })
  as = { ANN: clientOf('ANN'), BOB: clientOf('BOB'), CAT: clientOf('CAT') }
}

async function stop(): Promise<void> {
  for (const client of Object.values(as)) client.destroy()
  await server.close()
}

function clientOf(name: Name, region: string = accounts[name].region): DynamoDBClient {
  const credentials = { accessKeyId: name, secretAccessKey: `${name}-secret` }
  return new DynamoDBClient({ endpoint: `http://127.0.0.1:${server.port}`, region, credentials, maxAttempts: 1 })
}

function arnOf(name: Name): string {
  return `arn:aws:dynamodb:${accounts[name].region}:${accounts[name].account}:table/${music}`
}

/** As the developer guide writes it, for these members; who may join is `joining`. */
function policyOf(name: Name, members: readonly Name[], joining: readonly Name[] = []): string {
  const steady = {
    Sid: 'DynamoDBActionsNeededForSteadyStateReplication',
    Effect: 'Allow',
    Action: ['dynamodb:ReadDataForReplication', 'dynamodb:WriteDataForReplication', 'dynamodb:ReplicateSettings'],
    Resource: arnOf(name),
    Principal: { Service: ['replication.dynamodb.amazonaws.com'] },
    Condition: {
      StringEquals: {
        'aws:SourceAccount': members.map((member) => accounts[member].account),
        'aws:SourceArn': members.map(arnOf),
      },
    },
  }
  const association = {
    Sid: 'AllowTrustedAccountsToJoinThisGlobalTable',
    Effect: 'Allow',
    Action: ['dynamodb:AssociateTableReplica'],
    Resource: arnOf(name),
    Principal: { AWS: joining.map((member) => accounts[member].account) },
  }
  return JSON.stringify({ Version: '2012-10-17', Statement: joining.length === 0 ? [steady] : [steady, association] })
}

/** Ann's table, with the policy that lets these join. */
async function annsTable(others: readonly Name[] = ['BOB'], more: Partial<CreateTableCommandInput> = {}): Promise<void> {
  await as.ANN.send(
    new CreateTableCommand({
      TableName: music,
      AttributeDefinitions: [{ AttributeName: 'Artist', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'Artist', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      GlobalTableSettingsReplicationMode: 'ENABLED',
      ResourcePolicy: policyOf('ANN', ['ANN', ...others], others),
      ...more,
    }),
  )
}

function joining(name: Name, more: Partial<CreateTableCommandInput> = {}): CreateTableCommand {
  return new CreateTableCommand({
    TableName: music,
    GlobalTableSourceArn: arnOf('ANN'),
    GlobalTableSettingsReplicationMode: 'ENABLED',
    ResourcePolicy: policyOf(name, ['ANN', name]),
    ...more,
  })
}

const describeAs = async (name: Name): Promise<TableDescription | undefined> =>
  (await as[name].send(new DescribeTableCommand({ TableName: music }))).Table
const replicasSeenBy = async (name: Name): Promise<unknown> => (await describeAs(name))?.Replicas?.map((each) => each.ReplicaStatus)
const put = (name: Name, Artist: string) => as[name].send(new PutItemCommand({ TableName: music, Item: { Artist: { S: Artist } } }))
const has = async (name: Name, Artist: string): Promise<boolean> =>
  (await as[name].send(new GetItemCommand({ TableName: music, Key: { Artist: { S: Artist } } }))).Item !== undefined

/** A group of Ann's and Bob's table, both ACTIVE. */
async function annAndBob(): Promise<void> {
  await annsTable()
  await as.BOB.send(joining('BOB'))
  await expect.poll(() => replicasSeenBy('ANN')).toEqual(['ACTIVE'])
  await expect.poll(async () => (await describeAs('BOB'))?.TableStatus).toBe('ACTIVE')
}

describe('a table of another account', () => {
  it('is joined without keys or indexes, and both accounts write to it', async () => {
    await annsTable()
    await put('ANN', 'before')
    const { TableDescription } = await as.BOB.send(joining('BOB', { Tags: [{ Key: 'team', Value: 'bob' }] }))
    expect(TableDescription).toMatchObject({
      TableName: music,
      TableStatus: 'CREATING',
      TableArn: arnOf('BOB'),
      KeySchema: [{ AttributeName: 'Artist', KeyType: 'HASH' }],
      GlobalTableSettingsReplicationMode: 'ENABLED',
    })
    await expect.poll(() => replicasSeenBy('BOB')).toEqual(['ACTIVE'])
    await expect.poll(async () => (await describeAs('BOB'))?.TableStatus).toBe('ACTIVE')
    await put('BOB', 'by-bob')
    await put('ANN', 'by-ann')
    await expect.poll(() => has('ANN', 'by-bob')).toBe(true)
    await expect.poll(() => has('BOB', 'by-ann')).toBe(true)
    expect(await has('BOB', 'before')).toBe(true)
    expect(await describeAs('ANN')).toMatchObject({
      GlobalTableVersion: '2019.11.21',
      GlobalTableSettingsReplicationMode: 'ENABLED',
      Replicas: [{ RegionName: 'eu-west-1', ReplicaArn: arnOf('BOB'), GlobalTableSettingsReplicationMode: 'ENABLED' }],
    })
  })

  it('is joined by a third account when all members let it in, and stays joined after a restart', async () => {
    await annsTable(['BOB', 'CAT'])
    await as.BOB.send(joining('BOB', { ResourcePolicy: policyOf('BOB', ['ANN', 'BOB', 'CAT']) }))
    await expect.poll(() => replicasSeenBy('ANN')).toEqual(['ACTIVE'])
    const cats = joining('CAT', { ResourcePolicy: policyOf('CAT', ['ANN', 'BOB', 'CAT']) })
    await expect(as.CAT.send(cats)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringMatching(/dynamodb:AssociateTableReplica on resource: arn:aws:dynamodb:eu-west-1:444455556666:/) as string,
    })
    const Policy = policyOf('BOB', ['ANN', 'BOB', 'CAT'], ['CAT'])
    await as.BOB.send(new PutResourcePolicyCommand({ ResourceArn: arnOf('BOB'), Policy }))
    await as.CAT.send(cats)
    await put('BOB', 'by-bob')
    await stop()
    await start()
    await expect.poll(() => replicasSeenBy('ANN')).toEqual(['ACTIVE', 'ACTIVE'])
    await put('CAT', 'by-cat')
    await expect.poll(() => has('ANN', 'by-cat')).toBe(true)
    await expect.poll(() => has('BOB', 'by-cat')).toBe(true)
    await expect.poll(() => has('CAT', 'by-bob')).toBe(true)
    for (const name of ['ANN', 'BOB', 'CAT'] as const) {
      expect((await as[name].send(new ListTablesCommand())).TableNames).toContain(music)
    }
  })

  it.each<[string, Partial<CreateTableCommandInput>, string]>([
    ['keys', { KeySchema: [{ AttributeName: 'Artist', KeyType: 'HASH' }] }, 'KeySchema cannot be specified with GlobalTableSourceArn'],
    ['another mode', { GlobalTableSettingsReplicationMode: 'DISABLED' }, 'GlobalTableSettingsReplicationMode must be ENABLED'],
    ['no mode', { GlobalTableSettingsReplicationMode: undefined }, 'GlobalTableSettingsReplicationMode must be ENABLED'],
    ['another name', { TableName: 'other-name' }, 'TableName must be that of the source table'],
    ['its own account', { GlobalTableSourceArn: 'arn:aws:dynamodb:us-east-1:444455556666:table/any' }, 'in another account'],
  ])('is not joined with %s', async (_what, more, text) => {
    await annsTable()
    await expect(as.BOB.send(joining('BOB', more))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(text) as string,
    })
  })

  it('is not joined in the same Region, twice, or when it is not to be a source', async () => {
    await annsTable()
    const sameRegion = clientOf('BOB', 'us-east-1')
    await expect(sameRegion.send(joining('BOB'))).rejects.toMatchObject({ message: expect.stringContaining('another Region') as string })
    sameRegion.destroy()
    await as.BOB.send(joining('BOB'))
    await expect(as.BOB.send(joining('BOB'))).rejects.toMatchObject({ name: 'ResourceInUseException' })
    await expect.poll(() => replicasSeenBy('ANN')).toEqual(['ACTIVE'])
    const elsewhere = clientOf('BOB', 'us-west-2')
    const ResourcePolicy = policyOf('BOB', ['ANN', 'BOB']).replaceAll('eu-west-1', 'us-west-2')
    await expect(elsewhere.send(joining('BOB', { ResourcePolicy }))).rejects.toMatchObject({ name: 'AccessDeniedException' })
    elsewhere.destroy()
    music = `music-${++count}`
    await annsTable(['BOB'], { GlobalTableSettingsReplicationMode: 'DISABLED' })
    await expect(as.BOB.send(joining('BOB'))).rejects.toMatchObject({
      message: expect.stringContaining('of the source table must be ENABLED') as string,
    })
    await as.ANN.send(new UpdateTableCommand({ TableName: music, GlobalTableSettingsReplicationMode: 'ENABLED' }))
    await as.BOB.send(joining('BOB'))
  })

  it('is not joined before all policies permit what replication needs', async () => {
    await annsTable(['BOB'], { ResourcePolicy: policyOf('ANN', ['ANN', 'BOB']) })
    await expect(as.BOB.send(joining('BOB'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        `User: arn:aws:iam::444455556666:user/BOB is not authorized to perform: dynamodb:AssociateTableReplica on resource: ${arnOf('ANN')} ` +
        'because no resource-based policy allows the dynamodb:AssociateTableReplica action',
    })
    await as.ANN.send(new PutResourcePolicyCommand({ ResourceArn: arnOf('ANN'), Policy: policyOf('ANN', ['ANN'], ['BOB']) }))
    const annDenies = { name: 'AccessDeniedException', message: expect.stringContaining(`on resource: ${arnOf('ANN')} `) as string }
    await expect(as.BOB.send(joining('BOB'))).rejects.toMatchObject(annDenies)
    await as.ANN.send(new PutResourcePolicyCommand({ ResourceArn: arnOf('ANN'), Policy: policyOf('ANN', ['ANN', 'BOB'], ['BOB']) }))
    const bobDenies = { name: 'AccessDeniedException', message: expect.stringContaining(`on resource: ${arnOf('BOB')} `) as string }
    await expect(as.BOB.send(joining('BOB', { ResourcePolicy: undefined }))).rejects.toMatchObject(bobDenies)
    expect((await as.BOB.send(new ListTablesCommand())).TableNames).not.toContain(music)
    await as.BOB.send(joining('BOB'))
  })
})

describe('a group of several accounts', () => {
  it('shares its settings, but those that are each account’s own', async () => {
    await annAndBob()
    const TimeToLiveSpecification = { AttributeName: 'ends', Enabled: true }
    await as.BOB.send(new UpdateTimeToLiveCommand({ TableName: music, TimeToLiveSpecification }))
    const endsFor = async () =>
      (await as.ANN.send(new DescribeTimeToLiveCommand({ TableName: music }))).TimeToLiveDescription?.AttributeName
    await expect.poll(endsFor).toBe('ends')
    await as.ANN.send(new UpdateTableCommand({ TableName: music, OnDemandThroughput: { MaxReadRequestUnits: 40 } }))
    await expect.poll(async () => (await describeAs('BOB'))?.OnDemandThroughput?.MaxReadRequestUnits).toBe(40)
    await as.ANN.send(new UpdateTableCommand({ TableName: music, TableClass: 'STANDARD_INFREQUENT_ACCESS' }))
    await as.BOB.send(new UpdateTableCommand({ TableName: music, DeletionProtectionEnabled: true }))
    expect(await describeAs('ANN')).toMatchObject({
      TableClassSummary: { TableClass: 'STANDARD_INFREQUENT_ACCESS' },
      DeletionProtectionEnabled: false,
    })
    const bobs = await describeAs('BOB')
    expect(bobs?.TableClassSummary?.TableClass).not.toBe('STANDARD_INFREQUENT_ACCESS')
    expect(bobs?.DeletionProtectionEnabled).toBe(true)
  })

  it('has no replicas but those that accounts join with, and no overrides', async () => {
    await annAndBob()
    const change = (ReplicaUpdates: object[]) => as.ANN.send(new UpdateTableCommand({ TableName: music, ReplicaUpdates }))
    await expect(change([{ Create: { RegionName: 'us-west-2' } }])).rejects.toMatchObject({ name: 'ValidationException' })
    await expect(change([{ Delete: { RegionName: 'eu-west-1' } }])).rejects.toMatchObject({ name: 'ValidationException' })
    const TableClassOverride = 'STANDARD_INFREQUENT_ACCESS'
    await expect(change([{ Update: { RegionName: 'eu-west-1', TableClassOverride } }])).rejects.toMatchObject({
      name: 'ValidationException',
    })
    const mode = new UpdateTableCommand({ TableName: music, GlobalTableSettingsReplicationMode: 'DISABLED' })
    await expect(as.ANN.send(mode)).rejects.toMatchObject({ name: 'ValidationException' })
  })

  it('stops where a policy no longer permits it, and goes on when it does again', async () => {
    await annAndBob()
    await as.BOB.send(new PutResourcePolicyCommand({ ResourceArn: arnOf('BOB'), Policy: policyOf('BOB', ['BOB']) }))
    await put('ANN', 'unseen')
    expect(await replicasSeenBy('ANN')).toEqual(['REPLICATION_NOT_AUTHORIZED'])
    const since = async () => (await describeAs('ANN'))?.Replicas?.[0]?.ReplicaInaccessibleDateTime
    await expect.poll(since).toBeInstanceOf(Date)
    expect(Math.abs(Number(await since()) - Date.now())).toBeLessThan(60_000)
    expect(await describeAs('BOB')).toMatchObject({ TableStatus: 'REPLICATION_NOT_AUTHORIZED', Replicas: [{ ReplicaStatus: 'ACTIVE' }] })
    const update = new UpdateTableCommand({ TableName: music, OnDemandThroughput: { MaxReadRequestUnits: 50 } })
    await expect(as.ANN.send(update)).rejects.toMatchObject({ name: 'AccessDeniedException' })
    await put('BOB', 'here')
    expect(await has('BOB', 'unseen')).toBe(false)
    await as.BOB.send(new PutResourcePolicyCommand({ ResourceArn: arnOf('BOB'), Policy: policyOf('BOB', ['ANN', 'BOB']) }))
    await expect.poll(() => has('BOB', 'unseen')).toBe(true)
    expect(await since()).toBeUndefined()
    await expect.poll(() => has('ANN', 'here')).toBe(true)
    await as.ANN.send(update)
  })

  it('is two tables of their Regions again, for ever, when a policy has not permitted it for too long', async () => {
    await annAndBob()
    await put('BOB', 'both')
    await expect.poll(() => has('ANN', 'both')).toBe(true)
    await as.BOB.send(new PutResourcePolicyCommand({ ResourceArn: arnOf('BOB'), Policy: policyOf('BOB', ['BOB']) }))
    await put('BOB', 'bobs')
    await stop()
    await start(1_000)
    await expect.poll(async () => (await describeAs('ANN'))?.Replicas, { timeout: 10_000 }).toBeUndefined()
    await expect.poll(async () => (await describeAs('BOB'))?.Replicas, { timeout: 10_000 }).toBeUndefined()
    const bobs = await describeAs('BOB')
    expect([bobs?.TableStatus, bobs?.GlobalTableVersion, bobs?.TableArn]).toEqual(['ACTIVE', undefined, arnOf('BOB')])
    await as.BOB.send(new PutResourcePolicyCommand({ ResourceArn: arnOf('BOB'), Policy: policyOf('BOB', ['ANN', 'BOB']) }))
    await put('ANN', 'anns')
    expect([await has('BOB', 'both'), await has('BOB', 'bobs'), await has('BOB', 'anns'), await has('ANN', 'bobs')]).toEqual([
      true,
      true,
      false,
      false,
    ])
    await as.BOB.send(new DeleteTableCommand({ TableName: music }))
    await stop()
    await start()
  })

  it('is left at once by an account that deletes its table while nothing is permitted', async () => {
    await annAndBob()
    await as.ANN.send(new PutResourcePolicyCommand({ ResourceArn: arnOf('ANN'), Policy: policyOf('ANN', ['ANN']) }))
    await put('BOB', 'bobs')
    await as.BOB.send(new DeleteTableCommand({ TableName: music }))
    await expect.poll(async () => (await describeAs('ANN'))?.Replicas).toBeUndefined()
    await expect.poll(async () => (await as.BOB.send(new ListTablesCommand())).TableNames).not.toContain(music)
    expect([(await describeAs('ANN'))?.TableStatus, await has('ANN', 'bobs')]).toEqual(['ACTIVE', false])
  })

  it('ends when an account deletes its table; the other’s stays, and can be joined again', async () => {
    await annAndBob()
    await put('BOB', 'by-bob')
    await as.BOB.send(new DeleteTableCommand({ TableName: music }))
    await expect.poll(async () => (await describeAs('ANN'))?.Replicas).toBeUndefined()
    await expect.poll(async () => (await as.BOB.send(new ListTablesCommand())).TableNames).not.toContain(music)
    expect(await has('ANN', 'by-bob')).toBe(true)
    expect((await describeAs('ANN'))?.GlobalTableSettingsReplicationMode).toBe('ENABLED')
    // Nobody lists the table any more, and the group may still be about to forget its replica: until then the Region counts as taken.
    const refusal = (): Promise<string | undefined> => as.BOB.send(joining('BOB')).then(() => undefined, String)
    await expect.poll(refusal).toBeUndefined()
    await expect.poll(() => has('BOB', 'by-bob')).toBe(true)
  })
})

describe('whether settings are replicated', () => {
  it('is said of a regional table, and of none by itself', async () => {
    await annsTable([], { GlobalTableSettingsReplicationMode: undefined, ResourcePolicy: undefined })
    expect((await describeAs('ANN'))?.GlobalTableSettingsReplicationMode).toBeUndefined()
    const { TableDescription } = await as.ANN.send(
      new UpdateTableCommand({ TableName: music, GlobalTableSettingsReplicationMode: 'DISABLED' }),
    )
    expect(TableDescription?.GlobalTableSettingsReplicationMode).toBe('DISABLED')
    expect((await describeAs('ANN'))?.GlobalTableSettingsReplicationMode).toBe('DISABLED')
    const overrides = new UpdateTableCommand({ TableName: music, GlobalTableSettingsReplicationMode: 'ENABLED_WITH_OVERRIDES' })
    await expect(as.ANN.send(overrides)).rejects.toMatchObject({
      name: 'ValidationException',
      message:
        "Value 'ENABLED_WITH_OVERRIDES' at 'GlobalTableSettingsReplicationMode' failed to satisfy constraint: " +
        'Only ENABLED and DISABLED settings replication are supported for a Regional Table.',
    })
  })
})
