import { spaceRange, spaces } from '../engine/keyspace.ts'
import { pagesOf } from '../storage/pages.ts'
import type { Range, Store, Write } from '../storage/store.ts'
import type { Dot } from './dot.ts'
import type { LedgerEntry } from './ledger.ts'
import { entriesIn, isOpen } from './ledger-scan.ts'
import { isBesideEntry } from './rows.ts'

/** How many entries the ledger of one table keeps in one Region. When it is passed the oldest settled ones go, a tenth at once; unsettled and open ones stay. */
export const ledgerEntriesMax = 100_000

/**
 * Keeps the ledger of one table, in one Region, to its limit: the oldest entries go first, of those that are settled. For that both versions must be
 * stable: while a member does not have the winner it may still build on the loser, and the withdrawal would meet no entry. It works in steps, apart
 * from apply, and counts the entries by itself, only after the first loss since the opening, so that neither applying nor opening reads the ledger.
 */
export class LedgerLimit {
  readonly #store: Store
  readonly #tableNumber: number
  readonly #entriesMax: number
  /** Entries kept; undefined until they are counted. */
  #count: number | undefined
  #found = 0

  constructor(store: Store, tableNumber: number, entriesMax: number = ledgerEntriesMax) {
    this.#store = store
    this.#tableNumber = tableNumber
    this.#entriesMax = entriesMax
  }

  /** Entries were written. */
  found(losses: number): void {
    this.#found += losses
  }

  /** Lets go of what is beyond the limit. Calls must not overlap. */
  async enforce(isStable: (dot: Dot) => boolean): Promise<void> {
    if (this.#count === undefined) {
      if (this.#found === 0) return
      this.#found = 0 // those found while it counts may be counted twice; the next pass counts again
      this.#count = await this.#countEntries()
    } else {
      this.#count += this.#found
      this.#found = 0
    }
    if (this.#count <= this.#entriesMax) return
    // Counted anew, since a count that is kept for long may be off by what was found while it was made.
    const count = await this.#countEntries()
    // More than the excess, or each further loss would read the ledger again.
    const target = this.#entriesMax - Math.floor(this.#entriesMax / 10)
    this.#count = count - (await this.#removeOldest(count - target, isStable, count > openFactor * this.#entriesMax))
  }

  async #countEntries(): Promise<number> {
    let count = 0
    for await (const page of pagesOf(this.#store, this.#range(), step)) for (const { key } of page) if (!isBesideEntry(key)) count++
    return count
  }

  /** Returns how many went. */
  async #removeOldest(excess: number, isStable: (dot: Dot) => boolean, alsoOpen: boolean): Promise<number> {
    let removed = 0
    let writes: Write[] = []
    for await (const scanned of entriesIn(this.#store, this.#range())) {
      if (removed === excess) break
      if (!isSettled(scanned.entry, isStable) || (isOpen(scanned) && !alsoOpen)) continue
      removed++
      writes.push(...scanned.keys.map((key) => ({ key, value: undefined })))
      if (writes.length >= step.entriesMax) {
        await this.#remove(writes)
        writes = []
      }
    }
    if (writes.length > 0) await this.#remove(writes)
    return removed
  }

  #remove(writes: readonly Write[]): Promise<void> {
    return this.#store.transact([], () => ({ writes, result: undefined }))
  }

  #range(): Range {
    return spaceRange(this.#tableNumber, spaces.ledger)
  }
}

function isSettled({ loser, winner }: LedgerEntry, isStable: (dot: Dot) => boolean): boolean {
  return isStable(loser) && isStable(winner)
}

/** So much later go those that wait for somebody to resolve them. */
const openFactor = 10
const step = { entriesMax: 500, bytesMax: 4 << 20 }
