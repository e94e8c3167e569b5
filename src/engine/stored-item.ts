import type { Item } from '../item/attribute-value.ts'

/**
 * An item as it is stored: the UTF-8 text of its DynamoDB JSON, so that a read is answered without parsing and printing it again.
 */
export class StoredItem {
  /** The item's DynamoDB JSON, `{"pk":{"S":"a"}}`. Never changed by anybody. */
  readonly image: Uint8Array
  /** Its size by DynamoDB's rules, bytes. */
  readonly sizeBytes: number
  #item: Item | undefined

  /** @param item what `image` holds, when that is known */
  constructor(image: Uint8Array, sizeBytes: number, item?: Item) {
    this.image = image
    this.sizeBytes = sizeBytes
    this.#item = item
  }

  /** The attributes; parsed when first asked for. */
  get item(): Item {
    this.#item ??= decodeImage(this.image)
    return this.#item
  }
}

/** An item under its key, or that there shall be none. */
export interface FilledRow {
  readonly itemKey: Uint8Array
  readonly item: StoredItem | undefined
}

export function encodeImage(item: Item): Uint8Array {
  return Buffer.from(JSON.stringify(item), 'utf8')
}

export function decodeImage(image: Uint8Array): Item {
  return JSON.parse(Buffer.from(image.buffer, image.byteOffset, image.byteLength).toString('utf8')) as Item
}
