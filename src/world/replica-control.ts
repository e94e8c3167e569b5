import { regionOf } from '../base/account-region.ts'
import type { Clock } from '../base/clock.ts'
import type { Refusal } from '../engine/refusal.ts'
import { isRefusal, refuse } from '../engine/refusal.ts'
import type { Table } from '../engine/table.ts'
import { statusAt } from '../engine/table.ts'
import { nextEpoch } from '../replication/membership.ts'
import { accountProblem, groupFor } from './account-groups.ts'
import { awsRegions, isAwsRegion } from './aws-regions.ts'
import type { BackgroundWork } from './background-work.ts'
import type { GlobalTable } from './global-table.ts'
import { isBusy, isChanging, mayDrain, replicaIn, withReplica } from './global-table.ts'
import { asGlobal, withReadScaling, withStream } from './group-record.ts'
import { localSettings } from './local-settings.ts'
import { beingChanged, stillInUse, tableNotFound } from './refusals.ts'
import type { Regions } from './regions.ts'
import type { Registry } from './registry.ts'
import type { ReplicaAction, ReplicaWish } from './replica-action.ts'
import { recordOf } from './replica-action.ts'
import { replicaBlueprint } from './replica-creation.ts'
import type { ReplicaLifecycle } from './replica-lifecycle.ts'
import type { ReplicaPace } from './replica-pace.ts'
import {
  alreadyThere,
  classChanges,
  keyProblem,
  lastActive,
  notPart,
  overrideProblem,
  ownRegion,
  protectedReplica,
  sourceProblem,
  unreachable,
  unscaledWrites,
} from './replica-rules.ts'
import type { StrongControl } from './strong-control.ts'
import { cannotAdd, onlyOneOfStrong, unsupportedOnExisting, witnessMissing } from './strong-rules.ts'
import type { TableView, TableViews } from './table-view.ts'

/**
 * Which Regions keep a replica of a table, as clients ask for it in any member Region: judged in DynamoDB's words and order, recorded, and handed to
 * the life cycle, which does it. One thing at a time is done with the replicas of a table, and the record says which [REP-31].
 */
export class ReplicaControl {
  readonly #parts: ReplicaControlParts

  constructor(parts: ReplicaControlParts) {
    this.#parts = parts
  }

  /** Begins what is asked of the replicas; the work goes on after the answer, which shows them as they were. */
  async change(region: string, tableName: string, action: ReplicaAction): Promise<TableView | Refusal> {
    const { regions, registry, clock, views } = this.#parts
    const engine = await regions.engine(region)
    if (isRefusal(engine)) return engine
    const table = engine.table(tableName)
    if (table === undefined || table.filling !== undefined) return tableNotFound(tableName)
    const status = statusAt(table, clock.nowMs())
    if (status === 'DELETING' && table.settling !== undefined) return stillInUse(table, status)
    if (status === 'CREATING') {
      return refuse(
        'invalid',
        `Create/Update/Delete of replica is not allowed while the replica is being added to table with name: ${tableName} in region ${regionOf(region)}`,
      )
    }
    const before = await views.of(engine, table)
    const begun = await this.#begin(table, registry.get(table.globalId), region, action)
    if (isRefusal(begun)) return begun
    const view = await views.of(engine, engine.table(tableName) ?? table)
    return { ...view, replicas: before.replicas ?? [], witness: before.witness, table: { ...view.table, status: 'UPDATING' } }
  }

  async #begin(table: Table, global: GlobalTable | undefined, region: string, action: ReplicaAction): Promise<undefined | Refusal> {
    const { strong, clock } = this.#parts
    if (action.kind === 'create-strong') return strong.beginCreation(table, global, region, action)
    if (action.kind === 'delete-several') return strong.beginRemoval(global, region, action)
    const isThere = global !== undefined && action.kind === 'create' && replicaIn(global, action.region) !== undefined
    if (global !== undefined && isChanging(global, clock.nowMs()) && !isThere) return beingChanged()
    if (action.region === region && action.kind !== 'update' && action.kind !== 'disassociate') return ownRegion
    const named = regionOf(action.region)
    if (!isAwsRegion(named)) {
      return refuse(
        'invalid',
        `Region ${named} is not supported. The latest version of global tables are only supported in the following regions: [${Object.keys(awsRegions).join(', ')}]`,
      )
    }
    switch (action.kind) {
      case 'create':
        return this.#beginCreation(table, global, region, action)
      case 'update':
        return this.#changeOverrides(global, action)
      case 'delete':
        return this.beginRemoval(global, action.region, 'group')
      case 'disassociate':
        return this.#beginDisassociation(global, region, action.region)
    }
  }

  async #beginCreation(table: Table, global: GlobalTable | undefined, source: string, wish: ReplicaWish): Promise<undefined | Refusal> {
    const { regions, registry, lifecycle, work, clock } = this.#parts
    if (global !== undefined && global.consistency === 'STRONG') return wish.consistency === undefined ? cannotAdd : unsupportedOnExisting
    if (global !== undefined && replicaIn(global, wish.region) !== undefined) return alreadyThere(table.name)
    // Who joins from another account has a key of its own, and says which elsewhere.
    const wrongKey = wish.ownStart === undefined ? keyProblem(table.settings, wish.keyArn) : undefined
    const problem = wrongKey ?? unscaledWrites(table)
    if (problem !== undefined) return problem
    const target = await regions.engine(wish.region)
    if (isRefusal(target)) return unreachable(wish.region)
    const begun = await registry.decide(table.globalId, (now) => {
      const current = regions.running(source)?.engine.table(table.name)
      if (current?.globalId !== table.globalId) return tableNotFound(table.name)
      if (current.status === 'DELETING') return stillInUse(current, current.status)
      const before = groupFor(wish, now, asGlobal(regions, current, source))
      if (isBusy(before)) return beingChanged()
      const misplaced = accountProblem(before, current, wish)
      if (misplaced !== undefined) return misplaced
      if (target.table(table.name) !== undefined || replicaIn(before, wish.region) !== undefined) return alreadyThere(table.name)
      const { membership } = before
      return {
        ...before,
        settings: withReadScaling(withStream(before.settings), source, wish.region),
        membership: nextEpoch(membership, {
          members: [...membership.members, wish.region],
          joined: { ...membership.joined, [wish.region]: membership.epoch + 1 },
        }),
        replicas: [...before.replicas, recordOf(wish, source, clock.nowMs())],
      }
    })
    if (isRefusal(begun)) return begun
    try {
      // Who joins sees its table at once.
      if (begun.multiAccount === true) await target.createTable(replicaBlueprint(begun, wish.region), 'CREATING', begun.globalId)
    } finally {
      work.track(lifecycle.create(table.globalId, wish.region))
    }
    // Recorded too: a Region that crashes before it follows does so when it recovers.
    await regions.running(source)?.engine.changeTable(table.name, ({ settings }) => ({ settings: withStream(settings) }))
    return undefined
  }

  /**
   * Begins to remove the replica of `region`.
   * @param asked whether another member was told to, or the table itself to go
   */
  async beginRemoval(global: GlobalTable | undefined, region: string, asked: 'group' | 'itself'): Promise<undefined | Refusal> {
    const { regions, registry, lifecycle, work, clock, pace, sourceHoldMs } = this.#parts
    if (global === undefined || replicaIn(global, region) === undefined) return notPart(region)
    if (global.consistency === 'STRONG') return asked === 'group' && global.witness !== undefined ? witnessMissing : onlyOneOfStrong
    const engine = await regions.engine(region)
    if (isRefusal(engine)) return unreachable(region)
    if (engine.table(global.name)?.settings.deletionProtection === true) return protectedReplica(global, region)
    const goesAtMs = clock.nowMs() + (asked === 'group' ? pace.deletingMs : 0)
    const begun = await registry.decide(global.globalId, (now) => {
      if (now === undefined || replicaIn(now, region) === undefined) return tableNotFound(global.name)
      if (isChanging(now, clock.nowMs())) return lastActive(now, region) ?? beingChanged()
      return sourceProblem(now, region, clock.nowMs(), sourceHoldMs) ?? withReplica(now, region, { status: 'DELETING', goesAtMs })
    })
    if (isRefusal(begun)) return begun
    // Recorded, so it will be done, also when the Region crashes before this answer.
    work.track(lifecycle.remove(global.globalId, region))
    if (goesAtMs <= clock.nowMs()) await engine.changeTable(global.name, () => ({ status: 'DELETING' }))
    return undefined
  }

  async #changeOverrides(global: GlobalTable | undefined, wish: ReplicaWish): Promise<undefined | Refusal> {
    const { registry, work, clock, shareSettings } = this.#parts
    if (global === undefined || replicaIn(global, wish.region) === undefined) return notPart(wish.region)
    const changed = await registry.decide(global.globalId, (now) => {
      const record = now && replicaIn(now, wish.region)
      if (now === undefined || record === undefined) return tableNotFound(global.name)
      if (isBusy(now)) return beingChanged()
      const problem = overrideProblem(now, wish)
      if (problem !== undefined) return problem
      const classChangedAtMs = wish.tableClassOverride === undefined ? record.classChangedAtMs : classChanges(record, clock.nowMs())
      if (isRefusal(classChangedAtMs)) return classChangedAtMs
      const isOther = wish.tableClassOverride !== localSettings(now, wish.region, undefined).tableClass
      // What is not named stays as it is.
      return withReplica(now, wish.region, {
        readUnitsOverride: wish.readUnitsOverride ?? record.readUnitsOverride,
        tableClassOverride: wish.tableClassOverride ?? record.tableClassOverride,
        onDemandReads: wish.onDemandReads === undefined ? record.onDemandReads : wish.onDemandReads,
        indexReadUnits: { ...record.indexReadUnits, ...wish.indexReadUnits },
        indexOnDemandReads: { ...record.indexOnDemandReads, ...wish.indexOnDemandReads },
        ...(classChangedAtMs === undefined || !isOther ? {} : { classChangedAtMs }),
      })
    })
    if (isRefusal(changed)) return changed
    work.track(shareSettings(global.globalId))
    return undefined
  }

  /** Whether the replica of this Region is kept from being disassociated. DynamoDB's texts for the refusals are not known; these are guesses. */
  async protect(region: string, tableName: string, isProtected: boolean): Promise<TableView | Refusal> {
    const { regions, registry, clock, views } = this.#parts
    const engine = await regions.engine(region)
    if (isRefusal(engine)) return engine
    const table = engine.table(tableName)
    if (table === undefined || table.status === 'CREATING') return tableNotFound(tableName)
    const decided = await registry.decide(table.globalId, (now) => {
      if (now === undefined || now.replicas.length < 2 || now.consistency === 'STRONG') return notDisassociable
      return isChanging(now, clock.nowMs()) ? beingChanged() : withReplica(now, region, { disassociationProtection: isProtected })
    })
    if (decided === undefined) return notDisassociable
    return isRefusal(decided) ? decided : views.of(engine, table)
  }

  async #beginDisassociation(global: GlobalTable | undefined, own: string, region: string): Promise<undefined | Refusal> {
    const { registry, lifecycle, work } = this.#parts
    if (region !== own) return notLocal
    if (global === undefined || replicaIn(global, region) === undefined || global.replicas.length < 2) return notPart(region)
    if (global.consistency === 'STRONG') return notDisassociable
    const begun = await registry.decide(global.globalId, (now) => {
      const record = now && replicaIn(now, region)
      if (now === undefined || record === undefined) return tableNotFound(global.name)
      if (isBusy(now)) return beingChanged()
      if (record.disassociationProtection ?? true) return keptFromDisassociation(now, region)
      // It fails: the table is ACTIVE again, with its replicas (developer guide, "Disassociating a replica").
      if (!mayDrain(now, record)) return undefined
      return withReplica(now, region, { status: 'DISASSOCIATING' })
    })
    if (isRefusal(begun)) return begun
    if (begun !== undefined) work.track(lifecycle.disassociate(global.globalId, region))
    return undefined
  }
}

export interface ReplicaControlParts {
  readonly regions: Regions
  readonly registry: Registry
  readonly lifecycle: ReplicaLifecycle
  readonly strong: StrongControl
  readonly work: BackgroundWork
  readonly clock: Clock
  readonly pace: ReplicaPace
  /** For how long the source of a replica cannot be removed before it, ms. */
  readonly sourceHoldMs: number
  readonly views: TableViews
  /** Brings the Regions to the settings that are recorded. */
  readonly shareSettings: (globalId: string) => Promise<void>
}

/** No text for disassociation was seen; all of these are guesses. */
const notLocal = refuse('invalid', 'A replica can only be disassociated in its own Region: RegionName must be the Region of the request.')
const notDisassociable = refuse(
  'invalid',
  'Disassociation is only supported for replicas of global tables version 2019.11.21 with MultiRegionConsistency set to EVENTUAL.',
)

function keptFromDisassociation({ name }: GlobalTable, region: string): Refusal {
  return refuse(
    'invalid',
    `Cannot disassociate table ${name} in region ${regionOf(region)} because it has disassociation protection enabled. Disable disassociation protection first.`,
  )
}
