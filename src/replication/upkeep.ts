import type { Scheduler } from '../base/scheduler.ts'
import type { Store } from '../storage/store.ts'
import { Collector, movedOn } from './collector.ts'
import type { Cursors } from './cursors.ts'
import { equalCursors, noCursors, reaches } from './cursors.ts'
import { collectedCutWrite } from './memory-of-members.ts'
import type { Incarnation } from './dot.ts'
import type { Membership } from './membership.ts'
import { isBeyondFinal, isDropped } from './membership.ts'
import type { Report } from './messages.ts'
import type { Outboxes } from './outboxes.ts'
import { PinnedLog } from './pinned-log.ts'
import { PacedTask } from './paced-task.ts'
import type { ReplicaLedger } from './replica-ledger.ts'
import type { ReplicaRow } from './replica-row.ts'
import { Reports } from './reports.ts'

/**
 * What a replica does now and then beside its traffic: it tells the members how far it has come, hears how far they are, and lets go of what
 * everybody has.
 */
export class Upkeep {
  readonly #options: UpkeepOptions
  readonly #reports = new Reports()
  readonly #collector: Collector
  readonly #reporting: PacedTask
  readonly #asking: PacedTask
  readonly #collecting: PacedTask
  readonly #pinnedLog: PinnedLog
  #collectedTo: Cursors = noCursors
  #holders = 0

  constructor(options: UpkeepOptions) {
    this.#options = options
    const { scheduler, failed } = options
    this.#collector = new Collector(options.store, options.tableNumber)
    this.#pinnedLog = new PinnedLog(options.store, options.tableNumber)
    const paced = (doing: string, delayMs: number, run: () => Promise<void>): PacedTask =>
      new PacedTask({ scheduler, delayMs, run, failed: (error) => failed(doing, error) })
    this.#reporting = paced('reporting', reportDelayMs, () => this.#report())
    this.#asking = paced('reporting', askDelayMs, () => this.#ask())
    this.#collecting = paced('collecting', collectDelayMs, () => this.#collect())
  }

  /** What removed replicas said does not count any more. */
  follow(membership: Membership): void {
    this.#reports.follow(membership)
  }

  /** A member said how far it has come. */
  note(from: string, report: Report, row: ReplicaRow): void {
    this.#reports.note(from, report, row.cursors, this.#options.membership())
  }

  /** Changes were applied: reports may count now. */
  applied(row: ReplicaRow): void {
    this.#reports.applied(row.cursors, this.#options.membership())
  }

  /** Members to whom nothing was sent lately must hear how far this replica has come, or nothing becomes stable. */
  reportLater(): void {
    if (!this.#options.outboxes.none) this.#reporting.soon()
  }

  collectLater(): void {
    if (this.#options.isReady()) this.#collecting.soon()
  }

  /** What every member is known to have; undefined when that is not known. */
  stableCut(row: ReplicaRow): Cursors | undefined {
    return this.#reports.stableCut(this.#options.region, row.cursors, this.#options.membership())
  }

  /** Nothing is collected until the returned function is called: somebody compares what is held with what others hold. */
  hold(): () => void {
    this.#holders++
    return () => {
      this.#holders--
      this.refilled() // what was given back may be stable already
      this.collectLater()
    }
  }

  /** The furthest that a member was heard to have come in its own logs, whether or not that was applied here. */
  headsOf(member: string): Cursors {
    return this.#reports.headsOf(member)
  }

  /** The replica was filled anew: what is kept, and what was collected, begins elsewhere. */
  refilled(): void {
    this.#collector.reset()
    this.#collectedTo = noCursors
  }

  close(): void {
    this.#reporting.close()
    this.#asking.close()
    this.#collecting.close()
  }

  async #report(): Promise<void> {
    const row = await this.#options.row()
    if (row !== undefined) this.#options.outboxes.report(row)
  }

  async #collect(): Promise<void> {
    const row = await this.#options.row()
    if (row === undefined || this.#options.isClosed() || this.#holders > 0) return
    const membership = this.#options.membership()
    const cut = this.stableCut(row)
    if (cut === undefined || !equalCursors(cut, row.cursors)) this.#askLater()
    if (cut === undefined) return
    this.#options.knowStable(cut)
    const dropped = Object.keys(membership.dropped).filter((incarnation) => isDropped(membership, incarnation, row.epoch))
    await this.#collector.collectDropped(dropped, cut)
    if (!movedOn(this.#collectedTo, cut)) return
    // Before anything goes: a member that comes back with less than this went back [REP-35].
    await this.#rememberCut(cut)
    await this.#collector.collect(cut, dropped)
    await this.#options.ledger.enforceLimit(
      (dot) => reaches(cut, dot) || dropped.includes(dot.incarnation) || isBeyondFinal(membership, dot),
    )
    this.#collectedTo = cut
  }

  #rememberCut(cut: Cursors): Promise<void> {
    const { store, tableNumber } = this.#options
    return store.transact([], () => ({ writes: [collectedCutWrite(tableNumber, cut)], result: undefined }))
  }

  /** Something is kept for members that may have it: what they last said may be lost. */
  #askLater(): void {
    if (!this.#options.outboxes.none) this.#asking.soon()
  }

  async #ask(): Promise<void> {
    const row = await this.#options.row()
    if (row === undefined) return
    this.#options.outboxes.ask(row)
    this.collectLater()
    await this.#measure(row)
  }

  /** Who keeps more of the log from being trimmed than one may is told of [REP-38]. */
  async #measure(row: ReplicaRow): Promise<void> {
    const { outboxes, pinned, logBytesMax } = this.#options
    const known = outboxes.known()
    const membership = this.#options.membership()
    const isOpen = (incarnation: Incarnation): boolean => membership.closed[incarnation] === undefined && row.ours.has(incarnation)
    const heads = new Map([...row.cursors].filter(([incarnation]) => isOpen(incarnation)))
    await this.#pinnedLog.count(
      heads,
      [...known.values()].map((cursors) => cursors ?? noCursors),
    )
    for (const [peer, cursors] of known) {
      const bytes = this.#pinnedLog.bytesFor(cursors ?? noCursors)
      if (bytes > logBytesMax && !this.#options.isClosed()) pinned(peer, bytes)
    }
  }

  /** Bytes of this Region's own logs that are kept because this member does not have them, as of the last look. */
  pinnedBytes(known: Cursors | undefined): number {
    return this.#pinnedLog.bytesFor(known ?? noCursors)
  }
}

export interface UpkeepOptions {
  /** Is told what every member has. */
  readonly knowStable: (cut: Cursors) => void
  readonly region: string
  readonly store: Store
  readonly scheduler: Scheduler
  readonly tableNumber: number
  readonly outboxes: Outboxes
  readonly ledger: ReplicaLedger
  readonly membership: () => Membership
  /** What is durable of the replica; undefined when the table is gone. */
  readonly row: () => Promise<ReplicaRow | undefined>
  /** False while it is being filled. */
  readonly isReady: () => boolean
  readonly isClosed: () => boolean
  /** How large the log may become for the sake of one member. */
  readonly logBytesMax: number
  /** A member pins more than that. */
  readonly pinned: (peer: string, bytes: number) => void
  readonly failed: (doing: string, error: unknown) => void
}

const reportDelayMs = 500
const collectDelayMs = 200
const askDelayMs = 30_000
