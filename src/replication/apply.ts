import type { IndexWrite } from '../engine/derivation.ts'
import { assert } from '../base/assert.ts'
import { Derivation, derivationKeys } from '../engine/derivation.ts'
import { nameOf, ReadSet } from '../engine/read-set.ts'
import type { Table } from '../engine/table.ts'
import type { Decision, Key, Value, Write } from '../storage/store.ts'
import type { Cell } from './cell.ts'
import { decodeCell, encodeCell, isJoined } from './cell.ts'
import { cursorOf } from './cursors.ts'
import type { Dot, Incarnation } from './dot.ts'
import { decideContest } from './contest.ts'
import { ledgerId } from './ledger.ts'
import type { Membership } from './membership.ts'
import { isDropped } from './membership.ts'
import { ownerWrite } from './owners.ts'
import type { Policy, PolicyName } from './policy.ts'
import type { ReplicaRow } from './replica-row.ts'
import { decodeReplicaRow, encodeReplicaRow } from './replica-row.ts'
import { cellKey, entryAt, ledgerKey, logKey, replicaRowKey, resolutionKey, tombstoneKey, withdrawalKey } from './rows.ts'
import { receive } from './siblings.ts'
import type { Version } from './version.ts'
import { decodeVersion } from './version.ts'

/**
 * Takes a batch of another replica's log into this one: items, log, tombstones, ledger and cursors in one transaction [REP-22], so that
 * a crash anywhere repeats nothing and skips nothing. What was applied already is skipped, a gap is reported [REP-24]. The content is
 * not judged: it was, where it was accepted [REP-25].
 */
export interface Batch {
  readonly incarnation: Incarnation
  /** The number of the first record; the others follow without gap. */
  readonly from: number
  readonly records: readonly Uint8Array[]
}

export interface ApplyContext {
  /** As it is when the batch comes. */
  readonly table: Table
  /** As it is when the batch is decided. */
  readonly current: () => Table | undefined
  readonly indexDelayMs: number
  readonly region: string
  readonly membership: Membership
  /** As it is when the batch is decided. */
  readonly policy: () => Policy
  readonly nowMs: number
  readonly wasRead: (dot: Dot) => boolean
  /** False when the ledger of this table is empty here: then no write can withdraw an entry. */
  readonly ledgerInUse: () => boolean
}

export type Applied =
  | {
      readonly kind: 'applied'
      readonly row: ReplicaRow
      /** What was new here, in order. */
      readonly versions: readonly Version[]
      readonly losses: number
      /** What each of the versions took, for metering. */
      readonly works: readonly AppliedWork[]
    }
  /** The batch begins beyond what is held. */
  | { readonly kind: 'gap'; readonly row: ReplicaRow }
  /** There is no such replica any more. */
  | { readonly kind: 'gone' }
  /** What must be read changed meanwhile, with the table's definition or the ledger's first entry: to be tried again. */
  | { readonly kind: 'stale' }

/** A write that lost was an attempt, and an attempt costs like a write: by the larger of what was there and what came. */
export interface AppliedWork {
  readonly sizeBytes: number
  readonly indexWrites: readonly IndexWrite[]
  readonly outcome: ApplyOutcome
}

/**
 * What became of a version that came. `shown`: it is what a read returns, without a conflict; `superseded`: what is held had seen it. In a conflict `won`,
 * `lost`, or `joined` with others into what is shown, by the rule of the policy that decided.
 */
export interface ApplyOutcome {
  readonly kind: 'shown' | 'superseded' | 'won' | 'lost' | 'joined'
  /** Undefined where there was no conflict. */
  readonly rule: PolicyName | undefined
}

/** The transaction that applies a batch: what it reads, and what it decides. */
export function applyBatch(
  batch: Batch,
  context: ApplyContext,
): { keys: readonly Key[]; decide: (values: readonly (Value | undefined)[]) => Decision<Applied> } {
  const versions = batch.records.map(decodeVersion)
  const { table, indexDelayMs } = context
  const ledgerInUse = context.ledgerInUse()
  const reads = new ReadSet()
  reads.add(replicaRowKey(table.number))
  const itemKeys = versions.map(({ itemKey }) => itemKey)
  for (const itemKey of itemKeys) reads.add(cellKey(table.number, itemKey))
  reads.addAll(derivationKeys(table, itemKeys, indexDelayMs))
  if (ledgerInUse)
    for (const version of versions) reads.addAll([...entryKeysOfBase(version, context), ...entriesResolvedBy(version, context)])
  return {
    keys: reads.keys,
    decide(values) {
      const [replicaRow] = values
      if (replicaRow === undefined) return { writes: [], result: { kind: 'gone' } }
      if (context.current() !== table || context.ledgerInUse() !== ledgerInUse) return { writes: [], result: { kind: 'stale' } }
      return new Application(decodeReplicaRow(replicaRow), reads.reader(values), context).run(batch, versions)
    },
  }
}

/** One run of `decide`: what was read, and over it what is to be written. */
class Application {
  readonly #row: ReplicaRow
  readonly #read: (key: Key) => Value | undefined
  readonly #derivation: Derivation
  readonly #context: ApplyContext
  readonly #policy: Policy
  readonly #cellByKey = new Map<string, { key: Key; cell: Cell }>()
  /** Ledger entries that were made in this run, or that went. */
  readonly #standing = new Map<string, boolean>()
  readonly #writes: Write[] = []
  #itemCount: number
  #sizeBytes: number
  #losses = 0

  constructor(row: ReplicaRow, read: (key: Key) => Value | undefined, context: ApplyContext) {
    this.#row = row
    this.#read = read
    const { table, nowMs: atMs, indexDelayMs } = context
    this.#derivation = new Derivation({ table, atMs, cause: 'replication', indexDelayMs, read })
    this.#context = context
    this.#policy = context.policy()
    this.#itemCount = row.itemCount
    this.#sizeBytes = row.sizeBytes
  }

  run(batch: Batch, versions: readonly Version[]): Decision<Applied> {
    const { table, membership } = this.#context
    const { incarnation } = batch
    if (isDropped(membership, incarnation, this.#row.epoch))
      return { writes: [], result: { kind: 'applied', row: this.#row, versions: [], losses: 0, works: [] } }
    const cursor = cursorOf(this.#row.cursors, incarnation)
    if (batch.from > cursor + 1) return { writes: [], result: { kind: 'gap', row: this.#row } }
    const final = membership.closed[incarnation] ?? Number.POSITIVE_INFINITY
    const fresh = versions.filter((version) => version.dot.n > cursor && version.dot.n <= final)
    fresh.forEach(({ dot }, index) => assert(dot.n === (fresh[0]?.dot.n ?? 0) + index, 'the records of a batch follow without gap'))
    const last = fresh.at(-1)
    if (last === undefined) return { writes: [], result: { kind: 'applied', row: this.#row, versions: [], losses: 0, works: [] } }
    const works = fresh.map((version) => this.#apply(version))

    const row: ReplicaRow = {
      ...this.#row,
      itemCount: this.#itemCount,
      sizeBytes: this.#sizeBytes,
      cursors: new Map(this.#row.cursors).set(incarnation, last.dot.n),
    }
    // Who writes a log is told by its records; a member may have passed them on.
    if (cursor === 0) this.#writes.push(ownerWrite(table.number, incarnation, last.region))
    for (const { key, cell } of this.#cellByKey.values()) this.#writes.push({ key, value: encodeCell(cell) })
    this.#writes.push({ key: replicaRowKey(table.number), value: encodeReplicaRow(row) }, ...this.#derivation.writes)
    return { writes: this.#writes, result: { kind: 'applied', row, versions: fresh, losses: this.#losses, works } }
  }

  #apply(version: Version): AppliedWork {
    const { table, membership } = this.#context
    this.#writes.push({ key: logKey(table.number, version.dot), value: version.bytes })
    this.#noteInLedger(version)
    const key = cellKey(table.number, version.itemKey)
    const held = this.#cell(key)
    const siblings = receive(held.siblings, version, membership)
    const attempted = Math.max(held.shown?.stored?.sizeBytes ?? 0, version.stored?.sizeBytes ?? 0)
    if (siblings === held.siblings) return { sizeBytes: attempted, indexWrites: [], outcome: superseded }
    if (version.stored === undefined) this.#writes.push({ key: tombstoneKey(table.number, version.dot), value: version.itemKey })

    const { region, nowMs, wasRead } = this.#context
    const contest = decideContest(version.itemKey, held, siblings, { table, region, policy: this.#policy, membership, nowMs, wasRead })
    const [before, after] = [held.shown?.stored, contest.cell.shown?.stored]
    this.#itemCount += (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1)
    this.#sizeBytes += (after?.sizeBytes ?? 0) - (before?.sizeBytes ?? 0)
    const derivedBefore = this.#derivation.indexWrites.length
    this.#derivation.add(version.itemKey, before, after)
    this.#writes.push(...contest.writes)
    for (const entry of contest.found) this.#standing.set(nameOf(entry), true)
    for (const entry of contest.lifted) this.#standing.set(nameOf(entry), false)
    this.#losses += contest.found.length
    this.#cellByKey.set(nameOf(key), { key, cell: contest.cell })
    const indexWrites = this.#derivation.indexWrites.slice(derivedBefore)
    const outcome = outcomeOf(version, contest.cell, this.#policy)
    return { sizeBytes: Math.max(attempted, after?.sizeBytes ?? 0), indexWrites, outcome }
  }

  #cell(key: Key): Cell {
    return this.#cellByKey.get(nameOf(key))?.cell ?? decodeCell(this.#read(key))
  }

  /** A write whose base is an entry's version withdraws that entry, also when the write itself is not kept [REP-19]; others it may resolve [REP-21]. */
  #noteInLedger(version: Version): void {
    if (!this.#context.ledgerInUse() && this.#standing.size === 0) return
    const value = version.bytes.subarray(10, 24)
    const [entryKey, withdrawal] = entryKeysOfBase(version, this.#context)
    if (entryKey !== undefined && withdrawal !== undefined && this.#stands(entryKey)) this.#writes.push({ key: withdrawal, value })
    for (const entry of entriesResolvedBy(version, this.#context)) {
      if (this.#stands(entry)) this.#writes.push({ key: resolutionKey(entry), value })
    }
  }

  #stands(entry: Key): boolean {
    return this.#standing.get(nameOf(entry)) ?? this.#read(entry) !== undefined
  }
}

function outcomeOf(version: Version, { siblings, shown }: Cell, { name: rule }: Policy): ApplyOutcome {
  if (siblings.length < 2) return shownAlone
  if (isJoined(shown)) return { kind: 'joined', rule }
  return { kind: shown?.version === version ? 'won' : 'lost', rule }
}

const shownAlone: ApplyOutcome = { kind: 'shown', rule: undefined }
const superseded: ApplyOutcome = { kind: 'superseded', rule: undefined }

function entriesResolvedBy({ notes }: Version, { table }: ApplyContext): Key[] {
  return (notes.resolves ?? []).map((place) => entryAt(table.number, place))
}

function entryKeysOfBase(version: Version, context: ApplyContext): Key[] {
  // What joined several versions built on all of them, its base with what it had lost.
  if (version.base === undefined || version.notes.joined === true) return []
  const { number, globalId } = context.table
  const id = ledgerId(globalId, version.itemKey, version.base.dot)
  return [ledgerKey(number, version.base.timestamp, id), withdrawalKey(number, version.base.timestamp, id)]
}
