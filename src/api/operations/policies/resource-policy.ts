import { accountOf, regionOf } from '../../../base/account-region.ts'
import { isRefusal } from '../../../engine/refusal.ts'
import type { RegionEngine } from '../../../engine/region-engine.ts'
import type { AttachedPolicy, OwnSettings, Table } from '../../../engine/table.ts'
import type { WireError } from '../../wire-error.ts'
import { fromRefusal, policyNotFound, resourceNotFound, validationError } from '../../wire-error.ts'
import { parseStreamArn, parseTableArn } from '../arn.ts'
import type { CallContext } from '../operation.ts'
import { isReplicaInMaking } from '../table-lookup.ts'

/** What a policy is, or may be, attached to: a table or one of its streams. The texts were observed on AWS, 2026-10. */
export interface PolicyResource {
  readonly arn: string
  readonly kind: 'table' | 'stream'
  readonly tableName: string
  /** The stream's label; empty for the table itself. */
  readonly label: string
}

/** From a `ResourceArn`. That the account is looked at before the Region is a guess. */
export function policyResource({ region }: CallContext, arn: string): PolicyResource | WireError {
  if (!arn.startsWith('arn:')) return invalid(`ARNs must start with 'arn:': ${arn}`)
  const [, partition, , arnRegion, account] = arn.split(':')
  if (account !== undefined && /^\d{12}$/.test(account) && account !== accountOf(region)) {
    return validationError('This action is only supported by accounts that match the resource owner’s account.')
  }
  if (/:table\/[^/]+\/index\//.test(arn)) {
    return invalid(`Invalid resource arn provided, only table or stream is accepted. Provided resource arn: ${arn}`)
  }
  const stream = parseStreamArn(arn)
  const table = stream ?? parseTableArn(arn)
  if (table === undefined) return invalid(`Provided Arn is not a DynamoDB resource arn: ${arn}`)
  if (partition !== 'aws' || arnRegion !== regionOf(region)) return invalid(`Invalid resource Arn: ${arn}`)
  return { arn, kind: stream === undefined ? 'table' : 'stream', tableName: table.tableName, label: stream?.label ?? '' }
}

export interface FoundResource {
  readonly engine: RegionEngine
  readonly table: Table
}

export async function findResource(context: CallContext, resource: PolicyResource): Promise<FoundResource | WireError> {
  const engine = await context.controlPlane.engine(context.region)
  if (isRefusal(engine)) return fromRefusal(engine)
  const table = engine.table(resource.tableName)
  return table === undefined || isReplicaInMaking(table) ? missingTable(resource) : (missingStream(resource, table) ?? { engine, table })
}

export function missingTable({ tableName }: PolicyResource): WireError {
  return resourceNotFound(`Requested resource not found: Table: ${tableName} not found`)
}

function missingStream({ kind, label, tableName }: PolicyResource, { streams }: Table): WireError | undefined {
  if (kind === 'table' || streams.some((stream) => stream.label === label)) return undefined
  return resourceNotFound(`Requested resource not found: Stream: ${label} not found for Table: ${tableName}`)
}

export function attachedPolicy({ own }: Table, { label }: PolicyResource): AttachedPolicy | undefined {
  return own.policies?.[label]
}

/** The settings with another policy, or without one. Those of streams that can no longer be read go too. */
export function withPolicy({ own, streams }: Table, { label }: PolicyResource, policy: AttachedPolicy | undefined): OwnSettings {
  const known = new Set(['', ...streams.map((stream) => stream.label)])
  const kept = Object.entries(own.policies ?? {}).filter(([name]) => name !== label && known.has(name))
  return { ...own, policies: Object.fromEntries(policy === undefined ? kept : [...kept, [label, policy]]) }
}

/** Revisions are times, and later ones are greater. */
export function nextRevision(before: AttachedPolicy | undefined, nowMs: number): string {
  return String(Math.max(nowMs, before === undefined ? 0 : Number(before.revisionId) + 1))
}

export function noPolicy({ arn }: PolicyResource): WireError {
  return policyNotFound(`Resource-based policy not found for the provided ResourceArn: ${arn}`)
}

/** Why a change is not made that was asked for on a condition; undefined when it may be made. */
export function unexpectedRevision(
  resource: PolicyResource,
  current: AttachedPolicy | undefined,
  expected: string | undefined,
): WireError | undefined {
  if (expected === undefined || expected === current?.revisionId) return undefined
  if (current === undefined) return expected === NO_POLICY ? undefined : noPolicy(resource)
  const { tableName } = resource
  return policyNotFound(
    'Resource-based policy not found for the provided ResourceArn: ' +
      (expected === NO_POLICY
        ? `Requested policy update expecting none to be present for table ${tableName}, but a policy exists with revision id ${current.revisionId}.`
        : `Requested update for policy with revision id ${expected}, but the policy associated to target table ${tableName} ` +
          `has revision id ${current.revisionId}.`),
  )
}

const NO_POLICY = 'NO_POLICY'

function invalid(what: string): WireError {
  return validationError(`One or more parameter values were invalid: ${what}`)
}
