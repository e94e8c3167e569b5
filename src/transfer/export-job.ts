import type { JobRow } from './job-rows.ts'

/** An export as its record holds it. The record outlives the table. */
export interface ExportJob extends JobRow {
  readonly status: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'
  readonly request: ExportRequest
  readonly table: ExportedTable
  /** Decimal digits of sequence numbers of the table's change log: what the output is made of. */
  readonly span:
    { readonly kind: 'full'; readonly upTo: string } | { readonly kind: 'incremental'; readonly from: string; readonly to: string }
  readonly endedAtMs: number | undefined
  readonly result: ExportResult | undefined
  readonly failure: JobFailure | undefined
}

export interface JobFailure {
  readonly code: string
  readonly message: string
}

export interface ExportResult {
  readonly manifestKey: string
  readonly itemCount: number
  readonly billedSizeBytes: number
}

/** The table as it was named and numbered when the export was asked for. */
export interface ExportedTable {
  readonly name: string
  readonly arn: string
  readonly id: string
  readonly number: number
}

export interface ExportRequest {
  readonly bucket: string
  readonly bucketOwner: string | undefined
  readonly prefix: string | undefined
  readonly sseAlgorithm: 'AES256' | 'KMS'
  readonly sseKmsKeyId: string | undefined
  readonly format: ExportFormat
  /** Undefined: it was not named, and is a full one. */
  readonly type: 'FULL_EXPORT' | 'INCREMENTAL_EXPORT' | undefined
  readonly clientToken: string | undefined
  /** Of a full export. */
  readonly exportTimeMs: number | undefined
  readonly incremental: IncrementalWindow | undefined
}

export type ExportFormat = 'DYNAMODB_JSON' | 'ION'

export interface IncrementalWindow {
  readonly fromMs: number
  readonly toMs: number
  readonly view: 'NEW_IMAGE' | 'NEW_AND_OLD_IMAGES'
}

export function exportArn({ id, table }: Pick<ExportJob, 'id' | 'table'>): string {
  return `${table.arn}/export/${id}`
}

/** Where its files are: the prefix as it was given, and a slash between if it has none (observed on AWS, 2026-10). */
export function exportFolder({ prefix }: ExportRequest): string {
  if (prefix === undefined || prefix === '') return 'AWSDynamoDB'
  return `${prefix}${prefix.endsWith('/') ? '' : '/'}AWSDynamoDB`
}
