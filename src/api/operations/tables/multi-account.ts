import { accountOf, regionOf } from '../../../base/account-region.ts'
import { isRefusal, refuse } from '../../../engine/refusal.ts'
import type { OwnSettings, TableSettings } from '../../../engine/table.ts'
import type { Answer } from '../../answer.ts'
import { authorize } from '../../authorize.ts'
import type { TableView } from '../../control-plane.ts'
import type { WireError } from '../../wire-error.ts'
import { accessDenied, fromRefusal, isWireError, validationError } from '../../wire-error.ts'
import { parseTableArn } from '../arn.ts'
import type { CallContext } from '../operation.ts'
import type { EncryptionInput } from './encryption-settings.ts'
import { newEncryption } from './encryption-settings.ts'
import { groupOf, permissionProblem } from './group-permission.ts'
import { planPolicy } from './planned-policy.ts'
import { describeNewTable } from './table-description.ts'
import type { Tag } from './tags.ts'
import { addTags } from './tags.ts'

/**
 * Global tables of several accounts: how another account joins with a replica, and what their policies have to permit (developer guide, "Multi-account
 * global tables"). The texts are guesses but where a comment says otherwise.
 */
export interface JoinInput {
  readonly TableName: string
  readonly GlobalTableSourceArn: string
  readonly GlobalTableSettingsReplicationMode?: SettingsReplicationMode
  readonly ResourcePolicy?: string
  readonly Tags?: readonly Tag[]
  readonly TableClass?: TableSettings['tableClass']
  readonly DeletionProtectionEnabled?: boolean
  readonly SSESpecification?: EncryptionInput
}

export type SettingsReplicationMode = 'ENABLED' | 'DISABLED' | 'ENABLED_WITH_OVERRIDES'

/** The text was observed on AWS, 2026-10, of UpdateTable. */
export const NO_OVERRIDES =
  "Value 'ENABLED_WITH_OVERRIDES' at 'GlobalTableSettingsReplicationMode' failed to satisfy constraint: " +
  'Only ENABLED and DISABLED settings replication are supported for a Regional Table.'

/** What a replica has of its own. Everything else comes from the group. */
const ownMembers: ReadonlySet<string> = new Set([
  'TableName',
  'GlobalTableSourceArn',
  'GlobalTableSettingsReplicationMode',
  'ResourcePolicy',
  'Tags',
  'TableClass',
  'DeletionProtectionEnabled',
  'SSESpecification',
])

const invalid = (what: string): WireError => validationError(`One or more parameter values were invalid: ${what}`)

/** Makes a replica of another account's table. Whether that account permits it was asked before; here all other members are. */
export async function joinGlobalTable(context: CallContext, tableName: string, input: JoinInput): Promise<Answer | WireError> {
  const { region, controlPlane } = context
  const stranger = Object.keys(input).find((member) => !ownMembers.has(member))
  if (stranger !== undefined) return invalid(`${stranger} cannot be specified with GlobalTableSourceArn`)
  if (input.GlobalTableSettingsReplicationMode !== 'ENABLED') {
    return invalid('GlobalTableSettingsReplicationMode must be ENABLED when GlobalTableSourceArn is specified')
  }
  const source = parseTableArn(input.GlobalTableSourceArn)
  if (source === undefined) return validationError(`Invalid TableArn: Invalid ResourceArn provided as input ${input.GlobalTableSourceArn}`)
  if (source.account === accountOf(region)) return invalid('GlobalTableSourceArn must be of a table in another account')
  if (context.caller === undefined) {
    return accessDenied(`User: arn:aws:iam::${accountOf(region)}:root is not authorized to access resource: ${input.GlobalTableSourceArn}`)
  }
  if (regionOf(source.region) === regionOf(region)) return invalid('GlobalTableSourceArn must be of a table in another Region')
  if (source.tableName !== tableName) return invalid(`TableName must be that of the source table, ${source.tableName}`)
  const ownStart = planOwnStart(context, input)
  if (isWireError(ownStart)) return ownStart
  const there = await controlPlane.describeTable(region, tableName)
  if (!isRefusal(there)) return fromRefusal(refuse('in-use', `Table already exists: ${tableName}`))
  const view = await controlPlane.describeTable(source.region, tableName)
  if (isRefusal(view)) return fromRefusal(view)
  const problem = await joinProblem(context, source.region, view, ownStart.own)
  if (problem !== undefined) return problem
  const begun = await controlPlane.changeReplica(source.region, tableName, {
    kind: 'create',
    region,
    readUnitsOverride: undefined,
    tableClassOverride: undefined,
    ownStart,
  })
  if (isRefusal(begun)) return fromRefusal(begun)
  const joined = await controlPlane.describeTable(region, tableName)
  return isRefusal(joined) ? fromRefusal(joined) : { TableDescription: describeNewTable(context, joined) }
}

function planOwnStart({ region, nowMs }: CallContext, input: JoinInput) {
  const own = planPolicy(input.ResourcePolicy, nowMs)
  if (isWireError(own)) return own
  const tags = addTags({}, input.Tags ?? [])
  if (isRefusal(tags)) return fromRefusal(tags)
  const encryption = newEncryption(input.SSESpecification, region, nowMs)
  if (isRefusal(encryption)) return fromRefusal(encryption)
  const { TableClass: tableClass = 'STANDARD', DeletionProtectionEnabled: deletionProtection = false } = input
  const enabled: OwnSettings = { ...own, settingsReplication: 'ENABLED' }
  return { own: enabled, tags, tableClass, deletionProtection, encryption }
}

/** All members have to let the account join, and all, the new one too, have to let replicate for all. */
async function joinProblem(context: CallContext, source: string, view: TableView, own: OwnSettings): Promise<WireError | undefined> {
  const { region, nowMs, caller, controlPlane } = context
  const { name } = view.table
  const members = groupOf(context, source, view)
  if (isWireError(members)) return members
  if (caller === undefined) return undefined
  const accesses = members.map((member) => ({
    action: 'AssociateTableReplica',
    region: regionOf(member.region),
    account: accountOf(member.region),
    resource: `table/${name}`,
  }))
  const denied = await authorize({ region: regionOf(region), operation: 'CreateTable', input: {} }, accesses, caller, controlPlane, nowMs)
  if (denied !== undefined) return denied
  return permissionProblem([...members, { region, tableName: name, policy: own.policies?.[''] }])
}
