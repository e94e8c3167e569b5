import type { AttributeValue, ExecuteStatementCommandInput } from '@aws-sdk/client-dynamodb'
import {
  ConditionalCheckFailedException,
  DuplicateItemException,
  ExecuteStatementCommand,
  GetItemCommand,
  PutItemCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { onDemandTable, useTestWorld } from '../../use-test-world.contract.ts'

const { world, client } = await useTestWorld()
/** A table of its own for each test: keys `pk` (S) and `sk` (N), indexes by `color`/`size` and by `pk`/`size`. */
let table: string
let tables = 0

beforeEach(async () => {
  table = `Table${++tables}`
  await client.send(
    onDemandTable(table, 'pk S, sk N', {
      AttributeDefinitions: [
        { AttributeName: 'color', AttributeType: 'S' },
        { AttributeName: 'size', AttributeType: 'N' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-color',
          KeySchema: [
            { AttributeName: 'color', KeyType: 'HASH' },
            { AttributeName: 'size', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
        { IndexName: 'keys', KeySchema: [{ AttributeName: 'color', KeyType: 'HASH' }], Projection: { ProjectionType: 'KEYS_ONLY' } },
      ],
      LocalSecondaryIndexes: [
        {
          IndexName: 'by-size',
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'size', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  )
})

type Item = Record<string, AttributeValue>
type Options = Omit<ExecuteStatementCommandInput, 'Statement' | 'Parameters'>

function item(pk: string, sk: number, more: Item = {}): Item {
  return { pk: { S: pk }, sk: { N: String(sk) }, ...more }
}

const put = (Item: Item) => client.send(new PutItemCommand({ TableName: table, Item }))
const get = async (Key: Item) => (await client.send(new GetItemCommand({ TableName: table, Key }))).Item

/** `$` in the statement stands for the table's name. */
function execute(statement: string, parameters: readonly AttributeValue[] = [], options: Options = {}) {
  const Parameters = parameters.length === 0 ? {} : { Parameters: [...parameters] }
  return client.send(new ExecuteStatementCommand({ Statement: statement.replace('$', `"${table}"`), ...Parameters, ...options }))
}

const items = async (statement: string, ...parameters: AttributeValue[]) => (await execute(statement, parameters)).Items
const keys = async (statement: string, ...parameters: AttributeValue[]) => (await items(statement, ...parameters))?.map(nameOf)
const nameOf = ({ pk, sk }: Item) => `${pk?.S}${sk?.N}`

async function refusal(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return error instanceof Error ? `${error.name}: ${error.message}` : 'accepted'
}

describe('INSERT', () => {
  it('puts an item and returns no items', async () => {
    const answer = await execute(`INSERT INTO $ VALUE {'pk': 'a', 'sk': ?, 'tags': <<'x', 'y'>>, 'm': {'l': [1, NULL]}}`, [{ N: '1' }])
    expect(answer.Items).toEqual([])
    expect(await get(item('a', 1))).toEqual(
      item('a', 1, { tags: { SS: ['x', 'y'] }, m: { M: { l: { L: [{ N: '1' }, { NULL: true }] } } } }),
    )
  })

  it('replaces nothing', async () => {
    await put(item('a', 1, { x: { S: 'old' } }))
    const insert = execute(`INSERT INTO $ VALUE {'pk': 'a', 'sk': 1}`)
    await expect(insert).rejects.toThrow(DuplicateItemException)
    await expect(insert).rejects.toThrow('Duplicate primary key exists in table')
    expect(await get(item('a', 1))).toEqual(item('a', 1, { x: { S: 'old' } }))
  })

  it.each([
    [`{'pk': 'a'}`, 'One or more parameter values were invalid: Missing the key sk in the item'],
    [`{'pk': 'a', 'sk': 'b'}`, 'One or more parameter values were invalid: Type mismatch for key sk expected: N actual: S'],
    [`{'pk': '', 'sk': 1}`, 'cannot contain an empty string value. Key: pk'],
    [`{'pk': 'a', 'sk': 1, 'color': 5}`, 'Type mismatch for Index Key color Expected: S Actual: N IndexName: by-color'],
  ])('%s is no item of the table', async (value, reason) => {
    expect(await refusal(execute(`INSERT INTO $ VALUE ${value}`))).toContain(reason)
  })

  it('says what it consumed, indexes included', async () => {
    const options: Options = { ReturnConsumedCapacity: 'INDEXES' }
    const { ConsumedCapacity } = await execute(`INSERT INTO $ VALUE {'pk': 'a', 'sk': 1, 'color': 'red', 'size': 3}`, [], options)
    expect(ConsumedCapacity).toMatchObject({
      TableName: table,
      CapacityUnits: 4,
      Table: { CapacityUnits: 1 },
      GlobalSecondaryIndexes: { 'by-color': { CapacityUnits: 1 }, keys: { CapacityUnits: 1 } },
      LocalSecondaryIndexes: { 'by-size': { CapacityUnits: 1 } },
    })
  })
})

describe('UPDATE', () => {
  beforeEach(() => put(item('a', 1, { n: { N: '5' }, l: { L: [{ S: 'x' }] }, old: { S: 'o' } })))

  it('changes the one item that WHERE names', async () => {
    await execute(`UPDATE $ SET n = n + 1, l = list_append(l, ['y']) SET m = {'k': ?} REMOVE old WHERE pk = 'a' AND sk = 1`, [
      { BOOL: true },
    ])
    expect(await get(item('a', 1))).toEqual(
      item('a', 1, { n: { N: '6' }, l: { L: [{ S: 'x' }, { S: 'y' }] }, m: { M: { k: { BOOL: true } } } }),
    )
  })

  it.each<[string, object | undefined]>([
    ['', undefined],
    ['RETURNING ALL OLD *', item('a', 1, { n: { N: '5' }, l: { L: [{ S: 'x' }] }, old: { S: 'o' } })],
    ['RETURNING ALL NEW *', item('a', 1, { n: { N: '6' }, l: { L: [{ S: 'x' }] } })],
    ['RETURNING MODIFIED OLD *', { n: { N: '5' }, old: { S: 'o' } }],
    ['RETURNING MODIFIED NEW *', { n: { N: '6' } }],
  ])('%s', async (returning, expected) => {
    const { Items } = await execute(`UPDATE $ SET n = 6 REMOVE old WHERE pk = 'a' AND sk = 1 ${returning}`)
    expect(Items).toEqual(expected === undefined ? [] : [expected])
  })

  it('makes no item, and needs the rest of the clause to hold', async () => {
    await expect(execute(`UPDATE $ SET n = 1 WHERE pk = 'b' AND sk = 1`)).rejects.toThrow(ConditionalCheckFailedException)
    expect(await get(item('b', 1))).toBeUndefined()
    const failed = execute(`UPDATE $ SET n = 1 WHERE pk = 'a' AND sk = 1 AND n > 5`, [], { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })
    await expect(failed).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item: { n: { N: '5' } } })
    await execute(`UPDATE $ SET n = 1 WHERE pk = 'a' AND sk = 1 AND (n > 5 OR attribute_type(l, 'L'))`)
    expect(await get(item('a', 1))).toMatchObject({ n: { N: '1' } })
  })

  it.each([
    [`SET n = 1 WHERE pk = 'a'`, 'Where clause does not contain a mandatory equality on all key attributes'],
    [`SET n = 1`, 'Where clause does not contain a mandatory equality on all key attributes'],
    [`SET n = 1 WHERE pk = 'a' AND sk > 1`, 'Where clause does not contain a mandatory equality on all key attributes'],
    [`SET n = 1 WHERE pk = 'a' AND sk = 'x'`, 'The provided key element does not match the schema'],
    [`SET sk = 2 WHERE pk = 'a' AND sk = 1`, 'Cannot update attribute sk. This attribute is part of the key'],
    [`SET n = m + 1 WHERE pk = 'a' AND sk = 1`, 'The provided expression refers to an attribute that does not exist in the item'],
    [`SET color = 1 WHERE pk = 'a' AND sk = 1`, 'The update expression attempted to update the secondary index key to unsupported type'],
  ])('%s is refused', async (rest, reason) => {
    expect(await refusal(execute(`UPDATE $ ${rest}`))).toContain(`ValidationException: `)
    expect(await refusal(execute(`UPDATE $ ${rest}`))).toContain(reason)
  })
})

describe('DELETE', () => {
  beforeEach(() => put(item('a', 1, { n: { N: '5' } })))

  it('deletes the one item that WHERE names, and returns it when asked', async () => {
    expect(await items(`DELETE FROM $ WHERE sk = 1 AND pk = 'a' RETURNING ALL OLD *`)).toEqual([item('a', 1, { n: { N: '5' } })])
    expect(await get(item('a', 1))).toBeUndefined()
  })

  it('succeeds when there is no such item, and fails when the item does not meet the clause', async () => {
    expect(await items(`DELETE FROM $ WHERE pk = 'b' AND sk = 1 AND n = 7`)).toEqual([])
    await expect(execute(`DELETE FROM $ WHERE pk = 'a' AND sk = 1 AND n = 7`)).rejects.toThrow(ConditionalCheckFailedException)
    expect(await get(item('a', 1))).toBeDefined()
  })

  it('needs the whole key', async () => {
    expect(await refusal(execute(`DELETE FROM $ WHERE pk = 'a'`))).toBe(
      'ValidationException: Where clause does not contain a mandatory equality on all key attributes',
    )
  })
})

describe('SELECT', () => {
  beforeEach(async () => {
    for (const pk of ['a', 'b', 'c'])
      for (const sk of [1, 2, 3]) await put(item(pk, sk, { n: { N: String(sk * 10) }, m: { M: { x: { S: pk } } } }))
  })

  it.each([
    [`pk = 'a'`, ['a1', 'a2', 'a3']],
    [`pk = 'a' AND sk = 2`, ['a2']],
    [`pk = 'a' AND sk >= 2 AND sk < 3`, ['a2']],
    [`pk = 'a' AND sk BETWEEN 2 AND 9`, ['a2', 'a3']],
    [`pk = 'a' AND n > 10`, ['a2', 'a3']],
    [`pk = 'a' AND sk > 3 AND sk < 2`, []],
    [`pk = 'a' ORDER BY sk DESC`, ['a3', 'a2', 'a1']],
    [`pk IN ['c', 'a'] AND sk <> 2`, ['c1', 'c3', 'a1', 'a3']],
    [`pk = 'c' OR pk = 'b' AND sk = 1`, ['c1', 'c2', 'c3', 'b1']],
    [`pk IN ['a', 'c'] ORDER BY pk DESC`, ['c1', 'c2', 'c3', 'a1', 'a2', 'a3']],
    [`pk IN ['a', 'c'] ORDER BY pk DESC, sk DESC`, ['c3', 'c2', 'c1', 'a3', 'a2', 'a1']],
    [`pk IN ['c', 'a'] ORDER BY sk`, ['c1', 'a1', 'c2', 'a2', 'c3', 'a3']],
    [`pk IN ['c', 'a'] ORDER BY sk DESC`, ['c3', 'a3', 'c2', 'a2', 'c1', 'a1']],
  ])('WHERE %s', async (where, expected) => {
    expect(await keys(`SELECT * FROM $ WHERE ${where}`)).toEqual(expected)
  })

  it('scans when no partition is named', async () => {
    expect((await keys('SELECT * FROM $'))?.sort()).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'c1', 'c2', 'c3'])
    expect((await keys(`SELECT * FROM $ WHERE n = 20 AND NOT pk = 'b'`))?.sort()).toEqual(['a2', 'c2'])
  })

  it('returns what is asked for, called by the last name of its path', async () => {
    expect(await items(`SELECT n, m.x, m.y FROM $ WHERE pk = ? AND sk = ?`, { S: 'a' }, { N: '1' })).toEqual([
      { n: { N: '10' }, x: { S: 'a' } },
    ])
  })

  it('is charged for what it reads', async () => {
    const units = async (statement: string, options: Options = {}) =>
      (await execute(statement, [], { ReturnConsumedCapacity: 'TOTAL', ...options })).ConsumedCapacity?.CapacityUnits
    expect(await units(`SELECT * FROM $ WHERE pk = 'a'`)).toBe(0.5)
    expect(await units(`SELECT * FROM $ WHERE pk = 'a' AND n = 0`, { ConsistentRead: true })).toBe(1)
    expect(await units(`SELECT * FROM $ WHERE pk IN ['a', 'b', 'no']`)).toBe(1.5)
  })

  it.each([
    ['SELECT * FROM "NoSuchTable"', ResourceNotFoundException.name, 'Requested resource not found'],
    ['SELECT * FROM $."none" WHERE pk = \'a\'', 'ValidationException', 'The table does not have the specified index: none'],
    ['SELECT * FROM $ WHERE pk = 1', 'ValidationException', 'Condition parameter type does not match schema type'],
    ['SELECT * FROM $ ORDER BY sk', 'ValidationException', 'Must have WHERE clause'],
    ["EXISTS(SELECT * FROM $ WHERE pk = 'a')", 'ValidationException', 'EXISTS'],
    ['SELECT * FROM $ WHERE', 'ValidationException', "Statement wasn't well formed, can't be processed: "],
    ['SELECT * FROM $ WHERE pk = ?', 'ValidationException', "Number of parameters in request and statement don't match."],
  ])('%s is refused', async (statement, name, reason) => {
    const text = await refusal(execute(statement))
    expect(text).toContain(`${name}: `)
    expect(text).toContain(reason)
  })

  it('a statement is at most 8192 characters long', async () => {
    expect(await refusal(execute(`SELECT * FROM $ WHERE n = '${'x'.repeat(8192)}'`))).toContain('less than or equal to 8192')
  })
})

describe('pages', () => {
  /** All pages of a statement, each as the names of its items. */
  async function pages(statement: string, options: Options = {}): Promise<string[][]> {
    const all: string[][] = []
    let NextToken: string | undefined
    do {
      const answer = await execute(statement, [], { ...options, ...(NextToken === undefined ? {} : { NextToken }) })
      all.push(answer.Items?.map(nameOf) ?? [])
      NextToken = answer.NextToken
      expect(answer.LastEvaluatedKey === undefined).toBe(NextToken === undefined)
    } while (NextToken !== undefined && all.length < 100)
    return all
  }

  it('hold as many items as Limit says, counted before the filter', async () => {
    for (const sk of [1, 2, 3, 4, 5]) await put(item('a', sk, { n: { N: String(sk % 2) } }))
    expect(await pages(`SELECT * FROM $ WHERE pk = 'a'`, { Limit: 2 })).toEqual([['a1', 'a2'], ['a3', 'a4'], ['a5']])
    expect(await pages(`SELECT * FROM $ WHERE pk = 'a' AND n = 0 ORDER BY sk DESC`, { Limit: 2 })).toEqual([['a4'], ['a2'], []])
    expect((await pages('SELECT * FROM $', { Limit: 3 })).flat()).toHaveLength(5)
  })

  it('tell the last key that was read', async () => {
    for (const sk of [1, 2]) await put(item('a', sk))
    expect((await execute(`SELECT * FROM $ WHERE pk = 'a'`, [], { Limit: 1 })).LastEvaluatedKey).toEqual(item('a', 1))
  })

  it('hold one megabyte, and always one item', async () => {
    const filler = { S: 'x'.repeat(300 * 1024) }
    for (const sk of [1, 2, 3, 4, 5]) await put(item('a', sk, { filler }))
    for (const sk of [1, 2]) await put(item('b', sk, { filler }))
    expect(await pages(`SELECT pk, sk FROM $ WHERE pk = 'a'`)).toEqual([
      ['a1', 'a2', 'a3'],
      ['a4', 'a5'],
    ])
    expect(await pages(`SELECT pk, sk FROM $ WHERE pk IN ['b', 'a']`)).toEqual([['b1', 'b2', 'a1'], ['a2', 'a3', 'a4'], ['a5']])
    expect((await pages(`SELECT pk, sk FROM $ WHERE pk IN ['b', 'a'] ORDER BY sk`)).flat()).toEqual([
      'b1',
      'a1',
      'b2',
      'a2',
      'a3',
      'a4',
      'a5',
    ])
  })

  it('hold ten items when several partitions are read', async () => {
    const partitions = ['a', 'b', 'c']
    for (const pk of partitions) for (let sk = 1; sk <= 7; sk++) await put(item(pk, sk))
    const all = await pages(`SELECT * FROM $ WHERE pk IN ['a', 'b', 'c']`)
    expect(all.map((page) => page.length)).toEqual([10, 10, 1])
    expect(all.flat()).toEqual(partitions.flatMap((pk) => [1, 2, 3, 4, 5, 6, 7].map((sk) => `${pk}${sk}`)))
  })

  it('of several partitions follow ORDER BY over all of them, whatever their size', async () => {
    const written = ['a', 'b', 'c'].flatMap((pk, at) =>
      [0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((sk) => ((sk + at) % 3 === 0 ? [] : [[pk, sk] as const])),
    )
    for (const [pk, sk] of written) await put(item(pk, sk, { color: { S: pk }, size: { N: String(sk % 3) } }))
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(['a', 'b', 'c', 'd'], { minLength: 2 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 12 }),
        async (named, descending, Limit) => {
          const list = named.map((pk) => `'${pk}'`).join()
          const found = written.filter(([pk]) => named.includes(pk))
          const sign = descending ? -1 : 1
          const expected = found
            .sort(([p, s], [q, t]) => sign * (s - t) || named.indexOf(p) - named.indexOf(q))
            .map(([pk, sk]) => `${pk}${sk}`)
          expect((await pages(`SELECT * FROM $ WHERE pk IN [${list}] ORDER BY sk ${descending ? 'DESC' : ''}`, { Limit })).flat()).toEqual(
            expected,
          )

          const bySize = (
            await pages(`SELECT * FROM $."by-color" WHERE color IN [${list}] ORDER BY size ${descending ? 'DESC' : ''}`, { Limit })
          ).flat()
          expect([...bySize].sort()).toEqual([...expected].sort())
          const sizes = bySize.map((name) => sign * (Number(name.slice(1)) % 3))
          expect(sizes).toEqual([...sizes].sort((a, b) => a - b))
        },
      ),
      { numRuns: 15 },
    )
  })

  it('go on only with the statement and parameters that they began with', async () => {
    for (const sk of [1, 2]) await put(item('a', sk))
    const statement = 'SELECT * FROM $ WHERE pk = ?'
    const { NextToken } = await execute(statement, [{ S: 'a' }], { Limit: 1 })
    if (NextToken === undefined) throw new Error('a token')
    const refused = 'ValidationException: NextToken does not match request'
    expect((await execute(statement, [{ S: 'a' }], { NextToken })).Items?.map(nameOf)).toEqual(['a2'])
    expect(await refusal(execute(statement, [{ S: 'b' }], { NextToken }))).toBe(refused)
    expect(await refusal(execute('SELECT pk FROM $ WHERE pk = ?', [{ S: 'a' }], { NextToken }))).toBe(refused)
    for (const other of ['x', 'AAAA', `${NextToken}=`, NextToken.slice(4)]) {
      expect(await refusal(execute(statement, [{ S: 'a' }], { NextToken: other }))).toBe(refused)
    }
    const bytes = Buffer.from(NextToken, 'base64')
    bytes[19] = 0xff
    expect(await refusal(execute(statement, [{ S: 'a' }], { NextToken: bytes.toString('base64') }))).toBe(refused)
    expect(await refusal(execute(`DELETE FROM $ WHERE pk = 'a' AND sk = 1`, [], { NextToken }))).toBe(refused)
  })
})

describe('indexes', () => {
  beforeEach(async () => {
    await put(item('a', 1, { color: { S: 'red' }, size: { N: '3' }, n: { N: '1' } }))
    await put(item('a', 2, { color: { S: 'red' }, size: { N: '2' }, n: { N: '2' } }))
    await put(item('b', 1, { color: { S: 'blue' }, size: { N: '1' }, n: { N: '3' } }))
    await put(item('b', 2, { n: { N: '4' } }))
  })

  it.each([
    [`"by-color" WHERE color = 'red'`, ['a2', 'a1']],
    [`"by-color" WHERE color = 'red' ORDER BY size DESC`, ['a1', 'a2']],
    [`"by-color" WHERE color = 'red' AND size > 2`, ['a1']],
    [`"by-color" WHERE color IN ['blue', 'red'] AND n <> 2`, ['b1', 'a1']],
    [`"by-color" WHERE n = 3`, ['b1']],
    [`"by-size" WHERE pk = 'a' AND size BETWEEN 2 AND 3`, ['a2', 'a1']],
    [`"by-size" WHERE pk = 'b'`, ['b1']],
    [`"by-size" WHERE pk = 'a' AND n = 1`, ['a1']],
  ])('%s', async (rest, expected) => {
    expect(await keys(`SELECT * FROM $.${rest}`)).toEqual(expected)
  })

  it('a global one gives what it projects and no more', async () => {
    expect(await items(`SELECT * FROM $."keys" WHERE color = 'blue'`)).toEqual([item('b', 1, { color: { S: 'blue' } })])
    expect(await refusal(execute(`SELECT n FROM $."keys" WHERE color = 'blue'`))).toContain(
      'Global secondary index keys does not project [n]',
    )
    expect(await refusal(execute(`SELECT * FROM $."keys" WHERE color = 'blue'`, [], { ConsistentRead: true }))).toContain(
      'Consistent reads are not supported on global secondary indexes',
    )
  })

  it('a local one fetches what it does not project', async () => {
    expect(await items(`SELECT n FROM $."by-size" WHERE pk = 'a' AND size = 3`)).toEqual([{ n: { N: '1' } }])
  })

  it('are read page by page', async () => {
    const statement = `SELECT * FROM $."by-color" WHERE color = 'red'`
    const first = await execute(statement, [], { Limit: 1 })
    expect(first.LastEvaluatedKey).toEqual(item('a', 2, { color: { S: 'red' }, size: { N: '2' } }))
    const second = await execute(statement, [], { Limit: 5, ...(first.NextToken === undefined ? {} : { NextToken: first.NextToken }) })
    expect([first, second].flatMap(({ Items = [] }) => Items.map(nameOf))).toEqual(['a2', 'a1'])
    expect(second.NextToken).toBeUndefined()
  })
})

it('nothing of this was an error of the server', () => {
  expect(world.errors).toEqual([])
})
