import { regionOf } from '../base/account-region.ts'
import type { Clock } from '../base/clock.ts'
import type { Refusal } from '../engine/refusal.ts'
import { isRefusal, refuse } from '../engine/refusal.ts'
import type { Table, TableSettings } from '../engine/table.ts'
import { statusAt } from '../engine/table.ts'
import { nextEpoch, soleMember } from '../replication/membership.ts'
import { policyTag } from '../replication/policy-text.ts'
import { awsRegions, isAwsRegion } from './aws-regions.ts'
import type { BackgroundWork } from './background-work.ts'
import { accountProblem, groupFor } from './account-groups.ts'
import type { GlobalTable, OwnStart, ReplicaRecord } from './global-table.ts'
import { isBusy, replicaIn, withReplica } from './global-table.ts'
import { beingChanged, stillInUse, tableNotFound } from './refusals.ts'
import type { Regions } from './regions.ts'
import type { Registry } from './registry.ts'
import type { ReplicaLifecycle } from './replica-lifecycle.ts'
import { blueprintOf } from './replica-lifecycle.ts'
import type { TableView } from './table-view.ts'
import { viewTable } from './table-view.ts'

/**
 * Which Regions keep a replica of a table, as clients ask for it: judged in DynamoDB's words and order, recorded, and handed to the life cycle,
 * which does it.
 */
export class ReplicaControl {
  readonly #regions: Regions
  readonly #registry: Registry
  readonly #lifecycle: ReplicaLifecycle
  readonly #work: BackgroundWork
  readonly #clock: Clock
  readonly #shareSettings: (globalId: string) => Promise<void>

  constructor(parts: {
    regions: Regions
    registry: Registry
    lifecycle: ReplicaLifecycle
    work: BackgroundWork
    clock: Clock
    /** Brings the Regions to the settings that are recorded. */
    shareSettings: (globalId: string) => Promise<void>
  }) {
    this.#regions = parts.regions
    this.#registry = parts.registry
    this.#lifecycle = parts.lifecycle
    this.#work = parts.work
    this.#clock = parts.clock
    this.#shareSettings = parts.shareSettings
  }

  /** Begins to add, change or remove one replica; the work goes on after the answer. */
  async change(region: string, tableName: string, action: ReplicaAction): Promise<TableView | Refusal> {
    const engine = await this.#regions.engine(region)
    if (isRefusal(engine)) return engine
    const table = engine.table(tableName)
    if (table === undefined || table.filling !== undefined) return tableNotFound(tableName)
    const status = statusAt(table, this.#clock.nowMs())
    if (status === 'DELETING' && table.settling !== undefined) return stillInUse(table, status)
    if (status === 'CREATING') {
      return refuse(
        'invalid',
        `Create/Update/Delete of replica is not allowed while the replica is being added to table with name: ${tableName} in region ${regionOf(region)}`,
      )
    }
    const global = this.#registry.get(table.globalId)
    if (global !== undefined && isBusy(global)) return beingChanged()
    if (action.region === region && action.kind !== 'update') {
      return refuse(
        'invalid',
        'Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable as required.',
      )
    }
    const named = regionOf(action.region)
    if (!isAwsRegion(named)) {
      return refuse(
        'invalid',
        `Region ${named} is not supported. The latest version of global tables are only supported in the following regions: [${Object.keys(awsRegions).join(', ')}]`,
      )
    }
    const begun =
      action.kind === 'create'
        ? await this.#beginCreation(table, region, action)
        : action.kind === 'delete'
          ? await this.beginRemoval(global, action.region)
          : await this.#changeOverrides(global, action)
    if (isRefusal(begun)) return begun
    const view = await viewTable(this.#registry, engine, engine.table(tableName) ?? table)
    return { ...view, table: { ...view.table, status: 'UPDATING' } }
  }

  async #beginCreation(
    table: Table,
    source: string,
    action: Extract<ReplicaAction, { kind: 'create' | 'update' }>,
  ): Promise<undefined | Refusal> {
    const unscaled = unscaledWrites(table)
    if (unscaled !== undefined) return unscaled
    const target = await this.#regions.engine(action.region)
    if (isRefusal(target)) return refuse('invalid', `Failed to access the region: ‘${regionOf(action.region)}’.`)
    const record: ReplicaRecord = {
      region: action.region,
      status: 'CREATING',
      createdAtMs: this.#clock.nowMs(),
      source,
      readUnitsOverride: action.readUnitsOverride,
      tableClassOverride: action.tableClassOverride,
      indexReadUnits: action.indexReadUnits ?? {},
      ...(action.ownStart && { ownStart: action.ownStart }),
    }
    const begun = await this.#registry.decide(table.globalId, (now) => {
      const current = this.#regions.running(source)?.engine.table(table.name)
      if (current?.globalId !== table.globalId) return tableNotFound(table.name)
      if (current.status === 'DELETING') return stillInUse(current, current.status)
      const before = groupFor(action, now, this.#asGlobal(current, source))
      if (isBusy(before)) return beingChanged()
      const misplaced = accountProblem(before, current, action)
      if (misplaced !== undefined) return misplaced
      if (target.table(table.name) !== undefined || replicaIn(before, action.region) !== undefined) {
        return refuse(
          'invalid',
          `Failed to create a the new replica of table with name: ‘${table.name}’ because one or more replicas already existed as tables.`,
        )
      }
      const { membership } = before
      return {
        ...before,
        settings: withStream(before.settings),
        membership: nextEpoch(membership, {
          members: [...membership.members, action.region],
          joined: { ...membership.joined, [action.region]: membership.epoch + 1 },
        }),
        replicas: [...before.replicas, record],
      }
    })
    if (isRefusal(begun)) return begun
    try {
      // Who joins sees its table at once.
      if (begun.multiAccount === true) await target.createTable(blueprintOf(begun, action.region), 'CREATING', begun.globalId)
    } finally {
      this.#work.track(this.#lifecycle.create(table.globalId, action.region))
    }
    // Recorded too: a Region that crashes before it follows does so when it recovers.
    await this.#regions.running(source)?.engine.changeTable(table.name, ({ settings }) => ({ settings: withStream(settings) }))
    return undefined
  }

  /** Begins to remove the replica of `region`. */
  async beginRemoval(global: GlobalTable | undefined, region: string): Promise<undefined | Refusal> {
    const replica = global === undefined ? undefined : replicaIn(global, region)
    if (global === undefined || replica === undefined) {
      return notPart(region)
    }
    const engine = await this.#regions.engine(region)
    if (isRefusal(engine)) return refuse('invalid', `Failed to access the region: ‘${regionOf(region)}’.`)
    if (engine.table(global.name)?.settings.deletionProtection === true) {
      return refuse(
        'invalid',
        `Cannot delete table ${global.name} in region ${regionOf(region)} because it has deletion protection enabled. Disable deletion protection first.`,
      )
    }
    const begun = await this.#registry.decide(global.globalId, (now) => {
      if (now === undefined || replicaIn(now, region) === undefined) return tableNotFound(global.name)
      return isBusy(now) ? beingChanged() : withReplica(now, region, { status: 'DELETING' })
    })
    if (isRefusal(begun)) return begun
    // Recorded, so it will be done, also when the Region crashes before this answer.
    this.#work.track(this.#lifecycle.remove(global.globalId, region))
    await engine.changeTable(global.name, () => ({ status: 'DELETING' }))
    return undefined
  }

  async #changeOverrides(
    global: GlobalTable | undefined,
    action: Extract<ReplicaAction, { kind: 'create' | 'update' }>,
  ): Promise<undefined | Refusal> {
    if (global === undefined || replicaIn(global, action.region) === undefined) {
      return notPart(action.region)
    }
    const { readUnitsOverride, tableClassOverride } = action
    if (readUnitsOverride !== undefined && global.settings.billing.mode === 'PAY_PER_REQUEST') {
      return refuse('invalid', 'Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST')
    }
    // What is not named stays as it is.
    await this.#registry.change(global.globalId, (now) => {
      const before = replicaIn(now, action.region)
      return withReplica(now, action.region, {
        readUnitsOverride: readUnitsOverride ?? before?.readUnitsOverride,
        tableClassOverride: tableClassOverride ?? before?.tableClassOverride,
        indexReadUnits: { ...before?.indexReadUnits, ...action.indexReadUnits },
      })
    })
    this.#work.track(this.#shareSettings(global.globalId))
    return undefined
  }

  /** A regional table as the record of a global one with a single replica. */
  #asGlobal(table: Table, region: string): GlobalTable {
    const running = this.#regions.running(region)
    const membership = running?.versions.membership(table.number) ?? soleMember(region)
    return {
      globalId: table.globalId,
      name: table.name,
      schema: table.schema,
      attributeDefinitions: table.attributeDefinitions,
      settings: table.settings,
      membership: { ...membership, policy: table.tags[policyTag] },
      consistency: 'EVENTUAL',
      witness: undefined,
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
}

export type ReplicaAction =
  | {
      readonly kind: 'create' | 'update'
      readonly region: string
      readonly readUnitsOverride: number | undefined
      readonly tableClassOverride: TableSettings['tableClass'] | undefined
      readonly indexReadUnits?: Readonly<Record<string, number>>
      /** Of a replica that another account joins with. */
      readonly ownStart?: OwnStart
    }
  | { readonly kind: 'delete'; readonly region: string }

/** A replicated table has a stream; one that it has already stays as it is (observed on AWS, 2026-10). */
function withStream(settings: TableSettings): TableSettings {
  return { ...settings, stream: settings.stream ?? 'NEW_AND_OLD_IMAGES' }
}

function notPart(region: string): Refusal {
  return refuse(
    'invalid',
    `Update global table operation failed because one or more replicas were not part of the global table. Please retry the request without these replicas: [${regionOf(region)}].`,
  )
}

/** Writes of a provisioned table must be able to grow with what replicas receive. */
function unscaledWrites({ settings: { billing, autoScaling, indexes } }: Table): Refusal | undefined {
  if (billing.mode === 'PAY_PER_REQUEST') return undefined
  const scaled = 'write capacity should either be Pay-Per-Request or AutoScaled.'
  if (autoScaling?.write === undefined) return refuse('invalid', `Table ${scaled}`)
  const lacking = indexes.some(({ kind, name }) => kind === 'global' && autoScaling.indexes[name]?.write === undefined)
  return lacking ? refuse('invalid', `GSI ${scaled}`) : undefined
}
