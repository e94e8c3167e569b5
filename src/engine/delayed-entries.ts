import { pagesOf } from '../storage/pages.ts'
import type { Key, Store, Value, Write } from '../storage/store.ts'
import type { Sequence } from './change-log.ts'
import { rowKey, spaceRange, spaces } from './keyspace.ts'

/**
 * Index entries that are written later than their items, on purpose: a global secondary index of DynamoDB lags behind its table, and whoever
 * wants to see what an application makes of that sets a delay. A row is `due(6) removes(1) key length(2) key value`, under the
 * number that it got in the table's change log; they are carried out in that order.
 */
export function delayedWrite(tableNumber: number, sequence: Sequence, dueAtMs: number, { key, value }: Write): Write {
  const suffix = Buffer.alloc(8)
  suffix.writeBigUInt64BE(sequence)
  const row = Buffer.allocUnsafe(9 + key.length + (value?.length ?? 0))
  row.writeUIntBE(dueAtMs, 0, 6)
  row[6] = value === undefined ? 1 : 0
  row.writeUInt16BE(key.length, 7)
  row.set(key, 9)
  if (value !== undefined) row.set(value, 9 + key.length)
  return { key: rowKey(tableNumber, spaces.delayed, suffix), value: row }
}

function decodeDelayed(row: Value): { readonly dueAtMs: number; readonly write: Write } {
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength)
  const keyEnd = 9 + bytes.readUInt16BE(7)
  const key: Key = bytes.subarray(9, keyEnd)
  return { dueAtMs: bytes.readUIntBE(0, 6), write: { key, value: bytes[6] === 1 ? undefined : bytes.subarray(keyEnd) } }
}

/**
 * Carries out the entries that are due, in order.
 * @returns when the next is due; undefined when none waits
 */
export async function carryOutDelayed(store: Store, tableNumber: number, nowMs: number): Promise<number | undefined> {
  for await (const page of pagesOf(store, spaceRange(tableNumber, spaces.delayed), { entriesMax: 500, bytesMax: 4 << 20 })) {
    const writes: Write[] = []
    let nextDueMs: number | undefined
    for (const { key, value } of page) {
      const { dueAtMs, write } = decodeDelayed(value)
      if (dueAtMs > nowMs) {
        nextDueMs = dueAtMs
        break
      }
      writes.push(write, { key, value: undefined })
    }
    if (writes.length > 0) await store.transact([], () => ({ writes, result: undefined }))
    if (nextDueMs !== undefined) return nextDueMs
  }
  return undefined
}
