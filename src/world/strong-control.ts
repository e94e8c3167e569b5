import type { Clock } from '../base/clock.ts'
import type { Refusal } from '../engine/refusal.ts'
import { isRefusal, refuse } from '../engine/refusal.ts'
import type { Table } from '../engine/table.ts'
import type { BackgroundWork } from './background-work.ts'
import type { GlobalTable, ReplicaRecord } from './global-table.ts'
import { isBusy, isChanging } from './global-table.ts'
import { asGlobal, withReadScaling } from './group-record.ts'
import { beingChanged, stillInUse, tableNotFound } from './refusals.ts'
import type { Regions } from './regions.ts'
import type { Registry } from './registry.ts'
import type { StrongRemoval, StrongWish } from './replica-action.ts'
import { recordOf } from './replica-action.ts'
import type { ReplicaLifecycle } from './replica-lifecycle.ts'
import type { ReplicaPace } from './replica-pace.ts'
import { alreadyThere, keyProblem, ownRegion, protectedReplica, unreachable, unscaledWrites } from './replica-rules.ts'
import { notWitness, regionsProblem, removalProblem, tableProblem, unsupportedOnExisting } from './strong-rules.ts'

/**
 * Strongly consistent groups: three replicas, or two and a witness, that come and go together. They are judged and recorded here; the
 * life cycle makes and removes them.
 */
export class StrongControl {
  readonly #parts: StrongControlParts

  constructor(parts: StrongControlParts) {
    this.#parts = parts
  }

  async beginCreation(table: Table, global: GlobalTable | undefined, own: string, wish: StrongWish): Promise<undefined | Refusal> {
    const { regions, registry, lifecycle, work, clock } = this.#parts
    const problem = regionsProblem(own, wish)
    if (problem !== undefined) return problem
    if (global !== undefined && global.replicas.length > 1) return unsupportedOnExisting
    if (wish.replicas.some(({ region }) => region === own)) return ownRegion
    for (const { keyArn } of wish.replicas) {
      const wrongKey = keyProblem(table.settings, keyArn)
      if (wrongKey !== undefined) return wrongKey
    }
    const unscaled = unscaledWrites(table)
    if (unscaled !== undefined) return unscaled
    for (const { region } of wish.replicas) {
      const target = await regions.engine(region)
      if (isRefusal(target)) return unreachable(region)
      if (target.table(table.name) !== undefined) return alreadyThere(table.name)
    }
    if (wish.witness !== undefined && isRefusal(await regions.engine(wish.witness))) return unreachable(wish.witness)
    const source = await regions.engine(own)
    if (isRefusal(source)) return source
    const { itemCount } = await source.statistics(table)
    const unfit = tableProblem(table, itemCount)
    if (unfit !== undefined) return unfit
    const begun = await registry.decide(table.globalId, (now) => {
      const current = regions.running(own)?.engine.table(table.name)
      if (current?.globalId !== table.globalId) return tableNotFound(table.name)
      if (current.status === 'DELETING') return stillInUse(current, current.status)
      if (now !== undefined && (isBusy(now) || now.replicas.length > 1)) return beingChanged()
      if (wish.replicas.some(({ region }) => regions.running(region)?.engine.table(table.name) !== undefined))
        return alreadyThere(table.name)
      const before = now ?? asGlobal(regions, current, own)
      return {
        ...before,
        consistency: 'STRONG',
        witness: wish.witness === undefined ? undefined : { region: wish.witness, status: 'CREATING' },
        settings: wish.replicas.reduce((settings, { region }) => withReadScaling(settings, own, region), before.settings),
        replicas: [...before.replicas, ...wish.replicas.map((replica) => recordOf(replica, own, clock.nowMs()))],
      } satisfies GlobalTable
    })
    if (isRefusal(begun)) return begun
    work.track(lifecycle.createStrong(table.globalId))
    return undefined
  }

  /** Ends a group: all replicas but the one that is asked, and the witness. */
  async beginRemoval(global: GlobalTable | undefined, own: string, removal: StrongRemoval): Promise<undefined | Refusal> {
    const { regions, registry, lifecycle, work, clock, pace } = this.#parts
    if (global?.consistency !== 'STRONG')
      return removal.regions.length > 1 || removal.witness === undefined ? oneAtATime : notWitness(removal.witness)
    if (isChanging(global, clock.nowMs())) return beingChanged()
    const problem = removalProblem(global, own, removal)
    if (problem !== undefined) return problem
    for (const region of removal.regions) {
      const engine = await regions.engine(region)
      if (isRefusal(engine)) return unreachable(region)
      if (engine.table(global.name)?.settings.deletionProtection === true) return protectedReplica(global, region)
    }
    const goesAtMs = clock.nowMs() + pace.deletingMs
    const begun = await registry.decide(global.globalId, (now) => {
      if (now === undefined) return tableNotFound(global.name)
      if (isChanging(now, clock.nowMs())) return beingChanged()
      const leaves = (replica: ReplicaRecord): ReplicaRecord =>
        replica.region === own ? replica : { ...replica, status: 'DELETING', goesAtMs }
      return {
        ...now,
        witness: now.witness && { ...now.witness, status: 'DELETING' },
        replicas: now.replicas.map(leaves),
      } satisfies GlobalTable
    })
    if (isRefusal(begun)) return begun
    work.track(lifecycle.removeStrong(global.globalId))
    return undefined
  }
}

export interface StrongControlParts {
  readonly regions: Regions
  readonly registry: Registry
  readonly lifecycle: ReplicaLifecycle
  readonly work: BackgroundWork
  readonly clock: Clock
  readonly pace: ReplicaPace
}

export const oneAtATime = refuse('invalid', 'Update table operation with more than one create or delete replica actions not allowed')
