import { isRefusal } from '../../../engine/refusal.ts'
import type { RegionEngine } from '../../../engine/region-engine.ts'
import type { Table } from '../../../engine/table.ts'
import type { WireError } from '../../wire-error.ts'
import { fromRefusal } from '../../wire-error.ts'
import type { CallContext } from '../operation.ts'
import { tableNameOf } from '../table-lookup.ts'
import { tableNotFound } from './backup-errors.ts'

/** The table behind a `TableName`, for what concerns its backups: one that is being made is not there yet. */
export async function backedUpTable(
  context: CallContext,
  given: string,
): Promise<{ readonly engine: RegionEngine; readonly table: Table } | WireError> {
  const name = tableNameOf(context, given)
  if (typeof name !== 'string') return name
  const engine = await context.controlPlane.engine(context.region)
  if (isRefusal(engine)) return fromRefusal(engine)
  const table = engine.table(name)
  return table === undefined || table.status === 'CREATING' ? tableNotFound(name) : { engine, table }
}
