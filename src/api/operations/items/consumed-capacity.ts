import { writeUnits } from '../../../cost/capacity.ts'
import type { IndexWrite } from '../../../engine/derivation.ts'
import type { Index, Table } from '../../../engine/table.ts'

/** How operations report the capacity that they consumed (shapes as measured on AWS). */
export type ReturnConsumedCapacity = 'NONE' | 'TOTAL' | 'INDEXES' | undefined

export interface ConsumedCapacity {
  readonly TableName: string
  readonly CapacityUnits: number
  readonly ReadCapacityUnits?: number
  readonly WriteCapacityUnits?: number
  readonly Table?: Capacity
  readonly LocalSecondaryIndexes?: Readonly<Record<string, Capacity>>
  readonly GlobalSecondaryIndexes?: Readonly<Record<string, Capacity>>
}

interface Capacity {
  readonly CapacityUnits: number
  readonly ReadCapacityUnits?: number
  readonly WriteCapacityUnits?: number
}

/** Units by table and index. */
export interface Consumption {
  readonly table: number
  readonly indexes: ReadonlyMap<Index, number>
}

export function totalUnits({ table, indexes }: Consumption): number {
  let sum = table
  for (const units of indexes.values()) sum += units
  return sum
}

/** One item's part in what a request wrote. */
export interface WriteWork {
  /** The larger of the item before and after. */
  readonly sizeBytes: number
  readonly indexWrites: readonly IndexWrite[]
}

/** @param given the table as the client named it: a name, or an ARN, which is then reported back */
export function consumedCapacity(wanted: ReturnConsumedCapacity, given: string, units: number | Consumption): ConsumedCapacity | undefined {
  if (wanted === undefined || wanted === 'NONE') return undefined
  return reported(wanted, given, typeof units === 'number' ? { table: units, indexes: new Map() } : units, (each) => ({
    CapacityUnits: each,
  }))
}

/** The same of a transaction, which also says of which kind the units are. */
export function consumedByTransaction(
  wanted: ReturnConsumedCapacity,
  given: string,
  consumption: Consumption,
  kind: 'ReadCapacityUnits' | 'WriteCapacityUnits',
): ConsumedCapacity | undefined {
  if (wanted === undefined || wanted === 'NONE') return undefined
  return reported(wanted, given, consumption, (each) => ({ CapacityUnits: each, [kind]: each }))
}

/** What writes consume: each item, and each entry that was put into or taken from an index, by its own size. */
export function consumedByWrites(
  wanted: ReturnConsumedCapacity,
  given: string,
  table: Table,
  works: readonly WriteWork[],
): ConsumedCapacity | undefined {
  if (wanted === undefined || wanted === 'NONE') return undefined
  return consumedCapacity(wanted, given, consumptionOf(table, works, 1))
}

/** @param factor 2 in a transaction, where the items cost twice as much; what follows in indexes does not (measured on AWS) */
export function consumptionOf(table: Table, works: readonly WriteWork[], factor: number): Consumption {
  const indexes = new Map<Index, number>()
  let units = 0
  for (const { sizeBytes, indexWrites } of works) {
    units += factor * writeUnits(sizeBytes)
    for (const write of indexWrites) {
      const index = table.indexes.find(({ name }) => name === write.index)
      if (index !== undefined) indexes.set(index, (indexes.get(index) ?? 0) + writeUnits(write.sizeBytes))
    }
  }
  return { table: units, indexes }
}

function reported<C extends Capacity>(
  wanted: 'TOTAL' | 'INDEXES',
  given: string,
  { table, indexes }: Consumption,
  capacity: (units: number) => C,
): ConsumedCapacity {
  const total = totalUnits({ table, indexes })
  if (wanted === 'TOTAL') return { TableName: given, ...capacity(total) }
  const local = unitsByName(indexes, 'local', capacity)
  const global = unitsByName(indexes, 'global', capacity)
  return {
    TableName: given,
    ...capacity(total),
    Table: capacity(table),
    ...(local === undefined ? {} : { LocalSecondaryIndexes: local }),
    ...(global === undefined ? {} : { GlobalSecondaryIndexes: global }),
  }
}

function unitsByName<C>(
  indexes: Consumption['indexes'],
  kind: Index['kind'],
  capacity: (units: number) => C,
): Record<string, C> | undefined {
  const entries = [...indexes].filter(([index]) => index.kind === kind).map(([{ name }, units]) => [name, capacity(units)] as const)
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}
