import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { uuid } from '../base/random.ts'
import { pagesOf, restAfter } from '../storage/pages.ts'
import type { Decision, Range, Store, Value, Write } from '../storage/store.ts'
import {
  definitionKey,
  definitions,
  droppedKey,
  droppedTables,
  formatKey,
  nextTableNumberKey,
  rowKey,
  spaceRange,
  spaces,
  suffixOf,
  tableNumberOfDropped,
  tableRange,
} from './keyspace.ts'
import type { StoredItem } from './stored-item.ts'
import type { Table, TableBlueprint } from './table.ts'
import { decodeTable, encodeTable } from './table.ts'
import type { Statistics, Versioning } from './versioning.ts'

/**
 * The tables of one Region over one store: definitions, items, and nothing about other Regions.
 *
 * Every write of an item is one transaction: read the cell, let the caller judge what it shows, write what follows.
 */
export class RegionEngine {
  readonly region: string
  readonly store: Store
  readonly versioning: Versioning
  readonly #clock: Clock
  readonly #random: Random
  readonly #tableByName: Map<string, Table>
  readonly #writeListeners: ((table: Table) => void)[] = []

  private constructor(options: EngineOptions, tables: readonly Table[]) {
    this.region = options.region
    this.store = options.store
    this.versioning = options.versioning
    this.#clock = options.clock
    this.#random = options.random
    this.#tableByName = new Map(tables.map((table) => [table.name, table]))
  }

  /** Reads the definitions, and removes what is left of tables whose deletion was interrupted. */
  static async open(options: EngineOptions): Promise<RegionEngine> {
    const { store } = options
    const format = await store.get(formatKey)
    if (format !== undefined && format[0] !== layoutVersion) throw new UnknownLayout(format[0] ?? 0)
    if (format === undefined)
      await store.transact([], () => ({ writes: [{ key: formatKey, value: Uint8Array.of(layoutVersion) }], result: undefined }))
    const tables: Table[] = []
    for await (const page of pagesOf(store, definitions, readPage)) for (const { value } of page) tables.push(decodeTable(value))
    for await (const page of pagesOf(store, droppedTables, readPage))
      for (const { key } of page) await removeRows(store, tableNumberOfDropped(key))
    return new RegionEngine(options, tables)
  }

  /** The clock of this Region, as it is set. */
  get clock(): Clock {
    return this.#clock
  }

  /** Calls `listener` after each local write, once it is durable. */
  onWrite(listener: (table: Table) => void): void {
    this.#writeListeners.push(listener)
  }

  table(name: string): Table | undefined {
    return this.#tableByName.get(name)
  }

  /** All tables, by name in the order of its UTF-16 code units. */
  tables(): readonly Table[] {
    return [...this.#tableByName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Makes a table; undefined when there is one of that name. A replica takes its `globalId` from the table it is made from. */
  async createTable(blueprint: TableBlueprint, status: Table['status'] = 'ACTIVE', globalId?: string): Promise<Table | undefined> {
    const id = uuid(this.#random)
    const createdAtMs = this.#clock.nowMs()
    const key = definitionKey(blueprint.name)
    const table = await this.store.transact<Table | undefined>([key, nextTableNumberKey], ([existing, next]) => {
      if (existing !== undefined) return { writes: [], result: undefined }
      const number = next === undefined ? 1 : Buffer.from(next).readUInt32BE()
      const created: Table = { ...blueprint, number, id, globalId: globalId ?? id, status, createdAtMs }
      const following = Buffer.alloc(4)
      following.writeUInt32BE(number + 1)
      return {
        writes: [
          { key, value: encodeTable(created) },
          { key: nextTableNumberKey, value: following },
          { key: this.versioning.replicaKey(created), value: this.versioning.newReplicaRow() },
        ],
        result: created,
      }
    })
    if (table !== undefined) this.#tableByName.set(table.name, table)
    return table
  }

  /** Changes a definition; undefined when the table is gone. The keys, the number and the ids cannot change. */
  async changeTable(name: string, change: (table: Table) => TableChange): Promise<Table | undefined> {
    const key = definitionKey(name)
    const changed = await this.store.transact<Table | undefined>([key], ([row]) => {
      if (row === undefined) return { writes: [], result: undefined }
      const table = decodeTable(row)
      const result: Table = { ...table, ...change(table) }
      return { writes: [{ key, value: encodeTable(result) }], result }
    })
    if (changed !== undefined) this.#tableByName.set(name, changed)
    return changed
  }

  /** Removes a table; undefined when it is gone already. Its name is free at once; its rows go with {@link removeRowsOf}. */
  async dropTable(name: string): Promise<Table | undefined> {
    const key = definitionKey(name)
    const dropped = await this.store.transact<Table | undefined>([key], ([row]) => {
      if (row === undefined) return { writes: [], result: undefined }
      const table = decodeTable(row)
      const writes: Write[] = [
        { key, value: undefined },
        { key: droppedKey(table.number), value: new Uint8Array(0) },
        { key: this.versioning.replicaKey(table), value: undefined },
      ]
      return { writes, result: table }
    })
    if (dropped !== undefined) this.#tableByName.delete(name)
    return dropped
  }

  /** Removes what a dropped table leaves behind, step by step. Interrupted, it is resumed at the next opening. */
  removeRowsOf(dropped: Table): Promise<void> {
    return removeRows(this.store, dropped.number)
  }

  async statistics(table: Table): Promise<Statistics> {
    const row = await this.store.get(this.versioning.replicaKey(table))
    return row === undefined ? { itemCount: 0, sizeBytes: 0 } : this.versioning.statistics(row)
  }

  /** @param itemKey as `encodeItemKey` makes it */
  async getItem(table: Table, itemKey: Uint8Array): Promise<StoredItem | undefined> {
    const cell = await this.store.get(rowKey(table.number, spaces.items, itemKey))
    return cell === undefined ? undefined : this.versioning.shown(table, cell)
  }

  /**
   * Writes one item: `judge` sees what is shown and says what shall be. It must be pure; it may be called again.
   * Settles when the outcome is durable. `gone` when the table was dropped meanwhile.
   */
  async write<T>(table: Table, itemKey: Uint8Array, judge: (before: StoredItem | undefined) => Verdict<T>): Promise<T | Gone> {
    const cellKey = rowKey(table.number, spaces.items, itemKey)
    const arrival = this.versioning.arrival()
    let changed = false
    const decide = ([replicaRow, cell]: readonly (Value | undefined)[]): Decision<T | Gone> => {
      changed = false
      if (replicaRow === undefined || !this.versioning.accepts(replicaRow)) return { writes: [], result: gone }
      const before = cell === undefined ? undefined : this.versioning.shown(table, cell)
      const verdict = judge(before)
      if (verdict.kind === 'keep' || (verdict.kind === 'delete' && before === undefined)) return { writes: [], result: verdict.result }
      changed = true
      const after = verdict.kind === 'put' ? verdict.item : undefined
      return {
        writes: this.versioning.change({ table, arrival, itemKey, cellKey, cell, replicaRow, before, after }),
        result: verdict.result,
      }
    }
    const result = await this.store.transact([this.versioning.replicaKey(table), cellKey], decide)
    if (changed) for (const listener of this.#writeListeners) listener(table)
    return result
  }

  /**
   * Items in key order until `visit` has had enough or the range ends. Each is read from one moment; between the pages of a long range
   * writes go on, as they do in DynamoDB.
   * @returns the item key of the last item visited when there is (or may be) more behind it; undefined at the end
   */
  async read(table: Table, range: ItemRange, visit: Visit): Promise<Uint8Array | undefined> {
    let rest: Range = { ...spaceRange(table.number, spaces.items, range.from, range.to), reverse: range.reverse }
    const limit = { ...readPage, entriesMax: Math.min(readPage.entriesMax, range.itemsExpected ?? Infinity) }
    let visited: Uint8Array | undefined
    for (;;) {
      const page = await this.store.page(rest, limit)
      for (const entry of page.entries) {
        const item = this.versioning.shown(table, entry.value)
        if (item === undefined) continue
        const itemKey = suffixOf(entry.key)
        const wish = visit(item, itemKey)
        if (wish === 'stop-before') return visited
        visited = itemKey
        if (wish === 'last') return visited
      }
      const last = page.entries.at(-1)
      if (!page.more || last === undefined) return undefined
      rest = restAfter(rest, last)
    }
  }
}

/** Whether to go on after this item, end with it, or end before it. */
export type Visit = (item: StoredItem, itemKey: Uint8Array) => 'more' | 'last' | 'stop-before'

export interface EngineOptions {
  readonly region: string
  readonly store: Store
  readonly versioning: Versioning
  readonly clock: Clock
  readonly random: Random
}

/** What a write shall do, judged on what is shown. */
export type Verdict<T> =
  | { readonly kind: 'put'; readonly item: StoredItem; readonly result: T }
  | { readonly kind: 'delete'; readonly result: T }
  | { readonly kind: 'keep'; readonly result: T }

/** The table was dropped, or closed for being dropped, while the write waited. */
export interface Gone {
  readonly kind: 'gone'
}
const gone: Gone = { kind: 'gone' }

/** Item keys from `from` (inclusive) to `to` (exclusive; undefined: the end of the table). */
export interface ItemRange {
  readonly from: Uint8Array
  readonly to: Uint8Array | undefined
  readonly reverse: boolean
  /** How many items the visitor will want, if it knows: so many are read at once. */
  readonly itemsExpected?: number
}

export type TableChange = Partial<Pick<Table, 'status' | 'settings' | 'tags' | 'globalId'>>

/** The folder was written by a version that lays rows out in a way that this one does not know. */
export class UnknownLayout extends Error {
  override readonly name = 'UnknownLayout'
  readonly code = 'UNKNOWN_LAYOUT'

  constructor(version: number) {
    super(`the data have layout version ${version}; this program knows version ${layoutVersion}`)
  }
}

const layoutVersion = 1
const readPage = { entriesMax: 200, bytesMax: 1 << 20 }
const removalPage = { entriesMax: 1000, bytesMax: 4 << 20 }

async function removeRows(store: Store, tableNumber: number): Promise<void> {
  const range = tableRange(tableNumber)
  for (;;) {
    const page = await store.page(range, removalPage)
    const writes: Write[] = page.entries.map(({ key }) => ({ key, value: undefined }))
    if (!page.more) writes.push({ key: droppedKey(tableNumber), value: undefined })
    assert(writes.length > 0, 'a page with more behind it is not empty')
    await store.transact([], () => ({ writes, result: undefined }))
    if (!page.more) return
  }
}
