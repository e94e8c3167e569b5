/** One write in the model: what is wrong with the request, with its key, with the item it meets; and what it makes of it. */
import { holds } from './model-condition.ts'
import type { Units } from './model-capacity.ts'
import { projected, pathsClash } from './model-projection.ts'
import type { ModelTable } from './model-table.ts'
import { checkIndexKeys, checkIndexesNotEmpty, checkItemKey, checkKey, checkNotEmpty, writeUnits } from './model-table.ts'
import { updated, UpdateProblem } from './model-update.ts'
import { Refused, validation } from './refused.ts'
import type { Check, Condition, Delete, Operand, Put, Reported, SetOperand, Update, UpdateAction } from './steps.ts'
import { depthOf, itemBytes, noAttributes, normalized, normalizedItem, sameJson, unfitNumber } from './values.ts'
import type { Item, Path, Value } from './values.ts'

export type Write = (Put | Update | Delete | Check) & Reported

export interface Written {
  readonly key: string
  readonly before: Item | undefined
  readonly after: Item | undefined
  readonly attributes: Item | undefined
  readonly units: Units
}

const ITEM_BYTES_MAX = 400 * 1024
const LEVELS_MAX = 32

/** @throws Refused for what no table is needed to see */
export function checkRequest(write: Write): void {
  const { returnValues } = write
  if (write.kind !== 'update' && returnValues !== undefined && returnValues !== 'NONE' && returnValues !== 'ALL_OLD') {
    throw validation()
  }
  const values = [
    ...(write.condition === undefined ? [] : valuesOf(write.condition)),
    ...(write.kind === 'update' ? (write.actions ?? []).flatMap(valuesOfAction) : []),
  ]
  if (write.statement === true) values.push({ M: write.kind === 'put' ? write.item : write.key })
  if (values.some((value) => unfitNumber(value) !== undefined)) throw validation()
  if (write.kind === 'update' && pathsClash((write.actions ?? []).map(({ path }) => path))) throw validation()
}

/** A table that is not there is told before the numbers of items and keys (captured on AWS, 2026). @throws Refused for those */
export function checkNumbers(item: Item): void {
  if (unfitNumber({ M: item }) !== undefined) throw validation()
}

/** @throws Refused for an empty key: it refuses a whole transaction, unlike what else is wrong with a key */
export function checkEmptyKey(table: ModelTable, write: Write): void {
  const key = write.kind === 'put' ? write.item : write.key
  checkNumbers(key)
  checkNotEmpty(table.spec, key)
  if (write.kind === 'put') checkIndexesNotEmpty(table.spec, key)
}

/** The text of the key that is written. @throws Refused for what the table shows to be wrong, and the item does not */
export function checkAgainstTable(table: ModelTable, write: Write): string {
  const { spec } = table
  checkNumbers(write.kind === 'put' ? write.item : write.key)
  if (write.kind !== 'put') {
    if (write.statement === true && table.keyAttributes().some(({ name }) => write.key[name] === undefined)) throw validation()
    checkKey(spec, write.key)
    const names = new Set(write.kind === 'update' ? (write.actions ?? []).map(({ path }) => path[0]) : [])
    const ofKey = [...names].find((name) => table.keyAttributes().some((attribute) => attribute.name === name))
    if (ofKey !== undefined) {
      throw validation(`One or more parameter values were invalid: Cannot update attribute ${ofKey}. This attribute is part of the key`)
    }
    return table.keyOf(write.key)
  }
  checkItemKey(spec, write.item)
  if (itemBytes(write.item) > ITEM_BYTES_MAX) throw validation('Item size has exceeded the maximum allowed size')
  checkIndexKeys(spec, normalizedItem(write.item))
  return table.keyOf(write.item)
}

/** What the write makes of the item that it meets. @throws Refused */
export function carriedOut(table: ModelTable, key: string, write: Write): Written {
  const before = table.get(key)
  if (write.statement === true && write.kind === 'put' && before !== undefined) {
    throw new Refused('DuplicateItemException', 'Duplicate primary key exists in table')
  }
  if (!meets(write, before)) {
    throw new Refused('ConditionalCheckFailedException', 'The conditional request failed', {
      item: write.showOld === true ? before : undefined,
    })
  }
  const after = afterOf(table, write, before)
  if (write.kind !== 'check') {
    table.set(key, after)
    table.record({ key, before, after })
  }
  const bytes = Math.max(before === undefined ? 0 : itemBytes(before), after === undefined ? 0 : itemBytes(after))
  const units = { table: writeUnits(bytes), byIndex: table.indexUnits(before, after) }
  return { key, before, after, attributes: returned(write, before, after), units }
}

/** A statement's condition names the key, which an item that is not there has not; but what is not there is deleted already. */
function meets({ kind, condition, statement }: Write, before: Item | undefined): boolean {
  if (statement === true && before === undefined) return kind === 'put' || kind === 'delete'
  return condition === undefined || holds(normalizedCondition(condition), before ?? noAttributes)
}

function afterOf(table: ModelTable, write: Write, before: Item | undefined): Item | undefined {
  switch (write.kind) {
    case 'put':
      return normalizedItem(write.item)
    case 'delete':
      return undefined
    case 'check':
      return before
    case 'update':
      return updatedItem(table, write, before)
  }
}

function updatedItem(table: ModelTable, { key, actions, legacy }: Update & Reported, before: Item | undefined): Item | undefined {
  const base = before ?? normalizedItem(key)
  if (actions === undefined) return base
  const after = withProblems(() => updated(actions.map(normalizedAction), base, legacy === true))
  if (before === undefined && actions.every(({ kind }) => kind === 'remove' || kind === 'delete')) return undefined
  if (Object.values(after).some((value) => depthOf(value) > LEVELS_MAX)) throw validation()
  if (itemBytes(after) > ITEM_BYTES_MAX) throw validation('Item size to update has exceeded the maximum allowed size')
  // An update is told of it in other words.
  if (!fitsIndexes(table, after)) throw validation()
  return after
}

function fitsIndexes({ spec }: ModelTable, item: Item): boolean {
  try {
    checkIndexKeys(spec, item)
    return true
  } catch (error) {
    if (error instanceof Refused) return false
    throw error
  }
}

function withProblems(update: () => Item): Item {
  try {
    return update()
  } catch (error) {
    // Which of several problems is told first is not documented: the exception is checked, its text is not.
    if (error instanceof UpdateProblem) throw validation()
    throw error
  }
}

function returned(write: Write, before: Item | undefined, after: Item | undefined): Item | undefined {
  const touched = write.kind === 'update' ? write.actions?.map(({ path }) => path) : undefined
  switch (write.returnValues) {
    case 'ALL_OLD':
      return before
    case 'ALL_NEW':
      return after
    case 'UPDATED_OLD':
      return part(touched, before)
    case 'UPDATED_NEW':
      return part(touched, after)
    default:
      return undefined
  }
}

function part(touched: readonly Path[] | undefined, item: Item | undefined): Item | undefined {
  const attributes = touched === undefined || item === undefined ? noAttributes : projected(touched, item)
  return sameJson(Object.keys(attributes), []) ? undefined : attributes
}

export function valuesOf(condition: Condition): readonly Value[] {
  const operands = operandsOf(condition)
  return operands.flatMap((operand) => ('value' in operand ? [operand.value] : []))
}

/** The values of expressions are in normal form before they are looked at. */
export function normalizedCondition(condition: Condition): Condition {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return { ...condition, conditions: condition.conditions.map(normalizedCondition) }
    case 'not':
      return { ...condition, condition: normalizedCondition(condition.condition) }
    case 'exists':
    case 'missing':
    case 'type':
      return condition
    case 'compare':
      return { ...condition, left: inNormalForm(condition.left), right: inNormalForm(condition.right) }
    case 'between':
      return { ...condition, low: inNormalForm(condition.low), high: inNormalForm(condition.high) }
    case 'in':
      return { ...condition, candidates: condition.candidates.map(inNormalForm) }
    case 'begins':
      return { ...condition, prefix: inNormalForm(condition.prefix) }
    case 'contains':
      return { ...condition, element: inNormalForm(condition.element) }
  }
}

function inNormalForm(operand: Operand): Operand {
  return 'value' in operand ? { value: normalized(operand.value) } : operand
}

function normalizedAction(action: UpdateAction): UpdateAction {
  if (action.kind === 'remove') return action
  return action.kind === 'set' ? { ...action, operand: normalizedOperand(action.operand) } : { ...action, value: normalized(action.value) }
}

function normalizedOperand(operand: SetOperand): SetOperand {
  if ('path' in operand) return operand
  if ('value' in operand) return { value: normalized(operand.value) }
  if ('ifMissing' in operand) return { ...operand, otherwise: normalizedOperand(operand.otherwise) }
  if ('append' in operand) return { append: [normalizedOperand(operand.append[0]), normalizedOperand(operand.append[1])] }
  return { ...operand, operands: [normalizedOperand(operand.operands[0]), normalizedOperand(operand.operands[1])] }
}

function valuesOfAction(action: UpdateAction): readonly Value[] {
  if (action.kind === 'remove') return []
  return action.kind === 'set' ? valuesOfOperand(action.operand) : [action.value]
}

function valuesOfOperand(operand: SetOperand): readonly Value[] {
  if ('path' in operand) return []
  if ('value' in operand) return [operand.value]
  if ('ifMissing' in operand) return valuesOfOperand(operand.otherwise)
  return ('append' in operand ? operand.append : operand.operands).flatMap(valuesOfOperand)
}

export function operandsOf(condition: Condition): readonly Operand[] {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.conditions.flatMap(operandsOf)
    case 'not':
      return operandsOf(condition.condition)
    case 'exists':
    case 'missing':
    case 'type':
      return [{ path: condition.path }]
    case 'compare':
      return [condition.left, condition.right]
    case 'between':
      return [condition.operand, condition.low, condition.high]
    case 'in':
      return [condition.operand, ...condition.candidates]
    case 'begins':
      return [condition.operand, condition.prefix]
    case 'contains':
      return [condition.container, condition.element]
  }
}
