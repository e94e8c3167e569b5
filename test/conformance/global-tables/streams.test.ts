import { DeleteItemCommand, UpdateItemCommand, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { onAws } from '../endpoint.ts'
import { put, read, untilEverywhere, useGlobalTable } from './global-table.ts'
import { ARRIVAL_MS, arrivalLookMs, away, describeIn, home, TEST_MS, useRegions } from './regions.ts'
import { recordsOf } from './stream-records.ts'

const world = useRegions()
const table = useGlobalTable(world, 'streams', 'pk S')
const looking = { timeout: ARRIVAL_MS, interval: arrivalLookMs }

const namesOf = async (region: string, pk: string) => (await recordsOf(world, region, table, pk)).map(({ eventName }) => eventName)

describe('the streams of a global table', () => {
  /** "Each replica has an independent stream." */
  it('are one for each Region', async () => {
    const [here, there] = await Promise.all([describeIn(world, home, table), describeIn(world, away, table)])
    expect(here?.LatestStreamArn).not.toBe(there?.LatestStreamArn)
    expect([here?.LatestStreamLabel, there?.LatestStreamLabel]).toEqual([expect.any(String), expect.any(String)])
  })

  /** One record for each write in the version of 2019, and nothing that tells where it was made. */
  it(
    'tell what came from another Region like what was written here',
    async () => {
      const Key = { pk: { S: 'told' } }
      await put(world, home, table, { ...Key, v: { N: '1' } })
      await untilEverywhere(world, table, Key, { ...Key, v: { N: '1' } })
      const change = { UpdateExpression: 'SET v = :v', ExpressionAttributeValues: { ':v': { N: '2' } } }
      await world.in(home).client.send(new UpdateItemCommand({ TableName: table, Key, ...change }))
      await untilEverywhere(world, table, Key, { ...Key, v: { N: '2' } })
      await world.in(home).client.send(new DeleteItemCommand({ TableName: table, Key }))
      await untilEverywhere(world, table, Key, undefined)
      for (const region of [home, away]) {
        await expect.poll(() => namesOf(region, 'told'), looking).toEqual(['INSERT', 'MODIFY', 'REMOVE'])
        const records = await recordsOf(world, region, table, 'told')
        expect(records.map(({ dynamodb }) => [dynamodb?.OldImage, dynamodb?.NewImage])).toEqual([
          [undefined, { ...Key, v: { N: '1' } }],
          [
            { ...Key, v: { N: '1' } },
            { ...Key, v: { N: '2' } },
          ],
          [{ ...Key, v: { N: '2' } }, undefined],
        ])
        for (const record of records) {
          expect(record).toMatchObject({ awsRegion: region, eventSource: 'aws:dynamodb', eventVersion: '1.1' })
          const members = ['eventID', 'eventName', 'eventVersion', 'eventSource', 'awsRegion', 'dynamodb']
          expect(
            Object.keys(record).filter((member) => !members.includes(member) && record[member as 'userIdentity'] !== undefined),
          ).toEqual([])
        }
      }
    },
    TEST_MS,
  )

  /** "If a PutItem or UpdateItem does not change data, no stream record is written." */
  it(
    'say nothing of a write that changes nothing',
    async () => {
      const item = { pk: { S: 'same' }, v: { N: '1' } }
      const marker = { pk: { S: 'after-same' } }
      await put(world, home, table, item)
      await untilEverywhere(world, table, { pk: item.pk }, item)
      await put(world, home, table, item)
      await put(world, home, table, marker)
      await untilEverywhere(world, table, marker, marker)
      for (const region of [home, away]) {
        await expect.poll(() => namesOf(region, 'after-same'), looking).toEqual(['INSERT'])
        expect(await namesOf(region, 'same')).toEqual(['INSERT'])
      }
    },
    TEST_MS,
  )
})

/**
 * "TTL deletes are replicated to all replica tables", and only the Region where the item expired says that it did. AWS takes up to days for an
 * expiry, so it is not waited for there.
 */
it.skipIf(onAws)(
  'an item that expires is deleted in all Regions; only where it did does the record name the service',
  async () => {
    const TimeToLiveSpecification = { AttributeName: 'expires', Enabled: true }
    await world.in(home).client.send(new UpdateTimeToLiveCommand({ TableName: table, TimeToLiveSpecification }))
    const Key = { pk: { S: 'expiring' } }
    await put(world, home, table, { ...Key, expires: { N: String(Math.floor(Date.now() / 1000) + 3) } })
    await expect.poll(() => read(world, away, table, Key), looking).toBeDefined()
    await untilEverywhere(world, table, Key, undefined)
    const identities = async (region: string) =>
      (await recordsOf(world, region, table, 'expiring')).map(({ eventName, userIdentity }) => [eventName, userIdentity])
    const service = { Type: 'Service', PrincipalId: 'dynamodb.amazonaws.com' }
    const regions = [home, away]
    for (const region of regions) await expect.poll(async () => (await identities(region)).length, looking).toBe(2)
    const told = await Promise.all(regions.map(identities))
    // Any Region may perform the deletion.
    expect(told).toContainEqual([
      ['INSERT', undefined],
      ['REMOVE', service],
    ])
    expect(told).toContainEqual([
      ['INSERT', undefined],
      ['REMOVE', undefined],
    ])
  },
  TEST_MS,
)
