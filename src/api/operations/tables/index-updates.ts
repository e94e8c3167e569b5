import { changeUnits } from '../../../engine/provisioned-units.ts'
import type { Refusal } from '../../../engine/refusal.ts'
import { isRefusal, refuse } from '../../../engine/refusal.ts'
import type { IndexBlueprint, Table, TableSettings } from '../../../engine/table.ts'
import { stillWarm, warmedIndex } from '../../../engine/warm-units.ts'
import type { IndexInput, IndexRules } from './index-plans.ts'
import { GLOBAL_MAX, indexesProblem, planIndex } from './index-plans.ts'
import type { ThroughputInput } from './throughput-settings.ts'
import { changedMaximum, unitsProblem } from './throughput-settings.ts'
import type { WarmInput } from './warm-throughput.ts'
import { changedWarm } from './warm-throughput.ts'

/** `GlobalSecondaryIndexUpdates` of UpdateTable (texts observed on AWS, 2026-10). */
export interface IndexUpdate {
  readonly Create?: IndexInput
  readonly Update?: Pick<ThroughputInput, 'ProvisionedThroughput' | 'OnDemandThroughput'> & {
    readonly IndexName: string
    readonly WarmThroughput?: WarmInput
  }
  readonly Delete?: { readonly IndexName: string }
}

/** What is wrong with the updates by themselves. */
export function indexUpdatesProblem(updates: readonly IndexUpdate[]): string | undefined {
  for (const update of updates) {
    const actions = [update.Create, update.Update, update.Delete].filter((action) => action !== undefined)
    if (actions.length > 1) return invalidText('Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object')
    if (actions.length === 0) {
      return invalidText(
        'One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null',
      )
    }
  }
  return undefined
}

/** One index at a time is created or deleted; their throughput is changed freely. Pure: it may be asked again. */
export function changedIndexes(table: Table, rules: IndexRules, updates: readonly IndexUpdate[]): readonly IndexBlueprint[] | Refusal {
  const builds = updates.filter(({ Create, Delete }) => Create !== undefined || Delete !== undefined)
  const underWay = table.indexes.some(({ status }) => status === 'CREATING' || status === 'DELETING')
  if (builds.length > 1 || (builds.length > 0 && underWay)) return oneAtATime
  let indexes = table.settings.indexes
  const touched = new Set<string>()
  for (const update of updates) {
    const name = (update.Create ?? update.Update ?? update.Delete)?.IndexName ?? ''
    if (touched.has(name)) return invalid(`Only one global secondary index update per index is allowed simultaneously. Index: ${name}`)
    touched.add(name)
    const changed = changedBy(update, name, indexes, table, rules)
    if (isRefusal(changed)) return changed
    indexes = changed
  }
  if (builds.some(({ Create }) => Create !== undefined) && indexes.filter(({ kind }) => kind === 'global').length > GLOBAL_MAX) {
    return refuse(
      'limit-exceeded',
      `Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of ${GLOBAL_MAX}`,
    )
  }
  return indexesProblem(indexes) ?? indexes
}

const oneAtATime = refuse(
  'limit-exceeded',
  'Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table',
)

function changedBy(
  { Create, Update, Delete }: IndexUpdate,
  name: string,
  indexes: readonly IndexBlueprint[],
  table: Table,
  rules: IndexRules,
): readonly IndexBlueprint[] | Refusal {
  const existing = indexes.find((index) => index.name === name)
  if (Create !== undefined) {
    if (existing !== undefined) return refuse('invalid', 'Attempting to create an index which already exists')
    if (rules.definitions.length === 0) return invalid(`AttributeDefinitions is not specified for index: ${name}`)
    const created = planIndex('global', Create, rules)
    return isRefusal(created) ? created : [...indexes, created]
  }
  if (existing === undefined) return refuse('not-found', `Requested resource not found: Index ${name} for table ${table.name}`)
  if (existing.kind === 'local') {
    const verb = Delete === undefined ? 'update' : 'delete'
    return refuse('invalid', `Cannot ${verb} an index that is not a GlobalSecondaryIndex: ${name}`)
  }
  if (Update === undefined) return indexes.filter((index) => index !== existing)
  const changed = changedThroughput(existing, Update, table.settings.billing, rules)
  return isRefusal(changed) ? changed : indexes.map((index) => (index === existing ? changed : index))
}

function changedThroughput(
  index: IndexBlueprint,
  update: NonNullable<IndexUpdate['Update']>,
  before: TableSettings['billing'],
  { billing, region, nowMs }: IndexRules,
): IndexBlueprint | Refusal {
  const { ProvisionedThroughput: units, WarmThroughput } = update
  if (units !== undefined && billing.mode === 'PAY_PER_REQUEST') {
    return invalid(
      `The only Updates for index: ${index.name} when TableThroughputMode is PAY_PER_REQUEST can be to OnDemandThroughput, WarmThroughput`,
    )
  }
  const settings = { billing, onDemandMaximum: index.onDemandMaximum }
  const onDemandMaximum = changedMaximum(settings, update, { of: index.name, isNew: false, region })
  if (isRefusal(onDemandMaximum)) return onDemandMaximum
  const throughput = units === undefined ? index.throughput : changedUnits(index, units, region, nowMs)
  if (isRefusal(throughput)) return throughput
  const after = { ...index, throughput, onDemandMaximum }
  const still = stillWarm(warmedIndex(index, before), warmedIndex(after, billing))
  if (WarmThroughput === undefined) return { ...after, warm: still }
  const warm = changedWarm(WarmThroughput, warmedIndex({ ...after, warm: still }, billing), { index: index.name, region }, nowMs)
  return isRefusal(warm) ? warm : { ...after, warm }
}

function changedUnits(
  { name, throughput: before }: IndexBlueprint,
  wanted: NonNullable<ThroughputInput['ProvisionedThroughput']>,
  region: string,
  nowMs: number,
): IndexBlueprint['throughput'] | Refusal {
  const units = { readUnits: wanted.ReadCapacityUnits, writeUnits: wanted.WriteCapacityUnits }
  const problem = unitsProblem(units, region, name)
  if (problem !== undefined) return problem
  if (before === undefined) return units
  if (before.readUnits !== units.readUnits || before.writeUnits !== units.writeUnits) return changeUnits(before, units, nowMs)
  return refuse(
    'invalid',
    `The provisioned throughput for the index ${name} will not change. The requested value equals the current value. ` +
      `Current ReadCapacityUnits provisioned for the index: ${units.readUnits}. ` +
      `Requested ReadCapacityUnits: ${units.readUnits}. ` +
      `Current WriteCapacityUnits provisioned for the index: ${units.writeUnits}. ` +
      `Requested WriteCapacityUnits: ${units.writeUnits}. ` +
      'Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.',
  )
}

/** Indexes when their table's billing mode changes: on demand they lose their units; provisioned they must have been given some. */
export function indexesUnder(
  before: TableSettings['billing'],
  after: TableSettings['billing'],
  indexes: readonly IndexBlueprint[],
): readonly IndexBlueprint[] | Refusal {
  const lacking = indexes.filter(({ kind, throughput }) => kind === 'global' && throughput === undefined)
  if (after.mode === 'PROVISIONED' && lacking.length > 0) {
    return invalid(`ProvisionedThroughput must be specified for index: ${lacking.map(({ name }) => name).join(',')}`)
  }
  if (before.mode === after.mode) return indexes
  return indexes.map((index) => {
    if (index.kind === 'local') return index
    const changed = after.mode === 'PAY_PER_REQUEST' ? { ...index, throughput: undefined } : { ...index, onDemandMaximum: undefined }
    return { ...changed, warm: stillWarm(warmedIndex(index, before), warmedIndex(changed, after)) }
  })
}

function invalid(what: string): Refusal {
  return refuse('invalid', invalidText(what))
}

function invalidText(what: string): string {
  return `One or more parameter values were invalid: ${what}`
}
