import type { Coverage } from './coverage.ts'
import type { Key, Value, Write } from '../storage/store.ts'
import { rowKey, spaces, suffixOf } from '../engine/keyspace.ts'
import { decodeCell } from '../replication/cell.ts'
import type { Incarnation } from '../replication/dot.ts'
import { printDot } from '../replication/dot.ts'
import type { Membership } from '../replication/membership.ts'
import type { ReplicaRow } from '../replication/replica-row.ts'
import { decodeReplicaRow } from '../replication/replica-row.ts'
import { isResolution } from '../replication/rows.ts'
import type { Version } from '../replication/version.ts'
import { decodeVersion, encodeVersion } from '../replication/version.ts'
import { valueIn } from './lab-items.ts'

/**
 * Every version that any Region ever committed, written down as it is committed, with what became of it. It is the history that the
 * oracle judges by, and takes nothing on trust that the replication code derives: what a write had seen is worked out here
 * from the rows that its Region held, without leaving out ended incarnations.
 */
export interface WrittenVersion {
  readonly version: Version
  readonly key: string
  /** What it shows; undefined: a deletion. */
  readonly value: string | undefined
  /** Everything that the writer's replica had applied, and what the replaced versions had seen. */
  readonly seen: ReadonlyMap<Incarnation, number>
  readonly committedAtMs: number
  /** The operation that made it; undefined when nobody claimed it. */
  readonly operation: number | undefined
  state: 'committed' | 'durable' | 'lost'
  /** When it was durable at home. */
  durableAtMs: number | undefined
}

/** One transaction of one store, between commit and flush. */
export interface Commit {
  readonly store: string
  readonly versions: readonly WrittenVersion[]
  readonly rows: readonly { readonly table: number; readonly row: ReplicaRow }[]
}

export class WriteLog {
  readonly #nowMs: () => number
  readonly #coverage: Coverage
  readonly #keyName: (itemKey: Uint8Array) => string
  readonly #writtenByDot = new Map<string, WrittenVersion>()
  readonly #replicaByName = new Map<string, Knowledge>()
  readonly #pendingByStore = new Map<string, Set<Commit>>()
  readonly #reusedDots: string[] = []
  readonly #claimByKey = new Map<string, number>()

  constructor(options: { nowMs: () => number; coverage: Coverage; keyName: (itemKey: Uint8Array) => string }) {
    this.#nowMs = options.nowMs
    this.#coverage = options.coverage
    this.#keyName = options.keyName
  }

  /** All versions, in the order of their commits. */
  written(): readonly WrittenVersion[] {
    return [...this.#writtenByDot.values()]
  }

  find(dot: string): WrittenVersion | undefined {
    return this.#writtenByDot.get(dot)
  }

  /** Dots that named two writes, against REP-1. */
  reusedDots(): readonly string[] {
    return this.#reusedDots
  }

  /** The operation that is being decided says so: the version of its key in this transaction is its own. */
  claim({ id, key }: { readonly id: number; readonly key: string }): void {
    this.#claimByKey.set(key, id)
  }

  beginDecision(): void {
    this.#claimByKey.clear()
  }

  /** A transaction was decided: it is committed, and not yet durable. */
  decided(store: string, keys: readonly Key[], values: readonly (Value | undefined)[], writes: readonly Write[]): Commit {
    const versions: WrittenVersion[] = []
    const rows: { table: number; row: ReplicaRow }[] = []
    for (const { key, value } of writes) {
      if (isRow(key, spaces.tombstones) && value === undefined) this.#coverage.add('tombstones collected')
      if (isRow(key, spaces.log) && value === undefined) this.#coverage.add('log records trimmed')
      if (!isRow(key, spaces.replica)) continue
      const table = tableOf(key)
      const knowledge = this.#knowledge(store, table)
      if (suffixOf(key)[0] === membershipSuffix) {
        if (value !== undefined) knowledge.membership = JSON.parse(Buffer.from(value).toString('utf8')) as Membership
        continue
      }
      if (value === undefined || suffixOf(key)[0] !== replicaSuffix) continue
      const row = decodeReplicaRow(value)
      const at = keys.findIndex((read) => Buffer.compare(read, key) === 0)
      const rowBefore = values[at]
      const before = rowBefore === undefined ? undefined : decodeReplicaRow(rowBefore)
      const read = (wanted: Key): Value | undefined => values[keys.findIndex((each) => Buffer.compare(each, wanted) === 0)]
      for (const { version, cell } of localVersions(store, table, before, row, read, writes)) {
        versions.push(this.#write(version, knowledge, cell))
        if (version.stored === undefined && !row.keepsLog) this.#coverage.add('deletions by a lone replica')
      }
      if (before?.cursors.size === 0) this.#learnEnded(knowledge, row)
      for (const [incarnation, n] of row.cursors) raise(knowledge.applied, incarnation, n)
      rows.push({ table, row })
    }
    const commit: Commit = { store, versions, rows }
    let pending = this.#pendingByStore.get(store)
    if (pending === undefined) this.#pendingByStore.set(store, (pending = new Set()))
    pending.add(commit)
    return commit
  }

  flushed(commit: Commit): void {
    this.#pendingByStore.get(commit.store)?.delete(commit)
    for (const version of commit.versions) this.#becomesDurable(version)
    for (const { table, row } of commit.rows) {
      const { durable } = this.#knowledge(commit.store, table)
      for (const [incarnation, n] of row.cursors) raise(durable, incarnation, n)
    }
  }

  /** A store crashed; `rowOf` reads what was left of a table. Returns how many versions were lost. */
  async crashed(store: string, rowOf: (table: number) => Promise<ReplicaRow | undefined>): Promise<number> {
    const pending = [...(this.#pendingByStore.get(store) ?? [])]
    this.#pendingByStore.delete(store)
    for (const [name, knowledge] of this.#replicaByName) {
      if (!name.startsWith(`${store}/`)) continue
      knowledge.applied = new Map(knowledge.durable)
      const row = await rowOf(knowledge.table)
      for (const [incarnation, n] of row?.cursors ?? []) {
        raise(knowledge.applied, incarnation, n)
        raise(knowledge.durable, incarnation, n)
      }
      for (const version of pending.flatMap((commit) => commit.versions)) {
        const { dot } = version.version
        if (version.state !== 'committed' || (row?.cursors.get(dot.incarnation) ?? 0) < dot.n) continue
        this.#becomesDurable(version)
        this.#coverage.add('interrupted flushes that landed')
      }
    }
    const lost = pending.flatMap((commit) => commit.versions).filter((version) => version.state === 'committed')
    for (const version of lost) version.state = 'lost'
    return lost.length
  }

  #becomesDurable(version: WrittenVersion): void {
    if (version.state !== 'committed') return
    version.state = 'durable'
    version.durableAtMs = this.#nowMs()
  }

  #write(version: Version, knowledge: Knowledge, cell: Value | undefined): WrittenVersion {
    const seen = new Map(knowledge.applied)
    for (const sibling of decodeCell(cell).siblings) {
      const replaced = this.#writtenByDot.get(printDot(sibling.dot))
      for (const [incarnation, n] of replaced?.seen ?? sibling.context) raise(seen, incarnation, n)
      raise(seen, sibling.dot.incarnation, sibling.dot.n)
    }
    const name = printDot(version.dot)
    if (this.#writtenByDot.has(name)) this.#reusedDots.push(name)
    const key = this.#keyName(version.itemKey)
    const written: WrittenVersion = {
      version,
      key,
      value: valueIn(version),
      seen,
      committedAtMs: this.#nowMs(),
      operation: this.#claimByKey.get(key),
      state: 'committed',
      durableAtMs: undefined,
    }
    this.#writtenByDot.set(name, written)
    return written
  }

  /** A replica that was just filled has seen the incarnations that the cursors of its source leave out. */
  #learnEnded(knowledge: Knowledge, row: ReplicaRow): void {
    for (const [incarnation, droppedAt] of Object.entries(knowledge.membership?.dropped ?? {})) {
      if (droppedAt > row.epoch) continue
      for (const { version, state } of this.#writtenByDot.values()) {
        if (version.dot.incarnation === incarnation && state !== 'lost') raise(knowledge.applied, incarnation, version.dot.n)
      }
    }
    for (const [incarnation, n] of knowledge.applied) raise(knowledge.durable, incarnation, n)
  }

  #knowledge(store: string, table: number): Knowledge {
    const name = replicaName(store, table)
    let knowledge = this.#replicaByName.get(name)
    if (knowledge === undefined) {
      knowledge = { table, applied: new Map(), durable: new Map(), membership: undefined }
      this.#replicaByName.set(name, knowledge)
    }
    return knowledge
  }
}

/** What one replica has applied, ended incarnations included. */
interface Knowledge {
  readonly table: number
  applied: Map<Incarnation, number>
  durable: Map<Incarnation, number>
  membership: Membership | undefined
}

/** The versions that clients' writes made in one transaction, with the cells before. A lone replica keeps no record of a deletion. */
function localVersions(
  store: string,
  table: number,
  before: ReplicaRow | undefined,
  after: ReplicaRow,
  read: (key: Key) => Value | undefined,
  writes: readonly Write[],
): readonly { readonly version: Version; readonly cell: Value | undefined }[] {
  const { own } = after
  if (own === undefined || before === undefined) return []
  const from = before.cursors.get(own) ?? 0
  const made = (after.cursors.get(own) ?? 0) - from
  // An incarnation that ended may be left out of the cursors.
  if (made <= 0) return []
  const cells = writes.filter(({ key }) => isRow(key, spaces.items) && tableOf(key) === table)
  if (cells.length !== made) throw new Error(`${made} local writes changed ${cells.length} items`)
  return cells.flatMap(({ key, value }, at) => {
    const cell = read(rowKey(table, spaces.items, suffixOf(key)))
    if (value !== undefined) return { version: decodeVersion(value), cell }
    const replaced = decodeCell(cell).shown?.version
    if (replaced === undefined) return []
    const n = from + at + 1
    const resolves = writes.filter((write) => resolvedBy(write, table, n)).map((write) => write.key)
    const version = encodeVersion({
      dot: { incarnation: own, n },
      timestamp: replaced.timestamp + 1n,
      region: store,
      base: { dot: replaced.dot, timestamp: replaced.timestamp },
      context: before.cursors,
      epoch: before.epoch,
      committedAtMs: replaced.committedAtMs,
      itemKey: suffixOf(key),
      stored: undefined,
      ...(resolves.length === 0 ? {} : { notes: { resolves } }),
    })
    return { version, cell }
  })
}

/** Whether a row says that an entry was resolved by the write with that number; its value is the write's dot. */
function resolvedBy({ key, value }: Write, table: number, n: number): boolean {
  if (value === undefined || !isRow(key, spaces.ledger) || tableOf(key) !== table || !isResolution(key)) return false
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).readUIntBE(8, 6) === n
}

function replicaName(store: string, table: number): string {
  return `${store}/${table}`
}

function raise(cursors: Map<Incarnation, number>, incarnation: Incarnation, n: number): void {
  if ((cursors.get(incarnation) ?? 0) < n) cursors.set(incarnation, n)
}

/** Rows of tables begin with 1, the table's number (4 bytes) and the space. */
export function isRow(key: Key, space: number): boolean {
  return key[0] === 1 && key[5] === space
}

export function tableOf(key: Key): number {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).readUInt32BE(1)
}

const replicaSuffix = 0x00
const membershipSuffix = 0x01
