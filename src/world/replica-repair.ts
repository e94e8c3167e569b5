import { regionOf } from '../base/account-region.ts'
import type { Log } from '../base/log.ts'
import { refuse } from '../engine/refusal.ts'
import type { Refusal } from '../engine/refusal.ts'
import type { Table } from '../engine/table.ts'
import type { Cursors } from '../replication/cursors.ts'
import { cursorOf, joinInto, noCursors } from '../replication/cursors.ts'
import type { Incarnation } from '../replication/dot.ts'
import { memoryOfMembers, wentBack } from '../replication/memory-of-members.ts'
import { isDropped, nextEpoch } from '../replication/membership.ts'
import { readReplicaRow } from '../replication/membership-row.ts'
import { readOwners } from '../replication/owners.ts'
import type { ReplicaRow } from '../replication/replica-row.ts'
import { logKey } from '../replication/rows.ts'
import { StoreClosed } from '../storage/store.ts'
import type { GlobalTable, LogLoss, ReplicaRecord } from './global-table.ts'
import { membersOf, replicaIn, withReplica } from './global-table.ts'
import { replicaBlueprint } from './replica-creation.ts'
import { isAwsRegion } from './aws-regions.ts'
import type { ReplicaAccess } from './replica-access.ts'
import type { Running } from './region-node.ts'
import type { Registry } from './registry.ts'

/**
 * What is done about replicas that cannot go on as they are. Each step is recorded before the next begins.
 *
 *   taken out:  recorded without it -> the others stop accepting its logs and say how far they have come -> its logs are closed at the
 *               highest of these [REP-36] -> the others bring each other there, by their logs, or by state where no log has it [REP-26, REP-30]
 *   lost:       taken out, for ever; what is known to be missing is noted [REP-37]
 *   expelled:   taken out because it went back to an older disk [REP-35] or held too much of the others' logs up [REP-38]; then, as soon as it
 *               can be reached:
 *   readmitted: it serves nobody -> it is a member again, which every other confirms -> it is brought to another's state, what it had not sent
 *               is made again -> it catches up -> ACTIVE
 */
export class ReplicaRepair {
  readonly #options: RepairOptions

  constructor(options: RepairOptions) {
    this.#options = options
  }

  /** Takes a member out that shall come back. Does nothing when it is none, or the only one. */
  expel(globalId: string, region: string, why: string): Promise<void> {
    const { access, registry, log } = this.#options
    return access.inTurn(globalId, async () => {
      const begun = await registry.decide(globalId, (now) => {
        if (now === undefined || replicaIn(now, region)?.status !== 'ACTIVE') return undefined
        return membersOf(now).some((other) => other.region !== region && other.status === 'ACTIVE')
          ? without(withReplica(now, region, { status: 'EXPELLED', why }), region)
          : undefined
      })
      if (begun === undefined) return this.#resume(globalId, region)
      log.warn('replica-expelled', { table: begun.name, region, why })
      await this.#close(globalId, region)
      await this.#exchange(globalId)
    })
  }

  /** A member that serves stands on an older disk: it serves nobody until it was taken out and is back. */
  async suspect(globalId: string, region: string, why: string): Promise<void> {
    const table = this.#table(globalId)
    const running = this.#options.access.running(region)
    if (table === undefined || running === undefined || replicaIn(table, region)?.status !== 'ACTIVE') return
    if (running.engine.table(table.name)?.suspended !== undefined) return
    await this.#suspend(table, running, why)
    await this.expel(globalId, region, why)
    await this.readmit(globalId, region)
  }

  /** The last one that there is stays what it is, whatever it has lost. */
  async #resume(globalId: string, region: string): Promise<void> {
    const table = this.#table(globalId)
    if (table === undefined || replicaIn(table, region)?.status !== 'ACTIVE') return
    await this.#options.access.onRegion(globalId, region, async (running) => this.#resumeService(table, region, running))
  }

  /** Makes an expelled replica a member again, if it can be reached, or goes on with that. */
  readmit(globalId: string, region: string): Promise<void> {
    return this.#options.access.inTurn(globalId, async () => {
      if (this.#isReachable(globalId, region)) await this.#beginReadmission(globalId, region)
      await this.#readmit(globalId, region)
    })
  }

  /** Readmits whoever was expelled and can be reached now. */
  async readmitReachable(): Promise<void> {
    for (const { globalId, replicas } of this.#options.registry.tables()) {
      for (const { region, status } of replicas) {
        if (status === 'EXPELLED' && this.#isReachable(globalId, region)) await this.readmit(globalId, region)
      }
    }
  }

  /** Brings a member to another one's state, because it lacks what is in no log any more [REP-30]. */
  mend(globalId: string, region: string): Promise<void> {
    return this.#options.access.inTurn(globalId, async () => {
      const table = this.#table(globalId)
      if (table === undefined || replicaIn(table, region)?.status !== 'ACTIVE') return
      const source = this.#sourceFor(table, region)
      if (source !== undefined && (await this.#lacksState(table, region))) await this.#join(table, region, source)
    })
  }

  /** Takes Regions out of all tables for ever: they will not come back. Nothing is recorded when a table would have no whole replica left. */
  async lose(regions: readonly string[]): Promise<readonly string[] | Refusal> {
    const { registry, access } = this.#options
    // What other accounts have of the Region goes with it.
    const isLost = ({ region }: ReplicaRecord): boolean => regions.includes(regionOf(region))
    const affected = registry.tables().filter(({ replicas }) => replicas.some(isLost))
    for (const { name, replicas } of affected) {
      if (replicas.some((replica) => !isLost(replica) && !replica.lost && isWhole(replica))) continue
      return refuse('in-use', `No other Region has all of table ${name}: it would be lost with ${regions.join(' and ')}.`)
    }
    for (const { globalId } of affected) {
      await registry.change(globalId, (now) => {
        let changed = now
        for (const { region, status, lost } of now.replicas.filter(isLost)) {
          if (lost === true) continue
          const isMember = changed.membership.members.includes(region)
          changed = withReplica(isMember ? without(changed, region) : changed, region, { status: 'DELETING', lost: true, why: undefined })
          this.#options.log.warn('replica-lost', { table: now.name, region, was: status })
        }
        return withLivingSources(changed)
      })
    }
    access.changed()
    for (const { globalId, replicas } of affected) {
      for (const source of replicas.filter(isLost))
        for (const { region } of replicas) access.replica(globalId, region)?.sourceGone(source.region)
    }
    await Promise.all(
      affected.map(async ({ globalId, replicas }) => {
        for (const { region } of replicas.filter(isLost)) await this.finishLoss(globalId, region)
      }),
    )
    return affected.map(({ name }) => name)
  }

  /** What is left to do about a Region that is recorded as lost. */
  finishLoss(globalId: string, region: string): Promise<void> {
    const { access, registry, log } = this.#options
    return access.inTurn(globalId, async () => {
      const table = this.#table(globalId)
      if (table === undefined || replicaIn(table, region)?.lost !== true) return
      await this.#close(globalId, region)
      await this.#exchange(globalId)
      await registry.change(globalId, (now) => ({ ...now, replicas: now.replicas.filter((replica) => replica.region !== region) }))
      log.info('replica-removed', { table: table.name, region })
      const running = access.running(region)
      if (running !== undefined) await this.#discard(running, table.name, globalId)
    })
  }

  /** Goes on with what was under way when the world ended. */
  async resume({ globalId }: GlobalTable): Promise<void> {
    for (const { region, status, lost } of this.#table(globalId)?.replicas ?? []) {
      if (lost === true) await this.finishLoss(globalId, region)
      else if (status === 'EXPELLED') {
        await this.#options.access.inTurn(globalId, async () => {
          await this.#close(globalId, region)
          await this.#exchange(globalId)
        })
        await this.readmit(globalId, region)
      } else if (status === 'UPDATING') await this.readmit(globalId, region)
    }
  }

  /**
   * A Region has opened its store, and serves nobody yet: does it stand on its own disk? Every running member is asked what it remembers of it, and it
   * what it remembers of them [REP-35]. Returns what is to be done about that, when it runs.
   */
  async opened(name: string, running: Running): Promise<() => Promise<void>> {
    const later: (() => Promise<void>)[] = []
    for (const table of this.#options.registry.tables()) {
      const record = replicaIn(table, name)
      const local = running.engine.table(table.name)
      const isHere = local?.globalId === table.globalId
      if (record === undefined || record.lost === true) {
        // A folder of another name is nobody's replica: an operator may keep a copy there.
        if (isHere && isAwsRegion(regionOf(name))) await this.#discard(running, table.name, table.globalId)
        continue
      }
      if (!table.membership.members.includes(name)) continue
      const row = isHere ? await readReplicaRow(running.store, local.number) : undefined
      const isOlder = row !== undefined && row.epoch < (table.membership.joined[name] ?? 0)
      // An earlier life of a replica that is being made: what it holds is nobody's.
      if (record.status === 'CREATING' && isOlder) await this.#discard(running, table.name, table.globalId)
      if (record.status !== 'ACTIVE' && record.status !== 'UPDATING') continue
      const suspect = async (region: string, at: Running, why: string): Promise<void> => {
        if (at.engine.table(table.name)?.suspended !== undefined && region !== name) return
        await this.#suspend(table, at, why)
        later.push(async () => {
          await this.expel(table.globalId, region, why)
          await this.readmit(table.globalId, region)
        })
      }
      if (!isHere) {
        const why = 'its store does not have the table'
        later.push(async () => {
          await this.expel(table.globalId, name, why)
          await this.readmit(table.globalId, name)
        })
        continue
      }
      if (local?.suspended !== undefined && record.status === 'ACTIVE') {
        await suspect(name, running, local.suspended.why)
        continue
      }
      if (isOlder && record.status === 'ACTIVE') {
        await suspect(name, running, 'it stands on what it was before it was filled again')
        continue
      }
      for (const { region, status } of membersOf(table)) {
        const other = region === name || status !== 'ACTIVE' ? undefined : this.#options.access.running(region)
        const theirs = other?.engine.table(table.name)
        if (other === undefined || theirs?.globalId !== table.globalId) continue
        const why = await this.#wentBack(table, { region: name, at: running, number: local.number }, other, theirs.number)
        if (why !== undefined) {
          await suspect(name, running, why)
          break
        }
        const whyThey = await this.#wentBack(table, { region, at: other, number: theirs.number }, running, local.number)
        if (whyThey !== undefined) await suspect(region, other, whyThey)
      }
    }
    return async () => {
      this.release()
      for (const each of later) await each()
      await this.readmitReachable()
    }
  }

  /** Lets replicas ship what they write where all members run: each was compared with each when the later of the two opened. */
  release(): void {
    const { access, registry } = this.#options
    for (const table of registry.tables()) {
      const members = membersOf(table)
      if (!members.every(({ region }) => access.running(region) !== undefined)) continue
      for (const { region, status } of members) if (status === 'ACTIVE') access.replica(table.globalId, region)?.release()
    }
  }

  async #wentBack(
    { membership }: GlobalTable,
    replica: { readonly region: string; readonly at: Running; readonly number: number },
    by: Running,
    tableNumber: number,
  ): Promise<string | undefined> {
    const row = await unlessClosed(readReplicaRow(replica.at.store, replica.number))
    const memory = await unlessClosed(memoryOfMembers(by.store, tableNumber))
    return row === undefined || memory === undefined ? undefined : wentBack(replica.region, row, memory, membership)
  }

  async #suspend(table: GlobalTable, { engine, replication }: Running, why: string): Promise<void> {
    await engine.changeTable(table.name, () => ({ suspended: { why, refilled: false } }))
    await replication.replica(table.globalId)?.suspend()
    this.#options.access.changed()
  }

  /** The others stop accepting its logs, say how far they have come, and the logs are closed there [REP-36]. */
  async #close(globalId: string, region: string): Promise<void> {
    const table = this.#table(globalId)
    if (table?.membership.closing?.includes(region) !== true) return
    const { access, registry } = this.#options
    const heads = new Map<Incarnation, number>()
    for (const other of table.replicas) joinInto(heads, access.replica(globalId, other.region)?.headsOf(region) ?? new Map())
    const finals = new Map<Incarnation, number>()
    const reached = new Map<Incarnation, number>()
    for (const other of membersOf(table)) {
      await access.onRegion(globalId, other.region, async ({ store, replication }) => {
        const replica = replication.replica(globalId)
        const now = this.#table(globalId)
        if (replica === undefined || now === undefined) return
        const row = await replica.adopt(now.membership)
        const owners = await readOwners(store, replica.table.number)
        const isTheirs = ([incarnation]: readonly [Incarnation, number]): boolean =>
          owners.get(incarnation) === region &&
          now.membership.closed[incarnation] === undefined &&
          now.membership.dropped[incarnation] === undefined
        joinInto(finals, new Map([...(row?.cursors ?? [])].filter(isTheirs)))
        joinInto(reached, row?.cursors ?? noCursors)
      })
    }
    await registry.change(globalId, (now) => {
      const { membership } = now
      if (membership.closing?.includes(region) !== true) return now
      const closing = membership.closing.filter((each) => each !== region)
      // What only this one had of logs that were closed before is nobody's now.
      const closed: Record<Incarnation, number> = { ...membership.closed }
      for (const [log, final] of Object.entries(closed)) {
        if (membership.dropped[log] === undefined) closed[log] = Math.min(final, cursorOf(reached, log))
      }
      for (const [log, final] of finals) closed[log] = final
      const isLost = replicaIn(now, region)?.lost === true
      return {
        ...now,
        membership: nextEpoch(membership, { closing, closed }),
        ...(isLost
          ? { losses: [...(now.losses ?? []), { region, atMs: this.#options.nowMs(), logs: logLosses(finals, heads) }].slice(-lossesKept) }
          : {}),
      }
    })
    await this.#options.reconcile(globalId)
  }

  /** Every member comes to where closed logs end: by a log that another one has, or, where none has it, by state. */
  async #exchange(globalId: string): Promise<void> {
    const { access } = this.#options
    for (;;) {
      const table = this.#table(globalId)
      if (table === undefined) return
      const states: MemberState[] = []
      for (const { region, status } of membersOf(table)) {
        // One that is still to be filled lacks nothing of its own.
        if (status === 'CREATING' || status === 'UPDATING') continue
        const state = await access.onRegion(globalId, region, async (running): Promise<MemberState | undefined> => {
          const number = running.engine.table(table.name)?.number
          const row = number === undefined ? undefined : await readReplicaRow(running.store, number)
          const isSuspended = running.engine.table(table.name)?.suspended !== undefined
          return number === undefined || row === undefined ? undefined : { region, running, number, row, isSuspended }
        })
        if (state !== undefined) states.push(state)
      }
      const lacks = lacksOf(table, states)
      const [first] = lacks
      if (first === undefined) return
      let served: Lack | undefined
      for (const lack of lacks) if (served === undefined && (await isServed(lack, states))) served = lack
      if (served !== undefined) {
        const next = new Map([[served.incarnation, served.has + 1]])
        // Whoever has them may be given up meanwhile, and whoever lacks them be suspended.
        await Promise.race([access.onReplica(table, served.region, (replica) => replica.reaches(next)), access.nextChange()])
        continue
      }
      const source = states.find(({ row }) => cursorOf(row.cursors, first.incarnation) >= first.final)
      if (states.some(({ region, running }) => access.running(region) !== running)) continue // one of them crashed meanwhile
      if (source === undefined) return // those that had it are gone too: they are being taken out themselves
      await this.#join(table, first.region, source.region)
    }
  }

  /** True when a record that comes next for this member is not kept where it was written. What was said of that may be out of date. */
  async #lacksState(table: GlobalTable, region: string): Promise<boolean> {
    const { access } = this.#options
    const before = await access.replica(table.globalId, region)?.row()
    if (before === undefined) return false
    const missing: { readonly incarnation: Incarnation; readonly n: number }[] = []
    for (const other of membersOf(table)) {
      const running = other.region === region ? undefined : access.running(other.region)
      const replica = running?.replication.replica(table.globalId)
      const row = await replica?.row()
      if (running === undefined || replica === undefined || row === undefined) continue
      for (const incarnation of row.ours) {
        const n = cursorOf(before.cursors, incarnation) + 1
        if (n > cursorOf(row.cursors, incarnation) || table.membership.closed[incarnation] !== undefined) continue
        if (isDropped(table.membership, incarnation) || table.membership.dropped[incarnation] !== undefined) continue
        // One that crashes meanwhile has not said that it keeps nothing.
        if (
          (await unlessClosed(running.store.get(logKey(replica.table.number, { incarnation, n })).then((record) => record ?? null))) ===
          null
        ) {
          missing.push({ incarnation, n })
        }
      }
    }
    // It may have come further while the others were looked at, and they have let go of what it had.
    const after = await access.replica(table.globalId, region)?.row()
    return after !== undefined && missing.some(({ incarnation, n }) => cursorOf(after.cursors, incarnation) < n)
  }

  /** A member takes in another one's state, and serves nobody meanwhile. */
  async #join(table: GlobalTable, region: string, source: string): Promise<void> {
    const { globalId } = table
    const why = `it lacks what is in no log any more, and takes in what ${source} holds`
    this.#options.log.warn('replica-mended', { table: table.name, region, source })
    await this.#options.access.onRegion(globalId, region, async (running) => {
      const replica = running.replication.replica(globalId)
      if (replica === undefined) return
      await this.#suspend(table, running, why)
      for (let from: string | undefined = source; from !== undefined; from = this.#sourceFor(this.#table(globalId) ?? table, region)) {
        if (await replica.reseedFrom(from, 'join')) break
        if (this.#options.access.running(region) !== running) return
      }
      await this.#resumeService(table, region, running)
    })
  }

  async #resumeService({ globalId, name }: GlobalTable, region: string, running: Running): Promise<void> {
    const replica = running.replication.replica(globalId)
    if (this.#options.access.running(region) !== running || replica === undefined) return
    replica.resume()
    await replica.unfence()
    await running.engine.changeTable(name, () => ({ status: 'ACTIVE', suspended: undefined }))
    replica.release()
  }

  async #beginReadmission(globalId: string, region: string): Promise<void> {
    const { access, registry } = this.#options
    const table = this.#table(globalId)
    if (table === undefined || replicaIn(table, region)?.status !== 'EXPELLED') return
    const why = replicaIn(table, region)?.why ?? 'it was expelled'
    // Also those of its logs of which nobody else had heard: from now on they could be.
    const finals = new Map<Incarnation, number>()
    await access.onRegion(globalId, region, async (running) => {
      if (running.engine.table(table.name)?.globalId !== globalId) return
      await this.#suspend(table, running, why)
      const row = await running.replication.replica(globalId)?.row()
      for (const incarnation of row?.ours ?? []) if (table.membership.closed[incarnation] === undefined) finals.set(incarnation, 0)
    })
    for (const other of membersOf(table)) {
      const row = await access.onReplica(table, other.region, (replica) => replica.row())
      for (const incarnation of finals.keys()) joinInto(finals, new Map([[incarnation, cursorOf(row?.cursors ?? noCursors, incarnation)]]))
    }
    await registry.change(globalId, (now) => {
      if (replicaIn(now, region)?.status !== 'EXPELLED') return now
      const { membership } = now
      const closed = { ...membership.closed, ...Object.fromEntries(finals) }
      const members = [...membership.members, region]
      const joined = { ...membership.joined, [region]: membership.epoch + 1 }
      return { ...withReplica(now, region, { status: 'UPDATING' }), membership: nextEpoch(membership, { members, joined, closed }) }
    })
  }

  async #readmit(globalId: string, region: string): Promise<void> {
    const { access, registry, log } = this.#options
    for (;;) {
      const table = this.#table(globalId)
      if (table === undefined || replicaIn(table, region)?.status !== 'UPDATING') return
      const goal = new Map<Incarnation, number>()
      for (const { region: member } of membersOf(table)) {
        if (member === region) continue
        const row = await access.onReplica(table, member, (replica) => replica.adopt(table.membership))
        if (row !== undefined) joinInto(goal, row.cursors)
      }
      const source = this.#sourceFor(table, region)
      if (source === undefined) return
      if (await access.onRegion(globalId, region, (running) => this.#refill(table, region, source, goal, running))) break
    }
    await registry.change(globalId, (now) => {
      return replicaIn(now, region)?.status === 'UPDATING' ? withReplica(now, region, { status: 'ACTIVE', why: undefined }) : now
    })
    log.info('replica-active', { table: this.#table(globalId)?.name, region })
  }

  /** False when it has to be begun again. */
  async #refill(table: GlobalTable, region: string, source: string, goal: Cursors, running: Running): Promise<boolean> {
    const { engine, replication } = running
    const { globalId, name } = table
    const local = engine.table(name) ?? (await engine.createTable(replicaBlueprint(table, region), 'CREATING', globalId))
    if (local?.globalId !== globalId) throw new Error(`${region} has another table named ${name}`)
    const replica = replication.replica(globalId) ?? (await replication.add(local))
    const row = await replica.row()
    const isOlder = row !== undefined && row.epoch < (table.membership.joined[region] ?? 0)
    if (isOlder && replica.ready && engine.table(name)?.suspended === undefined)
      await this.#suspend(table, running, 'it was set back meanwhile')
    await replica.adopt(table.membership)
    if (!replica.ready) {
      if (!(await replica.seedFrom(source))) return false
    } else if (engine.table(name)?.suspended?.refilled === false) {
      await replica.suspend()
      if (!(await replica.reseedFrom(source, 'replace'))) return false
      await engine.changeTable(name, ({ suspended }) => ({ suspended: suspended && { ...suspended, refilled: true } }))
    }
    if (!(await this.#options.access.unlessChanged(replica.reaches(goal)))) return false
    if (replication.replica(globalId) !== replica || this.#options.access.running(region) !== running) return false
    await this.#resumeService(table, region, running)
    return true
  }

  /** Whom a replica may be filled from: an ACTIVE one that answers before one that does not, and one that is none where there is no other. */
  #sourceFor(table: GlobalTable, region: string): string | undefined {
    const others = membersOf(table).filter((other) => other.region !== region && other.status !== 'CREATING')
    const active = others.filter(({ status }) => status === 'ACTIVE')
    const answers = active.filter((other) => this.#isUp(other.region, region))
    const steady = answers.find((other) => this.#options.access.running(other.region)?.engine.table(table.name)?.suspended === undefined)
    return (steady ?? answers[0] ?? active[0] ?? others[0])?.region
  }

  #isReachable(globalId: string, region: string): boolean {
    const table = this.#table(globalId)
    if (table === undefined || this.#options.access.running(region) === undefined) return false
    return membersOf(table).some((other) => other.status === 'ACTIVE' && this.#isUp(other.region, region))
  }

  #isUp(from: string, to: string): boolean {
    const { access, isUp } = this.#options
    return access.running(from) !== undefined && isUp(from, to) && isUp(to, from)
  }

  async #discard({ engine, replication }: Running, name: string, globalId: string): Promise<void> {
    if (engine.table(name)?.globalId !== globalId) return
    replication.remove(globalId)
    const dropped = await engine.dropTable(name)
    if (dropped !== undefined) await engine.removeRowsOf(dropped)
  }

  #table(globalId: string): GlobalTable | undefined {
    return this.#options.registry.get(globalId)
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

/** How many losses of Regions a table's record tells of: the latest. */
const lossesKept = 100

/** Recorded without the member; its logs are still to be closed. */
function without(table: GlobalTable, region: string): GlobalTable {
  const { membership } = table
  const members = membership.members.filter((member) => member !== region)
  return { ...table, membership: nextEpoch(membership, { members, closing: [...(membership.closing ?? []), region] }) }
}

/** Who is being filled from a Region that is lost is filled from another one. */
function withLivingSources(table: GlobalTable): GlobalTable {
  const source = table.replicas.find((replica) => replica.lost !== true && isWhole(replica))?.region
  const replicas = table.replicas.map((replica) => {
    const isGone = replica.source !== undefined && (replicaIn(table, replica.source)?.lost ?? true)
    return replica.status === 'CREATING' && isGone ? { ...replica, source } : replica
  })
  return { ...table, replicas }
}

function isWhole({ status }: ReplicaRecord): boolean {
  return status === 'ACTIVE'
}

/** What the lost Region was heard to have written beyond what any survivor has. */
function logLosses(finals: Cursors, heads: Cursors): readonly LogLoss[] {
  return [...finals].map(([incarnation, final]) => ({ incarnation, final, known: Math.max(final, cursorOf(heads, incarnation)) }))
}

interface MemberState {
  readonly region: string
  readonly running: Running
  readonly number: Table['number']
  readonly row: ReplicaRow
  /** It applies nothing, and is to be brought to another one's state: it serves what it has. */
  readonly isSuspended: boolean
}

/** A closed log of which a member does not have all. */
interface Lack {
  readonly region: string
  readonly incarnation: Incarnation
  readonly has: number
  readonly final: number
}

function lacksOf({ membership }: GlobalTable, states: readonly MemberState[]): readonly Lack[] {
  return Object.entries(membership.closed).flatMap(([incarnation, final]) =>
    isDropped(membership, incarnation) || membership.dropped[incarnation] !== undefined
      ? []
      : states.flatMap(({ region, row, isSuspended }) => {
          if (isSuspended) return []
          const has = cursorOf(row.cursors, incarnation)
          return has < final ? [{ region, incarnation, has, final }] : []
        }),
  )
}

/** Undefined when the Region crashes meanwhile: then it is asked again when it is back. */
async function unlessClosed<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read
  } catch (error) {
    if (error instanceof StoreClosed) return undefined
    throw error
  }
}

/** True when a member keeps the record that comes next. */
async function isServed({ incarnation, has, region }: Lack, states: readonly MemberState[]): Promise<boolean> {
  for (const { region: other, running, number, row } of states) {
    if (other === region || cursorOf(row.cursors, incarnation) <= has) continue
    const record = await unlessClosed(running.store.get(logKey(number, { incarnation, n: has + 1 })))
    if (record !== undefined) return true
  }
  return false
}
