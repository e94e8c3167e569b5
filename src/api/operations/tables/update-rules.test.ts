import type { CreateTableCommandInput, DynamoDBClient, UpdateTableCommandInput } from '@aws-sdk/client-dynamodb'
import { CreateTableCommand, DescribeTableCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import type { TestWorld } from '../../test-world.contract.ts'
import { startTestWorld } from '../../test-world.contract.ts'

let world: TestWorld
let client: DynamoDBClient
let nowMs = Date.UTC(2026, 9, 9, 0, 21, 34)
const HOUR_MS = 3_600_000
const paceMs = 20_000

beforeAll(async () => {
  world = await startTestWorld({ nowMs: () => nowMs, lifecycleDelayMs: paceMs })
  client = world.client()
})

afterAll(() => world.close())

const keys = {
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'a', AttributeType: 'S' },
  ],
} as const satisfies Partial<CreateTableCommandInput>
const units = (ReadCapacityUnits: number, WriteCapacityUnits = ReadCapacityUnits) => ({ ReadCapacityUnits, WriteCapacityUnits })
const index = {
  IndexName: 'by-a',
  KeySchema: [{ AttributeName: 'a', KeyType: 'HASH' as const }],
  Projection: { ProjectionType: 'ALL' as const },
}

let made = 0
async function create(more: Partial<CreateTableCommandInput>): Promise<string> {
  const TableName = `rules-${made++}`
  const { GlobalSecondaryIndexes } = more
  const AttributeDefinitions = keys.AttributeDefinitions.slice(0, GlobalSecondaryIndexes === undefined ? 1 : 2)
  await client.send(new CreateTableCommand({ TableName, ...keys, AttributeDefinitions, ...more }))
  return TableName
}
const provisioned = (read: number, write = read): Promise<string> => create({ ProvisionedThroughput: units(read, write) })
const onDemand = (): Promise<string> => create({ BillingMode: 'PAY_PER_REQUEST' })
const update = async (TableName: string, more: Partial<UpdateTableCommandInput>) =>
  (await client.send(new UpdateTableCommand({ TableName, ...more }))).TableDescription
const described = async (TableName: string) => (await client.send(new DescribeTableCommand({ TableName }))).Table
const refusal = (name: string, message: string): object => ({ name, message: expect.stringContaining(message) as string })
const invalid = (message: string): object => refusal('ValidationException', `One or more parameter values were invalid: ${message}`)

describe('throughput is lowered', () => {
  it('four times in a day, then an hour after the last time, and freely again the next day', async () => {
    const table = await provisioned(10)
    for (const read of [9, 8, 7, 6]) await update(table, { ProvisionedThroughput: units(read, 10) })
    const text =
      'Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the first 4 decreases, each ' +
      'subsequent decrease in the same UTC day can be performed at most once every 3600 seconds. Number of decreases today: 4. ' +
      'Last decrease at Friday, October 9, 2026 at 12:21:34 AM Coordinated Universal Time. ' +
      'Next decrease can be made at Friday, October 9, 2026 at 1:21:34 AM Coordinated Universal Time'
    await expect(update(table, { ProvisionedThroughput: units(5, 10) })).rejects.toMatchObject(refusal('LimitExceededException', text))
    await update(table, { ProvisionedThroughput: units(6, 11) })
    nowMs += HOUR_MS - 1000
    await expect(update(table, { ProvisionedThroughput: units(5, 11) })).rejects.toThrow('Subscriber limit exceeded')
    nowMs += 1000
    await update(table, { ProvisionedThroughput: units(5, 11) })
    await expect(update(table, { ProvisionedThroughput: units(4, 11) })).rejects.toThrow('Number of decreases today: 5')
    expect((await described(table))?.ProvisionedThroughput).toMatchObject({
      NumberOfDecreasesToday: 5,
      LastDecreaseDateTime: new Date(nowMs),
      LastIncreaseDateTime: new Date(nowMs - HOUR_MS),
    })
    nowMs = Date.UTC(2026, 9, 10)
    expect((await described(table))?.ProvisionedThroughput?.NumberOfDecreasesToday).toBe(0)
    await update(table, { ProvisionedThroughput: units(4, 11) })
  })

  it('27 times in a day at most', async () => {
    const table = await provisioned(100)
    const begin = nowMs
    let done = 0
    for (; nowMs < begin + 24 * HOUR_MS; nowMs += HOUR_MS / 4) {
      const lowered = await update(table, { ProvisionedThroughput: units(99 - done, 100) }).catch(() => undefined)
      if (lowered !== undefined) done++
    }
    expect(done).toBe(27)
  })

  it('of each index by itself', async () => {
    const table = await create({
      ProvisionedThroughput: units(50),
      GlobalSecondaryIndexes: [{ ...index, ProvisionedThroughput: units(50) }],
    })
    for (const read of [40, 30, 20, 10]) await update(table, { ProvisionedThroughput: units(read) })
    const lower = { GlobalSecondaryIndexUpdates: [{ Update: { IndexName: 'by-a', ProvisionedThroughput: units(40) } }] }
    await expect(update(table, { ProvisionedThroughput: units(5), ...lower })).rejects.toThrow('Subscriber limit exceeded')
    expect((await update(table, lower))?.TableStatus).toBe('ACTIVE')
    expect((await described(table))?.GlobalSecondaryIndexes?.[0]?.ProvisionedThroughput).toEqual({
      ...units(40),
      NumberOfDecreasesToday: 1,
      LastDecreaseDateTime: new Date(nowMs),
    })
  })
})

test('more than the account may provision is refused, and so is a maximum beyond that', async () => {
  const more = 'above the per table maximum for the account in us-east-1. Per table maximum: 40000.'
  await expect(provisioned(40_001, 1)).rejects.toMatchObject(
    refusal('LimitExceededException', `The requested ReadCapacityUnits, 40001, is ${more}`),
  )
  await expect(update(await onDemand(), { OnDemandThroughput: { MaxWriteRequestUnits: 40_001 } })).rejects.toMatchObject(
    refusal(
      'LimitExceededException',
      'Subscriber limit exceeded: Requested MaxWriteRequestUnits for OnDemandThroughput for table exceeds TableMaxWriteCapacityUnits of the account',
    ),
  )
})

test('a table becomes on demand four times in a day, and provisioned at any time', async () => {
  const table = await provisioned(1)
  const toOnDemand = () => update(table, { BillingMode: 'PAY_PER_REQUEST' })
  const toProvisioned = () => update(table, { BillingMode: 'PROVISIONED', ProvisionedThroughput: units(1) })
  for (let at = 0; at < 4; at++) {
    await toOnDemand()
    await toProvisioned()
  }
  await expect(toOnDemand()).rejects.toMatchObject(
    refusal('LimitExceededException', 'Update to PayPerRequest mode are limited to 4 times in 1 day(s)'),
  )
  nowMs += 24 * HOUR_MS
  await toOnDemand()
  expect(await toOnDemand()).toMatchObject({ TableStatus: 'UPDATING' })
})

test('a table of indexes becomes provisioned when each of them is given units', async () => {
  const table = await create({ BillingMode: 'PAY_PER_REQUEST', GlobalSecondaryIndexes: [index] })
  const toProvisioned = { BillingMode: 'PROVISIONED' as const, ProvisionedThroughput: units(5) }
  await expect(update(table, { BillingMode: 'PROVISIONED' })).rejects.toMatchObject(
    invalid('ProvisionedThroughput must be specified when BillingMode is PROVISIONED'),
  )
  await expect(update(table, toProvisioned)).rejects.toMatchObject(invalid('ProvisionedThroughput must be specified for index: by-a'))
  const Update = { IndexName: 'by-a', ProvisionedThroughput: units(3) }
  await update(table, { ...toProvisioned, GlobalSecondaryIndexUpdates: [{ Update }] })
  expect((await described(table))?.GlobalSecondaryIndexes?.[0]?.ProvisionedThroughput).toMatchObject(units(3))
})

test('the class of a table changes twice in 30 days', async () => {
  const table = await onDemand()
  const change = (TableClass: 'STANDARD' | 'STANDARD_INFREQUENT_ACCESS') => update(table, { TableClass })
  await change('STANDARD')
  expect((await described(table))?.TableClassSummary).toBeUndefined()
  await change('STANDARD_INFREQUENT_ACCESS')
  await change('STANDARD')
  await expect(change('STANDARD')).rejects.toMatchObject(
    refusal('LimitExceededException', 'Subscriber limit exceeded: Updates to TableClass are limited to 2 times in 30 day(s).'),
  )
  nowMs += 30 * 24 * HOUR_MS
  await change('STANDARD_INFREQUENT_ACCESS')
})

describe('warm throughput', () => {
  it('is what on-demand tables begin with, and follows what was provisioned without falling', async () => {
    expect((await described(await onDemand()))?.WarmThroughput).toEqual({
      ReadUnitsPerSecond: 12_000,
      WriteUnitsPerSecond: 4_000,
      Status: 'ACTIVE',
    })
    const table = await provisioned(5)
    await update(table, { ProvisionedThroughput: units(7) })
    await update(table, { ProvisionedThroughput: units(2) })
    expect((await described(table))?.WarmThroughput).toEqual({ ReadUnitsPerSecond: 7, WriteUnitsPerSecond: 7, Status: 'ACTIVE' })
    await update(table, { BillingMode: 'PAY_PER_REQUEST' })
    await update(table, { BillingMode: 'PROVISIONED', ProvisionedThroughput: units(2) })
    expect((await described(table))?.WarmThroughput).toMatchObject({ ReadUnitsPerSecond: 12_000, WriteUnitsPerSecond: 4_000 })
  })

  it('is raised in time while the table is ACTIVE, and never lowered', async () => {
    const table = await onDemand()
    const raised = await update(table, { WarmThroughput: { ReadUnitsPerSecond: 13_000 } })
    expect(raised).toMatchObject({
      TableStatus: 'ACTIVE',
      WarmThroughput: { ReadUnitsPerSecond: 12_000, WriteUnitsPerSecond: 4_000, Status: 'UPDATING' },
    })
    nowMs += paceMs
    expect((await described(table))?.WarmThroughput).toEqual({ ReadUnitsPerSecond: 13_000, WriteUnitsPerSecond: 4_000, Status: 'ACTIVE' })
    await expect(update(table, { WarmThroughput: { ReadUnitsPerSecond: 12_999 } })).rejects.toMatchObject(
      invalid(
        'Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current WarmThroughput, decreasing WarmThroughput is not supported',
      ),
    )
    await update(table, { WarmThroughput: { ReadUnitsPerSecond: 13_000, WriteUnitsPerSecond: 4_000 } })
  })

  it('of a new table or index is not below what it has anyway', async () => {
    await expect(create({ BillingMode: 'PAY_PER_REQUEST', WarmThroughput: { ReadUnitsPerSecond: 1 } })).rejects.toMatchObject(
      invalid('Requested ReadUnitsPerSecond for WarmThroughput for table is lower than initial throughput for OnDemand. See: https://'),
    )
    await expect(create({ ProvisionedThroughput: units(10), WarmThroughput: { WriteUnitsPerSecond: 5 } })).rejects.toMatchObject(
      invalid('Requested WriteUnitsPerSecond for WarmThroughput for table is lower than WriteCapacityUnits of ProvisionedThroughput'),
    )
    const WarmThroughput = { ReadUnitsPerSecond: 15_000, WriteUnitsPerSecond: 5_000 }
    const table = await create({ BillingMode: 'PAY_PER_REQUEST', GlobalSecondaryIndexes: [{ ...index, WarmThroughput }] })
    nowMs += paceMs
    expect((await described(table))?.GlobalSecondaryIndexes?.[0]?.WarmThroughput).toEqual({ ...WarmThroughput, Status: 'ACTIVE' })
    const lower = { Update: { IndexName: 'by-a', WarmThroughput: { ReadUnitsPerSecond: 14_000 } } }
    await expect(update(table, { GlobalSecondaryIndexUpdates: [lower] })).rejects.toThrow(
      'WarmThroughput for index by-a is lower than current',
    )
  })
})

describe('encryption', () => {
  const KMSMasterKeyId = 'arn:aws:kms:us-east-1:000000000000:key/8963cda5-0fac-4af1-8635-0af67d16fe14'

  it('is not spoken of until a key is named, and changes in time', async () => {
    const table = await onDemand()
    expect((await described(table))?.SSEDescription).toBeUndefined()
    await expect(update(table, { SSESpecification: { Enabled: false } })).rejects.toMatchObject(
      invalid('Table is already encrypted by default'),
    )
    const changed = await update(table, { SSESpecification: { Enabled: true, SSEType: 'KMS', KMSMasterKeyId } })
    expect(changed).toMatchObject({ TableStatus: 'ACTIVE', SSEDescription: { Status: 'UPDATING', SSEType: 'KMS' } })
    nowMs += paceMs
    expect((await described(table))?.SSEDescription).toEqual({ Status: 'ENABLED', SSEType: 'KMS', KMSMasterKeyArn: KMSMasterKeyId })
    await expect(update(table, { SSESpecification: { Enabled: true, SSEType: 'KMS', KMSMasterKeyId } })).rejects.toMatchObject(
      invalid('Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change Master Key'),
    )
    await update(table, { SSESpecification: { Enabled: false } })
    expect((await described(table))?.SSEDescription).toBeUndefined()
  })

  it('changes four times in a day, then every six hours', async () => {
    const table = await create({ BillingMode: 'PAY_PER_REQUEST', SSESpecification: { Enabled: true } })
    const arn = (await described(table))?.SSEDescription?.KMSMasterKeyArn
    expect(arn).toMatch(/^arn:aws:kms:us-east-1:000000000000:key\/[0-9a-f-]{36}$/)
    for (let at = 0; at < 3; at++) await update(table, { SSESpecification: { SSEType: 'KMS' } })
    await expect(update(table, { SSESpecification: { Enabled: true } })).rejects.toMatchObject(
      refusal('LimitExceededException', 'Subscriber limit exceeded: Encryption mode changes are limited in the 24h window ending at'),
    )
    nowMs += 6 * HOUR_MS
    await update(table, { SSESpecification: { Enabled: true } })
  })

  it.each([
    [{ Enabled: true, KMSMasterKeyId }, 'SSEType KMS is required if KMSMasterKeyId is specified'],
    [{ Enabled: false, SSEType: 'KMS' as const }, 'SSEType can not be specified if Enabled is false'],
    [{ Enabled: false, KMSMasterKeyId }, 'KMSMasterKeyId can not be specified if Enabled is false'],
    [{ Enabled: true, SSEType: 'AES256' as const }, 'SSEType AES256 is not supported'],
  ])('is refused as %j', async (SSESpecification, message) => {
    await expect(create({ BillingMode: 'PAY_PER_REQUEST', SSESpecification })).rejects.toMatchObject(invalid(message))
  })

  it('takes no key of another Region', async () => {
    const SSESpecification = { SSEType: 'KMS' as const, KMSMasterKeyId: KMSMasterKeyId.replace('us-east-1', 'eu-west-1') }
    await expect(create({ BillingMode: 'PAY_PER_REQUEST', SSESpecification })).rejects.toThrow('KMS validation error: ')
  })
})

describe('one UpdateTable is one change, refused with', () => {
  const stream = { StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' as const } }
  const addition = { GlobalSecondaryIndexUpdates: [{ Create: index }], AttributeDefinitions: keys.AttributeDefinitions.slice(1) }
  const cases: [string, Partial<UpdateTableCommandInput>, string][] = [
    [
      'encryption and protection',
      { SSESpecification: {}, DeletionProtectionEnabled: true },
      'Server-Side Encryption modification must be the only',
    ],
    ['class and protection', { TableClass: 'STANDARD', DeletionProtectionEnabled: true }, 'TableClass modification must be the only'],
    [
      'protection and billing',
      { DeletionProtectionEnabled: true, BillingMode: 'PAY_PER_REQUEST' },
      'DeletionProtection modification must be',
    ],
    [
      'warm throughput and a stream',
      { WarmThroughput: { ReadUnitsPerSecond: 20_000 }, ...stream },
      'WarmThroughput must be the only operation',
    ],
    [
      'a maximum and a stream',
      { OnDemandThroughput: { MaxReadRequestUnits: 1 }, ...stream },
      'OnDemandThroughput can only be combined with BillingMode',
    ],
    ['units and a stream', { ProvisionedThroughput: units(1), ...stream }, 'You cannot modify stream status while updating table IOPS'],
    [
      'units and a new index',
      { ProvisionedThroughput: units(1), ...addition },
      'You cannot create or delete index while updating table IOPS',
    ],
    ['a stream and a new index', { ...stream, ...addition }, 'You cannot create or delete index while changing stream status'],
    [
      'warm throughput and a new index',
      { WarmThroughput: { ReadUnitsPerSecond: 20_000 }, ...addition },
      'Create global secondary index cannot be specified when updating WarmThroughput',
    ],
  ]
  it.each(cases)('%s', async (_what, more, message) => {
    // Whether the table is there is not looked at.
    await expect(update('nowhere', more)).rejects.toMatchObject(invalid(message))
  })

  it('nothing, or an empty list', async () => {
    await expect(update('nowhere', { GlobalSecondaryIndexUpdates: [] })).rejects.toThrow(
      'At least one of ProvisionedThroughput, BillingMode,',
    )
    await expect(update('nowhere', { GlobalSecondaryIndexUpdates: [], BillingMode: 'PAY_PER_REQUEST' })).rejects.toMatchObject(
      invalid('List of GlobalSecondaryIndexUpdates is empty'),
    )
  })
})

test('an index that is not there is named, and one that is local cannot be updated', async () => {
  const table = await onDemand()
  await expect(update(table, { GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'ghost' } }] })).rejects.toMatchObject(
    refusal('ResourceNotFoundException', `Requested resource not found: Index ghost for table ${table}`),
  )
  await expect(update(table, { GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'ghost' }, Create: index }] })).rejects.toMatchObject(
    invalid('Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object'),
  )
  await expect(update(table, { GlobalSecondaryIndexUpdates: [{}] })).rejects.toThrow('must not be null')
})
