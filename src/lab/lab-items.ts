import type { IndexBlueprint, TableBlueprint } from '../engine/table.ts'
import { onDemandSettings } from '../engine/table.ts'
import { StoredItem, encodeImage } from '../engine/stored-item.ts'
import type { Item } from '../item/attribute-value.ts'
import { isInvalid } from '../item/invalid.ts'
import { encodeItemKey } from '../item/item-key.ts'
import { itemSizeBytes } from '../item/item-size.ts'

/** The one table of the lab, and its items. */
export const tableName = 'items'

/** An index that comes and goes. */
export const lateIndex = indexOn('was', 'ALL', 'late')

export const blueprint: TableBlueprint = {
  name: tableName,
  schema: { partition: { name: 'pk', type: 'S' }, sort: undefined },
  attributeDefinitions: [{ name: 'pk', type: 'S' }],
  settings: { ...onDemandSettings(0), indexes: [indexOn('v', 'ALL'), indexOn('was', 'KEYS_ONLY')], stream: 'NEW_AND_OLD_IMAGES' },
  tags: {},
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
  const encoded = encodeItemKey(blueprint.schema, { pk: { S: key } })
  if (isInvalid(encoded)) throw new Error(encoded.invalid)
  return encoded
}

export function storedItem(item: Item): StoredItem {
  return new StoredItem(encodeImage(item), itemSizeBytes(item))
}
