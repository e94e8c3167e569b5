import type { IndexBlueprint, TableBlueprint } from '../engine/table.ts'
import { onDemandSettings } from '../engine/table.ts'
import { StoredItem, encodeImage } from '../engine/stored-item.ts'
import type { Item } from '../item/attribute-value.ts'
import { isInvalid } from '../item/invalid.ts'
import { encodeItemKey } from '../item/item-key.ts'
import { itemSizeBytes } from '../item/item-size.ts'
import type { KeySchema } from '../item/key-schema.ts'
import { defaultPolicy, policyTag } from '../replication/policy-text.ts'
import type { Setting } from './plan.ts'
import { sameText } from './same-text.ts'

/** The one table of the lab, and its items. */
export const tableName = 'items'

/** An index that comes and goes. */
export const lateIndex = indexOn('was', 'ALL', 'late')

const schema: KeySchema = { partition: { name: 'pk', type: 'S' }, sort: undefined }

export function blueprintOf({ indexes, stream, policy }: Setting): TableBlueprint {
  return {
    name: tableName,
    schema,
    attributeDefinitions: [{ name: 'pk', type: 'S' }],
    settings: {
      ...onDemandSettings(0),
      indexes: indexes ? [indexOn('v', 'ALL'), indexOn('was', 'KEYS_ONLY')] : [],
      stream: stream ? 'NEW_AND_OLD_IMAGES' : undefined,
    },
    tags: policy === defaultPolicy ? {} : { [policyTag]: policy },
  }
}

function indexOn(attribute: string, kind: 'ALL' | 'KEYS_ONLY', name = `by-${attribute}`): IndexBlueprint {
  return {
    name,
    kind: 'global',
    partition: [{ name: attribute, type: 'S' }],
    sort: [{ name: 'pk', type: 'S' }],
    projection: { kind },
    throughput: undefined,
    onDemandMaximum: undefined,
  }
}

export function itemKeyOf(key: string): Uint8Array {
  const encoded = encodeItemKey(schema, { pk: { S: key } })
  if (isInvalid(encoded)) throw new Error(encoded.invalid)
  return encoded
}

export function storedItem(item: Item): StoredItem {
  return new StoredItem(encodeImage(item), itemSizeBytes(item))
}

/** The value that the lab's items carry. */
export function valueIn({ stored }: { readonly stored: StoredItem | undefined }): string | undefined {
  const value = stored?.item['v']
  return value !== undefined && 'S' in value ? value.S : undefined
}

/** Equal for equal items. */
export function imageText(item: StoredItem | undefined): string {
  return item === undefined ? 'nothing' : sameText(item.item)
}
