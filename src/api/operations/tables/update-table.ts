import type { Refusal } from '../../../engine/refusal.ts'
import { isRefusal } from '../../../engine/refusal.ts'
import type { AttributeDefinition, Table, TableSettings } from '../../../engine/table.ts'
import { stillWarm, warmedTable } from '../../../engine/warm-units.ts'
import type { KeyAttributeType } from '../../../item/key-schema.ts'
import { fromRefusal, isWireError, validationError } from '../../wire-error.ts'
import type { EncryptionInput } from './encryption-settings.ts'
import { changedEncryption } from './encryption-settings.ts'
import type { IndexUpdate } from './index-updates.ts'
import { changedIndexes, indexesUnder, indexUpdatesProblem } from './index-updates.ts'
import type { CallContext } from '../operation.ts'
import { operation, unsupportedParameter } from '../operation.ts'
import { settingsProblem } from './group-permission.ts'
import type { SettingsReplicationMode } from './multi-account.ts'
import { setSettingsReplication } from './settings-replication.ts'
import type { ReplicaRequest, ReplicaUpdate } from './replica-updates.ts'
import { planReplicaUpdates } from './replica-updates.ts'
import type { StreamInput } from './stream-settings.ts'
import { changedStream } from './stream-settings.ts'
import { changedProtection } from './deletion-protection.ts'
import { changedClass } from './table-class.ts'
import { describeTableView } from './table-description.ts'
import { tableNameOf } from '../table-lookup.ts'
import type { ThroughputInput } from './throughput-settings.ts'
import { changedBilling, changedMaximum, rememberSwitch } from './throughput-settings.ts'
import { combinationProblem } from './update-combinations.ts'
import type { WarmInput } from './warm-throughput.ts'
import { changedWarm } from './warm-throughput.ts'

interface Input extends ThroughputInput {
  readonly TableName: string
  readonly TableClass?: TableSettings['tableClass']
  readonly DeletionProtectionEnabled?: boolean
  readonly ReplicaUpdates?: readonly ReplicaUpdate[]
  readonly AttributeDefinitions?: readonly { readonly AttributeName: string; readonly AttributeType: KeyAttributeType }[]
  readonly GlobalSecondaryIndexUpdates?: readonly IndexUpdate[]
  readonly StreamSpecification?: StreamInput
  readonly SSESpecification?: EncryptionInput
  readonly WarmThroughput?: WarmInput
  readonly MultiRegionConsistency?: ReplicaRequest['MultiRegionConsistency']
  readonly GlobalTableWitnessUpdates?: ReplicaRequest['GlobalTableWitnessUpdates']
  readonly DisassociationProtectionEnabled?: boolean
  readonly GlobalTableSettingsReplicationMode?: SettingsReplicationMode
}

const notYet = ['VectorIndexUpdates']

/** Either replicas or settings, never both. What depends on the other Regions is for the control plane to judge. */
export const updateTable = operation<Input>(async (context, input) => {
  const name = tableNameOf(context, input.TableName)
  if (typeof name !== 'string') return name
  const { controlPlane, region } = context
  const problem = combinationProblem(input) ?? indexUpdatesProblem(input.GlobalSecondaryIndexUpdates ?? [])
  if (problem !== undefined) return validationError(problem)
  const unsupported = unsupportedParameter(input, notYet)
  if (unsupported !== undefined) return validationError(unsupported)

  if (input.ReplicaUpdates !== undefined) {
    const action = planReplicaUpdates({ ...input, ReplicaUpdates: input.ReplicaUpdates }, region)
    if (isWireError(action)) return action
    const view = await controlPlane.changeReplica(region, name, action)
    return isRefusal(view) ? fromRefusal(view) : { TableDescription: describeTableView(context, view) }
  }
  if (input.DisassociationProtectionEnabled !== undefined) {
    const view = await controlPlane.protectFromDisassociation(region, name, input.DisassociationProtectionEnabled)
    return isRefusal(view) ? fromRefusal(view) : { TableDescription: describeTableView(context, view) }
  }
  if (input.GlobalTableSettingsReplicationMode !== undefined)
    return setSettingsReplication(context, name, input.GlobalTableSettingsReplicationMode)
  const unpermitted = await settingsProblem(context, name)
  if (unpermitted !== undefined) return unpermitted
  const view = await controlPlane.changeSettings(region, name, (table) => changedSettings(table, input, context), paceOf(input))
  return isRefusal(view) ? fromRefusal(view) : { TableDescription: describeTableView(context, view) }
})

/** Some changes are made while the table stays ACTIVE, and one of them also while it is not (observed on AWS, 2026-10). */
function paceOf(input: Input): 'at-once' | 'active' | 'updating' {
  if (input.DeletionProtectionEnabled !== undefined || input.WarmThroughput !== undefined) return 'at-once'
  if (input.SSESpecification !== undefined) return 'active'
  const builds = input.GlobalSecondaryIndexUpdates?.some(({ Create, Delete }) => Create !== undefined || Delete !== undefined) ?? false
  const changesTable =
    input.BillingMode ?? input.ProvisionedThroughput ?? input.StreamSpecification ?? input.TableClass ?? (builds || undefined)
  return changesTable === undefined ? 'active' : 'updating'
}

/** Pure: it may be asked again, or for each Region. */
function changedSettings(table: Table, input: Input, { region, nowMs }: CallContext): TableSettings | Refusal {
  const { settings } = table
  if (input.SSESpecification !== undefined) {
    const changed = changedEncryption(settings, input.SSESpecification, region, nowMs)
    return isRefusal(changed) ? changed : { ...settings, ...changed }
  }
  const billing = changedBilling(settings, input, nowMs, region)
  if (isRefusal(billing)) return billing
  const onDemandMaximum = changedMaximum({ billing, onDemandMaximum: settings.onDemandMaximum }, input, {
    of: undefined,
    isNew: false,
    region,
  })
  if (isRefusal(onDemandMaximum)) return onDemandMaximum
  const rules = {
    schema: table.schema,
    definitions: definitionsOf(table, input),
    billing,
    region,
    nowMs,
    operation: 'UpdateTable',
  } as const
  const updates = input.GlobalSecondaryIndexUpdates
  const changedByUpdates = updates === undefined ? settings.indexes : changedIndexes(table, rules, updates)
  if (isRefusal(changedByUpdates)) return changedByUpdates
  const indexes = indexesUnder(settings.billing, billing, changedByUpdates)
  if (isRefusal(indexes)) return indexes
  const stream = changedStream(table, input.StreamSpecification)
  if (isRefusal(stream)) return stream
  const classed = changedClass({ ...settings, changes: rememberSwitch(settings, billing, nowMs) }, input.TableClass, nowMs)
  if (isRefusal(classed)) return classed
  const still = stillWarm(warmedTable(settings), warmedTable({ billing, warm: settings.warm }))
  const warm =
    input.WarmThroughput === undefined
      ? still
      : changedWarm(input.WarmThroughput, warmedTable({ billing, warm: still }), { index: undefined, region }, nowMs)
  if (isRefusal(warm)) return warm
  const changed = { ...settings, ...classed, stream, indexes, billing, onDemandMaximum, warm }
  if (input.DeletionProtectionEnabled === undefined) return changed
  return changedProtection(table.name, changed, input.DeletionProtectionEnabled, nowMs)
}

/** What a new index may be keyed by: what the request defines, whatever the table does. Another type for what the table defines is not heeded. */
function definitionsOf({ attributeDefinitions }: Table, { AttributeDefinitions = [] }: Input): readonly AttributeDefinition[] {
  const typeByName = new Map(attributeDefinitions.map(({ name, type }) => [name, type]))
  return AttributeDefinitions.map(({ AttributeName: name, AttributeType }) => ({ name, type: typeByName.get(name) ?? AttributeType }))
}
