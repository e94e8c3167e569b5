import { attributeOf } from '../item/attribute-value.ts'
import { digestOf } from '../item/index-key.ts'
import type { Key } from '../storage/store.ts'
import { derivedKey } from './index-entry.ts'
import type { StoredItem } from './stored-item.ts'
import type { Expiry, Table } from './table.ts'

/**
 * When items expire: a number of seconds since 1970 in the attribute that the table names. An item with another type there never
 * expires, nor does one whose time passed more than five years ago (developer guide, "Using time to live in DynamoDB").
 *
 * The rows of the derived set are ordered by that time: `seconds(6) digest of the item key(16) -> item key`.
 */
export function expiryKeyOf(table: Table, expiry: Expiry, itemKey: Uint8Array, stored: StoredItem): Key | undefined {
  const seconds = expirySeconds(expiry.attribute, stored)
  return seconds === undefined
    ? undefined
    : derivedKey(table.number, expiry.number, Buffer.concat([secondsBytes(seconds), digestOf(itemKey)]))
}

/** Whether an item is expired now, and not for so long that it is left alone. */
export function isExpired(attribute: string, stored: StoredItem, nowMs: number): boolean {
  const seconds = expirySeconds(attribute, stored)
  return seconds !== undefined && seconds * 1000 < nowMs && seconds * 1000 >= nowMs - leftAloneAfterMs
}

/** The suffixes of items that are expired at `nowMs`: from (inclusive) to (exclusive). */
export function expiredSuffixes(nowMs: number): { readonly from: Uint8Array; readonly to: Uint8Array } {
  return {
    from: secondsBytes(Math.max(0, Math.ceil((nowMs - leftAloneAfterMs) / 1000))),
    to: secondsBytes(Math.max(0, Math.ceil(nowMs / 1000))),
  }
}

const leftAloneAfterMs = 5 * 365 * 24 * 3600 * 1000
const secondsMax = 2 ** 48 - 1

/** Whole seconds; what lies before 1970 or beyond any clock is no time. */
function expirySeconds(attribute: string, stored: StoredItem): number | undefined {
  const value = attributeOf(stored.item, attribute)
  if (value === undefined || !('N' in value)) return undefined
  const seconds = Math.floor(Number(value.N))
  return seconds >= 0 && seconds <= secondsMax ? seconds : undefined
}

function secondsBytes(seconds: number): Uint8Array {
  const bytes = Buffer.alloc(6)
  bytes.writeUIntBE(seconds, 0, 6)
  return bytes
}
