import type { Clock } from '../base/clock.ts'
import type { Cancel, Scheduler } from '../base/scheduler.ts'
import type { Refusal } from '../engine/refusal.ts'
import { isRefusal, refuse } from '../engine/refusal.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import type { Filling, Settling, Table, TableBlueprint, TableSettings } from '../engine/table.ts'
import { statusAt } from '../engine/table.ts'
import { nextEpoch } from '../replication/membership.ts'
import type { CustomFunctions } from '../replication/custom-function.ts'
import { policyTag } from '../replication/policy-text.ts'
import type { BackgroundWork } from './background-work.ts'
import type { Consistency, GlobalTable } from './global-table.ts'
import { isBusy, isChanging, replicaIn } from './global-table.ts'
import { localSettings, withSharedChange } from './local-settings.ts'
import { localTags, policyProblem, roomProblem } from './policy-tag.ts'
import { beingChanged, stillInUse, tableNotFound } from './refusals.ts'
import type { Regions } from './regions.ts'
import type { Registry } from './registry.ts'
import type { ReplicaControl } from './replica-control.ts'
import type { ReplicaLifecycle } from './replica-lifecycle.ts'
import type { ReplicaPace } from './replica-pace.ts'
import { protectedReplica } from './replica-rules.ts'
import { defaultScaling } from './scaling-defaults.ts'
import { shareSettings } from './shared-settings.ts'
import { noPolicy, noTimeToLive } from './strong-rules.ts'
import type { TableView, TableViews } from './table-view.ts'

/** Tables of a Region, by default quota (developer guide, "Quotas"). */
const TABLES_MAX = 2_500
/** Tables of a Region that are created, updated or deleted at one time. */
const UNSETTLED_MAX = 500

/** Whether a table is UPDATING while it is changed. What is done at once is done also while it is, and `'always'` also while replicas come and go. */
export type SettingsPace = 'always' | 'at-once' | 'active' | 'updating'

/**
 * The table of one Region, as its clients control it: made, described, changed and deleted. Where the table is global, the registry's record
 * decides first. That replicas come and go is said to {@link ReplicaControl}.
 */
export class TableControl {
  readonly #regions: Regions
  readonly #registry: Registry
  readonly #replicas: ReplicaControl
  readonly #lifecycle: ReplicaLifecycle
  readonly #work: BackgroundWork
  readonly #clock: Clock
  readonly #scheduler: Scheduler
  readonly #delayMs: number
  readonly #views: TableViews
  readonly #pace: ReplicaPace
  readonly #functions: CustomFunctions
  readonly #deletions = new Set<Cancel>()
  #closed = false

  constructor(parts: {
    regions: Regions
    registry: Registry
    replicas: ReplicaControl
    lifecycle: ReplicaLifecycle
    work: BackgroundWork
    clock: Clock
    scheduler: Scheduler
    lifecycleDelayMs: number
    views: TableViews
    pace: ReplicaPace
    functions: CustomFunctions
  }) {
    this.#regions = parts.regions
    this.#registry = parts.registry
    this.#replicas = parts.replicas
    this.#lifecycle = parts.lifecycle
    this.#work = parts.work
    this.#clock = parts.clock
    this.#scheduler = parts.scheduler
    this.#delayMs = parts.lifecycleDelayMs
    this.#views = parts.views
    this.#pace = parts.pace
    this.#functions = parts.functions
  }

  close(): void {
    this.#closed = true
    for (const cancel of this.#deletions) cancel()
    this.#deletions.clear()
  }

  /** @param filling the job that fills the table before it becomes `ACTIVE` */
  async create(region: string, blueprint: TableBlueprint, filling?: Filling): Promise<TableView | Refusal> {
    const engine = await this.#regions.engine(region)
    if (isRefusal(engine)) return engine
    const settling = this.#settling('CREATING')
    const table = await this.#registry.inOrder(async () => {
      // The name may be promised to a replica that is not there yet.
      const promised = this.#registry.tables().some((global) => global.name === blueprint.name && replicaIn(global, region) !== undefined)
      if (promised || engine.table(blueprint.name) !== undefined) return undefined
      const problem = policyProblem(blueprint.tags, blueprint.schema, this.#functions) ?? this.#quotaProblem(engine)
      if (problem !== undefined) return problem
      if (filling !== undefined) return engine.createFilledTable(blueprint, filling)
      return engine.createTable(settling === undefined ? blueprint : { ...blueprint, settling })
    })
    if (table === undefined) return refuse('in-use', `Table already exists: ${blueprint.name}`)
    if (isRefusal(table)) return table
    await this.#regions.running(region)?.replication.add(table)
    return { ...(await this.#views.of(engine, table)), table: { ...table, status: 'CREATING' } }
  }

  async describe(region: string, tableName: string): Promise<TableView | Refusal> {
    const engine = await this.#regions.engine(region)
    if (isRefusal(engine)) return engine
    const table = engine.table(tableName)
    return table === undefined ? tableNotFound(tableName) : this.#views.of(engine, table)
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
    const nowMs = this.#clock.nowMs()
    const status = statusAt(table, nowMs)
    if (status === 'CREATING' && table.filling === undefined) return stillInUse(table, status)
    const global = this.#registry.get(table.globalId)
    const isMember = global !== undefined && global.replicas.length > 1
    if (table.settings.deletionProtection) {
      if (isMember) return protectedReplica(table, region)
      return refuse(
        'invalid',
        'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.',
      )
    }
    if (isMember) {
      const begun = await this.#replicas.beginRemoval(global, region, 'itself')
      return isRefusal(begun) ? begun : { ...(await this.#views.of(engine, table)), table: { ...table, status: 'DELETING' } }
    }
    if (status === 'UPDATING') {
      return inUse(`Table: ${tableName} is in the process of being updated.`)
    }
    if (status !== 'ACTIVE') return stillInUse(table, status)
    if (table.indexes.some((index) => index.status !== 'ACTIVE')) {
      return inUse('Cannot delete table while indexes are being created, updated, or deleted.')
    }
    const view = await this.#views.of(engine, table)
    const settling = this.#settling('DELETING')
    if (settling === undefined) {
      const dropped = await this.#drop(region, engine, table)
      if (isRefusal(dropped)) return dropped
    } else {
      const marked = await this.#markDeleting(engine, table, settling)
      if (isRefusal(marked)) return marked
      this.#dropLater(region, table, this.#delayMs)
    }
    return { ...view, table: { ...table, status: 'DELETING' } }
  }

  /** Goes on with deletions that a Region was told of before it stopped. */
  resume(region: string): void {
    const nowMs = this.#clock.nowMs()
    for (const table of this.#regions.running(region)?.engine.tables() ?? []) {
      if (table.status !== 'DELETING' || table.settling?.status !== 'DELETING') continue
      this.#dropLater(region, table, Math.min(Math.max(0, table.settling.untilMs - nowMs), this.#delayMs))
    }
  }

  async #markDeleting(engine: RegionEngine, table: Table, settling: Settling): Promise<Refusal | undefined> {
    return this.#registry.inOrder(async () => {
      // Meanwhile a replica may have been promised that is to be filled from here.
      const global = this.#registry.get(table.globalId)
      if (global !== undefined && global.replicas.length > 1) return beingChanged()
      const marked = await engine.changeTable(table.name, (now) =>
        now.globalId === table.globalId ? { status: 'DELETING', settling } : {},
      )
      return marked === undefined ? tableNotFound(table.name) : undefined
    })
  }

  #dropLater(region: string, table: Table, delayMs: number): void {
    if (this.#closed) return
    const cancel = this.#scheduler.after(delayMs, () => {
      this.#deletions.delete(cancel)
      const engine = this.#regions.running(region)?.engine
      if (engine !== undefined) this.#work.track(this.#drop(region, engine, table))
    })
    this.#deletions.add(cancel)
  }

  async #drop(region: string, engine: RegionEngine, table: Table): Promise<Refusal | undefined> {
    const dropped = await this.#registry.removeAfter(table.globalId, async (now) => {
      if (now !== undefined && now.replicas.length > 1) return beingChanged()
      if (engine.table(table.name)?.globalId !== table.globalId) return undefined
      this.#regions.running(region)?.replication.remove(table.globalId)
      return engine.dropTable(table.name)
    })
    if (isRefusal(dropped)) return dropped
    if (dropped !== undefined) this.#work.track(engine.removeRowsOf(dropped))
    return undefined
  }

  /** Changes settings; those that replicas share change in every Region. */
  async changeSettings(
    region: string,
    tableName: string,
    change: (table: Table) => TableSettings | Refusal,
    pace: SettingsPace = 'at-once',
  ): Promise<TableView | Refusal> {
    const engine = await this.#regions.engine(region)
    if (isRefusal(engine)) return engine
    const table = engine.table(tableName)
    if (table === undefined || isBeingMade(table)) return tableNotFound(tableName)
    const nowMs = this.#clock.nowMs()
    const status = statusAt(table, nowMs)
    if (status !== 'ACTIVE' && !(status === 'UPDATING' && (pace === 'at-once' || pace === 'always'))) return stillInUse(table, status)
    const settling = pace === 'updating' ? this.#settling('UPDATING') : undefined
    // Judged on what is recorded, where that is changed: two changes at one time must both hold.
    let changedHere: TableSettings | undefined
    const global = await this.#registry.decide(table.globalId, (now) => {
      if (now === undefined) return undefined
      if (isChanging(now, nowMs) && pace !== 'always') return beingChanged()
      const current = engine.table(tableName) ?? table
      const before = localSettings(now, region, current.settings)
      const settings = change({ ...current, settings: before })
      if (isRefusal(settings)) return settings
      const shared = now.replicas.length > 1 ? sharedByReplicas(now.consistency, before, settings) : settings
      if (isRefusal(shared)) return shared
      changedHere = shared
      const changed = withSharedChange(now, before, shared)
      const isProtection = before.changes.deletionProtectionAtMs !== shared.changes.deletionProtectionAtMs
      return isProtection && this.#pace.protectedMs > 0 && now.replicas.length > 1
        ? { ...changed, updatingUntilMs: nowMs + this.#pace.protectedMs }
        : changed
    })
    if (isRefusal(global)) return global
    let refusal: Refusal | undefined
    const changed = await engine.changeTable(tableName, (now) => {
      const paced = settling === undefined ? {} : { settling }
      if (global !== undefined) return { settings: this.#settingsHere(now, region, changedHere), ...paced }
      const settings = change(now)
      refusal = isRefusal(settings) ? settings : undefined
      return isRefusal(settings) ? {} : { settings, ...paced }
    })
    if (refusal !== undefined) return refusal
    if (changed === undefined) return tableNotFound(tableName)
    if (global !== undefined) this.#work.track(shareSettings(this.#regions, this.#registry, global.globalId))
    const view = await this.#views.of(engine, changed)
    return pace === 'updating' ? { ...view, table: { ...changed, status: 'UPDATING' } } : view
  }

  /** Tags belong to one Region's table; but the one that holds the conflict policy is the table's everywhere [REP-11]. */
  async changeTags(
    region: string,
    tableName: string,
    change: (tags: Readonly<Record<string, string>>) => Record<string, string> | Refusal,
  ): Promise<TableView | Refusal> {
    const engine = await this.#regions.engine(region)
    if (isRefusal(engine)) return engine
    const table = engine.table(tableName)
    if (table === undefined || isBeingMade(table)) return tableNotFound(tableName)
    // Nobody has heard of its tags yet (observed on AWS, 2026-10).
    if (statusAt(table, this.#clock.nowMs()) === 'CREATING') return tableNotFound(tableName)
    const before = localTags(this.#registry.get(table.globalId), table.tags)
    const tags = change(before)
    if (isRefusal(tags)) return tags
    const policy = tags[policyTag]
    const recorded = await this.#registry.decide(table.globalId, (now) => {
      // The function that it names may be gone by now.
      const problem = policyProblem(tags, table.schema, this.#functions)
      if (problem !== undefined) return problem
      if (now === undefined || policy === before[policyTag] || policy === now.membership.policy) return undefined
      if (now.consistency === 'STRONG') return noPolicy
      if (isBusy(now)) return beingChanged()
      return (
        (policy === undefined ? undefined : this.#roomProblem(now, region)) ?? { ...now, membership: nextEpoch(now.membership, { policy }) }
      )
    })
    if (isRefusal(recorded)) return recorded
    if (recorded !== undefined) {
      // Whatever becomes of this Region meanwhile: it is recorded, so it is followed.
      this.#work.track(this.#lifecycle.reconcile(table.globalId))
      this.#work.track(shareSettings(this.#regions, this.#registry, table.globalId))
    }
    // In order with what is recorded: a table that becomes global meanwhile takes the policy along that its tag names.
    let refused: Refusal | undefined
    const changed = await this.#registry.inOrder(() =>
      engine.changeTable(tableName, (now) => {
        const global = this.#registry.get(table.globalId)
        const result = change(localTags(global, now.tags))
        refused = isRefusal(result) ? result : policyProblem(localTags(global, result), now.schema, this.#functions)
        return isRefusal(result) || refused !== undefined ? {} : { tags: localTags(global, result) }
      }),
    )
    if (refused !== undefined) return refused
    if (changed === undefined) return tableNotFound(tableName)
    return this.#views.of(engine, changed)
  }

  /** Why a member cannot take over the tag of a policy that another one sets. */
  #roomProblem({ name, globalId, replicas }: GlobalTable, setIn: string): Refusal | undefined {
    for (const { region } of replicas) {
      const table = region === setIn ? undefined : this.#regions.running(region)?.engine.table(name)
      const problem = table?.globalId === globalId ? roomProblem(table, region) : undefined
      if (problem !== undefined) return problem
    }
    return undefined
  }

  /** What is recorded now, with what this change made this Region's own. */
  #settingsHere({ globalId, settings }: Table, region: string, changed: TableSettings | undefined): TableSettings {
    const now = this.#registry.get(globalId)
    const { deletionProtection, encryption, changes, stream, tableClass } = changed ?? settings
    const own = { ...settings, deletionProtection, encryption, changes, stream, tableClass }
    return now === undefined ? own : localSettings(now, region, own)
  }

  #settling(status: Settling['status']): Settling | undefined {
    return this.#delayMs === 0 ? undefined : { status, untilMs: this.#clock.nowMs() + this.#delayMs }
  }

  /** The text of the first is the one seen when the quota was 256 tables; that of the second was seen with 10 and 20. */
  #quotaProblem(engine: RegionEngine): Refusal | undefined {
    const tables = engine.tables()
    if (tables.length >= TABLES_MAX) {
      return refuse('limit-exceeded', `Subscriber limit exceeded: There is a limit of ${TABLES_MAX} tables per subscriber`)
    }
    const nowMs = this.#clock.nowMs()
    if (this.#delayMs === 0 || tables.filter((table) => statusAt(table, nowMs) !== 'ACTIVE').length < UNSETTLED_MAX) return undefined
    return refuse(
      'limit-exceeded',
      `Subscriber limit exceeded: Only ${UNSETTLED_MAX} tables can be created, updated, or deleted simultaneously`,
    )
  }
}

const streamIsNeeded = refuse(
  'invalid',
  'One or more parameter values were invalid: Disabling Stream is not allowed for a Global Table replica.',
)

/** Until its rows are there, such a table can be described, and nothing else (observed on AWS, 2026-10, of restores and of replicas). */
function isBeingMade({ filling, status }: Table): boolean {
  return filling !== undefined || status === 'CREATING'
}

/** What replicas make of a change: they need their stream, unless they are strongly consistent, and writes that are scaled. */
function sharedByReplicas(consistency: Consistency, before: TableSettings, after: TableSettings): TableSettings | Refusal {
  if (consistency === 'STRONG' && after.timeToLive !== undefined) return noTimeToLive
  if (consistency === 'EVENTUAL' && after.stream === undefined && before.stream !== undefined) return streamIsNeeded
  return after.billing.mode === 'PROVISIONED' ? defaultScaling(before, after) : after
}

function inUse(what: string): Refusal {
  return refuse('in-use', `Attempt to change a resource which is still in use: ${what}`)
}
