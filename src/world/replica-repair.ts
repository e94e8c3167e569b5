import type { Refusal } from '../engine/refusal.ts'
import type { Suspicion } from './disk-rollback.ts'
import { suspectsAtOpening } from './disk-rollback.ts'
import type { GlobalTable } from './global-table.ts'
import { isPermitted, membersOf, replicaIn, withReplica } from './global-table.ts'
import { closeLogs, exchangeLogs, withoutMember } from './log-closing.ts'
import { finishLoss, loseRegions } from './region-loss.ts'
import type { Running } from './region-node.ts'
import type { RepairOptions } from './repair-steps.ts'
import { RepairSteps } from './repair-steps.ts'
import { beginReadmission, finishReadmission } from './replica-readmission.ts'
import { finishSevering, leaveOut, sever } from './severing.ts'
import { joinState, lacksState } from './state-join.ts'

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
 *   severed:    taken out because it does not permit that it is replicated; it goes on as a table of its Region
 */
export class ReplicaRepair {
  readonly #steps: RepairSteps

  constructor(options: RepairOptions) {
    this.#steps = new RepairSteps(options)
  }

  /** Takes a member out that shall come back. Does nothing when it is none, or the only one. */
  expel(globalId: string, region: string, why: string): Promise<void> {
    const { access, registry, log } = this.#steps
    return access.inTurn(globalId, async () => {
      const begun = await registry.decide(globalId, (now) => {
        if (now === undefined || replicaIn(now, region)?.status !== 'ACTIVE') return undefined
        return membersOf(now).some((other) => other.region !== region && other.status === 'ACTIVE')
          ? withoutMember(withReplica(now, region, { status: 'EXPELLED', why }), region)
          : undefined
      })
      if (begun === undefined) return this.#staysAsItIs(globalId, region)
      log.warn('replica-expelled', { table: begun.name, region, why })
      await closeLogs(this.#steps, globalId, region)
      await exchangeLogs(this.#steps, globalId)
    })
  }

  /** A member that serves stands on an older disk: it serves nobody until it was taken out and is back. */
  async suspect(globalId: string, region: string, why: string): Promise<void> {
    const table = this.#steps.table(globalId)
    const running = this.#steps.access.running(region)
    if (table === undefined || running === undefined || replicaIn(table, region)?.status !== 'ACTIVE') return
    if (running.engine.table(table.name)?.suspended !== undefined) return
    await this.#steps.suspend(table, running, why)
    await this.#takeOut({ globalId, region, why })
  }

  /** Takes a suspected member out and in again, and goes on with whoever was coming back and waited for that. */
  async #takeOut({ globalId, region, why }: Suspicion): Promise<void> {
    await this.expel(globalId, region, why)
    await this.readmit(globalId, region)
    for (const { region: other, status } of this.#steps.table(globalId)?.replicas ?? []) {
      if (status === 'UPDATING') await this.readmit(globalId, other)
    }
  }

  /** The last one that there is serves again, whatever it has lost. */
  async #staysAsItIs(globalId: string, region: string): Promise<void> {
    const table = this.#steps.table(globalId)
    if (table === undefined || replicaIn(table, region)?.status !== 'ACTIVE') return
    await this.#steps.access.onRegion(globalId, region, async (running) => this.#steps.resumeService(table, region, running))
  }

  /** Makes an expelled replica a member again, if it can be reached, or goes on with that. */
  readmit(globalId: string, region: string): Promise<void> {
    return this.#steps.access.inTurn(globalId, async () => {
      if (this.#steps.isReachable(globalId, region)) await beginReadmission(this.#steps, globalId, region)
      await finishReadmission(this.#steps, globalId, region)
    })
  }

  /** Readmits whoever was expelled and can be reached now. */
  async readmitReachable(): Promise<void> {
    for (const { globalId, replicas } of this.#steps.registry.tables()) {
      for (const { region, status } of replicas) {
        if (status === 'EXPELLED' && this.#steps.isReachable(globalId, region)) await this.readmit(globalId, region)
      }
    }
  }

  /** Brings a member to another one's state, because it lacks what is in no log any more [REP-30]. */
  mend(globalId: string, region: string): Promise<void> {
    return this.#steps.access.inTurn(globalId, async () => {
      const table = this.#steps.table(globalId)
      const record = table && replicaIn(table, region)
      if (table === undefined || record?.status !== 'ACTIVE' || !isPermitted(record)) return
      const source = this.#steps.sourceFor(table, region)
      if (source !== undefined && (await lacksState(this.#steps, table, region))) await joinState(this.#steps, table, region, source)
    })
  }

  /** Lets a replica that does not permit that it is replicated leave its group, with what it has. */
  sever(globalId: string, region: string): Promise<void> {
    return sever(this.#steps, globalId, region)
  }

  /** Waits for nothing more of a replica that goes, or that is being made, and removes it. */
  async abandon(globalId: string, region: string): Promise<void> {
    await leaveOut(this.#steps, globalId, region, { status: 'DELETING', lost: true, why: undefined })
    await finishLoss(this.#steps, globalId, region)
  }

  /** Takes Regions out of all tables for ever: they will not come back. Nothing is recorded when a table would have no whole replica left. */
  lose(regions: readonly string[]): Promise<readonly string[] | Refusal> {
    return loseRegions(this.#steps, regions)
  }

  /** Goes on with what was under way when the world ended. */
  async resume({ globalId }: GlobalTable): Promise<void> {
    for (const { region, status, lost } of this.#steps.table(globalId)?.replicas ?? []) {
      if (lost === true) await finishLoss(this.#steps, globalId, region)
      else if (status === 'EXPELLED') {
        await this.#steps.access.inTurn(globalId, async () => {
          await closeLogs(this.#steps, globalId, region)
          await exchangeLogs(this.#steps, globalId)
        })
        await this.readmit(globalId, region)
      } else if (status === 'UPDATING') await this.readmit(globalId, region)
      else if (status === 'SEVERED') await finishSevering(this.#steps, globalId, region)
    }
  }

  /** A Region has opened its store, and serves nobody yet. Returns what is to be done about older disks [REP-35], when it runs. */
  async opened(name: string, running: Running): Promise<() => Promise<void>> {
    const suspects = await suspectsAtOpening(this.#steps, name, running)
    return async () => {
      this.release()
      for (const suspicion of suspects) await this.#takeOut(suspicion)
      await this.#finishSevering(name)
      await this.readmitReachable()
    }
  }

  async #finishSevering(region: string): Promise<void> {
    for (const table of this.#steps.registry.tables()) {
      if (replicaIn(table, region)?.status === 'SEVERED') await finishSevering(this.#steps, table.globalId, region)
    }
  }

  /** Lets replicas ship what they write where all members run: each was compared with each when the later of the two opened. */
  release(): void {
    const { access, registry } = this.#steps
    for (const table of registry.tables()) {
      const members = membersOf(table)
      if (!members.every(({ region }) => access.running(region) !== undefined)) continue
      for (const { region, status } of members) if (status === 'ACTIVE') access.replica(table.globalId, region)?.release()
    }
  }
}
