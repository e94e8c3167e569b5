import { pagesOf } from '../storage/pages.ts'
import type { Store } from '../storage/store.ts'
import { spaces } from '../engine/keyspace.ts'
import type { Cursors } from './cursors.ts'
import { cursorOf } from './cursors.ts'
import type { Incarnation } from './dot.ts'
import { dotOfRow, dotRange } from './rows.ts'

/** How large a replica's log may become for the sake of one member before that member is expelled [REP-38]. Bytes of records, for each table. */
export const defaultLogBytesMax = 10 * 2 ** 30

/**
 * How many bytes of a replica's own logs are kept because a member does not have them. Records are counted once each, behind the traffic and only
 * while somebody lacks them; what was counted is remembered as a sum every {@link markEvery} records.
 */
export class PinnedLog {
  readonly #store: Store
  readonly #tableNumber: number
  readonly #sumsByLog = new Map<Incarnation, Sum[]>()

  constructor(store: Store, tableNumber: number) {
    this.#store = store
    this.#tableNumber = tableNumber
  }

  /** Counts what the slowest of the members lacks. Calls must not overlap. @param heads of the own logs */
  async count(heads: Cursors, members: readonly Cursors[]): Promise<void> {
    for (const incarnation of this.#sumsByLog.keys()) if (!heads.has(incarnation)) this.#sumsByLog.delete(incarnation)
    for (const [incarnation, head] of heads) {
      const had = Math.min(head, ...members.map((cursors) => cursorOf(cursors, incarnation)))
      if (had >= head) this.#sumsByLog.delete(incarnation)
      else await this.#countLog(incarnation, had, head)
    }
  }

  /** Bytes of what was counted and `member` does not have; up to {@link markEvery} records more than that. */
  bytesFor(member: Cursors): number {
    let bytes = 0
    for (const [incarnation, sums] of this.#sumsByLog) {
      const has = cursorOf(member, incarnation)
      const last = sums.at(-1)
      const before = sums.findLast(({ n }) => n <= has) ?? sums[0]
      if (last !== undefined && before !== undefined && last.n > has) bytes += last.bytes - before.bytes
    }
    return bytes
  }

  async #countLog(incarnation: Incarnation, had: number, head: number): Promise<void> {
    const sums = this.#sumsByLog.get(incarnation) ?? [{ n: had, bytes: 0 }]
    this.#sumsByLog.set(incarnation, sums)
    const unneeded = sums.findLastIndex(({ n }) => n <= had)
    if (unneeded > 0) sums.splice(0, unneeded)
    let { n, bytes } = sums.at(-1) ?? { n: had, bytes: 0 }
    let marked = n
    for await (const page of pagesOf(this.#store, dotRange(this.#tableNumber, spaces.log, incarnation, n + 1, head + 1), pageLimit)) {
      for (const { key, value } of page) {
        n = dotOfRow(key).n
        bytes += key.length + value.length
        if (n - marked < markEvery) continue
        sums.push({ n, bytes })
        marked = n
      }
    }
    if (n > marked) sums.push({ n, bytes })
  }
}

interface Sum {
  readonly n: number
  readonly bytes: number
}

const markEvery = 1000
const pageLimit = { entriesMax: 1000, bytesMax: 1 << 20 }
