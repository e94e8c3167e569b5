/** ConsumedCapacity as the API reference shapes it. */
import type { Capacity, TableSpec } from './steps.ts'
import { sum } from './values.ts'

export interface Units {
  readonly table: number
  readonly byIndex: ReadonlyMap<string, number>
}

export function tableUnits(table: number): Units {
  return { table, byIndex: new Map() }
}

export function added(all: readonly Units[]): Units {
  const byIndex = new Map<string, number>()
  for (const units of all) for (const [name, each] of units.byIndex) byIndex.set(name, (byIndex.get(name) ?? 0) + each)
  return { table: sum(all.map(({ table }) => table)), byIndex }
}

const readFactor = { eventual: 0.5, strong: 1, transactional: 2 } as const

export function readUnits(bytes: number, consistency: keyof typeof readFactor): number {
  return Math.max(1, Math.ceil(bytes / 4096)) * readFactor[consistency]
}

/** @param transactional of which kind the units of a transaction are; undefined outside of one */
export function report(
  wanted: Capacity,
  spec: TableSpec,
  name: string,
  units: Units,
  transactional?: 'ReadCapacityUnits' | 'WriteCapacityUnits',
): object | undefined {
  if (wanted === undefined || wanted === 'NONE') return undefined
  const counted = (each: number): object =>
    transactional === undefined ? { CapacityUnits: each } : { CapacityUnits: each, [transactional]: each }
  const total = counted(units.table + sum([...units.byIndex.values()]))
  if (wanted === 'TOTAL') return { TableName: name, ...total }
  return { TableName: name, ...total, Table: counted(units.table), ...indexes('local'), ...indexes('global') }

  function indexes(kind: 'local' | 'global'): object {
    const member = kind === 'local' ? 'LocalSecondaryIndexes' : 'GlobalSecondaryIndexes'
    const entries = [...units.byIndex].filter(([index]) => spec.indexes.find((each) => each.name === index)?.kind === kind)
    return entries.length === 0 ? {} : { [member]: Object.fromEntries(entries.map(([index, each]) => [index, counted(each)])) }
  }
}
