import { hasLocalIndex } from '../../../engine/derivation.ts'
import type { Table } from '../../../engine/table.ts'
import { decodeItemKey } from '../../../item/item-key.ts'

export interface ItemCollectionMetrics {
  readonly ItemCollectionKey: object
  /** Lower and upper bound, GB. */
  readonly SizeEstimateRangeGB: readonly [number, number]
}

/** The collection that an item belongs to; tables without local indexes have none. The range is as wide as DynamoDB's own: one GB. */
export function itemCollectionMetrics(
  wanted: 'SIZE' | 'NONE' | undefined,
  table: Table,
  itemKey: Uint8Array,
  collectionBytes: number | undefined,
): ItemCollectionMetrics | undefined {
  if (wanted !== 'SIZE' || !hasLocalIndex(table) || collectionBytes === undefined) return undefined
  const { partition } = table.schema
  const gigabytes = Math.floor(collectionBytes / 2 ** 30)
  return {
    ItemCollectionKey: { [partition.name]: decodeItemKey(table.schema, itemKey)[partition.name] },
    SizeEstimateRangeGB: [gigabytes, gigabytes + 1],
  }
}
