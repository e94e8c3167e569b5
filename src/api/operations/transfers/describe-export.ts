import { isRefusal } from '../../../engine/refusal.ts'
import { fromRefusal, isWireError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { describeExportJob } from './export-description.ts'
import { jobGone, jobNamed } from './job-arn.ts'

export const describeExport = operation<{ readonly ExportArn: string }>(async (context, { ExportArn }) => {
  const named = jobNamed(context, 'export', ExportArn)
  if (isWireError(named)) return named
  const exports = await context.controlPlane.exports(context.region)
  if (isRefusal(exports)) return fromRefusal(exports)
  const job = await exports.find(named.id)
  if (job?.table.name !== named.tableName) return jobGone('export', ExportArn)
  return { ExportDescription: describeExportJob(job) }
})
