import { restAfter } from '../storage/pages.ts'
import type { Entry, Range, Store, Value } from '../storage/store.ts'
import { decodeIndexEntry, setBytes } from './index-entry.ts'
import { rowKey, spaceRange, spaces, suffixOf } from './keyspace.ts'
import type { StoredItem } from './stored-item.ts'
import type { Index, Table } from './table.ts'
import type { Versioning } from './versioning.ts'

/** What reading items needs of a store: the store itself, or some other state of it. */
export type StoreReads = Pick<Store, 'get' | 'getMany' | 'page'>

/** Reads what the items and indexes of a Region's tables show, out of one store. */
export class ItemReader {
  readonly #store: StoreReads
  readonly #versioning: Versioning

  constructor(store: StoreReads, versioning: Versioning) {
    this.#store = store
    this.#versioning = versioning
  }

  /** @param itemKey as `encodeItemKey` makes it */
  async getItem(table: Table, itemKey: Uint8Array): Promise<StoredItem | undefined> {
    const cell = await this.#store.get(rowKey(table.number, spaces.items, itemKey))
    return cell === undefined ? undefined : this.#show(table, cell)
  }

  /** Items in the order of `itemKeys`, all from one moment. */
  async getItems(wanted: readonly { readonly table: Table; readonly itemKey: Uint8Array }[]): Promise<(StoredItem | undefined)[]> {
    const cells = await this.#store.getMany(wanted.map(({ table, itemKey }) => rowKey(table.number, spaces.items, itemKey)))
    return wanted.map(({ table }, at) => {
      const cell = cells[at]
      return cell === undefined ? undefined : this.#show(table, cell)
    })
  }

  /**
   * Items in key order until `visit` has had enough or the range ends. Each is read from one moment; between the pages of a long range
   * writes go on, as they do in DynamoDB.
   * @returns the item key of the last item visited when there is (or may be) more behind it; undefined at the end
   */
  read(table: Table, range: ItemRange, visit: Visit): Promise<Uint8Array | undefined> {
    const rows: Range = spaceRange(table.number, spaces.items, range.from, range.to)
    return this.#readRows(rows, range, 0, ({ key, value }) => {
      const item = this.#show(table, value)
      return item === undefined ? 'skipped' : visit(item, () => placeOf(suffixOf(key)))
    })
  }

  /** The same of an index. Keys in `range` and the key returned are index keys. */
  readIndex(table: Table, index: Index, range: ItemRange, visit: Visit): Promise<Uint8Array | undefined> {
    const set = setBytes(index.number)
    const from = Buffer.concat([set, range.from])
    const to = range.to === undefined ? setBytes(index.number + 1) : Buffer.concat([set, range.to])
    return this.#readRows(spaceRange(table.number, spaces.derived, from, to), range, set.length, ({ key, value }) => {
      const { item, itemKey } = decodeIndexEntry(value)
      return visit(item, () => ({ key: suffixOf(key, set.length), itemKey }))
    })
  }

  #show(table: Table, cell: Value): StoredItem | undefined {
    this.#versioning.noteRead(cell)
    return this.#versioning.shown(table, cell)
  }

  async #readRows(
    rows: Range,
    { reverse, itemsExpected = Infinity }: ItemRange,
    prefixBytes: number,
    see: (entry: Entry) => Wish | 'skipped',
  ): Promise<Uint8Array | undefined> {
    const keyOf = (entry: Entry | undefined): Uint8Array | undefined => entry && suffixOf(entry.key, prefixBytes)
    let rest: Range = { ...rows, reverse }
    const limit = { ...readPage, entriesMax: Math.min(readPage.entriesMax, itemsExpected) }
    let visited: Entry | undefined
    for (;;) {
      const page = await this.#store.page(rest, limit)
      for (const entry of page.entries) {
        const wish = see(entry)
        if (wish === 'skipped') continue
        if (wish === 'stop-before') return keyOf(visited)
        visited = entry
        if (wish === 'last') return keyOf(visited)
      }
      const last = page.entries.at(-1)
      if (!page.more || last === undefined) return undefined
      rest = restAfter(rest, last)
    }
  }
}

/** Whether to go on after this item, end with it, or end before it. */
export type Wish = 'more' | 'last' | 'stop-before'
/** @param place where it was found, for the few who ask */
export type Visit = (item: StoredItem, place: () => Place) => Wish

export interface Place {
  /** The key under which it was found: the item's own, or that of its index entry. */
  readonly key: Uint8Array
  readonly itemKey: Uint8Array
}

/** Item keys from `from` (inclusive) to `to` (exclusive; undefined: the end of the table). */
export interface ItemRange {
  readonly from: Uint8Array
  readonly to: Uint8Array | undefined
  readonly reverse: boolean
  /** How many items the visitor will want, if it knows: so many are read at once. */
  readonly itemsExpected?: number
}

function placeOf(itemKey: Uint8Array): Place {
  return { key: itemKey, itemKey }
}

const readPage = { entriesMax: 200, bytesMax: 1 << 20 }
