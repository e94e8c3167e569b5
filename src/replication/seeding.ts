import type { Clock } from '../base/clock.ts'
import type { Scheduler } from '../base/scheduler.ts'
import type { Random } from '../base/random.ts'
import { Derivation, derivationKeys } from '../engine/derivation.ts'
import { spaceRange, spaces } from '../engine/keyspace.ts'
import { ReadSet } from '../engine/read-set.ts'
import { removeRows } from '../engine/region-engine.ts'
import type { StoredItem } from '../engine/stored-item.ts'
import type { Table } from '../engine/table.ts'
import type { Store, Write } from '../storage/store.ts'
import { decodeCell, emptyCell, encodeCell } from './cell.ts'
import { noCursors } from './cursors.ts'
import { decideContest } from './contest.ts'
import type { Membership } from './membership.ts'
import type { Message, SeedLost, SeedPage } from './messages.ts'
import { ownerWrite } from './owners.ts'
import type { Policy } from './policy.ts'
import { decodeReplicaRow, encodeReplicaRow } from './replica-row.ts'
import { cellKey, replicaRowKey, tombstoneKey } from './rows.ts'
import { joinStates } from './siblings.ts'
import { StateTransfer } from './state-transfer.ts'

/**
 * Fills a new replica from a member's snapshot: the join of nothing with that state [REP-34]. Until it is complete nothing of it counts: the cursors
 * are set, with the totals, by the last transaction, and whenever the source lost the snapshot (or either side crashed) everything is removed and
 * begun again [REP-33]. What lost to another sibling is entered in this replica's ledger too: the source, and with it its ledger, may go.
 */
export class Seeding {
  readonly #options: SeedingOptions
  readonly #transfer: StateTransfer
  #progress: SeedProgress = { items: 0, itemsExpected: undefined }
  #closed = false
  #losses = 0

  constructor(options: SeedingOptions) {
    this.#options = options
    this.#transfer = new StateTransfer({ ...options, globalId: options.table.globalId })
  }

  get progress(): SeedProgress {
    return this.#progress
  }

  /** Entries made in this replica's ledger. */
  get losses(): number {
    return this.#losses
  }

  /** Settles when the replica holds the snapshot; false when it was closed before, or the source let go of the snapshot. */
  async run(): Promise<boolean> {
    const { store, table } = this.#options
    for (const space of filledSpaces) await removeRows(store, spaceRange(table.number, space))
    let itemCount = 0
    let sizeBytes = 0
    for await (const page of this.#transfer.pages()) {
      if (this.#closed || page.kind === 'seed-lost') break
      for (const shown of await this.#takePage(page)) {
        itemCount++
        sizeBytes += shown.sizeBytes
      }
      this.#progress = { items: itemCount, itemsExpected: page.itemCount }
      if (!page.last) continue
      await this.#complete(page, itemCount, sizeBytes)
      this.#transfer.end()
      return true
    }
    this.#transfer.end()
    return false
  }

  received(message: SeedPage | SeedLost): void {
    this.#transfer.received(message)
  }

  /** The link is up: what was asked for may be lost. */
  linkUp(): void {
    this.#transfer.linkUp()
  }

  close(): void {
    this.#closed = true
    this.#transfer.end()
  }

  /** Writes a page with what follows from its items; returns what it shows. */
  async #takePage({ cells, cursors, epoch }: SeedPage): Promise<readonly StoredItem[]> {
    const { store, table, current, trueClock, region, policy, membership } = this.#options
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
      const nowMs = trueClock.nowMs()
      const derivation = new Derivation({ table: definition, atMs: nowMs, cause: 'seed', indexDelayMs: 0, read })
      const writes: Write[] = []
      const result: StoredItem[] = []
      for (const { itemKey, cell } of cells) {
        const siblings = joinStates(nothing, { siblings: decodeCell(cell).siblings, cursors, epoch }, membership())
        const contest = decideContest(itemKey, emptyCell, siblings, {
          table,
          region,
          policy: policy(),
          membership: membership(),
          nowMs,
          wasRead: () => false,
        })
        this.#losses += contest.found.length
        writes.push({ key: cellKey(table.number, itemKey), value: encodeCell(contest.cell) }, ...contest.writes)
        for (const version of siblings) {
          if (version.stored === undefined) writes.push({ key: tombstoneKey(table.number, version.dot), value: itemKey })
        }
        const shown = contest.cell.shown?.stored
        if (shown === undefined) continue
        derivation.add(itemKey, undefined, shown)
        result.push(shown)
      }
      return { writes: [...writes, ...derivation.writes], result }
    })
  }

  async #complete({ cursors, owners }: SeedPage, itemCount: number, sizeBytes: number): Promise<void> {
    const { store, table } = this.#options
    const key = replicaRowKey(table.number)
    await store.transact([key], ([encoded]) => {
      if (encoded === undefined) return { writes: [], result: undefined }
      const row = encodeReplicaRow({ ...decodeReplicaRow(encoded), cursors, itemCount, sizeBytes })
      const known = Object.entries(owners).map(([incarnation, region]) => ownerWrite(table.number, incarnation, region))
      return { writes: [{ key, value: row }, ...known], result: undefined }
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
  readonly membership: () => Membership
  readonly policy: () => Policy
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

/** A replica that has seen nothing. */
const nothing = { siblings: [], cursors: noCursors, epoch: 0 }

const filledSpaces = [
  spaces.items,
  spaces.tombstones,
  spaces.log,
  spaces.ledger,
  spaces.derived,
  spaces.collections,
  spaces.contested,
  spaces.staged,
]
