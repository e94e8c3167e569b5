/**
 * Which keys a WHERE clause confines a statement to. Only what follows from the clause for certain counts; the clause itself is still
 * evaluated on every item that is read, so an access that is too wide reads more and never answers wrongly.
 */
import { compareValues } from '../../item/attribute-compare.ts'
import { newMap, typeOf } from '../../item/attribute-value.ts'
import type { AttributeMap, AttributeValue } from '../../item/attribute-value.ts'
import { invalid, isInvalid } from '../../item/invalid.ts'
import type { Invalid } from '../../item/invalid.ts'
import type { IndexKeySchema, KeyAttribute, KeySchema } from '../../item/key-schema.ts'
import type { Comparator, ConditionOperand, ConditionPlan } from '../condition.ts'
import type { KeyRange, SortRange } from '../key-condition.ts'
import type { OrderKey } from './ast.ts'

/** The partitions that have to be read, and the part of each. */
export interface KeyAccess {
  /** The values of the partition attributes, each partition once, in the order in which they are read. */
  readonly partitions: readonly (readonly AttributeValue[])[]
  /** What the first sort attributes are equal to. */
  readonly equal: readonly AttributeValue[]
  /** Ranges of the sort attribute after those; all of them apply. */
  readonly ranges: readonly SortRange[]
}

/** What is to be read of one partition: what lies in all of these. */
export function keyRangesOf({ equal, ranges }: KeyAccess, partition: readonly AttributeValue[]): readonly KeyRange[] {
  return ranges.length === 0 ? [{ partition, equal, sort: undefined }] : ranges.map((sort) => ({ partition, equal, sort }))
}

/** "IN: at max 50 hash attribute values" (developer guide, PartiQL operators). */
const partitionsMax = 50

/** Undefined when everything has to be read. */
export function planAccess(condition: ConditionPlan | undefined, keys: IndexKeySchema): KeyAccess | Invalid | undefined {
  if (condition === undefined) return undefined
  const partitions = partitionsOf(condition, keys.partition)
  if (partitions === undefined || isInvalid(partitions)) return partitions
  const conditions = conjunctsOf(condition)
  const equal: AttributeValue[] = []
  let exact: AttributeValue | undefined
  for (const attribute of keys.sort) {
    const ranges = conditions.flatMap((each) => rangeOf(each, attribute.name) ?? [])
    const wrong = ranges.flatMap(operandsOf).find((value) => !usable(value, attribute))
    if (wrong !== undefined) return unusable(wrong, attribute)
    if (ranges.length === 0) break
    if (exact !== undefined) equal.push(exact)
    exact = exactValue(ranges)
    if (exact === undefined) return { partitions, equal, ranges }
  }
  return { partitions, equal, ranges: exact === undefined ? [] : [{ op: '=', value: exact }] }
}

/**
 * The key of the one item that a clause is about: all key attributes, each with `=`, joined by AND. Undefined when it is about
 * another number of items, or may be.
 */
export function wholeKey(condition: ConditionPlan | undefined, schema: KeySchema): AttributeMap | undefined {
  if (condition === undefined) return undefined
  const key = newMap()
  const conditions = conjunctsOf(condition)
  for (const { name } of schema.sort === undefined ? [schema.partition] : [schema.partition, schema.sort]) {
    const exact = exactValue(conditions.flatMap((each) => rangeOf(each, name) ?? []))
    if (exact === undefined) return undefined
    key[name] = exact
  }
  return key
}

/** Whether a clause that names one item by {@link wholeKey} asks anything else of it. */
export function asksMoreThanKey(condition: ConditionPlan, { partition, sort }: KeySchema): boolean {
  const names = sort === undefined ? [partition.name] : [partition.name, sort.name]
  return conjunctsOf(condition).some((each) => !names.some((name) => rangeOf(each, name)?.op === '='))
}

/** ORDER BY names keys, and orders within partitions that WHERE names. The texts are recalled, not seen. */
export function orderProblem(
  order: readonly OrderKey[],
  condition: ConditionPlan | undefined,
  keys: IndexKeySchema,
  access: KeyAccess | undefined,
): Invalid | undefined {
  if (order.length === 0) return undefined
  if (condition === undefined) return invalid('Must have WHERE clause in the statement when using ORDER BY clause.')
  if (access === undefined) {
    return invalid('Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.')
  }
  const names = [...keys.partition, ...keys.sort].map(({ name }) => name)
  const other = order.find(({ attribute }) => !names.includes(attribute))
  return other && invalid(`Variable reference ${other.attribute} in ORDER BY clause must be part of the primary key`)
}

function partitionsOf(condition: ConditionPlan, attributes: readonly KeyAttribute[]): AttributeValue[][] | Invalid | undefined {
  let partitions: AttributeValue[][] = [[]]
  for (const attribute of attributes) {
    const values = valuesOf(condition, attribute.name)
    if (values === undefined) return undefined
    const wrong = values.find((value) => !usable(value, attribute))
    if (wrong !== undefined) return unusable(wrong, attribute)
    partitions = partitions.flatMap((partition) => distinct(values).map((value) => [...partition, value]))
    // A guess.
    if (partitions.length > partitionsMax) {
      return invalid(`The IN operator is provided with too many hash key values; number of values: ${partitions.length}`)
    }
  }
  return partitions
}

/** The values that an attribute must be one of; undefined when the condition leaves it open. */
function valuesOf(condition: ConditionPlan, name: string): readonly AttributeValue[] | undefined {
  switch (condition.kind) {
    case 'compare': {
      const range = rangeOf(condition, name)
      return range?.op === '=' ? [range.value] : undefined
    }
    case 'in':
      return isAttribute(condition.operand, name) && condition.candidates.every((candidate) => candidate.kind === 'value')
        ? condition.candidates.map(({ value }) => value)
        : undefined
    case 'and':
      return shortest(condition.conditions.map((each) => valuesOf(each, name)).filter((values) => values !== undefined))
    case 'or': {
      const branches = condition.conditions.map((each) => valuesOf(each, name))
      return branches.every((branch) => branch !== undefined) ? branches.flat() : undefined
    }
    default:
      return undefined
  }
}

function shortest<T>(lists: readonly (readonly T[])[]): readonly T[] | undefined {
  return lists.reduce<readonly T[] | undefined>((best, list) => (best === undefined || list.length < best.length ? list : best), undefined)
}

function distinct(values: readonly AttributeValue[]): readonly AttributeValue[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
}

function exactValue(ranges: readonly SortRange[]): AttributeValue | undefined {
  for (const range of ranges) if (range.op === '=') return range.value
  return undefined
}

/** What must all hold. */
function conjunctsOf(condition: ConditionPlan): readonly ConditionPlan[] {
  return condition.kind === 'and' ? condition.conditions.flatMap(conjunctsOf) : [condition]
}

/** The range of one attribute that a test means, if it means one. */
function rangeOf(condition: ConditionPlan, name: string): SortRange | undefined {
  switch (condition.kind) {
    case 'compare': {
      const { comparator, left, right } = condition
      if (comparator === '<>') return undefined
      if (isAttribute(left, name) && right.kind === 'value') return { op: comparator, value: right.value }
      return isAttribute(right, name) && left.kind === 'value' ? { op: mirrored[comparator], value: left.value } : undefined
    }
    case 'between': {
      const { operand, low, high } = condition
      if (!isAttribute(operand, name) || low.kind !== 'value' || high.kind !== 'value') return undefined
      return { op: 'BETWEEN', low: low.value, high: high.value }
    }
    case 'begins-with': {
      const { operand, prefix } = condition
      return isAttribute(operand, name) && prefix.kind === 'value' ? { op: 'begins_with', prefix: prefix.value } : undefined
    }
    default:
      return undefined
  }
}

const mirrored = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const satisfies Record<Exclude<Comparator, '<>'>, Comparator>

function isAttribute(operand: ConditionOperand, name: string): boolean {
  return operand.kind === 'path' && operand.path.length === 1 && operand.path[0] === name
}

function operandsOf(range: SortRange): readonly AttributeValue[] {
  if (range.op === 'BETWEEN') return [range.low, range.high]
  return [range.op === 'begins_with' ? range.prefix : range.value]
}

function usable(value: AttributeValue, { type }: KeyAttribute): boolean {
  return typeOf(value) === type && !('S' in value && value.S === '') && !('B' in value && value.B === '')
}

/** As Query says it; that PartiQL says the same is a guess. */
function unusable(value: AttributeValue, { name, type }: KeyAttribute): Invalid {
  if (typeOf(value) !== type)
    return invalid('One or more parameter values were invalid: Condition parameter type does not match schema type')
  const kind = type === 'S' ? 'string' : 'binary'
  return invalid(
    `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${kind} value. Key: ${name}`,
  )
}

/** Partitions in the order of their first attribute, for ORDER BY on it. */
export function sortPartitions(access: KeyAccess, descending: boolean): KeyAccess {
  const sign = descending ? -1 : 1
  return { ...access, partitions: access.partitions.toSorted((a, b) => sign * comparePartitions(a, b)) }
}

function comparePartitions(a: readonly AttributeValue[], b: readonly AttributeValue[]): number {
  for (const [at, value] of a.entries()) {
    const other = b[at]
    const order = other === undefined ? 0 : (compareValues(value, other) ?? 0)
    if (order !== 0) return order
  }
  return 0
}
