import type { ReplicaRecord } from './global-table.ts'

/** What is asked of the replicas of a table. Several at one time are made, and removed, when they are strongly consistent. */
export type ReplicaAction =
  | ({ readonly kind: 'create' | 'update' } & ReplicaWish)
  | { readonly kind: 'delete'; readonly region: string }
  | { readonly kind: 'disassociate'; readonly region: string }
  | ({ readonly kind: 'create-strong' } & StrongWish)
  | ({ readonly kind: 'delete-several' } & StrongRemoval)

/** A replica as it is asked for; what is left out is as the table has it. */
export interface ReplicaWish extends Pick<
  ReplicaRecord,
  | 'region'
  | 'readUnitsOverride'
  | 'tableClassOverride'
  // Of indexes that the table does not have nothing is heeded (observed on AWS, 2026-10).
  | 'indexReadUnits'
  | 'onDemandReads'
  | 'indexOnDemandReads'
  | 'keyArn'
  | 'ownStart'
> {
  /** What the request says of how consistent the replicas are to be, where it says anything. */
  readonly consistency?: 'EVENTUAL' | undefined
}

export interface StrongWish {
  readonly replicas: readonly ReplicaWish[]
  readonly witness: string | undefined
}

export interface StrongRemoval {
  readonly regions: readonly string[]
  readonly witness: string | undefined
}

/** A replica that is to be made as it was asked for. */
export function recordOf(wish: ReplicaWish, source: string, nowMs: number): ReplicaRecord {
  const { consistency: _said, ...settings } = wish
  return { ...settings, status: 'CREATING', createdAtMs: nowMs, source }
}
