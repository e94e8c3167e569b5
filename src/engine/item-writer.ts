import type { ItemEdit } from '../item/item-edit.ts'
import type { Decision, Key, Store, Value, Write } from '../storage/store.ts'
import type { ChangeCause } from './change-log.ts'
import type { IndexWrite } from './derivation.ts'
import { Derivation, derivationKeys } from './derivation.ts'
import { Intents } from './intents.ts'
import { rowKey, spaces } from './keyspace.ts'
import type { OnceOnly } from './once-only.ts'
import { judgeToken, tokenWrite } from './once-only.ts'
import { ReadSet } from './read-set.ts'
import type { StoredItem } from './stored-item.ts'
import type { Table } from './table.ts'
import type { TableDefinitions } from './table-definitions.ts'
import type { Arrival, LocalChange, Versioning } from './versioning.ts'

/**
 * How items change: read the cells, let the caller judge what they show, write what follows, all in one transaction of the store.
 *
 * A definition may change between a call and its decision; then what must be read is not known any more, and the call is begun again.
 */
export class ItemWriter {
  readonly #options: ItemWriterOptions
  readonly #intents = new Intents()

  constructor(options: ItemWriterOptions) {
    this.#options = options
  }

  /** Writes one item. */
  async write<T>(table: Table, itemKey: Uint8Array, judge: Judge<T>, cause: ChangeCause): Promise<Written<T> | NotWritten> {
    const { versioning, store, definitions, indexDelayMs } = this.#options
    const { number } = table
    const cellKey = rowKey(number, spaces.items, itemKey)
    const arrival = arrivalFor(versioning, cause)
    for (;;) {
      const current = definitions.byNumber(number)
      if (current === undefined) return gone
      if (current.ordered) return this.#options.order(current).write(current, itemKey, judge, cause)
      if (this.#intents.holds(cellKey)) return conflict
      const derivedFrom = derivationKeys(current, [itemKey], indexDelayMs)
      const keys = [versioning.replicaKey(current), cellKey, ...derivedFrom]
      const decide = (values: readonly (Value | undefined)[]): Decision<Written<T> | NotWritten | Stale> => {
        const [replicaRow, cell] = values
        if (replicaRow === undefined || !versioning.accepts(replicaRow)) return { writes: noWrites, result: gone }
        if (definitions.byNumber(number) !== current) return { writes: noWrites, result: stale }
        const before = cell === undefined ? undefined : versioning.shown(current, cell)
        const verdict = judge(before, cell)
        if (changesNothing(verdict, before)) return { writes: noWrites, result: unchanged(verdict.result) }
        const { after, closes, edits, relative } = madeBy(verdict)
        const refused =
          cause === 'client' && closes === undefined ? versioning.refusal({ table: current, itemKey, before, after }) : undefined
        if (refused !== undefined) return { writes: noWrites, result: { kind: 'not-here', message: refused } }
        const change = versioning.change({
          table: current,
          arrival,
          itemKey,
          cellKey,
          cell,
          replicaRow,
          before,
          after,
          closes,
          edits,
          relative,
        })
        const read = (key: Key): Value | undefined => values[keys.indexOf(keyIn(keys, key))]
        const derivation = new Derivation({ table: current, atMs: arrival.committedAtMs, cause, indexDelayMs, read })
        derivation.add(itemKey, before, after)
        if (isFull(derivation, itemKey, before, after)) return { writes: noWrites, result: collectionFull }
        const writes = [{ key: versioning.replicaKey(current), value: change.replicaRow }, ...change.writes, ...derivation.writes]
        return { writes, result: written(verdict.result, derivation, itemKey) }
      }
      const outcome = await store.transact(keys, decide)
      if (outcome === stale) continue
      if (outcome.kind === 'written' && outcome.changed) this.#options.changed(current)
      return outcome as Written<T> | NotWritten
    }
  }

  /**
   * Writes several items of this Region's tables, all or none. Judges see what was there before the transaction. While it is under way, other writes
   * of its items are refused, as DynamoDB refuses them. One that was carried out before is told so whatever goes on with its items now.
   */
  async transact<T>(parts: readonly TransactedWrite<T>[], once: OnceOnly | undefined): Promise<Transacted<T>> {
    if (once !== undefined && this.#intents.holds(once.key)) return { kind: 'in-progress' }
    const cellKeys = parts.map(({ table, itemKey }) => rowKey(table.number, spaces.items, itemKey))
    const conflicts = cellKeys.map((key) => this.#intents.holds(key))
    if (conflicts.includes(true)) {
      const before = once && judgeToken(await this.#options.store.get(once.key), once)
      return before === undefined ? { kind: 'conflict', conflicts } : { kind: before }
    }
    const intents = once === undefined ? cellKeys : [...cellKeys, once.key]
    this.#intents.add(intents)
    try {
      for (;;) {
        const outcome = await this.#attempt(parts, cellKeys, once)
        if (outcome.kind === 'stale') continue
        if (outcome.kind === 'committed') for (const table of outcome.changed) this.#options.changed(table)
        return outcome
      }
    } finally {
      this.#intents.remove(intents)
    }
  }

  /** Whether a transaction is changing the item. */
  isBusy(table: Table, itemKey: Uint8Array): boolean {
    return this.#intents.holds(rowKey(table.number, spaces.items, itemKey))
  }

  async #attempt<T>(
    parts: readonly TransactedWrite<T>[],
    cellKeys: readonly Key[],
    once: OnceOnly | undefined,
  ): Promise<(Transacted<T> & { readonly changed: readonly Table[] }) | Stale> {
    const { versioning, store, definitions, indexDelayMs } = this.#options
    const currentByNumber = new Map<number, Table>()
    const reads = new ReadSet()
    for (const { table } of parts) {
      const current = definitions.byNumber(table.number)
      if (current === undefined) return { kind: 'gone', changed: [] }
      if (current.ordered) return { kind: 'ordered', changed: [] }
      if (currentByNumber.has(current.number)) continue
      currentByNumber.set(current.number, current)
      reads.add(versioning.replicaKey(current))
      const itemKeys = parts.filter((part) => part.table.number === current.number).map(({ itemKey }) => itemKey)
      reads.addAll(derivationKeys(current, itemKeys, indexDelayMs))
    }
    reads.addAll(cellKeys)
    if (once !== undefined) reads.add(once.key)
    const arrival = versioning.arrival()

    return store.transact<(Transacted<T> & { readonly changed: readonly Table[] }) | Stale>(reads.keys, (values) => {
      const read = reads.reader(values)
      const before = once === undefined ? undefined : judgeToken(read(once.key), once)
      if (before !== undefined) return { writes: noWrites, result: { kind: before, changed: [] } }
      const tables = new Map<number, TransactedTable>()
      for (const [number, table] of currentByNumber) {
        const replicaRow = read(versioning.replicaKey(table))
        if (replicaRow === undefined || !versioning.accepts(replicaRow)) return { writes: noWrites, result: { kind: 'gone', changed: [] } }
        if (definitions.byNumber(number) !== table) return { writes: noWrites, result: stale }
        const derivation = new Derivation({ table, atMs: arrival.committedAtMs, cause: 'client', indexDelayMs, read })
        tables.set(number, { table, derivation, replicaRow, changed: false })
      }
      return this.#decide(parts, cellKeys, once, arrival, tables, read)
    })
  }

  #decide<T>(
    parts: readonly TransactedWrite<T>[],
    cellKeys: readonly Key[],
    once: OnceOnly | undefined,
    arrival: Arrival,
    tables: ReadonlyMap<number, TransactedTable>,
    read: (key: Key) => Value | undefined,
  ): Decision<Transacted<T> & { readonly changed: readonly Table[] }> {
    const { versioning } = this.#options
    const judged = parts.map(({ table, judge }, at) => {
      const cell = read(cellKeys[at] ?? noKey)
      const before = cell === undefined ? undefined : versioning.shown(table, cell)
      return { cell, before, verdict: judge(before) }
    })
    const refused = judged.some(({ verdict }) => verdict.kind === 'refuse')
    if (refused) return { writes: noWrites, result: { kind: 'refused', results: judged.map(({ verdict }) => verdict.result), changed: [] } }
    const sizeBytes = judged.reduce(
      (sum, { verdict, before }) => sum + ((verdict.kind === 'put' ? verdict.item : before)?.sizeBytes ?? 0),
      0,
    )
    if (sizeBytes > TRANSACTION_BYTES_MAX) return { writes: noWrites, result: { kind: 'too-large', changed: [] } }

    const writes: Write[] = []
    const results: Written<T>[] = []
    for (const [
      at,
      {
        itemKey,
        table: { number },
      },
    ] of parts.entries()) {
      const part = judged[at]
      const of = tables.get(number)
      const cellKey = cellKeys[at]
      if (part === undefined || of === undefined || cellKey === undefined) continue
      const { verdict, before, cell } = part
      if (changesNothing(verdict, before)) {
        results.push(unchanged(verdict.result))
        continue
      }
      const { after, edits, relative } = madeBy(verdict)
      const refusedHere = versioning.refusal({ table: of.table, itemKey, before, after })
      if (refusedHere !== undefined) return { writes: noWrites, result: { kind: 'not-here', at, message: refusedHere, changed: [] } }
      const change = versioning.change({
        table: of.table,
        arrival,
        itemKey,
        cellKey,
        cell,
        replicaRow: of.replicaRow,
        before,
        after,
        edits,
        relative,
      })
      of.replicaRow = change.replicaRow
      of.changed = true
      writes.push(...change.writes)
      const derivedBefore = of.derivation.indexWrites.length
      of.derivation.add(itemKey, before, after)
      if (isFull(of.derivation, itemKey, before, after)) return { writes: noWrites, result: { kind: 'collection-full', at, changed: [] } }
      results.push({ ...written(verdict.result, of.derivation, itemKey), indexWrites: of.derivation.indexWrites.slice(derivedBefore) })
    }
    const changed: Table[] = []
    for (const { table, derivation, replicaRow, changed: isChanged } of tables.values()) {
      if (!isChanged) continue
      changed.push(table)
      writes.push({ key: versioning.replicaKey(table), value: replicaRow }, ...derivation.writes)
    }
    if (once !== undefined) writes.push(tokenWrite(once))
    return { writes, result: { kind: 'committed', results, changed } }
  }
}

export interface ItemWriterOptions {
  readonly store: Store
  readonly versioning: Versioning
  readonly definitions: TableDefinitions
  /** Who carries out the writes of a table that is ordered elsewhere. */
  readonly order: (table: Table) => WriteOrder
  /** How long entries of global indexes wait. */
  readonly indexDelayMs: number
  /** Is told of a table whose items changed, once that is durable. */
  readonly changed: (table: Table) => void
}

/** Sees what is shown (and the cell that shows it, for whoever can read it) and says what shall be. It must be pure; it may be called again. */
export type Judge<T> = (before: StoredItem | undefined, cell?: Value) => Verdict<T>

/**
 * What a write shall do, judged on what is shown. `relative`: had something else been there, something else would have come of it; it was conditional, or
 * counts or appends.
 */
export type Verdict<T> =
  | {
      readonly kind: 'put'
      readonly item: StoredItem
      readonly result: T
      readonly closes?: Closes
      /** What an update did, for whoever asks; without it the item was put as a whole. */
      readonly edits?: (() => readonly ItemEdit[]) | undefined
      readonly relative?: boolean
    }
  | { readonly kind: 'delete'; readonly result: T; readonly closes?: Closes; readonly relative?: boolean }
  | { readonly kind: 'keep'; readonly result: T }

/** What a write settles in the versioning's own books. Such a write is made whatever it changes, and in whatever Region. */
export type Closes = readonly Uint8Array[]

export interface Written<T> {
  readonly kind: 'written'
  readonly result: T
  /** False when the verdict was to keep what there was. */
  readonly changed: boolean
  readonly indexWrites: readonly IndexWrite[]
  /** Size of the item's collection afterwards; undefined for a table without local indexes, and when nothing changed. */
  readonly collectionBytes: number | undefined
}

/**
 * `gone`: the table was dropped, or closed for being dropped, meanwhile; `conflict`: a transaction is changing the item;
 * `collection-full`: the item collection would pass its limit; `not-here`: another Region has to write the item. Of tables that are ordered elsewhere:
 * `overtaken`: somebody else changed the item meanwhile, there; `unreachable`: nothing can be ordered now, and nothing was; `unknown`: it may have been
 * written, or will be.
 */
export type NotWritten =
  | { readonly kind: 'gone' | 'conflict' | 'collection-full' | 'overtaken' | 'unreachable' | 'unknown' }
  | { readonly kind: 'not-here'; readonly message: string }

/**
 * Who carries out the writes of tables whose definition says that they are ordered elsewhere (`Table.ordered`): not this store alone decides in which
 * order they come, so it is not written to directly. What the store shows is what has been carried out so far; it may lag.
 */
export interface WriteOrder {
  /** Writes one item, judged on what is there when its turn comes. Settles when the outcome is durable and readable here. */
  write<T>(table: Table, itemKey: Uint8Array, judge: Judge<T>, cause: ChangeCause): Promise<Written<T> | NotWritten>

  /** Settles when everything that was acknowledged anywhere before the call is readable here; false when that cannot be known now. */
  caughtUp(table: Table): Promise<boolean>
}

/** One write of a transaction. A verdict of `refuse` refuses all of them. */
export interface TransactedWrite<T> {
  readonly table: Table
  readonly itemKey: Uint8Array
  readonly judge: (before: StoredItem | undefined) => Verdict<T> | { readonly kind: 'refuse'; readonly result: T }
}

export type Transacted<T> =
  | { readonly kind: 'committed'; readonly results: readonly Written<T>[] }
  /** At least one judge refused: what each of them said. */
  | { readonly kind: 'refused'; readonly results: readonly T[] }
  /** Which items another transaction is changing. */
  | { readonly kind: 'conflict'; readonly conflicts: readonly boolean[] }
  /** The collection of this part's item would pass its limit. */
  | { readonly kind: 'collection-full'; readonly at: number }
  /** Another Region has to write this part's item. */
  | { readonly kind: 'not-here'; readonly at: number; readonly message: string }
  /**
   * `repeated`: the same was carried out under this token before; `mismatch`: something else was; `in-progress`: this token's is being carried out;
   * `too-large`: the items together would pass the limit of a transaction; `ordered`: a table is ordered elsewhere, item by item.
   */
  | { readonly kind: 'gone' | 'ordered' | 'repeated' | 'mismatch' | 'in-progress' | 'too-large' }

/** The most that items of one partition may take with their entries in local indexes. */
export const ITEM_COLLECTION_BYTES_MAX = 10 * 2 ** 30

/** The most that the items of a transaction may have together (API reference, TransactWriteItems, TransactGetItems). */
export const TRANSACTION_BYTES_MAX = 4 * 2 ** 20

interface Stale {
  readonly kind: 'stale'
}

interface TransactedTable {
  readonly table: Table
  readonly derivation: Derivation
  replicaRow: Value
  changed: boolean
}

const gone: NotWritten = { kind: 'gone' }
const conflict: NotWritten = { kind: 'conflict' }
const collectionFull: NotWritten = { kind: 'collection-full' }
const stale: Stale = { kind: 'stale' }
const noWrites: readonly Write[] = []
const noKey: Key = new Uint8Array(0)

/** An expiry is ordered behind what it deletes and before any concurrent write of a client, so it takes no time of its own [REP-40]. */
function arrivalFor(versioning: Versioning, cause: ChangeCause): Arrival {
  const arrival = versioning.arrival()
  return cause === 'expiry' ? { ...arrival, timestamp: 0n } : arrival
}

function changesNothing(verdict: { readonly kind: string; readonly closes?: Closes }, before: StoredItem | undefined): boolean {
  return verdict.kind === 'keep' || (verdict.kind === 'delete' && before === undefined && verdict.closes === undefined)
}

/** What a verdict makes of the item that it judged. */
function madeBy<T>(verdict: Verdict<T> | { readonly kind: 'refuse' }): Pick<LocalChange, 'after' | 'closes' | 'edits' | 'relative'> {
  if (verdict.kind !== 'put' && verdict.kind !== 'delete') return { after: undefined, relative: false }
  const { closes, relative = false } = verdict
  return verdict.kind === 'put' ? { after: verdict.item, closes, edits: verdict.edits, relative } : { after: undefined, closes, relative }
}

function unchanged<T>(result: T): Written<T> {
  return { kind: 'written', result, changed: false, indexWrites: [], collectionBytes: undefined }
}

function written<T>(result: T, derivation: Derivation, itemKey: Uint8Array): Written<T> {
  const { indexWrites } = derivation
  return { kind: 'written', result, changed: true, indexWrites, collectionBytes: derivation.collectionBytes(itemKey) }
}

function isFull(derivation: Derivation, itemKey: Uint8Array, before: StoredItem | undefined, after: StoredItem | undefined): boolean {
  if ((after?.sizeBytes ?? 0) <= (before?.sizeBytes ?? 0)) return false
  return (derivation.collectionBytes(itemKey) ?? 0) > ITEM_COLLECTION_BYTES_MAX
}

function keyIn(keys: readonly Key[], key: Key): Key {
  return keys.find((each) => Buffer.compare(each, key) === 0) ?? noKey
}
