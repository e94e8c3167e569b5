import { readUnits } from '../../../cost/capacity.ts'
import type { StoredItem } from '../../../engine/stored-item.ts'
import { encodeImage } from '../../../engine/stored-item.ts'
import type { ProjectionPlan } from '../../../expression/projection.ts'
import { project } from '../../../expression/projection.ts'
import type { AttributeMap } from '../../../item/attribute-value.ts'
import { isInvalid } from '../../../item/invalid.ts'
import { parseKey } from '../../../item/item-key.ts'
import { parseItem } from '../../../item/parse-attribute-value.ts'
import { jsonList, jsonObject } from '../../answer.ts'
import { tellThrottled } from '../../contributors.ts'
import type { WireError } from '../../wire-error.ts'
import { fromInvalid, isWireError, validationError } from '../../wire-error.ts'
import type { ReturnConsumedCapacity } from './consumed-capacity.ts'
import { consumedCapacity } from './consumed-capacity.ts'
import { DUPLICATE_KEYS, hasDuplicates } from './duplicate-keys.ts'
import { chargeItemReads } from './charge-reads.ts'
import { bindParameters, mixtureProblem } from './expressions.ts'
import type { CallContext } from '../operation.ts'
import { operation } from '../operation.ts'
import type { OpenTable } from '../table-lookup.ts'
import { consistentReadProblem, openTable, readsOf } from '../table-lookup.ts'

interface Input {
  readonly RequestItems: Readonly<Record<string, KeysAndAttributes>>
  readonly ReturnConsumedCapacity?: ReturnConsumedCapacity
}

interface KeysAndAttributes {
  readonly Keys: readonly unknown[]
  readonly ConsistentRead?: boolean
  readonly AttributesToGet?: readonly string[]
  readonly ProjectionExpression?: string
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>
}

const KEYS_MAX = 100
const ANSWER_BYTES_MAX = 16 << 20

/** One table's part of the request, understood; the table may still be missing. */
interface Part {
  readonly given: string
  readonly request: KeysAndAttributes
  readonly keys: readonly AttributeMap[]
  readonly projection: ProjectionPlan | undefined
}

interface OpenPart extends Part, OpenTable {
  readonly itemKeys: readonly Uint8Array[]
}

/** Everything is judged before anything is read: one bad key refuses the whole batch. */
export const batchGetItem = operation<Input>(async (context, input) => {
  const entries = Object.entries(input.RequestItems)
  if (entries.reduce((total, [, { Keys }]) => total + Keys.length, 0) > KEYS_MAX) {
    return validationError('Too many items requested for the BatchGetItem call')
  }
  const understood = understandAll(entries)
  if (isWireError(understood)) return understood
  const parts: OpenPart[] = []
  for (const part of understood) {
    const open = await openPart(context, part)
    if (isWireError(open)) return open
    parts.push(open)
  }

  let bytesLeft = ANSWER_BYTES_MAX
  const answers = []
  for (const part of parts) {
    const answer = await readPart(part, bytesLeft)
    bytesLeft -= answer.sizeBytes
    answers.push(answer)
  }
  const [first] = answers
  if (first?.hindered !== undefined && answers.every(({ hindered }) => hindered !== undefined)) return first.hindered
  const consumed = answers.map(({ part, units }) => consumedCapacity(input.ReturnConsumedCapacity, part.given, units))
  return {
    Responses: jsonObject(answers.map(({ part, images }) => [part.given, jsonList(images)])),
    UnprocessedKeys: Object.fromEntries(
      answers.flatMap(({ part, unread }) => (unread.length === 0 ? [] : [[part.given, requestFor(part, unread)]])),
    ),
    ConsumedCapacity: consumed.includes(undefined) ? undefined : consumed,
  }
})

/** Before any table is looked for (observed on AWS, 2026). */
function understandAll(entries: readonly (readonly [string, KeysAndAttributes])[]): readonly Part[] | WireError {
  const has = (member: keyof KeysAndAttributes): boolean => entries.some(([, request]) => request[member] !== undefined)
  const mixed = has('AttributesToGet') && has('ProjectionExpression') ? mixtureProblem(['AttributesToGet'], ['projection']) : undefined
  if (mixed !== undefined) return mixed
  const parts: Part[] = []
  for (const entry of entries) {
    const part = understand(entry)
    if (isWireError(part)) return part
    if (hasDuplicates(part.keys.map(bytesOfKey))) return validationError(DUPLICATE_KEYS)
    parts.push(part)
  }
  return parts
}

/** What tells keys apart that nobody has held to a schema yet; the values are in normal form. */
function bytesOfKey(key: AttributeMap): Uint8Array {
  return Buffer.from(JSON.stringify(Object.entries(key).sort(([one], [other]) => (one < other ? -1 : 1))))
}

function understand([given, request]: readonly [string, KeysAndAttributes]): Part | WireError {
  const keys: AttributeMap[] = []
  for (const json of request.Keys) {
    const key = parseItem(json)
    if (isInvalid(key)) return fromInvalid(key)
    keys.push(key.item)
  }
  const bound = bindParameters('BatchGetItem', request)
  return isWireError(bound) ? bound : { given, request, keys, projection: bound.projection }
}

async function openPart(context: CallContext, part: Part): Promise<OpenPart | WireError> {
  const open = await openTable(context, part.given)
  if (isWireError(open)) return open
  const itemKeys: Uint8Array[] = []
  for (const attributes of part.keys) {
    const key = parseKey(open.table.schema, attributes)
    if (isInvalid(key)) return fromInvalid(key)
    itemKeys.push(key.key)
  }
  return hasDuplicates(itemKeys) ? validationError(DUPLICATE_KEYS) : { ...part, ...open, itemKeys }
}

/** Reads until the answer is full; the keys that no longer fit are handed back. */
async function readPart(part: OpenPart, bytesLeft: number) {
  const throttled = part.limits?.refusal('read')
  for (const itemKey of part.itemKeys) tellThrottled(throttled, part.contributors, itemKey)
  const hindered = throttled ?? (await consistentReadProblem(part, part.request.ConsistentRead))
  if (hindered !== undefined) return { part, images: [], units: 0, sizeBytes: 0, unread: part.keys, hindered }
  const read = await readItems(part, bytesLeft)
  chargeItemReads(part, read.units)
  return { ...read, hindered: undefined }
}

async function readItems(part: OpenPart, bytesLeft: number) {
  const reads = readsOf(part, part.request.ConsistentRead)
  const items = await Promise.all(part.itemKeys.map((key) => reads.getItem(part.table, key)))
  const images: Uint8Array[] = []
  let units = 0
  let sizeBytes = 0
  for (const [at, item] of items.entries()) {
    if (item !== undefined && sizeBytes + item.sizeBytes > bytesLeft) {
      return { part, images, units, sizeBytes, unread: part.keys.slice(at) }
    }
    const itemUnits = readUnits(item?.sizeBytes ?? 0, part.request.ConsistentRead === true ? 'strong' : 'eventual')
    const itemKey = part.itemKeys[at]
    if (itemKey !== undefined) part.contributors?.read(itemKey, itemUnits)
    units += itemUnits
    sizeBytes += item?.sizeBytes ?? 0
    if (item !== undefined) images.push(imageOf(item, part.projection))
  }
  return { part, images, units, sizeBytes, unread: [] }
}

/** What a client sends to get the rest: what it sent, without members that nobody knows. */
function requestFor({ request }: Part, keys: readonly AttributeMap[]): KeysAndAttributes {
  const { AttributesToGet, ConsistentRead, ProjectionExpression, ExpressionAttributeNames } = request
  return {
    Keys: keys,
    ...(AttributesToGet === undefined ? {} : { AttributesToGet }),
    ...(ConsistentRead === undefined ? {} : { ConsistentRead }),
    ...(ProjectionExpression === undefined ? {} : { ProjectionExpression }),
    ...(ExpressionAttributeNames === undefined ? {} : { ExpressionAttributeNames }),
  }
}

function imageOf(item: StoredItem, projection: ProjectionPlan | undefined): Uint8Array {
  return projection === undefined ? item.image : encodeImage(project(projection, item.item))
}
