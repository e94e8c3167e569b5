import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Cancel, Scheduler } from '../base/scheduler.ts'
import type { Cursors } from '../replication/cursors.ts'
import type { Replica } from '../replication/replica.ts'
import { isPermitted, membersOf, replicaIn } from './global-table.ts'
import type { ReplicaAccess } from './replica-access.ts'
import type { GlobalTable } from './global-table.ts'
import type { RegionNode, Running } from './region-node.ts'
import type { Registry } from './registry.ts'
import type { ReplicaPace } from './replica-pace.ts'

/** What the coming and going of replicas is made of: a step in a Region, which is done again when the Region crashed meanwhile, and waiting. */
export class ReplicaSteps {
  readonly registry: Registry
  readonly log: Log
  readonly pace: ReplicaPace
  readonly access: ReplicaAccess
  readonly #options: StepsOptions
  readonly #waits = new Set<Cancel>()

  constructor(options: StepsOptions) {
    this.registry = options.registry
    this.access = options.access
    this.log = options.log
    this.pace = options.pace
    this.#options = options
  }

  table(globalId: string): GlobalTable | undefined {
    return this.registry.get(globalId)
  }

  node(region: string): RegionNode {
    return this.access.node(region)
  }

  /** Brings the Regions to the settings that are recorded. */
  share(globalId: string): Promise<void> {
    return this.#options.share(globalId)
  }

  /** Does something in a Region as soon as it runs; again, after it is back, when it crashed meanwhile. Undefined when it is lost. */
  onRegion<T>({ globalId }: GlobalTable, region: string, act: (running: Running) => Promise<T>): Promise<T | undefined> {
    return this.access.onRegion(globalId, region, act)
  }

  onReplica<T>(table: GlobalTable, region: string, act: (replica: Replica) => Promise<T>): Promise<T | undefined> {
    return this.access.onReplica(table, region, act)
  }

  /**
   * Settles when a member has applied everything up to `goal`; false when it is suspended, and takes nothing in, when whose logs these are was given
   * up, and sends no more, or when nothing may be replicated between them.
   */
  async reaches(table: GlobalTable, member: string, goal: Cursors, of: string): Promise<boolean> {
    for (;;) {
      if (this.access.isLost(table.globalId, of) || !this.#mayFlow(table.globalId, of, member)) return false
      if (this.access.running(member)?.engine.table(table.name)?.suspended !== undefined) return false
      const reaching = this.onReplica(table, member, async (replica) => {
        await replica.reaches(goal)
        return this.access.replica(table.globalId, member) === replica
      })
      if ((await this.access.unlessChanged(reaching)) && (await reaching) !== false) return true
    }
  }

  #mayFlow(globalId: string, ...between: readonly string[]): boolean {
    const table = this.table(globalId)
    return between.every((region) => isPermitted((table && replicaIn(table, region)) ?? {}))
  }

  /** Brings every replica of a table to the membership and the policy that are recorded. */
  async reconcile(globalId: string): Promise<void> {
    const table = this.table(globalId)
    if (table === undefined || table.consistency === 'STRONG') return
    const adopting = membersOf(table).filter(({ status }) => status !== 'CREATING')
    await Promise.all(adopting.map(({ region }) => this.onReplica(table, region, (replica) => replica.adopt(table.membership))))
  }

  /** Removes the table of a Region, with its rows, unless it is gone or is another one of that name. */
  async drop(table: GlobalTable, region: string): Promise<void> {
    await this.onRegion(table, region, async ({ engine, replication }) => {
      if (engine.table(table.name)?.globalId !== table.globalId) return
      replication.remove(table.globalId)
      const dropped = await engine.dropTable(table.name)
      if (dropped !== undefined) await engine.removeRowsOf(dropped)
    })
  }

  /** Settles when it is that time. */
  until(atMs: number): Promise<void> {
    const { clock, scheduler } = this.#options
    const delayMs = atMs - clock.nowMs()
    if (delayMs <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = scheduler.after(delayMs, () => {
        this.#waits.delete(cancel)
        resolve()
      })
      this.#waits.add(cancel)
    })
  }

  /** What waits for a time waits for ever; a new process goes on with it. */
  close(): void {
    for (const cancel of this.#waits) cancel()
    this.#waits.clear()
  }
}

export interface StepsOptions {
  readonly registry: Registry
  readonly access: ReplicaAccess
  readonly log: Log
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly pace: ReplicaPace
  readonly share: (globalId: string) => Promise<void>
}
