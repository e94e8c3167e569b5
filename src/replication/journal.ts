import type { StoredItem } from '../engine/stored-item.ts'

/**
 * The journal of a strong table, as one Region sees it [STR-1]: writes of all Regions in one order, each on a majority of the members before anybody
 * hears of it. What an entry means is not the journal's business: it checks nothing.
 *
 * What an implementation must hold to is the suite in `journal.contract.ts`. One is embedded in this process (`journal-member.ts`); the port is meant
 * to fit a replicated log that is somebody else's as well, so an entry may come twice, under one id.
 */
export interface Journal {
  /**
   * Puts an entry behind everything that is committed. `no-quorum`: certainly not; `unknown`: it may be there, or come later. An entry of unknown
   * outcome is tried again by the journal itself, as the same entry.
   */
  append(entry: Entry): Promise<Place | { readonly kind: 'unknown' }>

  /** A position such that everything that was committed anywhere before the call is at or below it, and that is committed itself. */
  barrier(): Promise<Place>

  /** Committed entries behind position `after`, in order; as many as fit, and none when there are none yet. */
  read(after: number): Promise<readonly Placed[]>

  /** Says that everything up to this position is applied in this Region and needed here no more. */
  applied(position: number): void

  /** Calls `listener` when there may be more to read. */
  onCommitted(listener: () => void): void
}

export type Place = { readonly kind: 'at'; readonly position: number } | { readonly kind: 'no-quorum' }

export interface Placed {
  readonly position: number
  /** Undefined: the journal's own entry, which changes nothing. */
  readonly entry: Entry | undefined
}

/** One write of one item. */
export interface Entry {
  /** Names the write, however often it is tried: 16 hexadecimal digits. */
  readonly id: string
  /** Where a client made it. */
  readonly region: string
  /** Up to where that Region had applied when the write was judged. It is void where its item changed behind that. */
  readonly seen: number
  readonly timestamp: bigint
  readonly committedAtMs: number
  readonly itemKey: Uint8Array
  /** What shall be there; undefined: nothing. */
  readonly stored: StoredItem | undefined
}
