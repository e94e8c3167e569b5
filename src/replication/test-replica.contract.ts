/**
 * Replicas for tests, without links: each stands on a memory store that flushes at once, and takes in another's log when it is told to. So
 * a test is the schedule, one line per step. Writes, apply, adoption and collection are the product's own code.
 */
import type { Clock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import { RegionEngine } from '../engine/region-engine.ts'
import type { Verdict } from '../engine/item-writer.ts'
import { StoredItem, encodeImage } from '../engine/stored-item.ts'
import type { Table, TableBlueprint } from '../engine/table.ts'
import { onDemandSettings } from '../engine/table.ts'
import { spaceRange, spaces } from '../engine/keyspace.ts'
import { bindExpressions } from '../expression/bind.ts'
import type { UpdatePlan } from '../expression/update.ts'
import { applyUpdate } from '../expression/update.ts'
import { editsOf } from '../expression/update-edits.ts'
import type { AttributeMap } from '../item/attribute-value.ts'
import { isInvalid } from '../item/invalid.ts'
import { itemSizeBytes } from '../item/item-size.ts'
import type { Space } from '../engine/keyspace.ts'
import type { MemoryStore } from '../storage/memory-store.ts'
import { createMemoryStore } from '../storage/memory-store.ts'
import type { Applied } from './apply.ts'
import { applyBatch } from './apply.ts'
import type { Cell } from './cell.ts'
import { decodeCell } from './cell.ts'
import { Collector } from './collector.ts'
import type { Cursors } from './cursors.ts'
import { cursorOf, equalCursors } from './cursors.ts'
import type { Digest } from './digest.ts'
import { digestOf } from './digest.ts'
import type { Incarnation } from './dot.ts'
import { printDot } from './dot.ts'
import { timestampOf } from './ledger.ts'
import { ledgerEntries } from './ledger-scan.ts'
import type { Membership } from './membership.ts'
import { reportOf } from './outbox.ts'
import type { ClockMode } from './region-clock.ts'
import { RegionClock } from './region-clock.ts'
import { Replica } from './replica.ts'
import type { ReplicaRow } from './replica-row.ts'
import { Reports } from './reports.ts'
import { cellKey, logFrom } from './rows.ts'
import { Versions } from './versions.ts'

export const testBlueprint: TableBlueprint = {
  name: 'users',
  schema: { partition: { name: 'pk', type: 'S' }, sort: undefined },
  attributeDefinitions: [{ name: 'pk', type: 'S' }],
  settings: onDemandSettings(0),
  tags: {},
}

/** A clock that stands where it is put. */
export class StandingClock implements Clock {
  ms = 1_000_000

  nowMs(): number {
    return this.ms
  }
}

/** Runs what is due as soon as the current code has ended, and never what is due later. */
const atOnce: Scheduler = {
  monotonicMs: () => 0,
  after(delayMs, task) {
    let cancelled = false
    if (delayMs === 0) void Promise.resolve().then(() => (cancelled ? undefined : task()))
    return () => {
      cancelled = true
    }
  },
}

export class TestReplica {
  readonly region: string
  readonly clock: StandingClock
  readonly mode: ClockMode
  readonly random: Random
  table: Table
  store: MemoryStore
  versions: Versions
  reports = new Reports()
  #engine: RegionEngine
  #replica: Replica

  private constructor(
    parts: { region: string; mode: ClockMode; random: Random; store: MemoryStore; clock: StandingClock },
    opened: { engine: RegionEngine; replica: Replica; versions: Versions; table: Table },
  ) {
    this.region = parts.region
    this.clock = parts.clock
    this.mode = parts.mode
    this.random = parts.random
    this.store = parts.store
    this.versions = opened.versions
    this.table = opened.table
    this.#engine = opened.engine
    this.#replica = opened.replica
  }

  static async open(region: string, random: Random, mode: ClockMode = 'hlc'): Promise<TestReplica> {
    const store = createMemoryStore({ scheduler: atOnce })
    const clock = new StandingClock()
    return new TestReplica({ region, mode, random, store, clock }, await openOn({ region, store, clock, mode, random }))
  }

  get membership(): Membership {
    return this.versions.membership(this.table.number)
  }

  async adopt(membership: Membership): Promise<void> {
    await this.#replica.adopt(membership)
  }

  /** Writes at `atMs` of this Region's clock, or where it stands, an item that names its home or does not. Returns the name of the version. */
  async put(pk: string, value: string, atMs = this.clock.ms, home?: string, closes?: readonly Uint8Array[]): Promise<string> {
    this.clock.ms = atMs
    const image = encodeImage({ pk: { S: pk }, v: { S: value }, ...(home === undefined ? {} : { home: { S: home } }) })
    await this.#engine.write(this.table, keyOf(pk), () => ({
      kind: 'put',
      item: new StoredItem(image, image.length),
      result: 'put',
      ...(closes && { closes }),
    }))
    return this.head()
  }

  /** Updates an item as UpdateItem does. Returns the name of the version. */
  async update(pk: string, expression: string, values: AttributeMap = {}, atMs = this.clock.ms): Promise<string> {
    this.clock.ms = atMs
    const plan = planOf(expression, values)
    await this.#engine.write(this.table, keyOf(pk), (before): Verdict<string> => {
      const old = before?.item ?? { pk: { S: pk } }
      const updated = applyUpdate(plan, old)
      if (isInvalid(updated)) throw new Error(updated.invalid)
      const item = new StoredItem(encodeImage(updated.item), itemSizeBytes(updated.item))
      return { kind: 'put', item, result: 'updated', edits: () => editsOf(plan, old, updated.item) }
    })
    return this.head()
  }

  /** Puts an item with these attributes. */
  async putItem(pk: string, attributes: AttributeMap, atMs = this.clock.ms): Promise<string> {
    this.clock.ms = atMs
    const image = encodeImage({ pk: { S: pk }, ...attributes })
    await this.#engine.write(this.table, keyOf(pk), () => ({ kind: 'put', item: new StoredItem(image, image.length), result: 'put' }))
    return this.head()
  }

  /** The attributes that a read shows, without the key; undefined: no item. */
  async item(pk: string): Promise<AttributeMap | undefined> {
    const item = (await this.#engine.getItem(this.table, keyOf(pk)))?.item
    if (item === undefined) return undefined
    const { pk: _pk, ...attributes } = item
    return attributes
  }

  async delete(pk: string, atMs = this.clock.ms): Promise<string> {
    this.clock.ms = atMs
    await this.#engine.write(this.table, keyOf(pk), () => ({ kind: 'delete', result: 'deleted' }))
    return this.head()
  }

  /** The name of the last local write. */
  async head(): Promise<string> {
    const row = await this.row()
    return row.own === undefined ? 'none' : printDot({ incarnation: row.own, n: cursorOf(row.cursors, row.own) })
  }

  /** What a read shows; undefined: nothing. */
  async get(pk: string): Promise<string | undefined> {
    const value = (await this.#engine.getItem(this.table, keyOf(pk)))?.item['v']
    return value !== undefined && 'S' in value ? value.S : undefined
  }

  async cell(pk: string): Promise<Cell> {
    return decodeCell(await this.store.get(cellKey(this.table.number, keyOf(pk))))
  }

  async dots(pk: string): Promise<readonly string[]> {
    return (await this.cell(pk)).siblings.map((version) => printDot(version.dot)).sort()
  }

  async row(): Promise<ReplicaRow> {
    const row = await this.#replica.row()
    if (row === undefined) throw new Error('the table is gone')
    return row
  }

  async records(incarnation: Incarnation, from: number, count = 1_000_000): Promise<readonly Uint8Array[]> {
    const page = await this.store.page(logFrom(this.table.number, incarnation, from), { entriesMax: count, bytesMax: 1 << 30 })
    return page.entries.map(({ value }) => value)
  }

  /** Takes in what `source` wrote and this replica lacks, at most `count` records of each of its logs. */
  async pull(source: TestReplica, count = 1_000_000): Promise<void> {
    const there = await source.row()
    for (const incarnation of there.ours) {
      const from = cursorOf((await this.row()).cursors, incarnation) + 1
      if (from > cursorOf(there.cursors, incarnation)) continue
      await this.apply(incarnation, from, await source.records(incarnation, from, count))
    }
  }

  async apply(incarnation: Incarnation, from: number, records: readonly Uint8Array[]): Promise<Applied> {
    const { keys, decide } = applyBatch(
      { incarnation, from, records },
      {
        table: this.table,
        current: () => this.table,
        indexDelayMs: 0,
        region: this.region,
        membership: this.membership,
        policy: () => this.versions.policy(this.table),
        nowMs: 0,
        wasRead: (dot) => this.versions.wasRead(dot),
        ledgerInUse: () => true,
      },
    )
    return this.store.transact(keys, decide)
  }

  /** Hears how far `other` has come. */
  async hear(other: TestReplica): Promise<void> {
    this.reports.note(other.region, reportOf(await other.row()), (await this.row()).cursors, this.membership)
  }

  async stableCut(): Promise<Cursors | undefined> {
    const { cursors } = await this.row()
    this.reports.applied(cursors, this.membership)
    return this.reports.stableCut(this.region, cursors, this.membership)
  }

  async collect(): Promise<void> {
    const cut = await this.stableCut()
    if (cut === undefined) return
    this.versions.knowStable(this.table.number, cut)
    await new Collector(this.store, this.table.number).collect(cut)
  }

  /** Loses the power, and starts on what was durable. */
  async restart(): Promise<void> {
    const { region, clock, mode, random } = this
    this.#replica.close()
    this.store = this.store.crash()
    this.reports = new Reports()
    const opened = await openOn({ region, store: this.store, clock, mode, random })
    this.versions = opened.versions
    this.table = opened.table
    this.#engine = opened.engine
    this.#replica = opened.replica
  }

  /** Entries of this Region's ledger that were not withdrawn: names of the versions that lost. */
  async lost(): Promise<readonly string[]> {
    return (await this.entries()).filter(({ withdrawn }) => !withdrawn).map(({ dot }) => dot)
  }

  async entries(): Promise<readonly TestEntry[]> {
    const entries = []
    for await (const { entry, withdrawn, resolved } of ledgerEntries(this.store, this.table.number, 0n)) {
      const { id, loser, harmless, lost } = entry
      entries.push({ dot: printDot(loser), id, timestamp: timestampOf(loser), withdrawn, resolved, harmless, ...(lost && { lost }) })
    }
    return entries
  }

  digest(): Promise<Digest> {
    return digestOf(this.store, atOnce, this.table.number)
  }

  async countRows(space: Space): Promise<number> {
    const page = await this.store.page(spaceRange(this.table.number, space), { entriesMax: 1_000_000, bytesMax: 1 << 30 })
    return page.entries.length
  }

  countLog(): Promise<number> {
    return this.countRows(spaces.log)
  }
}

export interface TestEntry {
  readonly dot: string
  readonly id: string
  readonly timestamp: bigint
  readonly withdrawn: boolean
  readonly resolved: boolean
  readonly harmless: boolean
  readonly lost?: readonly string[]
}

/** Replicas of one table that count each other as members. */
export async function openGroup(regions: readonly string[], random: Random, mode: ClockMode = 'hlc'): Promise<TestReplica[]> {
  const membership: Membership = { epoch: 1, members: regions, joined: {}, closed: {}, dropped: {} }
  const group: TestReplica[] = []
  for (const region of regions) {
    const replica = await TestReplica.open(region, random, mode)
    await replica.adopt(membership)
    group.push(replica)
  }
  return group
}

/** Everybody takes in everything. */
export async function exchange(group: readonly TestReplica[]): Promise<void> {
  for (const receiver of group) for (const source of group) if (source !== receiver) await receiver.pull(source)
}

export async function hearAll(group: readonly TestReplica[]): Promise<void> {
  for (const receiver of group) for (const source of group) if (source !== receiver) await receiver.hear(source)
}

/** Losses that any of them found and none withdrew, by name, without repetition. */
export async function worldLedger(group: readonly TestReplica[]): Promise<readonly string[]> {
  const lost = new Set<string>()
  const withdrawn = new Set<string>()
  for (const replica of group) for (const entry of await replica.entries()) (entry.withdrawn ? withdrawn : lost).add(entry.dot)
  return [...lost].filter((dot) => !withdrawn.has(dot)).sort()
}

export async function haveConverged(group: readonly TestReplica[]): Promise<boolean> {
  const [first, ...others] = await Promise.all(group.map((replica) => replica.digest()))
  return first !== undefined && others.every((other) => other.hex === first.hex && equalCursors(other.cursors, first.cursors))
}

function planOf(update: string, values: AttributeMap): UpdatePlan {
  const names = Object.fromEntries([...update.matchAll(/#(\w+)/g)].map(([placeholder, name = '']) => [placeholder, name]))
  const request = { update, names: update.includes('#') ? names : undefined, values: Object.keys(values).length === 0 ? undefined : values }
  const bound = bindExpressions(request)
  if (isInvalid(bound)) throw new Error(bound.invalid)
  if (bound.update === undefined) throw new Error('no update')
  return bound.update
}

export function keyOf(pk: string): Uint8Array {
  return Buffer.from(pk, 'utf8')
}

async function openOn(parts: {
  region: string
  store: MemoryStore
  clock: Clock
  mode: ClockMode
  random: Random
}): Promise<{ engine: RegionEngine; replica: Replica; versions: Versions; table: Table }> {
  const { region, store, clock, random } = parts
  const regionClock = new RegionClock(clock, parts.mode)
  const versions = new Versions({ region, clock: regionClock, trueClock: clock, random })
  const engine = await RegionEngine.open({ region, store, versioning: versions, clock, random })
  const table = engine.table(testBlueprint.name) ?? (await engine.createTable(testBlueprint, 'ACTIVE', 'global'))
  if (table === undefined) throw new Error('there is a table already')
  const replica = await Replica.open({
    region,
    table,
    current: () => table,
    changed: () => undefined,
    indexDelayMs: 0,
    store,
    versions,
    clock: regionClock,
    trueClock: clock,
    scheduler: { monotonicMs: () => 0, after: () => () => undefined },
    random,
    transport: { send: () => false },
    log: silentLog,
  })
  return { engine, replica, versions, table }
}
