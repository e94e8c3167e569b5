/**
 * What a history consists of: tables, and steps against them. All of it is data: the generator makes it, `requests.ts` prints it as
 * requests, the model carries it out, and the shrinker takes pieces away.
 */
import type { Item, Path, Type, Value } from './values.ts'

export interface History {
  readonly tables: readonly TableSpec[]
  readonly steps: readonly Step[]
}

export interface KeyAttribute {
  readonly name: string
  readonly type: 'S' | 'N' | 'B'
}

export interface TableSpec {
  readonly name: string
  readonly partition: KeyAttribute
  readonly sort: KeyAttribute | undefined
  readonly indexes: readonly IndexSpec[]
  readonly stream: boolean
}

export interface IndexSpec {
  readonly name: string
  readonly kind: 'local' | 'global'
  readonly partition: readonly KeyAttribute[]
  readonly sort: readonly KeyAttribute[]
  /** `KEYS_ONLY`, `ALL`, or what is included beside the keys. */
  readonly projection: 'ALL' | 'KEYS_ONLY' | readonly string[]
}

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>='

export type Operand = { readonly path: Path } | { readonly value: Value } | { readonly size: Path }

export type Condition =
  | { readonly kind: 'compare'; readonly comparator: Comparator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'between'; readonly operand: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly kind: 'in'; readonly operand: Operand; readonly candidates: readonly Operand[] }
  | { readonly kind: 'and' | 'or'; readonly conditions: readonly Condition[] }
  | { readonly kind: 'not'; readonly condition: Condition }
  | { readonly kind: 'exists' | 'missing'; readonly path: Path }
  | { readonly kind: 'type'; readonly path: Path; readonly type: Type }
  | { readonly kind: 'begins'; readonly operand: Operand; readonly prefix: Operand }
  | { readonly kind: 'contains'; readonly container: Operand; readonly element: Operand }

export type SetOperand =
  | { readonly path: Path }
  | { readonly value: Value }
  | { readonly ifMissing: Path; readonly otherwise: SetOperand }
  | { readonly append: readonly [SetOperand, SetOperand] }
  | { readonly operator: '+' | '-'; readonly operands: readonly [SetOperand, SetOperand] }

export type UpdateAction =
  | { readonly kind: 'set'; readonly path: Path; readonly operand: SetOperand }
  | { readonly kind: 'remove'; readonly path: Path }
  | { readonly kind: 'add' | 'delete'; readonly path: Path; readonly value: Value }

export type KeyRange =
  | { readonly comparator: '=' | '<' | '<=' | '>' | '>='; readonly value: Value }
  | { readonly low: Value; readonly high: Value }
  | { readonly prefix: Value }

export interface KeyCondition {
  readonly name: string
  readonly range: KeyRange
}

export type Capacity = 'TOTAL' | 'INDEXES' | 'NONE' | undefined
export type ReturnValues = 'NONE' | 'ALL_OLD' | 'UPDATED_OLD' | 'ALL_NEW' | 'UPDATED_NEW' | undefined

export interface Conditional {
  readonly table: string
  readonly condition?: Condition | undefined
  /** ReturnValuesOnConditionCheckFailure. */
  readonly showOld?: boolean | undefined
  /** Say it in PartiQL: where an INSERT replaces nothing, an UPDATE makes no item, and a DELETE of nothing meets every condition. */
  readonly statement?: boolean | undefined
}

export interface Reported {
  readonly returnValues?: ReturnValues
  readonly metrics?: boolean | undefined
  readonly capacity?: Capacity
  /** Say it in the parameters from before expressions, where they can say it. */
  readonly legacy?: boolean | undefined
}

export interface Put extends Conditional {
  readonly kind: 'put'
  readonly item: Item
}

export interface Update extends Conditional {
  readonly kind: 'update'
  readonly key: Item
  readonly actions?: readonly UpdateAction[] | undefined
}

export interface Delete extends Conditional {
  readonly kind: 'delete'
  readonly key: Item
}

export interface Check extends Conditional {
  readonly kind: 'check'
  readonly key: Item
}

export interface Get {
  readonly kind: 'get'
  readonly table: string
  readonly key: Item
  readonly projection?: readonly Path[] | undefined
  readonly statement?: boolean | undefined
}

export interface Reading {
  readonly table: string
  readonly index?: string | undefined
  readonly filter?: Condition | undefined
  readonly projection?: readonly Path[] | undefined
  readonly select?: 'COUNT' | 'ALL_ATTRIBUTES' | undefined
  readonly limit?: number | undefined
  readonly consistent?: boolean | undefined
  readonly capacity?: Capacity
  readonly legacy?: boolean | undefined
  readonly statement?: boolean | undefined
}

export interface Query extends Reading {
  readonly kind: 'query'
  readonly keys: readonly KeyCondition[]
  readonly reverse?: boolean | undefined
  /** Where to begin, instead of at the beginning: need not be an item's key. */
  readonly start?: Item | undefined
}

export interface Scan extends Reading {
  readonly kind: 'scan'
  /** In how many segments the table is read, one after the other. */
  readonly segments?: number | undefined
}

export interface BatchGet {
  readonly kind: 'batch-get'
  readonly parts: readonly { table: string; keys: readonly Item[]; projection?: readonly Path[] | undefined; consistent?: boolean }[]
  readonly capacity?: Capacity
}

export interface BatchWrite {
  readonly kind: 'batch-write'
  readonly parts: readonly { table: string; writes: readonly ({ put: Item } | { delete: Item })[] }[]
  readonly capacity?: Capacity
}

export interface TransactWrite {
  readonly kind: 'transact-write'
  readonly writes: readonly (Put | Update | Delete | Check)[]
  readonly capacity?: Capacity
  /** ExecuteTransaction. */
  readonly statement?: boolean | undefined
}

/** BatchExecuteStatement. */
export interface BatchStatement {
  readonly kind: 'batch-statement'
  readonly writes: readonly ((Put | Update | Delete) & Reported)[]
  readonly capacity?: Capacity
}

export interface TransactGet {
  readonly kind: 'transact-get'
  readonly gets: readonly Get[]
  readonly capacity?: Capacity
}

export type WriteStep = (Put | Update | Delete) & Reported
export type GetStep = Get & {
  readonly consistent?: boolean | undefined
  readonly capacity?: Capacity
  readonly legacy?: boolean | undefined
}
export type PagedStep = Query | Scan
export type SingleStep = WriteStep | GetStep | BatchGet | BatchWrite | BatchStatement | TransactWrite | TransactGet
export type Step = SingleStep | PagedStep
