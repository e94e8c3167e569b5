import { accountOf, regionOf } from '../../../base/account-region.ts'
import type { ImportJob } from '../../../transfer/import-job.ts'
import { tableArn } from '../arn.ts'

/** An import as DescribeImport tells of it, with the defaults that the request left out (observed on AWS, 2026-10). */
export function describeImportJob(region: string, job: ImportJob): Readonly<Record<string, unknown>> {
  const { request, counts, failure } = job
  return {
    ...summarizeImport(region, job),
    TableId: job.tableId,
    ClientToken: request.clientToken,
    ErrorCount: counts.errors,
    InputFormatOptions: request.formatOptions,
    InputCompressionType: request.compression,
    TableCreationParameters: request.tableParameters,
    ProcessedSizeBytes: counts.processedBytes,
    ProcessedItemCount: counts.processedItems,
    ImportedItemCount: counts.importedItems,
    FailureCode: failure?.code,
    FailureMessage: failure?.message,
  }
}

/** There is no such log group: what would be written there is in the server's log. */
export function summarizeImport(region: string, job: ImportJob): Readonly<Record<string, unknown>> {
  const { request, tableName } = job
  return {
    ImportArn: `${tableArn(region, tableName)}/import/${job.id}`,
    ImportStatus: job.status,
    TableArn: tableArn(region, tableName),
    S3BucketSource: { S3BucketOwner: request.bucketOwner, S3Bucket: request.bucket, S3KeyPrefix: request.prefix },
    CloudWatchLogGroupArn: `arn:aws:logs:${regionOf(region)}:${accountOf(region)}:log-group:/aws-dynamodb/imports:*`,
    InputFormat: request.format,
    StartTime: job.startedAtMs / 1000,
    EndTime: job.endedAtMs === undefined ? undefined : job.endedAtMs / 1000,
  }
}
