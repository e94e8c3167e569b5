import { accountOf } from '../../../base/account-region.ts'
import { isRefusal } from '../../../engine/refusal.ts'
import type { Json } from '../../../engine/table.ts'
import type { Compression } from '../../../transfer/compression.ts'
import type { ImportRequest } from '../../../transfer/import-job.ts'
import { importFilling } from '../../../transfer/import-job.ts'
import type { InputFormat } from '../../../transfer/import-records.ts'
import { importOfToken, importsUnderWay, recordImport } from '../../../transfer/imports.ts'
import { prefixProblem } from '../../../transfer/object-store.ts'
import type { WireError } from '../../wire-error.ts'
import { fromRefusal, isWireError, validationError } from '../../wire-error.ts'
import type { TablePlanInput } from '../tables/create-table.ts'
import { planTable } from '../tables/create-table.ts'
import type { CallContext } from '../operation.ts'
import { operation, unsupportedParameter } from '../operation.ts'
import { describeImportJob } from './import-description.ts'
import { importConflict, tooManyJobs } from './transfer-errors.ts'

interface Input {
  readonly ClientToken?: string
  readonly S3BucketSource: { readonly S3BucketOwner?: string; readonly S3Bucket: string; readonly S3KeyPrefix?: string }
  readonly InputFormat: InputFormat
  readonly InputFormatOptions?: { readonly Csv?: { readonly Delimiter?: string; readonly HeaderList?: readonly string[] } }
  readonly InputCompressionType?: Compression
  readonly TableCreationParameters: TablePlanInput & { readonly TableName: string }
}

/** Service quotas of DynamoDB, "Table import from Amazon S3". */
const IMPORTS_MAX = 50

/** The table is there at once, and CREATING until its items are. */
export const importTable = operation<Input>(async (context, input) => {
  const { TableCreationParameters: parameters, ClientToken } = input
  const unsupported = unsupportedParameter(parameters, ['VectorIndexes'])
  if (unsupported !== undefined) return validationError(unsupported)
  const problem = requestProblem(input)
  if (problem !== undefined) return problem
  // Observed on AWS, 2026-10: unlike CreateTable, it takes a mode that is left out for this one.
  const blueprint = planTable(parameters.TableName, { BillingMode: 'PROVISIONED', ...parameters }, context)
  if (isWireError(blueprint)) return blueprint
  // Says whether there is anything to import from.
  const exports = await context.controlPlane.exports(context.region)
  if (isRefusal(exports)) return fromRefusal(exports)
  const engine = await context.controlPlane.engine(context.region)
  if (isRefusal(engine)) return fromRefusal(engine)

  const before = ClientToken === undefined ? undefined : await importOfToken(engine, ClientToken, blueprint.name, context.nowMs)
  if (before === 'conflict') return importConflict
  // One that has ended stands in nobody's way: if its table is there, the name is taken.
  const repeated = before !== undefined && (before.status === 'IN_PROGRESS' || engine.table(blueprint.name) === undefined)
  if (repeated) return { ImportTableDescription: describeImportJob(context.region, before) }
  if (importsUnderWay(engine) >= IMPORTS_MAX) return tooManyJobs('imports', IMPORTS_MAX)
  const request = requestOf(context, input, exports.newId(context.nowMs))
  const view = await context.controlPlane.createTable(context.region, blueprint, importFilling(request))
  if (isRefusal(view)) return fromRefusal(view)
  const job = await recordImport(engine.store, request, view.table)
  return {
    ImportTableDescription: describeImportJob(context.region, { ...job, status: 'IN_PROGRESS', endedAtMs: undefined, failure: undefined }),
  }
})

function requestProblem({ InputFormat: format, InputFormatOptions, S3BucketSource }: Input): WireError | undefined {
  if (InputFormatOptions?.Csv !== undefined && format !== 'CSV') {
    return validationError(`Invalid Request: Unsupported InputFormatOptions for the given input format: ${format}.`)
  }
  // Our own: not every key of S3 can be the name of a file.
  const problem = prefixProblem(S3BucketSource.S3KeyPrefix ?? '')
  return problem === undefined
    ? undefined
    : validationError(`Invalid Request: S3KeyPrefix cannot be a path in the bucket's folder: ${problem}`)
}

function requestOf({ nowMs, region }: CallContext, input: Input, id: string): ImportRequest {
  const { S3BucketSource: source, InputFormatOptions: options, InputCompressionType: compression = 'NONE' } = input
  return {
    id,
    startedAtMs: nowMs,
    bucket: source.S3Bucket,
    bucketOwner: source.S3BucketOwner ?? accountOf(region),
    prefix: source.S3KeyPrefix,
    format: input.InputFormat,
    formatOptions: options,
    csv: { delimiter: options?.Csv?.Delimiter, header: options?.Csv?.HeaderList },
    compression,
    tableParameters: input.TableCreationParameters as unknown as Json,
    clientToken: input.ClientToken,
  }
}
