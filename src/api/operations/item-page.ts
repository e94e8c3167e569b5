import { readUnits } from '../../cost/capacity.ts'
import { encodeImage } from '../../engine/stored-item.ts'
import type { ConditionPlan } from '../../expression/condition.ts'
import { evaluateCondition } from '../../expression/condition.ts'
import type { ProjectionPlan } from '../../expression/projection.ts'
import { project } from '../../expression/projection.ts'
import { decodeItemKey } from '../../item/item-key.ts'
import type { Answer } from '../answer.ts'
import { jsonList } from '../answer.ts'
import type { WireError } from '../wire-error.ts'
import { validationError } from '../wire-error.ts'
import type { ReturnConsumedCapacity } from './consumed-capacity.ts'
import { consumedCapacity } from './consumed-capacity.ts'
import type { Placeholders } from './expressions.ts'
import type { Bounds } from './key-range.ts'
import type { OpenTable } from './table-lookup.ts'

/** What Query and Scan have in common: a page of items in key order, filtered and projected. */
export interface PageInput extends Placeholders {
  readonly TableName: string
  readonly IndexName?: string
  readonly Select?: 'ALL_ATTRIBUTES' | 'ALL_PROJECTED_ATTRIBUTES' | 'COUNT' | 'SPECIFIC_ATTRIBUTES'
  readonly Limit?: number
  readonly ConsistentRead?: boolean
  readonly ExclusiveStartKey?: unknown
  readonly FilterExpression?: string
  readonly ProjectionExpression?: string
  readonly ReturnConsumedCapacity?: ReturnConsumedCapacity
}

export interface PagePlan {
  readonly bounds: Bounds
  readonly reverse: boolean
  readonly filter: ConditionPlan | undefined
  readonly projection: ProjectionPlan | undefined
}

/** A page holds items of at most 1 MB together, counted before the filter; always one, however large. */
const PAGE_BYTES_MAX = 1 << 20

/** Items that no filter and no projection looks at are answered with their stored bytes. */
export async function readPage(open: OpenTable, input: PageInput, plan: PagePlan): Promise<Answer> {
  const limit = input.Limit ?? Infinity
  const counting = input.Select === 'COUNT'
  const images: Uint8Array[] = []
  let scanned = 0
  let matched = 0
  let sizeBytes = 0
  const last = await open.engine.read(open.table, { ...plan.bounds, reverse: plan.reverse }, (item) => {
    if (scanned > 0 && sizeBytes + item.sizeBytes > PAGE_BYTES_MAX) return 'stop-before'
    scanned++
    sizeBytes += item.sizeBytes
    if (plan.filter === undefined || evaluateCondition(plan.filter, item.item)) {
      matched++
      if (!counting) images.push(plan.projection === undefined ? item.image : encodeImage(project(plan.projection, item.item)))
    }
    return scanned < limit ? 'more' : 'last'
  })
  const units = readUnits(sizeBytes, input.ConsistentRead === true ? 'strong' : 'eventual')
  return {
    Items: counting ? undefined : jsonList(images),
    Count: matched,
    ScannedCount: scanned,
    LastEvaluatedKey: last && decodeItemKey(open.table.schema, last),
    ConsumedCapacity: consumedCapacity(input.ReturnConsumedCapacity, input.TableName, units),
  }
}

/** Whether what is to be returned fits together. */
export function selectProblem(
  { Select, ProjectionExpression, IndexName }: PageInput,
  verb: 'Querying' | 'Scanning',
): WireError | undefined {
  if (Select === 'ALL_PROJECTED_ATTRIBUTES' && IndexName === undefined) {
    return invalidParameters(`ALL_PROJECTED_ATTRIBUTES can be used only when ${verb} using an IndexName`)
  }
  if (Select === 'SPECIFIC_ATTRIBUTES' && ProjectionExpression === undefined) {
    return invalidParameters('Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES')
  }
  if (ProjectionExpression === undefined || Select === undefined || Select === 'SPECIFIC_ATTRIBUTES') return undefined
  return invalidParameters(`Cannot specify the ProjectionExpression when choosing to get ${Select === 'COUNT' ? 'only the Count' : Select}`)
}

/** There are no indexes yet, so none that is named exists. */
export function indexProblem({ IndexName }: PageInput): WireError | undefined {
  return IndexName === undefined ? undefined : validationError(`The table does not have the specified index: ${IndexName}`)
}

function invalidParameters(what: string): WireError {
  return validationError(`One or more parameter values were invalid: ${what}`)
}
