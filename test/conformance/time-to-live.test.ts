import { DescribeTimeToLiveCommand, GetItemCommand, PutItemCommand, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { tablesAreSlow, useEndpoint, useTable } from './endpoint.ts'
import { refusalOf, validation } from './refusal.ts'

const endpoint = useEndpoint()
const table = useTable(endpoint, 'ttl', 'pk S')

const described = async () => (await endpoint.client.send(new DescribeTimeToLiveCommand({ TableName: table }))).TimeToLiveDescription

describe('time to live', () => {
  it('is off until it is put on, for one attribute', async () => {
    expect(await described()).toEqual({ TimeToLiveStatus: 'DISABLED' })
    const off = { TableName: table, TimeToLiveSpecification: { AttributeName: 'expires', Enabled: false } }
    expect(await refusalOf(endpoint, 'UpdateTimeToLive', off)).toEqual(validation('TimeToLive is already disabled'))
    const on = { TableName: table, TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true } }
    const { TimeToLiveSpecification } = await endpoint.client.send(new UpdateTimeToLiveCommand(on))
    expect(TimeToLiveSpecification).toEqual(on.TimeToLiveSpecification)
    await expect.poll(described, { timeout: 60_000 }).toMatchObject({ AttributeName: 'expires' })
    expect((await refusalOf(endpoint, 'UpdateTimeToLive', on)).name).toBe('ValidationException')
  })

  it('leaves an item alone that has no time, or one that is to come, or no number', async () => {
    const soonSeconds = Math.floor(Date.now() / 1000) + 86_400
    const items = [{}, { expires: { N: `${soonSeconds}` } }, { expires: { S: '1' } }].map((more, at) => ({ pk: { S: `${at}` }, ...more }))
    for (const Item of items) {
      await endpoint.client.send(new PutItemCommand({ TableName: table, Item }))
      const { Item: found } = await endpoint.client.send(
        new GetItemCommand({ TableName: table, Key: { pk: Item.pk }, ConsistentRead: true }),
      )
      expect(found).toEqual(Item)
    }
  })

  it.skipIf(tablesAreSlow)('removes an item whose time has come', async () => {
    const Key = { pk: { S: 'gone' } }
    const expires = { N: `${Math.floor(Date.now() / 1000) - 60}` }
    await endpoint.client.send(new PutItemCommand({ TableName: table, Item: { ...Key, expires } }))
    const found = async () => (await endpoint.client.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }))).Item
    await expect.poll(found, { timeout: 20_000, interval: 100 }).toBeUndefined()
  })

  it('belongs to a table that is there', async () => {
    const TableName = endpoint.name('ttl-missing')
    expect(await refusalOf(endpoint, 'DescribeTimeToLive', { TableName })).toEqual({
      name: 'ResourceNotFoundException',
      message: `Requested resource not found: Table: ${TableName} not found`,
    })
  })
})
