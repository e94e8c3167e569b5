import dynamoose from 'dynamoose'
import { expect, test } from 'vitest'
import { withClient } from './client.ts'

test('Dynamoose: a model makes its own table, and creates, updates, queries, scans and transacts', async () => {
  await withClient(async (_client, endpoint) => {
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
    dynamoose.aws.ddb.set(new dynamoose.aws.ddb.DynamoDB({ endpoint, region: 'us-east-1', credentials }))
    const schema = new dynamoose.Schema({
      id: { type: String, hashKey: true },
      author: { type: String, index: { name: 'byAuthor', type: 'global', rangeKey: 'year' } },
      year: Number,
      tags: { type: Set, schema: [String] },
    })
    const Book = dynamoose.model('Book', schema)
    new dynamoose.Table('books', [Book], { create: true, waitForActive: { enabled: true, check: { timeout: 10_000, frequency: 10 } } })

    await Book.create({ id: 'b1', author: 'ann', year: 2001, tags: new Set(['a']) })
    await Book.batchPut([
      { id: 'b2', author: 'ann', year: 1999 },
      { id: 'b3', author: 'bob', year: 2010 },
    ])
    await expect(Book.create({ id: 'b1', author: 'eve', year: 1 })).rejects.toThrow('The conditional request failed')

    const byAnn = await Book.query('author').eq('ann').using('byAuthor').sort('descending').exec()
    expect(byAnn.map(({ id }) => id as unknown)).toEqual(['b1', 'b2'])
    const limited = await Book.query('author').eq('ann').using('byAuthor').limit(1).exec()
    const next = await Book.query('author').eq('ann').using('byAuthor').startAt(limited.lastKey).exec()
    expect([limited[0]?.['id'], next[0]?.['id']]).toEqual(['b2', 'b1'])

    await Book.update({ id: 'b3' }, { $ADD: { year: 5 } } as Record<string, unknown>)
    expect((await Book.get('b3'))['year']).toBe(2015)
    const scanned = await Book.scan('year').gt(2000).exec()
    expect(scanned.map(({ id }) => id as unknown).sort()).toEqual(['b1', 'b3'])

    const [first] = await Book.batchGet(['b1', 'absent'])
    expect(first?.['author']).toBe('ann')
    const unlessNew = new dynamoose.Condition().where('year').lt(2000)
    await expect(Book.update({ id: 'b1' }, { author: 'eve' }, { condition: unlessNew })).rejects.toThrow('The conditional request failed')
    await Book.update({ id: 'b2' }, { author: 'eve' }, { condition: unlessNew })
    expect((await Book.get('b2'))['author']).toBe('eve')
    expect((await Book.query('author').eq('eve').using('byAuthor').count().exec()).count).toBe(1)

    await dynamoose.transaction([Book.transaction.create({ id: 'b4', author: 'bob', year: 1 }), Book.transaction.delete('b1')] as never)
    expect([await Book.get('b1'), (await Book.get('b4'))['author']]).toEqual([undefined, 'bob'])
  })
})
