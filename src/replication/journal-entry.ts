import { assert } from '../base/assert.ts'
import { StoredItem } from '../engine/stored-item.ts'
import type { Entry } from './journal.ts'
import { asBuffer } from './version.ts'

/**
 * An entry of a journal as bytes, the same in every member's log and on the way between them.
 *
 *    0  layout(1)=1  flags(1): 1 = a deletion
 *    2  id(8)  seen(6)  timestamp(8)  committedAtMs(6)  sizeBytes(4)
 *   34  region length(1) region  item key length(2) item key  image
 *
 * An entry of the journal itself has no bytes.
 */
export function encodeEntry({ id, region, seen, timestamp, committedAtMs, itemKey, stored }: Entry): Uint8Array {
  const keyAt = headerBytes + 1 + region.length
  const imageAt = keyAt + 2 + itemKey.length
  const bytes = Buffer.allocUnsafe(imageAt + (stored?.image.length ?? 0))
  bytes[0] = layout
  bytes[1] = stored === undefined ? deletionFlag : 0
  bytes.write(id, 2, 8, 'hex')
  bytes.writeUIntBE(seen, 10, 6)
  bytes.writeBigUInt64BE(timestamp, 16)
  bytes.writeUIntBE(committedAtMs, 24, 6)
  bytes.writeUInt32BE(stored?.sizeBytes ?? 0, 30)
  bytes[headerBytes] = region.length
  bytes.write(region, headerBytes + 1, 'latin1')
  bytes.writeUInt16BE(itemKey.length, keyAt)
  bytes.set(itemKey, keyAt + 2)
  if (stored !== undefined) bytes.set(stored.image, imageAt)
  return bytes
}

export function decodeEntry(encoded: Uint8Array): Entry | undefined {
  if (encoded.length === 0) return undefined
  const bytes = asBuffer(encoded)
  assert(bytes[0] === layout, `journal entry layout ${bytes[0]}`)
  const keyAt = headerBytes + 1 + bytes.readUInt8(headerBytes)
  const imageAt = keyAt + 2 + bytes.readUInt16BE(keyAt)
  const isDeletion = ((bytes[1] ?? 0) & deletionFlag) !== 0
  return {
    id: bytes.toString('hex', 2, 10),
    seen: bytes.readUIntBE(10, 6),
    timestamp: bytes.readBigUInt64BE(16),
    committedAtMs: bytes.readUIntBE(24, 6),
    region: bytes.toString('latin1', headerBytes + 1, keyAt),
    itemKey: bytes.subarray(keyAt + 2, imageAt),
    stored: isDeletion ? undefined : new StoredItem(bytes.subarray(imageAt), bytes.readUInt32BE(30)),
  }
}

const layout = 1
const deletionFlag = 1
const headerBytes = 34
