import type { Random } from '../base/random.ts'
import { hex64 } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import { sleep } from '../base/scheduler.ts'
import type { StoredItem } from '../engine/stored-item.ts'
import { JournalOrder } from '../replication/journal-order.ts'
import { collectDeletions } from '../replication/strong-apply.ts'
import { StoreClosed } from '../storage/store.ts'
import type { GlobalTable } from './global-table.ts'
import type { Part } from './region-journals.ts'
import type { Running } from './region-node.ts'
import type { Regions } from './regions.ts'
import type { Registry } from './registry.ts'
import type { StrongPath } from './strong-lifecycle.ts'

/**
 * The data path of strongly consistent tables: one journal for each, with a member in every Region of the table, its witness too. It begins before the
 * replicas serve anybody, ends when all but one replica go, and is taken up again wherever a Region comes up. Who a table's members are is recorded in
 * the registry and stays as it is.
 */
export class StrongTables implements StrongPath {
  readonly #parts: StrongTablesParts
  /** They end with the process, not with a Region. */
  readonly #orderByJournal = new Map<string, JournalOrder>()
  #closed = false

  constructor(parts: StrongTablesParts) {
    this.#parts = parts
  }

  /**
   * The replicas are there, empty, and none serves a client yet, but for the first, which is not written to either. Settles when all may be written
   * through the journal.
   */
  async begin({ globalId }: GlobalTable): Promise<void> {
    await this.#parts.registry.change(globalId, (now) => (now.journal === undefined ? { ...now, journal: hex64(this.#parts.random) } : now))
    const table = this.#parts.registry.get(globalId)
    if (table === undefined) return
    for (const { region } of table.replicas) {
      await this.#onRegion(region, ({ engine }) => engine.changeTable(table.name, () => ({ ordered: true })))
    }
    await this.takeUp(globalId)
    await this.#until(async () => {
      for (const { region } of table.replicas) {
        const part = this.#partIn(region, table)
        if ((await part?.member.barrier())?.kind === 'at') return true
      }
      return false
    })
    const [first] = table.replicas
    if (first !== undefined) await this.#until(() => this.#share(table, first.region))
  }

  /** What was written to the first replica between being found empty and being ordered is written to all. */
  async #share({ name }: GlobalTable, region: string): Promise<boolean> {
    const engine = this.#parts.regions.running(region)?.engine
    const table = engine?.table(name)
    if (engine === undefined || table === undefined) return false
    const items = new Map<Uint8Array, StoredItem>()
    await engine.read(table, { from: new Uint8Array(0), to: undefined, reverse: false }, (item, place) => {
      items.set(place().itemKey, item)
      return 'more'
    })
    for (const [itemKey, item] of items) {
      const put = await engine.write(table, itemKey, (now) =>
        now === undefined ? { kind: 'keep', result: item } : { kind: 'put', item: now, result: item },
      )
      if (put.kind !== 'written') return false
    }
    return true
  }

  /**
   * The group ends. Settles when `region`, which keeps the table, has all that was acknowledged anywhere; its table is an ordinary one from then on, and
   * nothing of the journal is left where it can be reached.
   */
  async end(table: GlobalTable, region: string): Promise<void> {
    const { journal, name, globalId } = this.#parts.registry.get(table.globalId) ?? table
    if (journal === undefined) return
    await this.takeUp(globalId)
    await this.#until(async () => {
      const kept = this.#parts.regions.running(region)
      const local = kept?.engine.table(name)
      if (kept === undefined) return false
      if (local?.ordered !== true) return true
      const part = this.#partIn(region, { ...table, journal })
      // Nothing is placed any more, and what is not in the log of a new epoch never will be.
      const sealed = await part?.member.seal()
      if (part?.strong === undefined || sealed?.kind !== 'at' || !(await part.strong.reaches(sealed.position))) return false
      await collectDeletions(kept.store, local, journal, part.strong.applied, 0)
      await kept.engine.changeTable(name, () => ({ ordered: false }))
      return true
    })
    for (const member of membersOf(table)) await this.#parts.regions.running(member)?.journals.remove(journal)
    this.#orderByJournal.delete(journal)
  }

  /** Opens what is not open of a table's journal, in the Regions that run. A witness that was not used yet is started. */
  async takeUp(globalId: string): Promise<void> {
    const table = this.#parts.registry.get(globalId)
    if (table?.consistency !== 'STRONG' || table.journal === undefined || this.#closed) return
    if (table.witness !== undefined) await this.#parts.regions.start(table.witness.region)
    for (const region of membersOf(table)) await this.#open(region, table, table.journal)
  }

  /** A Region came up: it takes part again wherever it did, and lets go of what has ended meanwhile. */
  async takeUpIn(region: string): Promise<void> {
    const tables = this.#parts.registry.tables().filter(({ consistency }) => consistency === 'STRONG')
    const known = new Set(tables.flatMap(({ journal }) => (journal === undefined ? [] : [journal])))
    await this.#ifRunning(region, ({ journals }) => journals.removeAllBut(known))
    for (const { globalId } of tables) await this.takeUp(globalId)
  }

  close(): void {
    this.#closed = true
  }

  async #open(region: string, table: GlobalTable, journal: string): Promise<void> {
    await this.#ifRunning(region, async ({ engine, journals }) => {
      const isWitness = table.witness?.region === region
      const local = engine.table(table.name)
      if (!isWitness && (local?.globalId !== table.globalId || !local.ordered)) return
      await journals.open(journal, this.#orderOf(table, journal), isWitness ? undefined : local)
    })
  }

  #orderOf(table: GlobalTable, journal: string): JournalOrder {
    let order = this.#orderByJournal.get(journal)
    if (order === undefined) {
      const { regions, registry } = this.#parts
      const isUp = (from: string, to: string): boolean => regions.network.isUp(from, to, journal)
      order = new JournalOrder({ members: membersOf(table), start: registry.starts, isUp })
      this.#orderByJournal.set(journal, order)
    }
    return order
  }

  #partIn(region: string, { journal }: GlobalTable): Part | undefined {
    return journal === undefined ? undefined : this.#parts.regions.running(region)?.journals.get(journal)
  }

  /** Tries again, now and then, what needs Regions to be up and to reach each other. */
  async #until(done: () => Promise<boolean>): Promise<void> {
    while (!this.#closed) {
      try {
        if (await done()) return
      } catch (error) {
        if (!(error instanceof StoreClosed)) throw error
        // A Region crashed, or the world is being closed.
      }
      if (!this.#closed) await sleep(this.#parts.scheduler, triedAgainMs)
    }
  }

  async #ifRunning(region: string, act: (running: Running) => Promise<void>): Promise<void> {
    const running = this.#parts.regions.running(region)
    try {
      if (running !== undefined) await act(running)
    } catch (error) {
      if (!(error instanceof StoreClosed)) throw error
      // It takes its part when it is up again.
    }
  }

  async #onRegion<T>(region: string, act: (running: Running) => Promise<T>): Promise<T> {
    for (;;) {
      const running = await this.#parts.regions.node(region).whenRunning()
      try {
        return await act(running)
      } catch (error) {
        if (!(error instanceof StoreClosed)) throw error
      }
    }
  }
}

export interface StrongTablesParts {
  readonly regions: Regions
  readonly registry: Registry
  readonly scheduler: Scheduler
  readonly random: Random
}

/** The Regions that keep the journal. */
export function membersOf({ replicas, witness }: GlobalTable): readonly string[] {
  const members = replicas.map(({ region }) => region)
  return witness === undefined ? members : [...members, witness.region]
}

const triedAgainMs = 200
