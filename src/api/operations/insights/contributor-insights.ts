import { isRefusal } from '../../../engine/refusal.ts'
import type { RegionEngine } from '../../../engine/region-engine.ts'
import type { Insight, Table } from '../../../engine/table.ts'
import type { WireError } from '../../wire-error.ts'
import { fromRefusal, resourceNotFound } from '../../wire-error.ts'
import type { CallContext } from '../operation.ts'
import { isReplicaInMaking, tableNameOf } from '../table-lookup.ts'

/** A table or one of its global indexes, as Contributor Insights are put on and off for it. */
export interface InsightTarget {
  readonly engine: RegionEngine
  readonly table: Table
  /** Undefined: the table itself. */
  readonly indexName: string | undefined
}

export async function insightTarget(
  context: CallContext,
  given: string,
  indexName: string | undefined,
): Promise<InsightTarget | WireError> {
  const name = tableNameOf(context, given)
  if (typeof name !== 'string') return name
  const engine = await context.controlPlane.engine(context.region)
  if (isRefusal(engine)) return fromRefusal(engine)
  const table = engine.table(name)
  if (table === undefined || isReplicaInMaking(table)) return tableMissing(name)
  if (indexName === undefined || hasGlobalIndex(table, indexName)) return { engine, table, indexName }
  return indexMissing(name, indexName)
}

export function hasGlobalIndex({ indexes }: Table, indexName: string): boolean {
  return indexes.some(({ name, kind }) => name === indexName && kind === 'global')
}

export function tableMissing(name: string): WireError {
  return resourceNotFound(`Requested resource not found: Table: ${name} not found`)
}

/** Local indexes have none either (observed on AWS, 2026-10). */
export function indexMissing(tableName: string, indexName: string): WireError {
  return resourceNotFound(`Requested resource not found: Index: ${indexName} not found for table: ${tableName}`)
}

export function insightOf({ own }: Table, indexName: string | undefined): Insight | undefined {
  return own.insights?.[indexName ?? '']
}
