import { isRefusal } from '../../../engine/refusal.ts'
import type { ExportJob } from '../../../transfer/export-job.ts'
import { exportsOf } from '../../../transfer/exports.ts'
import { fromRefusal, isWireError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { summarizeExport } from './export-description.ts'
import { tableNamedByArn } from './job-arn.ts'
import { JOBS_DEFAULT, jobPage } from './job-pages.ts'

interface Input {
  readonly TableArn?: string
  readonly MaxResults?: number
  readonly NextToken?: string
}

/** Those of a table are told as long as the table is there; one that is made under its name later has none of them (observed on AWS, 2026-10). */
export const listExports = operation<Input>(async (context, { TableArn, MaxResults = JOBS_DEFAULT, NextToken }) => {
  const named = TableArn === undefined ? undefined : tableNamedByArn(context, TableArn)
  if (isWireError(named)) return named
  const engine = await context.controlPlane.engine(context.region)
  if (isRefusal(engine)) return fromRefusal(engine)
  const tableId = named?.tableName === undefined ? undefined : engine.table(named.tableName)?.id
  const wanted = ({ table }: ExportJob): boolean => named === undefined || table.id === tableId
  const page = await jobPage('export', (before) => exportsOf(engine.store, before), wanted, MaxResults, NextToken)
  return isWireError(page) ? page : { ExportSummaries: page.jobs.map(summarizeExport), NextToken: page.next }
})
