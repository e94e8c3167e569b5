import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import type { ChangeSink } from '../engine/change-sink.ts'
import { Deliveries } from '../engine/deliveries.ts'
import type { OnExpired } from '../engine/housekeeping.ts'
import { Housekeeping } from '../engine/housekeeping.ts'
import { RegionEngine } from '../engine/region-engine.ts'
import type { Table } from '../engine/table.ts'
import type { TableFillers } from '../engine/table-filling.ts'
import type { CustomFunctions } from '../replication/custom-function.ts'
import type { Message, Transport } from '../replication/messages.ts'
import { RegionJournals } from './region-journals.ts'
import type { ClockMode } from '../replication/region-clock.ts'
import { RegionClock } from '../replication/region-clock.ts'
import type { OnApplied } from '../replication/inbox.ts'
import { Digests } from '../replication/digests.ts'
import { RegionReplication } from '../replication/region-replication.ts'
import { Versions } from '../replication/versions.ts'
import type { Store } from '../storage/store.ts'
import { Exports } from '../transfer/exports.ts'
import { createImportFiller } from '../transfer/import-filler.ts'
import { importKind } from '../transfer/import-job.ts'
import type { ObjectStore } from '../transfer/object-store.ts'
import { SkewedClock } from './skewed-clock.ts'
import type { Stores } from './stores.ts'
import type { LaggingStore } from './lagging-reads.ts'
import { LaggingReads } from './lagging-reads.ts'

/** One Region, or what another account has of it: its clock, and, while it is up, its store with all that stands on it. */
export class RegionNode {
  readonly name: string
  readonly clock: SkewedClock
  /** What faults make of its eventually consistent reads. */
  readonly laggingReads: LaggingReads
  readonly #options: NodeOptions
  #running: Running | undefined
  #starting: Promise<void> | undefined
  #waiters: (() => void)[] = []
  readonly #region: RegionNode | undefined
  #cutOff = false

  /** @param region the one whose clock and whose outages these are, when an account has a part of it */
  constructor(name: string, options: NodeOptions, region?: RegionNode) {
    this.name = name
    this.#options = options
    this.#region = region
    this.clock = region?.clock ?? new SkewedClock(options.clock, options.scheduler)
    this.laggingReads = region?.laggingReads ?? new LaggingReads(options.scheduler)
  }

  /** Set by the outage fault: it runs, and nobody can reach it. */
  get cutOff(): boolean {
    return this.#region?.cutOff ?? this.#cutOff
  }

  set cutOff(isCutOff: boolean) {
    this.#cutOff = isCutOff
  }

  /** Undefined while it is crashed. */
  get running(): Running | undefined {
    return this.#running
  }

  /** Settles with the Region's parts, as soon as it runs. */
  async whenRunning(): Promise<Running> {
    for (;;) {
      if (this.#running !== undefined) return this.#running
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
  }

  /** Starts on what is durable; once, however many ask for it. */
  async start(): Promise<void> {
    if (this.#running !== undefined) return
    this.#starting ??= this.#start().finally(() => (this.#starting = undefined))
    await this.#starting
  }

  async #start(): Promise<void> {
    const { stores, clock: trueClock, clockMode, scheduler, random, transport, log, fillers, objects, changeSink } = this.#options
    const { sweepEveryMs, indexDelayMs, lifecycleDelayMs, applied, expired, logBytesMax, hooks } = this.#options
    const digests = new Digests()
    const opened = await stores.open(this.name)
    const lagging = this.laggingReads.open(opened)
    const store = digests.marking(lagging.store)
    const clock = new RegionClock(this.clock, clockMode)
    const versions = new Versions({ region: this.name, clock, trueClock, random, functions: this.#options.functions })
    const delays = { indexDelayMs, lifecycleDelayMs }
    const engine = await RegionEngine.open({ region: this.name, store, versioning: versions, clock: this.clock, random, ...delays })
    const replication = await RegionReplication.open({
      region: this.name,
      store,
      versions,
      clock,
      trueClock,
      scheduler,
      random,
      transport: transport(this.name),
      log,
      engine,
      applied,
      heldAtFirst: true,
      logBytesMax,
      pinned: (table, peer, bytes) => hooks.pinned(table, peer, bytes),
      lacking: (table, peer) => hooks.lacking(table, peer),
      wentBack: (table, why) => hooks.wentBack(this.name, table, why),
    })
    const journals = new RegionJournals({
      region: this.name,
      store,
      engine,
      versions,
      trueClock,
      scheduler,
      random,
      transport: transport(this.name),
      isUp: this.#options.isUp,
      log,
    })
    const discard = async (table: Table): Promise<void> => {
      replication.remove(table.globalId)
      const dropped = await engine.dropTable(table.name)
      if (dropped !== undefined) await engine.removeRowsOf(dropped)
    }
    const exports = objects && (await Exports.open({ engine, objects, scheduler, clock: trueClock, random, log }))
    const importing = objects && { [importKind]: createImportFiller({ objects, clock: trueClock, log }) }
    const all = { ...fillers, ...importing }
    const housekeeping = Housekeeping.start({ engine, scheduler, clock: trueClock, log, sweepEveryMs, fillers: all, discard, expired })
    const deliveries = changeSink && Deliveries.start({ engine, sink: changeSink, scheduler, clock: trueClock, log })
    await lagging.serve(engine)
    const running: Running = {
      opened,
      lagging,
      digests,
      store,
      clock,
      versions,
      engine,
      replication,
      journals,
      housekeeping,
      deliveries,
      exports,
    }
    const mend = await hooks.opened(this.name, running)
    this.#running = running
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
    mend()
  }

  receive(from: string, message: Message): void {
    if (message.kind === 'journal') this.#running?.journals.receive(from, message)
    else this.#running?.replication.receive(from, message)
  }

  linkUp(peer: string): void {
    this.#running?.replication.linkUp(peer)
    this.#running?.journals.linkUp(peer)
  }

  /** Stops at once, without a flush. */
  async crash(): Promise<void> {
    await this.#started()
    const running = this.#running
    if (running === undefined) return
    this.#running = undefined
    running.lagging.close()
    running.housekeeping.close()
    running.deliveries?.close()
    running.replication.close()
    running.journals.close()
    const ended = running.exports?.close()
    await this.#options.stores.crash(this.name, running.opened)
    await ended
  }

  /** Finishes what was accepted and stops. */
  async close(): Promise<void> {
    await this.#started()
    const running = this.#running
    this.#running = undefined
    running?.lagging.close()
    running?.housekeeping.close()
    running?.deliveries?.close()
    running?.replication.close()
    running?.journals.close()
    await running?.exports?.close()
    await running?.store.close()
  }

  /** A start that is under way ends first, well or not: who began it hears of that. */
  async #started(): Promise<void> {
    await this.#starting?.catch(() => undefined)
  }
}

export interface Running {
  /** As it was opened; everything but its crash goes by {@link store}. */
  readonly opened: Store
  readonly lagging: LaggingStore
  readonly digests: Digests
  readonly store: Store
  readonly clock: RegionClock
  readonly versions: Versions
  readonly engine: RegionEngine
  readonly replication: RegionReplication
  readonly journals: RegionJournals
  readonly housekeeping: Housekeeping
  /** Undefined: nothing is delivered anywhere. */
  readonly deliveries: Deliveries | undefined
  /** Undefined: nothing stands in S3's place. */
  readonly exports: Exports | undefined
}

/** Who watches over the replicas of all Regions. */
export interface RegionHooks {
  /** A Region opened its store, and serves nobody yet. What is returned is called as soon as it runs. */
  readonly opened: (region: string, running: Running) => Promise<() => void>
  /** The definition of a table changed. */
  readonly tableChanged: (table: Table) => void
  /** A link is up (again). */
  readonly linkUp: () => void
  /** A member holds up more of another's log than it may. */
  readonly pinned: (table: Table, peer: string, bytes: number) => void
  /** Others have more of a Region's log than that Region itself. */
  readonly wentBack: (region: string, table: Table, why: string) => void
  /** A member needs what is in no log any more. */
  readonly lacking: (table: Table, peer: string) => void
}

export interface NodeOptions {
  /** What the policy `custom` runs. */
  readonly functions: CustomFunctions
  readonly hooks: RegionHooks
  /** How large a log may become for the sake of one member, bytes; undefined: as it is by default. */
  readonly logBytesMax: number | undefined
  readonly stores: Stores
  /** The process's clock; the Region's own is skewed against it. */
  readonly clock: Clock
  readonly clockMode: ClockMode
  readonly scheduler: Scheduler
  readonly random: Random
  readonly transport: (region: string) => Transport
  /** Whether the link from one Region to another is up, for what is about a table or a journal. */
  readonly isUp: (from: string, to: string, subject?: string) => boolean
  readonly log: Log
  /** How long between two looks for expired items, ms. */
  readonly sweepEveryMs: number
  /** How long entries of global indexes wait, ms. */
  readonly indexDelayMs: number
  /** What fills new tables, beside what the engine fills by itself. */
  readonly fillers: TableFillers
  /** Where the changes of tables with destinations go. */
  readonly changeSink: ChangeSink | undefined
  readonly applied: OnApplied | undefined
  readonly expired: OnExpired | undefined
  /** How long an index that is added or removed takes at least, ms. */
  readonly lifecycleDelayMs: number
  /** Where exports go and imports come from; undefined: there is no such place. */
  readonly objects: ObjectStore | undefined
}
