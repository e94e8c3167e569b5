import { readUnits } from '../../../cost/capacity.ts'
import { rowKey, spaces } from '../../../engine/keyspace.ts'
import type { SelectPlan, StatementPlan } from '../../../expression/partiql.ts'
import type { JsonBytes } from '../../answer.ts'
import { encodeAnswer, jsonList } from '../../answer.ts'
import { tellThrottled } from '../../contributors.ts'
import type { WireError } from '../../wire-error.ts'
import { isWireError, validationError } from '../../wire-error.ts'
import { chargeItemReads } from '../items/charge-reads.ts'
import type { ReturnConsumedCapacity, WriteWork } from '../items/consumed-capacity.ts'
import { DUPLICATE_KEYS, hasDuplicates } from '../items/duplicate-keys.ts'
import { carryOut } from '../items/item-write.ts'
import type { CallContext } from '../operation.ts'
import { operation } from '../operation.ts'
import { ConsumptionByTable } from '../items/consumption-by-table.ts'
import { statementError } from './statement-error.ts'
import { selectedItem } from './statement-select.ts'
import { keyIn, planWrite } from './statement-write.ts'
import type { StatementInput } from './statement.ts'
import { isWrite, understand } from './statement.ts'
import type { OpenTable } from '../table-lookup.ts'
import { consistentReadProblem, openTable, readsOf } from '../table-lookup.ts'
import type { PlannedWrite } from '../items/write-action.ts'

interface Input {
  readonly Statements: readonly BatchedStatement[]
  readonly ReturnConsumedCapacity?: ReturnConsumedCapacity
}

interface BatchedStatement extends StatementInput {
  readonly ConsistentRead?: boolean
}

/** One item's read or write, understood. */
type Step = Read | Write

interface Read extends OpenTable {
  readonly kind: 'read'
  readonly plan: SelectPlan
  readonly itemKey: Uint8Array
  readonly consistent: boolean
}

interface Write extends OpenTable, PlannedWrite {
  readonly kind: 'write'
  readonly plan: StatementPlan
}

/** What a step came to, and what it took. */
interface Done {
  readonly item: JsonBytes | undefined
  readonly work: number | WriteWork
}

/** Each statement succeeds or fails by itself; only a batch that is no batch fails as a whole. */
export const batchExecuteStatement = operation<Input>(async (context, { Statements, ReturnConsumedCapacity }) => {
  const plans = Statements.map(understand)
  const understood = plans.flatMap((plan) => (isWireError(plan) ? [] : [plan]))
  if (understood.some(isWrite) && !understood.every(isWrite)) return MIXED
  const steps: (Step | WireError)[] = []
  for (const [at, plan] of plans.entries()) steps.push(isWireError(plan) ? plan : await stepOf(context, plan, Statements[at] ?? {}))
  if (namesAnItemTwice(steps)) return validationError(DUPLICATE_KEYS)

  const outcomes = await Promise.all(steps.map(run))
  return {
    Responses: jsonList(outcomes.map((outcome, at) => encodeResponse(outcome, steps[at], plans[at]))),
    ConsumedCapacity: consumed(ReturnConsumedCapacity, steps, outcomes),
  }
})

/** Both rules are documented; how they are told is a guess, as is that a batch with an item in it twice is refused as a whole. */
const MIXED = validationError('The entire batch must consist of either read statements or write statements')

/** The text is recalled. */
const NO_PRIMARY_KEY = 'Select statements within BatchExecuteStatement must specify the primary key in the where clause.'

async function stepOf(
  context: CallContext,
  plan: StatementPlan,
  input: Pick<BatchedStatement, 'ConsistentRead' | 'ReturnValuesOnConditionCheckFailure'>,
): Promise<Step | WireError> {
  if (plan.kind === 'exists') return validationError('EXISTS function can only be used in ExecuteTransaction')
  const open = await openTable(context, plan.table)
  if (isWireError(open)) return open
  if (plan.kind === 'select') {
    const key = plan.index === undefined ? keyIn(open.table, plan.condition, NO_PRIMARY_KEY) : validationError(NO_PRIMARY_KEY)
    return isWireError(key) ? key : { kind: 'read', ...open, plan, itemKey: key.itemKey, consistent: input.ConsistentRead === true }
  }
  const write = planWrite(open.table, plan, input)
  return isWireError(write) ? write : { kind: 'write', ...open, ...write, plan }
}

function namesAnItemTwice(steps: readonly (Step | WireError)[]): boolean {
  return hasDuplicates(steps.flatMap((step) => (isWireError(step) ? [] : [rowKey(step.table.number, spaces.items, step.itemKey)])))
}

async function run(step: Step | WireError): Promise<Done | WireError> {
  if (isWireError(step)) return step
  return step.kind === 'read' ? read(step) : write(step)
}

async function read(step: Read): Promise<Done | WireError> {
  const { table, limits, contributors, itemKey, plan, consistent } = step
  const throttled = limits?.refusal('read')
  tellThrottled(throttled, contributors, itemKey)
  if (throttled !== undefined) return throttled
  const behind = await consistentReadProblem(step, consistent)
  if (behind !== undefined) return behind
  const found = await readsOf(step, consistent).getItem(table, itemKey)
  const units = readUnits(found?.sizeBytes ?? 0, consistent ? 'strong' : 'eventual')
  chargeItemReads(step, units)
  contributors?.read(itemKey, units)
  return { item: found && selectedItem(plan, found), work: units }
}

async function write(step: Write): Promise<Done | WireError> {
  const done = await carryOut(step, step.itemKey, step.judge, step.attemptedBytes)
  return isWireError(done) ? done : { item: done.attributes, work: done.work }
}

function encodeResponse(
  outcome: Done | WireError,
  step: Step | WireError | undefined,
  plan: StatementPlan | WireError | undefined,
): Buffer {
  const known = step !== undefined && !isWireError(step) ? step.plan : plan
  const TableName = known === undefined || isWireError(known) ? undefined : known.table
  if (isWireError(outcome)) return encodeAnswer({ Error: statementError(outcome), TableName })
  return encodeAnswer({ TableName, Item: outcome.item })
}

function consumed(wanted: ReturnConsumedCapacity, steps: readonly (Step | WireError)[], outcomes: readonly (Done | WireError)[]) {
  const consumption = new ConsumptionByTable(wanted)
  for (const [at, step] of steps.entries()) {
    const outcome = outcomes[at]
    if (isWireError(step) || outcome === undefined || isWireError(outcome)) continue
    if (typeof outcome.work === 'number') consumption.read(step.plan.table, step.table, outcome.work)
    else consumption.write(step.plan.table, step.table, outcome.work)
  }
  return consumption.reports()
}
