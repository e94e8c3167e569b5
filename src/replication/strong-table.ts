import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { hex64 } from '../base/random.ts'
import type { ChangeCause } from '../engine/change-log.ts'
import type { Judge, NotWritten, Verdict, WriteOrder, Written } from '../engine/item-writer.ts'
import type { Table } from '../engine/table.ts'
import type { Arrival } from '../engine/versioning.ts'
import { StoreClosed } from '../storage/store.ts'
import type { Store, Value } from '../storage/store.ts'
import { shownIn } from './cell.ts'
import { cursorOf } from './cursors.ts'
import type { Incarnation } from './dot.ts'
import type { Journal, Place } from './journal.ts'
import { decodeReplicaRow, isFenced } from './replica-row.ts'
import { cellKey, replicaRowKey } from './rows.ts'
import type { Fate } from './strong-apply.ts'
import { applyEntries, collectDeletions } from './strong-apply.ts'

/**
 * A strong table in one Region [STR-2]: takes what is committed into the table as it comes, and carries out what clients ask for.
 *
 *     write:  barrier -> applied up to it -> judged on the table -> appended -> its fate, when it is applied here
 *     strong read:  barrier -> applied up to it -> read
 *
 * Writes of one item in this Region wait for each other, so that they are void only when another Region changed the item meanwhile.
 */
export class StrongTable implements WriteOrder {
  readonly #options: StrongTableOptions
  #applied: number
  #applying = false
  #again = false
  #collectedAt: number
  #closed = false
  readonly #fateById = new Map<string, (fate: Fate | undefined) => void>()
  #waiting: { readonly position: number; readonly resolve: () => void }[] = []
  readonly #lastByItem = new Map<string, Promise<unknown>>()

  private constructor(options: StrongTableOptions, applied: number) {
    this.#options = options
    this.#applied = applied
    this.#collectedAt = applied
    options.journal.onCommitted(() => this.#applyLater())
    this.#applyLater()
  }

  /** Takes up the table where its row says that it is. */
  static async open(options: StrongTableOptions): Promise<StrongTable> {
    return new StrongTable(options, await appliedIn(options.store, options.table, options.incarnation))
  }

  /** Up to where the journal is in the table, durably. */
  get applied(): number {
    return this.#applied
  }

  async write<T>(table: Table, itemKey: Uint8Array, judge: Judge<T>, cause: ChangeCause): Promise<Written<T> | NotWritten> {
    if (this.#closed) return unreachable
    const barrier = await this.#options.journal.barrier()
    if (!(await this.#reached(barrier))) return unreachable
    return this.#inTurn(itemKey, async () => {
      for (;;) {
        const outcome = await this.#attempt(table, itemKey, judge, cause)
        if (outcome !== 'again') return outcome
      }
    })
  }

  async caughtUp(): Promise<boolean> {
    return !this.#closed && (await this.#reached(await this.#options.journal.barrier()))
  }

  /** Settles when everything up to there is in the table; false when it is closed before. */
  async reaches(position: number): Promise<boolean> {
    if (!this.#closed && this.#applied < position) {
      await new Promise<void>((resolve) => this.#waiting.push({ position, resolve }))
    }
    return this.#applied >= position
  }

  close(): void {
    this.#closed = true
    for (const resolve of this.#fateById.values()) resolve(undefined)
    this.#fateById.clear()
    for (const { resolve } of this.#waiting) resolve()
    this.#waiting = []
  }

  async #reached(place: Place): Promise<boolean> {
    return place.kind === 'at' && (await this.reaches(place.position))
  }

  async #attempt<T>(table: Table, itemKey: Uint8Array, judge: Judge<T>, cause: ChangeCause): Promise<Written<T> | NotWritten | 'again'> {
    const { store, journal, incarnation, region, random, arrival } = this.#options
    const [replicaRow, cell] = await store.getMany([replicaRowKey(table.number), cellKey(table.number, itemKey)])
    if (replicaRow === undefined || isFenced(replicaRow)) return { kind: 'gone' }
    const before = cell === undefined ? undefined : shownIn(cell)
    const verdict = judge(before, cell)
    if (keeps(verdict, before))
      return { kind: 'written', result: verdict.result, changed: false, indexWrites: [], collectionBytes: undefined }
    const { timestamp, committedAtMs } = arrival()
    const id = hex64(random)
    const fate = new Promise<Fate | undefined>((resolve) => this.#fateById.set(id, resolve))
    const placed = await journal.append({
      id,
      region,
      seen: cursorOf(decodeReplicaRow(replicaRow).cursors, incarnation),
      timestamp,
      committedAtMs,
      itemKey,
      stored: verdict.kind === 'put' ? verdict.item : undefined,
    })
    if (placed.kind !== 'at') {
      this.#fateById.delete(id)
      return placed.kind === 'no-quorum' ? unreachable : { kind: 'unknown' }
    }
    const made = await fate
    if (made === undefined) throw new StoreClosed()
    if (made.kind === 'made') {
      const { indexWrites, collectionBytes } = made
      return { kind: 'written', result: verdict.result, changed: true, indexWrites, collectionBytes }
    }
    // An expiry that was overtaken has nobody to be told.
    if (made.by === undefined || made.by === region || cause === 'expiry') return 'again'
    return { kind: 'overtaken' }
  }

  /** One write of an item after the other. */
  #inTurn<T>(itemKey: Uint8Array, work: () => Promise<T>): Promise<T> {
    const name = Buffer.from(itemKey).toString('latin1')
    const before = this.#lastByItem.get(name)
    const done = before === undefined ? work() : before.then(work)
    const last = done
      .catch(() => undefined) // whoever wrote hears of it
      .then(() => {
        if (this.#lastByItem.get(name) === last) this.#lastByItem.delete(name)
      })
    this.#lastByItem.set(name, last)
    return done
  }

  #applyLater(): void {
    this.#again = true
    if (this.#applying || this.#closed) return
    this.#applying = true
    this.#applyAll().then(
      () => (this.#applying = false),
      (error: unknown) => {
        this.#applying = false
        const { log, region, table } = this.#options
        if (!(error instanceof StoreClosed)) log.error('journal-not-applied', { region, table: table.name, error })
      },
    )
  }

  async #applyAll(): Promise<void> {
    const { journal, store, table, current, incarnation, indexDelayMs, nowMs } = this.#options
    while (this.#again && !this.#closed) {
      this.#again = false
      const placed = await journal.read(this.#applied)
      const definition = current(table)
      if (placed.length === 0 || definition === undefined) continue
      this.#again = true
      const context = { table: definition, current: () => current(table), journal: incarnation, indexDelayMs, nowMs: nowMs() }
      const { keys, decide } = applyEntries(placed, context)
      const outcome = await store.transact(keys, decide)
      if (outcome.kind === 'gone') return
      if (outcome.kind === 'stale') continue
      this.#applied = outcome.position
      if (outcome.changed) this.#options.changed(definition)
      this.#tell(outcome.fates)
      journal.applied(outcome.position)
      await this.#collect()
    }
  }

  #tell(fates: readonly Fate[]): void {
    for (const fate of fates) {
      this.#fateById.get(fate.id)?.(fate)
      this.#fateById.delete(fate.id)
    }
    const reached = this.#waiting.filter(({ position }) => position <= this.#applied)
    if (reached.length === 0) return
    this.#waiting = this.#waiting.filter(({ position }) => position > this.#applied)
    for (const { resolve } of reached) resolve()
  }

  async #collect(): Promise<void> {
    if (this.#applied - this.#collectedAt < collectedEvery) return
    this.#collectedAt = this.#applied
    const { store, table, incarnation } = this.#options
    await collectDeletions(store, table, incarnation, this.#applied)
  }
}

export interface StrongTableOptions {
  readonly region: string
  readonly store: Store
  readonly table: Table
  /** As it is now; undefined once it is dropped. */
  readonly current: (table: Table) => Table | undefined
  readonly journal: Journal
  /** Names the journal: versions of its entries are named by it. */
  readonly incarnation: Incarnation
  readonly indexDelayMs: number
  readonly random: Random
  /** A moment by this Region's clock. */
  readonly arrival: () => Arrival
  /** The process's clock. */
  readonly nowMs: () => number
  /** Is told that items changed, once that is durable. */
  readonly changed: (table: Table) => void
  readonly log: Log
}

/** Up to where a journal is in a table. */
export async function appliedIn(store: Store, { number }: Pick<Table, 'number'>, incarnation: Incarnation): Promise<number> {
  const row: Value | undefined = await store.get(replicaRowKey(number))
  return row === undefined ? 0 : cursorOf(decodeReplicaRow(row).cursors, incarnation)
}

const unreachable: NotWritten = { kind: 'unreachable' }
/** How many positions are applied between two looks for deletions that may go. */
const collectedEvery = 1000

function keeps<T>(verdict: Verdict<T>, before: unknown): boolean {
  return verdict.kind === 'keep' || (verdict.kind === 'delete' && before === undefined)
}
