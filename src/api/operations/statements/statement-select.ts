import { readUnits } from '../../../cost/capacity.ts'
import type { StoredItem } from '../../../engine/stored-item.ts'
import { encodeImage } from '../../../engine/stored-item.ts'
import { evaluateCondition } from '../../../expression/condition.ts'
import type { KeyAccess, OrderKey, SelectPlan } from '../../../expression/partiql.ts'
import { keyRangesOf, orderProblem, planAccess, selectColumns, sortPartitions } from '../../../expression/partiql.ts'
import type { AttributeMap, AttributeValue } from '../../../item/attribute-value.ts'
import { indexPartitionPrefix } from '../../../item/index-key.ts'
import { isInvalid } from '../../../item/invalid.ts'
import { decodeItemKey, partitionPrefix } from '../../../item/item-key.ts'
import type { IndexKeySchema } from '../../../item/key-schema.ts'
import type { JsonBytes } from '../../answer.ts'
import { chargeReads } from '../items/charge-reads.ts'
import { jsonBytes, jsonItem } from '../../answer.ts'
import type { WireError } from '../../wire-error.ts'
import { fromInvalid, isWireError, validationError } from '../../wire-error.ts'
import type { Consumption } from '../items/consumed-capacity.ts'
import { totalUnits } from '../items/consumed-capacity.ts'
import type { Bounds } from '../items/key-range.ts'
import { boundsOf, indexBoundsOf } from '../items/key-range.ts'
import type { Found, Position, RangePage, ReadRange } from '../items/range-reading.ts'
import { readInTurn, readMerged } from '../items/range-reading.ts'
import type { ReadSource } from '../items/read-source.ts'
import { fetchesItems, lastKeyOf, readSource, sourceSchema } from '../items/read-source.ts'
import type { OpenTable } from '../table-lookup.ts'
import { consistentReadProblem } from '../table-lookup.ts'

/** A page of a SELECT. */
export interface Selected {
  readonly images: readonly Uint8Array[]
  /** Where the next page begins; undefined at the end. */
  readonly next: Position | undefined
  /** The key of the last item that was read, when there is or may be more behind it. */
  readonly last: AttributeMap | undefined
  readonly consumption: Consumption
}

export interface SelectInput {
  readonly Limit?: number
  readonly ConsistentRead?: boolean
}

/** "Results are returned in pages of up to 10 items" (developer guide, PartiQL operators, IN). Several keys joined by OR are taken as the same. */
const PAGE_OF_SEVERAL_PARTITIONS = 10

/** @param after where the page before ended; refused when it is none of this statement's positions */
export async function selectPage(
  open: OpenTable,
  plan: SelectPlan,
  { Limit = Infinity, ConsistentRead = false }: SelectInput,
  after: Position | undefined,
): Promise<Selected | WireError> {
  const source = readSource(open, { ...(plan.index === undefined ? {} : { IndexName: plan.index }), ConsistentRead })
  if (isWireError(source)) return source
  const fetches = fetchesItems(source, {}, { projection: plan.projection, filter: plan.condition })
  if (isWireError(fetches)) return fetches
  const order = orderedAccess(plan, sourceSchema(source))
  if (isWireError(order)) return order

  const throttled = source.limits?.refusal('read', source.index)
  if (throttled !== undefined) {
    for (const partition of order.access?.partitions ?? [])
      source.contributors?.pageThrottled(source.index, partitionKey(source, partition))
    return throttled
  }

  const behind = await consistentReadProblem(source, ConsistentRead)
  if (behind !== undefined) return behind

  const { access, reverse, merged } = order
  const ranges = access === undefined ? [wholeSource] : access.partitions.map((partition) => rangeOf(source, access, partition))
  const several = ranges.length > 1
  const reading = { source, ranges, reverse, itemsMax: several ? Math.min(Limit, PAGE_OF_SEVERAL_PARTITIONS) : Limit }
  const page = await (several && merged ? readMerged(reading, after) : readInTurn(reading, after))
  if (page === undefined) return INVALID_TOKEN
  const selected = await answerOf(source, plan, page, { fetches, consistency: ConsistentRead ? 'strong' : 'eventual' })
  chargeReads(source, selected.consumption)
  if (source.tally !== undefined) source.tally.returnedItems = selected.images.length
  const { index, contributors } = source
  if (contributors !== undefined) {
    const units = index?.kind === 'global' ? (selected.consumption.indexes.get(index) ?? 0) : totalUnits(selected.consumption)
    const [only, ...others] = access?.partitions ?? []
    const partition = only === undefined || others.length > 0 ? undefined : partitionKey(source, only)
    contributors.pageRead(
      index,
      page.found.map(({ item }) => item),
      units,
      partition,
    )
  }
  return selected
}

function partitionKey(source: ReadSource, values: readonly AttributeValue[]): AttributeMap {
  return Object.fromEntries(
    sourceSchema(source).partition.flatMap(({ name }, at) => (values[at] === undefined ? [] : [[name, values[at]]])),
  )
}

/** The text is recalled, not seen. */
export const INVALID_TOKEN = validationError('NextToken does not match request')

const wholeSource: ReadRange = { prefix: new Uint8Array(0), bounds: { from: new Uint8Array(0), to: undefined } }

interface OrderedAccess {
  readonly access: KeyAccess | undefined
  readonly reverse: boolean
  /** The sort key comes first, so that several partitions are read into each other. */
  readonly merged: boolean
}

function orderedAccess({ condition, order }: SelectPlan, keys: IndexKeySchema): OrderedAccess | WireError {
  const access = planAccess(condition, keys)
  if (isInvalid(access)) return fromInvalid(access)
  const misordered = orderProblem(order, condition, keys, access)
  if (misordered !== undefined) return fromInvalid(misordered)
  const bySort = order.filter(({ attribute }) => keys.sort.some(({ name }) => name === attribute))
  const reverse = bySort[0]?.descending ?? false
  // A guess: one range of keys is read in one direction.
  if (bySort.some(({ descending }) => descending !== reverse)) {
    return validationError('All sort key attributes in ORDER BY clause must have the same direction')
  }
  const [first] = order
  const byPartition: OrderKey | undefined = first === bySort[0] ? undefined : first
  return {
    access: access && byPartition ? sortPartitions(access, byPartition.descending) : access,
    reverse,
    merged: bySort.length > 0 && byPartition === undefined,
  }
}

function rangeOf({ index, table: { schema } }: ReadSource, access: KeyAccess, partition: readonly AttributeValue[]): ReadRange {
  const [value] = partition
  const prefix = index !== undefined || value === undefined ? indexPartitionPrefix(partition) : partitionPrefix(schema, value)
  const bounds = keyRangesOf(access, partition).map((range) => (index === undefined ? boundsOf(range, schema) : indexBoundsOf(range)))
  return { prefix, bounds: bounds.reduce(intersection) }
}

function intersection(a: Bounds, b: Bounds): Bounds {
  const from = Buffer.compare(a.from, b.from) >= 0 ? a.from : b.from
  if (a.to === undefined || b.to === undefined) return { from, to: a.to ?? b.to }
  return { from, to: Buffer.compare(a.to, b.to) <= 0 ? a.to : b.to }
}

/** What a SELECT of one item returns of it. */
export function selectedItem({ condition, columns }: SelectPlan, found: StoredItem): JsonBytes | undefined {
  if (condition !== undefined && !evaluateCondition(condition, found.item)) return undefined
  return columns === undefined ? jsonBytes(found.image) : jsonItem(selectColumns(columns, found.item))
}

interface Telling {
  readonly fetches: boolean
  readonly consistency: 'strong' | 'eventual'
}

/** Items that an index does not hold whole are fetched from the table; one that was deleted in between is not there. */
async function answerOf(source: ReadSource, plan: SelectPlan, page: RangePage, { fetches, consistency }: Telling): Promise<Selected> {
  const { reads, table, index } = source
  const fetched = fetches ? await reads.getItems(page.found.map(({ itemKey }) => ({ table, itemKey }))) : undefined
  const items = fetched ?? page.found.map(({ item }) => item)
  const images: Uint8Array[] = []
  let fetchUnits = 0
  for (const item of items) {
    if (item === undefined) continue
    if (fetches) fetchUnits += readUnits(item.sizeBytes, consistency)
    if (plan.condition !== undefined && !evaluateCondition(plan.condition, item.item)) continue
    images.push(plan.columns === undefined ? item.image : encodeImage(selectColumns(plan.columns, item.item)))
  }
  const units = page.bytesByRange.reduce((sum, bytes) => sum + readUnits(bytes, consistency), 0)
  return {
    images,
    next: page.next,
    last: page.next && lastKey(source, page.found.at(-1)),
    consumption: index === undefined ? { table: units, indexes: new Map() } : { table: fetchUnits, indexes: new Map([[index, units]]) },
  }
}

function lastKey({ table, index }: ReadSource, last: Found | undefined): AttributeMap | undefined {
  if (last === undefined) return undefined
  return index === undefined ? decodeItemKey(table.schema, last.key) : lastKeyOf(table, index, last.item.item)
}
