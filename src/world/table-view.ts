import type { Clock } from '../base/clock.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import type { Statistics } from '../engine/versioning.ts'
import type { Table, TableSettings } from '../engine/table.ts'
import type { Consistency, GlobalTable, ReplicaRecord, WitnessRecord } from './global-table.ts'
import { replicaIn } from './global-table.ts'
import { localSettings } from './local-settings.ts'
import type { Regions } from './regions.ts'
import type { Registry } from './registry.ts'
import type { ReplicaPace } from './replica-pace.ts'
import type { SeenStatus } from './replica-status.ts'
import { groupIsUpdating, isSeen, seenReplica, seenWitness } from './seen-replicas.ts'

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
  /** Undefined when it is regional. */
  readonly consistency?: Consistency | undefined
  readonly witness?: WitnessRecord | undefined
  /** Undefined when there is nothing that it could be disassociated from. */
  readonly disassociationProtection?: boolean | undefined
}

export interface ReplicaView {
  readonly region: string
  readonly status: SeenStatus
  readonly statusDescription?: string
  /** Since when it does not permit that it is replicated, ms. */
  readonly unauthorizedSinceMs?: number | undefined
  readonly readUnitsOverride: number | undefined
  readonly tableClassOverride: TableSettings['tableClass'] | undefined
  readonly onDemandReads?: number | null | undefined
  readonly indexReadUnits?: Readonly<Record<string, number>>
  readonly indexOnDemandReads?: Readonly<Record<string, number | null>>
  readonly keyArn?: string | undefined
  /** True when its Region does not answer, so that its settings are not known. */
  readonly isSilent?: boolean
}

export class TableViews {
  readonly #options: TableViewsOptions

  constructor(options: TableViewsOptions) {
    this.#options = options
  }

  async of(engine: RegionEngine, table: Table): Promise<TableView> {
    const { registry, clock, pace } = this.#options
    const statistics = await engine.statistics(table)
    const global = registry.get(table.globalId)
    const nowMs = clock.nowMs()
    const others = global?.replicas.filter((replica) => replica.region !== engine.region && isSeen(global, replica)) ?? []
    const isSevered = global !== undefined && replicaIn(global, engine.region)?.status === 'SEVERED'
    if (global === undefined || isSevered || others.length === 0) return { table, ...statistics, replicas: undefined }
    const updating = table.status === 'ACTIVE' && (table.suspended !== undefined || groupIsUpdating(global, engine.region, nowMs, pace))
    const witness = seenWitness(global, nowMs, pace)
    return {
      table: updating ? { ...table, status: 'UPDATING' } : table,
      ...statistics,
      replicas: others.flatMap((other) => {
        const status = seenReplica(global, other, nowMs, pace)
        const described = other.why === undefined ? {} : { statusDescription: `Not replicated: ${other.why}.` }
        const { unauthorizedSinceMs } = other
        return status === undefined ? [] : [{ ...this.#seenFrom(table, global, other), status, ...described, unauthorizedSinceMs }]
      }),
      consistency: global.consistency,
      ...(global.multiAccount === true && { multiAccount: true }),
      ...(witness === undefined ? {} : { witness }),
      ...(global.consistency === 'STRONG'
        ? {}
        : { disassociationProtection: replicaIn(global, engine.region)?.disassociationProtection ?? true }),
    }
  }

  /** Overrides are relative: what differs from this Region's own is the other's override (observed on AWS, 2026-10, of read capacity). */
  #seenFrom({ settings }: Table, global: GlobalTable, other: ReplicaRecord): Omit<ReplicaView, 'status'> {
    const { regions } = this.#options
    const node = regions.get(other.region)
    const known = { region: other.region }
    if (node !== undefined && (node.running === undefined || node.cutOff)) {
      return { ...known, readUnitsOverride: undefined, tableClassOverride: undefined, isSilent: true }
    }
    const own = node?.running?.engine.table(global.name)
    const there = localSettings(global, other.region, own?.globalId === global.globalId ? own.settings : undefined)
    const indexReadUnits = differing(there, settings, (index) => index?.throughput?.readUnits)
    const indexOnDemandReads = differing(there, settings, (index) => index?.onDemandMaximum?.readUnits ?? null)
    const reads = readUnitsOf(there)
    const maximum = there.onDemandMaximum?.readUnits ?? null
    return {
      ...known,
      readUnitsOverride: reads === readUnitsOf(settings) ? undefined : reads,
      tableClassOverride: there.tableClass === settings.tableClass ? undefined : there.tableClass,
      onDemandReads: maximum === (settings.onDemandMaximum?.readUnits ?? null) ? undefined : maximum,
      ...(Object.keys(indexReadUnits).length === 0 ? {} : { indexReadUnits }),
      ...(Object.keys(indexOnDemandReads).length === 0 ? {} : { indexOnDemandReads }),
      keyArn: there.encryption?.keyArn,
    }
  }
}

export interface TableViewsOptions {
  readonly registry: Registry
  readonly regions: Regions
  readonly clock: Clock
  readonly pace: ReplicaPace
}

type IndexSettings = TableSettings['indexes'][number]

function differing<T>(
  there: TableSettings,
  here: TableSettings,
  of: (index: IndexSettings | undefined) => T | undefined,
): Record<string, T> {
  const entries = there.indexes.flatMap((index): [string, T][] => {
    const value = of(index)
    return value === undefined || value === of(here.indexes.find(({ name }) => name === index.name)) ? [] : [[index.name, value]]
  })
  return Object.fromEntries(entries)
}

function readUnitsOf({ billing }: TableSettings): number | undefined {
  return billing.mode === 'PROVISIONED' ? billing.readUnits : undefined
}
