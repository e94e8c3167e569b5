import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Cancel, Scheduler } from '../base/scheduler.ts'
import type { Cursors } from '../replication/cursors.ts'
import type { Replica } from '../replication/replica.ts'
import { StoreClosed } from '../storage/store.ts'
import type { GlobalTable } from './global-table.ts'
import type { RegionNode, Running } from './region-node.ts'
import type { Registry } from './registry.ts'
import type { ReplicaPace } from './replica-pace.ts'

/** What the coming and going of replicas is made of: a step in a Region, which is done again when the Region crashed meanwhile, and waiting. */
export class ReplicaSteps {
  readonly registry: Registry
  readonly log: Log
  readonly pace: ReplicaPace
  readonly #options: StepsOptions
  readonly #waits = new Set<Cancel>()

  constructor(options: StepsOptions) {
    this.registry = options.registry
    this.log = options.log
    this.pace = options.pace
    this.#options = options
  }

  table(globalId: string): GlobalTable | undefined {
    return this.registry.get(globalId)
  }

  node(region: string): RegionNode {
    return this.#options.node(region)
  }

  /** Brings the Regions to the settings that are recorded. */
  share(globalId: string): Promise<void> {
    return this.#options.share(globalId)
  }

  /** Does something in a Region as soon as it runs; again, after it is back, when it crashed meanwhile. */
  async onRegion<T>(region: string, act: (running: Running) => Promise<T>): Promise<T> {
    for (;;) {
      const running = await this.node(region).whenRunning()
      try {
        return await act(running)
      } catch (error) {
        if (!(error instanceof StoreClosed)) throw error
        // It crashed, or is being closed: when it runs again, the step is done on what was durable.
      }
    }
  }

  onReplica<T>({ globalId }: GlobalTable, region: string, act: (replica: Replica) => Promise<T>): Promise<T | undefined> {
    return this.onRegion(region, async ({ replication }) => {
      const replica = replication.replica(globalId)
      return replica === undefined ? undefined : act(replica)
    })
  }

  /** Settles when a member has applied everything up to `goal`. */
  async reaches(table: GlobalTable, member: string, goal: Cursors): Promise<void> {
    for (;;) {
      const reached = await this.onReplica(table, member, async (replica) => {
        await replica.reaches(goal)
        return this.node(member).running?.replication.replica(table.globalId) === replica
      })
      if (reached !== false) return
    }
  }

  /** Brings every replica of a table to the membership and the policy that are recorded. */
  async reconcile(globalId: string): Promise<void> {
    const table = this.table(globalId)
    if (table === undefined || table.consistency === 'STRONG') return
    const adopting = table.replicas.filter(({ region, status }) => status !== 'CREATING' && table.membership.members.includes(region))
    await Promise.all(adopting.map(({ region }) => this.onReplica(table, region, (replica) => replica.adopt(table.membership))))
  }

  /** Removes the table of a Region, with its rows, unless it is gone or is another one of that name. */
  drop(table: GlobalTable, region: string): Promise<void> {
    return this.onRegion(region, async ({ engine, replication }) => {
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
  readonly node: (region: string) => RegionNode
  readonly log: Log
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly pace: ReplicaPace
  readonly share: (globalId: string) => Promise<void>
}
