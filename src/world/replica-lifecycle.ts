import type { Log } from '../base/log.ts'
import type { TableBlueprint } from '../engine/table.ts'
import type { Cursors } from '../replication/cursors.ts'
import { joinInto } from '../replication/cursors.ts'
import type { Incarnation } from '../replication/dot.ts'
import { announcesDrop, nextEpoch } from '../replication/membership.ts'
import type { Replica } from '../replication/replica.ts'
import type { ReplicaRow } from '../replication/replica-row.ts'
import { StoreClosed } from '../storage/store.ts'
import type { GlobalTable } from './global-table.ts'
import { isBusy, replicaIn, withReplica } from './global-table.ts'
import { localSettings } from './local-settings.ts'
import { withPolicyTag } from './policy-tag.ts'
import type { RegionNode, Running } from './region-node.ts'
import type { Registry } from './registry.ts'

/**
 * How a replica comes and goes. Each step is recorded before the next begins, so that a process (or a Region) that dies in between goes
 * on where it was: `resume` at the start of the world does what is unfinished.
 *
 *   create: member recorded -> every member confirms and counts it -> state transfer -> catch up -> ACTIVE     [REP-32]
 *   remove: fenced -> drained to every member -> its ledger handed over -> recorded without it, its logs closed -> data go   [REP-37]
 *
 * A member that cannot be reached holds a step up; nothing is guessed. What concerns one table is done one after the other: a replica that is
 * filled while ended incarnations are being left out would know neither the one nor the other state of the group [REP-31].
 */
export class ReplicaLifecycle {
  readonly #options: LifecycleOptions
  readonly #lastByTable = new Map<string, Promise<void>>()

  constructor(options: LifecycleOptions) {
    this.#options = options
  }

  /** Fills the replica that is recorded as CREATING in `region`, and makes it ACTIVE. */
  create(globalId: string, region: string): Promise<void> {
    return this.#inTurn(globalId, () => this.#create(globalId, region))
  }

  /** Drains and removes the replica that is recorded as DELETING in `region`. */
  remove(globalId: string, region: string): Promise<void> {
    return this.#inTurn(globalId, () => this.#remove(globalId, region))
  }

  /** Brings every replica of a table to the membership and the policy that are recorded. */
  async reconcile(globalId: string): Promise<void> {
    const table = this.#table(globalId)
    if (table === undefined) return
    const adopting = table.replicas.filter(({ region, status }) => status !== 'CREATING' && table.membership.members.includes(region))
    await Promise.all(adopting.map(({ region }) => this.#onReplica(table, region, (replica) => replica.adopt(table.membership))))
  }

  /**
   * Leaves ended incarnations out of the cursors of a table, once every member has them in full: announced in one epoch, done in the next, so that
   * nobody meets a context that leaves out what it does not know to be complete. Does nothing unless every member is up and has caught up.
   */
  retireIncarnations(globalId: string, keep: number): Promise<void> {
    return this.#inTurn(globalId, () => this.#retireIncarnations(globalId, keep))
  }

  async #create(globalId: string, region: string): Promise<void> {
    for (;;) {
      const table = this.#table(globalId)
      const record = table === undefined ? undefined : replicaIn(table, region)
      if (table === undefined || record?.status !== 'CREATING') return
      const source = record.source
      if (source === undefined) return
      const goal = new Map<Incarnation, number>()
      for (const { region: member } of table.replicas) {
        if (member === region) continue
        const row = await this.#onReplica(table, member, (replica) => replica.adopt(table.membership))
        if (row !== undefined) joinInto(goal, row.cursors)
      }
      if (await this.#fill(table, region, source, goal)) break
    }
    await this.#options.registry.change(globalId, (now) => withReplica(now, region, { status: 'ACTIVE' }))
    this.#options.log.info('replica-active', { table: this.#table(globalId)?.name, region })
  }

  async #remove(globalId: string, region: string): Promise<void> {
    const table = this.#table(globalId)
    if (table === undefined || replicaIn(table, region)?.status !== 'DELETING') return
    if (table.membership.members.includes(region)) {
      // Nobody shows what another policy chose when ledgers are compared: while a replica goes, the policy stays.
      await this.reconcile(globalId)
      const row = await this.#onReplica(table, region, (replica) => replica.fence())
      const finals = finalsOf(row)
      for (const { region: member } of table.replicas) {
        if (member !== region) await this.#reaches(table, member, finals)
      }
      await this.#handOverLedger(table, region)
      await this.#recordWithout(globalId, region, finals)
    }
    await this.#onRegion(region, async ({ engine, replication }) => {
      const local = engine.table(table.name)
      if (local?.globalId !== globalId) return
      replication.remove(globalId)
      const dropped = await engine.dropTable(table.name)
      if (dropped !== undefined) await engine.removeRowsOf(dropped)
    })
    await this.#options.registry.change(globalId, (now) => {
      const replicas = now.replicas.filter((replica) => replica.region !== region)
      return replicas.length === 0 ? undefined : { ...now, replicas }
    })
    this.#options.log.info('replica-removed', { table: table.name, region })
  }

  async #retireIncarnations(globalId: string, keep: number): Promise<void> {
    const table = this.#table(globalId)
    if (table === undefined || isBusy(table)) return
    if (!announcesDrop(table.membership)) {
      const complete = await this.#completeIncarnations(table)
      if (complete.length <= keep) return
      // A replica that was recorded meanwhile confirms neither step; the next time.
      await this.#options.registry.change(globalId, (now) => {
        if (isBusy(now)) return now
        const { membership } = now
        const dropped = { ...membership.dropped }
        for (const incarnation of complete) dropped[incarnation] = membership.epoch + 2
        return { ...now, membership: { ...membership, epoch: membership.epoch + 1, dropped } }
      })
    }
    await this.reconcile(globalId)
    await this.#options.registry.change(globalId, (now) => {
      const { membership } = now
      return isBusy(now) || !announcesDrop(membership) ? now : { ...now, membership: { ...membership, epoch: membership.epoch + 1 } }
    })
    await this.reconcile(globalId)
  }

  async #fill(table: GlobalTable, region: string, source: string, goal: Cursors): Promise<boolean> {
    return this.#onRegion(region, async (running) => {
      const { engine, replication } = running
      const local = engine.table(table.name) ?? (await engine.createTable(blueprintOf(table, region), 'CREATING', table.globalId))
      if (local?.globalId !== table.globalId) throw new Error(`${region} has another table named ${table.name}`)
      if (local.status === 'ACTIVE') return true
      const replica = replication.replica(table.globalId) ?? (await replication.add(local))
      await replica.adopt(table.membership)
      if (!(await replica.seedFrom(source))) return false
      await replica.reaches(goal)
      if (!replica.ready || replication.replica(table.globalId) !== replica || this.#options.node(region).running !== running) return false
      // Here, not after: a Region that crashes before this is durable comes back with a replica that is still to be filled.
      await engine.changeTable(table.name, () => ({ status: 'ACTIVE' }))
      return true
    })
  }

  async #reaches(table: GlobalTable, member: string, goal: Cursors): Promise<void> {
    for (;;) {
      const reached = await this.#onReplica(table, member, async (replica) => {
        await replica.reaches(goal)
        return this.#options.node(member).running?.replication.replica(table.globalId) === replica
      })
      if (reached !== false) return
    }
  }

  /** What only the leaving replica had found stays known: the first member that has all that the leaver had takes its ledger over. */
  async #handOverLedger(table: GlobalTable, region: string): Promise<void> {
    const members = table.replicas.filter((replica) => replica.region !== region && replica.status === 'ACTIVE')
    if (members.length === 0) return
    for (;;) {
      const seen = await this.#onReplica(table, region, (replica) => replica.stop())
      const leaver = this.#options.node(region).running?.replication.replica(table.globalId)
      if (seen === undefined) return
      if (leaver === undefined) continue
      if (!leaver.hasLedger) return
      const heir = await Promise.race(members.map((member) => this.#reaches(table, member.region, seen.cursors).then(() => member.region)))
      const isStill = (): boolean => this.#options.node(region).running?.replication.replica(table.globalId) === leaver
      // If it crashes it may apply more before it is stopped again, so all is done once more.
      await this.#onReplica(table, heir, async (replica) => {
        if (isStill()) await replica.inheritLedger(leaver)
      })
      if (isStill()) return
    }
  }

  async #recordWithout(globalId: string, region: string, finals: Cursors): Promise<void> {
    await this.#options.registry.change(globalId, (now) => {
      const { membership } = now
      return {
        ...now,
        membership: nextEpoch(membership, {
          members: membership.members.filter((member) => member !== region),
          closed: { ...membership.closed, ...Object.fromEntries(finals) },
        }),
      }
    })
    await this.reconcile(globalId)
  }

  /**
   * Incarnations that nobody writes to any more, that every member holds in full, and that every member knows to be stable: a deletion
   * among them is collected afterwards, so nothing that had not seen it may still be on its way to anybody [REP-36].
   */
  async #completeIncarnations(table: GlobalTable): Promise<readonly Incarnation[]> {
    const rows: ReplicaRow[] = []
    const cuts: Cursors[] = []
    const current = new Set<Incarnation>()
    for (const { region } of table.replicas) {
      const running = this.#options.node(region).running
      const replica = running?.replication.replica(table.globalId)
      const row = await replica?.row()
      const cut = await replica?.stableCut()
      if (running === undefined || replica === undefined || row === undefined || cut === undefined) return []
      rows.push(row)
      cuts.push(cut)
      const writing = running.versions.currentIncarnation(replica.table.number)
      if (writing !== undefined) current.add(writing)
    }
    const [first] = rows
    if (first === undefined) return []
    return [...first.cursors].flatMap(([incarnation, n]) => {
      const ended = !current.has(incarnation) && rows.every((row) => row.cursors.get(incarnation) === n)
      return ended && cuts.every((cut) => cut.get(incarnation) === n) ? [incarnation] : []
    })
  }

  /** One piece of work per table at a time, in the order in which they were asked for. */
  #inTurn(globalId: string, work: () => Promise<void>): Promise<void> {
    const done = (this.#lastByTable.get(globalId) ?? Promise.resolve()).then(work)
    const last = done
      .catch(() => undefined)
      .then(() => {
        if (this.#lastByTable.get(globalId) === last) this.#lastByTable.delete(globalId)
      })
    this.#lastByTable.set(globalId, last)
    return done
  }

  /** Does something on a replica; again, after the Region is back, when it crashed meanwhile. */
  #onReplica<T>(table: GlobalTable, region: string, act: (replica: Replica) => Promise<T>): Promise<T | undefined> {
    return this.#onRegion(region, async ({ replication }) => {
      const replica = replication.replica(table.globalId)
      return replica === undefined ? undefined : act(replica)
    })
  }

  async #onRegion<T>(region: string, act: (running: Running) => Promise<T>): Promise<T> {
    for (;;) {
      const running = await this.#options.node(region).whenRunning()
      try {
        return await act(running)
      } catch (error) {
        if (!(error instanceof StoreClosed)) throw error
        // It crashed, or is being closed: when it runs again, the step is done on what was durable.
      }
    }
  }

  #table(globalId: string): GlobalTable | undefined {
    return this.#options.registry.get(globalId)
  }
}

export interface LifecycleOptions {
  readonly registry: Registry
  readonly node: (region: string) => RegionNode
  readonly log: Log
}

/** What the replica of `region` begins as. */
export function blueprintOf(table: GlobalTable, region: string): TableBlueprint {
  const { name, schema, attributeDefinitions, membership } = table
  const start = replicaIn(table, region)?.ownStart
  const tags = withPolicyTag(start?.tags ?? {}, membership.policy)
  const settings = localSettings(table, region, undefined)
  return { name, schema, attributeDefinitions, settings, tags, ...(start && { own: start.own }) }
}

/** Where a replica's own logs end. */
function finalsOf(row: ReplicaRow | undefined): Cursors {
  if (row === undefined) return new Map()
  return new Map([...row.cursors].filter(([incarnation]) => row.ours.has(incarnation)))
}
