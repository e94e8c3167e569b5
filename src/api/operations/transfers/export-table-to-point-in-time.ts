import { createHash } from 'node:crypto'
import type { Sequence } from '../../../engine/change-log.ts'
import { sequenceAt } from '../../../engine/change-log.ts'
import type { RecoveryWindow } from '../../../engine/recovery.ts'
import { recoveryWindow } from '../../../engine/recovery.ts'
import { isRefusal } from '../../../engine/refusal.ts'
import { logPosition, sealLog } from '../../../engine/stream-reader.ts'
import type { Table } from '../../../engine/table.ts'
import type { ExportedTable, ExportJob, ExportRequest, IncrementalWindow } from '../../../transfer/export-job.ts'
import type { JobToken } from '../../../transfer/job-rows.ts'
import { keyProblem } from '../../../transfer/object-store.ts'
import type { WireError } from '../../wire-error.ts'
import { fromRefusal, isWireError, validationError } from '../../wire-error.ts'
import { tableArn } from '../arn.ts'
import { operation, unsupportedParameter } from '../operation.ts'
import { describeExportJob } from './export-description.ts'
import { tableNamedByArn } from './job-arn.ts'
import { tableNotFound } from '../backups/backup-errors.ts'
import { exportConflict, invalidExportTime, recoveryUnavailable, tooManyJobs } from './transfer-errors.ts'

interface Input {
  readonly TableArn: string
  readonly ExportTime?: number
  readonly ClientToken?: string
  readonly S3Bucket: string
  readonly S3BucketOwner?: string
  readonly S3Prefix?: string
  readonly S3SseAlgorithm?: 'AES256' | 'KMS'
  readonly S3SseKmsKeyId?: string
  readonly ExportFormat?: ExportRequest['format']
  readonly ExportType?: ExportRequest['type']
  readonly IncrementalExportSpecification?: IncrementalInput
}

interface IncrementalInput {
  readonly ExportFromTime?: number
  readonly ExportToTime?: number
  readonly ExportViewType?: IncrementalWindow['view']
}

/** Service quotas of DynamoDB, "Table export to Amazon S3". */
const EXPORTS_MAX = 300
const WINDOW_MS_MIN = 15 * 60_000
const WINDOW_MS_MAX = 24 * 3_600_000

/** Texts and their order as observed on AWS, 2026-10, where nothing else is said. */
export const exportTableToPointInTime = operation<Input>(async (context, input) => {
  const unsupported = unsupportedParameter(input, ['FilterSpecification'])
  if (unsupported !== undefined) return validationError(unsupported)
  const problem = requestProblem(input)
  if (problem !== undefined) return problem
  const named = tableNamedByArn(context, input.TableArn)
  if (isWireError(named)) return named
  const engine = await context.controlPlane.engine(context.region)
  if (isRefusal(engine)) return fromRefusal(engine)
  const table = named.tableName === undefined ? undefined : engine.table(named.tableName)
  if (table === undefined || table.status === 'CREATING') return tableNotFound(input.TableArn)

  const { nowMs } = await logPosition(engine, table)
  const window = input.ExportType === 'INCREMENTAL_EXPORT' ? incrementalWindow(table, input, nowMs) : undefined
  if (isWireError(window)) return window
  const recovery = await recoveryWindow(engine, table)
  if (recovery === undefined) return recoveryUnavailable(table.name)
  const moments = window === undefined ? fullSpan(recovery, input, nowMs) : incrementalSpan(recovery, window, nowMs)
  if (isWireError(moments)) return moments
  const { span, end } = moments

  const exports = await context.controlPlane.exports(context.region)
  if (isRefusal(exports)) return fromRefusal(exports)

  const token = tokenOf(input)
  const before = token && (await exports.ofToken(token, context.nowMs))
  if (before === 'conflict') return exportConflict
  if (before !== undefined) return { ExportDescription: describeExportJob(before) }
  if (exports.unfinished >= EXPORTS_MAX) return tooManyJobs('exports', EXPORTS_MAX)
  const { name, id, number } = table
  const exported: ExportedTable = { name, id, number, arn: tableArn(context.region, name) }
  // From now on nothing is added to what is exported.
  await sealLog(engine.store, table, end)
  const job = await exports.begin(requestOf(input, window, context.nowMs), exported, span, context.nowMs, token)
  return job === 'conflict' ? exportConflict : { ExportDescription: describeExportJob(job) }
})

function requestProblem({
  ExportType,
  IncrementalExportSpecification: spec,
  S3SseKmsKeyId,
  S3SseAlgorithm,
  S3Prefix,
}: Input): WireError | undefined {
  const invalid = (why: string): WireError => validationError(`Invalid Request: ${why}`)
  if (spec !== undefined && ExportType === undefined) {
    return invalid('Export Type expected to be Incremental Export when incremental export specification is provided')
  }
  if (spec !== undefined && ExportType === 'FULL_EXPORT') {
    return invalid('When Export Type is Full Export , Incremental Export Specification should not be provided')
  }
  if (spec === undefined && ExportType === 'INCREMENTAL_EXPORT') {
    return invalid('Incremental Export Specification expected when export type is set as Incremental Export')
  }
  if (spec !== undefined && spec.ExportFromTime === undefined) {
    return invalid('ExportFromTime must be provided in IncrementalExportSpecification')
  }
  if (S3SseKmsKeyId !== undefined && S3SseAlgorithm !== 'KMS') return invalid('KMS Key Id is not supported for this encryption type')
  // Our own: not every key of S3 can be the name of a file.
  const problem = S3Prefix === undefined || S3Prefix === '' ? undefined : keyProblem(S3Prefix.replace(/\/$/, ''))
  return problem === undefined ? undefined : invalid(`S3Prefix cannot be a path in the bucket's folder: ${problem}`)
}

/** Whatever of these times is wrong, the exception is the same, and the first of these texts comes. Those that say so are guesses. */
function incrementalWindow(table: Table, input: Input, nowMs: number): IncrementalWindow | WireError {
  const { ExportFromTime = 0, ExportToTime, ExportViewType = 'NEW_AND_OLD_IMAGES' } = input.IncrementalExportSpecification ?? {}
  const fromMs = Math.round(ExportFromTime * 1000)
  const toMs = ExportToTime === undefined ? nowMs : Math.round(ExportToTime * 1000)
  if (fromMs < table.createdAtMs) {
    return invalidExportTime(`Incremental export period from time cannot be less than the table creation time : ${timeText(fromMs)}`)
  }
  if (toMs > nowMs) {
    return invalidExportTime(`Incremental export period to time cannot be greater than the current time : ${timeText(toMs)}`)
  }
  const difference = 'Difference between export period from time and export period to time is'
  if (toMs - fromMs < WINDOW_MS_MIN) return invalidExportTime(`${difference} less than 15 minutes`)
  // A guess.
  if (toMs - fromMs > WINDOW_MS_MAX) return invalidExportTime(`${difference} greater than 24 hours`)
  return { fromMs, toMs, view: ExportViewType }
}

/** What of the change log the export is made of, and the first sequence number behind it. */
interface Moments {
  readonly span: ExportJob['span']
  readonly end: Sequence
}

function incrementalSpan({ earliestMs }: RecoveryWindow, { fromMs, toMs }: IncrementalWindow, nowMs: number): Moments | WireError {
  if (fromMs < wholeSecond(earliestMs)) return invalidExportTime('Point in Time Recovery is not available for specified export time')
  // What was acknowledged before an export of all up to now is in it, though it be in the same millisecond.
  const end = sequenceAt(toMs >= nowMs ? nowMs + 1 : toMs)
  return { span: { kind: 'incremental', from: String(sequenceAt(Math.max(fromMs, earliestMs))), to: String(end) }, end }
}

function fullSpan({ earliestMs, latestMs }: RecoveryWindow, { ExportTime }: Input, nowMs: number): Moments | WireError {
  const atMs = ExportTime === undefined ? nowMs : Math.round(ExportTime * 1000)
  if (atMs > latestMs || atMs < wholeSecond(earliestMs)) return invalidExportTime('Export Time is invalid')
  const end = sequenceAt(Math.max(atMs, earliestMs) + 1)
  return { span: { kind: 'full', upTo: String(end - 1n) }, end }
}

/** The second in which recovery began counts as a whole: clients that drop fractions name its beginning. */
function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000
}

function requestOf(input: Input, incremental: IncrementalWindow | undefined, nowMs: number): ExportRequest {
  const { ExportTime } = input
  const exportTimeMs = ExportTime === undefined ? nowMs : Math.round(ExportTime * 1000)
  return {
    bucket: input.S3Bucket,
    bucketOwner: input.S3BucketOwner,
    prefix: input.S3Prefix,
    sseAlgorithm: input.S3SseAlgorithm ?? 'AES256',
    sseKmsKeyId: input.S3SseKmsKeyId,
    format: input.ExportFormat ?? 'DYNAMODB_JSON',
    type: input.ExportType,
    clientToken: input.ClientToken,
    exportTimeMs: incremental === undefined ? exportTimeMs : undefined,
    incremental,
  }
}

function tokenOf({ ClientToken, ...parameters }: Input): JobToken | undefined {
  if (ClientToken === undefined) return undefined
  const sorted = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1))
  return { token: ClientToken, fingerprint: createHash('sha256').update(JSON.stringify(sorted), 'utf8').digest() }
}

/** `2026-10-08T22:51:50Z` */
function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
