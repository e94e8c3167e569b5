import { readUnits } from '../../../cost/capacity.ts'
import type { Place, Visit } from '../../../engine/item-reader.ts'
import type { StoredItem } from '../../../engine/stored-item.ts'
import { encodeImage } from '../../../engine/stored-item.ts'
import type { ConditionPlan } from '../../../expression/condition.ts'
import { evaluateCondition } from '../../../expression/condition.ts'
import type { ProjectionPlan } from '../../../expression/projection.ts'
import { project } from '../../../expression/projection.ts'
import type { AttributeMap } from '../../../item/attribute-value.ts'
import { decodeItemKey } from '../../../item/item-key.ts'
import type { Answer } from '../../answer.ts'
import { jsonList } from '../../answer.ts'
import { chargeReads } from './charge-reads.ts'
import type { WireError } from '../../wire-error.ts'
import { isWireError, validationError } from '../../wire-error.ts'
import type { Consumption, ReturnConsumedCapacity } from './consumed-capacity.ts'
import { consumedCapacity, totalUnits } from './consumed-capacity.ts'
import type { Placeholders } from './expressions.ts'
import type { Bounds } from './key-range.ts'
import type { ReadInput, ReadSource } from './read-source.ts'
import { consistentReadProblem } from '../table-lookup.ts'
import { fetchesItems, lastKeyOf } from './read-source.ts'

/** What Query and Scan have in common: a page of items in key order, filtered and projected. */
export interface PageInput extends Placeholders, ReadInput {
  readonly TableName: string
  readonly Limit?: number
  readonly ExclusiveStartKey?: unknown
  readonly FilterExpression?: string
  readonly AttributesToGet?: readonly string[]
  readonly ProjectionExpression?: string
  readonly ReturnConsumedCapacity?: ReturnConsumedCapacity
}

export interface PagePlan {
  readonly bounds: Bounds
  readonly reverse: boolean
  readonly filter: ConditionPlan | undefined
  readonly projection: ProjectionPlan | undefined
  /** The values of the partition key, where one partition is read. */
  readonly partition?: AttributeMap
}

/** A page holds items of at most 1 MB together, counted before the filter; always one, however large. */
export const PAGE_BYTES_MAX = 1 << 20

/** Items that no filter and no projection looks at are answered with their stored bytes. */
export async function readPage(source: ReadSource, input: PageInput, plan: PagePlan): Promise<Answer | WireError> {
  const fetches = fetchesItems(source, input, plan)
  if (isWireError(fetches)) return fetches
  const throttled = source.limits?.refusal('read', source.index)
  if (throttled !== undefined) {
    source.contributors?.pageThrottled(source.index, plan.partition)
    return throttled
  }
  const behind = await consistentReadProblem(source, input.ConsistentRead)
  if (behind !== undefined) return behind
  const page = await (fetches ? fetchedPage(source, input, plan) : visitedPage(source, input, plan))
  const units = unitsOf(source, input, page)
  chargeReads(source, units)
  if (source.tally !== undefined) source.tally.returnedItems = page.matched
  if (page.seen !== undefined) {
    const ofSource = source.index?.kind === 'global' ? (units.indexes.get(source.index) ?? 0) : totalUnits(units)
    source.contributors?.pageRead(source.index, page.seen, ofSource, plan.partition)
  }
  return {
    Items: page.images && jsonList(page.images),
    Count: page.matched,
    ScannedCount: page.scanned,
    LastEvaluatedKey: page.last,
    ConsumedCapacity: consumedCapacity(input.ReturnConsumedCapacity, input.TableName, units),
  }
}

interface ReadItems {
  /** Undefined when they are only counted. */
  readonly images: Uint8Array[] | undefined
  scanned: number
  matched: number
  /** Of what was read from the source. */
  sizeBytes: number
  /** Of each item that was fetched from the table, because the index did not have all of it. */
  readonly fetchedBytes: number[]
  last: AttributeMap | undefined
  /** What was read, where somebody wants to know which keys are used. */
  readonly seen: StoredItem[] | undefined
}

function nothingRead({ contributors }: ReadSource, { Select }: PageInput): ReadItems {
  const seen = contributors === undefined ? undefined : []
  return { seen, images: Select === 'COUNT' ? undefined : [], scanned: 0, matched: 0, sizeBytes: 0, fetchedBytes: [], last: undefined }
}

async function visitedPage(source: ReadSource, input: PageInput, plan: PagePlan): Promise<ReadItems> {
  const read = nothingRead(source, input)
  await visitItems(source, input, plan, read, (item) => take(read, plan, item))
  return read
}

interface FoundEntry {
  readonly entry: StoredItem
  readonly itemKey: Uint8Array
}

/** First the entries, then their items, until those fill the page. An item that was deleted in between is not there. */
async function fetchedPage(source: ReadSource, input: PageInput, plan: PagePlan): Promise<ReadItems> {
  const { reads, table } = source
  const read = nothingRead(source, input)
  const found: FoundEntry[] = []
  await visitItems(source, input, plan, read, (entry, place) => found.push({ entry, itemKey: place().itemKey }))
  let fetchedBytes = 0
  for (let from = 0; from < found.length; from += fetchedAtOnceMax) {
    const items = await reads.getItems(found.slice(from, from + fetchedAtOnceMax).map(({ itemKey }) => ({ table, itemKey })))
    for (const [at, item] of items.entries()) {
      if (item === undefined) continue
      if (fetchedBytes > 0 && fetchedBytes + item.sizeBytes > PAGE_BYTES_MAX) return endedBehind(read, source, found.slice(0, from + at))
      fetchedBytes += item.sizeBytes
      read.fetchedBytes.push(item.sizeBytes)
      take(read, plan, item)
    }
  }
  return read
}

/** The page as if no more than these entries had been found. */
function endedBehind(read: ReadItems, { table, index }: ReadSource, taken: readonly FoundEntry[]): ReadItems {
  const last = taken.at(-1)
  read.scanned = taken.length
  read.seen?.splice(taken.length)
  read.sizeBytes = taken.reduce((sum, { entry }) => sum + entry.sizeBytes, 0)
  read.last = last && index && lastKeyOf(table, index, last.entry.item)
  return read
}

/** So many items of full size are in memory at a time. */
const fetchedAtOnceMax = 20

async function visitItems(
  { reads, table, index }: ReadSource,
  { Limit: limit = Infinity }: PageInput,
  { bounds, reverse }: PagePlan,
  read: ReadItems,
  see: (item: StoredItem, place: () => Place) => void,
): Promise<void> {
  let lastSeen: StoredItem | undefined
  const visit: Visit = (item, place) => {
    if (read.scanned > 0 && read.sizeBytes + item.sizeBytes > PAGE_BYTES_MAX) return 'stop-before'
    read.scanned++
    read.sizeBytes += item.sizeBytes
    lastSeen = item
    read.seen?.push(item)
    see(item, place)
    return read.scanned < limit ? 'more' : 'last'
  }
  const range = { ...bounds, reverse }
  const last = await (index === undefined ? reads.read(table, range, visit) : reads.readIndex(table, index, range, visit))
  if (last === undefined) return
  read.last = index === undefined ? decodeItemKey(table.schema, last) : lastSeen && lastKeyOf(table, index, lastSeen.item)
}

function take(read: ReadItems, { filter, projection }: PagePlan, item: StoredItem): void {
  if (filter !== undefined && !evaluateCondition(filter, item.item)) return
  read.matched++
  read.images?.push(projection === undefined ? item.image : encodeImage(project(projection, item.item)))
}

const noIndexes: Consumption['indexes'] = new Map()

/** What is fetched from the table is read item by item, and charged to the table. */
function unitsOf({ index }: ReadSource, { ConsistentRead }: PageInput, { sizeBytes, fetchedBytes }: ReadItems): Consumption {
  const consistency = ConsistentRead === true ? 'strong' : 'eventual'
  const units = readUnits(sizeBytes, consistency)
  if (index === undefined) return { table: units, indexes: noIndexes }
  const fetched = fetchedBytes.reduce((sum, bytes) => sum + readUnits(bytes, consistency), 0)
  return { table: fetched, indexes: new Map([[index, units]]) }
}

/** Whether what is to be returned fits together. */
export function selectProblem(
  { Select, AttributesToGet, ProjectionExpression, IndexName }: PageInput,
  verb: 'Querying' | 'Scanning',
): WireError | undefined {
  if (Select === 'ALL_PROJECTED_ATTRIBUTES' && IndexName === undefined) {
    return invalidParameters(`ALL_PROJECTED_ATTRIBUTES can be used only when ${verb} using an IndexName`)
  }
  const projected =
    ProjectionExpression !== undefined ? 'ProjectionExpression' : AttributesToGet !== undefined ? 'AttributesToGet' : undefined
  if (Select === 'SPECIFIC_ATTRIBUTES' && projected === undefined) {
    return invalidParameters('Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES')
  }
  if (projected === undefined || Select === undefined || Select === 'SPECIFIC_ATTRIBUTES') return undefined
  return invalidParameters(`Cannot specify the ${projected} when choosing to get ${Select === 'COUNT' ? 'only the Count' : Select}`)
}

function invalidParameters(what: string): WireError {
  return validationError(`One or more parameter values were invalid: ${what}`)
}
