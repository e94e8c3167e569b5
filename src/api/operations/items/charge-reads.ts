import type { OpenTable } from '../table-lookup.ts'
import type { Consumption } from './consumed-capacity.ts'

/** Counts what reads consumed, and takes it from what their table is held to. */
export function chargeReads({ table, limits, tally }: Pick<OpenTable, 'table' | 'limits' | 'tally'>, units: Consumption): void {
  tally?.consume(table, 'read', units)
  limits?.charge('read', units)
}

/** The same where indexes have no part in it. */
export function chargeItemReads(open: Pick<OpenTable, 'table' | 'limits' | 'tally'>, units: number): void {
  chargeReads(open, { table: units, indexes: noIndexes })
}

const noIndexes: Consumption['indexes'] = new Map()
