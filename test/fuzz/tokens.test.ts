import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { OperationName } from '../../src/api/service-model.ts'
import { fuzz, TEST_MS_MAX } from './fuzz.ts'
import type { FuzzedWorld } from './fuzzed-world.ts'
import { openFuzzedWorld } from './fuzzed-world.ts'
import { attributeValue, hostileText } from './hostile.ts'

/** Places that were given out, and made over by somebody: NextToken, ExclusiveStartKey, ShardIterator. They must be refused, or be of no use. */
let world: FuzzedWorld
beforeAll(async () => {
  world = await openFuzzedWorld()
  await world.makeTables()
  for (const pk of ['a', 'b', 'c', 'd']) {
    for (const sk of ['1', '2', '3']) {
      const Item = { pk: { S: pk }, sk: { N: sk }, g0: { S: pk }, g1: { N: sk }, secret: { S: pk } }
      await world.call('PutItem', { TableName: 'tab0', Item })
      await world.call('PutItem', { TableName: 'tab1', Item })
    }
  }
})
afterAll(() => world.close())

async function answer(operation: OperationName, input: unknown): Promise<Readonly<Record<string, unknown>>> {
  const { status, body } = await world.call(operation, input)
  if (world.errors.length > 0) throw new Error(world.errors.splice(0).join('\n'))
  expect([200, 400], JSON.stringify(body)).toContain(status)
  return body
}

/** The bytes of a token in base64, some of them changed, dropped or put in. */
interface Forgery {
  readonly changes: readonly { readonly at: number; readonly kind: 'flip' | 'drop' | 'insert'; readonly byte: number }[]
}
const forgery: fc.Arbitrary<Forgery> = fc.record({
  changes: fc.array(
    fc.record({ at: fc.nat(200), kind: fc.constantFrom('flip', 'drop', 'insert'), byte: fc.integer({ min: 1, max: 255 }) }),
    { maxLength: 4 },
  ),
})

function forged(token: string, { changes }: Forgery): string {
  const bytes = [...Buffer.from(token, 'base64')]
  for (const { at, kind, byte } of changes) {
    const place = at % (bytes.length + 1)
    if (kind === 'insert') bytes.splice(place, 0, byte)
    else if (kind === 'drop') bytes.splice(place, 1)
    else if (place < bytes.length) bytes[place] = (bytes[place] ?? 0) ^ byte
  }
  return Buffer.from(bytes).toString('base64')
}

const statements = [
  `SELECT * FROM "tab0"`,
  `SELECT * FROM "tab0" WHERE pk = 'b'`,
  `SELECT * FROM "tab0" WHERE pk IN ['b', 'c']`,
  `SELECT * FROM "tab0"."global" WHERE g0 = 'b'`,
  `SELECT * FROM "tab0" WHERE pk = 'b' ORDER BY sk DESC`,
]

it('a NextToken that was changed shows nothing that its statement does not read', { timeout: TEST_MS_MAX }, async () => {
  const tokens = new Map<string, string>()
  for (const Statement of statements) {
    const { NextToken } = await answer('ExecuteStatement', { Statement, Limit: 1 })
    if (typeof NextToken === 'string') tokens.set(Statement, NextToken)
  }
  expect(tokens.size).toBe(statements.length)
  await fuzz({
    title: 'a NextToken that was changed',
    file: 'tokens.test.ts',
    share: 0.04,
    cases: fc.tuple(fc.constantFrom(...statements), fc.constantFrom(...statements), forgery, fc.option(hostileText)),
    check: async ([Statement, of, changes, text]) => {
      const { Items } = await answer('ExecuteStatement', { Statement, Limit: 5, NextToken: text ?? forged(tokens.get(of) ?? '', changes) })
      if (Items === undefined || !Statement.includes(`'b'`)) return
      const shown = (Items as readonly { pk: { S: string } }[]).map(({ pk }) => pk.S)
      expect(shown.filter((pk) => pk !== 'b' && !(pk === 'c' && Statement.includes(`'c'`)))).toEqual([])
    },
  })
})

it('an ExclusiveStartKey that was made up leads nowhere else', { timeout: TEST_MS_MAX }, async () => {
  const value = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom({ S: 'a' }, { S: 'b' }, { S: 'c' }) },
    { weight: 3, arbitrary: fc.constantFrom({ N: '1' }, { N: '2' }) },
    { weight: 1, arbitrary: attributeValue },
  )
  await fuzz({
    title: 'an ExclusiveStartKey that was made up',
    file: 'tokens.test.ts',
    share: 0.04,
    cases: fc.record({
      reverse: fc.boolean(),
      index: fc.constantFrom(undefined, 'global', 'local'),
      start: fc.record({ pk: value, sk: value, g0: value, g1: value, x: value }, { requiredKeys: ['pk', 'sk'] }),
    }),
    check: async ({ reverse, index, start }) => {
      const partition = index === 'global' ? 'g0' : 'pk'
      const { Items = [] } = await answer('Query', {
        TableName: 'tab0',
        IndexName: index,
        KeyConditionExpression: `${partition} = :b`,
        ExpressionAttributeValues: { ':b': { S: 'b' } },
        ScanIndexForward: !reverse,
        ExclusiveStartKey: start,
      })
      for (const item of Items as readonly Record<string, { S: string }>[]) expect(item[partition]?.S).toBe('b')
      await answer('Scan', { TableName: 'tab0', IndexName: index, ExclusiveStartKey: start })
    },
  })
})

it('a ShardIterator that was changed or moved reads no stream', { timeout: TEST_MS_MAX }, async () => {
  const { Streams } = await answer('ListStreams', {})
  const arns = (Streams as readonly { StreamArn: string }[]).map(({ StreamArn }) => StreamArn)
  expect(arns).toHaveLength(2)
  const iterators: string[] = []
  for (const StreamArn of arns) {
    const { StreamDescription } = await answer('DescribeStream', { StreamArn })
    const { Shards } = StreamDescription as { Shards: readonly { ShardId: string }[] }
    const { ShardIterator } = await answer('GetShardIterator', {
      StreamArn,
      ShardId: Shards[0]?.ShardId,
      ShardIteratorType: 'TRIM_HORIZON',
    })
    iterators.push(String(ShardIterator))
  }
  const genuine = new Set(iterators)
  await fuzz({
    title: 'a ShardIterator that was changed or moved',
    file: 'tokens.test.ts',
    share: 0.04,
    cases: fc.tuple(
      fc.constantFrom(...iterators),
      fc.constantFrom(...arns, 'arn:aws:dynamodb:us-east-1:000000000000:table/tab0/stream/x'),
      forgery,
      fc.option(hostileText),
    ),
    check: async ([iterator, arn, changes, text]) => {
      const token = iterator.slice(iterator.lastIndexOf('|') + 1)
      const ShardIterator = text ?? `${arn}|1|${forged(token, changes)}`
      const body = await answer('GetRecords', { ShardIterator })
      if (!genuine.has(ShardIterator)) expect(body).not.toHaveProperty('Records')
      await answer('GetShardIterator', {
        StreamArn: arn,
        ShardId: text ?? token,
        ShardIteratorType: 'AT_SEQUENCE_NUMBER',
        SequenceNumber: text ?? '0',
      })
    },
  })
})
