/**
 * What an UpdateExpression makes of an item.
 *
 * All new values are computed first, from the item as it was; then the item is rebuilt along the touched paths alone and shares
 * the rest with the old one, which is never changed. Clauses cannot disturb each other, since their paths never overlap.
 * Source: the developer guide, "Using update expressions in DynamoDB".
 */
import { attributeOf, newMap } from '../item/attribute-value.ts'
import type { AttributeMap, AttributeValue } from '../item/attribute-value.ts'
import { invalid, isInvalid } from '../item/invalid.ts'
import type { Invalid } from '../item/invalid.ts'
import { addNumbers, subtractNumbers } from '../item/number.ts'
import { project } from './path-tree.ts'
import type { PathElements, PathFields, PathTree } from './path-tree.ts'
import { valueAt } from './path.ts'
import type { Path } from './path.ts'

export interface UpdatePlan {
  readonly actions: readonly UpdateAction[]
  /** Where the actions act; a leaf's ordinal is the position of its action. */
  readonly targets: PathFields
  /** What is said when ADD or DELETE meets a value of another type; undefined is what update expressions say. */
  readonly typeMismatch?: Invalid
}

export type UpdateAction =
  | { readonly kind: 'set'; readonly path: Path; readonly value: UpdateOperand }
  | { readonly kind: 'remove'; readonly path: Path }
  | { readonly kind: 'add' | 'delete'; readonly path: Path; readonly value: AttributeValue }

export type UpdateOperand =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly value: AttributeValue }
  | { readonly kind: 'if-not-exists'; readonly path: Path; readonly otherwise: UpdateOperand }
  | { readonly kind: 'list-append'; readonly first: UpdateOperand; readonly second: UpdateOperand }
  | { readonly kind: 'arithmetic'; readonly operator: '+' | '-'; readonly left: UpdateOperand; readonly right: UpdateOperand }

/** The paths that an update was told to change, whether or not anything stands there. */
export type TouchedPaths = PathFields

export interface Updated {
  readonly item: AttributeMap
  readonly touched: TouchedPaths
}

/** An item that does not exist is updated as one that has its key attributes alone; the caller puts them there. */
export function applyUpdate(plan: UpdatePlan, item: AttributeMap): Updated | Invalid {
  const edits: Edit[] = []
  for (const action of plan.actions) {
    const edit = editOf(action, item, plan.typeMismatch ?? TYPE_WRONG)
    if (isInvalid(edit)) return edit
    edits.push(edit)
  }
  const edited = editFields(item, plan.targets, edits)
  return edited === undefined ? PATH_UNUSABLE : { item: edited, touched: plan.targets }
}

/**
 * The touched paths of the item before (UPDATED_OLD) or after (UPDATED_NEW) the update. Only what stands at the paths as they
 * were written: an element appended by an index past the end is therefore not among the new ones, as in the service.
 */
export function projectTouched(touched: TouchedPaths, item: AttributeMap): AttributeMap {
  return project(touched, item)
}

/**
 * Whether the update can only take away. It then makes no item where there is none: documented for AttributeUpdates ("DELETE: nothing
 * happens; there is no attribute to delete"); that update expressions do the same is a guess.
 */
export function onlyTakesAway({ actions }: UpdatePlan): boolean {
  return actions.every(({ kind }) => kind === 'remove' || kind === 'delete')
}

/** The top-level attributes that the update touches; the caller refuses those of the key. */
export function updatePaths(plan: UpdatePlan): readonly string[] {
  return [...plan.targets.children.keys()]
}

const PATH_UNUSABLE = invalid('The document path provided in the update expression is invalid for update')
const ATTRIBUTE_MISSING = invalid('The provided expression refers to an attribute that does not exist in the item')
const TYPE_WRONG = invalid('An operand in the update expression has an incorrect data type')

/** What is to stand at a path afterwards; undefined is nothing. */
type Edit = AttributeValue | undefined

function editOf(action: UpdateAction, item: AttributeMap, typeMismatch: Invalid): Edit | Invalid {
  switch (action.kind) {
    case 'set':
      return evaluate(action.value, item)
    case 'remove':
      return undefined
    case 'add':
      return sum(valueAt(item, action.path), action.value, typeMismatch)
    case 'delete':
      return difference(valueAt(item, action.path), action.value, typeMismatch)
  }
}

function evaluate(operand: UpdateOperand, item: AttributeMap): AttributeValue | Invalid {
  switch (operand.kind) {
    case 'value':
      return operand.value
    case 'path':
      return valueAt(item, operand.path) ?? ATTRIBUTE_MISSING
    case 'if-not-exists':
      return valueAt(item, operand.path) ?? evaluate(operand.otherwise, item)
    case 'list-append': {
      const first = evaluate(operand.first, item)
      if (isInvalid(first)) return first
      const second = evaluate(operand.second, item)
      if (isInvalid(second)) return second
      return 'L' in first && 'L' in second ? { L: [...first.L, ...second.L] } : TYPE_WRONG
    }
    case 'arithmetic': {
      const left = evaluate(operand.left, item)
      if (isInvalid(left)) return left
      const right = evaluate(operand.right, item)
      if (isInvalid(right)) return right
      if (!('N' in left) || !('N' in right)) return TYPE_WRONG
      return numberOf(operand.operator === '+' ? addNumbers(left.N, right.N) : subtractNumbers(left.N, right.N))
    }
  }
}

/** ADD: a missing number counts as zero, a missing set as empty. Only the legacy ADD comes here with a list. */
function sum(old: AttributeValue | undefined, added: AttributeValue, typeMismatch: Invalid): AttributeValue | Invalid {
  if (old === undefined) return added
  if ('N' in old && 'N' in added) return numberOf(addNumbers(old.N, added.N))
  if ('SS' in old && 'SS' in added) return { SS: union(old.SS, added.SS) }
  if ('NS' in old && 'NS' in added) return { NS: union(old.NS, added.NS) }
  if ('BS' in old && 'BS' in added) return { BS: union(old.BS, added.BS) }
  if ('L' in old && 'L' in added) return { L: [...old.L, ...added.L] }
  return typeMismatch
}

/** DELETE: there are no empty sets, so with its last member the attribute goes. */
function difference(old: AttributeValue | undefined, taken: AttributeValue, typeMismatch: Invalid): Edit | Invalid {
  if (old === undefined) return undefined
  if ('SS' in old && 'SS' in taken) return unlessEmpty(without(old.SS, taken.SS), (SS) => ({ SS }))
  if ('NS' in old && 'NS' in taken) return unlessEmpty(without(old.NS, taken.NS), (NS) => ({ NS }))
  if ('BS' in old && 'BS' in taken) return unlessEmpty(without(old.BS, taken.BS), (BS) => ({ BS }))
  return typeMismatch
}

function numberOf(result: string | Invalid): AttributeValue | Invalid {
  return isInvalid(result) ? result : { N: result }
}

function union(members: readonly string[], added: readonly string[]): readonly string[] {
  return [...new Set([...members, ...added])]
}

function without(members: readonly string[], taken: readonly string[]): readonly string[] {
  const gone = new Set(taken)
  return members.filter((member) => !gone.has(member))
}

function unlessEmpty(members: readonly string[], asSet: (members: readonly string[]) => AttributeValue): Edit {
  return members.length === 0 ? undefined : asSet(members)
}

/** The map with its edits; undefined where a path leads through something that is missing or is of another type. */
function editFields(map: AttributeMap, targets: PathFields, edits: readonly Edit[]): AttributeMap | undefined {
  const edited = newMap(map)
  for (const [name, target] of targets.children) {
    const value = target.kind === 'leaf' ? edits[target.ordinal] : editWithin(attributeOf(map, name), target, edits)
    if (value !== undefined) edited[name] = value
    else if (target.kind === 'leaf') delete edited[name]
    else return undefined
  }
  return edited
}

/** Elements are addressed as they stood before. Those past the end are appended in the order of their indices, without gaps. */
function editElements(list: readonly AttributeValue[], targets: PathElements, edits: readonly Edit[]): AttributeValue[] | undefined {
  const edited: Edit[] = list.slice()
  for (const [index, target] of targets.children) {
    const value = target.kind === 'leaf' ? edits[target.ordinal] : editWithin(list[index], target, edits)
    if (value === undefined && target.kind !== 'leaf') return undefined
    if (index < list.length) edited[index] = value
    else edited.push(value)
  }
  return edited.filter((element) => element !== undefined)
}

function editWithin(
  value: AttributeValue | undefined,
  target: Exclude<PathTree, { kind: 'leaf' }>,
  edits: readonly Edit[],
): AttributeValue | undefined {
  if (value === undefined) return undefined
  if (target.kind === 'fields') {
    const map = 'M' in value ? editFields(value.M, target, edits) : undefined
    return map === undefined ? undefined : { M: map }
  }
  const list = 'L' in value ? editElements(value.L, target, edits) : undefined
  return list === undefined ? undefined : { L: list }
}
