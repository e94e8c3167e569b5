import type { LedgerEntry } from '../replication/ledger.ts'

/** A lost write as the whole world knows it: the union of what its Regions found [REP-20]. */
export interface Conflict extends LedgerEntry {
  readonly table: string
  readonly globalId: string
  /** The Regions that found it. */
  readonly foundInRegions: readonly string[]
  /** A later write turned out to have built on it: it did not lose after all [REP-19]. */
  readonly withdrawn: boolean
  /** Somebody looked at it and settled it [REP-21]. */
  readonly resolved: boolean
  /** It was found under `version-check`, and is neither withdrawn nor resolved nor harmless. */
  readonly open: boolean
  /** Every member has it and all that was written before it: the verdict will not change. */
  readonly settled: boolean
}

/** Joins what another Region found of the same loss. */
export function joinConflict(a: Conflict, b: Conflict): Conflict {
  const earlier = a.foundAtMs <= b.foundAtMs ? a : b
  const [withdrawn, resolved, harmless] = [a.withdrawn || b.withdrawn, a.resolved || b.resolved, a.harmless && b.harmless]
  const isChecked = a.rule === 'version-check' || b.rule === 'version-check'
  const lost = a.lost === undefined || b.lost === undefined ? undefined : [...new Set([...a.lost, ...b.lost])].sort()
  const { lost: _lost, ...found } = earlier
  return {
    ...found,
    ...(lost && { lost }),
    harmless,
    resolved,
    open: isChecked && !withdrawn && !resolved && !harmless,
    read: a.read || b.read,
    foundInRegions: [...new Set([...a.foundInRegions, ...b.foundInRegions])].sort(),
    withdrawn,
    settled: a.settled || b.settled,
  }
}
