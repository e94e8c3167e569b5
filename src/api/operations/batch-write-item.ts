import { writeUnits } from '../../cost/capacity.ts'
import type { Verdict } from '../../engine/region-engine.ts'
import { encodeImage, StoredItem } from '../../engine/stored-item.ts'
import { isInvalid } from '../../item/invalid.ts'
import { encodeItemKey, parseKey } from '../../item/item-key.ts'
import type { KeySchema } from '../../item/key-schema.ts'
import type { ParsedItem } from '../../item/parse-attribute-value.ts'
import { ITEM_BYTES_MAX, ITEM_TOO_LARGE, parseItem } from '../../item/parse-attribute-value.ts'
import type { WireError } from '../wire-error.ts'
import { fromInvalid, isWireError, validationError } from '../wire-error.ts'
import type { ReturnConsumedCapacity } from './consumed-capacity.ts'
import { consumedCapacity } from './consumed-capacity.ts'
import { DUPLICATE_KEYS, hasDuplicates } from './duplicate-keys.ts'
import type { CallContext } from './operation.ts'
import { operation } from './operation.ts'
import type { OpenTable } from './table-lookup.ts'
import { openTable, tableGone } from './table-lookup.ts'

interface Input {
  readonly RequestItems: Readonly<Record<string, readonly WriteRequest[]>>
  readonly ReturnConsumedCapacity?: ReturnConsumedCapacity
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

  const answers = await Promise.all(parts.map(writePart))
  if (answers.includes(undefined)) return tableGone
  const consumed = parts.map(({ given }, at) => consumedCapacity(input.ReturnConsumedCapacity, given, answers[at] ?? 0))
  return { UnprocessedItems: {}, ConsumedCapacity: consumed.includes(undefined) ? undefined : consumed }
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
  for (const { kind, content } of parsed) {
    const write = kind === 'put' ? planPut(open.table.schema, content) : planDelete(open.table.schema, content)
    if (isWireError(write)) return write
    writes.push(write)
  }
  if (hasDuplicates(writes.map(({ itemKey }) => itemKey))) return validationError(DUPLICATE_KEYS)
  return { ...open, given, writes }
}

/** DynamoDB wants exactly one of the two; its text for this is a guess, formed after that for attribute values. */
function parseRequest({ PutRequest, DeleteRequest }: WriteRequest): { kind: 'put' | 'delete'; content: ParsedItem } | WireError {
  if ((PutRequest === undefined) === (DeleteRequest === undefined)) {
    const what = PutRequest === undefined ? 'is empty' : 'has more than one type of request set'
    return validationError(`Supplied WriteRequest ${what}, must contain exactly one of PutRequest and DeleteRequest`)
  }
  const content = parseItem(PutRequest === undefined ? DeleteRequest?.Key : PutRequest.Item)
  return isInvalid(content) ? fromInvalid(content) : { kind: PutRequest === undefined ? 'delete' : 'put', content }
}

function planPut(schema: KeySchema, { item, sizeBytes }: ParsedItem): PlannedWrite | WireError {
  const itemKey = encodeItemKey(schema, item)
  if (isInvalid(itemKey)) return fromInvalid(itemKey)
  if (sizeBytes > ITEM_BYTES_MAX) return validationError(ITEM_TOO_LARGE)
  return { itemKey, item: new StoredItem(encodeImage(item), sizeBytes) }
}

function planDelete(schema: KeySchema, { item }: ParsedItem): PlannedWrite | WireError {
  const key = parseKey(schema, item)
  return isInvalid(key) ? fromInvalid(key) : { itemKey: key.key, item: undefined }
}

/** @returns the units consumed; undefined when the table was dropped meanwhile */
async function writePart({ engine, table, writes }: OpenPart): Promise<number | undefined> {
  const units = await Promise.all(
    writes.map(({ itemKey, item }) =>
      engine.write(table, itemKey, (before): Verdict<number> => {
        const result = writeUnits(Math.max(item?.sizeBytes ?? 0, before?.sizeBytes ?? 0))
        return item === undefined ? { kind: 'delete', result } : { kind: 'put', item, result }
      }),
    ),
  )
  let total = 0
  for (const each of units) {
    if (typeof each !== 'number') return undefined
    total += each
  }
  return total
}
