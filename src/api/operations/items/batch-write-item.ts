import { assert } from '../../../base/assert.ts'
import type { NotWritten, Verdict } from '../../../engine/item-writer.ts'
import { encodeImage, StoredItem } from '../../../engine/stored-item.ts'
import type { Table } from '../../../engine/table.ts'
import { isInvalid } from '../../../item/invalid.ts'
import { encodeItemKey, keyMismatch, parseKey } from '../../../item/item-key.ts'
import type { KeySchema } from '../../../item/key-schema.ts'
import type { ParsedItem } from '../../../item/parse-attribute-value.ts'
import { ITEM_BYTES_MAX, ITEM_TOO_LARGE, parseItem } from '../../../item/parse-attribute-value.ts'
import { tellThrottled } from '../../contributors.ts'
import type { WireError } from '../../wire-error.ts'
import { fromInvalid, isWireError, validationError } from '../../wire-error.ts'
import { chargeWrites } from './charge-writes.ts'
import type { ConsumedCapacity, ReturnConsumedCapacity, WriteWork } from './consumed-capacity.ts'
import { consumedByWrites } from './consumed-capacity.ts'
import { DUPLICATE_KEYS, hasDuplicates } from './duplicate-keys.ts'
import type { CallContext } from '../operation.ts'
import { indexProblem } from './index-checks.ts'
import type { ItemCollectionMetrics } from './item-collection.ts'
import { itemCollectionMetrics } from './item-collection.ts'
import { notWritten } from './item-write.ts'
import { operation } from '../operation.ts'
import type { OpenTable } from '../table-lookup.ts'
import { openTable } from '../table-lookup.ts'

interface Input {
  readonly RequestItems: Readonly<Record<string, readonly WriteRequest[]>>
  readonly ReturnConsumedCapacity?: ReturnConsumedCapacity
  readonly ReturnItemCollectionMetrics?: 'SIZE' | 'NONE'
}

interface WriteRequest {
  readonly PutRequest?: { readonly Item: unknown }
  readonly DeleteRequest?: { readonly Key: unknown }
}

const WRITES_MAX = 25

/** One write, understood; `item` is undefined for a delete. */
interface PlannedWrite {
  readonly itemKey: Uint8Array
  readonly item: StoredItem | undefined
  /** As it was sent. */
  readonly request: WriteRequest
}

interface OpenPart extends OpenTable {
  readonly given: string
  readonly writes: readonly PlannedWrite[]
}

/** Everything is judged before anything is written. Each write is atomic by itself, the batch is not. */
export const batchWriteItem = operation<Input>(async (context, input) => {
  const entries = Object.entries(input.RequestItems)
  if (entries.reduce((total, [, requests]) => total + requests.length, 0) > WRITES_MAX) {
    return validationError('Too many items requested for the BatchWriteItem call')
  }
  const parts: OpenPart[] = []
  for (const [given, requests] of entries) {
    const part = await openPart(context, given, requests)
    if (isWireError(part)) return part
    parts.push(part)
  }

  const answers = await Promise.all(parts.map(async (part) => ({ part, done: await writePart(part, input) })))
  const consumed: (ConsumedCapacity | undefined)[] = []
  const unprocessed: [string, readonly WriteRequest[]][] = []
  const collections: [string, readonly ItemCollectionMetrics[]][] = []
  let hindered: WireError | undefined
  let works = 0
  for (const { part, done } of answers) {
    if (isWireError(done)) return done
    hindered ??= done.hindered
    works += done.works.length
    if (done.unprocessed.length > 0) unprocessed.push([part.given, done.unprocessed])
    if (done.collections.length > 0) collections.push([part.given, done.collections])
    consumed.push(consumedByWrites(input.ReturnConsumedCapacity, part.given, part.table, done.works))
  }
  if (hindered !== undefined && works === 0) return hindered
  return {
    UnprocessedItems: Object.fromEntries(unprocessed),
    ItemCollectionMetrics: collections.length === 0 ? undefined : Object.fromEntries(collections),
    ConsumedCapacity: consumed.includes(undefined) ? undefined : consumed,
  }
})

async function openPart(context: CallContext, given: string, requests: readonly WriteRequest[]): Promise<OpenPart | WireError> {
  const parsed = []
  for (const request of requests) {
    const content = parseRequest(request)
    if (isWireError(content)) return content
    parsed.push(content)
  }
  const open = await openTable(context, given)
  if (isWireError(open)) return open
  const writes: PlannedWrite[] = []
  for (const { kind, content, request } of parsed) {
    const write = kind === 'put' ? planPut(open.table, content) : planDelete(open.table.schema, content)
    if (isWireError(write)) return write
    writes.push({ ...write, request })
  }
  if (hasDuplicates(writes.map(({ itemKey }) => itemKey))) return validationError(DUPLICATE_KEYS)
  return { ...open, given, writes }
}

interface ParsedRequest {
  readonly kind: 'put' | 'delete'
  readonly content: ParsedItem
  readonly request: WriteRequest
}

/** DynamoDB wants exactly one of the two; its text is the one for attribute values (recalled, also for a request that is neither). */
function parseRequest(request: WriteRequest): ParsedRequest | WireError {
  const { PutRequest, DeleteRequest } = request
  if ((PutRequest === undefined) === (DeleteRequest === undefined)) {
    return validationError('Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes')
  }
  const content = parseItem(PutRequest === undefined ? DeleteRequest?.Key : PutRequest.Item)
  return isInvalid(content) ? fromInvalid(content) : { kind: PutRequest === undefined ? 'delete' : 'put', content, request }
}

/** What PutItem says of a key in words of its own is here what is said of every key (seen on AWS, 2025). */
function planPut(table: Table, { item, sizeBytes }: ParsedItem): Omit<PlannedWrite, 'request'> | WireError {
  const mismatch = keyMismatch(table.schema, item)
  if (mismatch !== undefined) return fromInvalid(mismatch)
  const itemKey = encodeItemKey(table.schema, item)
  if (isInvalid(itemKey)) return fromInvalid(itemKey)
  if (sizeBytes > ITEM_BYTES_MAX) return validationError(ITEM_TOO_LARGE)
  const unindexable = indexProblem(table, item, itemKey)
  if (unindexable !== undefined) return unindexable
  return { itemKey, item: new StoredItem(encodeImage(item), sizeBytes, item) }
}

function planDelete(schema: KeySchema, { item }: ParsedItem): Omit<PlannedWrite, 'request'> | WireError {
  const key = parseKey(schema, item)
  return isInvalid(key) ? fromInvalid(key) : { itemKey: key.key, item: undefined }
}

interface WrittenPart {
  readonly works: readonly WriteWork[]
  /** What the client has to send again: it was throttled, or a transaction is changing the item. */
  readonly unprocessed: readonly WriteRequest[]
  /** Why, when it is told where nothing at all was done. */
  readonly hindered: WireError | undefined
  /** One for each item that was written, as in a transaction. */
  readonly collections: readonly ItemCollectionMetrics[]
}

async function writePart(part: OpenPart, input: Input): Promise<WrittenPart | WireError> {
  const { engine, table, limits, contributors, writes } = part
  const throttled = limits?.refusal('write')
  for (const { itemKey } of writes) tellThrottled(throttled, contributors, itemKey)
  if (throttled !== undefined) return { works: [], unprocessed: writes.map(({ request }) => request), hindered: throttled, collections: [] }
  const outcomes = await Promise.all(
    writes.map(({ itemKey, item }) =>
      engine.write(table, itemKey, (before): Verdict<number> => {
        const result = Math.max(item?.sizeBytes ?? 0, before?.sizeBytes ?? 0)
        return item === undefined ? { kind: 'delete', result } : { kind: 'put', item, result }
      }),
    ),
  )
  const works: WriteWork[] = []
  const unprocessed: WriteRequest[] = []
  let hindered: WireError | undefined
  const collections: ItemCollectionMetrics[] = []
  for (const [at, { itemKey, request }] of writes.entries()) {
    const outcome = outcomes[at]
    assert(outcome !== undefined, 'every write has an outcome')
    if (outcome.kind === 'written') {
      const { result: sizeBytes, indexWrites } = outcome
      works.push({ sizeBytes, indexWrites })
      contributors?.written(itemKey, sizeBytes, indexWrites, 1)
      const metrics = itemCollectionMetrics(input.ReturnItemCollectionMetrics, table, itemKey, outcome.collectionBytes)
      if (metrics !== undefined) collections.push(metrics)
    } else if (isForAnotherTry(outcome)) {
      unprocessed.push(request)
      hindered ??= outcome.kind === 'conflict' ? undefined : notWritten(outcome)
    } else return notWritten(outcome)
  }
  chargeWrites(part, works, 1)
  return { works, unprocessed, hindered, collections }
}

/** "If … an internal processing failure occurs, the failed operations are returned in UnprocessedItems" (API reference); conflicts likewise: a guess. */
function isForAnotherTry({ kind }: NotWritten): boolean {
  return kind === 'conflict' || kind === 'overtaken' || kind === 'unreachable' || kind === 'unknown'
}
