import { assert } from '../base/assert.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import type { Table } from '../engine/table.ts'
import { StoreClosed } from '../storage/store.ts'
import type { ReplicaMessage, SeedRequest } from './messages.ts'
import type { ReplicaOptions } from './replica.ts'
import { Replica } from './replica.ts'
import { SeedSource } from './seed-source.ts'

/** Replication of one Region: its replicas by table, and the state transfers that it serves. */
export class RegionReplication {
  readonly #options: RegionReplicationOptions
  readonly #replicaById = new Map<string, Replica>()
  readonly #seedSource: SeedSource
  #closed = false

  private constructor(options: RegionReplicationOptions) {
    this.#options = options
    this.#seedSource = new SeedSource(options.store, options.scheduler, options.region)
    options.engine.onWrite((table) => this.#replicaById.get(table.globalId)?.written())
  }

  /** Takes up all tables of the engine. */
  static async open(options: RegionReplicationOptions): Promise<RegionReplication> {
    const replication = new RegionReplication(options)
    for (const table of options.engine.tables()) await replication.add(table)
    return replication
  }

  /** Begins to replicate a table that was just made. */
  async add(table: Table): Promise<Replica> {
    assert(!this.#closed, 'replication of a Region that is up')
    const { engine } = this.#options
    const replica = await Replica.open({
      ...this.#options,
      table,
      current: (opened) => engine.current(opened),
      indexDelayMs: engine.indexDelayMs,
      changed: (applied) => engine.changed(applied),
    })
    this.#replicaById.set(table.globalId, replica)
    return replica
  }

  /** Ends the replication of a table that is about to be dropped. */
  remove(globalId: string): void {
    const replica = this.#replicaById.get(globalId)
    if (replica === undefined) return
    replica.close()
    this.#replicaById.delete(globalId)
    this.#options.versions.forget(replica.table.number)
  }

  /** Takes up a table under another id than it had: to those that know the former one it is gone. */
  async readd(formerId: string, table: Table): Promise<void> {
    const replica = await this.add(table)
    this.#replicaById.get(formerId)?.close()
    this.#replicaById.delete(formerId)
    // It lets go of what it kept for others.
    await replica.adopt(replica.membership)
  }

  replica(globalId: string): Replica | undefined {
    return this.#replicaById.get(globalId)
  }

  /** A message about a table that is not here is dropped: its sender finds out from the group, not from this Region. */
  receive(from: string, message: ReplicaMessage): void {
    const replica = this.#replicaById.get(message.globalId)
    if (replica === undefined || this.#closed) return
    if (message.kind === 'seed-request') this.#serve(from, message, replica)
    else if (message.kind === 'seed-end') this.#seedSource.end(message.transfer)
    else replica.receive(from, message)
  }

  linkUp(peer: string): void {
    for (const replica of this.#replicaById.values()) replica.linkUp(peer)
  }

  close(): void {
    this.#closed = true
    this.#seedSource.close()
    for (const replica of this.#replicaById.values()) replica.close()
  }

  /** A replica that is being made or whose member is not known here serves nobody [REP-32]. */
  #serve(from: string, request: SeedRequest, replica: Replica): void {
    if (!replica.isSource || !replica.membership.members.includes(from)) return
    const { transport, log, region } = this.#options
    const send = async (): Promise<void> => {
      for await (const answer of this.#seedSource.answer(request, replica.table.number)) {
        if (this.#closed || !transport.send(from, answer)) return
      }
    }
    send().catch((error: unknown) => {
      if (!(error instanceof StoreClosed)) log.error('seeding-failed', { region, table: replica.table.name, error })
    })
  }
}

export type RegionReplicationOptions = Omit<ReplicaOptions, 'table' | 'current' | 'changed' | 'indexDelayMs'> & {
  readonly engine: RegionEngine
}
