import type { CapacityKind } from '../engine/consumption.ts'
import type { Index, Table } from '../engine/table.ts'
import type { Consumption } from './operations/items/consumed-capacity.ts'
import { totalUnits } from './operations/items/consumed-capacity.ts'

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

  consume(table: Table, kind: CapacityKind, units: Consumption): void {
    if (kind === 'read') this.readUnits += totalUnits(units)
    else this.writeUnits += totalUnits(units)
    this.consumed.push({ table, kind, units })
  }
}

export interface UsedTable {
  /** Of the table's account (`base/account-region.ts`). */
  readonly region: string
  readonly table: Table
}

export interface Consumed {
  readonly table: Table
  readonly kind: CapacityKind
  /** Local indexes beside their table, to which they belong. */
  readonly units: Consumption
}

export interface Throttled extends UsedTable {
  readonly kind: CapacityKind
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
