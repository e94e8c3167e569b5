/** What an UpdateExpression makes of an item: all values from the item as it was, then one action after the other. */
import { decimalOf, negated, numberProblem, printed, sumOf } from './decimal.ts'
import type { SetOperand, UpdateAction } from './steps.ts'
import { itemOf, normalized, valueAt } from './values.ts'
import type { Item, Path, Value } from './values.ts'

export const updateTexts = {
  path: 'The document path provided in the update expression is invalid for update',
  missing: 'The provided expression refers to an attribute that does not exist in the item',
  type: 'An operand in the update expression has an incorrect data type',
  overflow: 'Number overflow. Attempting to store a number with magnitude larger than supported range',
  underflow: 'Number underflow. Attempting to store a number with magnitude smaller than supported range',
  precision: 'Attempting to store more than 38 significant digits in a Number',
}

/** @throws UpdateProblem */
export function updated(actions: readonly UpdateAction[], item: Item, listsAdd = false): Item {
  const edits = actions.map((action) => ({ path: action.path, value: newValue(action, item, listsAdd) }))
  return withEdits(item, edits)
}

export class UpdateProblem extends Error {}

interface Edit {
  readonly path: Path
  /** Undefined: nothing is to stand there. */
  readonly value: Value | undefined
}

function newValue(action: UpdateAction, item: Item, listsAdd: boolean): Value | undefined {
  switch (action.kind) {
    case 'remove':
      return undefined
    case 'set':
      return evaluate(action.operand, item)
    case 'add':
      return sum(valueAt(item, action.path), action.value, listsAdd)
    case 'delete':
      return difference(valueAt(item, action.path), action.value, listsAdd)
  }
}

function evaluate(operand: SetOperand, item: Item): Value {
  if ('value' in operand) return operand.value
  if ('path' in operand) return valueAt(item, operand.path) ?? refuse(updateTexts.missing)
  if ('ifMissing' in operand) return valueAt(item, operand.ifMissing) ?? evaluate(operand.otherwise, item)
  if ('append' in operand) {
    const [first, second] = operand.append.map((each) => evaluate(each, item))
    if (first === undefined || second === undefined || !('L' in first) || !('L' in second)) return refuse(updateTexts.type)
    return { L: [...first.L, ...second.L] }
  }
  const [left, right] = operand.operands.map((each) => evaluate(each, item))
  if (left === undefined || right === undefined || !('N' in left) || !('N' in right)) return refuse(updateTexts.type)
  return added(left.N, right.N, operand.operator === '-')
}

function added(left: string, right: string, minus: boolean): Value {
  const operand = decimalOf(right)
  const result = sumOf(decimalOf(left), minus ? negated(operand) : operand)
  const problem = numberProblem(result)
  return problem === undefined ? { N: printed(result) } : refuse(updateTexts[problem])
}

/** @param listsAdd as the older ADD does */
function sum(old: Value | undefined, value: Value, listsAdd: boolean): Value {
  if (old === undefined) return value
  if ('N' in old && 'N' in value) return added(old.N, value.N, false)
  if (listsAdd && 'L' in old && 'L' in value) return { L: [...old.L, ...value.L] }
  const [members, more] = [membersOf(old), membersOf(value)]
  if (members === undefined || more === undefined || members.type !== more.type) return refuse(mismatch(listsAdd))
  return setOf(members.type, [...new Set([...members.members, ...more.members])])
}

function difference(old: Value | undefined, value: Value, older: boolean): Value | undefined {
  if (old === undefined) return undefined
  const [members, less] = [membersOf(old), membersOf(value)]
  if (members === undefined || less === undefined || members.type !== less.type) return refuse(mismatch(older))
  const rest = members.members.filter((member) => !less.members.includes(member))
  return rest.length === 0 ? undefined : setOf(members.type, rest)
}

function mismatch(older: boolean): string {
  return older ? 'Type mismatch for attribute to update' : updateTexts.type
}

type SetType = 'SS' | 'NS' | 'BS'

function membersOf(value: Value): { type: SetType; members: readonly string[] } | undefined {
  if ('SS' in value) return { type: 'SS', members: value.SS }
  if ('NS' in value) return { type: 'NS', members: value.NS }
  return 'BS' in value ? { type: 'BS', members: value.BS } : undefined
}

function setOf(type: SetType, members: readonly string[]): Value {
  return type === 'SS' ? { SS: members } : type === 'NS' ? normalized({ NS: members }) : { BS: members }
}

/** The edits of one map: those that end here, and those that go on below one of its attributes. */
function withEdits(item: Item, edits: readonly Edit[]): Item {
  const result = new Map(Object.entries(item))
  for (const name of new Set(edits.map(({ path }) => path[0]))) {
    if (typeof name !== 'string') return refuse(updateTexts.path)
    const value = edited(result.get(name), below(edits, name))
    if (value === undefined) result.delete(name)
    else result.set(name, value)
  }
  return itemOf(result)
}

/** Elements keep the places they had; what is set behind the end is appended in the order of its indices. */
function withElementEdits(list: readonly Value[], edits: readonly Edit[]): readonly Value[] {
  const places: (Value | undefined)[] = [...list]
  const indices = [...new Set(edits.map(({ path }) => path[0]))]
  for (const at of indices.sort((a, b) => Number(a) - Number(b))) {
    if (typeof at !== 'number') return refuse(updateTexts.path)
    const value = edited(list[at], below(edits, at))
    if (at < list.length) places[at] = value
    else places.push(value)
  }
  return places.filter((value) => value !== undefined)
}

function edited(value: Value | undefined, edits: readonly Edit[]): Value | undefined {
  const [end] = edits
  if (end?.path.length === 0) return end.value
  if (value === undefined) return refuse(updateTexts.path)
  const byName = edits.every(({ path }) => typeof path[0] === 'string')
  if (byName && 'M' in value) return { M: withEdits(value.M, edits) }
  return !byName && 'L' in value ? { L: withElementEdits(value.L, edits) } : refuse(updateTexts.path)
}

function below(edits: readonly Edit[], step: string | number): readonly Edit[] {
  return edits.filter(({ path }) => path[0] === step).map(({ path, value }) => ({ path: path.slice(1), value }))
}

function refuse(text: string): never {
  throw new UpdateProblem(text)
}
