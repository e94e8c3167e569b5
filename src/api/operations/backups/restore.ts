import { isRefusal } from '../../../engine/refusal.ts'
import type { RegionEngine } from '../../../engine/region-engine.ts'
import type { RestoreOrigin } from '../../../engine/restore-origin.ts'
import { fillingFrom, restoreOrigin } from '../../../engine/restore-origin.ts'
import type { Table, TableBlueprint } from '../../../engine/table.ts'
import type { Answer } from '../../answer.ts'
import type { WireError } from '../../wire-error.ts'
import { dynamodbError, fromRefusal } from '../../wire-error.ts'
import type { CallContext } from '../operation.ts'
import { describeTableView } from '../tables/table-description.ts'
import type { Overrides } from './restored-table.ts'
import { planRestored } from './restored-table.ts'
import { backupArn } from './backup-arn.ts'

/** Restores of all kinds that go on in a Region at one time (developer guide, "Point-in-time recovery: How it works"). */
const RESTORES_MAX = 50

/** What both restores have in common: what can be said before the source is held to anything. */
export function planRestore(
  context: CallContext,
  engine: RegionEngine,
  { target, source, overrides }: { target: string; source: Table; overrides: Overrides },
): TableBlueprint | WireError {
  const blueprint = planRestored(target, source, overrides, context)
  if (isRefusal(blueprint)) return fromRefusal(blueprint)
  const taken = targetProblem(context.region, engine, target)
  if (taken !== undefined) return taken
  const underWay = engine.tables().filter((table) => restoreOrigin(table) !== undefined).length
  if (underWay < RESTORES_MAX) return blueprint
  // Its beginning was observed, the rest is a guess.
  return dynamodbError('LimitExceededException', `Only ${RESTORES_MAX} restore operations can be in progress at the same time`)
}

/** Makes the table; the items follow. */
export async function restore(context: CallContext, blueprint: TableBlueprint, origin: RestoreOrigin): Promise<Answer | WireError> {
  const view = await context.controlPlane.createTable(context.region, blueprint, fillingFrom(origin))
  if (isRefusal(view)) return view.refused === 'in-use' ? alreadyExists(blueprint.name) : fromRefusal(view)
  const { WarmThroughput: _warm, ...description } = describeTableView(context, view)
  return { TableDescription: { ...description, TableStatus: 'CREATING' } }
}

/** The exceptions observed on AWS, 2026-10; the text for a table that is restored to a point in time is a guess. */
function targetProblem(region: string, engine: RegionEngine, target: string): WireError | undefined {
  const table = engine.table(target)
  if (table === undefined) return undefined
  const origin = restoreOrigin(table)
  if (origin === undefined) return alreadyExists(target)
  const from = origin.kind === 'backup' ? ` from backup: ${backupArn(region, origin.backup)}` : ''
  return dynamodbError('TableInUseException', `Table: ${target} is already being restored${from}`)
}

function alreadyExists(tableName: string): WireError {
  return dynamodbError('TableAlreadyExistsException', `Table already exists: ${tableName}`)
}
