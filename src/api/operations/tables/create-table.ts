import { isRefusal } from '../../../engine/refusal.ts'
import type { AttributeDefinition, TableBlueprint, TableSettings } from '../../../engine/table.ts'
import { noChanges, noOwnSettings } from '../../../engine/table.ts'
import { warmedTable } from '../../../engine/warm-units.ts'
import type { KeyAttributeType, KeySchema } from '../../../item/key-schema.ts'
import { keyAttributes } from '../../../item/key-schema.ts'
import { linkedShape } from '../../validation/linked-shape.ts'
import { printedValue } from '../../validation/printed-value.ts'
import type { WireError } from '../../wire-error.ts'
import { fromRefusal, isWireError, validationError } from '../../wire-error.ts'
import type { IndexInput, KeySchemaElement } from './index-plans.ts'
import { definitionsProblem, planIndexes } from './index-plans.ts'
import type { CallContext } from '../operation.ts'
import { operation, unsupportedParameter } from '../operation.ts'
import type { SettingsReplicationMode } from './multi-account.ts'
import { joinGlobalTable, NO_OVERRIDES } from './multi-account.ts'
import { planPolicy } from './planned-policy.ts'
import type { StreamInput } from './stream-settings.ts'
import { newStream } from './stream-settings.ts'
import { describeNewTable } from './table-description.ts'
import { tableNameOf } from '../table-lookup.ts'
import type { Tag } from './tags.ts'
import { addTags } from './tags.ts'
import type { EncryptionInput } from './encryption-settings.ts'
import { newEncryption } from './encryption-settings.ts'
import type { ThroughputInput } from './throughput-settings.ts'
import { changedMaximum, newBilling } from './throughput-settings.ts'
import type { WarmInput } from './warm-throughput.ts'
import { newWarm } from './warm-throughput.ts'

interface Input extends TablePlanInput {
  readonly TableName: string
  readonly GlobalTableSourceArn?: string
  readonly GlobalTableSettingsReplicationMode?: SettingsReplicationMode
}

/** What a table is planned from, here and by ImportTable, which knows less of it. */
export interface TablePlanInput extends ThroughputInput {
  readonly KeySchema?: readonly KeySchemaElement[]
  readonly AttributeDefinitions?: readonly { readonly AttributeName: string; readonly AttributeType: KeyAttributeType }[]
  readonly TableClass?: TableSettings['tableClass']
  readonly DeletionProtectionEnabled?: boolean
  readonly StreamSpecification?: StreamInput
  readonly SSESpecification?: EncryptionInput
  readonly WarmThroughput?: WarmInput
  readonly Tags?: readonly Tag[]
  readonly ResourcePolicy?: string
  readonly LocalSecondaryIndexes?: readonly IndexInput[]
  readonly GlobalSecondaryIndexes?: readonly IndexInput[]
}

const notYet = ['VectorIndexes']

/** The table serves at once; the answer says CREATING as DynamoDB's does, and clients that wait see it ACTIVE when they look. */
export const createTable = operation<Input>(async (context, input) => {
  const unsupported = unsupportedParameter(input, notYet)
  if (unsupported !== undefined) return validationError(unsupported)
  const name = tableNameOf(context, input.TableName)
  if (typeof name !== 'string') return name
  const { GlobalTableSourceArn, GlobalTableSettingsReplicationMode: settingsReplication } = input
  if (GlobalTableSourceArn !== undefined) return joinGlobalTable(context, name, { ...input, GlobalTableSourceArn })
  if (settingsReplication === 'ENABLED_WITH_OVERRIDES') return validationError(NO_OVERRIDES)
  const blueprint = planTable(name, input, context)
  if (isWireError(blueprint)) return blueprint
  const own = { ...(blueprint.own ?? noOwnSettings), ...(settingsReplication && { settingsReplication }) }
  const view = await context.controlPlane.createTable(context.region, { ...blueprint, own })
  if (isRefusal(view)) return fromRefusal(view)
  return { TableDescription: describeNewTable(context, view) }
})

export function planTable(name: string, input: TablePlanInput, { region, nowMs }: CallContext): TableBlueprint | WireError {
  const attributeDefinitions = (input.AttributeDefinitions ?? []).map(({ AttributeName, AttributeType }) => ({
    name: AttributeName,
    type: AttributeType,
  }))
  const twice = attributeDefinitions.find(({ name: each }, at) => attributeDefinitions.findIndex((other) => other.name === each) < at)
  if (twice !== undefined) return validationError(`Attribute Name is duplicated: ${twice.name}`)
  const schema = planKeys(input.KeySchema ?? [], attributeDefinitions)
  if (isWireError(schema)) return schema
  const billing = newBilling(input, nowMs, region)
  if (isRefusal(billing)) return fromRefusal(billing)
  const indexes = planIndexes(
    { local: input.LocalSecondaryIndexes, global: input.GlobalSecondaryIndexes },
    { schema, definitions: attributeDefinitions, billing, region, nowMs, operation: 'CreateTable' },
  )
  if (isRefusal(indexes)) return fromRefusal(indexes)
  const keyNames = [...keyAttributes(schema), ...indexes.flatMap(({ partition, sort }) => [...partition, ...sort])].map(
    ({ name: key }) => key,
  )
  const misdefined = definitionsProblem(keyNames, attributeDefinitions, indexes.length > 0)
  if (misdefined !== undefined) return fromRefusal(misdefined)
  const onDemandMaximum = changedMaximum({ billing, onDemandMaximum: undefined }, input, { of: undefined, isNew: true, region })
  if (isRefusal(onDemandMaximum)) return fromRefusal(onDemandMaximum)
  const warm = newWarm(input.WarmThroughput, warmedTable({ billing, warm: undefined }), { index: undefined, region }, nowMs)
  if (isRefusal(warm)) return fromRefusal(warm)
  const encryption = newEncryption(input.SSESpecification, region, nowMs)
  if (isRefusal(encryption)) return fromRefusal(encryption)
  const tags = addTags({}, input.Tags ?? [])
  if (isRefusal(tags)) return fromRefusal(tags)
  const stream = newStream(input.StreamSpecification)
  if (isRefusal(stream)) return fromRefusal(stream)
  const settings: TableSettings = {
    billing,
    onDemandMaximum,
    tableClass: input.TableClass ?? 'STANDARD',
    deletionProtection: input.DeletionProtectionEnabled ?? false,
    indexes,
    timeToLive: undefined,
    stream,
    warm,
    encryption,
    autoScaling: undefined,
    changes: encryption === undefined ? noChanges : { ...noChanges, encryptionAtMs: [nowMs] },
  }
  const own = planPolicy(input.ResourcePolicy, nowMs)
  if (isWireError(own)) return own
  return { name, schema, attributeDefinitions, settings, tags, own }
}

/** The order of these checks is partly a guess: each text has been observed, two mistakes at once have not. */
function planKeys(elements: readonly KeySchemaElement[], definitions: readonly AttributeDefinition[]): KeySchema | WireError {
  const [first, second] = elements
  if (first === undefined) {
    return validationError("1 validation error detected: Value null at 'keySchema' failed to satisfy constraint: Member must not be null")
  }
  if (elements.length > 2) {
    const printed = printedValue(linkedShape('KeySchema'), elements)
    return validationError(
      `1 validation error detected: Value ${printed} at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2`,
    )
  }
  if (first.KeyType !== 'HASH') return validationError('Invalid KeySchema: The first KeySchemaElement is not a HASH key type')
  if (second !== undefined && second.KeyType !== 'RANGE') {
    return validationError('Invalid KeySchema: The second KeySchemaElement is not a RANGE key type')
  }
  if (second?.AttributeName === first.AttributeName) {
    return validationError('Both the Hash Key and the Range Key element in the KeySchema have the same name')
  }
  const typeByName = new Map(definitions.map(({ name, type }) => [name, type]))
  const partitionType = typeByName.get(first.AttributeName)
  const sortType = second && typeByName.get(second.AttributeName)
  if (partitionType === undefined || (second !== undefined && sortType === undefined)) {
    return validationError('Invalid KeySchema: Some index key attribute have no definition')
  }
  return {
    partition: { name: first.AttributeName, type: partitionType },
    sort: second === undefined || sortType === undefined ? undefined : { name: second.AttributeName, type: sortType },
  }
}
