import type { Log } from '../base/log.ts'
import { StoreClosed } from '../storage/store.ts'
import type { GlobalTable } from './global-table.ts'
import { isPermitted, membersOf, replicaIn } from './global-table.ts'
import type { Running } from './region-node.ts'
import type { Registry } from './registry.ts'
import type { ReplicaAccess } from './replica-access.ts'

/** What the ways of repair have in common: who can be reached, and when a replica serves. */
export class RepairSteps {
  readonly registry: Registry
  readonly access: ReplicaAccess
  readonly log: Log
  /** Brings every replica of a table to the membership that is recorded. */
  readonly reconcile: (globalId: string) => Promise<void>
  readonly nowMs: () => number
  readonly #isUp: (from: string, to: string) => boolean

  constructor({ registry, access, log, reconcile, nowMs, isUp }: RepairOptions) {
    this.registry = registry
    this.access = access
    this.log = log
    this.reconcile = reconcile
    this.nowMs = nowMs
    this.#isUp = isUp
  }

  table(globalId: string): GlobalTable | undefined {
    return this.registry.get(globalId)
  }

  async suspend(table: GlobalTable, { engine, replication }: Running, why: string): Promise<void> {
    await engine.changeTable(table.name, () => ({ suspended: { why, refilled: false } }))
    await replication.replica(table.globalId)?.suspend()
    this.access.changed()
  }

  /** Whether a member that counts as whole serves nobody, because it is to be taken out, or brought to another one's state. */
  isAnySuspected(table: GlobalTable): boolean {
    return membersOf(table).some(({ region, status }) => {
      return status === 'ACTIVE' && this.access.running(region)?.engine.table(table.name)?.suspended !== undefined
    })
  }

  async resumeService({ globalId, name }: GlobalTable, region: string, running: Running): Promise<void> {
    const replica = running.replication.replica(globalId)
    if (this.access.running(region) !== running || replica === undefined) return
    replica.resume()
    await replica.unfence()
    await running.engine.changeTable(name, () => ({ status: 'ACTIVE', suspended: undefined }))
    replica.release()
  }

  async discard({ engine, replication }: Running, name: string, globalId: string): Promise<void> {
    if (engine.table(name)?.globalId !== globalId) return
    replication.remove(globalId)
    const dropped = await engine.dropTable(name)
    if (dropped !== undefined) await engine.removeRowsOf(dropped)
  }

  /** Whom a replica may be filled from: an ACTIVE one that answers before one that does not, and one that is none where there is no other. */
  sourceFor(table: GlobalTable, region: string): string | undefined {
    const others = membersOf(table).filter((other) => other.region !== region && other.status !== 'CREATING' && isPermitted(other))
    const active = others.filter(({ status }) => status === 'ACTIVE')
    const answers = active.filter((other) => this.#isUpBothWays(other.region, region))
    const steady = answers.find((other) => this.access.running(other.region)?.engine.table(table.name)?.suspended === undefined)
    return (steady ?? answers[0] ?? active[0] ?? others[0])?.region
  }

  isReachable(globalId: string, region: string): boolean {
    const table = this.table(globalId)
    const record = table && replicaIn(table, region)
    if (table === undefined || record === undefined || !isPermitted(record) || this.access.running(region) === undefined) return false
    return membersOf(table).some((other) => other.status === 'ACTIVE' && isPermitted(other) && this.#isUpBothWays(other.region, region))
  }

  #isUpBothWays(from: string, to: string): boolean {
    return this.access.running(from) !== undefined && this.#isUp(from, to) && this.#isUp(to, from)
  }
}

export interface RepairOptions {
  readonly registry: Registry
  readonly access: ReplicaAccess
  readonly log: Log
  /** Brings every replica of a table to the membership that is recorded. */
  readonly reconcile: (globalId: string) => Promise<void>
  readonly isUp: (from: string, to: string) => boolean
  readonly nowMs: () => number
}

/** Undefined when the Region crashes meanwhile: then it is asked again when it is back. */
export async function unlessClosed<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read
  } catch (error) {
    if (error instanceof StoreClosed) return undefined
    throw error
  }
}
