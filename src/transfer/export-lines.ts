import type { StoredItem } from '../engine/stored-item.ts'
import type { AttributeMap } from '../item/attribute-value.ts'
import { keyAttributesOf } from '../item/item-key.ts'
import type { KeySchema } from '../item/key-schema.ts'
import type { ExportFormat } from './export-job.ts'
import { ionLine, writeStructs } from './ion.ts'
import type { ChangedItem } from './table-history.ts'

/** The lines of data files (developer guide, "DynamoDB table export output format"). */

/** One item of a full export. */
export function itemLine({ image, item }: StoredItem, format: ExportFormat): string {
  if (format === 'ION') return ionLine((writer) => writeStructs(writer, [['Item', item]]))
  return `{"Item":${textOf(image)}}\n`
}

/** One changed item of an incremental export. That a time is a number with its type was seen in files of AWS. */
export function changeLine(change: ChangedItem, schema: KeySchema, oldImages: boolean, format: ExportFormat): string {
  const { before, after, atMs } = change
  const shown = after ?? before
  const keys = shown === undefined ? {} : keyAttributesOf(schema, shown.item)
  const metadata: AttributeMap = { WriteTimestampMicros: { N: String(BigInt(atMs) * 1000n) } }
  const old = oldImages ? before : undefined
  if (format === 'ION') {
    const structs: [string, AttributeMap][] = [
      ['Metadata', metadata],
      ['Keys', keys],
    ]
    if (old !== undefined) structs.push(['OldImage', old.item])
    if (after !== undefined) structs.push(['NewImage', after.item])
    return ionLine((writer) => writeStructs(writer, structs, 'Record'))
  }
  const members = [`"Metadata":${JSON.stringify(metadata)}`, `"Keys":${JSON.stringify(keys)}`]
  if (old !== undefined) members.push(`"OldImage":${textOf(old.image)}`)
  if (after !== undefined) members.push(`"NewImage":${textOf(after.image)}`)
  return `{${members.join(',')}}\n`
}

function textOf(image: Uint8Array): string {
  return Buffer.from(image.buffer, image.byteOffset, image.byteLength).toString('utf8')
}
