import type { Scheduler } from '../base/scheduler.ts'
import { sleep } from '../base/scheduler.ts'
import type { ChangeRecord, Sequence } from '../engine/change-log.ts'
import { changeRange, decodeChange } from '../engine/change-log.ts'
import { spaceRange, spaces, suffixOf } from '../engine/keyspace.ts'
import type { StoredItem } from '../engine/stored-item.ts'
import type { Table } from '../engine/table.ts'
import type { Versioning } from '../engine/versioning.ts'
import { pagesOf } from '../storage/pages.ts'
import type { Snapshot } from '../storage/store.ts'

/**
 * What a table was, and what changed in it, read from a snapshot in the order of the item keys. The log is ordered by time, so who wants to know
 * the changes of one item after the other must gather them first. They are gathered for as many items as fit into a budget, and for the next
 * ones the log is read again: memory is bounded, and what is read grows with the changes only. Requests have their turn after each page: a store may
 * read without waiting.
 */
export interface History {
  readonly snapshot: Snapshot
  readonly versioning: Versioning
  readonly table: Table
  readonly scheduler: Scheduler
  /** How many bytes the keys of changed items that are gathered at a time may take; left out: a sensible number. */
  readonly gatheredBytesMax?: number
}

/** The items as they were when `upTo` was the last change: those that are there now, with every later change undone. */
export async function* itemsAt(history: History, upTo: Sequence): AsyncGenerator<StoredItem> {
  const { snapshot, versioning, table } = history
  for await (const { changes, from, to } of gathered(history, upTo + 1n, undefined)) {
    const changed = [...changes].sort(byKey)
    let next = 0
    for await (const page of pagesOf(snapshot, itemRange(table, from, to), readPage)) {
      await sleep(history.scheduler, 0)
      for (const { key, value } of page) {
        const itemKey = latin1(suffixOf(key))
        for (let change = changed[next]; change !== undefined && change[0] < itemKey; change = changed[++next]) {
          const item = (await changeAt(history, change[1].first)).before
          if (item !== undefined) yield item
        }
        const change = changed[next]
        const isChanged = change?.[0] === itemKey
        if (isChanged) next++
        const item = isChanged ? (await changeAt(history, change[1].first)).before : versioning.shown(table, value)
        if (item !== undefined) yield item
      }
    }
    for (const [, { first }] of changed.slice(next)) {
      const item = (await changeAt(history, first)).before
      if (item !== undefined) yield item
    }
  }
}

/** An item that changed: what it was before the first change, and is after the last. */
export interface ChangedItem {
  readonly before: StoredItem | undefined
  readonly after: StoredItem | undefined
  /** Of the last change. */
  readonly atMs: number
}

/** The items that changed from `from` (inclusive) to `to` (exclusive). What came and went in between did not change. */
export async function* changedItems(history: History, from: Sequence, to: Sequence): AsyncGenerator<ChangedItem> {
  for await (const { changes } of gathered(history, from, to)) {
    for (const [, { first, last }] of [...changes].sort(byKey)) {
      const end = await changeAt(history, last)
      const before = first === last ? end.before : (await changeAt(history, first)).before
      if (before !== undefined || end.after !== undefined) yield { before, after: end.after, atMs: end.atMs }
    }
  }
}

/** The first and the last change of an item. */
interface Span {
  readonly first: Sequence
  readonly last: Sequence
}

interface Gathered {
  /** By item key; for keys from `from` (inclusive) to `to` (exclusive; undefined: the end). */
  readonly changes: ReadonlyMap<string, Span>
  readonly from: string
  readonly to: string | undefined
}

/** Keys are texts of latin1 characters: they are compared as the bytes are. */
async function* gathered(history: History, first: Sequence, end: Sequence | undefined): AsyncGenerator<Gathered> {
  const { snapshot, table, scheduler, gatheredBytesMax = 32 * 2 ** 20 } = history
  let from = ''
  for (;;) {
    const changes = new Map<string, Span>()
    let to: string | undefined
    let bytes = 0
    for await (const page of pagesOf(snapshot, changeRange(table.number, first, end), readPage)) {
      await sleep(scheduler, 0)
      for (const { key, value } of page) {
        const { sequence, itemKey } = decodeChange(key, value)
        const name = latin1(itemKey)
        if (name < from || (to !== undefined && name >= to)) continue
        const known = changes.get(name)
        if (known === undefined) bytes += name.length + spanBytes
        changes.set(name, { first: known?.first ?? sequence, last: sequence })
        if (bytes <= gatheredBytesMax || changes.size < 2) continue
        to = dropUpperHalf(changes)
        bytes = [...changes.keys()].reduce((sum, each) => sum + each.length + spanBytes, 0)
      }
    }
    yield { changes, from, to }
    if (to === undefined) return
    from = to
  }
}

/** @returns the least key that was dropped */
function dropUpperHalf(changes: Map<string, Span>): string {
  const names = [...changes.keys()].sort()
  const to = names[names.length >> 1] ?? ''
  for (const name of names.slice(names.length >> 1)) changes.delete(name)
  return to
}

async function changeAt({ snapshot, table }: History, sequence: Sequence): Promise<ChangeRecord> {
  const { entries } = await snapshot.page(changeRange(table.number, sequence, sequence + 1n), { entriesMax: 1, bytesMax: 1 })
  const [entry] = entries
  if (entry === undefined) throw new Error(`the snapshot lost change ${sequence}`)
  return decodeChange(entry.key, entry.value)
}

function itemRange({ number }: Table, from: string, to: string | undefined): ReturnType<typeof spaceRange> {
  return spaceRange(number, spaces.items, Buffer.from(from, 'latin1'), to === undefined ? undefined : Buffer.from(to, 'latin1'))
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** About what an entry costs beside its key. */
const spanBytes = 150
const readPage = { entriesMax: 200, bytesMax: 1 << 20 }
