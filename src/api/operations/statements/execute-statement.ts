import type { SelectPlan, StatementPlan } from '../../../expression/partiql.ts'
import type { Answer, JsonBytes } from '../../answer.ts'
import { jsonList } from '../../answer.ts'
import type { WireError } from '../../wire-error.ts'
import { isWireError, validationError } from '../../wire-error.ts'
import type { ReturnConsumedCapacity } from '../items/consumed-capacity.ts'
import { consumedByWrites, consumedCapacity } from '../items/consumed-capacity.ts'
import { carryOut } from '../items/item-write.ts'
import { decodeNextToken, encodeNextToken } from './next-token.ts'
import { operation } from '../operation.ts'
import { INVALID_TOKEN, selectPage } from './statement-select.ts'
import { planWrite } from './statement-write.ts'
import type { StatementInput } from './statement.ts'
import { understand } from './statement.ts'
import type { OpenTable } from '../table-lookup.ts'
import { openTable } from '../table-lookup.ts'

interface Input extends StatementInput {
  readonly ConsistentRead?: boolean
  readonly NextToken?: string
  readonly Limit?: number
  readonly ReturnConsumedCapacity?: ReturnConsumedCapacity
}

export const executeStatement = operation<Input>(async (context, input) => {
  const plan = understand(input)
  if (isWireError(plan)) return plan
  if (plan.kind === 'exists') return EXISTS_ALONE
  const open = await openTable(context, plan.table)
  if (isWireError(open)) return open
  return plan.kind === 'select' ? executeSelect(open, plan, input) : executeWrite(open, plan, input)
})

/** "EXISTS can only be used in transactions" (developer guide); the text is a guess. */
const EXISTS_ALONE = validationError('EXISTS function can only be used in ExecuteTransaction')

async function executeSelect(open: OpenTable, plan: SelectPlan, input: Input): Promise<Answer | WireError> {
  const { NextToken: token } = input
  const after = token === undefined ? undefined : decodeNextToken(token, input, open.table.id)
  if (after === undefined && token !== undefined) return INVALID_TOKEN
  const page = await selectPage(open, plan, input, after)
  if (isWireError(page)) return page
  return {
    Items: jsonList(page.images),
    NextToken: page.next && encodeNextToken(page.next, input, open.table.id),
    LastEvaluatedKey: page.last,
    ConsumedCapacity: consumedCapacity(input.ReturnConsumedCapacity, plan.table, page.consumption),
  }
}

async function executeWrite(
  open: OpenTable,
  plan: Exclude<StatementPlan, { kind: 'select' | 'exists' }>,
  input: Input,
): Promise<Answer | WireError> {
  // A write has no pages. A guess.
  if (input.NextToken !== undefined) return INVALID_TOKEN
  const write = planWrite(open.table, plan, input)
  if (isWireError(write)) return write
  const done = await carryOut(open, write.itemKey, write.judge, write.attemptedBytes)
  if (isWireError(done)) return done
  return {
    Items: jsonList(imagesOf(done.attributes)),
    ConsumedCapacity: consumedByWrites(input.ReturnConsumedCapacity, plan.table, open.table, [done.work]),
  }
}

function imagesOf(attributes: JsonBytes | undefined): readonly Uint8Array[] {
  return attributes === undefined ? [] : [Buffer.concat(attributes.pieces)]
}
