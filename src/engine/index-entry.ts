import { attributeOf, newMap } from '../item/attribute-value.ts'
import { encodeIndexKey } from '../item/index-key.ts'
import { isInvalid } from '../item/invalid.ts'
import { itemSizeBytes } from '../item/item-size.ts'
import type { KeySchema } from '../item/key-schema.ts'
import type { Key, Value } from '../storage/store.ts'
import { rowKey, spaces } from './keyspace.ts'
import { encodeImage, StoredItem } from './stored-item.ts'
import type { Index, IndexBlueprint, Table } from './table.ts'

/** What an index holds of an item: the attributes that it projects, under the index key. */
export interface IndexEntry {
  readonly key: Key
  /** The projected attributes, with those of the table's key and of the index's. */
  readonly item: StoredItem
}

/** The item's entry in an index; undefined when it has none, because it lacks a key attribute or has one that cannot be a key [REP-25]. */
export function indexEntryOf(table: Table, index: Index, itemKey: Uint8Array, stored: StoredItem): IndexEntry | undefined {
  const indexKey = encodeIndexKey(index, stored.item, itemKey)
  if (indexKey === undefined || isInvalid(indexKey)) return undefined
  return { key: derivedKey(table.number, index.number, indexKey), item: projected(table.schema, index, stored) }
}

/** The attributes of an item that an index has. */
export function projectedNames(schema: KeySchema, index: IndexBlueprint): ReadonlySet<string> | 'all' {
  if (index.projection.kind === 'ALL') return 'all'
  const keys = [schema.partition, ...(schema.sort === undefined ? [] : [schema.sort]), ...index.partition, ...index.sort]
  return new Set([...keys.map(({ name }) => name), ...(index.projection.kind === 'INCLUDE' ? index.projection.attributes : [])])
}

function projected(schema: KeySchema, index: IndexBlueprint, stored: StoredItem): StoredItem {
  const names = projectedNames(schema, index)
  if (names === 'all') return stored
  const item = newMap()
  for (const name of names) {
    const value = attributeOf(stored.item, name)
    if (value !== undefined) item[name] = value
  }
  return new StoredItem(encodeImage(item), itemSizeBytes(item))
}

/** The key of a row of a derived set. */
export function derivedKey(tableNumber: number, set: number, suffix: Uint8Array): Key {
  return rowKey(tableNumber, spaces.derived, Buffer.concat([setBytes(set), suffix]))
}

/** What the suffixes of a derived set begin with in its space. */
export function setBytes(set: number): Uint8Array {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(set)
  return bytes
}

/** An entry's row: the size(4) of the projected item, its table key's length(2), the table key, the projected item. */
export function encodeIndexEntry(itemKey: Uint8Array, { sizeBytes, image }: StoredItem): Value {
  const row = Buffer.allocUnsafe(6 + itemKey.length + image.length)
  row.writeUInt32BE(sizeBytes, 0)
  row.writeUInt16BE(itemKey.length, 4)
  row.set(itemKey, 6)
  row.set(image, 6 + itemKey.length)
  return row
}

export function decodeIndexEntry(row: Value): { readonly itemKey: Uint8Array; readonly item: StoredItem } {
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength)
  const imageAt = 6 + bytes.readUInt16BE(4)
  return { itemKey: bytes.subarray(6, imageAt), item: new StoredItem(bytes.subarray(imageAt), bytes.readUInt32BE(0)) }
}
