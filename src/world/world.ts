import { assert } from '../base/assert.ts'
import { Consumption } from '../engine/consumption.ts'
import type { Refusal } from '../engine/refusal.ts'
import { isRefusal } from '../engine/refusal.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import type { Filling, Table, TableBlueprint, TableSettings } from '../engine/table.ts'
import type { Exports } from '../transfer/exports.ts'
import { AutoScaler } from './auto-scaler.ts'
import { isAwsRegion } from './aws-regions.ts'
import { defaultLogBytesMax } from '../replication/pinned-log.ts'
import { BackgroundWork } from './background-work.ts'
import { Documents } from './documents.ts'
import { FunctionRegistry } from './function-registry.ts'
import { removeFunction } from './function-removal.ts'
import type { GlobalTable } from './global-table.ts'
import { replicaIn } from './global-table.ts'
import type { Network } from './network.ts'
import type { RegionHooks, RegionNode } from './region-node.ts'
import type { RegionsOptions } from './regions.ts'
import { Regions } from './regions.ts'
import { Registry } from './registry.ts'
import type { ReplicaAction } from './replica-action.ts'
import { ReplicaControl } from './replica-control.ts'
import { ReplicaAccess } from './replica-access.ts'
import { ReplicaRepair } from './replica-repair.ts'
import { ReplicationAuthority, UNAUTHORIZED_MAX_MS } from './replication-authority.ts'
import { ReplicaLifecycle } from './replica-lifecycle.ts'
import type { ReplicaPace } from './replica-pace.ts'
import { replicaPaces } from './replica-pace.ts'
import { SOURCE_HOLD_MS } from './replica-rules.ts'
import { worldStoreName } from './stores.ts'
import { shareSettings } from './shared-settings.ts'
import { StrongControl } from './strong-control.ts'
import { StrongTables } from './strong-tables.ts'
import type { SettingsPace } from './table-control.ts'
import { TableControl } from './table-control.ts'
import type { TableView } from './table-view.ts'
import { TableViews } from './table-view.ts'

/**
 * Several Regions, the links between them, and the tables that they share. Everything that concerns more than one Region's table is
 * decided in the registry, recorded durably, and then carried out in the Regions. This is its life cycle, and the port through which clients control
 * tables; what that takes is in {@link TableControl} and {@link ReplicaControl}.
 */
export class World {
  readonly #regions: Regions
  readonly #registry: Registry
  readonly #lifecycle: ReplicaLifecycle
  readonly #strong: StrongTables
  readonly #repair: ReplicaRepair
  readonly #authority: ReplicationAuthority
  readonly #replicas: ReplicaControl
  readonly #tables: TableControl
  readonly #scaler: AutoScaler
  readonly #share: (globalId: string) => Promise<void>
  /** What the conflict policy `custom` may name. */
  readonly functions: FunctionRegistry
  /** What must outlive the process and is of no Region. */
  readonly documents: Documents
  /** How large a replica's log may become for the sake of one member, bytes. */
  readonly logBytesMax: number
  /** How long tables, indexes and some settings take to become what they were told to be, ms. */
  readonly lifecycleDelayMs: number
  readonly #work: BackgroundWork
  readonly #endedIncarnationsMax: number
  #closed = false

  private constructor(options: WorldOptions, kept: { registry: Registry; functions: FunctionRegistry; documents: Documents }) {
    const { registry, functions, documents } = kept
    const work = new BackgroundWork(options.log)
    const { clock, scheduler, log, lifecycleDelayMs = 0, replicaPace: pace = replicaPaces.fast, sourceHoldMs = SOURCE_HOLD_MS } = options
    const hooks: RegionHooks = {
      opened: async (name, running) => {
        const mend = await this.#repair.opened(name, running)
        return () => work.track(mend().then(() => this.#authority.lookAtAll()))
      },
      tableChanged: (table) => this.#authority.changed(table),
      linkUp: () => work.track(this.#repair.readmitReachable()),
      pinned: (table, peer, bytes) => work.track(this.#expel(table, peer, `it held up ${bytes} bytes of the log`)),
      wentBack: (name, table, why) => work.track(this.#repair.suspect(table.globalId, name, why)),
      lacking: (table, peer) => work.track(this.#repair.mend(table.globalId, peer)),
    }
    const regions = new Regions(options, functions, hooks)
    const isLost = (globalId: string, name: string): boolean => {
      const table = registry.get(globalId)
      return table !== undefined && (replicaIn(table, name)?.lost ?? false)
    }
    const access = new ReplicaAccess((name) => regions.node(name), isLost)
    this.#repair = new ReplicaRepair({
      registry,
      access,
      log: options.log,
      reconcile: (globalId) => lifecycle.reconcile(globalId),
      isUp: (from, to) => regions.isUp(from, to),
      nowMs: () => options.clock.nowMs(),
    })
    this.#authority = new ReplicationAuthority({
      registry,
      regions,
      access,
      repair: this.#repair,
      work,
      clock,
      scheduler,
      unauthorized: options.unauthorized ?? (() => new Set()),
      unauthorizedMaxMs: options.unauthorizedMaxMs ?? UNAUTHORIZED_MAX_MS,
    })
    const share = (globalId: string): Promise<void> => shareSettings(regions, registry, globalId)
    this.#strong = new StrongTables({ regions, registry, scheduler, random: options.random })
    const lifecycle = new ReplicaLifecycle({ registry, access, log, clock, scheduler, pace, share }, this.#strong)
    const views = new TableViews({ registry, regions, clock, pace })
    const strong = new StrongControl({ regions, registry, lifecycle, work, clock, pace })
    const control = { regions, registry, lifecycle, strong, work, clock, pace, sourceHoldMs, views }
    const replicas = new ReplicaControl({ ...control, shareSettings: share })
    this.#regions = regions
    this.functions = functions
    this.documents = documents
    this.#registry = registry
    this.#lifecycle = lifecycle
    this.#replicas = replicas
    this.#share = share
    this.lifecycleDelayMs = lifecycleDelayMs
    const tableParts = { regions, registry, replicas, lifecycle, work, clock, scheduler, lifecycleDelayMs, views, pace, functions }
    this.#tables = new TableControl(tableParts)
    this.logBytesMax = options.logBytesMax ?? defaultLogBytesMax
    const consumption = options.consumption ?? new Consumption()
    this.#scaler = new AutoScaler({ regions, registry, tables: this.#tables, scheduler, clock, work, consumption })
    this.#work = work
    this.#endedIncarnationsMax = options.endedIncarnationsMax
  }

  /** Starts the Regions that are named and those that have data, and goes on with whatever was under way. */
  static async open(options: WorldOptions): Promise<World> {
    const store = await options.stores.open(worldStoreName)
    const [registry, functions, documents] = [await Registry.open(store), await FunctionRegistry.open(store), await Documents.open(store)]
    const world = new World(options, { registry, functions, documents })
    // A Region may have lost its whole store: its replicas are recorded.
    const recorded = world.#registry
      .tables()
      .flatMap(({ replicas }) => replicas.filter(({ lost }) => lost !== true).map(({ region }) => region))
    for (const name of new Set([...options.regions, ...(await options.stores.regions()), ...recorded])) await world.#regions.start(name)
    await world.#forgetDropped()
    for (const { name } of world.#regions.all()) await world.#strong.takeUpIn(name)
    for (const table of world.#registry.tables()) world.#resume(table)
    for (const { name } of world.#regions.all()) world.#tables.resume(name)
    world.#scaler.wake()
    return world
  }

  get network(): Network {
    return this.#regions.network
  }

  /** The Regions that were used so far, by name. */
  regions(): readonly RegionNode[] {
    return this.#regions.all()
  }

  region(name: string): RegionNode | undefined {
    return this.#regions.get(name)
  }

  /** The Region, started when it was not used yet. One that crashed stays down. */
  started(name: string): Promise<RegionNode> {
    assert(isAwsRegion(name), `${name} is a Region`)
    return this.#regions.start(name)
  }

  /** Starts the Region when it was not used yet. */
  engine(region: string): Promise<RegionEngine | Refusal> {
    return this.#regions.engine(region)
  }

  /** The engine of a Region that runs and answers. */
  awake(region: string): RegionEngine | undefined {
    const node = this.#regions.get(region)
    return node?.cutOff === false ? node.running?.engine : undefined
  }

  exports(region: string): Promise<Exports | Refusal> {
    return this.#regions.exports(region)
  }

  /** Tables with replicas in several Regions, or on their way to it. */
  globalTables(): readonly GlobalTable[] {
    return this.#registry.tables()
  }

  globalTable(table: Table): GlobalTable | undefined {
    return this.#registry.get(table.globalId)
  }

  /** @param filling the job that fills the table before it becomes `ACTIVE` */
  createTable(region: string, blueprint: TableBlueprint, filling?: Filling): Promise<TableView | Refusal> {
    return this.#tables.create(region, blueprint, filling)
  }

  describeTable(region: string, tableName: string): Promise<TableView | Refusal> {
    return this.#tables.describe(region, tableName)
  }

  listTables(
    region: string,
    after: string | undefined,
    limit: number,
  ): Promise<{ readonly names: readonly string[]; readonly more: boolean } | Refusal> {
    return this.#tables.list(region, after, limit)
  }

  /** Removes the table of this Region. Of a global table it removes this replica; the others stay. */
  deleteTable(region: string, tableName: string): Promise<TableView | Refusal> {
    return this.#tables.delete(region, tableName)
  }

  /** Changes settings; those that replicas share change in every Region. */
  async changeSettings(
    region: string,
    tableName: string,
    change: (table: Table) => TableSettings | Refusal,
    pace?: SettingsPace,
  ): Promise<TableView | Refusal> {
    const view = await this.#tables.changeSettings(region, tableName, change, pace)
    if (!isRefusal(view) && view.table.settings.autoScaling !== undefined) this.#scaler.wake()
    return view
  }

  /** Changes how throughput is scaled; where it is out of the new bounds, it follows at once. */
  async changeScaling(region: string, tableName: string, change: (table: Table) => TableSettings | Refusal): Promise<TableView | Refusal> {
    const view = await this.changeSettings(region, tableName, change, 'active')
    if (!isRefusal(view)) this.#work.track(this.#scaler.keepBounds(view.table.globalId))
    return view
  }

  /** Tags belong to one Region's table; but the one that holds the conflict policy is the table's everywhere. */
  changeTags(
    region: string,
    tableName: string,
    change: (tags: Readonly<Record<string, string>>) => Record<string, string> | Refusal,
  ): Promise<TableView | Refusal> {
    return this.#tables.changeTags(region, tableName, change)
  }

  /** Forgets a function that no table's policy names; false when there is none. */
  removeFunction(name: string): Promise<boolean | Refusal> {
    return removeFunction({ regions: this.#regions, registry: this.#registry, functions: this.functions }, name)
  }

  /** Whether the replica of this Region is kept from being disassociated. */
  protectFromDisassociation(region: string, tableName: string, isProtected: boolean): Promise<TableView | Refusal> {
    return this.#replicas.protect(region, tableName, isProtected)
  }

  /** Begins to add, change or remove replicas; the work goes on after the answer. */
  changeReplica(region: string, tableName: string, action: ReplicaAction): Promise<TableView | Refusal> {
    return this.#replicas.change(region, tableName, action)
  }

  /** Settles when no replica is being made, changed or removed, and no dropped table is being cleared. */
  settled(): Promise<void> {
    return this.#work.settled()
  }

  /** Work that nobody waits for, but {@link settled}. */
  track(work: Promise<unknown>): void {
    this.#work.track(work)
  }

  /**
   * Gives Regions up that will never come back: their replicas go without being drained, and what only they had is lost. Settles, with the tables
   * that had one, when the others are equal.
   */
  lose(regions: readonly string[]): Promise<readonly string[] | Refusal> {
    const lost = this.#repair.lose(regions)
    this.#work.track(lost)
    return lost
  }

  /** Brings a member that was taken out back as soon as it can be reached. */
  async #expel({ globalId }: Table, region: string, why: string): Promise<void> {
    await this.#repair.expel(globalId, region, why)
    await this.#repair.readmitReachable()
  }

  /** Kills a Region without a flush. */
  crash(region: string): Promise<void> {
    return this.#regions.crash(region)
  }

  /** Starts a crashed Region on what was durable. */
  async recover(region: string): Promise<void> {
    if (this.#closed || !(await this.#regions.recover(region))) return
    await this.#forgetDropped()
    for (const { name } of this.#regions.ofAccounts(region)) {
      await this.#strong.takeUpIn(name)
      for (const table of this.#registry.tables()) if (replicaIn(table, name)?.status === 'ACTIVE') this.#catchUp(table)
      this.#tables.resume(name)
    }
    this.#scaler.wake()
    this.#work.track(this.retireIncarnations())
  }

  /** Leaves ended incarnations out of the tables' cursors where there are more than a few. */
  async retireIncarnations(): Promise<void> {
    for (const { globalId } of this.#registry.tables()) await this.#lifecycle.retireIncarnations(globalId, this.#endedIncarnationsMax)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#work.close()
    this.#strong.close()
    this.#scaler.close()
    this.#tables.close()
    this.#lifecycle.close()
    this.#authority.close()
    await this.#regions.close()
    await this.#registry.close()
  }

  /**
   * The last replica of a table is dropped before its record is removed. Whoever died in between left a record whose Region runs and has no such
   * table: its name would stay promised for ever. A Region that does not run is left alone; its table may be on a disk that comes back.
   */
  async #forgetDropped(): Promise<void> {
    for (const { globalId } of this.#registry.tables()) {
      await this.#registry.change(globalId, (table) => {
        const [last, ...others] = table.replicas
        if (last?.status !== 'ACTIVE' || others.length > 0) return table
        const engine = this.#regions.running(last.region)?.engine
        return engine === undefined || engine.table(table.name)?.globalId === globalId ? table : undefined
      })
    }
  }

  #resume(table: GlobalTable): void {
    this.#catchUp(table)
    this.#work.track(
      (async () => {
        await this.#lifecycle.resume(table.globalId)
        await this.#repair.resume(table)
        await this.#lifecycle.retireIncarnations(table.globalId, this.#endedIncarnationsMax)
      })(),
    )
  }

  /** Brings the Regions that run to what is recorded. */
  #catchUp({ globalId }: GlobalTable): void {
    this.#work.track(this.#lifecycle.reconcile(globalId))
    this.#work.track(this.#share(globalId))
  }
}

export interface WorldOptions extends RegionsOptions {
  /** How long it takes at least until clients see replicas come and go; when left out, as long as it takes. */
  readonly replicaPace?: ReplicaPace
  /** For how long the source of a replica cannot be removed before it, ms; 24 hours when left out. */
  readonly sourceHoldMs?: number
  /** For how long replicas of several accounts may not permit that they are replicated before they leave their group, ms; 20 hours when left out. */
  readonly unauthorizedMaxMs?: number
  readonly regions: readonly string[]
  /** How many ended incarnations a table's cursors may name before they are left out. */
  readonly endedIncarnationsMax: number
  /** What clients consumed of tables that are scaled by it; without it they consume nothing. */
  readonly consumption?: Consumption
}
