/**
 * Expressions as they were written: placeholders stand where the text has them, nothing is known yet about names and values.
 * A tree depends on its text alone, so it is parsed once and shared by all requests with that text.
 */
import type { Path } from '../path.ts'

/** A path in which `#n` still stands for a name; a bare name never begins with `#`. */
export type WrittenPath = Path

export type Operand = PathOperand | ValueOperand | Call

export interface PathOperand {
  readonly kind: 'path'
  readonly path: WrittenPath
}

/** A `:value` placeholder. */
export interface ValueOperand {
  readonly kind: 'value'
  readonly placeholder: string
}

export interface Call {
  readonly kind: 'call'
  readonly function: FunctionName
  readonly operands: readonly Operand[]
}

export type FunctionName = ConditionFunction | UpdateFunction
export type ConditionFunction = 'attribute_exists' | 'attribute_not_exists' | 'attribute_type' | 'begins_with' | 'contains' | 'size'
export type UpdateFunction = 'if_not_exists' | 'list_append'

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>='

export type Condition =
  | { readonly kind: 'compare'; readonly comparator: Comparator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'between'; readonly operand: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly kind: 'in'; readonly operand: Operand; readonly candidates: readonly Operand[] }
  | { readonly kind: 'and' | 'or'; readonly conditions: readonly Condition[] }
  | { readonly kind: 'not'; readonly condition: Condition }
  | Call

/** The clauses of an update, flattened, in the order of the text. */
export type Update = readonly UpdateAction[]

export type UpdateAction =
  | { readonly kind: 'set'; readonly path: WrittenPath; readonly value: SetValue }
  | { readonly kind: 'remove'; readonly path: WrittenPath }
  | { readonly kind: 'add' | 'delete'; readonly path: WrittenPath; readonly value: ValueOperand }

export type SetValue = Operand | Arithmetic

export interface Arithmetic {
  readonly kind: 'arithmetic'
  readonly operator: '+' | '-'
  readonly left: Operand
  readonly right: Operand
}

export type Projection = readonly WrittenPath[]
