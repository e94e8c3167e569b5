import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  PutItemCommand,
  RestoreTableToPointInTimeCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { trimChanges } from '../../../engine/stream-reader.ts'
import type { TestWorld } from '../../test-world.contract.ts'
import { startTestWorld } from '../../test-world.contract.ts'
import { onDemandTable } from '../../use-test-world.contract.ts'

const startMs = Date.UTC(2026, 0, 1, 0, 0, 0, 250)
const dayMs = 24 * 3600 * 1000

let nowMs: number
let world: TestWorld
let client: DynamoDBClient
beforeEach(async () => {
  nowMs = startMs
  world = await startTestWorld({ nowMs: () => nowMs })
  client = world.client()
})
afterEach(async () => {
  await world.close()
  expect(world.errors).toEqual([])
})

const create = (TableName: string): Promise<unknown> =>
  client.send(
    onDemandTable(TableName, 'pk S', {
      AttributeDefinitions: [{ AttributeName: 'v', AttributeType: 'S' }],
      GlobalSecondaryIndexes: [
        { IndexName: 'by-v', KeySchema: [{ AttributeName: 'v', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
      ],
    }),
  )

const turn = (TableName: string, PointInTimeRecoveryEnabled: boolean, RecoveryPeriodInDays?: number) =>
  client.send(
    new UpdateContinuousBackupsCommand({
      TableName,
      PointInTimeRecoverySpecification: {
        PointInTimeRecoveryEnabled,
        ...(RecoveryPeriodInDays === undefined ? {} : { RecoveryPeriodInDays }),
      },
    }),
  )

const put = (TableName: string, pk: string, v: string): Promise<unknown> =>
  client.send(new PutItemCommand({ TableName, Item: { pk: { S: pk }, v: { S: v } } }))
const remove = (TableName: string, pk: string): Promise<unknown> =>
  client.send(new DeleteItemCommand({ TableName, Key: { pk: { S: pk } } }))

const restore = (SourceTableName: string, TargetTableName: string, at: Date | 'latest', more: object = {}) =>
  client.send(
    new RestoreTableToPointInTimeCommand({
      SourceTableName,
      TargetTableName,
      ...(at === 'latest' ? { UseLatestRestorableTime: true } : { RestoreDateTime: at }),
      ...more,
    }),
  )

async function active(TableName: string): Promise<void> {
  while ((await client.send(new DescribeTableCommand({ TableName }))).Table?.TableStatus !== 'ACTIVE');
}

async function recovery(TableName: string): Promise<object | undefined> {
  const { ContinuousBackupsDescription } = await client.send(new DescribeContinuousBackupsCommand({ TableName }))
  return ContinuousBackupsDescription?.PointInTimeRecoveryDescription
}

/** What a table holds, `pk -> v`; in its index the same. */
async function held(TableName: string): Promise<Record<string, string>> {
  const read = async (more: object): Promise<Record<string, string>> => {
    const items: Record<string, AttributeValue>[] = []
    let ExclusiveStartKey: Record<string, AttributeValue> | undefined
    do {
      const page = await client.send(
        new ScanCommand({ TableName, ...more, ...(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }) }),
      )
      items.push(...(page.Items ?? []))
      ExclusiveStartKey = page.LastEvaluatedKey
    } while (ExclusiveStartKey !== undefined)
    return Object.fromEntries(items.map(({ pk, v }) => [pk?.S ?? '', v?.S ?? ''] as const).sort())
  }
  const items = await read({})
  expect(await read({ IndexName: 'by-v' })).toEqual(items)
  return items
}

describe('point-in-time recovery', () => {
  test('is off until it is switched on, for 35 days or as many as are asked for', async () => {
    await create('users')
    expect(await recovery('users')).toEqual({ PointInTimeRecoveryStatus: 'DISABLED' })
    const { ContinuousBackupsDescription } = await turn('users', true)
    const on = { PointInTimeRecoveryStatus: 'ENABLED', EarliestRestorableDateTime: new Date(startMs) }
    expect(ContinuousBackupsDescription).toEqual({
      ContinuousBackupsStatus: 'ENABLED',
      PointInTimeRecoveryDescription: { ...on, RecoveryPeriodInDays: 35, LatestRestorableDateTime: new Date(startMs) },
    })
    nowMs += 10_000
    await turn('users', true, 7)
    expect(await recovery('users')).toEqual({ ...on, RecoveryPeriodInDays: 7, LatestRestorableDateTime: new Date(nowMs) })
    await turn('users', false)
    expect(await recovery('users')).toEqual({ PointInTimeRecoveryStatus: 'DISABLED' })
  })

  test('reaches back as far as it was on, and as the period allowed', async () => {
    await create('users')
    await turn('users', true)
    nowMs += 40 * dayMs
    expect(await recovery('users')).toMatchObject({ EarliestRestorableDateTime: new Date(nowMs - 35 * dayMs) })
    await turn('users', true, 2)
    expect(await recovery('users')).toMatchObject({ EarliestRestorableDateTime: new Date(nowMs - 2 * dayMs) })
    const shortMs = nowMs
    nowMs += dayMs
    await turn('users', true, 20)
    expect(await recovery('users')).toMatchObject({ EarliestRestorableDateTime: new Date(shortMs - dayMs) })
    await turn('users', false)
    nowMs += 1000
    await turn('users', true)
    expect(await recovery('users')).toMatchObject({ EarliestRestorableDateTime: new Date(nowMs) })
  })

  test.each([
    [{ PointInTimeRecoveryEnabled: false, RecoveryPeriodInDays: 3 }, 'Cannot specify RecoveryPeriodInDays when disabling'],
    [{ PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 36 }, 'Member must have value less than or equal to 35'],
    [{ PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 0 }, 'Member must have value greater than or equal to 1'],
  ])('cannot be %j', async (PointInTimeRecoverySpecification, problem) => {
    await create('users')
    const update = new UpdateContinuousBackupsCommand({ TableName: 'users', PointInTimeRecoverySpecification })
    await expect(client.send(update)).rejects.toThrow(problem)
  })

  test('is of a table', async () => {
    const missing = { name: 'TableNotFoundException', message: 'Table not found: users' }
    await expect(turn('users', true)).rejects.toMatchObject(missing)
    await expect(recovery('users')).rejects.toMatchObject(missing)
  })
})

describe('a restore to a point in time', () => {
  test('needs recovery, a time within its window, and a free name, looked at in this order', async () => {
    await create('users')
    await create('taken')
    const off = { name: 'PointInTimeRecoveryUnavailableException', message: "Point in time recovery is not enabled for table 'users'" }
    await expect(restore('users', 'taken', new Date(0))).rejects.toMatchObject(off)
    await expect(restore('missing', 'taken', 'latest')).rejects.toMatchObject({
      name: 'TableNotFoundException',
      message: 'Table not found: missing',
    })
    await turn('users', true)
    for (const ms of [startMs - 1000, nowMs + 1]) {
      await expect(restore('users', 'taken', new Date(ms))).rejects.toMatchObject({
        name: 'InvalidRestoreTimeException',
        message: expect.stringContaining(
          "must be within EarliestRestorableDateTime '2026-01-01T00:00:00Z' and LatestRestorableDateTime '2026-01-01T00:00:00Z'",
        ) as string,
      })
    }
    const exists = { name: 'TableAlreadyExistsException', message: 'Table already exists: taken' }
    await expect(restore('users', 'taken', 'latest')).rejects.toMatchObject(exists)
    await expect(restore('users', 'copy', 'latest', { OnDemandThroughputOverride: { MaxReadRequestUnits: 0 } })).rejects.toThrow(
      'Invalid Request: Requested MaxReadRequestUnits for OnDemandThroughput is outside of valid range',
    )
    const { TableDescription } = await restore('users', 'copy', 'latest')
    expect(TableDescription?.RestoreSummary).toEqual({
      SourceTableArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/users',
      RestoreDateTime: new Date(startMs),
      RestoreInProgress: true,
    })
    await active('copy')
  })

  test.each([
    [
      { SourceTableName: 'users' },
      'Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both',
    ],
    [
      { SourceTableName: 'users', UseLatestRestorableTime: true, RestoreDateTime: new Date() },
      'Invalid Request: Both RestoreDateTime and UseLatestRestorableTime cannot be set for point-in-time restore request.',
    ],
    [{ UseLatestRestorableTime: true }, "The parameter 'TableName' is required but was not present in the request"],
    [
      { SourceTableName: 'users', SourceTableArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/users', UseLatestRestorableTime: true },
      'Must provide exactly one of: sourceTableArn, sourceTableName',
    ],
    [{ SourceTableArn: 'arn:aws:dynamodb', UseLatestRestorableTime: true }, 'sourceTableArn is not a valid ARN'],
    [
      { SourceTableArn: 'arn:aws:dynamodb:eu-west-1:000000000000:table/users', UseLatestRestorableTime: true },
      'sseSpecificationOverride must be provided for cross-region restores',
    ],
  ])('cannot be asked for with %j', async (input, problem) => {
    await expect(client.send(new RestoreTableToPointInTimeCommand({ TargetTableName: 'copy', ...input }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(problem) as string,
    })
  })

  test('names its source by an ARN as well', async () => {
    await create('users')
    await turn('users', true)
    await put('users', 'a', '1')
    const SourceTableArn = 'arn:aws:dynamodb:us-east-1:000000000000:table/users'
    const command = { SourceTableArn, TargetTableName: 'copy', UseLatestRestorableTime: true }
    await client.send(new RestoreTableToPointInTimeCommand(command))
    await active('copy')
    expect(await held('copy')).toEqual({ a: '1' })
    const missing = { ...command, SourceTableArn: `${SourceTableArn}-missing` }
    await expect(client.send(new RestoreTableToPointInTimeCommand(missing))).rejects.toMatchObject({
      name: 'TableNotFoundException',
      message: 'Table not found',
    })
  })

  test('sees what was there before recovery was switched on, and nothing of what was written after the moment', async () => {
    await create('users')
    await put('users', 'before', '1')
    nowMs += 1000
    await turn('users', true)
    const onMs = nowMs
    nowMs += 1000
    await put('users', 'after', '1')
    await remove('users', 'before')
    await restore('users', 'copy', new Date(onMs))
    await restore('users', 'truncated', new Date(Math.floor(onMs / 1000) * 1000))
    await restore('users', 'newest', 'latest')
    await put('users', 'later', '1')
    for (const copy of ['copy', 'truncated', 'newest']) await active(copy)
    expect(await held('copy')).toEqual({ before: '1' })
    expect(await held('truncated')).toEqual({ before: '1' })
    expect(await held('newest')).toEqual({ after: '1' })
  })

  test('is right though the stream is long trimmed, recovery goes off and the source is deleted meanwhile', async () => {
    await create('users')
    await client.send(
      new UpdateTableCommand({ TableName: 'users', StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' } }),
    )
    await turn('users', true, 10)
    for (let n = 0; n < 300; n++) await put('users', `k${n}`, 'old')
    const wantedMs = nowMs
    nowMs += dayMs
    for (let n = 0; n < 300; n++) await (n % 3 === 0 ? remove('users', `k${n}`) : put('users', `k${n}`, 'new'))
    nowMs += 8 * dayMs
    const engine = await world.engine('us-east-1')
    const table = engine.table('users')
    if (table !== undefined) await trimChanges(engine.store, table, nowMs)
    await restore('users', 'copy', new Date(wantedMs))
    await turn('users', false)
    await client.send(new DeleteTableCommand({ TableName: 'users' }))
    if (table !== undefined) await engine.removeRowsOf(table)
    await active('copy')
    expect(await held('copy')).toEqual(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, 'old']).sort()))
    const rowsOfSource = { from: Uint8Array.of(0x01, 0, 0, 0, 1), to: Uint8Array.of(0x01, 0, 0, 0, 2) }
    const rest = async (): Promise<number> => (await engine.store.page(rowsOfSource, { entriesMax: 9, bytesMax: 9 })).entries.length
    // What is left says how far the log went, for the readers of the stream.
    await expect.poll(rest).toBe(1)
  })

  test('of any recorded moment gives exactly the items that there were, and lets nothing be kept for it afterwards', async () => {
    const key = fc.integer({ min: 0, max: 11 }).map((n) => `k${n}`)
    const value = fc.constantFrom('a', 'b', 'c')
    const write = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), pk: key, v: value }),
      fc.record({ kind: fc.constant('delete' as const), pk: key }),
      fc.record({ kind: fc.constant('transact' as const), puts: fc.dictionary(key, value, { minKeys: 1, maxKeys: 4 }) }),
    )
    const step = fc.oneof(
      { weight: 8, arbitrary: write },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('moment' as const), laterMs: fc.integer({ min: 1, max: 3000 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('stepBack' as const), ms: fc.integer({ min: 1, max: 500 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('offAndOn' as const) }) },
    )
    let runs = 0
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 12 }), fc.array(step, { minLength: 5, maxLength: 50 }), async (first, steps) => {
        const source = `source${runs++}`
        const model = new Map<string, string>()
        const moments: { readonly at: Date; readonly items: Record<string, string> }[] = []
        const carryOut = async (one: (typeof first)[number]): Promise<void> => {
          if (one.kind === 'put') await put(source, one.pk, one.v)
          else if (one.kind === 'delete') await remove(source, one.pk)
          else {
            const puts = Object.entries(one.puts)
            const TransactItems = puts.map(([pk, v]) => ({ Put: { TableName: source, Item: { pk: { S: pk }, v: { S: v } } } }))
            await client.send(new TransactWriteItemsCommand({ TransactItems }))
            for (const [pk, v] of puts) model.set(pk, v)
          }
          if (one.kind === 'put') model.set(one.pk, one.v)
          if (one.kind === 'delete') model.delete(one.pk)
        }
        await create(source)
        for (const one of first) await carryOut(one)
        await turn(source, true)
        for (const one of steps) {
          if (one.kind === 'moment') {
            const { ContinuousBackupsDescription } = await client.send(new DescribeContinuousBackupsCommand({ TableName: source }))
            const at = ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.LatestRestorableDateTime ?? new Date(0)
            moments.push({ at, items: Object.fromEntries([...model].sort()) })
            nowMs = Math.max(nowMs, at.getTime()) + one.laterMs
          } else if (one.kind === 'stepBack') {
            // Behind a moment, what is written then would belong to it.
            nowMs = Math.max(nowMs - one.ms, (moments.at(-1)?.at.getTime() ?? 0) + 1)
          } else if (one.kind === 'offAndOn') {
            await turn(source, false)
            moments.length = 0
            await carryOut({ kind: 'put', pk: 'k3', v: 'c' })
            await carryOut({ kind: 'delete', pk: 'k4' })
            nowMs += 2000
            await turn(source, true)
          } else await carryOut(one)
        }
        for (const [at, { at: time, items }] of moments.entries()) {
          const target = `${source}-copy${at}`
          await restore(source, target, time)
          // The table goes on while it is read.
          for (let n = 0; n < 5; n++) await put(source, `k${n}`, `${at}`)
          await active(target)
          expect(await held(target)).toEqual(items)
        }
        const engine = await world.engine('us-east-1')
        await expect.poll(() => engine.table(source)?.logReaders).toEqual([])
      }),
      { numRuns: 25 },
    )
  }, 120_000)
})
