import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import type { Refusal } from '../engine/refusal.ts'
import { isRefusal, refuse } from '../engine/refusal.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import type { Table, TableBlueprint, TableSettings } from '../engine/table.ts'
import type { Transport } from '../replication/messages.ts'
import { nextEpoch, soleMember } from '../replication/membership.ts'
import type { ClockMode } from '../replication/region-clock.ts'
import type { Store } from '../storage/store.ts'
import { StoreClosed } from '../storage/store.ts'
import { awsRegions, isAwsRegion } from './aws-regions.ts'
import type { GlobalTable, ReplicaRecord } from './global-table.ts'
import { isBusy, replicaIn, withReplica } from './global-table.ts'
import type { LagProfile } from './lag-profile.ts'
import { Network } from './network.ts'
import { RegionNode } from './region-node.ts'
import { Registry } from './registry.ts'
import { ReplicaLifecycle } from './replica-lifecycle.ts'
import type { ReplicaStatus } from './replica-status.ts'
import type { Stores } from './stores.ts'
import { worldStoreName } from './stores.ts'

/**
 * Several Regions, the links between them, and the tables that they share. Everything that concerns more than one Region's table is
 * decided here, recorded durably, and then carried out in the Regions.
 */
export class World {
  readonly network: Network
  readonly #options: WorldOptions
  readonly #registry: Registry
  readonly #store: Store
  readonly #lifecycle: ReplicaLifecycle
  readonly #nodeByName = new Map<string, RegionNode>()
  readonly #startingByName = new Map<string, Promise<RegionNode>>()
  readonly #work = new Set<Promise<void>>()
  #changes: Promise<void> = Promise.resolve()
  #closed = false

  private constructor(options: WorldOptions, store: Store, registry: Registry) {
    this.#options = options
    this.#store = store
    this.#registry = registry
    const { scheduler, random, profile, log } = options
    this.network = new Network({
      scheduler,
      random,
      profile,
      deliver: (from, to, message) => this.#nodeByName.get(to)?.receive(from, message),
      linkUp: (from, to) => this.#nodeByName.get(from)?.linkUp(to),
    })
    this.#lifecycle = new ReplicaLifecycle({
      registry,
      node: (name) => this.#node(name),
      change: (id, change) => this.#change(id, change),
      log,
    })
  }

  /** Starts the Regions that are named and those that have data, and goes on with whatever was under way. */
  static async open(options: WorldOptions): Promise<World> {
    const store = await options.stores.open(worldStoreName)
    const world = new World(options, store, await Registry.open(store))
    for (const name of new Set([...options.regions, ...(await options.stores.regions())])) await world.#start(name)
    for (const table of world.#registry.tables()) world.#resume(table)
    return world
  }

  /** The Regions that were used so far, by name. */
  regions(): readonly RegionNode[] {
    return [...this.#nodeByName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  region(name: string): RegionNode | undefined {
    return this.#nodeByName.get(name)
  }

  /** Tables with replicas in several Regions, or on their way to it. */
  globalTables(): readonly GlobalTable[] {
    return this.#registry.tables()
  }

  globalTable(table: Table): GlobalTable | undefined {
    return this.#registry.get(table.globalId)
  }

  async engine(region: string): Promise<RegionEngine | Refusal> {
    if (!isAwsRegion(region)) return refuse('not-found', `Region ${region} is not supported.`)
    let node = this.#nodeByName.get(region)
    // The first to ask for a Region starts it; who asks meanwhile waits too.
    if (node?.running === undefined) node = await this.#start(region)
    const { running } = node
    return running === undefined || node.cutOff ? refuse('unavailable', `Region ${region} does not answer.`) : running.engine
  }

  async createTable(region: string, blueprint: TableBlueprint): Promise<TableView | Refusal> {
    const engine = await this.engine(region)
    if (isRefusal(engine)) return engine
    const table = await this.#inOrder(async () => {
      // The name may be promised to a replica that is not there yet.
      const promised = this.#registry.tables().some((global) => global.name === blueprint.name && replicaIn(global, region) !== undefined)
      return promised ? undefined : engine.createTable(blueprint)
    })
    if (table === undefined) return refuse('in-use', `Table already exists: ${blueprint.name}`)
    await this.#nodeByName.get(region)?.running?.replication.add(table)
    return { ...(await this.#view(engine, table)), table: { ...table, status: 'CREATING' } }
  }

  async describeTable(region: string, tableName: string): Promise<TableView | Refusal> {
    const engine = await this.engine(region)
    if (isRefusal(engine)) return engine
    const table = engine.table(tableName)
    return table === undefined ? tableNotFound(tableName) : this.#view(engine, table)
  }

  async listTables(
    region: string,
    after: string | undefined,
    limit: number,
  ): Promise<{ readonly names: readonly string[]; readonly more: boolean } | Refusal> {
    const engine = await this.engine(region)
    if (isRefusal(engine)) return engine
    const names = engine.tables().map((table) => table.name)
    const rest = after === undefined ? names : names.filter((name) => name > after)
    return { names: rest.slice(0, limit), more: rest.length > limit }
  }

  /** Removes the table of this Region. Of a global table it removes this replica; the others stay. */
  async deleteTable(region: string, tableName: string): Promise<TableView | Refusal> {
    const engine = await this.engine(region)
    if (isRefusal(engine)) return engine
    const table = engine.table(tableName)
    if (table === undefined) return tableNotFound(tableName)
    if (table.settings.deletionProtection) {
      return refuse(
        'invalid',
        'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.',
      )
    }
    const global = this.#registry.get(table.globalId)
    if (global !== undefined && global.replicas.length > 1) {
      const begun = await this.#beginRemoval(global, region)
      return isRefusal(begun) ? begun : { ...(await this.#view(engine, table)), table: { ...table, status: 'DELETING' } }
    }
    if (table.status !== 'ACTIVE')
      return refuse(
        'in-use',
        `Attempt to change a resource which is still in use: Table is being ${progressive(table.status)}: ${tableName}`,
      )
    const view = await this.#view(engine, table)
    const dropped = await this.#inOrder(async () => {
      // Meanwhile a replica may have been promised that is to be filled from here.
      const now = this.#registry.get(table.globalId)
      if (now !== undefined && now.replicas.length > 1) return refuse('in-use', changingResource)
      this.#nodeByName.get(region)?.running?.replication.remove(table.globalId)
      const gone = await engine.dropTable(tableName)
      if (now !== undefined) await this.#registry.remove(table.globalId)
      return gone
    })
    if (isRefusal(dropped)) return dropped
    if (dropped !== undefined) this.track(engine.removeRowsOf(dropped))
    return { ...view, table: { ...table, status: 'DELETING' } }
  }

  /** Changes settings; those that replicas share change in every Region. */
  async changeSettings(region: string, tableName: string, change: (table: Table) => TableSettings | Refusal): Promise<TableView | Refusal> {
    const engine = await this.engine(region)
    if (isRefusal(engine)) return engine
    const table = engine.table(tableName)
    if (table === undefined) return tableNotFound(tableName)
    if (table.status !== 'ACTIVE')
      return refuse(
        'in-use',
        `Attempt to change a resource which is still in use: Table is being ${progressive(table.status)}: ${tableName}`,
      )
    const settings = change(table)
    if (isRefusal(settings)) return settings
    const global = await this.#decide(table.globalId, (now) => {
      if (now === undefined) return undefined
      return isBusy(now) ? refuse('in-use', changingResource) : { ...now, settings }
    })
    if (isRefusal(global)) return global
    const changed = await engine.changeTable(tableName, () => ({ settings }))
    if (changed === undefined) return tableNotFound(tableName)
    if (global !== undefined) this.track(this.#shareSettings(global.globalId))
    return { ...(await this.#view(engine, changed)), table: { ...changed, status: 'UPDATING' } }
  }

  /** Tags belong to one Region's table. */
  async changeTags(
    region: string,
    tableName: string,
    change: (tags: Readonly<Record<string, string>>) => Record<string, string> | Refusal,
  ): Promise<TableView | Refusal> {
    const engine = await this.engine(region)
    if (isRefusal(engine)) return engine
    const table = engine.table(tableName)
    if (table === undefined) return tableNotFound(tableName)
    const tags = change(table.tags)
    if (isRefusal(tags)) return tags
    const changed = await engine.changeTable(tableName, () => ({ tags }))
    return changed === undefined ? tableNotFound(tableName) : this.#view(engine, changed)
  }

  /** Begins to add, change or remove one replica; the work goes on after the answer. */
  async changeReplica(region: string, tableName: string, action: ReplicaAction): Promise<TableView | Refusal> {
    const engine = await this.engine(region)
    if (isRefusal(engine)) return engine
    const table = engine.table(tableName)
    if (table === undefined) return tableNotFound(tableName)
    if (table.status === 'CREATING') {
      return refuse(
        'invalid',
        `Create/Update/Delete of replica is not allowed while the replica is being added to table with name: ${tableName} in region ${region}`,
      )
    }
    const global = this.#registry.get(table.globalId)
    if (global !== undefined && isBusy(global)) return refuse('in-use', changingResource)
    if (action.region === region && action.kind !== 'update') {
      return refuse(
        'invalid',
        'Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable as required.',
      )
    }
    if (!isAwsRegion(action.region)) {
      return refuse(
        'invalid',
        `Region ${action.region} is not supported. The latest version of global tables are only supported in the following regions: [${Object.keys(awsRegions).join(', ')}]`,
      )
    }
    const begun =
      action.kind === 'create'
        ? await this.#beginCreation(table, region, action)
        : action.kind === 'delete'
          ? await this.#beginRemoval(global, action.region)
          : await this.#changeOverrides(global, action)
    if (isRefusal(begun)) return begun
    const view = await this.#view(engine, engine.table(tableName) ?? table)
    return { ...view, table: { ...view.table, status: 'UPDATING' } }
  }

  /** Settles when no replica is being made, changed or removed, and no dropped table is being cleared. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work)
  }

  /** Kills a Region without a flush. */
  async crash(region: string): Promise<void> {
    const node = this.#nodeByName.get(region)
    if (node === undefined) return
    await node.crash()
    this.#options.log.warn('region-crashed', { region })
  }

  /** Starts a crashed Region on what was durable. */
  async recover(region: string): Promise<void> {
    const node = this.#nodeByName.get(region)
    if (node === undefined || node.running !== undefined || this.#closed) return
    await node.start()
    this.#options.log.info('region-recovered', { region })
    this.#greet(region)
    for (const table of this.#registry.tables()) {
      if (replicaIn(table, region)?.status !== 'ACTIVE') continue
      this.track(this.#lifecycle.reconcile(table.globalId))
      this.track(this.#shareSettings(table.globalId))
    }
    this.track(this.retireIncarnations())
  }

  /** Leaves ended incarnations out of the tables' cursors where there are more than a few. */
  async retireIncarnations(): Promise<void> {
    for (const table of this.#registry.tables())
      await this.#lifecycle.retireIncarnations(table.globalId, this.#options.endedIncarnationsMax)
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const node of this.#nodeByName.values()) await node.close()
    await this.#changes
    await this.#store.close()
  }

  async #beginCreation(
    table: Table,
    source: string,
    action: Extract<ReplicaAction, { kind: 'create' | 'update' }>,
  ): Promise<undefined | Refusal> {
    if (table.settings.billing.mode !== 'PAY_PER_REQUEST') {
      return refuse('invalid', 'Table write capacity should either be Pay-Per-Request or AutoScaled.')
    }
    const target = await this.engine(action.region)
    if (isRefusal(target)) return refuse('invalid', `Failed to access the region: ‘${action.region}’.`)
    const record: ReplicaRecord = {
      region: action.region,
      status: 'CREATING',
      createdAtMs: this.#options.clock.nowMs(),
      source,
      readUnitsOverride: action.readUnitsOverride,
      tableClassOverride: action.tableClassOverride,
    }
    const begun = await this.#decide(table.globalId, (now) => {
      const current = this.#nodeByName.get(source)?.running?.engine.table(table.name)
      if (current?.globalId !== table.globalId) return tableNotFound(table.name)
      const before = now ?? this.#asGlobal(current, source)
      if (isBusy(before)) return refuse('in-use', changingResource)
      if (target.table(table.name) !== undefined || replicaIn(before, action.region) !== undefined) {
        return refuse(
          'invalid',
          `Failed to create a the new replica of table with name: ‘${table.name}’ because one or more replicas already existed as tables.`,
        )
      }
      const { membership } = before
      return {
        ...before,
        settings: now === undefined ? current.settings : now.settings,
        membership: nextEpoch(membership, {
          members: [...membership.members, action.region],
          joined: { ...membership.joined, [action.region]: membership.epoch + 1 },
        }),
        replicas: [...before.replicas, record],
      }
    })
    if (isRefusal(begun)) return begun
    this.track(this.#lifecycle.create(table.globalId, action.region))
    return undefined
  }

  async #beginRemoval(global: GlobalTable | undefined, region: string): Promise<undefined | Refusal> {
    const replica = global === undefined ? undefined : replicaIn(global, region)
    if (global === undefined || replica === undefined) {
      return refuse(
        'invalid',
        `Update global table operation failed because one or more replicas were not part of the global table. Please retry the request without these replicas: [${region}].`,
      )
    }
    const engine = await this.engine(region)
    if (isRefusal(engine)) return refuse('invalid', `Failed to access the region: ‘${region}’.`)
    if (engine.table(global.name)?.settings.deletionProtection === true) {
      return refuse(
        'invalid',
        `Cannot delete table ${global.name} in region ${region} because it has deletion protection enabled. Disable deletion protection first.`,
      )
    }
    const begun = await this.#decide(global.globalId, (now) => {
      if (now === undefined || replicaIn(now, region) === undefined) return tableNotFound(global.name)
      return isBusy(now) ? refuse('in-use', changingResource) : withReplica(now, region, { status: 'DELETING' })
    })
    if (isRefusal(begun)) return begun
    // Recorded, so it will be done, also when the Region crashes before this answer.
    this.track(this.#lifecycle.remove(global.globalId, region))
    await engine.changeTable(global.name, () => ({ status: 'DELETING' }))
    return undefined
  }

  async #changeOverrides(
    global: GlobalTable | undefined,
    action: Extract<ReplicaAction, { kind: 'create' | 'update' }>,
  ): Promise<undefined | Refusal> {
    if (global === undefined || replicaIn(global, action.region) === undefined) {
      return refuse(
        'invalid',
        `Update global table operation failed because one or more replicas were not part of the global table. Please retry the request without these replicas: [${action.region}].`,
      )
    }
    const { readUnitsOverride, tableClassOverride } = action
    if (readUnitsOverride !== undefined && global.settings.billing.mode === 'PAY_PER_REQUEST') {
      return refuse('invalid', 'Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST')
    }
    await this.#change(global.globalId, (now) => withReplica(now, action.region, { readUnitsOverride, tableClassOverride }))
    return undefined
  }

  /** A regional table as the record of a global one with a single replica. */
  #asGlobal(table: Table, region: string): GlobalTable {
    const running = this.#nodeByName.get(region)?.running
    const membership = running?.versions.membership(table.number) ?? soleMember(region)
    return {
      globalId: table.globalId,
      name: table.name,
      schema: table.schema,
      attributeDefinitions: table.attributeDefinitions,
      settings: table.settings,
      membership,
      replicas: [
        {
          region,
          status: 'ACTIVE',
          createdAtMs: table.createdAtMs,
          source: undefined,
          readUnitsOverride: undefined,
          tableClassOverride: undefined,
        },
      ],
    }
  }

  async #view(engine: RegionEngine, table: Table): Promise<TableView> {
    const global = this.#registry.get(table.globalId)
    const others = global?.replicas.filter((replica) => replica.region !== engine.region) ?? []
    const busy = table.status === 'ACTIVE' && others.some((replica) => replica.status !== 'ACTIVE')
    return {
      table: busy ? { ...table, status: 'UPDATING' } : table,
      ...(await engine.statistics(table)),
      replicas: others.length === 0 ? undefined : others,
    }
  }

  /** Brings the Regions that run to the settings that are recorded; again, when these change meanwhile. */
  async #shareSettings(globalId: string): Promise<void> {
    let shared: TableSettings | undefined
    for (
      let global = this.#registry.get(globalId);
      global !== undefined && global.settings !== shared;
      global = this.#registry.get(globalId)
    ) {
      const { name, settings: common, replicas } = global
      for (const { region } of replicas) {
        const engine = this.#nodeByName.get(region)?.running?.engine
        if (engine?.table(name)?.globalId !== globalId) continue
        // Deletion protection is each Region's own; everything else is shared.
        try {
          await engine.changeTable(name, ({ settings }) => ({ settings: { ...common, deletionProtection: settings.deletionProtection } }))
        } catch (error) {
          if (!(error instanceof StoreClosed)) throw error
          // It crashed: it gets them when it recovers.
        }
      }
      shared = common
    }
  }

  /** A Region came up: to the others that is as if the links to it did. */
  #greet(region: string): void {
    for (const node of this.#nodeByName.values()) if (node.name !== region) node.linkUp(region)
  }

  #resume(table: GlobalTable): void {
    this.track(this.#lifecycle.reconcile(table.globalId))
    this.track(this.#shareSettings(table.globalId))
    this.track(
      (async () => {
        for (const { region, status } of table.replicas) {
          if (status === 'CREATING') await this.#lifecycle.create(table.globalId, region)
          if (status === 'DELETING') await this.#lifecycle.remove(table.globalId, region)
        }
        await this.#lifecycle.retireIncarnations(table.globalId, this.#options.endedIncarnationsMax)
      })(),
    )
  }

  async #start(name: string): Promise<RegionNode> {
    const starting = this.#startingByName.get(name)
    if (starting !== undefined) return starting
    const start = async (): Promise<RegionNode> => {
      const node = this.#node(name)
      await node.start()
      this.#greet(name)
      return node
    }
    const promise = start()
    this.#startingByName.set(name, promise)
    return promise
  }

  #node(name: string): RegionNode {
    let node = this.#nodeByName.get(name)
    if (node === undefined) {
      const { stores, clock, clockMode, scheduler, random, log, decorateTransport } = this.#options
      const transport = (from: string): Transport => {
        const plain = this.network.transport(from)
        return decorateTransport === undefined ? plain : decorateTransport(plain, from)
      }
      node = new RegionNode(name, { stores, clock, clockMode, scheduler, random, log, transport })
      this.#nodeByName.set(name, node)
    }
    return node
  }

  /** Changes a record as `change` says, or refuses to; undefined leaves it as it is. What it sees is what it changes. */
  #decide<T extends GlobalTable | Refusal | undefined>(globalId: string, change: (table: GlobalTable | undefined) => T): Promise<T> {
    return this.#inOrder(async () => {
      const decided = change(this.#registry.get(globalId))
      if (decided !== undefined && !isRefusal(decided)) await this.#registry.put(decided)
      return decided
    })
  }

  #change(globalId: string, change: (table: GlobalTable) => GlobalTable | undefined): Promise<void> {
    return this.#inOrder(async () => {
      const table = this.#registry.get(globalId)
      if (table === undefined) return
      const changed = change(table)
      if (changed === undefined) await this.#registry.remove(globalId)
      else await this.#registry.put(changed)
    })
  }

  /** Changes of records happen one after the other: epochs are totally ordered [REP-31]. */
  #inOrder<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changes.then(change)
    this.#changes = done.then(
      () => undefined,
      () => undefined, // whoever asked for it hears of it
    )
    return done
  }

  /** Work that nobody waits for: {@link settled} does, and what fails is logged. */
  track(work: Promise<unknown>): void {
    const tracked = work.then(
      () => undefined,
      (error: unknown) => {
        if (!this.#closed && !(error instanceof StoreClosed)) this.#options.log.error('control-plane-failed', { error })
      },
    )
    this.#work.add(tracked)
    void tracked.then(() => this.#work.delete(tracked))
  }
}

export interface WorldOptions {
  readonly stores: Stores
  readonly regions: readonly string[]
  readonly clock: Clock
  readonly clockMode: ClockMode
  readonly scheduler: Scheduler
  readonly random: Random
  readonly profile: LagProfile
  readonly log: Log
  /** How many ended incarnations a table's cursors may name before they are left out. */
  readonly endedIncarnationsMax: number
  /** Puts something between a Region and what it sends with. */
  readonly decorateTransport?: (transport: Transport, from: string) => Transport
}

export interface TableView {
  readonly table: Table
  readonly itemCount: number
  readonly sizeBytes: number
  /** The other Regions' replicas; undefined when the table is regional. */
  readonly replicas: readonly ReplicaView[] | undefined
}

export interface ReplicaView {
  readonly region: string
  readonly status: ReplicaStatus
  readonly readUnitsOverride: number | undefined
  readonly tableClassOverride: TableSettings['tableClass'] | undefined
}

export type ReplicaAction =
  | {
      readonly kind: 'create' | 'update'
      readonly region: string
      readonly readUnitsOverride: number | undefined
      readonly tableClassOverride: TableSettings['tableClass'] | undefined
    }
  | { readonly kind: 'delete'; readonly region: string }

const changingResource = 'The resource which you are attempting to change is in use.'

function tableNotFound(name: string): Refusal {
  return refuse('not-found', `Requested resource not found: Table: ${name} not found`)
}

function progressive(status: Table['status']): string {
  return status === 'CREATING' ? 'created' : status === 'DELETING' ? 'deleted' : 'updated'
}
