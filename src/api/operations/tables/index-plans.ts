import type { Refusal } from '../../../engine/refusal.ts'
import { isRefusal, refuse } from '../../../engine/refusal.ts'
import type { AttributeDefinition, Billing, IndexBlueprint, Projection } from '../../../engine/table.ts'
import { warmedIndex } from '../../../engine/warm-units.ts'
import type { KeyAttribute, KeySchema } from '../../../item/key-schema.ts'
import { linkedShape } from '../../validation/linked-shape.ts'
import { printedValue } from '../../validation/printed-value.ts'
import type { ThroughputInput } from './throughput-settings.ts'
import { changedMaximum, unitsProblem } from './throughput-settings.ts'
import type { WarmInput } from './warm-throughput.ts'
import { newWarm } from './warm-throughput.ts'

/** What CreateTable and UpdateTable say of indexes, held to the rules. The texts are DynamoDB's where they have been seen; their order is partly a guess. */
export interface IndexInput extends Pick<ThroughputInput, 'ProvisionedThroughput' | 'OnDemandThroughput'> {
  readonly IndexName: string
  readonly KeySchema: readonly KeySchemaElement[]
  readonly WarmThroughput?: WarmInput
  readonly Projection?: { readonly ProjectionType?: 'ALL' | 'KEYS_ONLY' | 'INCLUDE'; readonly NonKeyAttributes?: readonly string[] }
}

export interface KeySchemaElement {
  readonly AttributeName: string
  readonly KeyType: 'HASH' | 'RANGE'
}

export interface IndexRules {
  readonly schema: KeySchema
  readonly definitions: readonly AttributeDefinition[]
  readonly billing: Billing
  readonly region: string
  readonly nowMs: number
  /** CreateTable and UpdateTable say some things differently. */
  readonly operation: 'CreateTable' | 'UpdateTable'
}

const LOCAL_MAX = 5
export const GLOBAL_MAX = 20
/** Attributes of one kind in the key of a global index (developer guide, "Multi-attribute keys", since November 2025). */
const KEY_ATTRIBUTES_MAX = 4
/** Named in all INCLUDE projections of a table together. */
const INCLUDED_MAX = 100

export function planIndexes(
  { local, global }: { local: readonly IndexInput[] | undefined; global: readonly IndexInput[] | undefined },
  rules: IndexRules,
): readonly IndexBlueprint[] | Refusal {
  const empty = local?.length === 0 ? 'LocalSecondaryIndexes' : global?.length === 0 ? 'GlobalSecondaryIndexes' : undefined
  if (empty !== undefined) return invalid(`List of ${empty} is empty`)
  const planned: IndexBlueprint[] = []
  for (const [kind, inputs] of [['local', local] as const, ['global', global] as const]) {
    for (const input of inputs ?? []) {
      const index = planIndex(kind, input, rules)
      if (isRefusal(index)) return index
      planned.push(index)
    }
  }
  return indexesProblem(planned) ?? planned
}

/** What is wrong with a table's indexes taken together. */
export function indexesProblem(indexes: readonly IndexBlueprint[]): Refusal | undefined {
  const names = new Set<string>()
  for (const { name } of indexes) {
    if (names.has(name)) return invalid(`Duplicate index name: ${name}`)
    names.add(name)
  }
  if (indexes.filter(({ kind }) => kind === 'local').length > LOCAL_MAX) {
    return invalid(`Number of LocalSecondaryIndexes exceeds per-table limit of ${LOCAL_MAX}`)
  }
  if (indexes.filter(({ kind }) => kind === 'global').length > GLOBAL_MAX) {
    return invalid(`GlobalSecondaryIndex count exceeds the per-table limit of ${GLOBAL_MAX}`)
  }
  const included = indexes.reduce((sum, { projection }) => sum + (projection.kind === 'INCLUDE' ? projection.attributes.length : 0), 0)
  return included > INCLUDED_MAX
    ? invalid(`The number of projected attributes in all indexes exceeds the per-table limit of ${INCLUDED_MAX}`)
    : undefined
}

/** Definitions that no key uses, or keys that no definition describes. */
export function definitionsProblem(
  keyNames: readonly string[],
  definitions: readonly AttributeDefinition[],
  hasIndexes: boolean,
): Refusal | undefined {
  const used = new Set(keyNames)
  const defined = new Set(definitions.map(({ name }) => name))
  const undefinedKeys = [...used].filter((name) => !defined.has(name))
  if (undefinedKeys.length > 0) {
    return invalid(
      'Some index key attributes are not defined in AttributeDefinitions. ' +
        `Keys: [${undefinedKeys.join(', ')}], AttributeDefinitions: [${[...defined].join(', ')}]`,
    )
  }
  if (definitions.length === used.size) return undefined
  if (!hasIndexes) {
    return invalid('Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions')
  }
  return invalid(
    `Some AttributeDefinitions are not used. AttributeDefinitions: [${[...defined].join(', ')}], keys used: [${[...used].join(', ')}]`,
  )
}

export function planIndex(kind: IndexBlueprint['kind'], input: IndexInput, rules: IndexRules): IndexBlueprint | Refusal {
  const keys = planKeys(kind, input, rules)
  if (isRefusal(keys)) return keys
  const projection = planProjection(input)
  if (isRefusal(projection)) return projection
  const throughput = kind === 'local' ? { throughput: undefined, onDemandMaximum: undefined } : planThroughput(input, rules)
  if (isRefusal(throughput)) return throughput
  return { name: input.IndexName, kind, ...keys, projection, ...throughput }
}

function planKeys(
  kind: IndexBlueprint['kind'],
  { IndexName, KeySchema: elements }: IndexInput,
  { schema, definitions }: IndexRules,
): Pick<IndexBlueprint, 'partition' | 'sort'> | Refusal {
  const partition = elements.filter(({ KeyType }) => KeyType === 'HASH')
  const sort = elements.filter(({ KeyType }) => KeyType === 'RANGE')
  if (elements[0]?.KeyType !== 'HASH') return refuse('invalid', 'Invalid KeySchema: The first KeySchemaElement is not a HASH key type')
  const names = elements.map(({ AttributeName }) => AttributeName)
  const problem = kind === 'local' ? localProblem(IndexName, elements, schema) : globalProblem(partition, sort, elements)
  if (problem !== undefined) return problem
  const typeByName = new Map(definitions.map(({ name, type }) => [name, type]))
  const lacking = names.filter((name) => !typeByName.has(name))
  if (lacking.length > 0) {
    return invalid(
      'Some index key attributes are not defined in AttributeDefinitions. ' +
        `Keys: [${lacking.join(', ')}], AttributeDefinitions: [${[...typeByName.keys()].join(', ')}]`,
    )
  }
  const attributes = (list: readonly KeySchemaElement[]): KeyAttribute[] =>
    list.map(({ AttributeName: name }) => ({ name, type: typeByName.get(name) ?? 'S' }))
  return { partition: attributes(partition), sort: attributes(sort) }
}

/** The texts were observed on AWS, 2026-10. */
function globalProblem(
  partition: readonly KeySchemaElement[],
  sort: readonly KeySchemaElement[],
  elements: readonly KeySchemaElement[],
): Refusal | undefined {
  if (elements.slice(partition.length).some(({ KeyType }) => KeyType === 'HASH')) {
    return invalid('All HASH key attributes must precede RANGE key attributes in the KeySchema')
  }
  for (const [type, list] of [['HASH', partition] as const, ['RANGE', sort] as const]) {
    if (list.length > KEY_ATTRIBUTES_MAX) return invalid(`The KeySchema exceeds the maximum allowed number of ${type} key attributes`)
  }
  const names = new Set(elements.map(({ AttributeName }) => AttributeName))
  return names.size < elements.length ? refuse('invalid', 'The KeySchema contains multiple key attributes with the same name') : undefined
}

/** A local index has a key as tables have it, and refuses others in the same words (seen for more than two elements; a guess for two of a kind). */
function localProblem(indexName: string, elements: readonly KeySchemaElement[], schema: KeySchema): Refusal | undefined {
  if (elements.length > 2) {
    const printed = printedValue(linkedShape('KeySchema'), elements)
    return refuse(
      'invalid',
      `1 validation error detected: Value ${printed} at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2`,
    )
  }
  if (elements[1]?.KeyType === 'HASH') return refuse('invalid', 'Invalid KeySchema: The second KeySchemaElement is not a RANGE key type')
  const [partition, sort] = elements.map(({ AttributeName }) => AttributeName)
  if (partition === sort) return refuse('invalid', 'Both the Hash Key and the Range Key element in the KeySchema have the same name')
  if (schema.sort === undefined) {
    return invalid('Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex')
  }
  if (sort === undefined) return invalid(`Index KeySchema does not have a range key for index: ${indexName}`)
  if (partition === schema.partition.name) return undefined
  return invalid(
    `Index KeySchema does not have the same leading hash key as table KeySchema for index: ${indexName}. ` +
      `index hash key: ${partition}, table hash key: ${schema.partition.name}`,
  )
}

function planProjection({ Projection: wanted }: IndexInput): Projection | Refusal {
  const { ProjectionType: kind, NonKeyAttributes: attributes } = wanted ?? {}
  if (kind === undefined) return invalid('Unknown ProjectionType: null')
  if (kind !== 'INCLUDE') {
    return attributes === undefined ? { kind } : invalid(`ProjectionType is ${kind}, but NonKeyAttributes is specified`)
  }
  if (attributes === undefined) return invalid('ProjectionType is INCLUDE, but NonKeyAttributes is not specified')
  const twice = attributes.find((name, at) => attributes.indexOf(name) < at)
  return twice === undefined ? { kind, attributes } : invalid(`Duplicate element in NonKeyAttributes: ${twice}`)
}

function planThroughput(
  input: IndexInput,
  { billing, region, nowMs, operation }: IndexRules,
): Pick<IndexBlueprint, 'throughput' | 'onDemandMaximum' | 'warm'> | Refusal {
  const { ProvisionedThroughput: units, IndexName, WarmThroughput } = input
  const creates = operation === 'CreateTable'
  const onDemandMaximum = changedMaximum({ billing, onDemandMaximum: undefined }, input, { of: IndexName, isNew: true, region })
  if (isRefusal(onDemandMaximum)) return onDemandMaximum
  if (billing.mode === 'PAY_PER_REQUEST' && units !== undefined) {
    return invalid(
      creates
        ? `ProvisionedThroughput should not be specified for index: ${IndexName} when BillingMode is PAY_PER_REQUEST`
        : `Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: ${IndexName} when BillingMode is PAY_PER_REQUEST`,
    )
  }
  if (billing.mode === 'PROVISIONED' && units === undefined) {
    return invalid(
      creates
        ? `ProvisionedThroughput is not specified for index: ${IndexName}`
        : `Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: ${IndexName}`,
    )
  }
  const throughput = units && { readUnits: units.ReadCapacityUnits, writeUnits: units.WriteCapacityUnits }
  const problem = throughput && unitsProblem(throughput, region, IndexName)
  if (problem !== undefined) return problem
  const { provisioned } = warmedIndex({ throughput }, billing)
  const warm = newWarm(WarmThroughput, { provisioned }, { index: IndexName, region }, nowMs)
  return isRefusal(warm) ? warm : { throughput, onDemandMaximum, warm }
}

function invalid(what: string): Refusal {
  return refuse('invalid', `One or more parameter values were invalid: ${what}`)
}
