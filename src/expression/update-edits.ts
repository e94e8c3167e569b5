import type { AttributeMap, AttributeValue } from '../item/attribute-value.ts'
import { isInvalid } from '../item/invalid.ts'
import type { ItemEdit, ItemPath } from '../item/item-edit.ts'
import { valueAtNames } from '../item/item-edit.ts'
import { subtractNumbers } from '../item/number.ts'
import type { Path } from './path.ts'
import { samePath } from './path.ts'
import type { UpdateAction, UpdateOperand, UpdatePlan } from './update.ts'

/**
 * What an update did, place by place, for whoever merges it with updates made elsewhere: `SET n = n + :x` adds as ADD does, `list_append` with the list itself
 * appends, either also where `if_not_exists` stands for the list or number; a value that is SET to itself, or only if there is none, is not written when there
 * is one. Everything else that is SET is the value that came out.
 *
 * @param before the item that was updated, @param after what came out of it
 */
export function editsOf({ actions }: UpdatePlan, before: AttributeMap, after: AttributeMap): readonly ItemEdit[] {
  const edits: ItemEdit[] = []
  const whole: ItemPath[] = []
  for (const action of actions) {
    const path = namesOf(action.path)
    const inList = path.length < action.path.length
    const found = inList ? undefined : editOf(action, path, before)
    if (found !== undefined) edits.push(...found)
    else if (!inList || !whole.some((other) => samePath(other, path))) {
      if (inList) whole.push(path)
      const value = valueAtNames(after, path)
      edits.push(value === undefined ? { kind: 'remove', path } : { kind: 'set', path, value })
    }
  }
  return edits
}

/** Whether doing it twice makes something else than doing it once: it counts, or appends. */
export function goesOnFromWhatWas({ actions }: UpdatePlan): boolean {
  return actions.some((action) => {
    if (action.kind === 'add') return !isSet(action.value)
    return action.kind === 'set' && (action.value.kind === 'arithmetic' || action.value.kind === 'list-append')
  })
}

/** Undefined: it is told by what came out. */
function editOf(action: UpdateAction, path: ItemPath, before: AttributeMap): readonly ItemEdit[] | undefined {
  switch (action.kind) {
    case 'set':
      return setEdits(action.value, action.path, path, before)
    case 'remove':
      return [{ kind: 'remove', path }]
    case 'add':
      return [additionOf(action.value, path)].flatMap((edit) => edit ?? [])
    case 'delete':
      return isSet(action.value) ? [{ kind: 'exclude', path, elements: action.value }] : undefined
  }
}

function additionOf(value: AttributeValue, path: ItemPath): ItemEdit | undefined {
  if ('N' in value) return { kind: 'add', path, by: value.N }
  if ('L' in value) return { kind: 'append', path, elements: value.L }
  return isSet(value) ? { kind: 'include', path, elements: value } : undefined
}

function setEdits(operand: UpdateOperand, at: Path, path: ItemPath, before: AttributeMap): readonly ItemEdit[] | undefined {
  if (operand.kind === 'arithmetic') {
    const { left, right, operator } = operand
    if (right.kind === 'value' && 'N' in right.value) {
      const by = operator === '+' ? right.value.N : subtractNumbers('0', right.value.N)
      return isInvalid(by) ? undefined : beyond(left, at, path, before, { kind: 'add', path, by })
    }
    if (operator === '+' && left.kind === 'value' && 'N' in left.value) {
      return beyond(right, at, path, before, { kind: 'add', path, by: left.value.N })
    }
  }
  if (operand.kind === 'path' && samePath(operand.path, at)) return []
  if (operand.kind === 'if-not-exists' && samePath(operand.path, at) && valueAtNames(before, path) !== undefined) return []
  if (operand.kind === 'list-append') {
    const { first, second } = operand
    if (second.kind === 'value' && 'L' in second.value) {
      return beyond(first, at, path, before, { kind: 'append', path, elements: second.value.L })
    }
    if (first.kind === 'value' && 'L' in first.value) {
      return beyond(second, at, path, before, { kind: 'prepend', path, elements: first.value.L })
    }
  }
  return undefined
}

/** The change, if `operand` is what stands at the path itself; where that is missing, behind the value that stands for it. */
function beyond(operand: UpdateOperand, at: Path, path: ItemPath, before: AttributeMap, change: ItemEdit): readonly ItemEdit[] | undefined {
  if (operand.kind === 'path') return samePath(operand.path, at) ? [change] : undefined
  if (operand.kind !== 'if-not-exists' || !samePath(operand.path, at)) return undefined
  if (valueAtNames(before, path) !== undefined) return [change]
  const { otherwise } = operand
  if (otherwise.kind !== 'value') return undefined
  return isNothing(otherwise.value) ? [change] : [{ kind: 'set', path, value: otherwise.value }, change]
}

/** What additions begin with anyway. */
function isNothing(value: AttributeValue): boolean {
  return 'N' in value ? value.N === '0' : 'L' in value && value.L.length === 0
}

function isSet(value: AttributeValue): value is Extract<AttributeValue, { SS: unknown } | { NS: unknown } | { BS: unknown }> {
  return 'SS' in value || 'NS' in value || 'BS' in value
}

/** The path up to the first index of a list. */
function namesOf(path: Path): ItemPath {
  const names: string[] = []
  for (const step of path) {
    if (typeof step !== 'string') break
    names.push(step)
  }
  return names
}
