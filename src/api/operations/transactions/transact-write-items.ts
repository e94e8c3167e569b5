import { assert } from '../../../base/assert.ts'
import type { WireError } from '../../wire-error.ts'
import { isWireError, validationError } from '../../wire-error.ts'
import type { ReturnConsumedCapacity } from '../items/consumed-capacity.ts'
import type { DeleteInput } from '../items/delete-item.ts'
import { understandDelete } from '../items/delete-item.ts'
import type { Placeholders } from '../items/expressions.ts'
import { bind } from '../items/expressions.ts'
import type { ItemCollectionMetrics } from '../items/item-collection.ts'
import { itemCollectionMetrics } from '../items/item-collection.ts'
import { checked, conditionFailure } from '../items/item-write.ts'
import { parseKeyParameter } from '../items/key-parameter.ts'
import type { CallContext } from '../operation.ts'
import { operation } from '../operation.ts'
import type { PutInput } from '../items/put-item.ts'
import { understandPut } from '../items/put-item.ts'
import type { OpenTable } from '../table-lookup.ts'
import { openTable } from '../table-lookup.ts'
import type { TransactionDone, WritePart } from './transaction.ts'
import { allParts, consumedByTransactedWrites, onceOnlyBy, transactWrites } from './transaction.ts'
import type { UpdateInput } from '../items/update-item.ts'
import { understandUpdate } from '../items/update-item.ts'
import type { WriteAction } from '../items/write-action.ts'
import { writeOfKey } from '../items/write-action.ts'

interface Input {
  readonly TransactItems: readonly TransactItem[]
  readonly ClientRequestToken?: string
  readonly ReturnConsumedCapacity?: ReturnConsumedCapacity
  readonly ReturnItemCollectionMetrics?: 'SIZE' | 'NONE'
}

/** Exactly one of them. */
interface TransactItem {
  readonly Put?: PutInput
  readonly Update?: UpdateInput
  readonly Delete?: DeleteInput
  readonly ConditionCheck?: CheckInput
}

interface CheckInput extends Placeholders {
  readonly TableName: string
  readonly Key: unknown
  readonly ConditionExpression: string
  readonly ReturnValuesOnConditionCheckFailure?: 'ALL_OLD' | 'NONE'
}

/**
 * Writes up to 100 items of this Region's tables, all or none of them.
 *
 * What is wrong with the request itself, an empty key among it, refuses it. A key that does not fit its table, and whatever only the stored
 * items show, cancels the transaction, and is told part by part. Which of the two happens was seen on AWS for keys (2026) and for what an
 * update meets; that the other checks which need the table cancel is a guess.
 */
export const transactWriteItems = operation<Input>(async (context, input) => {
  const items = input.TransactItems.map(stated)
  const opened = await openActions(context, items)
  if (isWireError(opened)) return opened
  const parts = allParts(opened.map(planned))
  if (isWireError(parts)) return parts
  const [first] = parts
  assert(first !== undefined, 'the service model asks for one action at least')
  const once = onceOnlyBy(input.ClientRequestToken, ['TransactWriteItems', items], context.nowMs)
  const done = await transactWrites(first.engine, parts, once)
  if (isWireError(done)) return done
  return {
    ConsumedCapacity: consumedByTransactedWrites(input.ReturnConsumedCapacity, parts, done),
    ItemCollectionMetrics: collectionMetrics(input.ReturnItemCollectionMetrics, parts, done),
  }
})

const ONE_ACTION = validationError('TransactItems can only contain one of Check, Put, Update or Delete')

const actions = ['ConditionCheck', 'Put', 'Delete', 'Update'] as const

/** The members that actions have. What else a client sends is not looked at, neither here nor by the single operations, which know more. */
const members = [
  'TableName',
  'Key',
  'Item',
  'UpdateExpression',
  'ConditionExpression',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
  'ReturnValuesOnConditionCheckFailure',
]

function stated(item: TransactItem): TransactItem {
  return Object.fromEntries(
    actions.flatMap((action) => {
      const content = item[action]
      return content === undefined ? [] : [[action, Object.fromEntries(Object.entries(content).filter(([name]) => members.includes(name)))]]
    }),
  )
}

/** What no expression could use is let be, unlike in the single operations (observed on AWS, 2026). */
function withoutIdlePlaceholders<Content extends PutInput | DeleteInput>(content: Content): Content {
  if (content.ConditionExpression !== undefined) return content
  const { ExpressionAttributeNames: _names, ExpressionAttributeValues: _values, ...rest } = content
  return rest as Content
}

interface OpenAction extends OpenTable {
  readonly given: string
  readonly action: WriteAction
}

/** All actions with their tables, once nothing is wrong with the request itself. */
async function openActions(context: CallContext, items: readonly TransactItem[]): Promise<readonly OpenAction[] | WireError> {
  const understood: { given: string; action: WriteAction }[] = []
  for (const item of items) {
    const action = understand(item)
    if (isWireError(action)) return action
    understood.push(action)
  }
  const opened: OpenAction[] = []
  for (const each of understood) {
    const open = await openTable(context, each.given)
    if (isWireError(open)) return open
    const problem = each.action.requestProblem(open.table)
    if (problem !== undefined) return problem
    opened.push({ ...each, ...open })
  }
  return opened
}

function understand(item: TransactItem): { given: string; action: WriteAction } | WireError {
  const { Put, Update, Delete, ConditionCheck } = item
  const given = (Put ?? Update ?? Delete ?? ConditionCheck)?.TableName
  if (given === undefined || Object.keys(item).length > 1) return ONE_ACTION
  const action =
    (Put && understandPut(withoutIdlePlaceholders(Put))) ??
    (Update && understandUpdate(Update)) ??
    (Delete && understandDelete(withoutIdlePlaceholders(Delete))) ??
    (ConditionCheck && understandCheck(ConditionCheck)) ??
    ONE_ACTION
  return isWireError(action) ? action : { given, action }
}

function understandCheck(input: CheckInput): WriteAction | WireError {
  const parsed = parseKeyParameter(input.Key)
  if (isWireError(parsed)) return parsed
  const bound = bind(input, { condition: input.ConditionExpression })
  if (isWireError(bound)) return bound
  return writeOfKey(parsed, () => ({ judge: (before) => conditionFailure(bound.condition, before, input) ?? checked(before) }))
}

function planned({ action, ...open }: OpenAction): WritePart | WireError {
  const write = action.planFor(open.table)
  return isWireError(write) ? write : { ...open, ...write }
}

/** By table, for each item that was written (that a collection is told once per item is a guess); a repeated transaction writes none. */
function collectionMetrics(
  wanted: Input['ReturnItemCollectionMetrics'],
  parts: readonly WritePart[],
  done: TransactionDone,
): Readonly<Record<string, readonly ItemCollectionMetrics[]>> | undefined {
  if (wanted !== 'SIZE' || done.kind === 'repeated') return undefined
  const byTable = new Map<string, ItemCollectionMetrics[]>()
  for (const [at, { given, table, itemKey }] of parts.entries()) {
    const metrics = itemCollectionMetrics(wanted, table, itemKey, done.written[at]?.collectionBytes)
    if (metrics !== undefined) byTable.set(given, [...(byTable.get(given) ?? []), metrics])
  }
  return byTable.size === 0 ? undefined : Object.fromEntries(byTable)
}
