import type { Refusal } from '../engine/refusal.ts'
import { isRefusal, refuse } from '../engine/refusal.ts'
import type { Filling, Table, TableBlueprint, TableSettings } from '../engine/table.ts'
import { StoreClosed } from '../storage/store.ts'
import type { BackgroundWork } from './background-work.ts'
import { isBusy, replicaIn } from './global-table.ts'
import { beingChanged, tableNotFound } from './refusals.ts'
import type { Regions } from './regions.ts'
import type { Registry } from './registry.ts'
import type { ReplicaControl } from './replica-control.ts'
import type { TableView } from './table-view.ts'
import { viewTable } from './table-view.ts'

/**
 * The table of one Region, as its clients control it: made, described, changed and deleted. Where the table is global, the registry's record
 * decides first. That replicas come and go is said to {@link ReplicaControl}.
 */
export class TableControl {
  readonly #regions: Regions
  readonly #registry: Registry
  readonly #replicas: ReplicaControl
  readonly #work: BackgroundWork

  constructor(parts: { regions: Regions; registry: Registry; replicas: ReplicaControl; work: BackgroundWork }) {
    this.#regions = parts.regions
    this.#registry = parts.registry
    this.#replicas = parts.replicas
    this.#work = parts.work
  }

  /** @param filling the job that fills the table before it becomes `ACTIVE` */
  async create(region: string, blueprint: TableBlueprint, filling?: Filling): Promise<TableView | Refusal> {
    const engine = await this.#regions.engine(region)
    if (isRefusal(engine)) return engine
    const table = await this.#registry.inOrder(async () => {
      // The name may be promised to a replica that is not there yet.
      const promised = this.#registry.tables().some((global) => global.name === blueprint.name && replicaIn(global, region) !== undefined)
      if (promised) return undefined
      return filling === undefined ? engine.createTable(blueprint) : engine.createFilledTable(blueprint, filling)
    })
    if (table === undefined) return refuse('in-use', `Table already exists: ${blueprint.name}`)
    await this.#regions.running(region)?.replication.add(table)
    return { ...(await viewTable(this.#registry, engine, table)), table: { ...table, status: 'CREATING' } }
  }

  async describe(region: string, tableName: string): Promise<TableView | Refusal> {
    const engine = await this.#regions.engine(region)
    if (isRefusal(engine)) return engine
    const table = engine.table(tableName)
    return table === undefined ? tableNotFound(tableName) : viewTable(this.#registry, engine, table)
  }

  async list(
    region: string,
    after: string | undefined,
    limit: number,
  ): Promise<{ readonly names: readonly string[]; readonly more: boolean } | Refusal> {
    const engine = await this.#regions.engine(region)
    if (isRefusal(engine)) return engine
    const names = engine.tables().map((table) => table.name)
    const rest = after === undefined ? names : names.filter((name) => name > after)
    return { names: rest.slice(0, limit), more: rest.length > limit }
  }

  /** Removes the table of this Region. Of a global table it removes this replica; the others stay. */
  async delete(region: string, tableName: string): Promise<TableView | Refusal> {
    const engine = await this.#regions.engine(region)
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
      const begun = await this.#replicas.beginRemoval(global, region)
      return isRefusal(begun) ? begun : { ...(await viewTable(this.#registry, engine, table)), table: { ...table, status: 'DELETING' } }
    }
    if (table.status !== 'ACTIVE') return stillInUse(table)
    const view = await viewTable(this.#registry, engine, table)
    const dropped = await this.#registry.removeAfter(table.globalId, async (now) => {
      // Meanwhile a replica may have been promised that is to be filled from here.
      if (now !== undefined && now.replicas.length > 1) return beingChanged()
      this.#regions.running(region)?.replication.remove(table.globalId)
      return engine.dropTable(tableName)
    })
    if (isRefusal(dropped)) return dropped
    if (dropped !== undefined) this.#work.track(engine.removeRowsOf(dropped))
    return { ...view, table: { ...table, status: 'DELETING' } }
  }

  /** Changes settings; those that replicas share change in every Region. */
  async changeSettings(region: string, tableName: string, change: (table: Table) => TableSettings | Refusal): Promise<TableView | Refusal> {
    const engine = await this.#regions.engine(region)
    if (isRefusal(engine)) return engine
    const table = engine.table(tableName)
    if (table === undefined || isBeingFilled(table)) return tableNotFound(tableName)
    if (table.status !== 'ACTIVE') return stillInUse(table)
    // Judged on what is recorded, where that is changed: two changes at one time must both hold.
    let deletionProtection: boolean | undefined
    const global = await this.#registry.decide(table.globalId, (now) => {
      if (now === undefined) return undefined
      if (isBusy(now)) return beingChanged()
      const own = (engine.table(tableName) ?? table).settings.deletionProtection
      const settings = change({ ...(engine.table(tableName) ?? table), settings: { ...now.settings, deletionProtection: own } })
      if (isRefusal(settings)) return settings
      if (settings.stream === undefined && now.settings.stream !== undefined && now.replicas.length > 1) return streamIsNeeded
      deletionProtection = settings.deletionProtection === own ? undefined : settings.deletionProtection
      return { ...now, settings }
    })
    if (isRefusal(global)) return global
    let refusal: Refusal | undefined
    const changed = await engine.changeTable(tableName, (now) => {
      if (global !== undefined) return { settings: this.#sharedSettings(now, deletionProtection) }
      const settings = change(now)
      refusal = isRefusal(settings) ? settings : undefined
      return isRefusal(settings) ? {} : { settings }
    })
    if (refusal !== undefined) return refusal
    if (changed === undefined) return tableNotFound(tableName)
    if (global !== undefined) this.#work.track(this.shareSettings(global.globalId))
    return { ...(await viewTable(this.#registry, engine, changed)), table: { ...changed, status: 'UPDATING' } }
  }

  /** Tags belong to one Region's table. */
  async changeTags(
    region: string,
    tableName: string,
    change: (tags: Readonly<Record<string, string>>) => Record<string, string> | Refusal,
  ): Promise<TableView | Refusal> {
    const engine = await this.#regions.engine(region)
    if (isRefusal(engine)) return engine
    const table = engine.table(tableName)
    if (table === undefined || isBeingFilled(table)) return tableNotFound(tableName)
    const tags = change(table.tags)
    if (isRefusal(tags)) return tags
    const changed = await engine.changeTable(tableName, () => ({ tags }))
    return changed === undefined ? tableNotFound(tableName) : viewTable(this.#registry, engine, changed)
  }

  /** What is recorded now, however late it is followed. Deletion protection is each Region's own; everything else is shared. */
  #sharedSettings({ globalId, settings }: Table, deletionProtection = settings.deletionProtection): TableSettings {
    return { ...(this.#registry.get(globalId)?.settings ?? settings), deletionProtection }
  }

  /** Brings the Regions that run to the settings that are recorded; again, when these change meanwhile. */
  async shareSettings(globalId: string): Promise<void> {
    let shared: TableSettings | undefined
    for (
      let global = this.#registry.get(globalId);
      global !== undefined && global.settings !== shared;
      global = this.#registry.get(globalId)
    ) {
      const { name, settings: common, replicas } = global
      for (const { region } of replicas) {
        const engine = this.#regions.running(region)?.engine
        if (engine?.table(name)?.globalId !== globalId) continue
        try {
          await engine.changeTable(name, (now) => ({ settings: this.#sharedSettings(now, undefined) }))
        } catch (error) {
          if (!(error instanceof StoreClosed)) throw error
          // It crashed: it gets them when it recovers.
        }
      }
      shared = common
    }
  }
}

const streamIsNeeded = refuse(
  'invalid',
  'One or more parameter values were invalid: Disabling Stream is not allowed for a Global Table replica.',
)

/** Until its rows are there, such a table can be described, and nothing else (observed on AWS, 2026-10). */
function isBeingFilled({ filling }: Table): boolean {
  return filling !== undefined
}

function stillInUse(table: Table): Refusal {
  return refuse('in-use', `Attempt to change a resource which is still in use: Table is being ${progressive(table.status)}: ${table.name}`)
}

function progressive(status: Table['status']): string {
  return status === 'CREATING' ? 'created' : status === 'DELETING' ? 'deleted' : 'updated'
}
