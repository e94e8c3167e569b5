import type { Entry, Key, Store, Write } from '../storage/store.ts'
import { pagesOf } from '../storage/pages.ts'
import { expiryKeyOf } from './expiry.ts'
import { encodeIndexEntry, indexEntryOf, setBytes } from './index-entry.ts'
import { spaceRange, spaces, suffixOf } from './keyspace.ts'
import { removeRows } from './region-engine.ts'
import type { RegionEngine } from './region-engine.ts'
import type { StoredItem } from './stored-item.ts'
import type { Expiry, Index, Table } from './table.ts'

/**
 * Fills a derived set from the items that are there, while they are written. Whoever writes keeps the set already; the fill
 * writes again what it finds, looking at each item in the transaction that writes its entry, so it never sets back what is newer.
 *
 * @returns false when it was given up
 */
export function backfillIndex(engine: RegionEngine, table: Table, index: Index, givenUp: () => boolean): Promise<boolean> {
  return backfill(engine, table, givenUp, (itemKey, item) => {
    const entry = indexEntryOf(table, index, itemKey, item)
    return entry && { key: entry.key, value: encodeIndexEntry(itemKey, entry.item) }
  })
}

export function backfillExpiry(engine: RegionEngine, table: Table, expiry: Expiry, givenUp: () => boolean): Promise<boolean> {
  return backfill(engine, table, givenUp, (itemKey, item) => {
    const key = expiryKeyOf(table, expiry, itemKey, item)
    return key && { key, value: itemKey }
  })
}

/** Removes the rows of an index, or of an order of expiry, that nobody keeps any more. */
export async function removeDerivedSet(store: Store, tableNumber: number, set: number): Promise<void> {
  await untilFollowed(store)
  await removeRows(store, spaceRange(tableNumber, spaces.derived, setBytes(set), setBytes(set + 1)))
}

async function backfill(
  engine: RegionEngine,
  table: Table,
  givenUp: () => boolean,
  rowOf: (itemKey: Uint8Array, item: StoredItem) => Write | undefined,
): Promise<boolean> {
  const { store } = engine
  await untilFollowed(store)
  for await (const page of pagesOf(store, spaceRange(table.number, spaces.items), backfillPage)) {
    if (givenUp() || engine.current(table) === undefined) return false
    await fillFrom(engine, table, page, rowOf)
  }
  return true
}

/** Writes that were decided before the definition was followed are behind this, and the pages that are read after it show them. */
function untilFollowed(store: Store): Promise<void> {
  return store.transact([], () => ({ writes: [], result: undefined }))
}

function fillFrom(
  { store, versioning }: RegionEngine,
  table: Table,
  page: readonly Entry[],
  rowOf: (itemKey: Uint8Array, item: StoredItem) => Write | undefined,
): Promise<void> {
  const keys: Key[] = [versioning.replicaKey(table), ...page.map(({ key }) => key)]
  return store.transact(keys, ([replicaRow, ...cells]) => {
    const writes: Write[] = []
    if (replicaRow === undefined) return { writes, result: undefined }
    for (const [at, { key }] of page.entries()) {
      const cell = cells[at]
      const item = cell === undefined ? undefined : versioning.shown(table, cell)
      const row = item && rowOf(suffixOf(key), item)
      if (row !== undefined) writes.push(row)
    }
    return { writes, result: undefined }
  })
}

const backfillPage = { entriesMax: 200, bytesMax: 1 << 20 }
