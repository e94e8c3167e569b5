import { CreateTableCommand } from '@aws-sdk/client-dynamodb'
import { Entity, Service } from 'electrodb'
import { expect, test } from 'vitest'
import { withClient } from './client.ts'

/** A single-table model as its documentation teaches it: composed keys, one global index that several entities share. */
const table = 'electro'

test('ElectroDB: entities are created, queried by index and collection, paged, patched, batched, and written and read in transactions', async () => {
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
          assigned: {
            index: 'gsi1',
            collection: 'work',
            pk: { field: 'gsi1pk', composite: ['employee'] },
            sk: { field: 'gsi1sk', composite: ['taskId'] },
          },
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

    const batch = ['b0', 'b1'].map((taskId) => ({ team: 'green', taskId, employee: 'eve' }))
    expect((await task.put(batch).go()).unprocessed).toEqual([])
    const got = await task.get([...batch, { team: 'green', taskId: 'absent' }]).go()
    expect(got.data.map(({ taskId }) => taskId).sort()).toEqual(['b0', 'b1'])

    const person = new Entity(
      {
        model: { entity: 'person', version: '1', service: 'work' },
        attributes: { employee: { type: 'string', required: true }, name: { type: 'string' } },
        indexes: {
          person: { pk: { field: 'pk', composite: ['employee'] }, sk: { field: 'sk', composite: [] } },
          assigned: {
            index: 'gsi1',
            collection: 'work',
            pk: { field: 'gsi1pk', composite: ['employee'] },
            sk: { field: 'gsi1sk', composite: [] },
          },
        },
      },
      { client, table },
    )
    await person.upsert({ employee: 'ann', name: 'Ann' }).go()
    const service = new Service({ task, person })
    const { data: everything } = await service.collections.work({ employee: 'ann' }).go()
    expect([everything.person.map(({ name }) => name), everything.task.length]).toEqual([['Ann'], 6])

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
    const read = await service.transaction
      .get(({ task: tasks }) => [tasks.get({ team: 'red', taskId: 't01' }).commit(), tasks.get({ team: 'blue', taskId: 't01' }).commit()])
      .go()
    expect(read.data.map(({ item }) => item?.taskId)).toEqual(['t01', undefined])
  })
})
