import type { IndexUpdate } from './index-updates.ts'

/**
 * What one UpdateTable may contain: one change, with few exceptions. Judged by the request alone, before the table is looked for (observed on AWS,
 * 2026-10: of 35 pairs of members, 33 are refused).
 */
export interface UpdateMembers {
  readonly BillingMode?: string
  readonly ProvisionedThroughput?: unknown
  readonly OnDemandThroughput?: unknown
  readonly WarmThroughput?: unknown
  readonly StreamSpecification?: unknown
  readonly GlobalSecondaryIndexUpdates?: readonly IndexUpdate[]
  readonly ReplicaUpdates?: unknown
  readonly GlobalTableWitnessUpdates?: unknown
  readonly MultiRegionConsistency?: unknown
}

const changes = [
  'ProvisionedThroughput',
  'BillingMode',
  'StreamSpecification',
  'GlobalSecondaryIndexUpdates',
  'SSESpecification',
  'ReplicaUpdates',
  'DeletionProtectionEnabled',
  'OnDemandThroughput',
  'WarmThroughput',
  'TableClass',
  'DisassociationProtectionEnabled',
  'GlobalTableSettingsReplicationMode',
] as const

const NOTHING =
  'At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, ' +
  'MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput ' +
  'or TableClass is required'

const WITH_WITNESSES = 'Requests that modify replicas or witnesses must not also modify other fields'
const parameters = 'One or more parameter values were invalid: '

/** The text of the refusal; undefined when the request may be. */
export function combinationProblem(input: UpdateMembers): string | undefined {
  const { GlobalSecondaryIndexUpdates: indexUpdates, BillingMode, ProvisionedThroughput, OnDemandThroughput } = input
  const has = (name: (typeof changes)[number]): boolean => (input as Readonly<Record<string, unknown>>)[name] !== undefined
  const sent = changes.filter(has)
  const witnesses = input.GlobalTableWitnessUpdates !== undefined
  if (has('ReplicaUpdates')) {
    if (sent.length === 1 && !('AttributeDefinitions' in input)) return undefined
    return witnesses ? WITH_WITNESSES : `${parameters}Replica modification must be the only operation in the request`
  }
  // Neither witnesses nor consistency count as a change without replicas. That they are refused beside another one likewise is a guess.
  if (sent.length > 0 && (witnesses || input.MultiRegionConsistency !== undefined)) return WITH_WITNESSES
  if (sent.every((name) => name === 'GlobalSecondaryIndexUpdates') && !indexUpdates?.length) return NOTHING
  if (indexUpdates?.length === 0) return `${parameters}List of GlobalSecondaryIndexUpdates is empty`
  const builds = indexUpdates?.some(({ Create, Delete }) => Create !== undefined || Delete !== undefined) ?? false
  const only = (name: (typeof changes)[number]): boolean => has(name) && sent.length > 1
  if (only('SSESpecification')) return `${parameters}Server-Side Encryption modification must be the only operation in the request`
  if (only('TableClass')) return `${parameters}TableClass modification must be the only operation in the request`
  if (only('DeletionProtectionEnabled')) return `${parameters}DeletionProtection modification must be the only operation in the request`
  // A guess, after the others.
  if (only('GlobalTableSettingsReplicationMode')) {
    return `${parameters}GlobalTableSettingsReplicationMode modification must be the only operation in the request`
  }
  // A guess: the documentation says that it cannot be combined.
  if (only('DisassociationProtectionEnabled')) {
    return `${parameters}DisassociationProtection modification must be the only operation in the request`
  }
  if (has('WarmThroughput')) {
    if (builds) return `${parameters}Create global secondary index cannot be specified when updating WarmThroughput`
    if (sent.some((name) => name !== 'WarmThroughput' && name !== 'GlobalSecondaryIndexUpdates')) {
      return has('OnDemandThroughput') && sent.length === 2
        ? `${parameters}OnDemandThroughput can only be combined with BillingMode in an UpdateTable request`
        : `${parameters}WarmThroughput must be the only operation in the request`
    }
  }
  if (OnDemandThroughput !== undefined && has('StreamSpecification')) {
    return `${parameters}OnDemandThroughput can only be combined with BillingMode in an UpdateTable request`
  }
  const changesUnits = ProvisionedThroughput !== undefined || BillingMode === 'PROVISIONED'
  if (has('StreamSpecification') && changesUnits) return `${parameters}You cannot modify stream status while updating table IOPS`
  if (builds && changesUnits) return `${parameters}You cannot create or delete index while updating table IOPS`
  if (builds && has('StreamSpecification')) return `${parameters}You cannot create or delete index while changing stream status`
  return undefined
}
