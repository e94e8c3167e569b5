import type { RegionEngine } from '../engine/region-engine.ts'
import type { Statistics } from '../engine/versioning.ts'
import type { Table, TableSettings } from '../engine/table.ts'
import type { GlobalTable, ReplicaRecord } from './global-table.ts'
import { localSettings } from './local-settings.ts'
import type { Registry } from './registry.ts'
import type { ReplicaStatus } from './replica-status.ts'

/** A table as one Region describes it, with the other Regions' replicas. */
export interface TableView {
  readonly table: Table
  readonly itemCount: number
  readonly sizeBytes: number
  /** Of its indexes, by name. */
  readonly indexes: Readonly<Record<string, Statistics>>
  /** The other Regions' replicas; undefined when the table is regional. */
  readonly replicas: readonly ReplicaView[] | undefined
  /** Each replica is another account's. */
  readonly multiAccount?: boolean
}

export interface ReplicaView {
  readonly region: string
  readonly status: ReplicaStatus
  readonly readUnitsOverride: number | undefined
  readonly tableClassOverride: TableSettings['tableClass'] | undefined
  readonly indexReadUnits?: Readonly<Record<string, number>>
}

export async function viewTable(registry: Registry, engine: RegionEngine, table: Table): Promise<TableView> {
  const global = registry.get(table.globalId)
  const others = global?.replicas.filter((replica) => replica.region !== engine.region) ?? []
  const busy = table.status === 'ACTIVE' && others.some((replica) => replica.status !== 'ACTIVE')
  return {
    table: busy ? { ...table, status: 'UPDATING' } : table,
    ...(await engine.statistics(table)),
    replicas: global === undefined || others.length === 0 ? undefined : others.map((other) => seenFrom(table, global, other)),
    ...(global?.multiAccount === true && others.length > 0 && { multiAccount: true }),
  }
}

/** Overrides are relative: what differs from this Region's own read capacity is the other's override (observed on AWS, 2026-10). */
function seenFrom({ settings }: Table, global: GlobalTable, other: ReplicaRecord): ReplicaView {
  const there = localSettings(global, other.region, undefined)
  const reads = readUnitsOf(there)
  const indexReadUnits = there.indexes.flatMap(({ name, throughput }) => {
    const here = settings.indexes.find((index) => index.name === name)?.throughput?.readUnits
    return throughput === undefined || throughput.readUnits === here ? [] : [[name, throughput.readUnits] as const]
  })
  return {
    region: other.region,
    status: other.status,
    readUnitsOverride: reads === readUnitsOf(settings) ? undefined : reads,
    tableClassOverride: other.tableClassOverride,
    ...(indexReadUnits.length === 0 ? {} : { indexReadUnits: Object.fromEntries(indexReadUnits) }),
  }
}

function readUnitsOf({ billing }: TableSettings): number | undefined {
  return billing.mode === 'PROVISIONED' ? billing.readUnits : undefined
}
