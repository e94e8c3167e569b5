import type { ExportJob } from '../../../transfer/export-job.ts'
import { exportArn } from '../../../transfer/export-job.ts'

/** An export as DescribeExport tells of it. What was not sent and has no default is left out (observed on AWS, 2026-10). */
export function describeExportJob(job: ExportJob): Readonly<Record<string, unknown>> {
  const { request, table, result, failure } = job
  const { incremental } = request
  return {
    ExportArn: exportArn(job),
    ExportStatus: job.status,
    StartTime: seconds(job.startedAtMs),
    EndTime: optionalSeconds(job.endedAtMs),
    ExportManifest: result?.manifestKey,
    TableArn: table.arn,
    TableId: table.id,
    ExportTime: optionalSeconds(request.exportTimeMs),
    ClientToken: request.clientToken,
    S3Bucket: request.bucket,
    S3BucketOwner: request.bucketOwner,
    S3Prefix: request.prefix,
    S3SseAlgorithm: request.sseAlgorithm,
    S3SseKmsKeyId: request.sseKmsKeyId,
    FailureCode: failure?.code,
    FailureMessage: failure?.message,
    ExportFormat: request.format,
    BilledSizeBytes: result?.billedSizeBytes,
    ItemCount: result?.itemCount,
    ExportType: request.type,
    IncrementalExportSpecification: incremental && {
      ExportFromTime: seconds(incremental.fromMs),
      ExportToTime: seconds(incremental.toMs),
      ExportViewType: incremental.view,
    },
  }
}

export function summarizeExport(job: ExportJob): Readonly<Record<string, unknown>> {
  return { ExportArn: exportArn(job), ExportStatus: job.status, ExportType: job.request.type ?? 'FULL_EXPORT' }
}

function seconds(ms: number): number {
  return ms / 1000
}

function optionalSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : seconds(ms)
}
