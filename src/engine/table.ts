import type { KeyAttributeType, KeySchema } from '../item/key-schema.ts'

/** One table of one Region, as its definition row holds it. Immutable; a change makes a new one. */
export interface Table {
  /** Prefix of all its rows; never used again. */
  readonly number: number
  readonly name: string
  /** Identifies this Region's table (`TableId`). */
  readonly id: string
  /** Identifies the same table in all Regions: the id of the table that the first replica was made from. */
  readonly globalId: string
  readonly status: TableStatus
  readonly createdAtMs: number
  readonly schema: KeySchema
  readonly attributeDefinitions: readonly AttributeDefinition[]
  readonly settings: TableSettings
  readonly tags: Readonly<Record<string, string>>
}

/** `CREATING` serves no client yet, `DELETING` no longer; `UPDATING` serves. */
export type TableStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING'

export interface AttributeDefinition {
  readonly name: string
  readonly type: KeyAttributeType
}

/** What CreateTable and UpdateTable set, beside the keys. */
export interface TableSettings {
  readonly billing: Billing
  readonly tableClass: 'STANDARD' | 'STANDARD_INFREQUENT_ACCESS'
  readonly deletionProtection: boolean
  /** Maximum request units per second of an on-demand table; undefined: none. */
  readonly onDemandMaximum: OnDemandMaximum | undefined
}

export type Billing =
  | { readonly mode: 'PAY_PER_REQUEST'; readonly sinceMs: number }
  | {
      readonly mode: 'PROVISIONED'
      readonly readUnits: number
      readonly writeUnits: number
      readonly lastIncreaseAtMs: number | undefined
      readonly lastDecreaseAtMs: number | undefined
      readonly decreasesToday: number
      /** When the table was last on demand; undefined: never. */
      readonly onDemandSinceMs: number | undefined
    }

export interface OnDemandMaximum {
  readonly readUnits: number | undefined
  readonly writeUnits: number | undefined
}

/** What a new table is made from. */
export interface TableBlueprint {
  readonly name: string
  readonly schema: KeySchema
  readonly attributeDefinitions: readonly AttributeDefinition[]
  readonly settings: TableSettings
  readonly tags: Readonly<Record<string, string>>
}

/** True when clients may read and write its items. */
export function servesItems(table: Table): boolean {
  return table.status === 'ACTIVE' || table.status === 'UPDATING'
}

export function encodeTable(table: Table): Uint8Array {
  return Buffer.from(JSON.stringify(table), 'utf8')
}

export function decodeTable(row: Uint8Array): Table {
  return JSON.parse(Buffer.from(row).toString('utf8')) as Table
}
