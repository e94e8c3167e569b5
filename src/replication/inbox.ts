import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Table } from '../engine/table.ts'
import type { Store } from '../storage/store.ts'
import type { AppliedWork } from './apply.ts'
import { applyBatch } from './apply.ts'
import type { Membership } from './membership.ts'
import { speaksFor } from './membership.ts'
import type { Changes } from './messages.ts'
import { RecentLags } from './recent-lags.ts'
import type { RegionClock } from './region-clock.ts'
import type { ReplicaLedger } from './replica-ledger.ts'
import type { ReplicaRow } from './replica-row.ts'
import type { Version } from './version.ts'
import type { Versions } from './versions.ts'

/** What the other members send to one replica: applied batch by batch, in the order in which it came. */
export class Inbox {
  readonly #options: InboxOptions
  readonly #waiting: Delivery[] = []
  readonly #lagsByPeer = new Map<string, RecentLags>()
  readonly #alarmedMsByPeer = new Map<string, number>()
  #draining = false
  #stopped = false

  constructor(options: InboxOptions) {
    this.#options = options
  }

  receive(from: string, changes: Changes): void {
    if (this.#stopped) return
    this.#waiting.push({ from, changes })
    this.drain()
  }

  /** Goes on with what waits, also after a failure. */
  drain(): void {
    if (this.#draining) return
    this.#draining = true
    this.#applyAll().then(
      () => (this.#draining = false),
      (error: unknown) => {
        this.#draining = false
        this.#options.failed(error)
      },
    )
  }

  /** Applies nothing more but what is under way. */
  stop(): void {
    this.#stopped = true
  }

  /** How long what came from a member had been on its way; undefined before the first. */
  lags(peer: string): RecentLags | undefined {
    return this.#lagsByPeer.get(peer)
  }

  async #applyAll(): Promise<void> {
    for (let first = this.#waiting.shift(); first !== undefined && !this.#stopped; first = this.#waiting.shift()) {
      await this.#apply(this.#withFollowers(first))
    }
  }

  /** What arrived meanwhile and continues the same log is applied in the same transaction. */
  #withFollowers(first: Delivery): Delivery {
    let { changes } = first
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const continues =
        next.from === first.from &&
        changes.records.length > 0 &&
        next.changes.incarnation === changes.incarnation &&
        next.changes.from === changes.from + changes.records.length
      if (!continues || changes.records.length + next.changes.records.length > recordsPerTransactionMax) break
      this.#waiting.shift()
      changes = { ...next.changes, from: changes.from, records: [...changes.records, ...next.changes.records] }
    }
    return { from: first.from, changes }
  }

  async #apply({ from, changes }: Delivery): Promise<void> {
    const { store, region, table, current, indexDelayMs, versions, trueClock, ledger, membership } = this.#options
    // It may have waited while its sender ceased to be a member: how far this replica has come in its logs was reported since [REP-36].
    if (this.#options.isRefilled() || !speaksFor(membership(), from, changes.report.epoch)) return
    const definition = current(table)
    if (definition === undefined) return
    const { keys, decide } = applyBatch(changes, {
      table: definition,
      current: () => current(table),
      indexDelayMs,
      region,
      membership: membership(),
      policy: () => versions.policy(table),
      nowMs: trueClock.nowMs(),
      wasRead: (dot) => versions.wasRead(dot),
      ledgerInUse: () => ledger.inUse,
    })
    const applied = await store.transact(keys, decide)
    if (applied.kind === 'gone' || this.#options.isClosed()) return
    if (applied.kind === 'stale') return this.#apply({ from, changes })
    if (applied.kind === 'applied' && applied.versions.length > 0) {
      ledger.found(applied.losses, versions.policy(table).name)
      this.#observe(from, applied.versions)
      const { versions: made, works } = applied
      this.#options.applied?.({ region, from, table: definition, versions: made, works, atMs: trueClock.nowMs() })
      this.#options.taken(true)
    } else this.#options.taken(false)
    this.#options.answered(from, changes, applied.row, applied.kind === 'gap')
  }

  /** Measures the lag, and lets the Region's clock follow. */
  #observe(from: string, versions: readonly Version[]): void {
    const { trueClock, clock } = this.#options
    let lags = this.#lagsByPeer.get(from)
    if (lags === undefined) {
      lags = new RecentLags()
      this.#lagsByPeer.set(from, lags)
    }
    const nowMs = trueClock.nowMs()
    let aheadMs = 0
    for (const version of versions) {
      lags.add(Math.max(0, nowMs - version.committedAtMs))
      aheadMs = Math.max(aheadMs, clock.observe(version.timestamp))
    }
    this.#warnOfSkew(from, aheadMs)
  }

  /** The skew alarm [REP-7]: when a Region's clock passes the bound, and again when it has doubled, not for each of its writes. */
  #warnOfSkew(of: string, aheadMs: number): void {
    const { region, log } = this.#options
    const alarmedMs = this.#alarmedMsByPeer.get(of) ?? 0
    if (aheadMs <= 2 * alarmedMs && aheadMs > 0 === alarmedMs > 0) return
    this.#alarmedMsByPeer.set(of, aheadMs)
    if (aheadMs > 0) log.warn('clock-skew', { region, of, aheadMs })
  }
}

export interface InboxOptions {
  readonly region: string
  readonly table: Table
  /** The table's definition as it is now; undefined once it is dropped. */
  readonly current: (table: Table) => Table | undefined
  /** How long entries of global indexes wait, ms. */
  readonly indexDelayMs: number
  readonly store: Store
  readonly versions: Versions
  readonly clock: RegionClock
  /** The process's clock, which no fault skews: for measuring lag. */
  readonly trueClock: Clock
  readonly log: Log
  readonly ledger: ReplicaLedger
  readonly membership: () => Membership
  readonly isClosed: () => boolean
  /** True while the replica is being brought to another one's state: it applies nothing. */
  readonly isRefilled: () => boolean
  readonly applied?: OnApplied | undefined
  /** A batch was taken in: it is durable; and whether anything of it was new. */
  readonly taken: (isNew: boolean) => void
  /** After that, with what the sender said of itself. */
  readonly answered: (from: string, changes: Changes, row: ReplicaRow, gap: boolean) => void
  readonly failed: (error: unknown) => void
}

/** Is told of what was taken in of another Region's writes, once that is durable. */
export type OnApplied = (batch: AppliedBatch) => void

export interface AppliedBatch {
  readonly region: string
  /** The Region that sent them: most often, but not always, the one that wrote them. */
  readonly from: string
  readonly table: Table
  /** In order, and for each what it took and what became of it. */
  readonly versions: readonly Version[]
  readonly works: readonly AppliedWork[]
  /** When it was durable, by the process's clock. */
  readonly atMs: number
}

interface Delivery {
  readonly from: string
  readonly changes: Changes
}

const recordsPerTransactionMax = 1024
