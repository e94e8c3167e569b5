import { Table } from 'dynamodb-onetable'
import { expect, test } from 'vitest'
import { withClient } from './client.ts'

test('dynamodb-onetable: a schema makes its table, and models create, find by index, page, update and transact', async () => {
  await withClient(async (client) => {
    const table = new Table({
      client,
      name: 'one',
      partial: false,
      schema: {
        format: 'onetable:1.1.0',
        version: '0.0.1',
        indexes: {
          primary: { hash: 'pk', sort: 'sk' },
          gs1: { hash: 'gs1pk', sort: 'gs1sk', project: 'all' },
        },
        models: {
          User: {
            pk: { type: String, value: 'account#${account}' },
            sk: { type: String, value: 'user#${email}' },
            gs1pk: { type: String, value: 'user#' },
            gs1sk: { type: String, value: 'user#${email}' },
            account: { type: String, required: true },
            email: { type: String, required: true },
            credits: { type: Number, default: 0 },
          },
        },
        params: { isoDates: true, timestamps: false },
      } as const,
    })
    await table.createTable()
    expect(await table.exists()).toBe(true)
    const User = table.getModel('User')
    for (const email of ['a@x', 'b@x', 'c@x']) await User.create({ account: 'acme', email })
    await expect(User.create({ account: 'acme', email: 'a@x' })).rejects.toThrow()

    const first = await User.find({}, { index: 'gs1', limit: 2 })
    const rest = await User.find({}, { index: 'gs1', ...(first.next === undefined ? {} : { next: first.next }) })
    expect([...first, ...rest].map(({ email }) => email)).toEqual(['a@x', 'b@x', 'c@x'])

    await User.update({ account: 'acme', email: 'a@x' }, { add: { credits: 7 } })
    expect(await User.get({ account: 'acme', email: 'a@x' })).toMatchObject({ credits: 7 })

    const batch = {}
    for (const email of ['y@x', 'z@x']) await User.create({ account: 'batched', email }, { batch })
    await table.batchWrite(batch)
    const scanned = await User.scan({ account: 'batched' })
    expect(scanned.map(({ email }) => email).sort()).toEqual(['y@x', 'z@x'])

    const transaction = {}
    await User.create({ account: 'acme', email: 'd@x' }, { transaction })
    await User.remove({ account: 'acme', email: 'b@x' }, { transaction })
    await table.transact('write', transaction)
    const left = await User.find({ account: 'acme' })
    expect(left.map(({ email }) => email)).toEqual(['a@x', 'c@x', 'd@x'])
  })
})
