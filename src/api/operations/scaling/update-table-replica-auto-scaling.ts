import { regionOf } from '../../../base/account-region.ts'
import type { Refusal } from '../../../engine/refusal.ts'
import { isRefusal, refuse } from '../../../engine/refusal.ts'
import type { AutoScaling, CapacityScaling, Table, TableSettings } from '../../../engine/table.ts'
import type { TableView } from '../../control-plane.ts'
import { fromRefusal } from '../../wire-error.ts'
import { describeAutoScaling } from './auto-scaling-description.ts'
import type { Capacity, ScalingInput } from './auto-scaling-settings.ts'
import { changedScaling, compact, failed, noScaling, scalingOf, unscaled, withRead, withWrite } from './auto-scaling-settings.ts'
import { noGlobalTable } from './describe-table-replica-auto-scaling.ts'
import { operation } from '../operation.ts'
import { tableNameOf } from '../table-lookup.ts'

interface Input {
  readonly TableName: string
  readonly ProvisionedWriteCapacityAutoScalingUpdate?: ScalingInput
  readonly GlobalSecondaryIndexUpdates?: readonly {
    readonly IndexName?: string
    readonly ProvisionedWriteCapacityAutoScalingUpdate?: ScalingInput
  }[]
  readonly ReplicaUpdates?: readonly ReplicaInput[]
}

interface ReplicaInput {
  readonly RegionName: string
  readonly ReplicaProvisionedReadCapacityAutoScalingUpdate?: ScalingInput
  readonly ReplicaGlobalSecondaryIndexUpdates?: readonly {
    readonly IndexName?: string
    readonly ProvisionedReadCapacityAutoScalingUpdate?: ScalingInput
  }[]
}

/**
 * Sets how writes are scaled everywhere and reads Region by Region. DynamoDB takes it of global tables alone, and of others through Application Auto
 * Scaling, which is not here: so a provisioned table without replicas is taken too.
 */
export const updateTableReplicaAutoScaling = operation<Input>(async (context, input) => {
  const name = tableNameOf(context, input.TableName)
  if (typeof name !== 'string') return name
  const { controlPlane, region } = context
  const found = await controlPlane.describeTable(region, name)
  if (isRefusal(found)) return found.refused === 'not-found' ? noGlobalTable(name) : fromRefusal(found)
  if (found.replicas === undefined && found.table.settings.billing.mode === 'PAY_PER_REQUEST') return noGlobalTable(name)
  const problem = requestProblem(input, found, region)
  if (problem !== undefined) return fromRefusal(problem)
  const view = await controlPlane.changeScaling(region, name, (table) => rescaled(table, input))
  return isRefusal(view) ? fromRefusal(view) : { TableAutoScalingDescription: describeAutoScaling(context, view) }
})

function requestProblem(input: Input, { table, replicas = [] }: TableView, region: string): Refusal | undefined {
  const { ReplicaUpdates: updates = [], GlobalSecondaryIndexUpdates: indexUpdates = [] } = input
  // A guess, after the text for a Region.
  if (input.ProvisionedWriteCapacityAutoScalingUpdate === undefined && updates.length === 0 && indexUpdates.length === 0) {
    return failed(table.name, ' because at least one update parameter must be specified.')
  }
  const regions = updates.map(({ RegionName }) => RegionName)
  const twice = [...new Set(regions.filter((each, at) => regions.indexOf(each) < at))]
  if (twice.length > 0) return failed(table.name, ` because the regions: ‘[${twice.join(', ')}]’ were specified more than once.`)
  const members = new Set([region, ...replicas.map((replica) => replica.region)].map((name) => regionOf(name)))
  const stranger = regions.find((each) => !members.has(each))
  // The exception was observed, its text is a guess.
  if (stranger !== undefined) return notFound(table.name, ` because a replica does not exist in region: ‘${stranger}’.`)
  for (const { RegionName, ReplicaProvisionedReadCapacityAutoScalingUpdate: read, ReplicaGlobalSecondaryIndexUpdates: reads } of updates) {
    if (read === undefined && (reads === undefined || reads.length === 0)) {
      return failed(table.name, ` because at least one update parameter must be specified for region: ‘${RegionName}’.`)
    }
  }
  return indexProblem(input, table) ?? modeProblem(input, table, [...members])
}

function indexProblem({ GlobalSecondaryIndexUpdates = [], ReplicaUpdates = [] }: Input, table: Table): Refusal | undefined {
  const active = new Set(table.indexes.filter(({ kind, status }) => kind === 'global' && status === 'ACTIVE').map(({ name }) => name))
  const unknown = GlobalSecondaryIndexUpdates.map(({ IndexName = '' }) => IndexName).filter((name) => !active.has(name))
  if (unknown.length > 0) {
    return notFound(table.name, ` because the global secondary indexes with names: ‘[${unknown.join(', ')}]’ do not exist.`)
  }
  for (const { RegionName, ReplicaGlobalSecondaryIndexUpdates: updates = [] } of ReplicaUpdates) {
    const { IndexName } = updates.find((update) => !active.has(update.IndexName ?? '')) ?? {}
    if (IndexName === undefined) continue
    return notFound(table.name, ` because a global secondary index with name: ‘${IndexName}’ does not exist in region: ‘${RegionName}’.`)
  }
  return undefined
}

/** On demand there is nothing to scale, but scaling can be taken away. */
function modeProblem(input: Input, { name, settings }: Table, regions: readonly string[]): Refusal | undefined {
  if (settings.billing.mode === 'PROVISIONED') return undefined
  const sets = (scaling: ScalingInput | undefined): boolean => scaling !== undefined && scaling.AutoScalingDisabled !== true
  const writes = sets(input.ProvisionedWriteCapacityAutoScalingUpdate)
  const reads = input.ReplicaUpdates?.some(({ ReplicaProvisionedReadCapacityAutoScalingUpdate: read }) => sets(read)) ?? false
  if (!writes && !reads) return undefined
  const parameter = writes
    ? 'GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate'
    : 'ReplicaProvisionedReadCapacityAutoScalingSettingsUpdate'
  const replicas = [...regions].sort().map((region) => `'${region.toUpperCase()}'`)
  return refuse(
    'invalid',
    `Failed to update global table with name ‘${name}‘. Replicas ${replicas.join(', ')} BillingMode is PayPerRequest. ` +
      `You must convert table's BillingMode to PROVISIONED to set parameters: '${parameter}'.`,
  )
}

/** Pure: it may be asked again. */
function rescaled(table: Table, input: Input): TableSettings | Refusal {
  let scaling: AutoScaling = table.settings.autoScaling ?? noScaling
  const of = (kind: Capacity['kind'], index: string | undefined): Capacity => ({ table: table.name, kind, index })
  const setIndex = (index: string, change: (before: CapacityScaling) => CapacityScaling): void => {
    scaling = { ...scaling, indexes: { ...scaling.indexes, [index]: change(scaling.indexes[index] ?? unscaled) } }
  }
  if (input.ProvisionedWriteCapacityAutoScalingUpdate !== undefined) {
    const changed = changedScaling(input.ProvisionedWriteCapacityAutoScalingUpdate, scaling.write, of('Write', undefined))
    if (isRefusal(changed)) return changed
    scaling = withWrite(scaling, changed)
  }
  for (const { IndexName = '', ProvisionedWriteCapacityAutoScalingUpdate: write } of input.GlobalSecondaryIndexUpdates ?? []) {
    const changed = write && changedScaling(write, scalingOf(table, IndexName).write, of('Write', IndexName))
    if (isRefusal(changed)) return changed
    if (changed !== undefined) setIndex(IndexName, (before) => withWrite(before, changed))
  }
  for (const update of input.ReplicaUpdates ?? []) {
    const { RegionName: region, ReplicaProvisionedReadCapacityAutoScalingUpdate: read } = update
    const changed = read && changedScaling(read, scaling.readByRegion[region], of('Read', undefined))
    if (isRefusal(changed)) return changed
    if (changed !== undefined) scaling = withRead(scaling, region, changed)
    for (const { IndexName = '', ProvisionedReadCapacityAutoScalingUpdate: indexRead } of update.ReplicaGlobalSecondaryIndexUpdates ?? []) {
      const ofIndex = indexRead && changedScaling(indexRead, scalingOf(table, IndexName).readByRegion[region], of('Read', IndexName))
      if (isRefusal(ofIndex)) return ofIndex
      if (ofIndex !== undefined) setIndex(IndexName, (before) => withRead(before, region, ofIndex))
    }
  }
  return { ...table.settings, autoScaling: compact(scaling) }
}

function notFound(table: string, why: string): Refusal {
  return refuse('not-found', `Failed to update settings for global table with name: ‘${table}’${why}`)
}
