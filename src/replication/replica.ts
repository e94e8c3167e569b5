import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import type { Table } from '../engine/table.ts'
import { StoreClosed } from '../storage/store.ts'
import type { Store } from '../storage/store.ts'
import { spaceRange, spaces } from '../engine/keyspace.ts'
import type { AppliedWork } from './apply.ts'
import { applyBatch } from './apply.ts'
import { Collector, movedOn } from './collector.ts'
import { followPolicy } from './follow-policy.ts'
import type { Cursors } from './cursors.ts'
import { cursorOf, equalCursors, noCursors, reaches } from './cursors.ts'
import type { Dot, Incarnation } from './dot.ts'
import { LedgerLimit } from './ledger-limit.ts'
import type { Membership } from './membership.ts'
import { isDropped, keepsLog, speaksFor } from './membership.ts'
import type { Changes, Message, Progress, Transport } from './messages.ts'
import { Outbox, reportOf } from './outbox.ts'
import { PacedTask } from './paced-task.ts'
import { RecentLags } from './recent-lags.ts'
import type { RegionClock } from './region-clock.ts'
import type { ReplicaRow } from './replica-row.ts'
import { decodeReplicaRow, encodeReplicaRow } from './replica-row.ts'
import { Reports } from './reports.ts'
import { takeOverLedger } from './ledger-handover.ts'
import { logKey, membershipKey, replicaRowKey } from './rows.ts'
import type { SeedProgress } from './seeding.ts'
import { Seeding } from './seeding.ts'
import { decodeVersion } from './version.ts'
import type { Versions } from './versions.ts'

/**
 * One table's replica in one Region, towards the other members: ships what was written here, takes in what was written
 * there, reports how far it has come, and lets go of what everybody has.
 */
export class Replica {
  readonly #options: ReplicaOptions
  readonly #outboxByPeer = new Map<string, Outbox>()
  readonly #lagsByPeer = new Map<string, RecentLags>()
  readonly #reports = new Reports()
  readonly #collector: Collector
  readonly #ledgerLimit: LedgerLimit
  readonly #reporting: PacedTask
  readonly #asking: PacedTask
  readonly #collecting: PacedTask
  readonly #inbox: Delivery[] = []
  #draining = false
  #ready: boolean
  /** It is being removed, and what it holds stays as it is. */
  #stopped = false
  readonly #alarmedMsByPeer = new Map<string, number>()
  #ledgerInUse: boolean
  #seeding: Seeding | undefined
  #collectedTo: Cursors = noCursors
  #stalled: string | undefined
  #closed = false
  #appliedWaiters: (() => void)[] = []
  #following: Promise<void> = Promise.resolve()

  private constructor(options: ReplicaOptions, found: { filled: boolean; ledgerInUse: boolean }) {
    this.#options = options
    this.#ready = found.filled
    this.#ledgerInUse = found.ledgerInUse
    this.#collector = new Collector(options.store, options.table.number)
    this.#ledgerLimit = new LedgerLimit(options.store, options.table.number)
    const paced = (doing: string, delayMs: number, run: () => Promise<void>): PacedTask =>
      new PacedTask({ scheduler: options.scheduler, delayMs, run, failed: (error) => this.#failed(doing, error) })
    this.#reporting = paced('reporting', reportDelayMs, () => this.#report())
    this.#asking = paced('reporting', askDelayMs, () => this.#ask())
    this.#collecting = paced('collecting', collectDelayMs, () => this.#collect())
    this.#followMembership()
  }

  /** Takes up a replica where its rows say it is. */
  static async open(options: ReplicaOptions): Promise<Replica> {
    const { store, table, versions } = options
    const membership = await store.get(membershipKey(table.number))
    if (membership !== undefined) versions.know(table.number, decodeMembership(membership))
    const ledger = await store.page(spaceRange(table.number, spaces.ledger), { entriesMax: 1, bytesMax: 1 })
    const encoded = await store.get(replicaRowKey(table.number))
    // The last step of a state transfer sets the cursors. From then on the replica reports, and others trim by its reports: it must not be
    // filled again from a source that may be behind them.
    const begun = encoded !== undefined && decodeReplicaRow(encoded).cursors.size > 0
    // A table that a job of this Region fills has no other member: its rows are local writes.
    const filled = table.status !== 'CREATING' || table.filling !== undefined || begun
    return new Replica(options, { filled, ledgerInUse: ledger.entries.length > 0 })
  }

  get table(): Table {
    return this.#options.table
  }

  get membership(): Membership {
    return this.#options.versions.membership(this.#options.table.number)
  }

  /** False while it is being filled: it serves nobody and applies nothing. */
  get ready(): boolean {
    return this.#ready
  }

  get seedProgress(): SeedProgress | undefined {
    return this.#seeding?.progress
  }

  /** What is durable of this replica; undefined when the table is gone. */
  async row(): Promise<ReplicaRow | undefined> {
    const encoded = await this.#options.store.get(replicaRowKey(this.table.number))
    return encoded === undefined ? undefined : decodeReplicaRow(encoded)
  }

  /** A client's write is durable here. */
  written(): void {
    for (const outbox of this.#outboxByPeer.values()) outbox.wake()
    this.#reportLater()
  }

  /**
   * Adopts an epoch: from now on its members count, and all items are shown by its policy. Returns what is durable here afterwards; undefined when
   * the table is gone. An epoch that was adopted already, or passed, changes nothing.
   */
  async adopt(membership: Membership): Promise<ReplicaRow | undefined> {
    const { store, table, versions } = this.#options
    versions.know(table.number, membership)
    const [replicaKey, memberKey] = [replicaRowKey(table.number), membershipKey(table.number)]
    const row = await store.transact<ReplicaRow | undefined>([replicaKey], ([encoded]) => {
      if (encoded === undefined) return { writes: [], result: undefined }
      const before = decodeReplicaRow(encoded)
      if (before.epoch >= membership.epoch) return { writes: [], result: before }
      const remains = ([incarnation]: readonly [Incarnation, number]): boolean => !isDropped(membership, incarnation)
      const cursors = new Map([...before.cursors].filter(remains))
      const ours = new Set([...before.ours].filter((incarnation) => cursors.has(incarnation)))
      const after: ReplicaRow = { ...before, epoch: membership.epoch, keepsLog: keepsLog(membership), cursors, ours }
      const writes = [
        { key: replicaKey, value: encodeReplicaRow(after) },
        { key: memberKey, value: encodeMembership(membership) },
      ]
      return { writes, result: after }
    })
    this.#followMembership()
    for (const outbox of this.#outboxByPeer.values()) outbox.wake()
    this.#wakeWaiters()
    this.#reportLater()
    this.#collectLater()
    if (row !== undefined) await this.#followPolicy()
    return row
  }

  /** Decides the items in conflict anew when the policy is another one than they were decided by; one after the other. */
  #followPolicy(): Promise<void> {
    const { store, table, current, changed, indexDelayMs, region, versions, trueClock } = this.#options
    const following = this.#following.then(() =>
      followPolicy({
        store,
        table,
        current: () => current(table),
        indexDelayMs,
        region,
        policy: () => versions.policy(table),
        nowMs: () => trueClock.nowMs(),
        wasRead: (dot) => versions.wasRead(dot),
        isClosed: () => this.#closed,
        begins: () => (this.#ledgerInUse = true),
        decided: (losses) => {
          this.#found(losses)
          changed(table)
        },
      }),
    )
    this.#following = following.catch(() => undefined) // whoever adopts hears of it
    return following
  }

  /** Takes no more writes from clients. Returns the replica as it is with the last of them; undefined when the table is gone. */
  async fence(): Promise<ReplicaRow | undefined> {
    const key = replicaRowKey(this.table.number)
    return this.#options.store.transact<ReplicaRow | undefined>([key], ([encoded]) => {
      if (encoded === undefined) return { writes: [], result: undefined }
      const row: ReplicaRow = { ...decodeReplicaRow(encoded), fenced: true }
      return { writes: [{ key, value: encodeReplicaRow(row) }], result: row }
    })
  }

  /** Applies nothing more. Returns the replica as it stays; undefined when the table is gone. */
  async stop(): Promise<ReplicaRow | undefined> {
    this.#stopped = true
    return this.fence() // decided after whatever was being applied
  }

  /** True when there may be entries in its ledger. */
  get hasLedger(): boolean {
    return this.#ledgerInUse
  }

  /** Takes over what `leaver`, which was stopped, has in its ledger. This replica must have applied all that it has. */
  async inheritLedger(leaver: Replica): Promise<void> {
    const row = await leaver.row()
    if (row === undefined) return
    this.#ledgerInUse = true
    const { store, table } = this.#options
    await takeOverLedger({
      globalId: table.globalId,
      leaver: { store: leaver.#options.store, tableNumber: leaver.table.number, cursors: row.cursors },
      heir: { store, tableNumber: table.number },
      heirRow: () => this.row(),
    })
  }

  /** Fills this replica from `source`, unless it is filled; false when it was closed before that was done. */
  async seedFrom(source: string): Promise<boolean> {
    if (this.#ready) return true
    const { region, store, scheduler, random, table, transport, trueClock, versions } = this.#options
    this.#seeding = new Seeding({
      store,
      scheduler,
      random,
      table,
      current: this.#options.current,
      region,
      policy: () => versions.policy(table),
      trueClock,
      send: (message) => transport.send(source, message),
    })
    const done = await this.#seeding.run()
    this.#ledgerInUse = this.#seeding.losses > 0
    this.#ledgerLimit.found(this.#seeding.losses)
    this.#seeding = undefined
    if (!done || this.#closed) return false
    this.#ready = true
    await this.#announce()
    this.#collectLater()
    for (const outbox of this.#outboxByPeer.values()) outbox.restart()
    return true
  }

  /** Settles when everything up to `goal` is applied here, or the replica is closed. */
  async reaches(goal: Cursors): Promise<void> {
    while (!this.#closed) {
      // Before the look: what is applied during it must not be missed.
      const applied = new Promise<void>((resolve) => this.#appliedWaiters.push(resolve))
      const row = await this.row()
      if (row === undefined) return
      const { membership } = this
      if ([...goal].every(([incarnation, n]) => cursorOf(row.cursors, incarnation) >= n || isDropped(membership, incarnation))) return
      await applied
    }
  }

  receive(from: string, message: Message): void {
    if (this.#closed) return
    switch (message.kind) {
      case 'changes':
        if (!this.#ready || this.#stopped || !speaksFor(this.membership, from, message.report.epoch)) return
        this.#inbox.push({ from, changes: message })
        this.#drain()
        return
      case 'progress':
        if (speaksFor(this.membership, from, message.report.epoch)) this.#progressed(from, message)
        return
      case 'seed-page':
      case 'seed-lost':
        this.#seeding?.received(message)
        return
      case 'seed-request':
      case 'seed-end':
        return
    }
  }

  /** The link to a member is up: what was on its way may be lost. */
  linkUp(peer: string): void {
    this.#outboxByPeer.get(peer)?.restart()
    this.#seeding?.linkUp()
    this.#drain()
  }

  /** How changes flow to and from each other member. */
  async flows(): Promise<readonly Flow[]> {
    const row = await this.row()
    if (row === undefined) return []
    return Promise.all(
      [...this.#outboxByPeer].map(async ([peer, outbox]) => {
        const lags = this.#lagsByPeer.get(peer)
        const pending = outbox.known && this.#pending(row, outbox.known)
        return {
          peer,
          pending: pending?.count,
          oldestPendingMs: pending && (await this.#oldest(pending.firsts)),
          stalled: outbox.stalled ?? this.#stalled,
          received: lags?.count ?? 0,
          lagSumMs: lags?.sumMs ?? 0,
          lagP50Ms: lags?.quantile(0.5),
          lagP99Ms: lags?.quantile(0.99),
          lagP999Ms: lags?.quantile(0.999),
        }
      }),
    )
  }

  /** What of this Region's own logs is beyond `known`: how much, and where it begins in each. */
  #pending(row: ReplicaRow, known: Cursors): { readonly count: number; readonly firsts: readonly Dot[] } {
    let count = 0
    const firsts: Dot[] = []
    for (const incarnation of row.ours) {
      const n = cursorOf(known, incarnation) + 1
      const missing = cursorOf(row.cursors, incarnation) - n + 1
      if (missing <= 0 || this.#isComplete(incarnation)) continue
      count += missing
      firsts.push({ incarnation, n })
    }
    return { count, firsts }
  }

  /** How long ago the oldest of these changes was committed; undefined when there are none, or they were let go of meanwhile. */
  async #oldest(dots: readonly Dot[]): Promise<number | undefined> {
    if (dots.length === 0) return undefined
    const { store, table, trueClock } = this.#options
    const records = await store.getMany(dots.map((dot) => logKey(table.number, dot)))
    const committedMs = records.flatMap((record) => (record === undefined ? [] : [decodeVersion(record).committedAtMs]))
    return committedMs.length === 0 ? undefined : Math.max(0, trueClock.nowMs() - Math.min(...committedMs))
  }

  /** What every member is known to have; undefined when that is not known. */
  async stableCut(): Promise<Cursors | undefined> {
    const row = await this.row()
    return row === undefined ? undefined : this.#reports.stableCut(this.#options.region, row.cursors, this.membership)
  }

  close(): void {
    this.#closed = true
    this.#seeding?.close()
    this.#reporting.close()
    this.#asking.close()
    this.#collecting.close()
    for (const outbox of this.#outboxByPeer.values()) outbox.close()
    this.#wakeWaiters()
  }

  #followMembership(): void {
    const { region, store, scheduler, table, transport } = this.#options
    this.#reports.follow(this.membership)
    const others = new Set(this.membership.members.filter((member) => member !== region))
    for (const [peer, outbox] of this.#outboxByPeer) {
      if (others.has(peer)) continue
      outbox.close()
      this.#outboxByPeer.delete(peer)
    }
    for (const peer of others) {
      if (this.#outboxByPeer.has(peer)) continue
      const outbox = new Outbox({
        store,
        scheduler,
        tableNumber: table.number,
        globalId: table.globalId,
        isComplete: (incarnation) => this.#isComplete(incarnation),
        send: (message) => transport.send(peer, message),
        failed: (error) => this.#failed('shipping', error),
      })
      this.#outboxByPeer.set(peer, outbox)
      if (this.#ready) outbox.wake()
    }
  }

  /** Its drop is announced: every member has it in full, whether or not the cursors still name it. */
  #isComplete(incarnation: Incarnation): boolean {
    return this.membership.dropped[incarnation] !== undefined
  }

  #progressed(from: string, progress: Progress): void {
    const outbox = this.#outboxByPeer.get(from)
    if (outbox === undefined) return
    outbox.received(progress)
    this.#noteReport(from, progress.report).catch((error: unknown) => this.#failed('reporting', error))
  }

  async #noteReport(from: string, report: Changes['report']): Promise<void> {
    const row = await this.row()
    if (row === undefined) return
    this.#reports.note(from, report, row.cursors, this.membership)
    this.#collectLater()
  }

  #drain(): void {
    if (this.#draining) return
    this.#draining = true
    this.#applyAll().then(
      () => (this.#draining = false),
      (error: unknown) => {
        this.#draining = false
        this.#failed('applying', error)
      },
    )
  }

  async #applyAll(): Promise<void> {
    for (let first = this.#inbox.shift(); first !== undefined && !this.#closed && !this.#stopped; first = this.#inbox.shift()) {
      await this.#apply(this.#withFollowers(first))
    }
  }

  /** What arrived meanwhile and continues the same log is applied in the same transaction. */
  #withFollowers(first: Delivery): Delivery {
    let { changes } = first
    for (let next = this.#inbox[0]; next !== undefined; next = this.#inbox[0]) {
      const continues =
        next.from === first.from &&
        changes.records.length > 0 &&
        next.changes.incarnation === changes.incarnation &&
        next.changes.from === changes.from + changes.records.length
      if (!continues || changes.records.length + next.changes.records.length > recordsPerTransactionMax) break
      this.#inbox.shift()
      changes = { ...next.changes, from: changes.from, records: [...changes.records, ...next.changes.records] }
    }
    return { from: first.from, changes }
  }

  async #apply({ from, changes }: Delivery): Promise<void> {
    const { store, region, table, current, indexDelayMs, versions, transport, trueClock, clock } = this.#options
    const definition = current(table)
    if (definition === undefined) return
    const { keys, decide } = applyBatch(changes, {
      table: definition,
      current: () => current(table),
      indexDelayMs,
      region,
      membership: this.membership,
      policy: () => versions.policy(table),
      nowMs: trueClock.nowMs(),
      wasRead: (dot) => versions.wasRead(dot),
      ledgerInUse: () => this.#ledgerInUse,
    })
    const applied = await store.transact(keys, decide)
    if (applied.kind === 'gone' || this.#closed) return
    if (applied.kind === 'stale') return this.#apply({ from, changes })
    this.#stalled = undefined
    const { row } = applied
    if (applied.kind === 'applied' && applied.versions.length > 0) {
      this.#found(applied.losses)
      const lags = this.#lags(from)
      const nowMs = trueClock.nowMs()
      let aheadMs = 0
      for (const version of applied.versions) {
        lags.add(Math.max(0, nowMs - version.committedAtMs))
        aheadMs = Math.max(aheadMs, clock.observe(version.timestamp))
      }
      this.#warnOfSkew(from, aheadMs)
      this.#options.applied?.(definition, applied.works)
      this.#options.changed(table)
      this.#wakeWaiters()
    }
    this.#reports.note(from, changes.report, row.cursors, this.membership)
    this.#reports.applied(row.cursors, this.membership)
    if (changes.answer) {
      const gap = applied.kind === 'gap'
      if (transport.send(from, { kind: 'progress', globalId: table.globalId, report: reportOf(row), gap })) {
        this.#outboxByPeer.get(from)?.reported(row)
      }
    }
    this.#reportLater()
    this.#collectLater()
  }

  /** Versions were entered in the ledger that had not lost before. */
  #found(losses: number): void {
    if (losses === 0) return
    const { region, table, log, versions } = this.#options
    this.#ledgerInUse = true
    this.#ledgerLimit.found(losses)
    log.info('conflicts-found', { region, table: table.name, policy: versions.policy(table).name, found: losses })
  }

  /** The skew alarm [REP-7]: when a Region's clock passes the bound, and again when it has doubled, not for each of its writes. */
  #warnOfSkew(of: string, aheadMs: number): void {
    const { region, log } = this.#options
    const alarmedMs = this.#alarmedMsByPeer.get(of) ?? 0
    if (aheadMs <= 2 * alarmedMs && aheadMs > 0 === alarmedMs > 0) return
    this.#alarmedMsByPeer.set(of, aheadMs)
    if (aheadMs > 0) log.warn('clock-skew', { region, of, aheadMs })
  }

  #lags(peer: string): RecentLags {
    let lags = this.#lagsByPeer.get(peer)
    if (lags === undefined) {
      lags = new RecentLags()
      this.#lagsByPeer.set(peer, lags)
    }
    return lags
  }

  /** Tells every member that this replica is ready and where it is. */
  async #announce(): Promise<void> {
    const { table, transport } = this.#options
    const row = await this.row()
    if (row === undefined) return
    for (const peer of this.#outboxByPeer.keys()) {
      transport.send(peer, { kind: 'progress', globalId: table.globalId, report: reportOf(row), gap: true })
    }
  }

  /** Members to whom nothing was sent lately must hear how far this replica has come, or nothing becomes stable. */
  #reportLater(): void {
    if (this.#outboxByPeer.size > 0) this.#reporting.soon()
  }

  async #report(): Promise<void> {
    const row = await this.row()
    if (row !== undefined) for (const outbox of this.#outboxByPeer.values()) outbox.report(row)
  }

  #collectLater(): void {
    if (this.#ready) this.#collecting.soon()
  }

  async #collect(): Promise<void> {
    const row = await this.row()
    if (row === undefined || this.#closed) return
    const { membership } = this
    const cut = this.#reports.stableCut(this.#options.region, row.cursors, membership)
    if (cut === undefined || !equalCursors(cut, row.cursors)) this.#askLater()
    if (cut === undefined) return
    const dropped = Object.keys(membership.dropped).filter((incarnation) => isDropped(membership, incarnation, row.epoch))
    await this.#collector.collectDropped(dropped, cut)
    if (!movedOn(this.#collectedTo, cut)) return
    await this.#collector.collect(cut, dropped)
    await this.#ledgerLimit.enforce((dot) => reaches(cut, dot) || dropped.includes(dot.incarnation))
    this.#collectedTo = cut
  }

  /** Something is kept for members that may have it: what they last said may be lost. */
  #askLater(): void {
    if (this.#outboxByPeer.size > 0) this.#asking.soon()
  }

  async #ask(): Promise<void> {
    const row = await this.row()
    if (row !== undefined) for (const outbox of this.#outboxByPeer.values()) outbox.ask(row)
    this.#collectLater()
  }

  #wakeWaiters(): void {
    const waiters = this.#appliedWaiters
    this.#appliedWaiters = []
    for (const wake of waiters) wake()
  }

  /** A failure stops this replica's flow, visibly; nothing is skipped [REP-25]. */
  #failed(doing: string, error: unknown): void {
    if (this.#closed || error instanceof StoreClosed) return
    const { log, region, table } = this.#options
    this.#stalled = `${doing} failed: ${error instanceof Error ? error.message : String(error)}`
    log.error('replication-stalled', { region, table: table.name, doing, error })
  }
}

export interface ReplicaOptions {
  readonly region: string
  readonly table: Table
  /** The table's definition as it is now; undefined once it is dropped. */
  readonly current: (table: Table) => Table | undefined
  /** Is told when items were changed by another Region, once that is durable. */
  readonly changed: (table: Table) => void
  /** Is told what it took to apply another Region's writes. */
  readonly applied?: ((table: Table, works: readonly AppliedWork[]) => void) | undefined
  /** How long entries of global indexes wait, ms. */
  readonly indexDelayMs: number
  readonly store: Store
  readonly versions: Versions
  readonly clock: RegionClock
  /** The process's clock, which no fault skews: for measuring lag. */
  readonly trueClock: Clock
  readonly scheduler: Scheduler
  readonly random: Random
  readonly transport: Transport
  readonly log: Log
}

/** Between this replica and one other member. */
export interface Flow {
  readonly peer: string
  /** Changes of ours that it does not have yet; undefined while it has not said how far it is. */
  readonly pending: number | undefined
  /** How long ago the oldest of them was committed; undefined when there are none. */
  readonly oldestPendingMs: number | undefined
  /** Why nothing flows; undefined when all is well. */
  readonly stalled: string | undefined
  /** Changes of its that were applied here since the start. */
  readonly received: number
  /** From their commits to being durable here: of all of them together, and of the last ones. */
  readonly lagSumMs: number
  readonly lagP50Ms: number | undefined
  readonly lagP99Ms: number | undefined
  readonly lagP999Ms: number | undefined
}

interface Delivery {
  readonly from: string
  readonly changes: Changes
}

const recordsPerTransactionMax = 1024
const reportDelayMs = 500
const collectDelayMs = 200
const askDelayMs = 30_000

function encodeMembership(membership: Membership): Uint8Array {
  return Buffer.from(JSON.stringify(membership), 'utf8')
}

function decodeMembership(row: Uint8Array): Membership {
  return JSON.parse(Buffer.from(row).toString('utf8')) as Membership
}
