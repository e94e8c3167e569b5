import { equalValues } from '../item/attribute-compare.ts'
import { partitionOf } from '../item/item-key.ts'
import type { Key, Value, Write } from '../storage/store.ts'
import type { ChangeCause, Sequence } from './change-log.ts'
import { changeHeadKey, changeWrite, decodeChangeHead, encodeChangeHead, keepsChanges, nextSequence } from './change-log.ts'
import { delayedWrite } from './delayed-entries.ts'
import { expiryKeyOf } from './expiry.ts'
import type { IndexEntry } from './index-entry.ts'
import { encodeIndexEntry, indexEntryOf } from './index-entry.ts'
import { rowKey, spaces } from './keyspace.ts'
import type { StoredItem } from './stored-item.ts'
import type { Index, Table } from './table.ts'

/**
 * The rows that follow from the items, written in the transaction that changes what an item shows: index entries, the order of expiry,
 * the sizes of item collections, the change log. They follow from the shown item before and after and from nothing else, so
 * whoever changes it (a client, another Region, a state transfer) derives the same.
 */
export interface DerivationOptions {
  readonly table: Table
  readonly atMs: number
  /** `seed`: the items of a new replica, which are no changes. */
  readonly cause: ChangeCause | 'seed'
  /** How long entries of global indexes wait; 0: they are written with the item. */
  readonly indexDelayMs: number
  /** The values of {@link derivationKeys}. */
  readonly read: (key: Key) => Value | undefined
}

/** What a table's derivations need to read before they are made. Empty for most tables. */
export function derivationKeys(table: Table, itemKeys: readonly Uint8Array[], indexDelayMs: number): readonly Key[] {
  const keys: Key[] = []
  if (keepsChanges(table) || (indexDelayMs > 0 && hasGlobalIndex(table))) keys.push(changeHeadKey(table.number))
  if (hasLocalIndex(table)) {
    const names = new Set<string>()
    for (const itemKey of itemKeys) {
      const key = collectionKey(table, itemKey)
      const name = Buffer.from(key).toString('latin1')
      if (!names.has(name)) keys.push(key)
      names.add(name)
    }
  }
  return keys
}

/** True when nothing follows from this table's items. */
export function derivesNothing(table: Table): boolean {
  return table.indexes.length === 0 && table.expiry === undefined && !keepsChanges(table)
}

/** One entry that was put or removed, for metering. */
export interface IndexWrite {
  readonly index: string
  /** Of the entry; of the larger one where an entry was replaced under its key. */
  readonly sizeBytes: number
  /** What the entry holds, or held. */
  readonly item: StoredItem
}

export class Derivation {
  readonly writes: Write[] = []
  readonly indexWrites: IndexWrite[] = []
  readonly #options: DerivationOptions
  readonly #keepsChanges: boolean
  #collectionBytesByName: Map<string, number> | undefined
  #head: Sequence | undefined

  constructor(options: DerivationOptions) {
    this.#options = options
    this.#keepsChanges = options.cause !== 'seed' && keepsChanges(options.table)
  }

  /** The item was `before` and is `after`. */
  add(itemKey: Uint8Array, before: StoredItem | undefined, after: StoredItem | undefined): void {
    const { table } = this.#options
    if (derivesNothing(table) || sameItem(before, after)) return
    let collectionBytes = (after?.sizeBytes ?? 0) - (before?.sizeBytes ?? 0)
    for (const index of table.indexes) {
      const was = before && indexEntryOf(table, index, itemKey, before)
      const is = after && indexEntryOf(table, index, itemKey, after)
      this.#index(index, itemKey, was, is)
      if (index.kind === 'local') collectionBytes += (is?.item.sizeBytes ?? 0) - (was?.item.sizeBytes ?? 0)
    }
    if (hasLocalIndex(table)) this.#collect(itemKey, collectionBytes)
    this.#expire(itemKey, before, after)
    if (this.#keepsChanges) this.#log(itemKey, before, after)
  }

  /** Bytes in the item's collection, with what was added so far; undefined for a table without local indexes. */
  collectionBytes(itemKey: Uint8Array): number | undefined {
    const { table } = this.#options
    return hasLocalIndex(table) ? this.#bytesIn(collectionKey(table, itemKey)) : undefined
  }

  #index(index: Index, itemKey: Uint8Array, was: IndexEntry | undefined, is: IndexEntry | undefined): void {
    if (index.status === 'DELETING') return
    const moved = was !== undefined && (is === undefined || Buffer.compare(was.key, is.key) !== 0)
    if (was !== undefined && is !== undefined && !moved && sameItem(was.item, is.item)) return
    if (moved) this.#entry(index, was.key, undefined, { sizeBytes: was.item.sizeBytes, item: was.item })
    if (is === undefined) return
    const sizeBytes = moved ? is.item.sizeBytes : Math.max(is.item.sizeBytes, was?.item.sizeBytes ?? 0)
    this.#entry(index, is.key, encodeIndexEntry(itemKey, is.item), { sizeBytes, item: is.item })
  }

  #entry(index: Index, key: Key, value: Value | undefined, told: Omit<IndexWrite, 'index'>): void {
    const { table, atMs, indexDelayMs, cause } = this.#options
    this.indexWrites.push({ index: index.name, ...told })
    const delayed = indexDelayMs > 0 && index.kind === 'global' && cause !== 'seed'
    this.writes.push(delayed ? delayedWrite(table.number, this.#next(), atMs + indexDelayMs, { key, value }) : { key, value })
  }

  #expire(itemKey: Uint8Array, before: StoredItem | undefined, after: StoredItem | undefined): void {
    const { table } = this.#options
    const { expiry } = table
    if (expiry === undefined || expiry.status === 'DISABLING') return
    const was = before && expiryKeyOf(table, expiry, itemKey, before)
    const is = after && expiryKeyOf(table, expiry, itemKey, after)
    if (was !== undefined && is !== undefined && Buffer.compare(was, is) === 0) return
    if (was !== undefined) this.writes.push({ key: was, value: undefined })
    if (is !== undefined) this.writes.push({ key: is, value: itemKey })
  }

  #collect(itemKey: Uint8Array, bytes: number): void {
    const key = collectionKey(this.#options.table, itemKey)
    const total = this.#bytesIn(key) + bytes
    this.#collectionBytesByName ??= new Map()
    this.#collectionBytesByName.set(Buffer.from(key).toString('latin1'), total)
    this.writes.push({ key, value: total === 0 ? undefined : encodeSize(total) })
  }

  #bytesIn(key: Key): number {
    const known = this.#collectionBytesByName?.get(Buffer.from(key).toString('latin1'))
    if (known !== undefined) return known
    const row = this.#options.read(key)
    return row === undefined ? 0 : Buffer.from(row).readUIntBE(0, 6)
  }

  #log(itemKey: Uint8Array, before: StoredItem | undefined, after: StoredItem | undefined): void {
    const { table, atMs, cause } = this.#options
    if (cause === 'seed') return
    this.writes.push(changeWrite(table.number, { sequence: this.#next(), atMs, cause, itemKey, before, after }))
  }

  /** The next number of the change log, which the head row remembers. */
  #next(): Sequence {
    const key = changeHeadKey(this.#options.table.number)
    this.#head = nextSequence(this.#head ?? decodeChangeHead(this.#options.read(key)), this.#options.atMs)
    this.writes.push({ key, value: encodeChangeHead(this.#head) })
    return this.#head
  }
}

export function hasLocalIndex({ indexes }: Table): boolean {
  return indexes.some(({ kind }) => kind === 'local')
}

function hasGlobalIndex({ indexes }: Table): boolean {
  return indexes.some(({ kind }) => kind === 'global')
}

/** Where the size of the item's collection is kept. */
export function collectionKey(table: Table, itemKey: Uint8Array): Key {
  return rowKey(table.number, spaces.collections, partitionOf(itemKey))
}

/** Attributes have no order, so other bytes may be the same item. A write that changes nothing leaves no trace in indexes and streams. */
function sameItem(a: StoredItem | undefined, b: StoredItem | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  if (a.sizeBytes !== b.sizeBytes) return false
  return Buffer.compare(a.image, b.image) === 0 || equalValues({ M: a.item }, { M: b.item })
}

function encodeSize(bytes: number): Value {
  const row = Buffer.alloc(6)
  row.writeUIntBE(bytes, 0, 6)
  return row
}
