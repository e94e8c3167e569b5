/**
 * AttributeUpdates: for each attribute a value to PUT, to ADD or to DELETE. ADD takes lists too, and appends them, which its
 * successor in UpdateExpression does not; DELETE without a value takes the whole attribute away.
 * Source: developer guide, "AttributeUpdates (legacy)"; that lists are appended was seen on AWS in 2021.
 */
import { typeOf } from '../../item/attribute-value.ts'
import type { AttributeType } from '../../item/attribute-value.ts'
import type { Invalid } from '../../item/invalid.ts'
import { invalid, isInvalid } from '../../item/invalid.ts'
import { spelledOut } from '../binding/bind-update.ts'
import { buildPathTree } from '../path-tree.ts'
import type { UpdateAction, UpdatePlan } from '../update.ts'
import { invalidParameters } from './comparison.ts'
import type { ValueReader } from './value-reader.ts'

export type AttributeUpdates = Readonly<Record<string, AttributeValueUpdate>>

export interface AttributeValueUpdate {
  readonly Value?: unknown
  readonly Action?: 'PUT' | 'ADD' | 'DELETE'
}

/** Undefined for an empty map: that changes nothing. */
export function updatePlan(updates: AttributeUpdates, reader: ValueReader): UpdatePlan | Invalid | undefined {
  const actions: UpdateAction[] = []
  let problem: Invalid | undefined
  for (const [name, update] of Object.entries(updates)) {
    const action = actionOf(name, update, reader)
    if (isInvalid(action)) problem ??= action
    else actions.push(action)
  }
  if (problem !== undefined) return problem
  if (actions.length === 0) return undefined
  const targets = buildPathTree(actions.map(({ path }) => path))
  return typeof targets === 'string' ? invalid(targets) : { actions, targets, typeMismatch: TYPE_MISMATCH }
}

const TYPE_MISMATCH = invalid('Type mismatch for attribute to update')

const addable: ReadonlySet<AttributeType> = new Set(['N', 'SS', 'NS', 'BS', 'L'])
const deletable: ReadonlySet<AttributeType> = new Set(['SS', 'NS', 'BS'])

/** How types are printed was seen for DELETE, in 2014. */
function actionOf(name: string, { Value: json, Action = 'PUT' }: AttributeValueUpdate, reader: ValueReader): UpdateAction | Invalid {
  if (json === undefined) {
    if (Action === 'DELETE') return { kind: 'remove', path: [name] }
    return invalidParameters('Only DELETE action is allowed when no attribute value is specified')
  }
  const [attribute, value] = reader.attribute(name, json)
  const path = [attribute]
  const type = typeOf(value)
  switch (Action) {
    case 'PUT':
      return { kind: 'set', path, value: { kind: 'value', value } }
    case 'ADD':
      if (!addable.has(type)) return invalidParameters(`ADD action is not supported for the type ${spelledOut[type]}`)
      return { kind: 'add', path, value }
    case 'DELETE':
      if (!deletable.has(type)) return invalidParameters(`DELETE action with value is not supported for the type ${spelledOut[type]}`)
      return { kind: 'delete', path, value }
  }
}
