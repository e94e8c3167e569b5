/** A log without gaps on a store: what the tests of durability write, and read again after the worst. */
import type { Store } from '../../src/storage/store.ts'

const head = Buffer.from('head')

/** Appends a record of some 600 bytes and returns its sequence number, from 1. */
export function append(store: Store): Promise<number> {
  return store.transact([head], ([last]) => {
    const sequence = last === undefined ? 1 : Number(Buffer.from(last).readBigUInt64BE()) + 1
    const number = encodeSequence(sequence)
    const writes = [
      { key: head, value: number },
      { key: Buffer.concat([Buffer.from('log/'), number]), value: content(sequence) },
    ]
    return { writes, result: sequence }
  })
}

/** The number of records, when the log has no gaps, every record is whole, and the head names the last. */
export async function lengthOfWholeLog(store: Store): Promise<number> {
  const { entries } = await store.page({ from: Buffer.from('log/'), to: Buffer.from('log0') }, { entriesMax: Infinity, bytesMax: Infinity })
  for (const [index, { key, value }] of entries.entries()) {
    const sequence = Number(Buffer.from(key).readBigUInt64BE(4))
    if (sequence !== index + 1) throw new Error(`record ${sequence} stands where ${index + 1} belongs`)
    if (Buffer.compare(value, content(sequence)) !== 0) throw new Error(`record ${sequence} is damaged`)
  }
  const last = await store.get(head)
  const length = last === undefined ? 0 : Number(Buffer.from(last).readBigUInt64BE())
  if (length !== entries.length) throw new Error(`the head names ${length}, the last record is ${entries.length}`)
  return length
}

function encodeSequence(sequence: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(sequence))
  return bytes
}

function content(sequence: number): Buffer {
  return Buffer.alloc(600, `${sequence};`)
}
