import {
  CreateTableCommand,
  DescribeTimeToLiveCommand,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TestWorld } from '../../test-world.contract.ts'
import { startTestWorld } from '../../test-world.contract.ts'

const startMs = Date.UTC(2026, 0, 1)
const yearMs = 365 * 24 * 3600 * 1000

let nowMs: number
let world: TestWorld
let client: DynamoDBClient
beforeEach(async () => {
  nowMs = startMs
  world = await startTestWorld({ nowMs: () => nowMs, sweepEveryMs: 1 })
  client = world.client()
  await client.send(
    new CreateTableCommand({
      TableName: 'sessions',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  )
})
afterEach(() => world.close())

const change = (Enabled: boolean, AttributeName = 'until'): Promise<unknown> =>
  client.send(new UpdateTimeToLiveCommand({ TableName: 'sessions', TimeToLiveSpecification: { Enabled, AttributeName } }))

async function put(id: string, until: object): Promise<void> {
  await client.send(new PutItemCommand({ TableName: 'sessions', Item: { id: { S: id }, until: until as never } }))
}

async function status(): Promise<string | undefined> {
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: 'sessions' }))
  return TimeToLiveDescription?.TimeToLiveStatus
}

async function ids(): Promise<(string | undefined)[]> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: 'sessions' }))
  return Items.map(({ id }) => id?.S).sort()
}

async function isGone(id: string): Promise<boolean> {
  return (await client.send(new GetItemCommand({ TableName: 'sessions', Key: { id: { S: id } } }))).Item === undefined
}

const seconds = (ms: number): object => ({ N: String(Math.floor(ms / 1000)) })

test('items are deleted when their time has passed, also those that were there before', async () => {
  await put('old', seconds(startMs + 10_000))
  await change(true)
  while ((await status()) !== 'ENABLED') await put('other', seconds(startMs + yearMs))
  await put('new', seconds(startMs + 20_000))
  expect(await ids()).toEqual(['new', 'old', 'other'])
  nowMs += 15_000
  while (!(await isGone('old'))) expect(await isGone('new')).toBe(false)
  nowMs += 15_000
  while (!(await isGone('new'))) expect(await isGone('other')).toBe(false)
})

test('what is no number, or lies more than five years back, never expires', async () => {
  await change(true)
  await put('text', { S: '1' })
  await put('ancient', seconds(startMs - 6 * yearMs))
  await put('recent', seconds(startMs - 4 * yearMs))
  while (!(await isGone('recent'))) expect(await ids()).toContain('text')
  expect(await ids()).toEqual(['ancient', 'text'])
})

test('an item whose time was extended stays', async () => {
  await change(true)
  await put('extended', seconds(startMs + 1000))
  await put('witness', seconds(startMs + 1000))
  await put('extended', seconds(startMs + yearMs))
  nowMs += 5000
  while (!(await isGone('witness'))) expect(await isGone('extended')).toBe(false)
  expect(await ids()).toEqual(['extended'])
})

test('it is switched on and off, and refused when it is already so or on another attribute', async () => {
  expect(await status()).toBe('DISABLED')
  await expect(change(false)).rejects.toThrow('TimeToLive is already disabled')
  await change(true)
  await expect(change(true)).rejects.toThrow('TimeToLive is already enabled')
  await expect(change(false, 'other')).rejects.toThrow('TimeToLive is active on a different AttributeName: current AttributeName is until')
  await change(false)
  while ((await status()) !== 'DISABLED') await put('x', { S: 'y' })
  await put('kept', seconds(startMs - 1000))
  nowMs += 5000
  await change(true, 'other')
  expect(await ids()).toContain('kept')
})
