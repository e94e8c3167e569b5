import { createHash } from 'node:crypto'
import { spaceRange, spaces, suffixOf } from '../engine/keyspace.ts'
import type { Scheduler } from '../base/scheduler.ts'
import { sleep } from '../base/scheduler.ts'
import { pagesOf } from '../storage/pages.ts'
import type { Range, Snapshot, Store } from '../storage/store.ts'
import type { Cell } from './cell.ts'
import { decodeCell } from './cell.ts'
import type { Cursors } from './cursors.ts'
import { noCursors } from './cursors.ts'
import { printDot } from './dot.ts'
import { decodeReplicaRow } from './replica-row.ts'
import { replicaRowKey } from './rows.ts'

/** What a replica holds, in one number: keys, shown bytes and the dots behind them, of one moment [REP-41]. */
export interface Digest {
  /** SHA-256, hexadecimal. Equal in replicas that hold the same. */
  readonly hex: string
  readonly items: number
  /** The cursors of the same moment. */
  readonly cursors: Cursors
  /** The same of each part of the table that is not empty, by its number. */
  readonly parts: ReadonlyMap<number, string>
}

/** A table's keys begin with a hash, so that its parts are ranges of about the same size: those whose keys begin with the same 12 bits. */
export const digestParts = 4096

/**
 * The digest of one replica, kept part by part: what was not written to since the last look is not read again. Parts are marked when a write to them is
 * decided. Nothing of it is stored: the first look after an opening reads the whole table.
 */
export class DigestTree {
  readonly #parts: (Part | undefined)[] = Array.from({ length: digestParts })
  #marks = new Uint8Array(digestParts).fill(1)
  #looking: Promise<unknown> = Promise.resolve()

  /** An item was, or is about to be, written. */
  mark(itemKey: Uint8Array): void {
    this.#marks[partOf(itemKey)] = 1
  }

  /** One look at a time. */
  look(store: Store, scheduler: Scheduler, tableNumber: number): Promise<Digest> {
    const looked = this.#looking.then(() => this.#look(store, scheduler, tableNumber))
    this.#looking = looked.catch(() => undefined) // who asked for it hears of it
    return looked
  }

  async #look(store: Store, scheduler: Scheduler, tableNumber: number): Promise<Digest> {
    const marks = this.#marks
    this.#marks = new Uint8Array(digestParts)
    try {
      // All that was decided before this point is flushed when it is done, and so in the snapshot.
      await store.transact([], () => ({ writes: [], result: undefined }))
      const snapshot = await store.snapshot()
      try {
        // What was decided since may be in the snapshot or not; it stays marked, for the next look.
        this.#marks.forEach((mark, part) => (marks[part] = (marks[part] ?? 0) | mark))
        return await this.#digest(snapshot, scheduler, tableNumber, marks)
      } finally {
        snapshot.close()
      }
    } catch (error) {
      marks.forEach((mark, part) => (this.#marks[part] = (this.#marks[part] ?? 0) | mark))
      throw error
    }
  }

  async #digest(snapshot: Snapshot, scheduler: Scheduler, tableNumber: number, marks: Uint8Array): Promise<Digest> {
    for (let first = marks.indexOf(1); first >= 0;) {
      let end = marks.indexOf(0, first)
      if (end < 0) end = digestParts
      await this.#read(snapshot, scheduler, tableNumber, first, end)
      first = marks.indexOf(1, end)
    }
    const replicaRow = await snapshot.get(replicaRowKey(tableNumber))
    const hash = createHash('sha256')
    const parts = new Map<number, string>()
    let items = 0
    this.#parts.forEach((part, number) => {
      if (part === undefined) return
      hash.update(`${number}:${part.hex}`)
      parts.set(number, part.hex)
      items += part.items
    })
    return { hex: hash.digest('hex'), items, cursors: replicaRow === undefined ? noCursors : decodeReplicaRow(replicaRow).cursors, parts }
  }

  /** Reads parts `first` (inclusive) to `end` (exclusive), which follow each other. */
  async #read(snapshot: Snapshot, scheduler: Scheduler, tableNumber: number, first: number, end: number): Promise<void> {
    this.#parts.fill(undefined, first, end)
    let part = -1
    let hash = createHash('sha256')
    let [keys, items] = [0, 0]
    const finish = (): void => {
      if (keys > 0) this.#parts[part] = { hex: hash.digest('hex'), items }
    }
    for await (const page of pagesOf(snapshot, rangeOfParts(tableNumber, first, end), pageLimit)) {
      for (const { key, value } of page) {
        const itemKey = suffixOf(key)
        const cell = decodeCell(value)
        if (!counts(cell)) continue
        if (partOf(itemKey) !== part) {
          finish()
          part = partOf(itemKey)
          hash = createHash('sha256')
          ;[keys, items] = [0, 0]
        }
        hash.update(itemKey).update(fingerprint(cell))
        keys++
        if (cell.shown?.stored !== undefined) items++
      }
      await sleep(scheduler, 0) // others run between pages: a large table must not hold up its clients
    }
    finish()
  }
}

interface Part {
  readonly hex: string
  readonly items: number
}

/** The digest of a replica of which nothing was kept. */
export function digestOf(store: Store, scheduler: Scheduler, tableNumber: number): Promise<Digest> {
  return new DigestTree().look(store, scheduler, tableNumber)
}

/** Keys that hold tombstones only are left out: one replica may have collected what another still keeps. */
export function counts({ siblings }: Cell): boolean {
  return siblings.some(({ stored }) => stored !== undefined)
}

/** What is compared of a key: the dots of its siblings, and the shown bytes. */
export function fingerprint({ siblings, shown }: Cell): Buffer {
  const dots = siblings.map(({ dot }) => printDot(dot)).sort()
  return createHash('sha256')
    .update(dots.join())
    .update('\0')
    .update(shown?.stored?.image ?? 'deleted')
    .digest()
}

/** Parts `first` (inclusive) to `end` (exclusive). */
export function rangeOfParts(tableNumber: number, first: number, end: number): Range {
  const to = end === digestParts ? undefined : prefixOf(end)
  return spaceRange(tableNumber, spaces.items, first === 0 ? undefined : prefixOf(first), to)
}

function prefixOf(part: number): Uint8Array {
  return Uint8Array.of(part >> 4, (part & 0x0f) << 4)
}

function partOf(itemKey: Uint8Array): number {
  return ((itemKey[0] ?? 0) << 4) | ((itemKey[1] ?? 0) >> 4)
}

const pageLimit = { entriesMax: 500, bytesMax: 1 << 20 }
