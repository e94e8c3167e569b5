import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import type { Table } from '../engine/table.ts'
import { StoreClosed } from '../storage/store.ts'
import type { Store } from '../storage/store.ts'
import type { Cursors } from './cursors.ts'
import { cursorOf } from './cursors.ts'
import type { Incarnation } from './dot.ts'
import { followPolicy } from './follow-policy.ts'
import type { OnApplied } from './inbox.ts'
import { Inbox } from './inbox.ts'
import { takeOverLedger } from './ledger-handover.ts'
import type { Membership } from './membership.ts'
import { isDropped, speaksFor } from './membership.ts'
import { adoptEpoch, beginLeaving, endLeaving, fenceReplica, readMembership, readReplicaRow } from './membership-row.ts'
import type { Message, Progress, Report, Transport } from './messages.ts'
import type { Distance } from './outboxes.ts'
import { Outboxes } from './outboxes.ts'
import type { RegionClock } from './region-clock.ts'
import { ReplicaLedger } from './replica-ledger.ts'
import type { ReplicaRow } from './replica-row.ts'
import { defaultLogBytesMax } from './pinned-log.ts'
import { Reseeding, isTakingIn } from './reseeding.ts'
import type { SeedProgress, SeedingOptions } from './seeding.ts'
import { Seeding } from './seeding.ts'
import { Upkeep } from './upkeep.ts'
import type { Versions } from './versions.ts'

/**
 * One table's replica in one Region, towards the other members. What it sends is in {@link Outboxes}, what it takes in in {@link Inbox}, what it
 * reports and lets go of in {@link Upkeep}; this is its life: how it is opened, filled, brought to an epoch, stopped.
 */
export class Replica {
  readonly #options: ReplicaOptions
  readonly #ledger: ReplicaLedger
  readonly #outboxes: Outboxes
  readonly #inbox: Inbox
  readonly #upkeep: Upkeep
  #ready: boolean
  /** It is being removed, and what it holds stays as it is. */
  #stopped = false
  #seeded: SeedProgress | undefined
  /** It is being brought to another member's state: it applies nothing, and is no source. */
  #isRefilled: boolean
  /** What it holds is neither its own state nor the other one's. */
  #takingIn: boolean
  /** What it writes now is not shipped yet: members are still to say whether it stands on its own disk [REP-35]. */
  #isHeld: boolean
  #filling: { readonly source: string; readonly state: Seeding | Reseeding } | undefined
  #stalled: string | undefined
  #closed = false
  #appliedWaiters: (() => void)[] = []
  #following: Promise<void> = Promise.resolve()

  private constructor(options: ReplicaOptions, found: { filled: boolean; refilled: boolean; takingIn: boolean; ledger: ReplicaLedger }) {
    this.#options = options
    this.#ready = found.filled
    this.#ledger = found.ledger
    this.#isRefilled = found.refilled
    this.#takingIn = found.takingIn
    this.#isHeld = options.heldAtFirst === true && options.versions.membership(options.table.number).members.length > 1
    const { region, store, scheduler, table, transport, versions } = options
    const [membership, isClosed] = [(): Membership => this.membership, (): boolean => this.#closed]
    this.#outboxes = new Outboxes({
      store,
      scheduler,
      tableNumber: table.number,
      globalId: table.globalId,
      transport,
      membership,
      mayShip: (incarnation) => !this.#isHeld || incarnation !== versions.currentIncarnation(table.number),
      lacking: (peer) => options.lacking?.(table, peer),
      failed: (error) => this.#failed('shipping', error),
    })
    this.#inbox = new Inbox({
      ...options,
      ledger: this.#ledger,
      membership,
      isClosed,
      isRefilled: () => this.#isRefilled,
      taken: (isNew) => this.#taken(isNew),
      answered: (from, changes, row, gap) => this.#answer(from, changes, row, gap),
      failed: (error) => this.#failed('applying', error),
    })
    this.#upkeep = new Upkeep({
      region,
      store,
      scheduler,
      tableNumber: table.number,
      outboxes: this.#outboxes,
      ledger: this.#ledger,
      membership,
      row: () => this.row(),
      isReady: () => this.#ready && !this.#isRefilled,
      isClosed,
      knowStable: (cut) => versions.knowStable(table.number, cut),
      logBytesMax: options.logBytesMax ?? defaultLogBytesMax,
      pinned: (peer, bytes) => options.pinned?.(table, peer, bytes),
      failed: (doing, error) => this.#failed(doing, error),
    })
    this.#followMembership()
  }

  /** Takes up a replica where its rows say it is. */
  static async open(options: ReplicaOptions): Promise<Replica> {
    const { store, table, versions } = options
    const membership = await readMembership(store, table.number)
    if (membership !== undefined) versions.know(table.number, membership)
    const ledger = await ReplicaLedger.open(options)
    // The last step of a state transfer sets the cursors. From then on the replica reports, and others trim by its reports: it must not be
    // filled again from a source that may be behind them.
    const begun = ((await readReplicaRow(store, table.number))?.cursors.size ?? 0) > 0
    // A table that a job of this Region fills has no other member: its rows are local writes.
    const filled = table.status !== 'CREATING' || table.filling !== undefined || begun
    const takingIn = await isTakingIn(store, table.number)
    const refilled = table.suspended?.refilled === false || takingIn
    const replica = new Replica(options, { filled, refilled, takingIn, ledger })
    // Nobody else will report anything: what it kept for a group that it has left goes now, if that was not done.
    if (membership?.members.length === 1) replica.#upkeep.collectLater()
    return replica
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

  /** How far it was filled since it was opened; undefined when that was before. */
  get seedProgress(): SeedProgress | undefined {
    return this.#filling?.state.progress ?? this.#seeded
  }

  /** What is durable of this replica; undefined when the table is gone. */
  row(): Promise<ReplicaRow | undefined> {
    return readReplicaRow(this.#options.store, this.table.number)
  }

  /** A client's write is durable here. */
  written(): void {
    this.#outboxes.wake()
    this.#upkeep.reportLater()
  }

  /**
   * Adopts an epoch: from now on its members count, and all items are shown by its policy. Returns what is durable here afterwards; undefined when
   * the table is gone. An epoch that was adopted already, or passed, changes nothing.
   */
  async adopt(membership: Membership): Promise<ReplicaRow | undefined> {
    const { store, table, versions } = this.#options
    versions.know(table.number, membership)
    const row = await adoptEpoch(store, table.number, membership)
    this.#followMembership()
    this.#outboxes.wake()
    this.#wakeWaiters()
    this.#upkeep.reportLater()
    this.#upkeep.collectLater()
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
        membership: () => this.membership,
        nowMs: () => trueClock.nowMs(),
        wasRead: (dot) => versions.wasRead(dot),
        isClosed: () => this.#closed,
        begins: () => this.#ledger.begins(),
        decided: (losses) => {
          this.#ledger.found(losses, versions.policy(table).name)
          changed(table)
        },
      }),
    )
    this.#following = following.catch(() => undefined) // whoever adopts hears of it
    return following
  }

  /** Takes no more writes from clients. Returns the replica as it is with the last of them; undefined when the table is gone. */
  fence(): Promise<ReplicaRow | undefined> {
    return fenceReplica(this.#options.store, this.table.number)
  }

  /**
   * Begins to leave the group with its data: what clients write from now on is for this Region alone. What the others have is still taken in. Returns
   * the replica as it is with the last of what the others shall have; undefined when the table is gone.
   */
  leave(): Promise<ReplicaRow | undefined> {
    return beginLeaving(this.#options.store, this.table.number)
  }

  /** Is alone with this epoch. It must have begun to leave. */
  async goAlone(membership: Membership): Promise<void> {
    const { store, table, versions } = this.#options
    versions.know(table.number, membership)
    await endLeaving(store, table.number, membership)
    this.#followMembership()
    this.#upkeep.collectLater()
  }

  /** Applies nothing more. Returns the replica as it stays; undefined when the table is gone. */
  async stop(): Promise<ReplicaRow | undefined> {
    this.#stopped = true
    this.#inbox.stop()
    return this.fence() // decided after whatever was being applied
  }

  /** True when there may be entries in its ledger. */
  get hasLedger(): boolean {
    return this.#ledger.inUse
  }

  /** Takes over what `leaver`, which was stopped, has in its ledger. This replica must have applied all that it has. */
  async inheritLedger(leaver: Replica): Promise<void> {
    const row = await leaver.row()
    if (row === undefined) return
    this.#ledger.begins()
    const { store, table } = this.#options
    await takeOverLedger({
      globalId: table.globalId,
      leaver: { store: leaver.#options.store, tableNumber: leaver.table.number, cursors: row.cursors },
      heir: { store, tableNumber: table.number },
      heirRow: () => this.row(),
    })
  }

  /** True when others may be filled from it. */
  get isSource(): boolean {
    return this.#ready && !this.#takingIn
  }

  /** Fills this replica from `source`, unless it is filled; false when that ended before it was done. */
  async seedFrom(source: string): Promise<boolean> {
    if (this.#ready) return true
    const seeding = new Seeding(this.#transferFrom(source))
    const done = await this.#fill(source, seeding, () => seeding.run())
    this.#ledger.filled(seeding.losses)
    if (!done || this.#closed) return false
    this.#ready = true
    await this.#begin()
    return true
  }

  /**
   * Brings this replica, which holds something, to what `source` holds: as a member that lacked something (`join`), or as one that is a member anew
   * (`replace`). False when that ended before the state was here in full.
   */
  async reseedFrom(source: string, how: 'join' | 'replace'): Promise<boolean> {
    const { store, table, versions, changed } = this.#options
    this.#isRefilled = true
    const reseeding = new Reseeding({ ...this.#transferFrom(source), versions })
    if (!(await isTakingIn(store, table.number)) && !(await this.#fill(source, reseeding, () => reseeding.receive(how)))) return false
    if (how === 'replace') versions.renew(table.number)
    this.#takingIn = true
    this.#ledger.begins()
    this.#ledger.found(await reseeding.takeIn(), versions.policy(table).name)
    if (this.#closed) return false
    this.#isRefilled = false
    this.#takingIn = false
    this.#upkeep.refilled()
    changed(table)
    await this.#begin()
    return true
  }

  /** Applies nothing and takes no writes until it is brought to another member's state. */
  async suspend(): Promise<ReplicaRow | undefined> {
    this.#isRefilled = true
    return this.fence()
  }

  /** Goes on as it is. */
  resume(): void {
    this.#isRefilled = false
  }

  /** The member that it is being filled from is gone. */
  sourceGone(region: string): void {
    if (this.#filling?.source === region) this.#filling.state.close()
  }

  /** Members have compared what they remember of this replica: what it writes may be shipped. */
  release(): void {
    this.#isHeld = false
    this.#outboxes.wake()
  }

  async #fill(source: string, state: Seeding | Reseeding, run: () => Promise<boolean>): Promise<boolean> {
    this.#filling = { source, state }
    const done = await run()
    this.#seeded = state.progress
    this.#filling = undefined
    return done
  }

  #transferFrom(source: string): SeedingOptions {
    const { versions, table, transport } = this.#options
    return {
      ...this.#options,
      membership: () => this.membership,
      policy: () => versions.policy(table),
      send: (message) => transport.send(source, message),
    }
  }

  /** From here on it takes part. */
  async #begin(): Promise<void> {
    const row = await this.row()
    if (row !== undefined) this.#outboxes.announce(row)
    this.#upkeep.collectLater()
    this.#outboxes.restart()
    this.#wakeWaiters()
  }

  /** Settles when everything up to `goal` is applied here, or the replica is closed. */
  async reaches(goal: Cursors): Promise<void> {
    while (!this.#closed) {
      // Before the look: what is applied during it must not be missed.
      const applied = new Promise<void>((resolve) => this.#appliedWaiters.push(resolve))
      const row = await this.row()
      if (row === undefined) return
      const { membership } = this
      const isReached = ([incarnation, n]: readonly [Incarnation, number]): boolean =>
        cursorOf(row.cursors, incarnation) >= Math.min(n, membership.closed[incarnation] ?? n) || isDropped(membership, incarnation)
      if ([...goal].every(isReached)) return
      await applied
    }
  }

  receive(from: string, message: Message): void {
    if (this.#closed) return
    switch (message.kind) {
      case 'changes':
        if (!this.#ready || this.#isRefilled || this.#stopped || !speaksFor(this.membership, from, message.report.epoch)) return
        this.#inbox.receive(from, message)
        return
      case 'progress':
        if (speaksFor(this.membership, from, message.report.epoch)) this.#progressed(from, message)
        return
      case 'seed-page':
      case 'seed-lost':
        this.#filling?.state.received(message)
        return
      case 'seed-request':
      case 'seed-end':
      case 'journal': // strong tables' own
        return
    }
  }

  /** The link to a member is up: what was on its way may be lost. */
  linkUp(peer: string): void {
    this.#outboxes.restart(peer)
    this.#filling?.state.linkUp()
    this.#inbox.drain()
  }

  /** How changes flow to and from each other member. */
  async flows(): Promise<readonly Flow[]> {
    const row = await this.row()
    if (row === undefined) return []
    const distances = await this.#outboxes.distances(row, this.#options.trueClock.nowMs())
    return distances.map(({ stalled, known, ...distance }) => {
      const lags = this.#inbox.lags(distance.peer)
      return {
        ...distance,
        pinnedBytes: this.#upkeep.pinnedBytes(known),
        stalled: stalled ?? this.#stalled,
        received: lags?.count ?? 0,
        lagSumMs: lags?.sumMs ?? 0,
        lagP50Ms: lags?.quantile(0.5),
        lagP99Ms: lags?.quantile(0.99),
        lagP999Ms: lags?.quantile(0.999),
      }
    })
  }

  /** What every member is known to have; undefined when that is not known. */
  async stableCut(): Promise<Cursors | undefined> {
    const row = await this.row()
    return row === undefined ? undefined : this.#upkeep.stableCut(row)
  }

  /** Collects nothing until the returned function is called. */
  holdCollecting(): () => void {
    return this.#upkeep.hold()
  }

  /** How far a member was heard to have come in its own logs, whether or not that is here. */
  headsOf(member: string): Cursors {
    return this.#upkeep.headsOf(member)
  }

  /** Takes writes from clients (again). */
  unfence(): Promise<ReplicaRow | undefined> {
    return fenceReplica(this.#options.store, this.table.number, false)
  }

  close(): void {
    this.#closed = true
    this.#filling?.state.close()
    this.#upkeep.close()
    this.#inbox.stop()
    this.#outboxes.close()
    this.#wakeWaiters()
  }

  #followMembership(): void {
    const { membership } = this
    this.#upkeep.follow(membership)
    const added = this.#outboxes.follow(new Set(membership.members.filter((member) => member !== this.#options.region)))
    if (this.#ready) for (const outbox of added) outbox.wake()
  }

  #progressed(from: string, progress: Progress): void {
    if (!this.#outboxes.received(from, progress)) return
    this.#noteReport(from, progress).catch((error: unknown) => this.#failed('reporting', error))
  }

  async #noteReport(from: string, { report }: Progress): Promise<void> {
    const row = await this.row()
    if (row === undefined) return
    this.#lookBack(from, report, row)
    this.#upkeep.note(from, report, row)
    this.#upkeep.collectLater()
  }

  #taken(isNew: boolean): void {
    this.#stalled = undefined
    if (!isNew) return
    this.#options.changed(this.table)
    this.#wakeWaiters()
  }

  #answer(from: string, { report, answer }: Extract<Message, { kind: 'changes' }>, row: ReplicaRow, gap: boolean): void {
    this.#lookBack(from, report, row)
    this.#upkeep.note(from, report, row)
    this.#upkeep.applied(row)
    if (answer) this.#outboxes.answer(from, row, gap)
    this.#upkeep.reportLater()
    this.#upkeep.collectLater()
  }

  /** What was on its way when this Region's disk was set back arrives afterwards: then another one has more of its logs than it has itself [REP-35]. */
  #lookBack(from: string, { cursors }: Report, row: ReplicaRow): void {
    if (this.#isRefilled) return
    for (const incarnation of row.ours) {
      const [theirs, mine] = [cursorOf(cursors, incarnation), cursorOf(row.cursors, incarnation)]
      if (theirs <= mine || this.membership.closed[incarnation] !== undefined) continue
      this.#options.wentBack?.(this.table, `its log ${incarnation} ends at ${mine}, and ${from} has ${theirs} of it`)
      return
    }
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
  readonly applied?: OnApplied | undefined
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
  /** What it writes is not shipped before {@link Replica.release}. */
  readonly heldAtFirst?: boolean
  /** How large the log may become for the sake of one member, bytes; {@link defaultLogBytesMax} when left out. */
  readonly logBytesMax?: number | undefined
  /** Is told of a member that pins more than that. */
  readonly pinned?: ((table: Table, peer: string, bytes: number) => void) | undefined
  /** Is told when a member has more of this Region's log than this Region. */
  readonly wentBack?: ((table: Table, why: string) => void) | undefined
  /** Is told of a member that needs what is in no log any more. */
  readonly lacking?: ((table: Table, peer: string) => void) | undefined
}

/** Between this replica and one other member. */
export interface Flow extends Omit<Distance, 'known'> {
  /** Bytes of our log that are kept because it does not have them, as of the last look. */
  readonly pinnedBytes: number
  /** Changes of its that were applied here since the start. */
  readonly received: number
  /** From their commits to being durable here: of all of them together, and of the last ones. */
  readonly lagSumMs: number
  readonly lagP50Ms: number | undefined
  readonly lagP99Ms: number | undefined
  readonly lagP999Ms: number | undefined
}
