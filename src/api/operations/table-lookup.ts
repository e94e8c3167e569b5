import { accountOf, regionOf } from '../../base/account-region.ts'
import type { WriteMeter } from '../../cost/write-meter.ts'
import type { ItemReads, RegionEngine } from '../../engine/region-engine.ts'
import { isRefusal } from '../../engine/refusal.ts'
import type { Index, Table } from '../../engine/table.ts'
import { servesItems } from '../../engine/table.ts'
import type { TableContributors } from '../contributors.ts'
import type { Tally } from '../tally.ts'
import type { TableLimits } from '../throttle.ts'
import type { WireError } from '../wire-error.ts'
import { accessDenied, fromRefusal, internalServerError, isWireError, resourceNotFound, validationError } from '../wire-error.ts'
import { parseTableArn } from './arn.ts'
import type { CallContext } from './operation.ts'

/** From what a client wrote as `TableName` to the table. */
export interface OpenTable {
  readonly engine: RegionEngine
  readonly table: Table
  /** What its requests are held to; undefined: nothing. */
  readonly limits: TableLimits | undefined
  /** Who wants to know which keys are used; undefined: nobody. */
  readonly contributors: TableContributors | undefined
  /** Where it is counted what its writes consume; undefined: nowhere. */
  readonly meter: WriteMeter | undefined
  /** What the request comes to; undefined: nobody wants to know. */
  readonly tally: Tally | undefined
}

/** The name behind a name or an ARN. The text for other Regions was observed on AWS, 2026-10; those for other accounts and for what is no ARN are guesses. */
export function tableNameOf(context: CallContext, given: string): string | WireError {
  if (!given.startsWith('arn:')) return given
  const named = tableNamed(context, given)
  if (isWireError(named) || named.region === context.region) return isWireError(named) ? named : named.tableName
  return notAuthorized(context, given)
}

interface NamedTable {
  readonly region: string
  readonly tableName: string
}

function tableNamed({ region, caller }: CallContext, given: string): NamedTable | WireError {
  if (!given.startsWith('arn:')) return { region, tableName: given }
  const arn = parseTableArn(given)
  if (arn === undefined) return validationError(`Invalid TableArn: Invalid ResourceArn provided as input ${given}`)
  // Who calls with a key was asked already what it may do in other accounts.
  if (caller === undefined && arn.account !== accountOf(region)) return notAuthorized({ region }, given)
  if (regionOf(arn.region) !== regionOf(region)) return validationError(`1 validation error detected: Invalid AWS region in '${given}'`)
  return arn
}

function notAuthorized({ region }: Pick<CallContext, 'region'>, given: string): WireError {
  return accessDenied(`User: arn:aws:iam::${accountOf(region)}:root is not authorized to access resource: ${given}`)
}

/** A table whose items can be read and written now. It may be another account's: a batch may name tables of several. */
export async function openTable(context: CallContext, given: string): Promise<OpenTable | WireError> {
  const named = tableNamed(context, given)
  if (isWireError(named)) return named
  const { region, tableName } = named
  const { nowMs, controlPlane } = context
  const engine = controlPlane.awake(region) ?? (await controlPlane.engine(region))
  if (isRefusal(engine)) return fromRefusal(engine)
  const table = engine.table(tableName)
  if (table !== undefined && isReplicaInMaking(table)) return tableMissing(tableName)
  if (table === undefined) return tableGone
  if (!servesItems(table, nowMs)) return table.suspended === undefined ? tableGone : suspended(region, table.suspended.why)
  const { tally } = context
  tally?.used(region, table)
  const limits = context.throttle.limitsOf(region, table, nowMs, tally)
  const contributors = table.own.insights && context.contributors?.of(table, nowMs)
  return { engine, table, limits, contributors, meter: context.meter, tally }
}

/**
 * Why a strongly consistent read of this table cannot be made now; undefined when everything that was acknowledged before can be read. What DynamoDB
 * says from a Region that is cut off from the others of a strong table was never seen: that requests fail is documented, the exception is a guess.
 */
export async function consistentReadProblem(
  { engine, table }: OpenTable,
  isConsistent: boolean | undefined,
): Promise<WireError | undefined> {
  return isConsistent !== true || !table.ordered || (await engine.caughtUp(table)) ? undefined : internalServerError
}

/** What answers a read. */
export function readsOf(
  { engine, table }: Pick<OpenTable, 'engine' | 'table'>,
  isConsistent: boolean | undefined,
  index?: Index,
): ItemReads {
  return isConsistent === true ? engine : engine.eventually(table, index)
}

/** DynamoDB has no word for this; SDKs try it again, as they should. */
function suspended(region: string, why: string): WireError {
  return fromRefusal({ refused: 'unavailable', message: `The replica in ${region} does not serve its items until it is mended: ${why}.` })
}

/** What item operations say of a table that is not there. Operations on tables name it. */
/** A replica can be described while it is made, and is not there for anything else (observed on AWS, 2026-10). */
export function isReplicaInMaking({ status, filling }: Table): boolean {
  return status === 'CREATING' && filling === undefined
}

/** What operations on tables say of one that is not there, and item operations of a replica that is not there yet. */
export function tableMissing(tableName: string): WireError {
  return resourceNotFound(`Requested resource not found: Table: ${tableName} not found`)
}

export const tableGone: WireError = resourceNotFound('Requested resource not found')
