import { accountOf } from '../../../base/account-region.ts'
import type { RecoveryWindow } from '../../../engine/recovery.ts'
import { beginRestore, endRestore, recoveryWindow } from '../../../engine/recovery.ts'
import { isRefusal } from '../../../engine/refusal.ts'
import type { WireError } from '../../wire-error.ts'
import { dynamodbError, fromRefusal, isWireError, validationError } from '../../wire-error.ts'
import { parseTableArn } from '../arn.ts'
import type { CallContext } from '../operation.ts'
import { operation } from '../operation.ts'
import { crossRegion, invalidRequest } from './backup-errors.ts'
import { planRestore, restore } from './restore.ts'
import type { Overrides } from './restored-table.ts'

interface Input extends Overrides {
  readonly SourceTableArn?: string
  readonly SourceTableName?: string
  readonly TargetTableName: string
  readonly UseLatestRestorableTime?: boolean
  /** Seconds since 1970. */
  readonly RestoreDateTime?: number
}

/** The order of the checks observed on AWS, 2026-10: the request, the source, recovery, the time, the target. */
export const restoreTableToPointInTime = operation<Input>(async (context, input) => {
  const problem = timeProblem(input)
  if (problem !== undefined) return problem
  const named = sourceOf(context, input)
  if (isWireError(named)) return named
  const engine = await context.controlPlane.engine(context.region)
  if (isRefusal(engine)) return fromRefusal(engine)
  const source = engine.table(named.tableName)
  if (source === undefined || source.status === 'CREATING') return dynamodbError('TableNotFoundException', named.notFound)
  const window = await recoveryWindow(engine, source)
  if (window === undefined) return notEnabled(source.name)
  const atMs = input.RestoreDateTime === undefined ? window.latestMs : Math.round(input.RestoreDateTime * 1000)
  if (isOutside(atMs, window)) return invalidTime(atMs, window)
  const blueprint = planRestore(context, engine, { target: input.TargetTableName, source, overrides: input })
  if (isWireError(blueprint)) return blueprint
  const origin = await beginRestore(engine, source, atMs)
  if (origin === undefined)
    return engine.current(source) === undefined ? dynamodbError('TableNotFoundException', named.notFound) : notEnabled(source.name)
  const answer = await restore(context, blueprint, origin)
  if (isWireError(answer)) await endRestore(engine, origin)
  return answer
})

function timeProblem({ UseLatestRestorableTime = false, RestoreDateTime }: Input): WireError | undefined {
  if (UseLatestRestorableTime && RestoreDateTime !== undefined) {
    // Its end is a guess.
    return invalidRequest(
      'Both RestoreDateTime and UseLatestRestorableTime cannot be set for point-in-time restore request. Please specify only one of them',
    )
  }
  if (UseLatestRestorableTime || RestoreDateTime !== undefined) return undefined
  return invalidRequest('Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both')
}

interface Source {
  readonly tableName: string
  /** What is said when it is not there. */
  readonly notFound: string
}

function sourceOf(
  context: CallContext,
  { SourceTableName: name, SourceTableArn: text, SSESpecificationOverride }: Input,
): Source | WireError {
  if (name !== undefined && text !== undefined) return invalidRequest('Must provide exactly one of: sourceTableArn, sourceTableName')
  if (name !== undefined) return { tableName: name, notFound: `Table not found: ${name}` }
  if (text === undefined) return validationError("The parameter 'TableName' is required but was not present in the request")
  if (!text.startsWith('arn:')) return validationError(`One or more parameter values were invalid: ARNs must start with 'arn:': ${text}`)
  const arn = parseTableArn(text)
  if (arn === undefined) return invalidRequest('sourceTableArn is not a valid ARN')
  if (arn.account !== accountOf(context.region))
    return validationError('This action is only supported by accounts that match the resource owner’s account.')
  if (arn.region !== context.region) return crossRegion(SSESpecificationOverride)
  return { tableName: arn.tableName, notFound: 'Table not found' }
}

/** The second in which recovery began counts as a whole: clients that drop fractions name its beginning. */
function isOutside(atMs: number, { earliestMs, latestMs }: RecoveryWindow): boolean {
  return atMs < Math.floor(earliestMs / 1000) * 1000 || atMs > latestMs
}

function notEnabled(tableName: string): WireError {
  return dynamodbError('PointInTimeRecoveryUnavailableException', `Point in time recovery is not enabled for table '${tableName}'`)
}

function invalidTime(atMs: number, { earliestMs, latestMs }: RecoveryWindow): WireError {
  return dynamodbError(
    'InvalidRestoreTimeException',
    `RestoreDateTime '${printed(atMs)}' must be within EarliestRestorableDateTime '${printed(earliestMs)}' ` +
      `and LatestRestorableDateTime '${printed(latestMs)}'`,
  )
}

function printed(ms: number): string {
  const time = new Date(ms)
  return Number.isNaN(time.getTime()) ? String(ms / 1000) : time.toISOString().replace(/\.\d{3}Z$/, 'Z')
}
