/** A small world in virtual time, for tests: three Regions, one table of strings, stores that lose what is not flushed. */
import type { Log } from '../base/log.ts'
import { silentLog } from '../base/log.ts'
import { seededRandom } from '../base/random.ts'
import { VirtualTime } from '../base/virtual-time.ts'
import type { Consumption } from '../engine/consumption.ts'
import type { Refusal } from '../engine/refusal.ts'
import { isRefusal } from '../engine/refusal.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import { StoredItem, encodeImage } from '../engine/stored-item.ts'
import type { NotWritten, Written } from '../engine/item-writer.ts'
import type { TableBlueprint } from '../engine/table.ts'
import type { TableFillers } from '../engine/table-filling.ts'
import { onDemandSettings } from '../engine/table.ts'
import { spaceRange, spaces } from '../engine/keyspace.ts'
import type { Space } from '../engine/keyspace.ts'
import type { Item } from '../item/attribute-value.ts'
import { encodeItemKey } from '../item/item-key.ts'
import { isInvalid } from '../item/invalid.ts'
import type { ActiveFault, FaultKind } from './fault.ts'
import { Faults } from './faults.ts'
import type { Conflict } from './conflict.ts'
import { conflictsOf, digestTable } from './inspection.ts'
import type { Transport } from '../replication/messages.ts'
import type { LagProfile } from './lag-profile.ts'
import { lagProfiles } from './lag-profile.ts'
import { createMemoryStores } from './memory-stores.ts'
import type { ReplicaPace } from './replica-pace.ts'
import { replicaPaces } from './replica-pace.ts'
import type { Unauthorized } from './permitted-links.ts'
import type { OlderCopies } from './older-copies.ts'
import { olderCopies } from './older-copies.ts'
import type { TableView } from './table-view.ts'
import { World } from './world.ts'

export const users: TableBlueprint = {
  name: 'users',
  schema: { partition: { name: 'pk', type: 'S' }, sort: undefined },
  attributeDefinitions: [{ name: 'pk', type: 'S' }],
  settings: onDemandSettings(0),
  tags: {},
}

export const [east, west, europe] = ['us-east-1', 'us-west-2', 'eu-west-1'] as const

/** An error in the log is a failed test. */
const loudLog: Log = {
  ...silentLog,
  error(event, fields) {
    throw new Error(`${event} ${JSON.stringify(fields)} ${String(fields?.['error'])}`)
  },
}

export interface TestWorldOptions {
  readonly seed?: number
  readonly profile?: LagProfile
  /** The world that ran on these stores, and in this time, before. */
  readonly before?: TestWorld
  readonly endedIncarnationsMax?: number
  readonly consumption?: Consumption
  readonly lifecycleDelayMs?: number
  /** 0 when left out: replicas go in any order. */
  readonly sourceHoldMs?: number
  readonly replicaPace?: ReplicaPace
  readonly decorate?: (plain: Transport, from: string, time: VirtualTime) => Transport
  readonly fillers?: TableFillers
  readonly logBytesMax?: number
  readonly unauthorized?: Unauthorized
}

export class TestWorld {
  readonly time: VirtualTime
  readonly world: World
  readonly faults: Faults
  readonly stores: OlderCopies

  private constructor(parts: { time: VirtualTime; world: World; faults: Faults; stores: OlderCopies }) {
    this.time = parts.time
    this.world = parts.world
    this.faults = parts.faults
    this.stores = parts.stores
  }

  static async open(options: TestWorldOptions = {}): Promise<TestWorld> {
    const time = options.before?.time ?? new VirtualTime()
    const random = seededRandom(options.seed ?? 1)
    const { decorate } = options
    const stores = options.before?.stores ?? olderCopies(createMemoryStores({ scheduler: time, flushDelayMs: () => 2 }))
    const world = await time.resolve(
      World.open({
        stores,
        regions: [east, west, europe],
        clock: time,
        clockMode: 'hlc',
        scheduler: time,
        random,
        profile: options.profile ?? lagProfiles.aws,
        log: loudLog,
        endedIncarnationsMax: options.endedIncarnationsMax ?? 100,
        fillers: options.fillers ?? {},
        lifecycleDelayMs: options.lifecycleDelayMs ?? 0,
        sourceHoldMs: options.sourceHoldMs ?? 0,
        replicaPace: options.replicaPace ?? replicaPaces.fast,
        logBytesMax: options.logBytesMax,
        ...(options.unauthorized === undefined ? {} : { unauthorized: options.unauthorized }),
        ...(options.consumption === undefined ? {} : { consumption: options.consumption }),
        ...(decorate === undefined ? {} : { decorateTransport: (plain: Transport, from: string) => decorate(plain, from, time) }),
      }),
    )
    return new TestWorld({ time, world, faults: new Faults(world, { clock: time, scheduler: time, random }), stores })
  }

  /** The program ends and starts again on the same disks, with other dice. */
  async reopen(
    options: Pick<TestWorldOptions, 'seed' | 'fillers' | 'lifecycleDelayMs' | 'replicaPace' | 'unauthorized'> = {},
  ): Promise<TestWorld> {
    await this.time.resolve(this.world.close())
    return TestWorld.open({ seed: 77, ...options, before: this })
  }

  /** The table in the first Region, replicas in the others. */
  async createTable(first: string, ...others: readonly string[]): Promise<void> {
    accepted(await this.time.resolve(this.world.createTable(first, users)))
    for (const region of others) await this.add(first, region)
    await this.time.advance(5_000)
  }

  async add(source: string, region: string): Promise<void> {
    accepted(await this.beginAdd(source, region))
    await this.settled()
  }

  beginAdd(source: string, region: string): Promise<TableView | Refusal> {
    const overrides = { readUnitsOverride: undefined, tableClassOverride: undefined }
    return this.time.resolve(this.world.changeReplica(source, 'users', { kind: 'create', region, ...overrides }))
  }

  beginRemove(from: string, region: string): Promise<TableView | Refusal> {
    return this.time.resolve(this.world.changeReplica(from, 'users', { kind: 'delete', region }))
  }

  async remove(from: string, region: string): Promise<void> {
    accepted(await this.beginRemove(from, region))
    await this.settled()
  }

  async settled(limitMs = 600_000): Promise<void> {
    await this.time.resolve(this.world.settled(), limitMs)
  }

  async break(kind: FaultKind, durationMs?: number): Promise<ActiveFault> {
    return this.time.resolve(this.faults.inject({ ...kind, durationMs }))
  }

  async heal(fault: ActiveFault): Promise<boolean> {
    return this.time.resolve(this.faults.heal(fault.id))
  }

  async engine(region: string): Promise<RegionEngine> {
    return accepted(await this.time.resolve(this.world.engine(region)))
  }

  /** Begins a write; it goes on when time does. Settles with `put`, or with `gone` when it was refused. */
  beginPut(region: string, pk: string, value: string): Promise<unknown> {
    return this.#beginWrite(region, pk, { pk: { S: pk }, v: { S: value } })
  }

  async put(region: string, pk: string, value: string): Promise<unknown> {
    return this.time.resolve(this.#beginWrite(region, pk, { pk: { S: pk }, v: { S: value } }))
  }

  /** An item with these attributes beside its key. */
  async putItem(region: string, pk: string, attributes: Item): Promise<unknown> {
    return this.time.resolve(this.#beginWrite(region, pk, { ...attributes, pk: { S: pk } }))
  }

  async has(region: string, pk: string): Promise<boolean> {
    const engine = await this.engine(region)
    const table = engine.table('users')
    return table !== undefined && (await engine.getItem(table, keyOf(pk))) !== undefined
  }

  async delete(region: string, pk: string): Promise<unknown> {
    return this.time.resolve(this.#beginWrite(region, pk, undefined))
  }

  async get(region: string, pk: string): Promise<string | undefined> {
    const engine = await this.engine(region)
    const table = engine.table('users')
    if (table === undefined) return undefined
    const value = (await engine.getItem(table, keyOf(pk)))?.item['v']
    return value !== undefined && 'S' in value ? value.S : undefined
  }

  /** Rows of one kind that a Region's replica keeps. */
  async countRows(region: string, space: Space): Promise<number> {
    const engine = await this.engine(region)
    const table = engine.table('users')
    if (table === undefined) return 0
    const page = await engine.store.page(spaceRange(table.number, space), { entriesMax: 1_000_000, bytesMax: 1 << 30 })
    return page.entries.length
  }

  /** Log records and tombstones of all replicas together. */
  async countKept(): Promise<number> {
    let kept = 0
    for (const { name, running } of this.world.regions()) {
      if (running === undefined) continue
      for (const space of [spaces.log, spaces.tombstones]) kept += await this.countRows(name, space)
    }
    return kept
  }

  async converged(): Promise<boolean> {
    return (await this.time.resolve(digestTable(this.world, this.time, 'users')))?.converged ?? false
  }

  conflicts(): Promise<readonly Conflict[]> {
    return conflictsOf(this.world, 'users', 0n)
  }

  status(region: string): string | undefined {
    const [table] = this.world.globalTables()
    return table?.replicas.find((replica) => replica.region === region)?.status
  }

  async #beginWrite(region: string, pk: string, item: Item | undefined): Promise<unknown> {
    const engine = accepted(await this.world.engine(region))
    const table = engine.table('users')
    if (table === undefined) throw new Error(`no table in ${region}`)
    if (item === undefined) return resultOf(await engine.write(table, keyOf(pk), () => ({ kind: 'delete', result: 'deleted' })))
    const image = encodeImage(item)
    return resultOf(await engine.write(table, keyOf(pk), () => ({ kind: 'put', item: new StoredItem(image, image.length), result: 'put' })))
  }
}

/** What a write came to, or why there was none. */
function resultOf<T>(outcome: Written<T> | NotWritten): T | NotWritten {
  return outcome.kind === 'written' ? outcome.result : outcome
}

export function accepted<T extends object>(outcome: T | Refusal): T {
  if (isRefusal(outcome)) throw new Error(outcome.message)
  return outcome
}

function keyOf(pk: string): Uint8Array {
  const key = encodeItemKey(users.schema, { pk: { S: pk } })
  if (isInvalid(key)) throw new Error(key.invalid)
  return key
}
