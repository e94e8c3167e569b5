import { regionOf } from '../base/account-region.ts'
import { isManagedKey } from '../engine/encryption-key.ts'
import type { Refusal } from '../engine/refusal.ts'
import { refuse } from '../engine/refusal.ts'
import type { Table, TableSettings } from '../engine/table.ts'
import type { GlobalTable, ReplicaRecord } from './global-table.ts'
import type { ReplicaWish } from './replica-action.ts'

/** What DynamoDB asks of a table before it gets a replica, or loses one, in its own words (observed on AWS, 2026-10, unless said otherwise). */

const parameters = 'One or more parameter values were invalid: '
const keysMissing = refuse('invalid', `${parameters}KMSMasterKeyId must be specified for each replica.`)

const CLASS_CHANGES_MAX = 2
const CLASS_CHANGES_WITHIN_MS = 30 * 24 * 3_600_000
export const SOURCE_HOLD_MS = 24 * 3_600_000

/** Writes of a provisioned table must be able to grow with what replicas receive. */
export function unscaledWrites({ settings: { billing, autoScaling, indexes } }: Table): Refusal | undefined {
  if (billing.mode === 'PAY_PER_REQUEST') return undefined
  const scaled = 'write capacity should either be Pay-Per-Request or AutoScaled.'
  if (autoScaling?.write === undefined) return refuse('invalid', `Table ${scaled}`)
  const lacking = indexes.some(({ kind, name }) => kind === 'global' && autoScaling.indexes[name]?.write === undefined)
  return lacking ? refuse('invalid', `GSI ${scaled}`) : undefined
}

/** A table with a customer's key has one in each Region, and any other has none of a customer's. */
export function keyProblem({ encryption }: TableSettings, keyArn: string | undefined): Refusal | undefined {
  if (encryption === undefined) return keyArn === undefined ? undefined : keysMissing
  const managed = isManagedKey(encryption.keyArn)
  if (keyArn === undefined) return managed ? undefined : keysMissing
  return isManagedKey(keyArn) === managed
    ? undefined
    : refuse('invalid', `${parameters}All replica keys must either be Customer Managed CMK or AWS Managed CMK.`)
}

export function alreadyThere(tableName: string): Refusal {
  return refuse(
    'invalid',
    `Failed to create a the new replica of table with name: ‘${tableName}’ because one or more replicas already existed as tables.`,
  )
}

export function notPart(...named: readonly string[]): Refusal {
  return refuse(
    'invalid',
    `Update global table operation failed because one or more replicas were not part of the global table. Please retry the request without these replicas: [${named.map(regionOf).join(', ')}].`,
  )
}

/** DynamoDB's text goes on with what a user lacks for a Region that is disabled; here it is one that does not answer. */
export function unreachable(region: string): Refusal {
  return refuse('invalid', `Failed to access the region: ‘${regionOf(region)}’.`)
}

/** @param holdMs for how long a replica stands for what was made from it */
export function sourceProblem({ replicas }: GlobalTable, region: string, nowMs: number, holdMs: number): Refusal | undefined {
  const sourced = replicas.some(({ source, createdAtMs }) => source === region && nowMs < createdAtMs + holdMs)
  if (!sourced) return undefined
  return refuse(
    'invalid',
    'Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in the last 24 hours.',
  )
}

export function protectedReplica({ name }: Pick<GlobalTable, 'name'>, region: string): Refusal {
  return refuse(
    'invalid',
    `Cannot delete table ${name} in region ${regionOf(region)} because it has deletion protection enabled. Disable deletion protection first.`,
  )
}

/** A replica that is the last one, while another still has writes for it. The two spaces are DynamoDB's (seen in a log of 2023). */
export function lastActive({ name, replicas }: GlobalTable, region: string): Refusal | undefined {
  const others = replicas.filter((replica) => replica.region !== region)
  if (others.length === 0 || others.some(({ status }) => status !== 'DELETING')) return undefined
  return refuse(
    'invalid',
    `The last active replica of table: '${name}'  in region: '${regionOf(region)}' cannot be deleted until all writes are replicated.`,
  )
}

/** When the class of a replica was changed, with this change; or why it is not changed again so soon. */
export function classChanges(record: ReplicaRecord, nowMs: number): readonly number[] | Refusal {
  const recent = (record.classChangedAtMs ?? []).filter((ms) => ms > nowMs - CLASS_CHANGES_WITHIN_MS)
  if (recent.length < CLASS_CHANGES_MAX) return [...recent, nowMs]
  return refuse(
    'limit-exceeded',
    `Limit exceeded for replica in ${regionOf(record.region)}. Updates to TableClass are limited to ${CLASS_CHANGES_MAX} times in 30 day(s)`,
  )
}

/** What replicas of an on-demand table, and of a provisioned one, cannot have of their own once they are there. */
export function overrideProblem({ settings }: GlobalTable, wish: ReplicaWish): Refusal | undefined {
  if (wish.keyArn !== undefined) return keysMissing
  if (wish.readUnitsOverride !== undefined && settings.billing.mode === 'PAY_PER_REQUEST') {
    return refuse('invalid', 'Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST')
  }
  // The text is the one of UpdateTable for the table itself; that it is the same here is a guess.
  if (wish.onDemandReads !== undefined && settings.billing.mode === 'PROVISIONED') {
    return refuse(
      'invalid',
      `${parameters}MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED`,
    )
  }
  return undefined
}

export const ownRegion = refuse(
  'invalid',
  'Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable as required.',
)
