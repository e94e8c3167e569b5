import type { Clock } from '../base/clock.ts'
import type { Cancel, Scheduler } from '../base/scheduler.ts'
import type { Random } from '../base/random.ts'
import { hex64 } from '../base/random.ts'
import { Derivation, derivationKeys } from '../engine/derivation.ts'
import { spaceRange, spaces } from '../engine/keyspace.ts'
import { ReadSet } from '../engine/read-set.ts'
import { removeRows } from '../engine/region-engine.ts'
import type { StoredItem } from '../engine/stored-item.ts'
import type { Table } from '../engine/table.ts'
import type { Store, Write } from '../storage/store.ts'
import { decodeCell, emptyCell, encodeCell } from './cell.ts'
import type { Cursors } from './cursors.ts'
import { decideContest } from './contest.ts'
import type { Message, SeedLost, SeedPage } from './messages.ts'
import type { Membership } from './membership.ts'
import type { Policy } from './policy.ts'
import { decodeReplicaRow, encodeReplicaRow } from './replica-row.ts'
import { cellKey, replicaRowKey, tombstoneKey } from './rows.ts'

/**
 * Fills a new replica from a member's snapshot. Until it is complete nothing of it counts: the cursors are set, with the
 * totals, by the last transaction, and whenever the source lost the snapshot (or either side crashed) everything is removed and
 * begun again [REP-33]. What lost to another sibling is entered in this replica's ledger too: the source, and with it its ledger, may go.
 */
export class Seeding {
  readonly #options: SeedingOptions
  #transfer = ''
  #after: Uint8Array | undefined
  #cancelRetry: Cancel | undefined
  #received: ((page: SeedPage | SeedLost) => void) | undefined
  #progress: SeedProgress = { items: 0, itemsExpected: undefined }
  #closed = false
  #losses = 0

  constructor(options: SeedingOptions) {
    this.#options = options
  }

  get progress(): SeedProgress {
    return this.#progress
  }

  /** Entries made in this replica's ledger. */
  get losses(): number {
    return this.#losses
  }

  /** Settles when the replica holds the snapshot; false when it was closed before. */
  async run(): Promise<boolean> {
    while (!this.#closed) if (await this.#attempt()) return true
    return false
  }

  received(message: SeedPage | SeedLost): void {
    if (message.transfer !== this.#transfer) return
    if (message.kind === 'seed-page' && !sameKey(message.after, this.#after)) return
    this.#received?.(message)
  }

  /** The link is up: what was asked for may be lost. */
  linkUp(): void {
    if (this.#received !== undefined) this.#ask()
  }

  close(): void {
    this.#closed = true
    this.#cancelRetry?.()
    this.#received?.({ kind: 'seed-lost', globalId: this.#options.table.globalId, transfer: this.#transfer })
  }

  async #attempt(): Promise<boolean> {
    const { store, table, random } = this.#options
    for (const space of filledSpaces) await removeRows(store, spaceRange(table.number, space))
    this.#transfer = hex64(random)
    this.#after = undefined
    this.#progress = { items: 0, itemsExpected: undefined }
    this.#losses = 0
    let itemCount = 0
    let sizeBytes = 0
    for (;;) {
      const page = await this.#next()
      if (this.#closed || page.kind === 'seed-lost') return false
      for (const shown of await this.#takePage(page)) {
        itemCount++
        sizeBytes += shown.sizeBytes
      }
      this.#progress = { items: itemCount, itemsExpected: page.itemCount }
      if (page.last) {
        await this.#complete(page.cursors, itemCount, sizeBytes)
        this.#options.send({ kind: 'seed-end', globalId: this.#options.table.globalId, transfer: this.#transfer })
        return true
      }
      this.#after = page.cells.at(-1)?.itemKey
    }
  }

  /** Writes a page with what follows from its items; returns what it shows. */
  async #takePage({ cells }: SeedPage): Promise<readonly StoredItem[]> {
    const { store, table, current, trueClock } = this.#options
    const definition = current(table) ?? table
    const keys = derivationKeys(
      definition,
      cells.map(({ itemKey }) => itemKey),
      0,
    )
    return store.transact<readonly StoredItem[]>(keys, (values) => {
      const reads = new ReadSet()
      reads.addAll(keys)
      const read = reads.reader(values)
      const derivation = new Derivation({ table: definition, atMs: trueClock.nowMs(), cause: 'seed', indexDelayMs: 0, read })
      const writes: Write[] = []
      const result: StoredItem[] = []
      for (const { itemKey, cell } of cells) {
        const shown = this.#take(itemKey, cell, writes)
        if (shown === undefined) continue
        derivation.add(itemKey, undefined, shown)
        result.push(shown)
      }
      return { writes: [...writes, ...derivation.writes], result }
    })
  }

  /** Writes one cell with what belongs to it; returns what it shows. */
  #take(itemKey: Uint8Array, cell: Uint8Array, writes: Write[]): StoredItem | undefined {
    const { table, region, policy, membership, trueClock } = this.#options
    const { number: tableNumber } = table
    const { siblings } = decodeCell(cell)
    const context = { table, region, policy: policy(), membership: membership(), nowMs: trueClock.nowMs(), wasRead: () => false }
    const contest = decideContest(itemKey, emptyCell, siblings, context)
    writes.push({ key: cellKey(tableNumber, itemKey), value: encodeCell(contest.cell) }, ...contest.writes)
    this.#losses += contest.found.length
    for (const version of siblings) {
      if (version.stored === undefined) writes.push({ key: tombstoneKey(tableNumber, version.dot), value: itemKey })
    }
    return contest.cell.shown?.stored
  }

  #next(): Promise<SeedPage | SeedLost> {
    return new Promise((resolve) => {
      this.#received = (message) => {
        this.#received = undefined
        this.#cancelRetry?.()
        resolve(message)
      }
      if (this.#closed) this.close()
      else this.#ask()
    })
  }

  #ask(): void {
    const { table, send, scheduler } = this.#options
    send({ kind: 'seed-request', globalId: table.globalId, transfer: this.#transfer, after: this.#after })
    this.#cancelRetry?.()
    this.#cancelRetry = scheduler.after(retryMs, () => this.#ask())
  }

  async #complete(cursors: Cursors, itemCount: number, sizeBytes: number): Promise<void> {
    const { store, table } = this.#options
    const key = replicaRowKey(table.number)
    await store.transact([key], ([encoded]) => {
      if (encoded === undefined) return { writes: [], result: undefined }
      const row = decodeReplicaRow(encoded)
      return { writes: [{ key, value: encodeReplicaRow({ ...row, cursors, itemCount, sizeBytes }) }], result: undefined }
    })
  }
}

export interface SeedingOptions {
  readonly store: Store
  readonly scheduler: Scheduler
  readonly random: Random
  readonly table: Table
  /** The table's definition as it is now; undefined once it is dropped. */
  readonly current: (table: Table) => Table | undefined
  readonly region: string
  readonly policy: () => Policy
  readonly membership: () => Membership
  /** The process's clock, which no fault skews. */
  readonly trueClock: Clock
  /** Sends to the source. */
  readonly send: (message: Message) => boolean
}

export interface SeedProgress {
  readonly items: number
  /** How many the source shows; undefined before it said so. */
  readonly itemsExpected: number | undefined
}

const retryMs = 10_000
const filledSpaces = [spaces.items, spaces.tombstones, spaces.log, spaces.ledger, spaces.derived, spaces.collections, spaces.contested]

function sameKey(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0
}
