/**
 * PartiQL for DynamoDB: the door of this part of the room.
 *
 *   text ── parseStatement (remembered) ──> tree ── bindStatement, with parameters ──> plan ── the plans of expressions ──> outcome
 *                                                                                      └── access.ts: which keys it reads or writes
 *
 * A statement is bound to the plans that the expression language has, so that a condition, an update or a projection means the same
 * however it was written. Nothing here knows of tables, operations or exceptions; mistakes are outcomes, in DynamoDB's words where
 * these are known. Source: the developer guide, "PartiQL - a SQL-compatible query language for Amazon DynamoDB".
 */
import { assert } from '../base/assert.ts'
import type { AttributeMap, AttributeValue, Item } from '../item/attribute-value.ts'
import { invalid, isInvalid } from '../item/invalid.ts'
import type { Invalid } from '../item/invalid.ts'
import { bindCondition, observeType } from './binding/bind-condition.ts'
import { bindPaths, bindUpdate } from './binding/bind-update.ts'
import { Scope } from './binding/scope.ts'
import type { ConditionPlan } from './condition.ts'
import type { Insert, OrderKey, ParsedStatement, Returning, Select, Statement } from './partiql/ast.ts'
import { bindItem, bindValues } from './partiql/bind-values.ts'
import type { Column } from './partiql/columns.ts'
import { columnsOf } from './partiql/columns.ts'
import { parse } from './partiql/parse.ts'
import type { ProjectionPlan } from './projection.ts'
import type { Condition, Projection } from './syntax/ast.ts'
import type { UpdatePlan } from './update.ts'

export { asksMoreThanKey, keyRangesOf, orderProblem, planAccess, sortPartitions, wholeKey } from './partiql/access.ts'
export type { KeyAccess } from './partiql/access.ts'
export { selectColumns } from './partiql/columns.ts'
export type { OrderKey, ParsedStatement, Returning } from './partiql/ast.ts'

export type StatementPlan = SelectPlan | InsertPlan | UpdateStatementPlan | DeletePlan | ExistsPlan

export interface SelectPlan {
  readonly kind: 'select'
  readonly table: string
  readonly index: string | undefined
  /** Undefined: all attributes. */
  readonly projection: ProjectionPlan | undefined
  /** How what is projected is shown; undefined: items as they are. */
  readonly columns: readonly Column[] | undefined
  /** The whole WHERE clause, conditions on keys included; undefined when there is none. */
  readonly condition: ConditionPlan | undefined
  readonly order: readonly OrderKey[]
}

export interface InsertPlan {
  readonly kind: 'insert'
  readonly table: string
  readonly item: Item
  readonly sizeBytes: number
}

export interface UpdateStatementPlan {
  readonly kind: 'update'
  readonly table: string
  readonly update: UpdatePlan
  readonly condition: ConditionPlan | undefined
  readonly returning: Returning | undefined
}

export interface DeletePlan {
  readonly kind: 'delete'
  readonly table: string
  readonly condition: ConditionPlan | undefined
  readonly returning: 'ALL OLD' | undefined
}

export interface ExistsPlan {
  readonly kind: 'exists'
  readonly table: string
  readonly select: SelectPlan
}

/** Depends on the text alone. */
export function parseStatement(text: string): ParsedStatement | Invalid {
  return parse(text)
}

/** The table that a statement is about. */
export function tableOf({ statement }: ParsedStatement): string {
  return statement.kind === 'exists' ? statement.select.table : statement.table
}

/** @param parameters valid and in normal form, in the order of the statement's `?` */
export function bindStatement(parsed: ParsedStatement, parameters: readonly AttributeValue[]): StatementPlan | Invalid {
  // Recalled, not seen.
  if (parsed.parameters !== parameters.length) return invalid("Number of parameters in request and statement don't match.")
  const { statement } = parsed
  if (statement.kind === 'insert') return bindInsert(statement, parsed, parameters)
  const values = bindValues(parsed.values, parameters)
  return isInvalid(values) ? values : bindTree(statement, values)
}

function bindInsert(statement: Insert, { values }: ParsedStatement, parameters: readonly AttributeValue[]): InsertPlan | Invalid {
  const expression = values[statement.item]
  assert(expression !== undefined, 'an INSERT has its item among its values')
  const item = bindItem(expression, parameters)
  return isInvalid(item) ? item : { kind: 'insert', table: statement.table, ...item }
}

/** What is said of operands that cannot work is what expressions say, without their "Invalid ConditionExpression:"; a guess. */
function bindTree(statement: Exclude<Statement, Insert>, values: AttributeMap): StatementPlan | Invalid {
  const scope = new Scope(undefined, values)
  const plan = planOf(statement, scope)
  return scope.mistake === undefined ? plan : invalid(scope.mistake)
}

function planOf(statement: Exclude<Statement, Insert>, scope: Scope): StatementPlan {
  switch (statement.kind) {
    case 'select':
      return bindSelect(statement, scope)
    case 'exists':
      return { kind: 'exists', table: statement.select.table, select: bindSelect(statement.select, scope) }
    case 'update': {
      const { kind, table, returning, update } = statement
      for (const action of update) if (action.kind === 'add') checkSet(scope.value(action.value.placeholder), scope)
      return { kind, table, returning, update: bindUpdate(update, scope), condition: bindWhere(statement.where, scope) }
    }
    case 'delete': {
      const { kind, table, returning } = statement
      return { kind, table, returning, condition: bindWhere(statement.where, scope) }
    }
  }
}

/** ADD takes numbers too, SET_ADD does not. The text is a guess. */
function checkSet(value: AttributeValue, scope: Scope): void {
  if ('N' in value) observeType('set_add', 'N', scope)
}

function bindSelect(statement: Select, scope: Scope): SelectPlan {
  const { kind, table, index, order } = statement
  return {
    kind,
    table,
    index,
    order,
    projection: bindProjection(statement.projection, scope),
    columns: statement.projection && columnsOf(statement.projection),
    condition: bindWhere(statement.where, scope),
  }
}

function bindWhere(where: Condition | undefined, scope: Scope): ConditionPlan | undefined {
  return where === undefined ? undefined : bindCondition(where, scope)
}

/** That paths must not overlap, as in a ProjectionExpression, is a guess. */
function bindProjection(paths: Projection | undefined, scope: Scope): ProjectionPlan | undefined {
  return paths === undefined ? undefined : { paths: bindPaths(paths, scope) }
}
