import type { Filling, Json, Table } from '../engine/table.ts'
import type { Compression } from './compression.ts'
import type { JobFailure } from './export-job.ts'
import type { InputFormat } from './import-records.ts'
import type { JobRow } from './job-rows.ts'

/** An import as its record holds it. The record outlives the table. */
export interface ImportJob extends JobRow {
  /** What the job came to; while the table still says that it is being filled, the import is in progress nevertheless. */
  readonly status: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'
  readonly request: ImportRequest
  readonly tableName: string
  readonly tableId: string
  readonly endedAtMs: number | undefined
  readonly counts: ImportCounts
  /** Where an interrupted import goes on. */
  readonly checkpoint: Checkpoint | undefined
  readonly failure: JobFailure | undefined
}

export interface ImportCounts {
  /** Of the objects, decompressed. */
  readonly processedBytes: number
  readonly processedItems: number
  readonly importedItems: number
  readonly errors: number
}

/** The records of this object that were dealt with, and durably so; those before it are finished. */
export interface Checkpoint {
  readonly key: string
  readonly records: number
  /** Of the objects before this one. */
  readonly bytesBefore: number
}

export interface ImportRequest {
  readonly id: string
  readonly startedAtMs: number
  readonly bucket: string
  readonly bucketOwner: string
  readonly prefix: string | undefined
  readonly format: InputFormat
  /** As it was sent, for being told again. */
  readonly formatOptions: Json | undefined
  readonly csv: { readonly delimiter: string | undefined; readonly header: readonly string[] | undefined }
  readonly compression: Compression
  /** As they were sent. */
  readonly tableParameters: Json
  readonly clientToken: string | undefined
}

/** The `kind` of the filling of tables that are imported. */
export const importKind = 'import'

/** What makes a table be filled by this import. */
export function importFilling(request: ImportRequest): Filling {
  return { kind: importKind, state: JSON.parse(JSON.stringify(request)) as Json }
}

/** The import that fills this table; undefined when none does. */
export function importFillingOf({ filling }: Table): ImportRequest | undefined {
  return filling?.kind === importKind ? (filling.state as unknown as ImportRequest) : undefined
}

export function newImport(request: ImportRequest, table: Table): ImportJob {
  const { id, startedAtMs } = request
  return {
    id,
    startedAtMs,
    status: 'IN_PROGRESS',
    request,
    tableName: table.name,
    tableId: table.id,
    endedAtMs: undefined,
    counts: { processedBytes: 0, processedItems: 0, importedItems: 0, errors: 0 },
    checkpoint: undefined,
    failure: undefined,
  }
}
