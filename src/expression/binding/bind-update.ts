/** From the tree of an update and the placeholders of a request to a plan; refuses paths that overlap and values of types that cannot work. */
import { assert } from '../../base/assert.ts'
import { typeOf } from '../../item/attribute-value.ts'
import type { AttributeType, AttributeValue } from '../../item/attribute-value.ts'
import { buildPathTree } from '../path-tree.ts'
import type { PathFields } from '../path-tree.ts'
import type { Path } from '../path.ts'
import type { Call, SetValue, Update, UpdateAction as WrittenAction } from '../syntax/ast.ts'
import type { UpdateAction, UpdateOperand, UpdatePlan } from '../update.ts'
import { observeType } from './bind-condition.ts'
import type { Scope } from './scope.ts'

export function bindUpdate(update: Update, scope: Scope): UpdatePlan {
  const targets = bindPaths(
    update.map(({ path }) => scope.path(path)),
    scope,
  )
  return { actions: update.map((action) => bindAction(action, scope)), targets }
}

/** The tree of paths of which none may contain another. */
export function bindPaths(paths: readonly Path[], scope: Scope): PathFields {
  const tree = buildPathTree(paths)
  if (typeof tree !== 'string') return tree
  scope.observe(tree)
  return { kind: 'fields', children: new Map() }
}

function bindAction(action: WrittenAction, scope: Scope): UpdateAction {
  const path = scope.path(action.path)
  switch (action.kind) {
    case 'remove':
      return { kind: 'remove', path }
    case 'set':
      return { kind: 'set', path, value: bindValue(action.value, scope) }
    case 'add':
      return { kind: 'add', path, value: bindChange('ADD', addable, action.value.placeholder, scope) }
    case 'delete':
      return { kind: 'delete', path, value: bindChange('DELETE', deletable, action.value.placeholder, scope) }
  }
}

const addable: ReadonlySet<AttributeType> = new Set(['N', 'SS', 'NS', 'BS'])
const deletable: ReadonlySet<AttributeType> = new Set(['SS', 'NS', 'BS'])

/** ADD and DELETE spell types out in their messages, unlike functions (observed; `typeSet` since about 2021). */
function bindChange(clause: 'ADD' | 'DELETE', allowed: ReadonlySet<AttributeType>, placeholder: string, scope: Scope): AttributeValue {
  const value = scope.value(placeholder)
  const type = typeOf(value)
  if (!allowed.has(type)) {
    scope.observe(
      'Incorrect operand type for operator or function; ' +
        `operator: ${clause}, operand type: ${spelledOut[type]}, typeSet: ALLOWED_FOR_${clause}_OPERAND`,
    )
  }
  return value
}

export const spelledOut: Record<AttributeType, string> = {
  S: 'STRING',
  N: 'NUMBER',
  B: 'BINARY',
  BOOL: 'BOOLEAN',
  NULL: 'NULL',
  M: 'MAP',
  L: 'LIST',
  SS: 'STRING_SET',
  NS: 'NUMBER_SET',
  BS: 'BINARY_SET',
}

function bindValue(value: SetValue, scope: Scope): UpdateOperand {
  switch (value.kind) {
    case 'path':
      return { kind: 'path', path: scope.path(value.path) }
    case 'value':
      return { kind: 'value', value: scope.value(value.placeholder) }
    case 'call':
      return bindCall(value, scope)
    case 'arithmetic': {
      const left = bindValue(value.left, scope)
      const right = bindValue(value.right, scope)
      checkType(value.operator, 'N', [left, right], scope)
      return { kind: 'arithmetic', operator: value.operator, left, right }
    }
  }
}

function bindCall(call: Call, scope: Scope): UpdateOperand {
  const [first, second] = call.operands.map((operand) => bindValue(operand, scope))
  assert(first !== undefined && second !== undefined, 'the grammar counts operands')
  if (call.function === 'if_not_exists') {
    assert(first.kind === 'path', 'the grammar requires a path here')
    return { kind: 'if-not-exists', path: first.path, otherwise: second }
  }
  checkType('list_append', 'L', [first, second], scope)
  return { kind: 'list-append', first, second }
}

function checkType(operator: string, required: AttributeType, operands: readonly UpdateOperand[], scope: Scope): void {
  for (const operand of operands) {
    const type = staticType(operand)
    if (type !== undefined && type !== required) observeType(operator, type, scope)
  }
}

/** The type where it is known without an item. */
function staticType(operand: UpdateOperand): AttributeType | undefined {
  switch (operand.kind) {
    case 'value':
      return typeOf(operand.value)
    case 'list-append':
      return 'L'
    case 'arithmetic':
      return 'N'
    case 'path':
    case 'if-not-exists':
      return undefined
  }
}
