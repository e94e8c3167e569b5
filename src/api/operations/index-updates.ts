import type { Refusal } from '../../engine/refusal.ts'
import { isRefusal, refuse } from '../../engine/refusal.ts'
import type { AttributeDefinition, IndexBlueprint, Table, TableSettings } from '../../engine/table.ts'
import type { IndexInput } from './index-plans.ts'
import { indexesProblem, planIndex } from './index-plans.ts'
import type { ThroughputInput } from './throughput-settings.ts'
import { changedMaximum } from './throughput-settings.ts'

/** `GlobalSecondaryIndexUpdates` of UpdateTable. */
export interface IndexUpdate {
  readonly Create?: IndexInput
  readonly Update?: Pick<ThroughputInput, 'ProvisionedThroughput' | 'OnDemandThroughput'> & { readonly IndexName: string }
  readonly Delete?: { readonly IndexName: string }
}

/** One index at a time is created or deleted; their throughput is changed freely. Pure: it may be asked again. */
export function changedIndexes(
  table: Table,
  settings: Pick<TableSettings, 'billing'>,
  definitions: readonly AttributeDefinition[],
  updates: readonly IndexUpdate[],
): readonly IndexBlueprint[] | Refusal {
  const builds = updates.filter(({ Create, Delete }) => Create !== undefined || Delete !== undefined)
  const underWay = table.indexes.some(({ status }) => status === 'CREATING' || status === 'DELETING')
  if (builds.length > 1 || (builds.length > 0 && underWay)) return oneAtATime
  let indexes = table.settings.indexes
  const touched = new Set<string>()
  for (const update of updates) {
    const name = (update.Create ?? update.Update ?? update.Delete)?.IndexName
    if (name === undefined || Object.values(update).filter((part) => part !== undefined).length !== 1) {
      return invalid('GlobalSecondaryIndexUpdate must contain exactly one of Create, Update and Delete')
    }
    if (touched.has(name)) return invalid(`Only one global secondary index update per index is allowed simultaneously. Index: ${name}`)
    touched.add(name)
    const changed = changedBy(update, name, indexes, table, settings, definitions)
    if (isRefusal(changed)) return changed
    indexes = changed
  }
  return indexesProblem(indexes) ?? indexes
}

const oneAtATime = refuse(
  'limit-exceeded',
  'Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table',
)

function changedBy(
  { Create, Update }: IndexUpdate,
  name: string,
  indexes: readonly IndexBlueprint[],
  { schema }: Table,
  { billing }: Pick<TableSettings, 'billing'>,
  definitions: readonly AttributeDefinition[],
): readonly IndexBlueprint[] | Refusal {
  const existing = indexes.find((index) => index.name === name && index.kind === 'global')
  if (Create !== undefined) {
    if (indexes.some((index) => index.name === name)) return invalid(`Duplicate index name: ${name}`)
    const created = planIndex('global', Create, { schema, definitions, billing })
    return isRefusal(created) ? created : [...indexes, created]
  }
  if (existing === undefined) return refuse('not-found', 'Requested resource not found')
  if (Update === undefined) return indexes.filter((index) => index !== existing)
  const changed = changedThroughput(existing, Update, billing)
  return isRefusal(changed) ? changed : indexes.map((index) => (index === existing ? changed : index))
}

function changedThroughput(
  index: IndexBlueprint,
  update: NonNullable<IndexUpdate['Update']>,
  billing: TableSettings['billing'],
): IndexBlueprint | Refusal {
  const { ProvisionedThroughput: units } = update
  if (units !== undefined && billing.mode === 'PAY_PER_REQUEST') {
    return invalid(`ProvisionedThroughput should not be specified for index: ${index.name} when BillingMode is PAY_PER_REQUEST`)
  }
  const onDemandMaximum = changedMaximum({ billing, onDemandMaximum: index.onDemandMaximum }, update)
  if (isRefusal(onDemandMaximum)) return onDemandMaximum
  if (units === undefined) return { ...index, onDemandMaximum }
  const throughput = { readUnits: units.ReadCapacityUnits, writeUnits: units.WriteCapacityUnits }
  if (index.throughput?.readUnits === throughput.readUnits && index.throughput.writeUnits === throughput.writeUnits) {
    return refuse(
      'invalid',
      `The provisioned throughput for the index ${index.name} will not change. The requested value equals the current value. ` +
        `Current ReadCapacityUnits provisioned for the index: ${throughput.readUnits}. ` +
        `Requested ReadCapacityUnits: ${throughput.readUnits}. ` +
        `Current WriteCapacityUnits provisioned for the index: ${throughput.writeUnits}. ` +
        `Requested WriteCapacityUnits: ${throughput.writeUnits}. ` +
        'Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.',
    )
  }
  return { ...index, throughput, onDemandMaximum }
}

/**
 * Indexes when their table's billing mode changes: on demand they lose their units; provisioned they get those of the table where they were
 * given none (a guess: DynamoDB wants them named).
 */
export function indexesUnder(billing: TableSettings['billing'], indexes: readonly IndexBlueprint[]): readonly IndexBlueprint[] {
  return indexes.map((index) => {
    if (index.kind === 'local') return index
    if (billing.mode === 'PAY_PER_REQUEST') return { ...index, throughput: undefined }
    const { readUnits, writeUnits } = billing
    return { ...index, throughput: index.throughput ?? { readUnits, writeUnits }, onDemandMaximum: undefined }
  })
}

function invalid(what: string): Refusal {
  return refuse('invalid', `One or more parameter values were invalid: ${what}`)
}
