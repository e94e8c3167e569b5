import type { Clock } from '../base/clock.ts'
import type { Cancel, Scheduler } from '../base/scheduler.ts'
import type { Table } from '../engine/table.ts'
import type { BackgroundWork } from './background-work.ts'
import type { GlobalTable, ReplicaRecord } from './global-table.ts'
import { isPermitted, replicaIn } from './global-table.ts'
import type { Unauthorized } from './permitted-links.ts'
import type { Regions } from './regions.ts'
import type { Registry } from './registry.ts'
import type { ReplicaAccess } from './replica-access.ts'
import type { ReplicaRepair } from './replica-repair.ts'

/** How long a replica may be unauthorized before it is converted, irreversibly, to a table of its Region (developer guide, "Global tables: security"). */
export const UNAUTHORIZED_MAX_MS = 20 * 3_600_000

/**
 * Which replicas of several accounts do not permit that they are replicated, since when, and what becomes of those that do not for too long. Since when
 * is recorded: whether a process or a Region ends meanwhile changes nothing.
 */
export class ReplicationAuthority {
  readonly #parts: AuthorityParts
  /** What is being done about replicas, by table and Region. */
  readonly #underWay = new Set<string>()
  #cancel: Cancel | undefined
  #isClosed = false

  constructor(parts: AuthorityParts) {
    this.#parts = parts
  }

  /** A table's definition changed, and with it perhaps its policy. */
  changed({ globalId }: Table): void {
    if (this.#parts.registry.get(globalId)?.multiAccount === true) this.#parts.work.track(this.#look(globalId))
  }

  /** Policies may have been changed, or time have passed, while nobody looked. */
  async lookAtAll(): Promise<void> {
    for (const { globalId, multiAccount } of this.#parts.registry.tables()) if (multiAccount === true) await this.#look(globalId)
  }

  close(): void {
    this.#isClosed = true
    this.#cancel?.()
  }

  async #look(globalId: string): Promise<void> {
    const { registry, clock, access, work, repair } = this.#parts
    let isChanged = false
    await registry.change(globalId, (now) => {
      const judged = this.#judged(now, clock.nowMs())
      isChanged = judged.some((replica, index) => replica !== now.replicas[index])
      return isChanged ? { ...now, replicas: judged } : now
    })
    if (this.#isClosed) return
    if (isChanged) {
      access.changed()
      work.track(repair.readmitReachable())
    }
    this.#carryOut()
  }

  /** The replicas, with since when they are unauthorized. Who withheld something from a Region that does not run cannot have changed that for it. */
  #judged(table: GlobalTable, nowMs: number): readonly ReplicaRecord[] {
    const { regions, unauthorized } = this.#parts
    const members = table.replicas.filter(({ status, lost }) => status !== 'SEVERED' && lost !== true)
    const known = members.flatMap(({ region }) => {
      const there = regions.running(region)?.engine.table(table.name)
      return there?.globalId === table.globalId ? [{ region, table: there }] : []
    })
    const now = known.length < 2 ? new Set<string>() : unauthorized(known)
    return table.replicas.map((replica) => {
      if (now.has(replica.region)) return isPermitted(replica) ? { ...replica, unauthorizedSinceMs: nowMs } : replica
      return isPermitted(replica) || known.length < members.length ? replica : { ...replica, unauthorizedSinceMs: undefined }
    })
  }

  /** Does what is due, and comes back when something will be. */
  #carryOut(): void {
    if (this.#isClosed) return
    const { registry, clock, scheduler, work } = this.#parts
    const nowMs = clock.nowMs()
    let nextMs = Infinity
    for (const table of registry.tables()) {
      for (const replica of table.replicas) {
        const dueMs = this.#dueMs(table, replica)
        const name = `${table.globalId} ${replica.region}`
        if (dueMs === undefined || this.#underWay.has(name)) continue
        if (dueMs > nowMs) {
          nextMs = Math.min(nextMs, dueMs)
          continue
        }
        this.#underWay.add(name)
        work.track(this.#end(table.globalId, replica).finally(() => this.#underWay.delete(name)))
      }
    }
    this.#cancel?.()
    this.#cancel = nextMs === Infinity ? undefined : scheduler.after(Math.min(nextMs - nowMs, LOOK_AGAIN_MS), () => this.#carryOut())
  }

  /** When something is to be done about a replica; undefined while nothing is. */
  #dueMs({ multiAccount, replicas }: GlobalTable, { region, status, lost, unauthorizedSinceMs }: ReplicaRecord): number | undefined {
    if (multiAccount !== true || lost === true || status === 'SEVERED' || status === 'UPDATING') return undefined
    const others = replicas.filter((other) => other.region !== region && other.status !== 'SEVERED' && other.lost !== true)
    if (status === 'DELETING') {
      // What it has reaches nobody, so nothing is gained by waiting.
      return others.length > 0 && (unauthorizedSinceMs !== undefined || !others.some(isPermitted)) ? 0 : undefined
    }
    return others.length === 0 || unauthorizedSinceMs === undefined ? undefined : unauthorizedSinceMs + this.#parts.unauthorizedMaxMs
  }

  async #end(globalId: string, { region, status }: ReplicaRecord): Promise<void> {
    const { repair, registry } = this.#parts
    // Made or removed, it has nothing that could go on.
    if (status === 'CREATING' || status === 'DELETING') await repair.abandon(globalId, region)
    else await repair.sever(globalId, region)
    // The last one that there is has nobody whom it could withhold something from.
    const table = registry.get(globalId)
    if (table !== undefined && replicaIn(table, region) === undefined) await this.#look(globalId)
  }
}

/** Timers are not set for longer, so that a clock that is set forward is noticed. */
const LOOK_AGAIN_MS = 600_000

export interface AuthorityParts {
  readonly registry: Registry
  readonly regions: Regions
  readonly access: ReplicaAccess
  readonly repair: ReplicaRepair
  readonly work: BackgroundWork
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly unauthorized: Unauthorized
  readonly unauthorizedMaxMs: number
}
