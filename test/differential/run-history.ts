/** Carries a history out in the product and in the model, step by step, and stops where they differ. */
import type { Api } from '../../src/api/api.ts'
import type { Reply } from './compare.ts'
import { canonical, difference } from './compare.ts'
import { Model } from './model.ts'
import type { Row, Selection } from './model-read.ts'
import { keysOf, lastKey, order, pageOf, select, shownRows } from './model-read.ts'
import { outcomeOf, Refused } from './refused.ts'
import type { Request } from './requests.ts'
import { createTableRequest, pageRequest, requestOf, statementPageRequest } from './requests.ts'
import type { History, PagedStep, Step } from './steps.ts'
import { equal, normalizedItem, sameJson } from './values.ts'
import type { Item } from './values.ts'

export interface Outcome {
  /** Requests that were compared. */
  readonly operations: number
  readonly deviation: Deviation | undefined
}

export interface Deviation {
  /** Which step it was. */
  readonly at: number
  readonly request: Request
  readonly what: string
}

let runs = 0

/** @param makeModel another model than the true one: for seeing that this test sees what it is there for */
export async function runHistory(api: Api, history: History, makeModel = trueModel): Promise<Outcome> {
  const prefix = `run${runs++}-`
  const run = new Run(api, history, (table) => prefix + table, makeModel)
  try {
    return await run.carryOut()
  } finally {
    await run.dropTables()
  }
}

export type MakeModel = (history: History, named: (table: string) => string) => Model

const trueModel: MakeModel = ({ tables }, named) => new Model(tables, named)

class Found extends Error {
  readonly request: Request

  constructor(request: Request, what: string) {
    super(what)
    this.request = request
  }
}

class Run {
  readonly #api: Api
  readonly #history: History
  readonly #named: (table: string) => string
  readonly #model: Model
  #operations = 0

  constructor(api: Api, history: History, named: (table: string) => string, makeModel: MakeModel) {
    this.#api = api
    this.#history = history
    this.#named = named
    this.#model = makeModel(history, named)
  }

  async carryOut(): Promise<Outcome> {
    for (const spec of this.#history.tables) {
      const { status, body } = await this.#call(createTableRequest(spec, this.#named))
      if (status !== 200) throw new Error(`the history has a table that cannot be: ${JSON.stringify(body)}`)
    }
    for (const [at, step] of this.#history.steps.entries()) {
      try {
        await this.#step(step)
      } catch (error) {
        if (!(error instanceof Found)) throw error
        return { operations: this.#operations, deviation: { at, request: error.request, what: error.message } }
      }
    }
    const streamed = await this.#streams()
    return { operations: this.#operations, deviation: streamed && { at: this.#history.steps.length, ...streamed } }
  }

  /** What the streams tell of each item, in its order; that of different items is not known where several were written together. */
  async #streams(): Promise<Pick<Deviation, 'request' | 'what'> | undefined> {
    for (const { name, stream } of this.#history.tables) {
      if (!stream) continue
      const table = this.#model.table(name)
      const expected = new Map<string, object[]>()
      for (const { key, before, after } of table.changes) {
        const eventName = before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY'
        const told = { eventName, OldImage: before, NewImage: after }
        expected.set(key, [...(expected.get(key) ?? []), told])
      }
      const { request, records } = await this.#records(name)
      for (const { eventName, dynamodb } of records) {
        const { Keys, OldImage, NewImage } = dynamodb
        const next = expected.get(table.keyOf(Keys))?.shift()
        const got = { eventName, OldImage, NewImage }
        if (!sameJson(next, got)) return { request, what: `the stream tells ${JSON.stringify(got)}\n instead of ${JSON.stringify(next)}` }
      }
      const missing = [...expected].find(([, changes]) => changes.length > 0)
      if (missing !== undefined) return { request, what: `the stream misses ${JSON.stringify(missing)}` }
    }
    return undefined
  }

  /** Of all shards, in the order of their numbers. */
  async #records(name: string): Promise<{ request: Request; records: readonly StreamRecord[] }> {
    const ask = async (operation: Request['operation'], input: object): Promise<Readonly<Record<string, unknown>>> => {
      const { status, body } = await this.#call({ operation, input })
      if (status !== 200) throw new Found({ operation, input }, `cannot be read: ${JSON.stringify(body)}`)
      return body as Readonly<Record<string, unknown>>
    }
    const { Streams } = await ask('ListStreams', { TableName: this.#named(name) })
    const [{ StreamArn = '' } = {}] = Streams as readonly { StreamArn?: string }[]
    const request: Request = { operation: 'DescribeStream', input: { StreamArn } }
    const { StreamDescription } = await ask('DescribeStream', { StreamArn })
    const records: StreamRecord[] = []
    for (const { ShardId } of (StreamDescription as { Shards: readonly { ShardId: string }[] }).Shards) {
      let { ShardIterator } = await ask('GetShardIterator', { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' })
      while (typeof ShardIterator === 'string') {
        const { Records, NextShardIterator } = await ask('GetRecords', { ShardIterator })
        records.push(...(Records as readonly StreamRecord[]))
        ShardIterator = (Records as readonly StreamRecord[]).length === 0 ? undefined : NextShardIterator
      }
    }
    const numbered = records.map((record) => [BigInt(record.dynamodb.SequenceNumber), record] as const)
    return { request, records: numbered.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record) }
  }

  async dropTables(): Promise<void> {
    for (const { name } of this.#history.tables) await this.#call({ operation: 'DeleteTable', input: { TableName: this.#named(name) } })
  }

  async #step(step: Step): Promise<void> {
    if (step.kind === 'query' || step.kind === 'scan') return this.#read(step)
    const request = requestOf(step, this.#named)
    const expected = outcomeOf(() => this.#model.carryOut(step))
    await this.#compare(request, expected)
  }

  /** Reads page after page to the end; of every segment. */
  async #read(step: PagedStep): Promise<void> {
    const selection = outcomeOf(() => select(step, (name) => this.#model.table(name)))
    if (step.statement === true) return this.#readByStatement(step, selection)
    if (selection instanceof Refused) {
      const start = step.kind === 'query' ? step.start : undefined
      return this.#compare(pageRequest(step, this.#named, start, 0), selection)
    }
    const segments = step.kind === 'scan' ? (step.segments ?? 1) : 1
    const seen: Row[] = []
    for (let segment = 0; segment < segments; segment++) {
      const rows = await this.#rowsInOrder(step, selection, segment)
      seen.push(...rows)
      await this.#pages(step, selection, rows, segment)
    }
    const missing = selection.rows.find((row) => !seen.includes(row))
    if (step.kind === 'scan' && (missing !== undefined || seen.length !== selection.rows.length)) {
      throw new Found(pageRequest(step, this.#named, undefined, 0), `a Scan of all segments misses ${JSON.stringify(missing?.entry)}`)
    }
  }

  /** Page after page to the end; what is on which page is the statement's own business. */
  async #readByStatement(step: PagedStep, selection: Selection | Refused): Promise<void> {
    const sort = selection instanceof Refused ? [] : keysOf(selection.table, selection.index).sort.map(({ name }) => name)
    const first = statementPageRequest(step, this.#named, sort, undefined)
    if (selection instanceof Refused) return this.#compare(first, selection)
    const found: Item[] = []
    let token: unknown
    do {
      const request = statementPageRequest(step, this.#named, sort, token)
      const { status, body } = await this.#call(request)
      const { Items, NextToken } = body as { Items?: readonly Item[]; NextToken?: unknown }
      if (status !== 200 || Items === undefined) throw new Found(request, `expected items, got ${status} ${JSON.stringify(body)}`)
      found.push(...Items)
      token = NextToken
    } while (token !== undefined)
    const expected = shownRows(step, selection)
    const ordered = step.kind === 'query' && selection.index === undefined
    const same = ordered ? sameJson(expected, found) : sameJson(sortedTexts(expected), sortedTexts(found))
    if (!same) throw new Found(first, `expected ${JSON.stringify(expected)}\n     got ${JSON.stringify(found)}`)
  }

  async #pages(step: PagedStep, selection: Selection, rows: readonly Row[], segment: number): Promise<void> {
    let start: Item | undefined = step.kind === 'query' ? step.start : undefined
    let rest = start === undefined ? rows : rowsBehind(start, step, selection, rows)
    for (;;) {
      const page = pageOf(step, selection, rest, this.#named)
      await this.#compare(pageRequest(step, this.#named, start, segment), page.body)
      if (!page.more) return
      const last = rest[page.taken - 1]
      start = last && lastKey(selection.table, selection.index, last.entry)
      rest = rest.slice(page.taken)
    }
  }

  /**
   * The rows in the order in which the product reads them, where the model cannot know it: partitions come in any order, and so do entries of
   * one index key. That the order is a possible one is checked here.
   */
  async #rowsInOrder(step: PagedStep, selection: Selection, segment: number): Promise<readonly Row[]> {
    if (step.kind === 'query' && selection.index === undefined) return selection.rows
    const plain: PagedStep = { ...step, limit: undefined, filter: undefined, projection: undefined, select: undefined, capacity: undefined }
    const rowByKey = new Map(selection.rows.map((row) => [selection.table.keyOf(row.item), row]))
    const rows: Row[] = []
    let start: object | undefined
    do {
      const request = pageRequest(plain, this.#named, start, segment)
      const { body } = await this.#call(request)
      const { Items: items = [], LastEvaluatedKey } = body as { Items?: readonly Item[]; LastEvaluatedKey?: object }
      for (const item of items) {
        const row = rowByKey.get(selection.table.keyOf(item))
        if (row === undefined || !sameJson(row.entry, item)) throw new Found(request, `${JSON.stringify(item)} is not what is there`)
        rowByKey.delete(selection.table.keyOf(item))
        rows.push(row)
      }
      start = LastEvaluatedKey
      if (start === undefined) checkOrder(step, selection, rows, request)
    } while (start !== undefined)
    if (step.kind === 'query' && rowByKey.size > 0) {
      throw new Found(pageRequest(plain, this.#named, undefined, segment), `misses ${[...rowByKey.keys()].join(' ')}`)
    }
    return rows
  }

  async #compare(request: Request, expected: object | Refused): Promise<void> {
    const what = difference(expected, await this.#call(request))
    if (what !== undefined) throw new Found(request, what)
  }

  async #call({ operation, input }: Request): Promise<Reply> {
    this.#operations++
    const { status, body } = await this.#api.call('us-east-1', operation, input)
    return { status, body: JSON.parse(Buffer.from(body).toString()) as unknown }
  }
}

function sortedTexts(items: readonly Item[]): readonly string[] {
  return items.map(canonical).sort()
}

interface StreamRecord {
  readonly eventName: string
  readonly dynamodb: { readonly Keys: Item; readonly OldImage?: Item; readonly NewImage?: Item; readonly SequenceNumber: string }
}

function rowsBehind(start: Item, step: PagedStep, { table, index }: Selection, rows: readonly Row[]): readonly Row[] {
  const { sort } = keysOf(table, index)
  const reverse = step.kind === 'query' && step.reverse === true
  return rows.filter(({ entry }) => order(sort, entry, normalizedItem(start)) * (reverse ? -1 : 1) > 0)
}

/** Partitions are read one after the other, and each in the order of its sort keys. */
function checkOrder(step: PagedStep, { table, index }: Selection, rows: readonly Row[], request: Request): void {
  const { partition, sort } = keysOf(table, index)
  const sign = step.kind === 'query' && step.reverse === true ? -1 : 1
  const ended = new Set<string>()
  const partitionOf = ({ entry }: Row): string => JSON.stringify(partition.map(({ name }) => entry[name]))
  for (const [at, row] of rows.entries()) {
    const before = rows[at - 1]
    if (before === undefined) continue
    const same = partition.every(({ name }) => samePart(before.entry[name], row.entry[name]))
    if (same && order(sort, before.entry, row.entry) * sign > 0) throw new Found(request, `out of order: ${JSON.stringify(row.entry)}`)
    if (!same) ended.add(partitionOf(before))
    if (ended.has(partitionOf(row))) throw new Found(request, `a partition is torn apart: ${JSON.stringify(row.entry)}`)
  }
}

function samePart(a: Item[string] | undefined, b: Item[string] | undefined): boolean {
  return a !== undefined && b !== undefined && equal(a, b)
}
