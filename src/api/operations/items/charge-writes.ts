import type { OpenTable } from '../table-lookup.ts'
import type { WriteWork } from './consumed-capacity.ts'
import { consumptionOf } from './consumed-capacity.ts'

/**
 * Counts what writes consumed, and takes it from what their table is held to.
 * @param factor 2 in a transaction
 */
export function chargeWrites(
  { table, meter, limits, tally }: Pick<OpenTable, 'table' | 'meter' | 'limits' | 'tally'>,
  works: readonly WriteWork[],
  factor: number,
): void {
  meter?.add(table, 'Customer', works, factor)
  if (limits === undefined && tally === undefined) return
  const units = consumptionOf(table, works, factor)
  tally?.consume(table, 'write', units)
  limits?.charge('write', units)
}
