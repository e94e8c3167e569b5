import type { RegionEngine } from '../engine/region-engine.ts'
import type { Statistics } from '../engine/versioning.ts'
import type { Table, TableSettings } from '../engine/table.ts'
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
}

export interface ReplicaView {
  readonly region: string
  readonly status: ReplicaStatus
  readonly readUnitsOverride: number | undefined
  readonly tableClassOverride: TableSettings['tableClass'] | undefined
}

export async function viewTable(registry: Registry, engine: RegionEngine, table: Table): Promise<TableView> {
  const global = registry.get(table.globalId)
  const others = global?.replicas.filter((replica) => replica.region !== engine.region) ?? []
  const busy = table.status === 'ACTIVE' && others.some((replica) => replica.status !== 'ACTIVE')
  return {
    table: busy ? { ...table, status: 'UPDATING' } : table,
    ...(await engine.statistics(table)),
    replicas: others.length === 0 ? undefined : others,
  }
}
