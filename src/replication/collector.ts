import type { Store, Write } from '../storage/store.ts'
import { decodeCell } from './cell.ts'
import type { Cursors } from './cursors.ts'
import { cursorOf, reaches } from './cursors.ts'
import type { Dot, Incarnation } from './dot.ts'
import { cellKey, contestedKey, dotOfRow, dotRange, logKey, ownerKey } from './rows.ts'
import { spaces, suffixOf } from '../engine/keyspace.ts'

/**
 * Lets go of what every member is known to have: log records at or below the stable cut, and cells that hold nothing but tombstones, all of
 * them stable [REP-28]. It looks at log positions only, never at a clock.
 */
export class Collector {
  readonly #store: Store
  readonly #tableNumber: number
  readonly #trimmedTo = new Map<Incarnation, number>()
  readonly #removed = new Set<Incarnation>()

  constructor(store: Store, tableNumber: number) {
    this.#store = store
    this.#tableNumber = tableNumber
  }

  /** Collects up to `cut`. Calls must not overlap. @param dropped those that {@link collectDropped} was called with */
  async collect(cut: Cursors, dropped: readonly Incarnation[] = []): Promise<void> {
    for (const [incarnation, n] of cut) {
      const trimmedTo = this.#trimmedTo.get(incarnation)
      if (trimmedTo !== undefined && n <= trimmedTo) continue
      await this.#collectTombstones(incarnation, n, stableTo(cut, dropped))
      await this.#trim(incarnation, trimmedTo === undefined ? await this.#firstRecord(incarnation, n) : trimmedTo + 1, n)
    }
  }

  /** Its replica was filled anew: what is kept begins elsewhere. */
  reset(): void {
    this.#trimmedTo.clear()
  }

  /** Removes all that is left of incarnations that were stable when they were left out of the cursors. @param cut of the others */
  async collectDropped(incarnations: readonly Incarnation[], cut: Cursors): Promise<void> {
    for (const incarnation of incarnations) {
      if (this.#removed.has(incarnation)) continue
      await this.#collectTombstones(incarnation, undefined, stableTo(cut, incarnations))
      for (;;) {
        const page = await this.#store.page(dotRange(this.#tableNumber, spaces.log, incarnation, 0, undefined), removalPage)
        if (page.entries.length > 0) await this.#write(page.entries.map(({ key }) => ({ key, value: undefined })))
        if (!page.more) break
      }
      await this.#write([{ key: ownerKey(this.#tableNumber, incarnation), value: undefined }])
      this.#trimmedTo.delete(incarnation)
      this.#removed.add(incarnation)
    }
  }

  /** Where the log begins that is to be trimmed to `cut`; behind it when there is none, as in a replica that was filled from a snapshot. */
  async #firstRecord(incarnation: Incarnation, cut: number): Promise<number> {
    const page = await this.#store.page(dotRange(this.#tableNumber, spaces.log, incarnation, 0, undefined), { entriesMax: 1, bytesMax: 1 })
    const [first] = page.entries
    return first === undefined ? cut + 1 : dotOfRow(first.key).n
  }

  async #trim(incarnation: Incarnation, from: number, to: number): Promise<void> {
    for (let first = from; first <= to; first += trimStep) {
      const last = Math.min(to, first + trimStep - 1)
      const writes: Write[] = []
      for (let n = first; n <= last; n++) writes.push({ key: logKey(this.#tableNumber, { incarnation, n }), value: undefined })
      await this.#write(writes)
      this.#trimmedTo.set(incarnation, last)
    }
    this.#trimmedTo.set(incarnation, to)
  }

  async #collectTombstones(incarnation: Incarnation, to: number | undefined, isStable: (dot: Dot) => boolean): Promise<void> {
    const range = dotRange(this.#tableNumber, spaces.tombstones, incarnation, 0, to === undefined ? undefined : to + 1)
    for (;;) {
      const page = await this.#store.page(range, tombstonePage)
      if (page.entries.length === 0) return
      const tombstones = page.entries.map(({ key, value }) => ({ key, cell: cellKey(this.#tableNumber, value) }))
      await this.#store.transact(
        tombstones.map(({ cell }) => cell),
        (cells) => {
          // Beside an item it goes when a write replaces both; beside a tombstone that is not stable yet, with that one.
          const writes: Write[] = tombstones.map(({ key }) => ({ key, value: undefined }))
          tombstones.forEach(({ cell }, index) => {
            const { siblings } = decodeCell(cells[index])
            if (siblings.length > 0 && siblings.every(({ stored, dot }) => stored === undefined && isStable(dot))) {
              writes.push({ key: cell, value: undefined })
              if (siblings.length > 1) writes.push({ key: contestedKey(this.#tableNumber, suffixOf(cell)), value: undefined })
            }
          })
          return { writes, result: undefined }
        },
      )
      if (!page.more) return
    }
  }

  #write(writes: readonly Write[]): Promise<void> {
    return this.#store.transact([], () => ({ writes, result: undefined }))
  }
}

function stableTo(cut: Cursors, dropped: readonly Incarnation[]): (dot: Dot) => boolean {
  return (dot) => reaches(cut, dot) || dropped.includes(dot.incarnation)
}

/** True when the cut has moved on from `before` in some log. */
export function movedOn(before: Cursors, cut: Cursors): boolean {
  for (const [incarnation, n] of cut) if (n > cursorOf(before, incarnation)) return true
  return false
}

const trimStep = 1000
const tombstonePage = { entriesMax: 256, bytesMax: 1 << 20 }
const removalPage = { entriesMax: 1000, bytesMax: 4 << 20 }
