import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import { removeRows } from '../engine/region-engine.ts'
import type { Table } from '../engine/table.ts'
import { JournalLog, journalRange, journalsIn } from '../replication/journal-log.ts'
import { JournalMember } from '../replication/journal-member.ts'
import type { JournalOrder } from '../replication/journal-order.ts'
import type { JournalMessage, Transport } from '../replication/messages.ts'
import { StrongTable, appliedIn } from '../replication/strong-table.ts'
import type { Versions } from '../replication/versions.ts'
import type { Store } from '../storage/store.ts'

/** What one Region, while it is up, has of journals: its part in each, and the tables that follow them. */
export class RegionJournals {
  readonly #options: RegionJournalsOptions
  readonly #partByJournal = new Map<string, Part>()
  readonly #openingByJournal = new Map<string, Promise<Part>>()
  #closed = false

  constructor(options: RegionJournalsOptions) {
    this.#options = options
  }

  get(journal: string): Part | undefined {
    return this.#partByJournal.get(journal)
  }

  /** Takes part in a journal, where the Region's rows say that it is. @param table undefined: as a witness, which has none */
  open(journal: string, order: JournalOrder, table: Table | undefined): Promise<Part> {
    const opening = this.#openingByJournal.get(journal) ?? this.#open(journal, order, table)
    this.#openingByJournal.set(journal, opening)
    opening.catch(() => this.#openingByJournal.delete(journal)) // whoever opens it hears of it
    return opening
  }

  /** Takes part no more, and keeps nothing of it. */
  async remove(journal: string): Promise<void> {
    const part = await this.#openingByJournal.get(journal)
    this.#openingByJournal.delete(journal)
    this.#partByJournal.delete(journal)
    if (part !== undefined) this.#end(part)
    await removeRows(this.#options.store, journalRange(journal))
  }

  /** Removes what is left of journals that there are no more. */
  async removeAllBut(known: ReadonlySet<string>): Promise<void> {
    for (const journal of await journalsIn(this.#options.store)) if (!known.has(journal)) await this.remove(journal)
  }

  receive(from: string, message: JournalMessage): void {
    this.#partByJournal.get(message.journal)?.member.receive(from, message)
  }

  linkUp(peer: string): void {
    for (const { member } of this.#partByJournal.values()) member.linkUp(peer)
  }

  close(): void {
    this.#closed = true
    for (const part of this.#partByJournal.values()) this.#end(part)
    this.#partByJournal.clear()
  }

  async #open(journal: string, order: JournalOrder, table: Table | undefined): Promise<Part> {
    const { region, store, engine, versions, trueClock, scheduler, random, transport, isUp, log } = this.#options
    const journalLog = await JournalLog.open(store, journal)
    const applied = table === undefined ? 0 : await appliedIn(store, table, journal)
    const failed = (error: unknown): void => log.error('journal-failed', { region, journal, error })
    const isWitness = table === undefined
    const isLinked = (from: string, to: string): boolean => isUp(from, to, journal)
    const member = new JournalMember({
      region,
      journal,
      isWitness,
      log: journalLog,
      order,
      applied,
      transport,
      isUp: isLinked,
      scheduler,
      failed,
    })
    let strong: StrongTable | undefined
    if (table !== undefined) {
      strong = await StrongTable.open({
        region,
        store,
        table,
        current: (opened) => engine.current(opened),
        journal: member,
        incarnation: journal,
        indexDelayMs: engine.indexDelayMs,
        random,
        arrival: () => versions.arrival(),
        nowMs: () => trueClock.nowMs(),
        changed: (changed) => engine.changed(changed),
        log,
      })
      engine.orderBy(table, strong)
    }
    const part: Part = { member, strong, table }
    if (this.#closed) this.#end(part)
    else this.#partByJournal.set(journal, part)
    return part
  }

  #end({ member, strong, table }: Part): void {
    member.close()
    strong?.close()
    if (table !== undefined) this.#options.engine.orderBy(table, undefined)
  }
}

/** What a Region has of one journal. A witness has no table. */
export interface Part {
  readonly member: JournalMember
  readonly strong: StrongTable | undefined
  readonly table: Table | undefined
}

export interface RegionJournalsOptions {
  readonly region: string
  readonly store: Store
  readonly engine: RegionEngine
  readonly versions: Versions
  readonly trueClock: Clock
  readonly scheduler: Scheduler
  readonly random: Random
  readonly transport: Transport
  readonly isUp: (from: string, to: string, journal: string) => boolean
  readonly log: Log
}
