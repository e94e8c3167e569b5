import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeImage, StoredItem } from '../engine/stored-item.ts'
import { plainTable } from '../engine/plain-table.contract.ts'
import type { Table } from '../engine/table.ts'
import { equalValues } from '../item/attribute-compare.ts'
import type { Item } from '../item/attribute-value.ts'
import { isInvalid } from '../item/invalid.ts'
import { parseItem } from '../item/parse-attribute-value.ts'
import { gzipped, decompressed } from './compression.ts'
import { itemLine } from './export-lines.ts'
import { importedItem } from './imported-item.ts'
import { recordsIn } from './import-records.ts'
import { pieces } from './object-store.contract.ts'

const table: Table = { ...plainTable, name: 'any', status: 'CREATING' }

const number = fc
  .tuple(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), fc.integer({ min: -120, max: 80 }))
  .map(([digits, exponent]) => `${digits}E${exponent}`)
const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 })
const binary = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('base64'))
const text = fc.string({ unit: 'binary', maxLength: 20 })
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ S: text }),
    fc.record({ N: number }),
    fc.record({ B: binary }),
    fc.record({ BOOL: fc.boolean() }),
    fc.constant({ NULL: true }),
    fc.record({ SS: fc.uniqueArray(text, { minLength: 1, maxLength: 4 }) }),
    fc.record({ NS: fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 4 }).map((all) => all.map(String)) }),
    fc.record({ BS: fc.uniqueArray(binary, { minLength: 1, maxLength: 4 }) }),
    fc.record({ L: fc.array(tie('value'), { maxLength: 4 }) }),
    fc.record({ M: fc.dictionary(name, tie('value'), { maxKeys: 4 }) }),
  ),
}))
const item = fc.dictionary(name, value, { maxKeys: 6 }).map((attributes) => ({ ...attributes, pk: { S: 'key' } }))

for (const format of ['DYNAMODB_JSON', 'ION'] as const) {
  test(`any items are read from ${format} as they were written to it`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 4 }), async (all) => {
        const stored = all.map((json) => {
          const parsed = parseItem(json)
          if (isInvalid(parsed)) throw new Error(parsed.invalid)
          return new StoredItem(encodeImage(parsed.item), parsed.sizeBytes, parsed.item)
        })
        const content = gzipped(pieces(...stored.map((each) => Buffer.from(itemLine(each, format)))))
        const read: Item[] = []
        const options = { format, csv: { delimiter: undefined, header: undefined }, definitions: [] }
        for await (const record of recordsIn(decompressed(content, 'GZIP'), options)) {
          const row = importedItem(table, 'item' in record ? record.item : undefined)
          if ('problem' in row || row.item === undefined) throw new Error(JSON.stringify(row))
          read.push(row.item.item)
        }
        expect(read).toHaveLength(stored.length)
        for (const [at, each] of read.entries()) expect(equalValues({ M: each }, { M: stored[at]?.item ?? {} })).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
}
