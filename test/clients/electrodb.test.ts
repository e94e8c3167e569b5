import { CreateTableCommand } from '@aws-sdk/client-dynamodb'
import { Entity, Service } from 'electrodb'
import { expect, test } from 'vitest'
import { withClient } from './client.ts'

/** A single-table model as its documentation teaches it: composed keys, one global index that several entities share. */
const table = 'electro'

test('ElectroDB: entities are created, queried by index, paged, patched and written in transactions', async () => {
  await withClient(async (client) => {
    const attribute = (AttributeName: string): { AttributeName: string; AttributeType: 'S' } => ({ AttributeName, AttributeType: 'S' })
    await client.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['pk', 'sk', 'gsi1pk', 'gsi1sk'].map(attribute),
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'gsi1',
            KeySchema: [
              { AttributeName: 'gsi1pk', KeyType: 'HASH' },
              { AttributeName: 'gsi1sk', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'ALL' },
          },
        ],
      }),
    )
    const task = new Entity(
      {
        model: { entity: 'task', version: '1', service: 'work' },
        attributes: {
          team: { type: 'string', required: true },
          taskId: { type: 'string', required: true },
          employee: { type: 'string', required: true },
          points: { type: 'number', default: 1 },
          tags: { type: 'set', items: 'string' },
        },
        indexes: {
          task: { pk: { field: 'pk', composite: ['team'] }, sk: { field: 'sk', composite: ['taskId'] } },
          assigned: { index: 'gsi1', pk: { field: 'gsi1pk', composite: ['employee'] }, sk: { field: 'gsi1sk', composite: ['taskId'] } },
        },
      },
      { client, table },
    )
    for (let id = 0; id < 12; id++) {
      await task
        .create({ team: 'blue', taskId: `t${String(id).padStart(2, '0')}`, employee: id % 2 === 0 ? 'ann' : 'bob', tags: ['new'] })
        .go()
    }
    await expect(task.create({ team: 'blue', taskId: 't00', employee: 'ann' }).go()).rejects.toThrow('The conditional request failed')

    const first = await task.query.assigned({ employee: 'ann' }).go({ limit: 4 })
    const rest = await task.query.assigned({ employee: 'ann' }).go({ cursor: first.cursor })
    expect([...first.data, ...rest.data].map(({ taskId }) => taskId)).toEqual(['t00', 't02', 't04', 't06', 't08', 't10'])

    await task
      .patch({ team: 'blue', taskId: 't00' })
      .add({ points: 4, tags: ['urgent'] })
      .go()
    const { data: patched } = await task.get({ team: 'blue', taskId: 't00' }).go()
    expect(patched).toMatchObject({ points: 5 })
    expect([...(patched?.tags ?? [])].sort()).toEqual(['new', 'urgent'])

    const filtered = await task.query
      .task({ team: 'blue' })
      .between({ taskId: 't03' }, { taskId: 't09' })
      .where(({ employee }, { eq }) => eq(employee, 'bob'))
      .go()
    expect(filtered.data.map(({ taskId }) => taskId)).toEqual(['t03', 't05', 't07', 't09'])

    const service = new Service({ task })
    const moved = await service.transaction
      .write(({ task: tasks }) => [
        tasks.remove({ team: 'blue', taskId: 't01' }).commit(),
        tasks.create({ team: 'red', taskId: 't01', employee: 'bob' }).commit(),
      ])
      .go()
    expect(moved.canceled).toBe(false)
    const again = await service.transaction
      .write(({ task: tasks }) => [
        tasks.create({ team: 'red', taskId: 't01', employee: 'bob' }).commit(),
        tasks.create({ team: 'red', taskId: 't02', employee: 'bob' }).commit(),
      ])
      .go()
    expect(again.canceled).toBe(true)
    expect(again.data.map(({ code }) => code)).toEqual(['ConditionalCheckFailed', 'None'])
  })
})
