/**
 * A PartiQL statement as it was written. Conditions, operands and update clauses are the trees of the expression language, so that what
 * they mean is said once: where that language writes a placeholder, `:0`, the tree names an entry of the statement's `values`.
 */
import type { AttributeValue } from '../../item/attribute-value.ts'
import type { Condition, Projection, Update } from '../syntax/ast.ts'

export type Statement = Select | Insert | UpdateStatement | Delete | Exists

export interface Select {
  readonly kind: 'select'
  readonly table: string
  readonly index: string | undefined
  /** Undefined: `*`. */
  readonly projection: Projection | undefined
  readonly where: Condition | undefined
  readonly order: readonly OrderKey[]
}

export interface OrderKey {
  readonly attribute: string
  readonly descending: boolean
}

export interface Insert {
  readonly kind: 'insert'
  readonly table: string
  /** Which of the values is the item. */
  readonly item: number
}

export interface UpdateStatement {
  readonly kind: 'update'
  readonly table: string
  readonly update: Update
  readonly where: Condition | undefined
  readonly returning: Returning | undefined
}

export interface Delete {
  readonly kind: 'delete'
  readonly table: string
  readonly where: Condition | undefined
  readonly returning: 'ALL OLD' | undefined
}

/** `EXISTS(SELECT …)`, a condition of a transaction. */
export interface Exists {
  readonly kind: 'exists'
  readonly select: Select
}

export type Returning = 'ALL OLD' | 'ALL NEW' | 'MODIFIED OLD' | 'MODIFIED NEW'

/** A value as it was written: complete, or with parameters in it. */
export type ValueExpression =
  | { readonly kind: 'literal'; readonly value: AttributeValue }
  /** The `?` at that position among all of the statement. */
  | { readonly kind: 'parameter'; readonly ordinal: number }
  | { readonly kind: 'list' | 'set'; readonly members: readonly ValueExpression[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [string, ValueExpression])[] }
  /** Only as an attribute of a map, which it leaves out. */
  | { readonly kind: 'missing' }

export interface ParsedStatement {
  readonly statement: Statement
  readonly values: readonly ValueExpression[]
  /** How many `?` there are. */
  readonly parameters: number
}
