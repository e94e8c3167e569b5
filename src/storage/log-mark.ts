/**
 * The row in LMDB that says whose log stands beside it, and up to where it is applied. It is written in the transaction that applies it.
 *
 * Its key is longer than any that a caller may use and behind every range that one may read, so nobody ever meets it.
 */
import type { LmdbDatabase } from './lmdb-read.ts'
import { readValue } from './lmdb-read.ts'
import { KEY_BYTES_MAX } from './store.ts'
import type { Key, Write } from './store.ts'
import type { LogMark } from './write-log.ts'

const markKey: Key = new Uint8Array(KEY_BYTES_MAX + 1).fill(0xff)

/** @returns undefined for a store that never had a log */
export function readMark(database: LmdbDatabase): LogMark | undefined {
  const value = readValue({ overlays: [], database }, markKey)
  if (value === undefined) return undefined
  const numbers = new DataView(value.buffer, value.byteOffset, value.byteLength)
  return { storeId: numbers.getBigUint64(0), applied: Number(numbers.getBigUint64(8)) }
}

export function markWrite({ storeId, applied }: LogMark): Write {
  const numbers = new DataView(new ArrayBuffer(16))
  numbers.setBigUint64(0, storeId)
  numbers.setBigUint64(8, BigInt(applied))
  return { key: markKey, value: new Uint8Array(numbers.buffer) }
}
