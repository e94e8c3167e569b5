import { assert } from '../../../base/assert.ts'
import type { StoredItem } from '../../../engine/stored-item.ts'
import type { ProjectionPlan } from '../../../expression/projection.ts'
import { project } from '../../../expression/projection.ts'
import { encodeAnswer, jsonBytes, jsonItem, jsonList } from '../../answer.ts'
import type { WireError } from '../../wire-error.ts'
import { isWireError } from '../../wire-error.ts'
import type { ReturnConsumedCapacity } from '../items/consumed-capacity.ts'
import { bind } from '../items/expressions.ts'
import type { ParsedKey } from '../items/key-parameter.ts'
import { keyProblem, parseKeyParameter, readKey } from '../items/key-parameter.ts'
import type { CallContext } from '../operation.ts'
import { operation } from '../operation.ts'
import type { OpenTable } from '../table-lookup.ts'
import { openTable } from '../table-lookup.ts'
import type { ReadPart } from './transaction.ts'
import { allParts, consumedByReads, transactReads } from './transaction.ts'

interface Input {
  readonly TransactItems: readonly { readonly Get: Get }[]
  readonly ReturnConsumedCapacity?: ReturnConsumedCapacity
}

interface Get {
  readonly TableName: string
  readonly Key: unknown
  readonly ProjectionExpression?: string
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>
}

/** A Get, understood as far as that goes without its table. */
interface Reading {
  readonly given: string
  readonly parsed: ParsedKey
  readonly projection: ProjectionPlan | undefined
}

interface OpenReading extends Reading, OpenTable {}

interface ProjectedPart extends ReadPart {
  readonly projection: ProjectionPlan | undefined
}

/** Reads up to 100 items of this Region's tables as they are at one moment. Problems are told as by TransactWriteItems. */
export const transactGetItems = operation<Input>(async (context, input) => {
  const opened = await openReadings(context, input.TransactItems)
  if (isWireError(opened)) return opened
  const parts = allParts(opened.map(located))
  if (isWireError(parts)) return parts
  const [first] = parts
  assert(first !== undefined, 'the service model asks for one item at least')
  const items = await transactReads(first.engine, parts)
  if (isWireError(items)) return items
  return {
    Responses: jsonList(parts.map(({ projection }, at) => response(items[at], projection))),
    ConsumedCapacity: consumedByReads(input.ReturnConsumedCapacity, parts, items),
  }
})

async function openReadings(context: CallContext, items: Input['TransactItems']): Promise<readonly OpenReading[] | WireError> {
  const readings: Reading[] = []
  for (const { Get } of items) {
    const reading = understand(Get)
    if (isWireError(reading)) return reading
    readings.push(reading)
  }
  const opened: OpenReading[] = []
  for (const reading of readings) {
    const open = await openTable(context, reading.given)
    if (isWireError(open)) return open
    const problem = keyProblem(open.table, reading.parsed)
    if (problem !== undefined) return problem
    opened.push({ ...reading, ...open })
  }
  return opened
}

/** Names that no projection could use are let be, unlike those of GetItem (observed on AWS, 2026). */
function understand({ TableName, Key, ProjectionExpression, ExpressionAttributeNames }: Get): Reading | WireError {
  const parsed = parseKeyParameter(Key)
  if (isWireError(parsed)) return parsed
  const names = ExpressionAttributeNames === undefined || ProjectionExpression === undefined ? {} : { ExpressionAttributeNames }
  const bound = bind(names, { projection: ProjectionExpression })
  return isWireError(bound) ? bound : { given: TableName, parsed, projection: bound.projection }
}

function located({ parsed, ...open }: OpenReading): ProjectedPart | WireError {
  const key = readKey(open.table, parsed)
  return isWireError(key) ? key : { ...open, itemKey: key.itemKey }
}

/** `{Item}`; nothing in it for an item that is not there, or has nothing of what is asked for (observed on AWS, 2026). */
function response(item: StoredItem | undefined, projection: ProjectionPlan | undefined): Uint8Array {
  if (item === undefined || projection === undefined) return encodeAnswer({ Item: item && jsonBytes(item.image) })
  const projected = project(projection, item.item)
  return encodeAnswer({ Item: Object.keys(projected).length === 0 ? undefined : jsonItem(projected) })
}
