/** A workload as `schemas/workload.schema.json` describes it, with its defaults filled in. */
export interface Workload {
  readonly name: string
  readonly prices: string
  readonly hoursPerMonth: number
  readonly freeTier: boolean
  readonly replicationTransfer: 'none' | 'list'
  readonly transactionalReplicaFactor: 1 | 2
  readonly capacity: CapacityChoice
  readonly regions: readonly string[]
  readonly dailyCurve?: DailyCurve
  readonly dailyCurves?: Readonly<Record<string, DailyCurve>>
  readonly growth?: { readonly monthlyPercent: number; readonly months: number }
  readonly tables: readonly WorkloadTable[]
  readonly aurora?: AuroraSize
  readonly variants?: readonly { readonly name: string; readonly change: Readonly<Record<string, unknown>> }[]
}

export interface CapacityChoice {
  readonly mode?: 'on-demand' | 'provisioned'
  readonly targetUtilization?: number
  readonly scaling?: 'follows' | 'peak'
  readonly commitment?: 'none' | 'savings-plan' | 'reserved-1y' | 'reserved-3y'
}

export type DailyCurve = 'flat' | 'working-day' | 'evening' | readonly number[]

export interface WorkloadTable extends ItemSize {
  readonly name: string
  readonly replicas?: readonly string[]
  readonly consistency: 'eventual' | 'strong'
  readonly witness?: string
  readonly class: 'standard' | 'infrequent-access'
  readonly capacity?: CapacityChoice
  readonly items?: number
  readonly storedGb?: number
  readonly writes: readonly WorkloadWrite[]
  readonly reads: readonly WorkloadRead[]
  readonly indexes: readonly WorkloadIndex[]
  readonly timeToLive?: Rate & { readonly region: string }
  readonly pointInTimeRecovery: boolean
  readonly backupGb?: number
  readonly restores: readonly { readonly region: string; readonly gb: number; readonly from?: string }[]
  readonly streamReads?: Rate & { readonly region: string }
}

export interface ItemSize {
  readonly itemBytes?: number
  readonly itemSizes?: readonly { readonly bytes: number; readonly share: number }[]
}

/** One of the two. */
export interface Rate {
  readonly perSecond?: number
  readonly perMonth?: number
}

export interface WorkloadWrite extends Rate, ItemSize {
  /** A Region, or `every`. */
  readonly region: string
  readonly operation: 'put' | 'update' | 'delete'
  readonly transactional: boolean
  readonly failedConditions: number
}

export interface WorkloadRead extends Rate {
  readonly region: string
  readonly operation: 'get' | 'query' | 'scan'
  readonly bytes?: number
  readonly consistency: 'eventual' | 'strong' | 'transactional'
  readonly index?: string
}

export interface WorkloadIndex {
  readonly name: string
  readonly kind: 'global' | 'local'
  readonly entryBytes?: number
  readonly entriesPerWrite: number
  readonly coverage: number
}

export interface AuroraSize {
  readonly instanceClass: string
  readonly primary?: string
  readonly instances: Readonly<Record<string, number>>
  readonly storage: 'standard' | 'io-optimized'
  readonly writeIosPerWrite: number
  readonly readIosPerRead: number
}

export function replicasOf(workload: Pick<Workload, 'regions'>, table: WorkloadTable): readonly string[] {
  return table.replicas ?? workload.regions
}

/** `every` stands for all Regions of the table. */
export function placesOf(region: string, replicas: readonly string[]): readonly string[] {
  return region === 'every' ? replicas : [region]
}
