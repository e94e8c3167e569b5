import type { Table } from '../../../engine/table.ts'
import type { Answer } from '../../answer.ts'
import type { WireError } from '../../wire-error.ts'
import { isWireError } from '../../wire-error.ts'
import type { JudgedWrite, WriteInput } from './item-write.ts'
import { writeItem } from './item-write.ts'
import type { NamedItem, ParsedKey } from './key-parameter.ts'
import { keyProblem, readKey } from './key-parameter.ts'
import type { CallContext } from '../operation.ts'
import { openTable } from '../table-lookup.ts'

/**
 * One write, understood as far as that goes without its table. PutItem, UpdateItem and DeleteItem carry out one by itself,
 * TransactWriteItems several together: what a write is and what it must not be is said once for both.
 */
export interface WriteAction {
  /** What the table makes of it; among what can be wrong with it, the first in the order of the single operation. */
  planFor(table: Table): PlannedWrite | WireError
  /** That of all the problems for which DynamoDB refuses a whole transaction; the others are reasons for cancelling it. */
  requestProblem(table: Table): WireError | undefined
}

/** One item's write, ready to be carried out. */
export interface PlannedWrite extends JudgedWrite {
  readonly itemKey: Uint8Array
}

/** A write of the item that a `Key` names. */
export function writeOfKey(parsed: ParsedKey, plan: (named: NamedItem, table: Table) => JudgedWrite | WireError): WriteAction {
  return {
    requestProblem: (table) => keyProblem(table, parsed),
    planFor(table) {
      const named = readKey(table, parsed)
      if (isWireError(named)) return named
      const write = plan(named, table)
      return isWireError(write) ? write : { ...write, itemKey: named.itemKey }
    },
  }
}

/** Carries out a write by itself. */
export async function writeAlone(context: CallContext, action: WriteAction | WireError, input: WriteInput): Promise<Answer | WireError> {
  if (isWireError(action)) return action
  const open = await openTable(context, input.TableName)
  if (isWireError(open)) return open
  const write = action.planFor(open.table)
  return isWireError(write) ? write : writeItem(open, write.itemKey, input, write)
}
