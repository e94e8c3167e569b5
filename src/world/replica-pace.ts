/**
 * How long it takes at least until clients see a replica come or go, ms. Here that is a matter of messages, in DynamoDB of seconds and minutes, with
 * states in between that clients must know how to wait for.
 */
export interface ReplicaPace {
  /** From the request for a replica: until the others list it, */
  readonly listedMs: number
  /** until its Region describes it as CREATING, */
  readonly madeMs: number
  /** and until it is ACTIVE: empty, */
  readonly activeMs: number
  /** or with items. */
  readonly filledMs: number
  /** From the request to remove one: until it is DELETING. Before, the table is UPDATING and the replica ACTIVE. */
  readonly deletingMs: number
  /** From then on: until nobody lists it, */
  readonly unlistedMs: number
  /** and until its Region has no such table any more. */
  readonly goneMs: number
  /** True when the other Regions' tables are ACTIVE while it is DELETING. */
  readonly othersRest: boolean
  /** Until strongly consistent replicas are listed and ACTIVE, without and with a witness; and how long they are DELETING. */
  readonly strong: { readonly listedMs: number; readonly activeMs: number; readonly witnessedMs: number; readonly goneMs: number }
  /** How long a group is UPDATING after deletion protection of a member was changed. */
  readonly protectedMs: number
}

export const replicaPaces: Readonly<Record<'fast' | 'aws', ReplicaPace>> = {
  /** As long as it takes. */
  fast: {
    listedMs: 0,
    madeMs: 0,
    activeMs: 0,
    filledMs: 0,
    deletingMs: 0,
    unlistedMs: 0,
    goneMs: 0,
    othersRest: false,
    strong: { listedMs: 0, activeMs: 0, witnessedMs: 0, goneMs: 0 },
    protectedMs: 0,
  },
  /** About the middle of what was observed on AWS, 2026-10. */
  aws: {
    listedMs: 6_500,
    madeMs: 10_000,
    activeMs: 25_000,
    filledMs: 600_000,
    deletingMs: 38_000,
    unlistedMs: 88_000,
    goneMs: 110_000,
    othersRest: true,
    strong: { listedMs: 5_000, activeMs: 16_000, witnessedMs: 70_000, goneMs: 10_000 },
    protectedMs: 38_000,
  },
}
