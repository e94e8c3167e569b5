/**
 * A batch of writes as the log has it: one record, that is there as a whole or not at all.
 *
 *      0  checksum   u32   CRC-32 of all that follows
 *      4  bodyBytes  u32
 *      8  storeId    u64   whose log it is: drawn when the store was made
 *     16  sequence   u64   one more than the record before it
 *     24  body             for each write: keyBytes u16, valueBytes u32 (0xffffffff: the key is removed), key, value
 *
 * Numbers are little-endian. A file of the log is used again and again, so old records may stand behind the newest; their sequence numbers tell.
 */
import { crc32 } from '../base/crc32.ts'
import type { Write } from './store.ts'

export interface LogRecord {
  readonly storeId: bigint
  readonly sequence: number
  readonly writes: readonly Write[]
  /** Where the next one begins. */
  readonly end: number
}

const STORE_AT = 8
const SEQUENCE_AT = 16
const HEAD_BYTES = 24
const WRITE_HEAD_BYTES = 6
const REMOVED = 0xffffffff

export function encodeRecord(storeId: bigint, sequence: number, writes: readonly Write[]): Buffer {
  const bodyBytes = writes.reduce((sum, { key, value }) => sum + WRITE_HEAD_BYTES + key.length + (value?.length ?? 0), 0)
  const record = Buffer.allocUnsafe(HEAD_BYTES + bodyBytes)
  record.writeUInt32LE(bodyBytes, 4)
  record.writeBigUInt64LE(storeId, STORE_AT)
  record.writeBigUInt64LE(BigInt(sequence), SEQUENCE_AT)
  let at = HEAD_BYTES
  for (const { key, value } of writes) {
    record.writeUInt16LE(key.length, at)
    record.writeUInt32LE(value?.length ?? REMOVED, at + 2)
    record.set(key, at + WRITE_HEAD_BYTES)
    at += WRITE_HEAD_BYTES + key.length
    if (value === undefined) continue
    record.set(value, at)
    at += value.length
  }
  record.writeUInt32LE(checksumOf(record), 0)
  return record
}

/** @returns undefined where no whole record begins */
export function recordAt(bytes: Buffer, at: number): LogRecord | undefined {
  if (at + HEAD_BYTES > bytes.length) return undefined
  const bodyBytes = bytes.readUInt32LE(at + 4)
  const end = at + HEAD_BYTES + bodyBytes
  if (bodyBytes === 0 || end > bytes.length) return undefined
  const record = bytes.subarray(at, end)
  if (record.readUInt32LE(0) !== checksumOf(record)) return undefined
  const sequence = Number(record.readBigUInt64LE(SEQUENCE_AT))
  return { storeId: record.readBigUInt64LE(STORE_AT), sequence, writes: writesIn(record), end }
}

/** The sequence number of the first whole record of a store behind `from` that is above `above`: proof that something before it is damaged. */
export function laterRecord(bytes: Buffer, from: number, storeId: bigint, above: number): number | undefined {
  const mark = Buffer.alloc(8)
  mark.writeBigUInt64LE(storeId)
  for (let found = bytes.indexOf(mark, from + STORE_AT); found >= 0; found = bytes.indexOf(mark, found + 1)) {
    if (found + HEAD_BYTES - STORE_AT > bytes.length) return undefined
    const sequence = Number(bytes.readBigUInt64LE(found + SEQUENCE_AT - STORE_AT))
    if (sequence > above && recordAt(bytes, found - STORE_AT) !== undefined) return sequence
  }
  return undefined
}

function writesIn(record: Buffer): Write[] {
  const writes: Write[] = []
  for (let at = HEAD_BYTES; at < record.length;) {
    const keyEnd = at + WRITE_HEAD_BYTES + record.readUInt16LE(at)
    const valueBytes = record.readUInt32LE(at + 2)
    const key = record.subarray(at + WRITE_HEAD_BYTES, keyEnd)
    at = valueBytes === REMOVED ? keyEnd : keyEnd + valueBytes
    writes.push({ key, value: valueBytes === REMOVED ? undefined : record.subarray(keyEnd, at) })
  }
  return writes
}

function checksumOf(record: Buffer): number {
  return crc32(record.subarray(4))
}
