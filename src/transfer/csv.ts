import { CsvError, parse } from 'csv-parse'
import type { AttributeDefinition } from '../engine/table.ts'
import { newMap } from '../item/attribute-value.ts'
import { through } from './compression.ts'
import { MalformedRecord } from './malformed-record.ts'
import { RecordTooLong } from './lines.ts'

/** What an import was told about its CSV files. */
export interface CsvOptions {
  readonly delimiter: string | undefined
  /** Undefined: the first line of each file is the header. */
  readonly header: readonly string[] | undefined
}

/** A record as DynamoDB JSON that is still to be checked, or why it is none. */
export type CsvRecord = { readonly item: Readonly<Record<string, unknown>> } | { readonly problem: string }

/**
 * The records of a CSV file (RFC 4180). Columns are strings but for the keys of the table and its indexes, which have the types that were declared
 * (developer guide, "Amazon S3 import formats"); binary ones hold base64. That an empty field is an empty string is a guess.
 * @throws {MalformedRecord}, {RecordTooLong}
 */
export async function* csvRecords(
  content: AsyncIterable<Uint8Array>,
  { delimiter = ',', header }: CsvOptions,
  definitions: readonly AttributeDefinition[],
  bytesMax: number,
): AsyncGenerator<CsvRecord> {
  const parser = parse({
    delimiter,
    // Fields come as bytes: what is no UTF-8 shall not be replaced unseen.
    encoding: null,
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: bytesMax,
  })
  let columns = header === undefined ? undefined : columnsOf(header, definitions)
  try {
    for await (const record of through(content, parser)) {
      const fields = (record as readonly Uint8Array[]).map(decodeText)
      if (columns === undefined) columns = columnsOf(headerIn(fields), definitions)
      else yield itemOf(fields, columns)
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw error.code === 'CSV_MAX_RECORD_SIZE' ? new RecordTooLong(bytesMax) : new MalformedRecord(`it is no CSV: ${error.message}`)
  }
}

interface Column {
  readonly name: string
  readonly type: 'S' | 'N' | 'B'
}

function headerIn(fields: readonly (string | undefined)[]): readonly string[] {
  return fields.map((field) => {
    if (field === undefined) throw new MalformedRecord('the header is no UTF-8')
    return field
  })
}

function columnsOf(header: readonly string[], definitions: readonly AttributeDefinition[]): readonly Column[] {
  if (new Set(header).size < header.length) throw new MalformedRecord('two columns of the header have one name')
  return header.map((name) => ({ name, type: definitions.find((each) => each.name === name)?.type ?? 'S' }))
}

function itemOf(fields: readonly (string | undefined)[], columns: readonly Column[]): CsvRecord {
  if (fields.length !== columns.length) return { problem: `it has ${fields.length} fields, and the header has ${columns.length}` }
  const item = newMap() as Record<string, unknown>
  for (const [at, { name, type }] of columns.entries()) {
    const field = fields[at]
    if (field === undefined) return { problem: `the field ${JSON.stringify(name)} is no UTF-8` }
    item[name] = { [type]: field }
  }
  return { item }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
