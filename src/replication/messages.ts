import type { Cursors } from './cursors.ts'
import type { Incarnation } from './dot.ts'

/**
 * What replicas of one table say to each other. Nothing relies on a message arriving, arriving once, or arriving in order: what is
 * lost is sent again from the receiver's cursors [REP-24].
 */
export type Message = ReplicaMessage | JournalMessage

export type ReplicaMessage = Changes | Progress | SeedRequest | SeedPage | SeedLost | SeedEnd

/** Records of one log, and how far the sender has come itself. Without records it asks the receiver how far that one has come. */
export interface Changes {
  readonly kind: 'changes'
  readonly globalId: string
  readonly incarnation: Incarnation
  readonly from: number
  readonly records: readonly Uint8Array[]
  readonly report: Report
  /** The receiver shall answer with its progress. */
  readonly answer: boolean
}

/** How far the sender has come, after changes or when it is ready for them. */
export interface Progress {
  readonly kind: 'progress'
  readonly globalId: string
  readonly report: Report
  /** Records were missing before those received: send again from here. */
  readonly gap: boolean
}

/** A replica's durable cursors, own head included [REP-26]. */
export interface Report {
  readonly cursors: Cursors
  /** The epoch that the sender had adopted. */
  readonly epoch: number
  /** The sender's own incarnations among the cursors. */
  readonly ours: readonly Incarnation[]
}

/** Asks for the pages of a state transfer behind key `after`; the first one (undefined) opens the transfer. */
export interface SeedRequest {
  readonly kind: 'seed-request'
  readonly globalId: string
  readonly transfer: string
  readonly after: Uint8Array | undefined
  /** How many, one behind the other. */
  readonly pages: number
}

/** Cells of one snapshot, with the cursors of that same snapshot [REP-33]. */
export interface SeedPage {
  readonly kind: 'seed-page'
  readonly globalId: string
  readonly transfer: string
  readonly after: Uint8Array | undefined
  readonly cells: readonly { readonly itemKey: Uint8Array; readonly cell: Uint8Array }[]
  readonly cursors: Cursors
  /** The epoch of the snapshot: what it dropped, the cursors leave out and mean to include. */
  readonly epoch: number
  /** Who writes the logs that the cursors name. */
  readonly owners: Readonly<Record<Incarnation, string>>
  readonly itemCount: number
  readonly last: boolean
}

/** The receiver has all of it: the source may let go of its snapshot. */
export interface SeedEnd {
  readonly kind: 'seed-end'
  readonly globalId: string
  readonly transfer: string
}

/** The source does not know the transfer (any more): begin again. */
export interface SeedLost {
  readonly kind: 'seed-lost'
  readonly globalId: string
  readonly transfer: string
}

/** What members of a strong table's journal say to each other (`journal-member.ts`). */
export interface JournalMessage {
  readonly kind: 'journal'
  readonly journal: string
  /** The newest epoch that the sender promised; of `open`, the one that it asks for. */
  readonly epoch: number
  readonly says: JournalSaying
}

export type JournalSaying =
  /** Asks for the promise to take nothing of an earlier epoch, and for how far the log goes. */
  | { readonly kind: 'open' }
  | { readonly kind: 'promise'; readonly tail: number; readonly tailEpoch: number }
  /** Asks for the entries behind `after`; `base`: of a log that is not of this epoch yet. */
  | { readonly kind: 'want'; readonly after: number; readonly base: boolean }
  /** Entries behind `after`, which is an entry of `afterEpoch`. */
  | {
      readonly kind: 'entries'
      readonly after: number
      readonly afterEpoch: number
      readonly entries: readonly Uint8Array[]
      readonly base: boolean
    }
  /**
   * How much of the log is flushed, undefined when it is not of this epoch yet; and how much of it the sender needs no more. `asked` asks for the same
   * of the receiver, and `answers` such a question.
   */
  | {
      readonly kind: 'tail'
      readonly tail: number | undefined
      readonly applied: number
      readonly asked: number | undefined
      readonly answers: number | undefined
    }

/** How messages travel. */
export interface Transport {
  /** False when the link is known to be down; true promises nothing. */
  send(to: string, message: Message): boolean
}
