import type { AttributeDefinition } from '../engine/table.ts'
import type { CsvOptions, CsvRecord } from './csv.ts'
import { csvRecords } from './csv.ts'
import { readIonLine } from './ion.ts'
import { linesOf } from './lines.ts'
import { MalformedRecord } from './malformed-record.ts'

/** The formats of imports (API reference, ImportTable). */
export type InputFormat = 'CSV' | 'DYNAMODB_JSON' | 'ION'

/** A record's item as DynamoDB JSON that is still to be checked, or why it has none though the next one may. */
export type ImportRecord = CsvRecord

/** What an object's bytes are read with. */
export interface RecordFormat {
  readonly format: InputFormat
  readonly csv: CsvOptions
  readonly definitions: readonly AttributeDefinition[]
}

/**
 * More than the text of any item of 400 KB, and no more than a request may have. A longer one is not read to its end.
 */
export const RECORD_BYTES_MAX = 16 * 2 ** 20

/**
 * The records of one object, in order. One that is malformed ends it: DynamoDB does not read on behind such a line (observed on AWS, 2026-10).
 * @throws {MalformedRecord}, {RecordTooLong}
 */
export async function* recordsIn(
  content: AsyncIterable<Uint8Array>,
  { format, csv, definitions }: RecordFormat,
): AsyncGenerator<ImportRecord> {
  if (format === 'CSV') {
    yield* csvRecords(content, csv, definitions, RECORD_BYTES_MAX)
    return
  }
  const readLine = format === 'ION' ? readIonLine : readJsonLine
  for await (const line of linesOf(content, RECORD_BYTES_MAX)) {
    const text = decodeLine(line)
    if (text.trim() !== '') yield { item: itemIn(readLine(text)) }
  }
}

function itemIn(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const item = Object.hasOwn(record, 'Item') ? record['Item'] : undefined
  if (typeof item !== 'object' || item === null || Array.isArray(item)) throw new MalformedRecord("it has no member 'Item' with attributes")
  return item as Readonly<Record<string, unknown>>
}

function readJsonLine(line: string): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(line)
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Readonly<Record<string, unknown>>
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new MalformedRecord(`it is no JSON: ${error.message}`)
  }
  throw new MalformedRecord('it is no JSON object')
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decodeLine(line: Uint8Array): string {
  try {
    return utf8.decode(line)
  } catch (error) {
    if (error instanceof TypeError) throw new MalformedRecord('it is no UTF-8')
    throw error
  }
}
