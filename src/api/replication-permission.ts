import { accountOf } from '../base/account-region.ts'
import type { AttachedPolicy, Table } from '../engine/table.ts'
import { policyOf } from './authorize.ts'
import { tableArn } from './operations/arn.ts'
import { judge } from './policy/policy.ts'
import type { WireError } from './wire-error.ts'
import { accessDenied } from './wire-error.ts'

/**
 * Whether the replicas of several accounts let DynamoDB replicate between them: each by its resource-based policy, for all of them, itself among them
 * (developer guide, "Multi-account global tables: security").
 */
export interface GroupMember {
  readonly region: string
  readonly tableName: string
  /** That of the table; undefined when it has none. */
  readonly policy: AttachedPolicy | undefined
}

/** The Regions of those replicas whose policies do not permit, for all of these, what replication needs. */
export function unauthorized(replicas: readonly MemberTable[]): ReadonlySet<string> {
  const members = replicas.map(asMember)
  return new Set(members.filter((member) => withheldBy(member, members) !== undefined).map(({ region }) => region))
}

interface MemberTable {
  readonly region: string
  readonly table: Table
}

function asMember({ region, table }: MemberTable): GroupMember {
  return { region, tableName: table.name, policy: table.own.policies?.[''] }
}

const SERVICE = 'replication.dynamodb.amazonaws.com'
const actions = ['ReadDataForReplication', 'WriteDataForReplication', 'ReplicateSettings'] as const
export type ReplicationAction = (typeof actions)[number]

/** The first thing that a member does not permit for another; undefined when they all permit all. */
export function missingPermission(
  members: readonly GroupMember[],
): { readonly member: GroupMember; readonly action: ReplicationAction } | undefined {
  for (const member of members) {
    const action = withheldBy(member, members)
    if (action !== undefined) return { member, action }
  }
  return undefined
}

/** The first thing that a member's own policy does not permit for one of these; undefined when it permits all. */
export function withheldBy(member: GroupMember, members: readonly GroupMember[]): ReplicationAction | undefined {
  for (const peer of members) {
    const action = withheld(member, peer)
    if (action !== undefined) return action
  }
  return undefined
}

function withheld({ region, tableName, policy }: GroupMember, peer: GroupMember): ReplicationAction | undefined {
  const parsed = policy && policyOf(policy, 'table')
  const resourceArn = tableArn(region, tableName)
  const sources: Readonly<Record<string, readonly string[]>> = {
    'aws:sourceaccount': [accountOf(peer.region)],
    'aws:sourcearn': [tableArn(peer.region, peer.tableName)],
  }
  const values = (key: string): readonly string[] | undefined => sources[key]
  return actions.find(
    (action) => parsed === undefined || judge(parsed, { account: '', callerArn: SERVICE, action, resourceArn, values }) !== 'allow',
  )
}

/** The text is a guess, after IAM's. */
export function replicationDenied({ region, tableName }: GroupMember, action: ReplicationAction): WireError {
  return accessDenied(
    `User: ${SERVICE} is not authorized to perform: dynamodb:${action} on resource: ${tableArn(region, tableName)} ` +
      `because no resource-based policy allows the dynamodb:${action} action`,
  )
}
