import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { uuid } from '../base/random.ts'
import { pagesOf } from '../storage/pages.ts'
import type { Range, Store, Write } from '../storage/store.ts'
import { Backups } from './backups.ts'
import type { ChangeCause } from './change-log.ts'
import { carryOutDelayed } from './delayed-entries.ts'
import { decodeIndexEntry, setBytes } from './index-entry.ts'
import type { ItemRange, StoreReads, Visit } from './item-reader.ts'
import { ItemReader } from './item-reader.ts'
import type { Judge, NotWritten, Transacted, TransactedWrite, WriteOrder, Written } from './item-writer.ts'
import { ItemWriter } from './item-writer.ts'
import {
  droppedKey,
  droppedTables,
  endedKey,
  formatKey,
  spaceRange,
  spaces,
  tableNumberOfDropped,
  tableRange,
  tableRangesWithoutChanges,
} from './keyspace.ts'
import type { OnceOnly } from './once-only.ts'
import { restoreOrigin } from './restore-origin.ts'
import type { StoredItem } from './stored-item.ts'
import type { Filling, Index, Table, TableBlueprint } from './table.ts'
import type { TableChange } from './table-definitions.ts'
import { TableDefinitions } from './table-definitions.ts'
import { TableReaders } from './table-readers.ts'
import type { Statistics, Versioning } from './versioning.ts'
import { noOrder } from './write-order.ts'

/**
 * The tables of one Region over one store: definitions, items, and nothing about other Regions.
 *
 * Every write of an item is one transaction: read the cell, let the caller judge what it shows, write what follows.
 */
export class RegionEngine {
  readonly region: string
  readonly store: Store
  readonly versioning: Versioning
  /** How long entries of global indexes wait, ms. */
  readonly indexDelayMs: number
  readonly backups: Backups
  /** Who reads tables at length. */
  readonly readers: TableReaders
  /** How long an index that is added or removed takes at least, ms. */
  readonly lifecycleDelayMs: number
  readonly #clock: Clock
  readonly #random: Random
  readonly #definitions: TableDefinitions
  readonly #items: ItemReader
  readonly #writer: ItemWriter
  #lagging: Lagging | undefined
  readonly #orderByTable = new Map<number, WriteOrder>()
  readonly #writeListeners: ((table: Table) => void)[] = []
  readonly #changeListeners: ((table: Table) => void)[] = []

  private constructor(options: EngineOptions, parts: { definitions: TableDefinitions; readers: TableReaders; backups: Backups }) {
    const { definitions } = parts
    this.readers = parts.readers
    this.backups = parts.backups
    const { store, versioning, indexDelayMs = 0, lifecycleDelayMs = 0 } = options
    this.region = options.region
    this.store = store
    this.versioning = versioning
    this.indexDelayMs = indexDelayMs
    this.lifecycleDelayMs = lifecycleDelayMs
    this.#clock = options.clock
    this.#random = options.random
    this.#definitions = definitions
    this.#items = new ItemReader(store, versioning)
    const changed = (table: Table): void => {
      for (const listener of this.#writeListeners) listener(table)
      this.changed(table)
    }
    this.#writer = new ItemWriter({ store, versioning, definitions, order: (table) => this.#orderOf(table), indexDelayMs, changed })
  }

  /** Reads the definitions, and finishes what was interrupted: the removal of dropped tables, index entries that waited. */
  static async open(options: EngineOptions): Promise<RegionEngine> {
    const { store } = options
    const format = await store.get(formatKey)
    if (format !== undefined && format[0] !== layoutVersion) throw new UnknownLayout(format[0] ?? 0)
    if (format === undefined)
      await store.transact([], () => ({ writes: [{ key: formatKey, value: Uint8Array.of(layoutVersion) }], result: undefined }))
    const definitions = await TableDefinitions.open(options)
    const readers = new TableReaders(definitions)
    const backups = await Backups.open({ ...options, definitions, readers })
    for (const table of definitions.all()) {
      const origin = restoreOrigin(table)
      if (origin?.kind === 'moment') readers.enter(origin.source.number, origin.reader)
      if (origin?.kind === 'backup') backups.claim(origin.backup)
    }
    for (const { number } of definitions.all()) await carryOutDelayed(store, number, Infinity)
    const engine = new RegionEngine(options, { definitions, readers, backups })
    await engine.removeDropped()
    return engine
  }

  /** A name that nothing else has. */
  newId(): string {
    return uuid(this.#random)
  }

  /** The clock of this Region, as it is set. */
  get clock(): Clock {
    return this.#clock
  }

  /** Calls `listener` after each local write, once it is durable. */
  onWrite(listener: (table: Table) => void): void {
    this.#writeListeners.push(listener)
  }

  /** Calls `listener` after items changed, whoever changed them, once that is durable. */
  onChange(listener: (table: Table) => void): void {
    this.#changeListeners.push(listener)
  }

  /** Says that somebody else changed items of the table. */
  changed(table: Table): void {
    for (const listener of this.#changeListeners) listener(table)
  }

  /** Calls `listener` with each new or changed definition. */
  onTableChange(listener: (table: Table) => void): void {
    this.#definitions.onChange(listener)
  }

  table(name: string): Table | undefined {
    return this.#definitions.get(name)
  }

  /** The table as it is now; undefined once it is dropped. */
  current({ number }: Table): Table | undefined {
    return this.#definitions.byNumber(number)
  }

  /** All tables, by name in the order of its UTF-16 code units. */
  tables(): readonly Table[] {
    return this.#definitions.all()
  }

  /** Makes a table; undefined when there is one of that name. A replica takes its `globalId` from the table it is made from. */
  createTable(blueprint: TableBlueprint, status: Table['status'] = 'ACTIVE', globalId?: string): Promise<Table | undefined> {
    return this.#definitions.create(blueprint, { status, globalId, filling: undefined })
  }

  /** Makes a table whose rows a job writes before it becomes `ACTIVE`; undefined when there is one of that name. */
  createFilledTable(blueprint: TableBlueprint, filling: Filling): Promise<Table | undefined> {
    return this.#definitions.create(blueprint, { status: 'CREATING', globalId: undefined, filling })
  }

  /** Changes a definition; undefined when the table is gone. The keys, the number and the ids cannot change. */
  changeTable(name: string, change: (table: Table, atMs: number) => TableChange): Promise<Table | undefined> {
    return this.#definitions.change(name, change)
  }

  /** Tables that were dropped and whose streams can still be read; the latest of a name comes last. */
  endedTables(): readonly Table[] {
    return this.#definitions.ended()
  }

  /** Removes what was kept of a dropped table for the readers of its streams; later, while somebody else reads it. */
  async releaseEnded(ended: Table): Promise<void> {
    if (this.readers.any(ended.number)) return
    await removeRows(this.store, tableRange(ended.number))
    await this.#definitions.forget(ended)
  }

  /**
   * Removes a table; undefined when it is gone already. Its name is free at once; its rows go with {@link removeRowsOf}, but for the changes that
   * its streams show. With point-in-time recovery it leaves a backup.
   */
  async dropTable(name: string): Promise<Table | undefined> {
    const table = this.#definitions.get(name)
    if (table === undefined) return undefined
    // Whoever looks for the rows of dropped tables meanwhile must leave these to the backup.
    this.readers.enter(table.number, beingDropped)
    try {
      const dropped = await this.#definitions.drop(table, this.backups.systemMs(this.#clock.nowMs()))
      if (dropped?.backup !== undefined) this.backups.adopt(dropped.backup)
      return dropped?.table
    } finally {
      this.readers.leave(table.number, beingDropped)
    }
  }

  /**
   * Removes what a dropped table leaves behind, step by step. Interrupted, it is resumed at the next opening. Rows that somebody reads stay until
   * {@link removeDropped}.
   */
  async removeRowsOf({ number }: Pick<Table, 'number'>): Promise<void> {
    if (!this.readers.any(number)) await removeTableRows(this.store, number)
  }

  /** Removes what dropped tables have left behind and nobody reads. */
  async removeDropped(): Promise<void> {
    for await (const page of pagesOf(this.store, droppedTables, removalPage))
      for (const { key } of page) await this.removeRowsOf({ number: tableNumberOfDropped(key) })
  }

  async statistics(table: Table): Promise<TableStatistics> {
    const row = await this.store.get(this.versioning.replicaKey(table))
    const { itemCount, sizeBytes } = row === undefined ? { itemCount: 0, sizeBytes: 0 } : this.versioning.statistics(row)
    const indexes: Record<string, Statistics> = {}
    for (const index of table.indexes) indexes[index.name] = await this.#indexStatistics(table, index, itemCount)
    return { itemCount, sizeBytes, indexes }
  }

  /** Counted in a small index. In a large one, as many entries as the table has items, of the size of those that were looked at. */
  async #indexStatistics(table: Table, index: Index, itemCount: number): Promise<Statistics> {
    const set = setBytes(index.number)
    const range = spaceRange(table.number, spaces.derived, set, setBytes(index.number + 1))
    const { entries, more } = await this.store.page(range, countedPage)
    const sizeBytes = entries.reduce((sum, { value }) => sum + decodeIndexEntry(value).item.sizeBytes, 0)
    if (!more) return { itemCount: entries.length, sizeBytes }
    return { itemCount, sizeBytes: Math.round((sizeBytes / entries.length) * itemCount) }
  }

  /** @param itemKey as `encodeItemKey` makes it */
  getItem(table: Table, itemKey: Uint8Array): Promise<StoredItem | undefined> {
    return this.#items.getItem(table, itemKey)
  }

  /** Items in the order of `itemKeys`, all from one moment. */
  getItems(wanted: readonly { readonly table: Table; readonly itemKey: Uint8Array }[]): Promise<(StoredItem | undefined)[]> {
    return this.#items.getItems(wanted)
  }

  /** Items in key order; see {@link ItemReader}. */
  read(table: Table, range: ItemRange, visit: Visit): Promise<Uint8Array | undefined> {
    return this.#items.read(table, range, visit)
  }

  /** The same of an index. */
  readIndex(table: Table, index: Index, range: ItemRange, visit: Visit): Promise<Uint8Array | undefined> {
    return this.#items.readIndex(table, index, range, visit)
  }

  /** What answers one eventually consistent read of the table, or of one of its indexes: this, or a state that lags. */
  eventually(table: Table, index?: Index): ItemReads {
    const lagging = this.#lagging?.(table, index)
    return lagging === undefined ? this : new ItemReader(lagging, this.versioning)
  }

  /** Has eventually consistent reads answered from elsewhere; undefined: from the store. */
  answerEventually(lagging: Lagging | undefined): void {
    this.#lagging = lagging
  }

  /**
   * Writes one item: `judge` sees what is shown and says what shall be. Settles when the outcome is durable.
   */
  write<T>(table: Table, itemKey: Uint8Array, judge: Judge<T>, cause: ChangeCause = 'client'): Promise<Written<T> | NotWritten> {
    return this.#writer.write(table, itemKey, judge, cause)
  }

  /** Writes several items of this Region, all or none. */
  transact<T>(parts: readonly TransactedWrite<T>[], once?: OnceOnly): Promise<Transacted<T>> {
    return this.#writer.transact(parts, once)
  }

  /** Hands the writes of an ordered table to whoever orders them; undefined: to nobody. */
  orderBy({ number }: Pick<Table, 'number'>, order: WriteOrder | undefined): void {
    if (order === undefined) this.#orderByTable.delete(number)
    else this.#orderByTable.set(number, order)
  }

  #orderOf({ number }: Table): WriteOrder {
    return this.#orderByTable.get(number) ?? noOrder
  }

  /** Settles when everything that was acknowledged before the call is readable here; false when that cannot be known now. */
  async caughtUp(table: Table): Promise<boolean> {
    return !table.ordered || this.#orderOf(table).caughtUp(table)
  }

  /** Whether a transaction is changing the item. */
  isBusy(table: Table, itemKey: Uint8Array): boolean {
    return this.#writer.isBusy(table, itemKey)
  }
}

/** What an eventually consistent read is answered from, asked for each read; undefined: from the store as it is. */
export type Lagging = (table: Table, index: Index | undefined) => StoreReads | undefined

export type ItemReads = Pick<ItemReader, 'getItem' | 'getItems' | 'read' | 'readIndex'>

export interface EngineOptions {
  readonly region: string
  readonly store: Store
  readonly versioning: Versioning
  readonly clock: Clock
  readonly random: Random
  /** How long entries of global indexes wait, ms; by default they are written with their items. */
  readonly indexDelayMs?: number
  /** How long an index that is added or removed takes at least, ms; by default as long as it takes. */
  readonly lifecycleDelayMs?: number
}

export interface TableStatistics extends Statistics {
  /** By name; estimates when they are large, as DynamoDB's are. */
  readonly indexes: Readonly<Record<string, Statistics>>
}

/** The folder was written by a version that lays rows out in a way that this one does not know. */
export class UnknownLayout extends Error {
  override readonly name = 'UnknownLayout'
  readonly code = 'UNKNOWN_LAYOUT'

  constructor(version: number) {
    super(`the data have layout version ${version}; this program knows version ${layoutVersion}`)
  }
}

const layoutVersion = 1
/** Stands for a reader, while a table is dropped. */
const beingDropped = 'being-dropped'
const countedPage = { entriesMax: 1000, bytesMax: 4 << 20 }
const removalPage = { entriesMax: 1000, bytesMax: 4 << 20 }

async function removeTableRows(store: Store, tableNumber: number): Promise<void> {
  const hasStreams = (await store.get(endedKey(tableNumber))) !== undefined
  for (const range of hasStreams ? tableRangesWithoutChanges(tableNumber) : [tableRange(tableNumber)]) await removeRows(store, range)
  await store.transact([], () => ({ writes: [{ key: droppedKey(tableNumber), value: undefined }], result: undefined }))
}

/** Removes all rows of a range, page by page. */
export async function removeRows(store: Store, range: Range): Promise<void> {
  for (;;) {
    const page = await store.page(range, removalPage)
    const writes: Write[] = page.entries.map(({ key }) => ({ key, value: undefined }))
    if (writes.length > 0) await store.transact([], () => ({ writes, result: undefined }))
    assert(writes.length > 0 || !page.more, 'a page with more behind it is not empty')
    if (!page.more) return
  }
}
