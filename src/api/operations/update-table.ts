import type { Refusal } from '../../engine/refusal.ts'
import { isRefusal } from '../../engine/refusal.ts'
import type { Table, TableSettings } from '../../engine/table.ts'
import type { KeyAttributeType } from '../../item/key-schema.ts'
import { fromRefusal, isWireError, validationError } from '../wire-error.ts'
import type { IndexUpdate } from './index-updates.ts'
import { changedIndexes, indexesUnder } from './index-updates.ts'
import { operation, unsupportedParameter } from './operation.ts'
import type { ReplicaUpdate } from './replica-updates.ts'
import { planReplicaUpdates } from './replica-updates.ts'
import type { StreamInput } from './stream-settings.ts'
import { changedStream } from './stream-settings.ts'
import { describeTableView } from './table-description.ts'
import { tableNameOf } from './table-lookup.ts'
import type { ThroughputInput } from './throughput-settings.ts'
import { changedBilling, changedMaximum } from './throughput-settings.ts'

interface Input extends ThroughputInput {
  readonly TableName: string
  readonly TableClass?: TableSettings['tableClass']
  readonly DeletionProtectionEnabled?: boolean
  readonly ReplicaUpdates?: readonly ReplicaUpdate[]
  readonly AttributeDefinitions?: readonly { readonly AttributeName: string; readonly AttributeType: KeyAttributeType }[]
  readonly GlobalSecondaryIndexUpdates?: readonly IndexUpdate[]
  readonly StreamSpecification?: StreamInput
  readonly MultiRegionConsistency?: 'EVENTUAL' | 'STRONG'
}

const settings = [
  'GlobalSecondaryIndexUpdates',
  'BillingMode',
  'ProvisionedThroughput',
  'OnDemandThroughput',
  'TableClass',
  'DeletionProtectionEnabled',
  'StreamSpecification',
] as const

const notYet = [
  'SSESpecification',
  'GlobalTableWitnessUpdates',
  'WarmThroughput',
  'GlobalTableSettingsReplicationMode',
  'VectorIndexUpdates',
]

const NOTHING_TO_CHANGE =
  'At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification ' +
  'or ReplicaUpdates is required'

/** Either replicas or settings, never both. What depends on the other Regions is for the control plane to judge. */
export const updateTable = operation<Input>(async (context, input) => {
  const name = tableNameOf(context, input.TableName)
  if (typeof name !== 'string') return name
  const { controlPlane, region, nowMs } = context
  if (input.ReplicaUpdates !== undefined && [...settings, ...notYet, 'AttributeDefinitions'].some((member) => member in input)) {
    return validationError('One or more parameter values were invalid: Replica modification must be the only operation in the request')
  }
  const unsupported = unsupportedParameter(input, notYet)
  if (unsupported !== undefined) return validationError(unsupported)
  if (input.MultiRegionConsistency === 'STRONG') return validationError('everywrite does not support MultiRegionConsistency STRONG yet')

  if (input.ReplicaUpdates !== undefined) {
    const action = planReplicaUpdates(input.ReplicaUpdates, region)
    if (isWireError(action)) return action
    const view = await controlPlane.changeReplica(region, name, action)
    return isRefusal(view) ? fromRefusal(view) : { TableDescription: describeTableView(region, view, nowMs) }
  }
  if (!settings.some((member) => member in input)) return validationError(NOTHING_TO_CHANGE)
  const view = await controlPlane.changeSettings(region, name, (table) => changedSettings(table, input, nowMs))
  return isRefusal(view) ? fromRefusal(view) : { TableDescription: { ...describeTableView(region, view, nowMs), TableStatus: 'UPDATING' } }
})

/** Pure: it may be asked again, or for each Region. */
function changedSettings(table: Table, input: Input, nowMs: number): TableSettings | Refusal {
  const billing = changedBilling(table.settings.billing, input, nowMs)
  if (isRefusal(billing)) return billing
  const onDemandMaximum = changedMaximum({ billing, onDemandMaximum: table.settings.onDemandMaximum }, input)
  if (isRefusal(onDemandMaximum)) return onDemandMaximum
  const definitions = input.AttributeDefinitions?.map(({ AttributeName, AttributeType }) => ({ name: AttributeName, type: AttributeType }))
  const indexes =
    input.GlobalSecondaryIndexUpdates === undefined
      ? table.settings.indexes
      : changedIndexes(table, { billing }, definitions ?? table.attributeDefinitions, input.GlobalSecondaryIndexUpdates)
  if (isRefusal(indexes)) return indexes
  const stream = changedStream(table, input.StreamSpecification)
  if (isRefusal(stream)) return stream
  return {
    ...table.settings,
    stream,
    indexes: indexesUnder(billing, indexes),
    billing,
    onDemandMaximum,
    tableClass: input.TableClass ?? table.settings.tableClass,
    deletionProtection: input.DeletionProtectionEnabled ?? table.settings.deletionProtection,
  }
}
