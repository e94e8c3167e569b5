import type { Write } from '../storage/store.ts'
import type { Cell } from './cell.ts'
import { cellOf } from './cell.ts'
import type { ContestContext } from './contest.ts'
import { lossOf } from './contest.ts'
import { hasSeen } from './membership.ts'
import type { TakenIn } from './taken-in.ts'
import { contestedKey } from './rows.ts'
import { compareVersions } from './version.ts'
import type { Version } from './version.ts'
import type { Versions } from './versions.ts'

/**
 * What becomes of a write that its Region accepted and that no other member had when its log was closed [REP-38]. It cannot be sent as it was: what
 * it had not seen may have been collected since, so it could meet members that still know of a deletion and others that do not.
 *
 *   It had seen all that the others hold of the item   -> it is made again, as a write of this Region's that follows on theirs.
 *   It had not: they are in conflict                    -> the policy decides here, once. If it wins, it is made again as a write that has seen the
 *                                                          others, and these are entered in the ledger; if not, it is entered itself.
 */
export function salvage(options: Salvage): TakenIn {
  const { itemKey, mine, unsent, kept, replicaRow, context } = options
  const { policy, membership } = context
  const { siblings: theirs, shown } = kept.cell
  const unseen = theirs.filter(({ dot }) => !hasSeen(unsent, dot, membership))
  const all = [...theirs, unsent].sort(compareVersions)
  const decided = unseen.length === 0 ? undefined : policy.show(all, membership)
  if (decided !== undefined && policy.joins !== true && decided.version !== unsent) {
    const winner = shown?.version
    if (winner === undefined) return kept
    return { ...kept, writes: [...kept.writes, lossOf(unsent, winner, undefined, context)], losses: kept.losses + 1 }
  }
  // A policy that joins makes one of all of them.
  const made = decided !== undefined && policy.joins === true ? decided.stored : unsent.stored
  // There is nothing to delete, unless deleting it settled a conflict: the others are still to hear of that [REP-21].
  if (made === undefined && shown?.stored === undefined && unsent.notes.resolves === undefined) return kept

  const onTheirs = shown && { dot: shown.version.dot, timestamp: shown.version.timestamp }
  const {
    version,
    replicaRow: after,
    writes,
  } = options.versions.issue({
    tableNumber: context.table.number,
    itemKey,
    cellKey: options.cellKey,
    replicaRow,
    siblings: theirs,
    base: unseen.length === 0 ? onTheirs : unsent.base,
    arrival: { timestamp: unsent.timestamp, committedAtMs: unsent.committedAtMs },
    before: mine.shown?.stored,
    after: made,
    merge: () => undefined,
    relative: unsent.relative,
    notes: unsent.notes,
  })
  const [, ...logged] = writes
  const losers = policy.joins === true ? all.filter((each) => decided?.losses?.has(each) === true) : unseen
  const ledger: Write[] = losers
    .filter((loser) => !mine.recorded.has(loser))
    .map((loser) => lossOf(loser, version, decided?.losses?.get(loser), context))
  const contested = mine.siblings.length > 1 ? [{ key: contestedKey(context.table.number, itemKey), value: undefined }] : []
  return { cell: cellOf(version), writes: [...logged, ...ledger, ...contested], replicaRow: after, losses: ledger.length }
}

export interface Salvage {
  readonly itemKey: Uint8Array
  readonly cellKey: Uint8Array
  /** The item as it was held here. */
  readonly mine: Cell
  readonly unsent: Version
  /** The item as the others hold it. */
  readonly kept: TakenIn
  readonly replicaRow: Uint8Array
  readonly context: ContestContext
  readonly versions: Versions
}
