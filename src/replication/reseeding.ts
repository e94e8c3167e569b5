import { Derivation, derivationKeys } from '../engine/derivation.ts'
import { spaceRange, spaces, suffixOf } from '../engine/keyspace.ts'
import { ReadSet } from '../engine/read-set.ts'
import { removeRows } from '../engine/region-engine.ts'
import type { Table } from '../engine/table.ts'
import { pagesOf } from '../storage/pages.ts'
import type { Decision, Key, Store, Value, Write } from '../storage/store.ts'
import type { Cell } from './cell.ts'
import { decodeCell, encodeCell } from './cell.ts'
import { joinInto, noCursors, printCursors } from './cursors.ts'
import type { Dot, Incarnation } from './dot.ts'
import { sameDot } from './dot.ts'
import type { Membership } from './membership.ts'
import type { SeedLost, SeedPage } from './messages.ts'
import { ownerWrite } from './owners.ts'
import type { ReplicaRow } from './replica-row.ts'
import { decodeReplicaRow, encodeReplicaRow } from './replica-row.ts'
import { cellKey, dotRange, mergeKey, replicaRowKey, stagedKey, tombstoneKey } from './rows.ts'
import type { SeedingOptions, SeedProgress } from './seeding.ts'
import type { ReplicaState, Siblings } from './siblings.ts'
import { joinStates } from './siblings.ts'
import { StateTransfer } from './state-transfer.ts'
import { salvage } from './salvage.ts'
import { keptAs } from './taken-in.ts'
import type { Version } from './version.ts'
import type { Versions } from './versions.ts'

/**
 * Brings a replica that holds something to the state of another member. The state is received beside the items; the transaction that has all of
 * it sets the cursors, and from then on it counts, whatever becomes of its source [REP-33]. Then it is taken in key by key [REP-34]:
 *
 *   join:     the replica is a member, and only lacked what is in no log any more [REP-30]
 *   replace:  it was none any more: what it held and the others do not know was never theirs; its own unsent writes are issued anew [REP-38]
 *
 * The replica serves nobody meanwhile. Whatever is interrupted goes on where it was: taking in twice changes nothing.
 */
export class Reseeding {
  readonly #options: ReseedingOptions
  readonly #transfer: StateTransfer
  #progress: SeedProgress = { items: 0, itemsExpected: undefined }
  #closed = false

  constructor(options: ReseedingOptions) {
    this.#options = options
    this.#transfer = new StateTransfer({ ...options, globalId: options.table.globalId })
  }

  get progress(): SeedProgress {
    return this.#progress
  }

  received(message: SeedPage | SeedLost): void {
    this.#transfer.received(message)
  }

  linkUp(): void {
    this.#transfer.linkUp()
  }

  close(): void {
    this.#closed = true
    this.#transfer.end()
  }

  /** Receives the state; false when the source let go of it, or this was closed, before it was complete. */
  async receive(how: 'join' | 'replace'): Promise<boolean> {
    const { store, table } = this.#options
    await removeRows(store, spaceRange(table.number, spaces.staged))
    let items = 0
    for await (const page of this.#transfer.pages()) {
      if (this.#closed || page.kind === 'seed-lost') break
      items += page.cells.length
      this.#progress = { items, itemsExpected: page.itemCount }
      const writes = page.cells.map(({ itemKey, cell }) => ({ key: stagedKey(table.number, itemKey), value: cell }))
      if (!page.last) {
        await store.transact([], () => ({ writes, result: undefined }))
        continue
      }
      await this.#count(page, how, writes)
      this.#transfer.end()
      return true
    }
    this.#transfer.end()
    return false
  }

  /** The state is here in full: from now on it is this replica's. */
  async #count({ cursors, epoch, owners }: SeedPage, how: 'join' | 'replace', staged: readonly Write[]): Promise<void> {
    const { store, table } = this.#options
    const [rowKey, key] = [replicaRowKey(table.number), mergeKey(table.number)]
    await store.transact([rowKey], ([encoded]) => {
      if (encoded === undefined) return { writes: [], result: undefined }
      const row = decodeReplicaRow(encoded)
      const merged = new Map(how === 'join' ? row.cursors : noCursors)
      joinInto(merged, cursors)
      const marker: Merge = {
        how,
        mine: printCursors(row.cursors),
        mineEpoch: row.epoch,
        ours: [...row.ours],
        theirs: printCursors(cursors),
        theirEpoch: epoch,
      }
      const after: ReplicaRow = { ...row, cursors: merged, ours: new Set([...row.ours].filter((incarnation) => merged.has(incarnation))) }
      const known = Object.entries(owners).map(([incarnation, region]) => ownerWrite(table.number, incarnation, region))
      const writes = [
        ...staged,
        ...known,
        ...[...row.ours].map((incarnation) => ownerWrite(table.number, incarnation, this.#options.region)),
        { key: rowKey, value: encodeReplicaRow(after) },
        { key, value: Buffer.from(JSON.stringify(marker), 'utf8') },
      ]
      return { writes, result: undefined }
    })
  }

  /** Takes in what was received, if anything was; returns how many ledger entries that made. */
  async takeIn(): Promise<number> {
    const { store, table } = this.#options
    const merge = await readMerge(store, table.number)
    if (merge === undefined) return 0
    let losses = 0
    // What the other side holds, then what only this one does.
    for (const space of [spaces.staged, spaces.items] as const) {
      for await (const page of pagesOf(store, spaceRange(table.number, space), keysAtOnce)) {
        const itemKeys = page.map(({ key }) => suffixOf(key))
        const found = await this.#takeInKeys(itemKeys, merge, space === spaces.items)
        if (found === undefined || this.#closed) return losses
        losses += found
      }
    }
    await this.#tidy(merge)
    return losses
  }

  /** Undefined when the table is gone. */
  async #takeInKeys(itemKeys: readonly Uint8Array[], merge: Merge, onlyMine: boolean): Promise<number | undefined> {
    const { store, table, current } = this.#options
    const definition = current(table)
    if (definition === undefined) return undefined
    const reads = new ReadSet()
    reads.add(replicaRowKey(table.number))
    for (const itemKey of itemKeys) reads.addAll([cellKey(table.number, itemKey), stagedKey(table.number, itemKey)])
    reads.addAll(derivationKeys(definition, itemKeys, 0))
    const result = await store.transact<number | 'stale' | undefined>(reads.keys, (values) => {
      if (current(table) !== definition) return { writes: [], result: 'stale' }
      const read = reads.reader(values)
      const row = read(replicaRowKey(table.number))
      if (row === undefined) return { writes: [], result: undefined }
      return this.#decide(itemKeys, { merge, onlyMine, definition, read, row })
    })
    return result === 'stale' ? this.#takeInKeys(itemKeys, merge, onlyMine) : result
  }

  #decide(itemKeys: readonly Uint8Array[], taking: Taking): Decision<number> {
    const { table, membership, region, policy, trueClock, versions } = this.#options
    const { merge, definition, read } = taking
    const nowMs = trueClock.nowMs()
    const derivation = new Derivation({ table: definition, atMs: nowMs, cause: 'replication', indexDelayMs: 0, read })
    const context = {
      table: definition,
      region,
      policy: policy(),
      membership: membership(),
      nowMs,
      wasRead: (dot: Dot): boolean => versions.wasRead(dot),
    }
    const writes: Write[] = []
    let replicaRow = taking.row
    let losses = 0
    for (const itemKey of itemKeys) {
      const staged = read(stagedKey(table.number, itemKey))
      if (taking.onlyMine && staged !== undefined) continue
      const key = cellKey(table.number, itemKey)
      const mine = decodeCell(read(key))
      const { joined, unsent } = joinKey(mine, decodeCell(staged), merge, membership())
      const kept = keptAs(itemKey, mine, joined, replicaRow, context)
      const taken = unsent === undefined ? kept : salvage({ itemKey, cellKey: key, mine, unsent, kept, replicaRow, context, versions })
      if (sameSiblings(mine, taken.cell)) continue
      writes.push({ key, value: encodeCell(taken.cell) }, ...taken.writes)
      for (const version of taken.cell.siblings) {
        if (version.stored === undefined) writes.push({ key: tombstoneKey(table.number, version.dot), value: itemKey })
      }
      derivation.add(itemKey, mine.shown?.stored, taken.cell.shown?.stored)
      replicaRow = taken.replicaRow
      losses += taken.losses
    }
    if (writes.length > 0) writes.push({ key: replicaRowKey(table.number), value: replicaRow }, ...derivation.writes)
    return { writes, result: losses }
  }

  /**
   * What is kept of logs has a hole where the state came in between, and what is beyond a final number is nobody's: such records go. Of a member's
   * own log, to which it goes on writing, nothing was left out.
   */
  async #tidy(merge: Merge): Promise<void> {
    const { store, table } = this.#options
    for (const incarnation of new Set([...Object.keys(merge.mine), ...Object.keys(merge.theirs)])) {
      const isWhole = merge.how === 'join' && (merge.mine[incarnation] ?? 0) >= (merge.theirs[incarnation] ?? 0)
      if (!isWhole) await removeRows(store, dotRange(table.number, spaces.log, incarnation, 0, undefined))
      // What comes by a log brings its row again.
      const from = (merge.theirs[incarnation] ?? 0) + 1
      if (merge.how === 'replace') await removeRows(store, dotRange(table.number, spaces.tombstones, incarnation, from, undefined))
    }
    await removeRows(store, spaceRange(table.number, spaces.staged))
    await store.transact([], () => ({ writes: [{ key: mergeKey(table.number), value: undefined }], result: undefined }))
  }
}

/** True when a state was received in full and is not taken in yet. */
export async function isTakingIn(store: Store, tableNumber: number): Promise<boolean> {
  return (await readMerge(store, tableNumber)) !== undefined
}

export type ReseedingOptions = SeedingOptions & { readonly versions: Versions }

/** The row that says what is being taken in, and what was here before. */
interface Merge {
  readonly how: 'join' | 'replace'
  readonly mine: Readonly<Record<Incarnation, number>>
  readonly mineEpoch: number
  readonly ours: readonly Incarnation[]
  readonly theirs: Readonly<Record<Incarnation, number>>
  readonly theirEpoch: number
}

interface Taking {
  readonly merge: Merge
  /** Keys that the other side holds too were taken in before. */
  readonly onlyMine: boolean
  readonly definition: Table
  readonly read: (key: Key) => Value | undefined
  readonly row: Value
}

async function readMerge(store: Store, tableNumber: number): Promise<Merge | undefined> {
  const row = await store.get(mergeKey(tableNumber))
  return row === undefined ? undefined : (JSON.parse(Buffer.from(row).toString('utf8')) as Merge)
}

/** The join of both sides' states of a key [REP-34], and the version of this side that the others never had and that was to be theirs. */
function joinKey(mine: Cell, theirs: Cell, merge: Merge, membership: Membership): { joined: Siblings; unsent: Version | undefined } {
  const other: ReplicaState = { siblings: theirs.siblings, cursors: new Map(Object.entries(merge.theirs)), epoch: merge.theirEpoch }
  if (merge.how === 'join') {
    const here = { siblings: mine.siblings, cursors: new Map(Object.entries(merge.mine)), epoch: merge.mineEpoch }
    return { joined: joinStates(here, other, membership), unsent: undefined }
  }
  // What was written since, by the taking in itself, stays; before that this side had nothing.
  const isNew = ({ dot }: Version): boolean => merge.mine[dot.incarnation] === undefined && merge.theirs[dot.incarnation] === undefined
  const here = { siblings: mine.siblings.filter(isNew), cursors: noCursors, epoch: 0 }
  const joined = joinStates(here, other, membership).map((version) => mine.siblings.find(({ dot }) => sameDot(dot, version.dot)) ?? version)
  const isUnsent = ({ dot }: Version): boolean => merge.ours.includes(dot.incarnation) && dot.n > (membership.closed[dot.incarnation] ?? 0)
  return { joined, unsent: mine.siblings.filter(isUnsent).at(-1) }
}

function sameSiblings(a: Cell, b: Cell): boolean {
  return a.siblings.length === b.siblings.length && a.siblings.every(({ dot }, at) => sameDot(dot, b.siblings[at]?.dot ?? noDot))
}

const noDot: Dot = { incarnation: '', n: 0 }
const keysAtOnce = { entriesMax: 128, bytesMax: 1 << 20 }
