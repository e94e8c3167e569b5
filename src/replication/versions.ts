import { regionOf } from '../base/account-region.ts'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { hex64 } from '../base/random.ts'
import type { StoredItem } from '../engine/stored-item.ts'
import type { Table } from '../engine/table.ts'
import type { Arrival, LocalChange, Statistics, Versioning } from '../engine/versioning.ts'
import type { Key, Value, Write } from '../storage/store.ts'
import { assert } from '../base/assert.ts'
import { isInvalid } from '../item/invalid.ts'
import { cellOf, decodeCell, encodeCell, isJoined, shownIn } from './cell.ts'
import type { Cursors } from './cursors.ts'
import { cursorOf, joinInto, noCursors, reaches } from './cursors.ts'
import type { CustomFunctions } from './custom-function.ts'
import { noFunctions } from './custom-function.ts'
import type { Dot, Incarnation } from './dot.ts'
import type { Membership } from './membership.ts'
import { isDropped, soleMember } from './membership.ts'
import { mergeDataOf } from './merge.ts'
import type { Policy } from './policy.ts'
import { lastWriterWins } from './policy.ts'
import { defaultPolicy, parsePolicy } from './policy-text.ts'
import { ReadMarks } from './read-marks.ts'
import type { RegionClock } from './region-clock.ts'
import type { ReplicaRow } from './replica-row.ts'
import { afterLocalWrite, decodeReplicaRow, encodeReplicaRow, isFenced, newReplicaRow } from './replica-row.ts'
import { contestedKey, entryAt, logKey, replicaRowKey, resolutionKey, tombstoneKey } from './rows.ts'
import type { Siblings } from './siblings.ts'
import type { Base, Home, Notes, Ranked, Version } from './version.ts'
import { dotAt, encodeVersion, noNotes, versionLayout } from './version.ts'

/**
 * How this Region versions what its clients write. It lives as long as the store is open, and with it each table's
 * incarnation: drawn at the first local write after each opening, so that a disk that was set back cannot re-use a number
 * that others have seen [REP-1].
 */
export class Versions implements Versioning {
  readonly #region: string
  readonly #clock: RegionClock
  readonly #trueClock: Clock
  readonly #random: Random
  readonly #functions: CustomFunctions
  readonly #readMarks = new ReadMarks()
  readonly #stateByTable = new Map<number, TableState>()

  /** @param trueClock the process's clock, which no fault skews */
  constructor(options: { region: string; clock: RegionClock; trueClock: Clock; random: Random; functions?: CustomFunctions }) {
    this.#functions = options.functions ?? noFunctions
    this.#region = options.region
    this.#clock = options.clock
    this.#trueClock = options.trueClock
    this.#random = options.random
  }

  /** The newest membership known here; it may be announced and not yet adopted. */
  membership(tableNumber: number): Membership {
    return this.#state(tableNumber).membership
  }

  /** Takes note of a membership, before it is adopted. */
  know(tableNumber: number, membership: Membership): void {
    const state = this.#state(tableNumber)
    if (membership.epoch >= state.membership.epoch) state.membership = membership
  }

  forget(tableNumber: number): void {
    this.#stateByTable.delete(tableNumber)
  }

  /** Takes note of what is stable. What was once is for ever. */
  knowStable(tableNumber: number, cut: Cursors): void {
    this.#state(tableNumber).stable = cut
  }

  /** The incarnation of this opening; undefined before the table's first local write. */
  currentIncarnation(tableNumber: number): Incarnation | undefined {
    return this.#state(tableNumber).incarnation
  }

  /** The policy of the newest membership known here. It may still have to be followed by the cells that are there. */
  policy({ number, schema }: Pick<Table, 'number' | 'schema'>): Policy {
    const state = this.#state(number)
    const text = state.membership.policy ?? defaultPolicy
    if (state.policy.text !== text) {
      const policy = parsePolicy(text, schema, this.#functions)
      assert(!isInvalid(policy), `a policy that is in force can be read, ${text}`)
      state.policy = policy
    }
    return state.policy
  }

  replicaKey(table: Table): Key {
    return replicaRowKey(table.number)
  }

  newReplicaRow(): Value {
    return encodeReplicaRow(newReplicaRow)
  }

  accepts(replicaRow: Value): boolean {
    return !isFenced(replicaRow)
  }

  shown(_table: Table, cell: Value): StoredItem | undefined {
    return shownIn(cell)
  }

  /** Under `home-region` with refusal: judged by what is shown, and where nothing is, by what is written; a home that is no member is none [REP-12]. */
  refusal({ table, itemKey, before, after }: Pick<LocalChange, 'table' | 'itemKey' | 'before' | 'after'>): string | undefined {
    const { homes, name } = this.policy(table)
    if (homes?.refuse !== true) return undefined
    const home = homes.homeOf(itemKey, before ?? after, undefined)
    if (home === undefined || home === regionOf(this.#region)) return undefined
    if (!this.membership(table.number).members.some((member) => regionOf(member) === home)) return undefined
    return `The item's home Region is ${home}, and by its table's conflict policy ${name} it is not written in ${regionOf(this.#region)}`
  }

  noteRead(cell: Value): void {
    if (cell[0] === versionLayout) this.#readMarks.note(cell, dotAt)
    else {
      const { siblings, shown } = decodeCell(cell)
      const read = isJoined(shown) ? siblings : shown === undefined ? [] : [shown.version]
      for (const version of read) this.#readMarks.note(version.bytes, dotAt)
    }
  }

  /** Whether a client was seen to read this version here. */
  wasRead(dot: Dot): boolean {
    return this.#readMarks.has(dot)
  }

  writtenIn(cell: Value): string {
    const { shown } = decodeCell(cell)
    assert(shown !== undefined, 'a cell holds something')
    return shown.version.region
  }

  arrival(): Arrival {
    return { timestamp: this.#clock.now(), committedAtMs: this.#trueClock.nowMs() }
  }

  statistics(replicaRow: Value): Statistics {
    return decodeReplicaRow(replicaRow)
  }

  change(change: LocalChange): { replicaRow: Value; writes: readonly Write[] } {
    const { table, itemKey, before, after, closes } = change
    const cell = decodeCell(change.cell)
    const base = cell.shown?.version
    const kept = before === undefined || after !== undefined ? undefined : this.policy(table).homes?.keptBy(before)
    const { replicaRow, version, writes } = this.issue({
      tableNumber: table.number,
      itemKey,
      cellKey: change.cellKey,
      replicaRow: change.replicaRow,
      siblings: cell.siblings,
      base: base === undefined ? undefined : { dot: base.dot, timestamp: base.timestamp },
      arrival: change.arrival,
      before,
      after,
      merge: (row, stamp) => this.#mergeDataOf(change, cell.siblings, row, stamp),
      relative: change.relative,
      notes: notesOf(kept, closes, isJoined(cell.shown)),
    })
    for (const place of closes ?? [])
      writes.push({ key: resolutionKey(entryAt(table.number, place)), value: version.bytes.subarray(10, 24) })
    if (cell.siblings.length > 1) writes.push({ key: contestedKey(table.number, itemKey), value: undefined })
    return { replicaRow, writes }
  }

  /** Draws another incarnation for the next write: the one that was written to is closed [REP-36]. */
  renew(tableNumber: number): void {
    this.#state(tableNumber).incarnation = undefined
  }

  /** Makes a version that has seen all that this replica has, and replaces all that its cell holds; with its rows, the cell's own first. */
  issue(made: Issue): { replicaRow: Value; version: Version; writes: Write[] } {
    const { tableNumber, itemKey, before, after } = made
    const state = this.#state(tableNumber)
    const row = decodeReplicaRow(made.replicaRow)
    if (state.incarnation === undefined || hasEnded(state.incarnation, row, state.membership)) state.incarnation = hex64(this.#random)
    const dot = { incarnation: state.incarnation, n: cursorOf(row.cursors, state.incarnation) + 1 }

    // It has seen what the replica has, and what each sibling had that it replaces [REP-3]; it ranks above all of them [REP-6].
    const context = new Map(row.cursors)
    let { timestamp } = made.arrival
    let epoch = row.epoch
    for (const sibling of made.siblings) {
      joinInto(context, sibling.context)
      const { incarnation, n } = sibling.dot
      if (cursorOf(context, incarnation) < n) context.set(incarnation, n)
      if (sibling.timestamp >= timestamp) timestamp = sibling.timestamp + 1n
      if (sibling.epoch > epoch) epoch = sibling.epoch
    }
    for (const incarnation of context.keys()) if (isDropped(state.membership, incarnation, epoch)) context.delete(incarnation)

    const version = encodeVersion({
      dot,
      timestamp,
      region: this.#region,
      base: made.base,
      context,
      epoch,
      committedAtMs: made.arrival.committedAtMs,
      itemKey,
      stored: after,
      merge: made.merge(row, { dot, timestamp, region: this.#region }),
      relative: made.relative,
      notes: made.notes,
    })
    const replicaRow = afterLocalWrite(made.replicaRow, row, dot.incarnation, {
      items: (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1),
      bytes: (after?.sizeBytes ?? 0) - (before?.sizeBytes ?? 0),
    })

    // Alone, a delete is stable as soon as it is made: nobody else can hold what it deleted [REP-28].
    const held = after !== undefined || row.keepsLog
    const writes: Write[] = [{ key: made.cellKey, value: held ? encodeCell(cellOf(version)) : undefined }]
    if (row.keepsLog) {
      writes.push({ key: logKey(tableNumber, dot), value: version.bytes })
      if (after === undefined) writes.push({ key: tombstoneKey(tableNumber, dot), value: itemKey })
    }
    return { replicaRow, version, writes }
  }

  /** Nothing is kept of a table that does not merge, but of items that were written when it did; and nothing by a lone replica, whose writes nobody is concurrent with. */
  #mergeDataOf({ table, before, after, edits }: LocalChange, siblings: Siblings, row: ReplicaRow, stamp: Ranked): Uint8Array | undefined {
    if (!row.keepsLog) return undefined
    const merges = this.policy(table).name === 'merge'
    if (!merges && siblings.every(({ merge }) => merge === undefined)) return undefined
    const { membership, stable } = this.#state(table.number)
    const isStable = (dot: Dot): boolean => reaches(stable, dot) || isDropped(membership, dot.incarnation, row.epoch)
    return mergeDataOf({ siblings, membership, schema: table.schema, stamp, before, after, edits: edits?.(), isStable }, merges)
  }

  #state(tableNumber: number): TableState {
    let state = this.#stateByTable.get(tableNumber)
    if (state === undefined) {
      state = { membership: soleMember(this.#region), incarnation: undefined, policy: lastWriterWins, stable: noCursors }
      this.#stateByTable.set(tableNumber, state)
    }
    return state
  }
}

/** What a write makes, whoever asked for it. */
export interface Issue {
  readonly tableNumber: number
  readonly itemKey: Uint8Array
  readonly cellKey: Key
  readonly replicaRow: Value
  /** What its cell holds: it replaces all of them. */
  readonly siblings: Siblings
  readonly base: Base | undefined
  readonly arrival: Arrival
  readonly before: StoredItem | undefined
  readonly after: StoredItem | undefined
  /** What is said beside the item of which write made which part of it. */
  readonly merge: (row: ReplicaRow, stamp: Ranked) => Uint8Array | undefined
  readonly relative: boolean
  readonly notes: Notes
}

/** The logs that the others know end for one that leaves them with its data, and stay closed [REP-36]. */
function hasEnded(incarnation: Incarnation, row: ReplicaRow, { closed }: Membership): boolean {
  return (row.leaving && row.ours.has(incarnation)) || closed[incarnation] !== undefined
}

interface TableState {
  membership: Membership
  incarnation: Incarnation | undefined
  policy: Policy
  /** As far as is known here: what every member has, so that nothing can come that has not seen it. */
  stable: Cursors
}

function notesOf(home: Home | undefined, resolves: LocalChange['closes'], joined: boolean): Notes {
  if (home === undefined && resolves === undefined && !joined) return noNotes
  return { ...(home && { home }), ...(resolves && { resolves }), ...(joined && { joined }) }
}
