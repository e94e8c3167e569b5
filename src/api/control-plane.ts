import type { Refusal } from '../engine/refusal.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import type { Statistics } from '../engine/versioning.ts'
import type { Filling, OwnSettings, Table, TableBlueprint, TableSettings } from '../engine/table.ts'
import type { Exports } from '../transfer/exports.ts'

/**
 * What the wire needs from the world of Regions. Items are read and written through a Region's engine; whatever may
 * concern a table's other Regions goes through here. The world implements it, and the server joins the two.
 */
export interface ControlPlane {
  /** How long tables, indexes and some settings take to become what they were told to be, ms. */
  readonly lifecycleDelayMs: number
  /** The engine of a Region, which comes alive on first use. Refused: no such Region (`not-found`), or it does not answer (`unavailable`). */
  engine(region: string): Promise<RegionEngine | Refusal>
  /** The engine of a Region that runs. Undefined: it was not used yet, or does not answer. */
  awake(region: string): RegionEngine | undefined
  /** @param filling the job that fills the table before it becomes `ACTIVE`; left out: it is empty */
  createTable(region: string, blueprint: TableBlueprint, filling?: Filling): Promise<TableView | Refusal>
  /** The table as that Region sees it, also while it is being made or removed. */
  describeTable(region: string, tableName: string): Promise<TableView | Refusal>
  /** Names in order, after `after` (exclusive). */
  listTables(
    region: string,
    after: string | undefined,
    limit: number,
  ): Promise<{ readonly names: readonly string[]; readonly more: boolean } | Refusal>
  deleteTable(region: string, tableName: string): Promise<TableView | Refusal>
  /**
   * Settings that global tables share are changed in every Region. `change` may refuse, judging by the table as it is.
   * @param pace whether the table is UPDATING for it; what is done at once, as it is by default, is done also while it is
   */
  changeSettings(
    region: string,
    tableName: string,
    change: (table: Table) => TableSettings | Refusal,
    pace?: SettingsPace,
  ): Promise<TableView | Refusal>
  /** Whether this replica is kept from being disassociated. */
  protectFromDisassociation(region: string, tableName: string, isProtected: boolean): Promise<TableView | Refusal>
  /** Changes how throughput is scaled; where it is out of the new bounds, it follows at once. */
  changeScaling(region: string, tableName: string, change: (table: Table) => TableSettings | Refusal): Promise<TableView | Refusal>
  /** Adds, changes or removes one replica; returns as soon as it is under way. */
  changeReplica(region: string, tableName: string, action: ReplicaAction): Promise<TableView | Refusal>
  /** The exports of a Region. Refused also where nothing stands in S3's place (`invalid`). */
  exports(region: string): Promise<Exports | Refusal>
  /** Tags belong to one Region's table and are not synchronised, but for `everywrite:conflict-policy`, which may be refused. */
  changeTags(
    region: string,
    tableName: string,
    change: (tags: Readonly<Record<string, string>>) => Record<string, string> | Refusal,
  ): Promise<TableView | Refusal>
}

/** `'always'`: also while replicas come and go. */
export type SettingsPace = 'always' | 'at-once' | 'active' | 'updating'

export interface TableView {
  readonly table: Table
  readonly itemCount: number
  readonly sizeBytes: number
  /** Of its indexes, by name. */
  readonly indexes: Readonly<Record<string, Statistics>>
  /** The other Regions' replicas, in order of creation; undefined when the table is regional. */
  readonly replicas: readonly ReplicaView[] | undefined
  /** Each replica is another account's. */
  readonly multiAccount?: boolean
  /** How consistent its replicas are; undefined when it is regional. */
  readonly consistency?: 'EVENTUAL' | 'STRONG' | undefined
  /** The Region that only takes part in the quorum of a strongly consistent table, once it is listed. */
  readonly witness?: { readonly region: string; readonly status: 'CREATING' | 'ACTIVE' | 'DELETING' } | undefined
  /** Whether this replica is kept from being disassociated; undefined when there is nothing that it could be disassociated from. */
  readonly disassociationProtection?: boolean | undefined
}

export interface ReplicaView {
  readonly region: string
  readonly status: 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING' | 'REGION_DISABLED'
  /** More about it, in words. */
  readonly statusDescription?: string
  /** Since when it does not permit that it is replicated, ms. */
  readonly unauthorizedSinceMs?: number | undefined
  /** What differs from the table as the Region that was asked has it. */
  readonly readUnitsOverride: number | undefined
  readonly tableClassOverride: TableSettings['tableClass'] | undefined
  /** Maximum read request units per second; `null`: it has none. */
  readonly onDemandReads?: number | null | undefined
  /** The same of global indexes, by name. */
  readonly indexReadUnits?: Readonly<Record<string, number>>
  readonly indexOnDemandReads?: Readonly<Record<string, number | null>>
  /** Undefined: with a key that DynamoDB owns. */
  readonly keyArn?: string | undefined
  /** True when its Region does not answer, so that its settings are not known. */
  readonly isSilent?: boolean
}

/** What is asked of the replicas of a table. Several at one time are made, and removed, when they are strongly consistent. */
export type ReplicaAction =
  | ({ readonly kind: 'create' | 'update' } & ReplicaWish)
  | { readonly kind: 'delete'; readonly region: string }
  | { readonly kind: 'disassociate'; readonly region: string }
  | { readonly kind: 'create-strong'; readonly replicas: readonly ReplicaWish[]; readonly witness: string | undefined }
  | { readonly kind: 'delete-several'; readonly regions: readonly string[]; readonly witness: string | undefined }

/** A replica as it is asked for; what is left out is as the table has it. */
export interface ReplicaWish {
  readonly region: string
  readonly readUnitsOverride: number | undefined
  readonly tableClassOverride: TableSettings['tableClass'] | undefined
  readonly indexReadUnits?: Readonly<Record<string, number>>
  /** `null`: no maximum. */
  readonly onDemandReads?: number | null | undefined
  readonly indexOnDemandReads?: Readonly<Record<string, number | null>>
  readonly keyArn?: string | undefined
  /** Of a replica that another account joins with: `region` is of that account, and the table is there when this returns. */
  readonly ownStart?: OwnStart
  /** What the request says of how consistent the replicas are to be, where it says anything. */
  readonly consistency?: 'EVENTUAL' | undefined
}

/** What who joins with a replica of its own account says of it: everything else is as it is in the group. */
export interface OwnStart {
  readonly own: OwnSettings
  readonly tags: Readonly<Record<string, string>>
  readonly tableClass: TableSettings['tableClass']
  readonly deletionProtection: boolean
  readonly encryption: TableSettings['encryption']
}
