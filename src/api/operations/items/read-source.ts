import { projectedNames } from '../../../engine/index-entry.ts'
import type { ItemReads } from '../../../engine/region-engine.ts'
import type { Index, Table } from '../../../engine/table.ts'
import type { ConditionPlan } from '../../../expression/condition.ts'
import { conditionAttributes } from '../../../expression/condition.ts'
import type { ProjectionPlan } from '../../../expression/projection.ts'
import { projectedAttributes } from '../../../expression/projection.ts'
import type { AttributeMap } from '../../../item/attribute-value.ts'
import { attributeOf, newMap } from '../../../item/attribute-value.ts'
import { encodeIndexKey } from '../../../item/index-key.ts'
import { isInvalid } from '../../../item/invalid.ts'
import { parseKey } from '../../../item/item-key.ts'
import type { IndexKeySchema, KeyAttribute } from '../../../item/key-schema.ts'
import { asIndexKeySchema } from '../../../item/key-schema.ts'
import type { WireError } from '../../wire-error.ts'
import { validationError } from '../../wire-error.ts'
import type { OpenTable } from '../table-lookup.ts'
import { readsOf } from '../table-lookup.ts'

/** What a Query or Scan reads: the table itself, or one of its indexes. */
export interface ReadSource extends OpenTable {
  /** Undefined: the table. */
  readonly index: Index | undefined
  /** What answers: all that is read of one source is read there. */
  readonly reads: ItemReads
}

export interface ReadInput {
  readonly IndexName?: string
  readonly Select?: 'ALL_ATTRIBUTES' | 'ALL_PROJECTED_ATTRIBUTES' | 'COUNT' | 'SPECIFIC_ATTRIBUTES'
  readonly ConsistentRead?: boolean
}

/** Finds what is to be read. The order of these checks is a guess. */
export function readSource(open: OpenTable, { IndexName, ConsistentRead }: ReadInput): ReadSource | WireError {
  if (IndexName === undefined) return { ...open, index: undefined, reads: readsOf(open, ConsistentRead) }
  const index = open.table.indexes.find(({ name, status }) => name === IndexName && status !== 'DELETING')
  if (index === undefined) return validationError(`The table does not have the specified index: ${IndexName}`)
  if (index.status === 'CREATING') return validationError(`Cannot read from backfilling global secondary index: ${IndexName}`)
  if (index.kind === 'global' && ConsistentRead === true) {
    return validationError('Consistent reads are not supported on global secondary indexes')
  }
  return { ...open, index, reads: readsOf(open, ConsistentRead, index) }
}

/** The keys by which the source is ordered. */
export function sourceSchema({ index, table }: ReadSource): IndexKeySchema {
  return index ?? asIndexKeySchema(table.schema)
}

/**
 * Whether items have to be fetched from the table, because the index does not have what is asked for. Global indexes are never helped out:
 * they are asked for what they project.
 */
export function fetchesItems(
  { index, table }: ReadSource,
  { Select }: ReadInput,
  plan: { readonly projection: ProjectionPlan | undefined; readonly filter: ConditionPlan | undefined },
): boolean | WireError {
  if (index === undefined) return false
  const has = projectedNames(table.schema, index)
  if (has === 'all') return false
  if (Select === 'ALL_ATTRIBUTES') {
    return (
      index.kind === 'local' ||
      validationError(
        'One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index ' +
          `${index.name} because its projection type is not ALL`,
      )
    )
  }
  const asked = plan.projection === undefined ? [] : projectedAttributes(plan.projection)
  const lacking = asked.filter((name) => !has.has(name))
  if (index.kind === 'local') {
    return lacking.length > 0 || (plan.filter !== undefined && [...conditionAttributes(plan.filter)].some((name) => !has.has(name)))
  }
  if (lacking.length === 0) return false
  return validationError(
    `One or more parameter values were invalid: Global secondary index ${index.name} does not project [${lacking.join(', ')}]`,
  )
}

/** Where an ExclusiveStartKey stands in the source; undefined when it is none of its keys. */
export function startKeyIn({ table, index }: ReadSource, start: AttributeMap): Uint8Array | undefined {
  if (index === undefined) {
    const key = parseKey(table.schema, start)
    return isInvalid(key) ? undefined : key.key
  }
  const names = keyNames(table, index)
  if (Object.keys(start).length !== names.size) return undefined
  const itemKey = parseKey(table.schema, pick(start, tableKeys(table)))
  if (isInvalid(itemKey)) return undefined
  const key = encodeIndexKey(index, start, itemKey.key)
  return key === undefined || isInvalid(key) ? undefined : key
}

/** The LastEvaluatedKey of a page of an index: the keys of the index and those of the table. */
export function lastKeyOf(table: Table, index: Index, item: AttributeMap): AttributeMap {
  return pick(item, [...keyNames(table, index)])
}

function keyNames(table: Table, index: Index): ReadonlySet<string> {
  return new Set([...tableKeys(table), ...[...index.partition, ...index.sort].map(nameOf)])
}

function tableKeys({ schema }: Table): readonly string[] {
  return schema.sort === undefined ? [schema.partition.name] : [schema.partition.name, schema.sort.name]
}

function nameOf({ name }: KeyAttribute): string {
  return name
}

function pick(from: AttributeMap, names: readonly string[]): AttributeMap {
  const picked = newMap()
  for (const name of names) {
    const value = attributeOf(from, name)
    if (value !== undefined) picked[name] = value
  }
  return picked
}
