import { assert } from '../base/assert.ts'
import type { IndexWrite } from '../engine/derivation.ts'
import { Derivation, derivationKeys } from '../engine/derivation.ts'
import { ReadSet, nameOf } from '../engine/read-set.ts'
import { rowKey, spaceRange, spaces, suffixOf } from '../engine/keyspace.ts'
import type { Table } from '../engine/table.ts'
import type { Decision, Key, Store, Value, Write } from '../storage/store.ts'
import type { Cell } from './cell.ts'
import { cellOf, decodeCell, encodeCell } from './cell.ts'
import { cursorOf } from './cursors.ts'
import type { Incarnation } from './dot.ts'
import type { Entry, Placed } from './journal.ts'
import { decodeReplicaRow, encodeReplicaRow } from './replica-row.ts'
import { cellKey, replicaRowKey } from './rows.ts'
import { asBuffer, encodeVersion } from './version.ts'

/**
 * Takes committed entries of a journal into one Region's table: items, what follows from them, and how far it has come, in one transaction. Every
 * Region decides alike whether an entry is void, from the entry and the item alone [STR-1]:
 *
 *     void  <=>  the item changed behind what the entry's Region had applied when it judged, or that lies further back than deletions are remembered
 *
 * An item's version is named by its place in the journal (the dot's incarnation is the journal's, its number the position), so it says by itself when
 * the item changed; a deletion stays as a version without item as long as an entry may come that had not seen it. An entry that comes twice is void
 * the second time: the first changed the item behind what it had seen.
 */
export interface StrongContext {
  /** As it is when the entries come. */
  readonly table: Table
  /** As it is when they are decided. */
  readonly current: () => Table | undefined
  readonly journal: Incarnation
  readonly indexDelayMs: number
  readonly nowMs: number
}

export type StrongApplied =
  | { readonly kind: 'applied'; readonly position: number; readonly fates: readonly Fate[]; readonly changed: boolean }
  /** There is no such table any more. */
  | { readonly kind: 'gone' }
  /** The definition changed meanwhile: to be tried again. */
  | { readonly kind: 'stale' }

/** What became of an entry. */
export type Fate =
  | {
      readonly kind: 'made'
      readonly id: string
      readonly indexWrites: readonly IndexWrite[]
      readonly collectionBytes: number | undefined
    }
  /** @param by the Region that changed the item meanwhile; undefined: it came too late to tell */
  | { readonly kind: 'void'; readonly id: string; readonly by: string | undefined }

/** The transaction that applies entries: what it reads, and what it decides. */
export function applyEntries(
  placed: readonly Placed[],
  context: StrongContext,
): { keys: readonly Key[]; decide: (values: readonly (Value | undefined)[]) => Decision<StrongApplied> } {
  const { table, indexDelayMs } = context
  const reads = new ReadSet()
  reads.add(replicaRowKey(table.number))
  const itemKeys = placed.flatMap(({ entry }) => (entry === undefined ? [] : [entry.itemKey]))
  for (const itemKey of itemKeys) reads.add(cellKey(table.number, itemKey))
  reads.addAll(derivationKeys(table, itemKeys, indexDelayMs))
  return {
    keys: reads.keys,
    decide(values) {
      const [replicaRow] = values
      if (replicaRow === undefined) return { writes: [], result: { kind: 'gone' } }
      if (context.current() !== table) return { writes: [], result: { kind: 'stale' } }
      return new Application(replicaRow, reads.reader(values), context).run(placed)
    },
  }
}

class Application {
  readonly #row
  readonly #read: (key: Key) => Value | undefined
  readonly #context: StrongContext
  readonly #derivation: Derivation
  readonly #cellByName = new Map<string, { key: Key; cell: Cell }>()
  readonly #writes: Write[] = []
  readonly #fates: Fate[] = []
  #itemCount: number
  #sizeBytes: number

  constructor(replicaRow: Value, read: (key: Key) => Value | undefined, context: StrongContext) {
    this.#row = decodeReplicaRow(replicaRow)
    this.#read = read
    this.#context = context
    this.#itemCount = this.#row.itemCount
    this.#sizeBytes = this.#row.sizeBytes
    const { table, nowMs: atMs, indexDelayMs } = context
    // Clients' writes, whichever Region they came to: streams show the same everywhere.
    this.#derivation = new Derivation({ table, atMs, cause: 'client', indexDelayMs, read })
  }

  run(placed: readonly Placed[]): Decision<StrongApplied> {
    const { journal, table } = this.#context
    const before = cursorOf(this.#row.cursors, journal)
    let position = before
    for (const each of placed) {
      if (each.position <= position) continue
      assert(each.position === position + 1, 'a journal is applied without gaps')
      position = each.position
      if (each.entry !== undefined) this.#apply(position, each.entry)
    }
    const changed = this.#fates.some(({ kind }) => kind === 'made')
    if (position === before) return { writes: [], result: { kind: 'applied', position, fates: [], changed: false } }
    const cursors = new Map(this.#row.cursors).set(journal, position)
    const row = { ...this.#row, itemCount: this.#itemCount, sizeBytes: this.#sizeBytes, cursors }
    for (const { key, cell } of this.#cellByName.values()) this.#writes.push({ key, value: encodeCell(cell) })
    this.#writes.push({ key: replicaRowKey(table.number), value: encodeReplicaRow(row) }, ...this.#derivation.writes)
    return { writes: this.#writes, result: { kind: 'applied', position, fates: this.#fates, changed } }
  }

  #apply(position: number, entry: Entry): void {
    const { table, journal } = this.#context
    const { itemKey, stored, id } = entry
    const key = cellKey(table.number, itemKey)
    const { shown } = this.#cellByName.get(nameOf(key))?.cell ?? decodeCell(this.#read(key))
    const last = shown?.version
    const changedAt = last?.dot.incarnation === journal ? last.dot.n : 0
    if (changedAt > entry.seen || position - entry.seen > deletionsRemembered) {
      this.#fates.push({ kind: 'void', id, by: changedAt > entry.seen ? last?.region : undefined })
      return
    }
    const version = encodeVersion({
      dot: { incarnation: journal, n: position },
      timestamp: last !== undefined && last.timestamp >= entry.timestamp ? last.timestamp + 1n : entry.timestamp,
      region: entry.region,
      base: last && { dot: last.dot, timestamp: last.timestamp },
      context: new Map([[journal, position - 1]]),
      epoch: 0,
      committedAtMs: entry.committedAtMs,
      itemKey,
      stored,
    })
    const before = shown?.stored
    this.#itemCount += (stored === undefined ? 0 : 1) - (before === undefined ? 0 : 1)
    this.#sizeBytes += (stored?.sizeBytes ?? 0) - (before?.sizeBytes ?? 0)
    this.#cellByName.set(nameOf(key), { key, cell: cellOf(version) })
    if (stored === undefined) this.#writes.push({ key: deletionKey(table.number, position), value: itemKey })

    const derivedBefore = this.#derivation.indexWrites.length
    this.#derivation.add(itemKey, before, stored)
    const indexWrites = this.#derivation.indexWrites.slice(derivedBefore)
    this.#fates.push({ kind: 'made', id, indexWrites, collectionBytes: this.#derivation.collectionBytes(itemKey) })
  }
}

/**
 * Lets go of deletions that no entry can miss any more. That need not be done by all Regions at one time: an entry that had not seen one of them is
 * void by its age alone.
 * @returns how many went
 */
export async function collectDeletions(
  store: Store,
  table: Pick<Table, 'number'>,
  journal: Incarnation,
  applied: number,
  remembered = deletionsRemembered,
): Promise<number> {
  const range = { from: spaceRange(table.number, spaces.deletions).from, to: deletionKey(table.number, applied - remembered + 1) }
  let collected = 0
  while (applied - remembered >= 0) {
    const { entries, more } = await store.page(range, collectedPage)
    const cellKeys = entries.map(({ value }) => cellKey(table.number, value))
    if (entries.length > 0) {
      await store.transact(cellKeys, (cells) => {
        const writes: Write[] = entries.map(({ key }) => ({ key, value: undefined }))
        for (const [at, { key }] of entries.entries()) {
          const version = decodeCell(cells[at]).shown?.version
          const isIt = version?.stored === undefined && version?.dot.incarnation === journal && version.dot.n === deletionPosition(key)
          const cell = cellKeys[at]
          if (isIt && cell !== undefined) writes.push({ key: cell, value: undefined })
        }
        return { writes, result: undefined }
      })
    }
    collected += entries.length
    if (!more) break
  }
  return collected
}

function deletionKey(tableNumber: number, position: number): Key {
  const suffix = Buffer.allocUnsafe(6)
  suffix.writeUIntBE(Math.max(0, position), 0, 6)
  return rowKey(tableNumber, spaces.deletions, suffix)
}

function deletionPosition(key: Key): number {
  return asBuffer(suffixOf(key)).readUIntBE(0, 6)
}

/** In positions of the journal. A write that takes longer to be placed than it takes others to place so many is judged again. */
export const deletionsRemembered = 100_000
const collectedPage = { entriesMax: 500, bytesMax: 1 << 20 }
