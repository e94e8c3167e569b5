import { encodeImage, StoredItem } from '../../../engine/stored-item.ts'
import type { Table } from '../../../engine/table.ts'
import { isInvalid } from '../../../item/invalid.ts'
import { encodeItemKey } from '../../../item/item-key.ts'
import type { ParsedItem } from '../../../item/parse-attribute-value.ts'
import { ITEM_BYTES_MAX, ITEM_TOO_LARGE } from '../../../item/parse-attribute-value.ts'
import type { WireError } from '../../wire-error.ts'
import { fromInvalid, validationError } from '../../wire-error.ts'
import { indexProblem } from './index-checks.ts'

/** A whole item that a request brings, as the table would store it. */
export interface NewItem {
  readonly itemKey: Uint8Array
  readonly item: StoredItem
}

/** Or why the table cannot store it: its key, its size, the keys of the indexes. */
export function newItem(table: Table, { item: attributes, sizeBytes }: ParsedItem): NewItem | WireError {
  const itemKey = encodeItemKey(table.schema, attributes)
  if (isInvalid(itemKey)) return fromInvalid(itemKey)
  if (sizeBytes > ITEM_BYTES_MAX) return validationError(ITEM_TOO_LARGE)
  return indexProblem(table, attributes, itemKey) ?? { itemKey, item: new StoredItem(encodeImage(attributes), sizeBytes, attributes) }
}
