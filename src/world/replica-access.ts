import type { Replica } from '../replication/replica.ts'
import { StoreClosed } from '../storage/store.ts'
import type { GlobalTable } from './global-table.ts'
import type { RegionNode, Running } from './region-node.ts'

/**
 * How whoever changes replicas reaches them: one piece of work per table at a time, and each step again on what was durable when its Region crashed
 * meanwhile. A Region that does not run is waited for, until it is said to be lost.
 */
export class ReplicaAccess {
  readonly node: (region: string) => RegionNode
  /** Whether the Region is recorded as lost for this table. */
  readonly isLost: (globalId: string, region: string) => boolean
  readonly #lastByTable = new Map<string, Promise<void>>()
  #changeWaiters: (() => void)[] = []

  constructor(node: (region: string) => RegionNode, isLost: (globalId: string, region: string) => boolean) {
    this.node = node
    this.isLost = isLost
  }

  /** The Region's parts, if it runs. */
  running(region: string): Running | undefined {
    return this.node(region).running
  }

  replica(globalId: string, region: string): Replica | undefined {
    return this.running(region)?.replication.replica(globalId)
  }

  /** One piece of work per table at a time, in the order in which they were asked for. */
  inTurn<T>(globalId: string, work: () => Promise<T>): Promise<T> {
    const done = (this.#lastByTable.get(globalId) ?? Promise.resolve()).then(work)
    const last = done
      .then(
        () => undefined,
        () => undefined, // whoever asked for it hears of it
      )
      .then(() => {
        if (this.#lastByTable.get(globalId) === last) this.#lastByTable.delete(globalId)
      })
    this.#lastByTable.set(globalId, last)
    return done
  }

  /** Does something on a replica; again, after the Region is back, when it crashed meanwhile. Undefined when there is no such replica (any more). */
  onReplica<T>({ globalId }: GlobalTable, region: string, act: (replica: Replica) => Promise<T>): Promise<T | undefined> {
    return this.onRegion(globalId, region, async ({ replication }) => {
      const replica = replication.replica(globalId)
      return replica === undefined ? undefined : act(replica)
    })
  }

  /** The same on a Region; undefined when it is lost. */
  async onRegion<T>(globalId: string, region: string, act: (running: Running) => Promise<T>): Promise<T | undefined> {
    for (;;) {
      const running = await this.#whenRunning(globalId, region)
      if (running === undefined) return undefined
      try {
        return await act(running)
      } catch (error) {
        if (!(error instanceof StoreClosed)) throw error
        // It crashed, or is being closed: when it runs again, the step is done on what was durable.
      }
    }
  }

  /** Regions were recorded as lost, or suspended: nobody waits for them any longer. */
  changed(): void {
    const waiters = this.#changeWaiters
    this.#changeWaiters = []
    for (const wake of waiters) wake()
  }

  /** Settles at the next {@link changed}. */
  nextChange(): Promise<void> {
    return new Promise((resolve) => this.#changeWaiters.push(resolve))
  }

  /** False when something changed before the work was done. */
  async unlessChanged(work: Promise<unknown>): Promise<boolean> {
    return Promise.race([work.then(() => true), this.nextChange().then(() => false)])
  }

  async #whenRunning(globalId: string, region: string): Promise<Running | undefined> {
    const node = this.node(region)
    for (;;) {
      if (this.isLost(globalId, region)) return undefined
      if (node.running !== undefined) return node.running
      await Promise.race([node.whenRunning(), this.nextChange()])
    }
  }
}
