import { encodeImage, StoredItem } from '../engine/stored-item.ts'
import type { Table } from '../engine/table.ts'
import type { FilledRow } from '../engine/table-filling.ts'
import { emptyIndexKeyProblem, indexKeyProblem } from '../item/index-key.ts'
import { isInvalid } from '../item/invalid.ts'
import { encodeItemKey } from '../item/item-key.ts'
import { ITEM_BYTES_MAX, ITEM_TOO_LARGE, parseItem } from '../item/parse-attribute-value.ts'

/** What a record's item becomes in the table, or why it cannot be there, in the words in which PutItem would refuse it. */
export function importedItem(table: Table, json: unknown): FilledRow | { readonly problem: string } {
  const parsed = parseItem(json)
  if (isInvalid(parsed)) return { problem: parsed.invalid }
  const { item, sizeBytes } = parsed
  const itemKey = encodeItemKey(table.schema, item)
  if (isInvalid(itemKey)) return { problem: itemKey.invalid }
  if (sizeBytes > ITEM_BYTES_MAX) return { problem: ITEM_TOO_LARGE }
  for (const index of table.indexes) {
    const problem = emptyIndexKeyProblem(index, item) ?? indexKeyProblem(index, item, itemKey)
    if (problem !== undefined) return { problem: problem.invalid }
  }
  return { itemKey, item: new StoredItem(encodeImage(item), sizeBytes) }
}
