import type { Table } from '../../../engine/table.ts'
import type { ExistsPlan, SelectPlan, StatementPlan } from '../../../expression/partiql.ts'
import type { Answer } from '../../answer.ts'
import { encodeAnswer, jsonList } from '../../answer.ts'
import type { WireError } from '../../wire-error.ts'
import { isWireError, validationError } from '../../wire-error.ts'
import type { ReturnConsumedCapacity } from '../items/consumed-capacity.ts'
import { checked, conditionFailure } from '../items/item-write.ts'
import type { CallContext } from '../operation.ts'
import { operation } from '../operation.ts'
import { selectedItem } from './statement-select.ts'
import { keyIn, planWrite } from './statement-write.ts'
import type { StatementInput } from './statement.ts'
import { understand } from './statement.ts'
import { openTable } from '../table-lookup.ts'
import type { ReadPart, WritePart } from '../transactions/transaction.ts'
import {
  allParts,
  canceledFor,
  consumedByReads,
  consumedByTransactedWrites,
  onceOnlyBy,
  transactReads,
  transactWrites,
} from '../transactions/transaction.ts'
import type { PlannedWrite } from '../items/write-action.ts'

interface Input {
  readonly TransactStatements: readonly StatementInput[]
  readonly ClientRequestToken?: string
  readonly ReturnConsumedCapacity?: ReturnConsumedCapacity
}

/** All statements read, or all of them write or check. */
export const executeTransaction = operation<Input>(async (context, input) => {
  const { TransactStatements } = input
  const plans = TransactStatements.map(understand)
  const understood = plans.flatMap((plan) => (isWireError(plan) ? [] : [plan]))
  if (understood.length < plans.length) return canceledFor(plans)
  const reads = understood.flatMap((plan) => (plan.kind === 'select' ? [plan] : []))
  if (reads.length === understood.length) return executeReads(context, input, reads)
  return reads.length === 0 ? executeWrites(context, input, understood) : MIXED
})

/** The rule is documented; how it is told is a guess. */
const MIXED = validationError('The entire transaction must consist of either read statements or write statements')
/** A guess, after the text of BatchExecuteStatement. */
const NO_PRIMARY_KEY = 'Select statements within ExecuteTransaction must specify the primary key in the where clause.'
/** "This statement doesn't return any values for write operations" (developer guide). That RETURNING is refused is a guess. */
const NO_RETURNING = validationError('RETURNING clause is not supported in ExecuteTransaction')

interface SelectPart extends ReadPart {
  readonly plan: SelectPlan
}

async function executeReads(context: CallContext, input: Input, plans: readonly SelectPlan[]): Promise<Answer | WireError> {
  const opened: (SelectPart | WireError)[] = []
  for (const plan of plans) opened.push(await selectPart(context, plan))
  const parts = allParts(opened)
  if (isWireError(parts)) return parts
  const [first] = parts
  if (first === undefined) return { Responses: jsonList([]) }
  const items = await transactReads(first.engine, parts)
  if (isWireError(items)) return items
  return {
    Responses: jsonList(
      parts.map(({ plan }, at) => {
        const item = items[at]
        return encodeAnswer({ Item: item && selectedItem(plan, item) })
      }),
    ),
    ConsumedCapacity: consumedByReads(input.ReturnConsumedCapacity, parts, items),
  }
}

async function selectPart(context: CallContext, plan: SelectPlan): Promise<SelectPart | WireError> {
  const open = await openTable(context, plan.table)
  if (isWireError(open)) return open
  const key = plan.index === undefined ? keyIn(open.table, plan.condition, NO_PRIMARY_KEY) : validationError(NO_PRIMARY_KEY)
  return isWireError(key) ? key : { ...open, given: plan.table, plan, itemKey: key.itemKey }
}

async function executeWrites(context: CallContext, input: Input, plans: readonly StatementPlan[]): Promise<Answer | WireError> {
  const opened: (WritePart | WireError)[] = []
  for (const [at, plan] of plans.entries()) opened.push(await writePart(context, plan, input.TransactStatements[at] ?? {}))
  const parts = allParts(opened)
  if (isWireError(parts)) return parts
  const [first] = parts
  if (first === undefined) return { Responses: jsonList([]) }
  const once = onceOnlyBy(input.ClientRequestToken, ['ExecuteTransaction', input.TransactStatements], context.nowMs)
  const outcome = await transactWrites(first.engine, parts, once)
  if (isWireError(outcome)) return outcome
  return {
    Responses: parts.map(() => ({})),
    ConsumedCapacity: consumedByTransactedWrites(input.ReturnConsumedCapacity, parts, outcome),
  }
}

async function writePart(
  context: CallContext,
  plan: StatementPlan,
  input: Pick<StatementInput, 'ReturnValuesOnConditionCheckFailure'>,
): Promise<WritePart | WireError> {
  if (plan.kind === 'select') return MIXED
  if ((plan.kind === 'update' || plan.kind === 'delete') && plan.returning !== undefined) return NO_RETURNING
  const open = await openTable(context, plan.table)
  if (isWireError(open)) return open
  const write = plan.kind === 'exists' ? planCheck(open.table, plan, input) : planWrite(open.table, plan, input)
  return isWireError(write) ? write : { ...open, ...write, given: plan.table }
}

/** EXISTS is what ConditionCheck is to TransactWriteItems: the item must be there and meet the clause, and stays as it is. */
function planCheck(
  table: Table,
  { select: { condition, index } }: ExistsPlan,
  input: Pick<StatementInput, 'ReturnValuesOnConditionCheckFailure'>,
): PlannedWrite | WireError {
  const key = index === undefined ? keyIn(table, condition, NO_PRIMARY_KEY) : validationError(NO_PRIMARY_KEY)
  if (isWireError(key)) return key
  return { itemKey: key.itemKey, judge: (before) => conditionFailure(condition, before, input) ?? checked(before) }
}
