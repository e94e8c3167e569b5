import { createHash } from 'node:crypto'
import type { DataFile, DataFiles } from './data-files.ts'
import type { ExportJob } from './export-job.ts'
import { exportArn, exportFolder } from './export-job.ts'
import type { ObjectStore } from './object-store.ts'

/** What tells of an export beside its data (developer guide, "DynamoDB table export output format"). */

/** Shows that the bucket can be written to, before anything else is. */
export function writeStarted(objects: ObjectStore, job: ExportJob): Promise<void> {
  return objects.write(job.request.bucket, `${manifestFolder(job)}/_started`, contentOf(''))
}

/** The list of files first, then the summary: whoever sees a summary finds all of the export. @returns the summary's key */
export async function writeManifests(objects: ObjectStore, job: ExportJob, data: DataFiles, endedAtMs: number): Promise<string> {
  const folder = manifestFolder(job)
  const filesKey = `${folder}/manifest-files.json`
  const summaryKey = `${folder}/manifest-summary.json`
  const write = async (key: string, text: string): Promise<void> => {
    await objects.write(job.request.bucket, key.replace(/\.json$/, '.md5'), contentOf(md5Of(text)))
    await objects.write(job.request.bucket, key, contentOf(text))
  }
  await write(filesKey, data.files.map(fileLine).join(''))
  await write(summaryKey, JSON.stringify(summaryOf(job, data, filesKey, endedAtMs)))
  return summaryKey
}

function manifestFolder(job: ExportJob): string {
  return `${exportFolder(job.request)}/${job.id}`
}

function fileLine({ key, itemCount, md5 }: DataFile): string {
  const line = { itemCount, md5Checksum: md5.toString('base64'), etag: `${md5.toString('hex')}-1`, dataFileS3Key: key }
  return `${JSON.stringify(line)}\n`
}

function summaryOf(job: ExportJob, data: DataFiles, filesKey: string, endedAtMs: number): object {
  const { request, table } = job
  const { incremental } = request
  return {
    version: incremental === undefined ? '2020-06-30' : '2023-08-01',
    exportArn: exportArn(job),
    startTime: timeText(job.startedAtMs),
    endTime: timeText(endedAtMs),
    tableArn: table.arn,
    tableId: table.id,
    ...(incremental === undefined
      ? { exportTime: timeText(request.exportTimeMs ?? job.startedAtMs) }
      : { exportFromTime: timeText(incremental.fromMs), exportToTime: timeText(incremental.toMs) }),
    s3Bucket: request.bucket,
    s3Prefix: request.prefix ?? null,
    s3SseAlgorithm: request.sseAlgorithm,
    s3SseKmsKeyId: request.sseKmsKeyId ?? null,
    manifestFilesS3Key: filesKey,
    billedSizeBytes: data.sizeBytes,
    itemCount: data.itemCount,
    outputFormat: request.format,
    ...(incremental === undefined ? {} : { outputView: incremental.view, exportType: 'INCREMENTAL_EXPORT' }),
  }
}

function timeText(ms: number): string {
  return new Date(ms).toISOString()
}

function md5Of(text: string): string {
  return createHash('md5').update(text, 'utf8').digest('base64')
}

async function* contentOf(text: string): AsyncGenerator<Uint8Array> {
  if (text !== '') yield await Promise.resolve(Buffer.from(text, 'utf8'))
}
