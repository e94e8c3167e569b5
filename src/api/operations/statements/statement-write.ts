import type { Table } from '../../../engine/table.ts'
import type { ConditionPlan } from '../../../expression/condition.ts'
import type { DeletePlan, InsertPlan, Returning, UpdateStatementPlan } from '../../../expression/partiql.ts'
import { asksMoreThanKey, wholeKey } from '../../../expression/partiql.ts'
import type { AttributeMap } from '../../../item/attribute-value.ts'
import { isInvalid } from '../../../item/invalid.ts'
import { parseKey } from '../../../item/item-key.ts'
import type { WireError } from '../../wire-error.ts'
import { duplicateItem, fromInvalid, isWireError, validationError } from '../../wire-error.ts'
import { keyUpdateProblem, updateVerdict } from '../items/item-update.ts'
import type { WriteInput } from '../items/item-write.ts'
import { conditionFailure, oldAttributes, refuseWrite } from '../items/item-write.ts'
import { newItem } from '../items/new-item.ts'
import type { StatementInput } from './statement.ts'
import type { PlannedWrite } from '../items/write-action.ts'

type OnFailure = Pick<StatementInput, 'ReturnValuesOnConditionCheckFailure'>

/** What the table makes of an INSERT, UPDATE or DELETE. */
export function planWrite(table: Table, plan: InsertPlan | UpdateStatementPlan | DeletePlan, input: OnFailure): PlannedWrite | WireError {
  switch (plan.kind) {
    case 'insert':
      return planInsert(table, plan)
    case 'update':
      return planUpdate(table, plan, input)
    case 'delete':
      return planDelete(table, plan, input)
  }
}

/** The item must not be there yet: unlike PutItem, INSERT replaces nothing. */
function planInsert(table: Table, plan: InsertPlan): PlannedWrite | WireError {
  const storable = newItem(table, plan)
  if (isWireError(storable)) return storable
  const { itemKey, item } = storable
  const result = { attributes: undefined, sizeBytes: item.sizeBytes }
  const judge: PlannedWrite['judge'] = (before) =>
    before === undefined ? { kind: 'put', item, result, relative: true } : refuseWrite(duplicateItem)
  return { itemKey, judge, attemptedBytes: item.sizeBytes }
}

/** The item must be there: unlike UpdateItem, UPDATE makes none. An item that is not there has no key to be equal to what WHERE says. */
function planUpdate(table: Table, { update, condition, returning }: UpdateStatementPlan, input: OnFailure): PlannedWrite | WireError {
  const key = keyIn(table, condition)
  if (isWireError(key)) return key
  const onKey = keyUpdateProblem(update, table.schema)
  if (onKey !== undefined) return onKey
  const returned = { ReturnValues: returning === undefined ? ('NONE' as const) : returnValues[returning] }
  const planned = { ...key, update, condition: furtherCondition(condition, table) }
  return {
    itemKey: key.itemKey,
    judge: (before) => conditionFailure(condition, before, input) ?? updateVerdict(table, planned, before, returned),
  }
}

const returnValues = {
  'ALL OLD': 'ALL_OLD',
  'ALL NEW': 'ALL_NEW',
  'MODIFIED OLD': 'UPDATED_OLD',
  'MODIFIED NEW': 'UPDATED_NEW',
} as const satisfies Record<Returning, WriteInput['ReturnValues']>

/** An item that is not there is deleted already; one that is there must meet the rest of the clause (developer guide, "PartiQL delete"). */
function planDelete(table: Table, { condition, returning }: DeletePlan, input: OnFailure): PlannedWrite | WireError {
  const key = keyIn(table, condition)
  if (isWireError(key)) return key
  const returned = { ReturnValues: returning === undefined ? ('NONE' as const) : returnValues[returning] }
  const relative = furtherCondition(condition, table) !== undefined
  return {
    itemKey: key.itemKey,
    judge: (before) => {
      const failure = before === undefined ? undefined : conditionFailure(condition, before, input)
      if (failure !== undefined) return failure
      return { kind: 'delete', result: { attributes: oldAttributes(before, returned), sizeBytes: before?.sizeBytes ?? 0 }, relative }
    },
  }
}

/** The clause, when it says more than which item is meant: then it is what a ConditionExpression is to UpdateItem. */
function furtherCondition(condition: ConditionPlan | undefined, { schema }: Table): ConditionPlan | undefined {
  return condition !== undefined && asksMoreThanKey(condition, schema) ? condition : undefined
}

/** The key of the one item that a clause names. */
export function keyIn(
  { schema }: Table,
  condition: ConditionPlan | undefined,
  otherwise = 'Where clause does not contain a mandatory equality on all key attributes',
): { readonly key: AttributeMap; readonly itemKey: Uint8Array } | WireError {
  const key = wholeKey(condition, schema)
  if (key === undefined) return validationError(otherwise)
  const parsed = parseKey(schema, key)
  return isInvalid(parsed) ? fromInvalid(parsed) : { key, itemKey: parsed.key }
}
