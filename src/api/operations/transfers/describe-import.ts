import { isRefusal } from '../../../engine/refusal.ts'
import { findImport } from '../../../transfer/imports.ts'
import { fromRefusal, isWireError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { describeImportJob } from './import-description.ts'
import { jobGone, jobNamed } from './job-arn.ts'

export const describeImport = operation<{ readonly ImportArn: string }>(async (context, { ImportArn }) => {
  const named = jobNamed(context, 'import', ImportArn)
  if (isWireError(named)) return named
  const engine = await context.controlPlane.engine(context.region)
  if (isRefusal(engine)) return fromRefusal(engine)
  const job = await findImport(engine, named.id)
  if (job?.tableName !== named.tableName) return jobGone('import', ImportArn)
  return { ImportTableDescription: describeImportJob(context.region, job) }
})
