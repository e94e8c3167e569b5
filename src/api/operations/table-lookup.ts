import type { WriteMeter } from '../../cost/write-meter.ts'
import type { RegionEngine } from '../../engine/region-engine.ts'
import { isRefusal } from '../../engine/refusal.ts'
import type { Table } from '../../engine/table.ts'
import { servesItems } from '../../engine/table.ts'
import type { TableContributors } from '../contributors.ts'
import type { TableLimits } from '../throttle.ts'
import type { WireError } from '../wire-error.ts'
import { accessDenied, fromRefusal, resourceNotFound, validationError } from '../wire-error.ts'
import { ACCOUNT, parseTableArn } from './arn.ts'
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
}

/** The name behind a name or an ARN. The text for other Regions was observed on AWS, 2026-10; those for other accounts and for what is no ARN are guesses. */
export function tableNameOf(context: CallContext, given: string): string | WireError {
  if (!given.startsWith('arn:')) return given
  const arn = parseTableArn(given)
  if (arn === undefined) return validationError(`Invalid TableArn: Invalid ResourceArn provided as input ${given}`)
  if (arn.account !== ACCOUNT) return accessDenied(`User: arn:aws:iam::${ACCOUNT}:root is not authorized to access resource: ${given}`)
  if (arn.region !== context.region) {
    return validationError(`1 validation error detected: Invalid AWS region in '${given}'`)
  }
  return arn.tableName
}

/** A table whose items can be read and written now. */
export async function openTable(context: CallContext, given: string): Promise<OpenTable | WireError> {
  const name = tableNameOf(context, given)
  if (typeof name !== 'string') return name
  const { region, nowMs, controlPlane } = context
  const engine = controlPlane.awake(region) ?? (await controlPlane.engine(region))
  if (isRefusal(engine)) return fromRefusal(engine)
  const table = engine.table(name)
  if (table === undefined || !servesItems(table, nowMs)) return tableGone
  const limits = context.throttle.limitsOf(region, table, nowMs)
  const contributors = table.own.insights && context.contributors?.of(table, nowMs)
  return { engine, table, limits, contributors, meter: context.meter }
}

/** What item operations say of a table that is not there. Operations on tables name it. */
export const tableGone: WireError = resourceNotFound('Requested resource not found')
