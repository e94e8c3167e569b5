import { isRefusal } from '../../../engine/refusal.ts'
import type { ImportJob } from '../../../transfer/import-job.ts'
import { importsOf } from '../../../transfer/imports.ts'
import { fromRefusal, isWireError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { summarizeImport } from './import-description.ts'
import { tableNamedByArn } from './job-arn.ts'
import { JOBS_DEFAULT, jobPage } from './job-pages.ts'

interface Input {
  readonly TableArn?: string
  readonly PageSize?: number
  readonly NextToken?: string
}

/** Also those of tables that are gone, by their names (observed on AWS, 2026-10). */
export const listImports = operation<Input>(async (context, { TableArn, PageSize = JOBS_DEFAULT, NextToken }) => {
  const named = TableArn === undefined ? undefined : tableNamedByArn(context, TableArn)
  if (isWireError(named)) return named
  const engine = await context.controlPlane.engine(context.region)
  if (isRefusal(engine)) return fromRefusal(engine)
  const wanted = ({ tableName }: ImportJob): boolean => named === undefined || tableName === named.tableName
  const page = await jobPage('import', (before) => importsOf(engine, before), wanted, PageSize, NextToken)
  if (isWireError(page)) return page
  return { ImportSummaryList: page.jobs.map((job) => summarizeImport(context.region, job)), NextToken: page.next }
})
