import { Derivation, derivationKeys } from '../engine/derivation.ts'
import { ReadSet } from '../engine/read-set.ts'
import type { Table } from '../engine/table.ts'
import type { Store, Value, Write } from '../storage/store.ts'
import { decodeCell, encodeCell } from './cell.ts'
import type { Membership } from './membership.ts'
import type { Policy } from './policy.ts'
import { keptAs } from './taken-in.ts'
import { cellKey, replicaRowKey, tombstoneKey } from './rows.ts'
import type { Siblings } from './siblings.ts'

/**
 * Gives one item of a replica other siblings, with all that follows from it: index entries, stream record, ledger, totals [REP-40]. Only if it is
 * as it was looked at; false when it is not, or when the table is gone.
 */
export interface Mending {
  readonly store: Store
  readonly table: Table
  /** The table's definition as it is now; undefined once it is dropped. */
  readonly current: (table: Table) => Table | undefined
  readonly region: string
  readonly policy: Policy
  readonly membership: Membership
  readonly nowMs: number
  readonly itemKey: Uint8Array
  /** The cell as it was looked at. */
  readonly seen: Value | undefined
  readonly siblings: Siblings
}

export async function mendItem({
  store,
  table,
  current,
  region,
  policy,
  membership,
  nowMs,
  itemKey,
  seen,
  siblings,
}: Mending): Promise<boolean> {
  const definition = current(table)
  if (definition === undefined) return false
  const [rowKey, key] = [replicaRowKey(table.number), cellKey(table.number, itemKey)]
  const reads = new ReadSet()
  reads.addAll([rowKey, key, ...derivationKeys(definition, [itemKey], 0)])
  return store.transact<boolean>(reads.keys, (values) => {
    const read = reads.reader(values)
    const [row, cell] = [read(rowKey), read(key)]
    if (row === undefined || current(table) !== definition || !sameBytes(cell, seen)) return { writes: [], result: false }
    const mine = decodeCell(cell)
    const kept = keptAs(itemKey, mine, siblings, row, { table: definition, region, policy, membership, nowMs, wasRead: () => false })
    const derivation = new Derivation({ table: definition, atMs: nowMs, cause: 'replication', indexDelayMs: 0, read })
    derivation.add(itemKey, mine.shown?.stored, kept.cell.shown?.stored)
    const tombstones: Write[] = siblings
      .filter(({ stored }) => stored === undefined)
      .map(({ dot }) => ({ key: tombstoneKey(table.number, dot), value: itemKey }))
    const writes = [
      { key, value: encodeCell(kept.cell) },
      ...kept.writes,
      ...tombstones,
      { key: rowKey, value: kept.replicaRow },
      ...derivation.writes,
    ]
    return { writes, result: true }
  })
}

function sameBytes(a: Value | undefined, b: Value | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0
}
