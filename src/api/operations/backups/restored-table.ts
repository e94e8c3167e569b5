import { isRefusal, refuse } from '../../../engine/refusal.ts'
import type { Refusal } from '../../../engine/refusal.ts'
import type { Billing, IndexBlueprint, OnDemandMaximum, Table, TableBlueprint } from '../../../engine/table.ts'
import { noChanges } from '../../../engine/table.ts'
import type { EncryptionInput } from '../tables/encryption-settings.ts'
import { newEncryption } from '../tables/encryption-settings.ts'
import { keyElements } from '../tables/index-description.ts'
import type { IndexInput, KeySchemaElement } from '../tables/index-plans.ts'
import { indexesProblem } from '../tables/index-plans.ts'
import type { CallContext } from '../operation.ts'
import { unsupportedParameter } from '../operation.ts'
import type { ThroughputInput } from '../tables/throughput-settings.ts'
import { newBilling } from '../tables/throughput-settings.ts'

/** What a request may say of the table that is restored; what it leaves out is as it was. */
export interface Overrides {
  readonly BillingModeOverride?: Billing['mode']
  readonly ProvisionedThroughputOverride?: ThroughputInput['ProvisionedThroughput']
  readonly OnDemandThroughputOverride?: ThroughputInput['OnDemandThroughput']
  readonly GlobalSecondaryIndexOverride?: readonly RestoredIndexInput[]
  readonly LocalSecondaryIndexOverride?: readonly RestoredIndexInput[]
  readonly SSESpecificationOverride?: EncryptionInput
  readonly VectorIndexOverride?: readonly unknown[]
}

interface RestoredIndexInput extends IndexInput {
  readonly WarmThroughput?: object
}

/**
 * The table that comes of it. Keys, indexes, capacity and its maximum, and encryption are those of the source; streams, time to live, recovery, tags, deletion
 * protection and the table class are not taken over. Indexes may be left out and renamed, not added. The rules and texts were observed on AWS,
 * 2026-10, where a comment does not say otherwise; in which order they are checked is a guess.
 */
export function planRestored(
  name: string,
  source: Table,
  overrides: Overrides,
  { region, nowMs }: Pick<CallContext, 'region' | 'nowMs'>,
): TableBlueprint | Refusal {
  const unsupported = unsupportedOverride(overrides)
  if (unsupported !== undefined) return refuse('invalid', unsupported)
  const billing = restoredBilling(source.settings.billing, overrides, nowMs, region)
  if (isRefusal(billing)) return billing
  const onDemandMaximum = restoredMaximum(source.settings.onDemandMaximum, billing, overrides)
  if (isRefusal(onDemandMaximum)) return onDemandMaximum
  const local = restoredIndexes('local', source, overrides.LocalSecondaryIndexOverride, billing)
  if (isRefusal(local)) return local
  const global = restoredIndexes('global', source, overrides.GlobalSecondaryIndexOverride, billing)
  if (isRefusal(global)) return global
  const indexes = [...local, ...global].map((index) => ({ ...index, warm: undefined }))
  const problem = indexesProblem(indexes)
  if (problem !== undefined) return problem
  const override = overrides.SSESpecificationOverride
  const encryption = override === undefined ? source.settings.encryption : newEncryption(override, region, nowMs)
  if (isRefusal(encryption)) return encryption
  const { schema, attributeDefinitions } = source
  const settings = {
    billing,
    onDemandMaximum,
    indexes,
    tableClass: 'STANDARD',
    deletionProtection: false,
    timeToLive: undefined,
    stream: undefined,
    warm: undefined,
    encryption,
    autoScaling: undefined,
    changes: noChanges,
  } as const
  return { name, schema, attributeDefinitions, settings, tags: {} }
}

function unsupportedOverride({ VectorIndexOverride = [] }: Overrides): string | undefined {
  return unsupportedParameter(VectorIndexOverride.length > 0 ? { VectorIndexOverride } : {}, ['VectorIndexOverride'])
}

function restoredBilling(
  source: Billing,
  { BillingModeOverride: mode, ProvisionedThroughputOverride: units }: Overrides,
  nowMs: number,
  region: string,
): Billing | Refusal {
  if (mode === 'PAY_PER_REQUEST' && units !== undefined) {
    return invalid('Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST')
  }
  if (mode === 'PROVISIONED' && units === undefined) {
    return invalid('Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED')
  }
  const effective = mode ?? source.mode
  if (effective === 'PAY_PER_REQUEST') {
    if (units !== undefined) return invalid('Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED')
    return { mode: effective, sinceMs: nowMs }
  }
  const before = source.mode === 'PROVISIONED' ? { ReadCapacityUnits: source.readUnits, WriteCapacityUnits: source.writeUnits } : undefined
  const throughput = units ?? before
  return newBilling(
    throughput === undefined ? { BillingMode: effective } : { BillingMode: effective, ProvisionedThroughput: throughput },
    nowMs,
    region,
  )
}

function restoredMaximum(
  before: OnDemandMaximum | undefined,
  billing: Billing,
  { OnDemandThroughputOverride: wanted }: Overrides,
): OnDemandMaximum | undefined | Refusal {
  if (wanted === undefined) return billing.mode === 'PAY_PER_REQUEST' ? before : undefined
  return maximumOf(wanted, billing)
}

function maximumOf(
  { MaxReadRequestUnits: readUnits, MaxWriteRequestUnits: writeUnits }: NonNullable<ThroughputInput['OnDemandThroughput']>,
  billing: Billing,
): OnDemandMaximum | undefined | Refusal {
  for (const [member, units] of Object.entries({ MaxReadRequestUnits: readUnits, MaxWriteRequestUnits: writeUnits })) {
    if (units === undefined) continue
    if (billing.mode === 'PROVISIONED') {
      return invalid(`Cannot override ${member} for OnDemandThroughput unless BillingModeOverride is PAY_PER_REQUEST`)
    }
    if (units < 1) return invalid(`Requested ${member} for OnDemandThroughput is outside of valid range`)
  }
  return readUnits === undefined && writeUnits === undefined ? undefined : { readUnits, writeUnits }
}

function restoredIndexes(
  kind: IndexBlueprint['kind'],
  source: Table,
  wanted: readonly RestoredIndexInput[] | undefined,
  billing: Billing,
): readonly IndexBlueprint[] | Refusal {
  const there = source.settings.indexes.filter((index) => index.kind === kind)
  if (wanted === undefined) return there.map((index) => withCapacity(index, billing))
  const restored: IndexBlueprint[] = []
  for (const input of wanted) {
    // The text is a guess; that it is refused is documented (API reference, RestoreTableToPointInTime).
    if (input.WarmThroughput !== undefined) return invalid(`WarmThroughput cannot be specified for index ${input.IndexName}`)
    const same = there.find((index) => describesSame(input, index))
    if (same === undefined) {
      return invalid(
        `Index ${input.IndexName} does not match a secondary index that existed in the source table and cannot be created during the restore operation`,
      )
    }
    const index = kind === 'local' ? { ...same, name: input.IndexName } : overriddenIndex(same, input, billing)
    if (isRefusal(index)) return index
    restored.push(index)
  }
  return restored
}

/** A global index of a table that becomes provisioned has the table's units. What DynamoDB does there is not known. */
function withCapacity(index: IndexBlueprint, billing: Billing): IndexBlueprint {
  if (index.kind === 'local') return index
  if (billing.mode === 'PAY_PER_REQUEST') return { ...index, throughput: undefined }
  const { readUnits, writeUnits } = billing
  return { ...index, throughput: index.throughput ?? { readUnits, writeUnits }, onDemandMaximum: undefined }
}

function overriddenIndex(same: IndexBlueprint, input: RestoredIndexInput, billing: Billing): IndexBlueprint | Refusal {
  const { IndexName: name, ProvisionedThroughput: units, OnDemandThroughput } = input
  const onDemandMaximum = OnDemandThroughput === undefined ? undefined : maximumOf(OnDemandThroughput, billing)
  if (isRefusal(onDemandMaximum)) return onDemandMaximum
  if (billing.mode === 'PAY_PER_REQUEST') {
    if (units === undefined) return { ...same, name, throughput: undefined, onDemandMaximum }
    return invalid(`Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST for index ${name}`)
  }
  if (units === undefined) return invalid(`Must specify provisioned throughput for index ${name}`)
  const throughput = { readUnits: units.ReadCapacityUnits, writeUnits: units.WriteCapacityUnits }
  return { ...same, name, throughput, onDemandMaximum: undefined }
}

/** Keys and projection are what counts, not the name. */
function describesSame({ KeySchema, Projection }: RestoredIndexInput, index: IndexBlueprint): boolean {
  const { ProjectionType = 'ALL', NonKeyAttributes = [] } = Projection ?? {}
  const attributes = index.projection.kind === 'INCLUDE' ? index.projection.attributes : []
  return (
    textOf(KeySchema) === textOf(keyElements(index) as readonly KeySchemaElement[]) &&
    ProjectionType === index.projection.kind &&
    JSON.stringify([...NonKeyAttributes].sort()) === JSON.stringify([...attributes].sort())
  )
}

function textOf(elements: readonly KeySchemaElement[]): string {
  return JSON.stringify(elements.map(({ AttributeName, KeyType }) => [AttributeName, KeyType]))
}

function invalid(what: string): Refusal {
  return refuse('invalid', `Invalid Request: ${what}`)
}
