import { keyAfter, pagesOf } from '../storage/pages.ts'
import type { Store } from '../storage/store.ts'
import type { Sequence } from './change-log.ts'
import { changeRange, decodeChange } from './change-log.ts'
import { spaceRange, spaces, suffixOf } from './keyspace.ts'
import type { FilledRow } from './stored-item.ts'
import type { Table } from './table.ts'
import type { Versioning } from './versioning.ts'

/**
 * Copies a table's items as they were at an earlier place in its change log, while the table is written. Two passes, both page by page:
 *
 *     1. every item, each as it is when its page is read            state now, at no one moment
 *     2. the changes behind the place, newest first, each undone    the oldest undo of an item comes last, and is what it was there
 *
 * An item without a change behind the place is right after the first pass; one with changes is right after the second, whatever the first pass
 * saw of it. So nothing holds a snapshot, and both passes may be begun again: the first goes on behind the last item that was copied, the second
 * starts at the end that the log has by then. All it needs is that the log is complete from the place on, and stays so.
 */
export async function copyPastState(source: PastState, into: StateSink, givenUp: () => boolean): Promise<'copied' | 'interrupted'> {
  const { store, versioning, table, upTo } = source
  const last = await into.lastKey()
  const items = spaceRange(table.number, spaces.items, last && keyAfter(last))
  for await (const page of pagesOf(store, items, copiedPage)) {
    if (givenUp()) return 'interrupted'
    const rows: FilledRow[] = []
    for (const { key, value } of page) {
      const item = versioning.shown(table, value)
      if (item !== undefined) rows.push({ itemKey: suffixOf(key), item })
    }
    if (rows.length > 0 && !(await into.write(rows))) return 'interrupted'
  }
  for await (const page of pagesOf(store, { ...changeRange(table.number, upTo + 1n), reverse: true }, copiedPage)) {
    if (givenUp()) return 'interrupted'
    const rowByKey = new Map<string, FilledRow>()
    for (const { key, value } of page) {
      const { itemKey, before } = decodeChange(key, value)
      rowByKey.set(Buffer.from(itemKey).toString('latin1'), { itemKey, item: before })
    }
    if (rowByKey.size > 0 && !(await into.write([...rowByKey.values()]))) return 'interrupted'
  }
  return 'copied'
}

export interface PastState {
  readonly store: Store
  readonly versioning: Versioning
  /** It may be dropped, if its rows are kept. */
  readonly table: Table
  /** The last change that counts. */
  readonly upTo: Sequence
}

/** Takes the copy. */
export interface StateSink {
  /** The greatest key that it holds. */
  lastKey(): Promise<Uint8Array | undefined>
  /** Puts or removes items, each key once, durably and in this order; false when the copy is not wanted any more. */
  write(rows: readonly FilledRow[]): Promise<boolean>
}

/** The greatest key of the items under a number. */
export async function lastItemKey(store: Store, tableNumber: number): Promise<Uint8Array | undefined> {
  const { entries } = await store.page({ ...spaceRange(tableNumber, spaces.items), reverse: true }, { entriesMax: 1, bytesMax: 1 })
  const [last] = entries
  return last && suffixOf(last.key)
}

const copiedPage = { entriesMax: 200, bytesMax: 1 << 20 }
