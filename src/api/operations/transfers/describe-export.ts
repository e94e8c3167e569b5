import { isRefusal } from '../../../engine/refusal.ts'
import { findExport } from '../../../transfer/exports.ts'
import { fromRefusal, isWireError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { describeExportJob } from './export-description.ts'
import { jobGone, jobNamed } from './job-arn.ts'

export const describeExport = operation<{ readonly ExportArn: string }>(async (context, { ExportArn }) => {
  const named = jobNamed(context, 'export', ExportArn)
  if (isWireError(named)) return named
  const engine = await context.controlPlane.engine(context.region)
  if (isRefusal(engine)) return fromRefusal(engine)
  const job = await findExport(engine.store, named.id)
  if (job?.table.name !== named.tableName) return jobGone('export', ExportArn)
  return { ExportDescription: describeExportJob(job) }
})
