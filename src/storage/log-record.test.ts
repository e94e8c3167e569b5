import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeRecord, laterRecord, recordAt } from './log-record.ts'
import type { Write } from './store.ts'

const storeId = 0x0123456789abcdefn
const write: fc.Arbitrary<Write> = fc.record({
  key: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  value: fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined }),
})
const writes = fc.array(write, { minLength: 1, maxLength: 8 })

test('what is written is read again, wherever it stands, with what was removed', () => {
  fc.assert(
    fc.property(writes, fc.nat(20), fc.nat(20), (batch, before, behind) => {
      const record = encodeRecord(storeId, 7, batch)
      const bytes = Buffer.concat([Buffer.alloc(before, 1), record, Buffer.alloc(behind, 1)])
      const found = recordAt(bytes, before)
      expect(found).toMatchObject({ storeId, sequence: 7, end: before + record.length })
      expect(found?.writes.map(readable)).toEqual(batch.map(readable))
    }),
  )
})

test('a record of which any bit is another is none, and neither is a part of one', () => {
  const record = encodeRecord(storeId, 1, [
    { key: Buffer.from('key'), value: Buffer.from('value') },
    { key: Buffer.from('gone'), value: undefined },
  ])
  for (let bit = 0; bit < record.length * 8; bit++) {
    const spoilt = Buffer.from(record)
    spoilt.writeUInt8(spoilt.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    expect(recordAt(Buffer.concat([spoilt, Buffer.alloc(100)]), 0)).toBeUndefined()
  }
  for (let length = 0; length < record.length; length++) expect(recordAt(record.subarray(0, length), 0)).toBeUndefined()
  expect(recordAt(Buffer.alloc(100), 0)).toBeUndefined()
})

test('a later record is found wherever it begins; an earlier one, one of another store and a torn one are not', () => {
  const put = [{ key: Buffer.from('k'), value: Buffer.from('v') }]
  const later = encodeRecord(storeId, 9, put)
  const bytes = Buffer.concat([
    Buffer.alloc(13, 0xee),
    encodeRecord(storeId, 5, put),
    encodeRecord(storeId + 1n, 12, put),
    encodeRecord(storeId, 8, put).subarray(0, 27),
    later,
  ])
  expect(laterRecord(bytes, 0, storeId, 5)).toBe(9)
  expect(laterRecord(bytes, bytes.length - later.length, storeId, 5)).toBe(9)
  expect(laterRecord(bytes, bytes.length - later.length + 1, storeId, 5)).toBeUndefined()
  expect(laterRecord(bytes, 0, storeId, 9)).toBeUndefined()
  expect(laterRecord(bytes.subarray(0, -1), 0, storeId, 5)).toBeUndefined()
})

function readable({ key, value }: Write): unknown {
  return [Buffer.from(key).toString('hex'), value && Buffer.from(value).toString('hex')]
}
