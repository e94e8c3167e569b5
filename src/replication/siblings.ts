import type { Cursors } from './cursors.ts'
import { reaches } from './cursors.ts'
import { sameDot } from './dot.ts'
import type { Membership } from './membership.ts'
import { hasSeen, isDropped } from './membership.ts'
import type { Version } from './version.ts'
import { compareVersions } from './version.ts'

/**
 * The state of an item: its versions that no other held version has seen, in version order. Almost always one; at most one per
 * incarnation. All are kept, whatever the policy, until a write that saw them [REP-8].
 */
export type Siblings = readonly Version[]

/**
 * Takes in a version that arrived [REP-9]: if it is held, or one of the siblings saw it, the set stays as it is (the same
 * array); otherwise it is added, and those that it saw go. Any order and any repetition give the same set.
 */
export function receive(siblings: Siblings, arrived: Version, membership: Membership): Siblings {
  for (const held of siblings) {
    if (sameDot(held.dot, arrived.dot) || hasSeen(held, arrived.dot, membership)) return siblings
  }
  return [...siblings.filter((held) => !hasSeen(arrived, held.dot, membership)), arrived].sort(compareVersions)
}

/** A replica's state of one item with the cursors that say what it has seen of everything. */
export interface ReplicaState {
  readonly siblings: Siblings
  readonly cursors: Cursors
  /** The epoch whose dropped incarnations the cursors leave out and mean to include; 0 for a replica that has seen nothing. */
  readonly epoch: number
}

/**
 * Joins two replicas' states of one item [REP-34]. A version held by both stays; one held by a single side stays only if the other
 * has not come to it yet, for if it has, it was replaced or collected there. Backfill and repair are this and nothing else.
 */
export function joinStates(mine: ReplicaState, theirs: ReplicaState, membership: Membership): Siblings {
  const stays = (version: Version, other: ReplicaState): boolean =>
    other.siblings.some((held) => sameDot(held.dot, version.dot)) ||
    !(reaches(other.cursors, version.dot) || isDropped(membership, version.dot.incarnation, other.epoch))
  const joined = mine.siblings.filter((version) => stays(version, theirs))
  for (const version of theirs.siblings) {
    if (!joined.some((held) => sameDot(held.dot, version.dot)) && stays(version, mine)) joined.push(version)
  }
  return joined
    .filter((version) => !joined.some((other) => other !== version && hasSeen(other, version.dot, membership)))
    .sort(compareVersions)
}
