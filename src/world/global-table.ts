import type { ReplicaStatus } from './replica-status.ts'
import type { AttributeDefinition, OwnSettings, TableSettings } from '../engine/table.ts'
import { completeSettings } from '../engine/table.ts'
import type { KeySchema } from '../item/key-schema.ts'
import type { Incarnation } from '../replication/dot.ts'
import type { Membership } from '../replication/membership.ts'

/** A table that has, or had, replicas in several Regions, as the world records it: one totally ordered history of epochs [REP-31]. */
export interface GlobalTable {
  readonly globalId: string
  readonly name: string
  readonly schema: KeySchema
  readonly attributeDefinitions: readonly AttributeDefinition[]
  /** The settings that all replicas share. */
  readonly settings: TableSettings
  readonly membership: Membership
  /** Chosen with the first replicas, for life. `EVENTUAL` is MREC, `STRONG` is MRSC. */
  readonly consistency: Consistency
  /** Of a strong table with two replicas: the Region that only takes part in its quorum. */
  readonly witness: WitnessRecord | undefined
  /** Until when its tables are seen to be UPDATING, where life cycles are given a pace. */
  readonly updatingUntilMs?: number
  /** Of a strong table: names its journal, from before its replicas serve anybody. */
  readonly journal?: string
  /** In order of creation. */
  readonly replicas: readonly ReplicaRecord[]
  /** Each replica is another account's: they share all settings but those that no replicas share, and the class and the key of the table. */
  readonly multiAccount?: boolean
  /** Regions that were lost with their replica, the latest last [REP-37]. */
  readonly losses?: readonly RegionLoss[]
}

export interface RegionLoss {
  readonly region: string
  readonly atMs: number
  readonly logs: readonly LogLoss[]
}

/** A log of a lost Region: the survivors have all to `final`, and were told of writes to `known`. What lies between is lost. */
export interface LogLoss {
  readonly incarnation: Incarnation
  readonly final: number
  readonly known: number
}

export type Consistency = 'EVENTUAL' | 'STRONG'

export interface WitnessRecord {
  readonly region: string
  readonly status: 'CREATING' | 'ACTIVE' | 'DELETING'
}

export interface ReplicaRecord {
  readonly region: string
  readonly status: ReplicaStatus
  readonly createdAtMs: number
  /** Why it was expelled. */
  readonly why?: string | undefined
  /** It is `DELETING`, and nothing that it has is waited for: its Region is lost, or nothing may be replicated from it. */
  readonly lost?: boolean
  /** The Region that it was, or is being, filled from; undefined for the first. */
  readonly source: string | undefined
  readonly readUnitsOverride: number | undefined
  readonly tableClassOverride: TableSettings['tableClass'] | undefined
  /** Read units of global indexes, by name. */
  readonly indexReadUnits?: Readonly<Record<string, number>>
  /** Maximum read request units per second, when they are not those of the table; `null`: there is no maximum here. */
  readonly onDemandReads?: number | null | undefined
  /** The same of global indexes, by name. */
  readonly indexOnDemandReads?: Readonly<Record<string, number | null>>
  /** The key that it is described as encrypted with; undefined: the one of its Region that corresponds to the table's. */
  readonly keyArn?: string | undefined
  /** When its class was changed by an override, as far as that still counts; oldest first. */
  readonly classChangedAtMs?: readonly number[]
  /** From when on it is seen to go, when it is `DELETING`. */
  readonly goesAtMs?: number
  /** False when it may be disassociated. */
  readonly disassociationProtection?: boolean
  /** Since when it does not permit that it is replicated, ms; undefined while it does. Only replicas of several accounts can. */
  readonly unauthorizedSinceMs?: number | undefined
  /** What a replica in another account begins with; undefined for others. */
  readonly ownStart?: OwnStart
}

/** What who joins with a replica of its own account says of it: everything else is as it is in the group. */
export interface OwnStart {
  readonly own: OwnSettings
  readonly tags: Readonly<Record<string, string>>
  readonly tableClass: TableSettings['tableClass']
  readonly deletionProtection: boolean
  readonly encryption: TableSettings['encryption']
}

/** A record as it was stored, by this release or by one that knew fewer members. */
export function completeGlobalTable(stored: GlobalTable): GlobalTable {
  const { consistency = 'EVENTUAL', witness } = stored as Partial<GlobalTable>
  return { ...stored, consistency, witness, settings: completeSettings(stored.settings) }
}

export function replicaIn(table: GlobalTable, region: string): ReplicaRecord | undefined {
  return table.replicas.find((replica) => replica.region === region)
}

/** One replica at a time is made, removed or mended, and with a strong table's its witness. Those that are no members hold nobody up. */
export function isBusy({ replicas, membership, witness }: GlobalTable): boolean {
  if ((membership.closing ?? []).length > 0 || (witness !== undefined && witness.status !== 'ACTIVE')) return true
  return replicas.some(({ status }) => status !== 'ACTIVE' && status !== 'EXPELLED' && status !== 'SEVERED')
}

/** The same, and also while a change of its own is seen to be under way. */
export function isChanging(table: GlobalTable, nowMs: number): boolean {
  return isBusy(table) || nowMs < (table.updatingUntilMs ?? 0)
}

/** The replicas that must have every change before its record may go. */
export function membersOf({ replicas, membership }: GlobalTable): readonly ReplicaRecord[] {
  return replicas.filter(({ region }) => membership.members.includes(region))
}

/** Those that are replicated: the others are sent nothing, and nothing that they have arrives. */
export function isPermitted({ unauthorizedSinceMs }: Pick<ReplicaRecord, 'unauthorizedSinceMs'>): boolean {
  return unauthorizedSinceMs === undefined
}

/** False when nothing may be replicated between it and any other. */
export function mayDrain(table: GlobalTable, record: ReplicaRecord): boolean {
  const others = membersOf(table).filter(({ region }) => region !== record.region)
  return others.length === 0 || (isPermitted(record) && others.some(isPermitted))
}

export function withReplica(table: GlobalTable, region: string, change: Partial<ReplicaRecord>): GlobalTable {
  return { ...table, replicas: table.replicas.map((replica) => (replica.region === region ? { ...replica, ...change } : replica)) }
}
