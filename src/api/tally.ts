import type { Index, Table } from '../engine/table.ts'

/**
 * What one request came to, beside its answer: which tables it used, what it consumed of each, what did not get in. Operations add to it as they go; who
 * keeps metrics or an access log reads it when the request is answered.
 */
export class Tally {
  readUnits = 0
  writeUnits = 0
  /** Items of a page; undefined where none was read. */
  returnedItems: number | undefined
  /** Of a stream. */
  returnedRecords: ReturnedRecords | undefined
  /** Those that were found, whatever became of the request. */
  readonly tables: UsedTable[] = []
  readonly consumed: Consumed[] = []
  /** Also where the rest of a batch got in. */
  readonly throttled: Throttled[] = []

  used(region: string, table: Table): void {
    for (const each of this.tables) if (each.table === table) return
    this.tables.push({ region, table })
  }

  consume(table: Table, kind: RequestKind, units: Units): void {
    let sum = units.table
    for (const ofIndex of units.indexes.values()) sum += ofIndex
    if (kind === 'read') this.readUnits += sum
    else this.writeUnits += sum
    this.consumed.push({ table, kind, units })
  }
}

export type RequestKind = 'read' | 'write'

export interface UsedTable {
  /** Of the table's account (`base/account-region.ts`). */
  readonly region: string
  readonly table: Table
}

export interface Units {
  readonly table: number
  readonly indexes: ReadonlyMap<Index, number>
}

export interface Consumed {
  readonly table: Table
  readonly kind: RequestKind
  /** Local indexes beside their table, to which they belong. */
  readonly units: Units
}

export interface Throttled extends UsedTable {
  readonly kind: RequestKind
  /** Undefined: the table itself. */
  readonly index: Index | undefined
  /** Whether it was the maximum of on-demand throughput. */
  readonly onDemand: boolean
}

export interface ReturnedRecords {
  readonly streamLabel: string
  readonly count: number
  readonly bytes: number
}
