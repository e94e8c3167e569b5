import type { Scheduler } from '../base/scheduler.ts'
import type { Store } from '../storage/store.ts'
import { Collector, movedOn } from './collector.ts'
import type { Cursors } from './cursors.ts'
import { equalCursors, noCursors, reaches } from './cursors.ts'
import type { Membership } from './membership.ts'
import { isDropped } from './membership.ts'
import type { Report } from './messages.ts'
import type { Outboxes } from './outboxes.ts'
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
  #collectedTo: Cursors = noCursors

  constructor(options: UpkeepOptions) {
    this.#options = options
    const { scheduler, failed } = options
    this.#collector = new Collector(options.store, options.tableNumber)
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
    if (row === undefined || this.#options.isClosed()) return
    const membership = this.#options.membership()
    const cut = this.stableCut(row)
    if (cut === undefined || !equalCursors(cut, row.cursors)) this.#askLater()
    if (cut === undefined) return
    this.#options.knowStable(cut)
    const dropped = Object.keys(membership.dropped).filter((incarnation) => isDropped(membership, incarnation, row.epoch))
    await this.#collector.collectDropped(dropped, cut)
    if (!movedOn(this.#collectedTo, cut)) return
    await this.#collector.collect(cut, dropped)
    await this.#options.ledger.enforceLimit((dot) => reaches(cut, dot) || dropped.includes(dot.incarnation))
    this.#collectedTo = cut
  }

  /** Something is kept for members that may have it: what they last said may be lost. */
  #askLater(): void {
    if (!this.#options.outboxes.none) this.#asking.soon()
  }

  async #ask(): Promise<void> {
    const row = await this.#options.row()
    if (row !== undefined) this.#options.outboxes.ask(row)
    this.collectLater()
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
  readonly failed: (doing: string, error: unknown) => void
}

const reportDelayMs = 500
const collectDelayMs = 200
const askDelayMs = 30_000
