import type { CreateTableCommandInput, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { CreateTableCommand, DynamoDBClient, UpdateTableCommand, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb'
import { reportConflict } from '../admin/conflict-report.ts'
import type { ConflictReport } from '../admin/wire.ts'
import type { Api } from '../api/api.ts'
import { createApi } from '../api/api.ts'
import type { Disturb } from '../api/disturbed-dispatcher.ts'
import type { Log } from '../base/log.ts'
import { silentLog } from '../base/log.ts'
import { fraction, seededRandom } from '../base/random.ts'
import { systemRandom } from '../base/system-random.ts'
import { systemTime } from '../base/system-time.ts'
import { VirtualTime } from '../base/virtual-time.ts'
import type { FaultKind } from '../world/fault.ts'
import { Faults } from '../world/faults.ts'
import { conflictsOf, digestTable, schemaOf, tableNames } from '../world/inspection.ts'
import type { LagProfile, LagProfileName } from '../world/lag-profile.ts'
import { lagProfiles } from '../world/lag-profile.ts'
import { createMemoryStores } from '../world/memory-stores.ts'
import { replicated } from '../world/replicated.ts'
import { World } from '../world/world.ts'
import type { Passage } from './in-process-handler.ts'
import { createInProcessHandler } from './in-process-handler.ts'
import type { TemplateTable } from './template.ts'
import type { TemplateOptions } from './template-tables.ts'
import { tablesOfTemplate } from './template-tables.ts'

export interface StartWorldOptions {
  /** Three when left out: us-east-1, us-west-2, eu-west-1. */
  readonly regions?: readonly string[]
  /** How long a change takes to another Region: a profile, milliseconds, or a function of the two; `instant` when left out. */
  readonly lag?: LagProfileName | number | ((from: string, to: string) => number)
  /** `virtual`: time stands still but for what is asked for, and everything is repeatable by the seed; `real` when left out. */
  readonly time?: 'real' | 'virtual'
  /** What ranks concurrent writes: hybrid logical clocks (the default), or each Region's clock as it is. */
  readonly clockMode?: 'hlc' | 'wall'
  /** The dice of a world in virtual time; 1 when left out. */
  readonly seed?: number
}

export const usualRegions = ['us-east-1', 'us-west-2', 'eu-west-1'] as const

/** A world of Regions inside this process, in memory. It must be closed. Many may be open at once. */
export function startWorld(options: StartWorldOptions = {}): Promise<TestWorld> {
  return TestWorld.start(options)
}

/** Something that was broken on purpose, until it is healed. */
export interface Broken {
  heal(): Promise<void>
}

export class TestWorld {
  readonly regions: readonly string[]
  readonly #time: VirtualTime | undefined
  readonly #world: World
  readonly #faults: Faults
  readonly #api: Api
  readonly #errors: Error[]
  readonly #clients = new Map<string, DynamoDBClient>()

  private constructor(parts: {
    regions: readonly string[]
    time: VirtualTime | undefined
    world: World
    faults: Faults
    api: Api
    errors: Error[]
  }) {
    this.regions = parts.regions
    this.#time = parts.time
    this.#world = parts.world
    this.#faults = parts.faults
    this.#api = parts.api
    this.#errors = parts.errors
  }

  static async start(options: StartWorldOptions, virtual = new VirtualTime()): Promise<TestWorld> {
    const { regions = usualRegions, clockMode = 'hlc', seed = 1, lag = 'instant' } = options
    const time = options.time === 'virtual' ? virtual : undefined
    const clock = time ?? systemTime
    const random = time === undefined ? systemRandom : seededRandom(seed)
    const errors: Error[] = []
    const log: Log = {
      ...silentLog,
      error: (event, fields) => errors.push(new Error(`${event} ${JSON.stringify(fields)}`, { cause: fields?.['error'] })),
    }
    const opened = World.open({
      stores: createMemoryStores({ scheduler: clock, flushDelayMs: () => (time === undefined ? 0 : fraction(random)) }),
      regions,
      clock,
      clockMode,
      scheduler: clock,
      random,
      profile: lagProfileOf(lag),
      log,
      endedIncarnationsMax: 8,
    })
    const world = await (time === undefined ? opened : time.resolve(opened))
    const faults = new Faults(world, { clock, scheduler: clock, random })
    const disturb: Disturb = (request) => faults.disturb(request)
    const api = createApi({ controlPlane: world, clock, scheduler: clock, random, log, credentials: undefined, disturb })
    return new TestWorld({ regions, time, world, faults, api, errors })
  }

  /** The client of a Region; the same for each call. Closing the world is enough. */
  client(region?: string): DynamoDBClient {
    const name = region ?? this.#home
    let client = this.#clients.get(name)
    if (client === undefined) {
      client = new DynamoDBClient(this.clientConfig(name))
      this.#clients.set(name, client)
    }
    return client
  }

  /**
   * What any client of the AWS SDK for JavaScript takes (DynamoDB, DynamoDB Streams) to work in a Region of this world.
   * @param passage what lies between the client and the Region; nothing when left out
   */
  clientConfig(region?: string, passage: Passage = (_call, attempt) => attempt()): DynamoDBClientConfig {
    const name = region ?? this.#home
    const inWorld: Passage = (call, attempt) => this.#inTime(passage(call, attempt))
    return {
      region: name,
      endpoint: 'http://everywrite.invalid',
      credentials: { accessKeyId: 'everywrite', secretAccessKey: 'everywrite' },
      maxAttempts: 1, // the dice and the time of retries are this world's
      requestHandler: createInProcessHandler(this.#api, name, inWorld),
    }
  }

  /** Creates a table with a replica in each of the Regions (all of the world, when left out), and returns when all are ACTIVE. */
  async createTable(input: CreateTableCommandInput, regions: readonly string[] = this.regions): Promise<void> {
    const [first, ...others] = regions
    if (first === undefined) throw new TypeError('a table needs a Region')
    const client = this.client(first)
    await client.send(new CreateTableCommand(input))
    await this.#settledControl()
    for (const RegionName of others) {
      await client.send(new UpdateTableCommand({ TableName: input.TableName, ReplicaUpdates: [{ Create: { RegionName } }] }))
      await this.#settledControl()
    }
  }

  /**
   * Creates the tables of a template (see {@link tablesOfTemplate}), those of a global table in its Regions, others in the first Region.
   * @throws {TemplateError} naming the place in the template
   */
  async createTables(template: string, options?: TemplateOptions): Promise<readonly TemplateTable[]> {
    const tables = tablesOfTemplate(template, options)
    for (const { input, regions, timeToLive } of tables) {
      const [first = this.#home, ...others] = regions ?? []
      await this.createTable(input, [first, ...others])
      if (timeToLive === undefined) continue
      const TimeToLiveSpecification = { Enabled: true, AttributeName: timeToLive }
      await this.client(first).send(new UpdateTimeToLiveCommand({ TableName: input.TableName, TimeToLiveSpecification }))
      await this.#settledControl()
    }
    return tables
  }

  /** Cuts the link between two Regions, both ways. */
  partition(a: string, b: string): Promise<Broken> {
    return this.break({ kind: 'partition', between: [a, b] })
  }

  /** Stops replication into and out of a Region, of all tables or of one; its clients are served. */
  pause(region: string, table?: string): Promise<Broken> {
    return this.break({ kind: 'pause', region, table })
  }

  /** Puts a Region's clock ahead (negative: behind). @param driftPpm microseconds that it gains per second */
  skew(region: string, ms: number, driftPpm = 0): Promise<Broken> {
    return this.break({ kind: 'skew', region, ms, driftPpm })
  }

  /** The Region answers nobody until it is healed. */
  outage(region: string): Promise<Broken> {
    return this.break({ kind: 'outage', region })
  }

  /** Kills a Region without a flush; healed, it goes on with what was durable. */
  crash(region: string): Promise<Broken> {
    return this.break({ kind: 'crash', region })
  }

  /** Replaces the delay of one direction. */
  latency(from: string, to: string, ms: number, jitterMs = 0): Promise<Broken> {
    return this.break({ kind: 'latency', from, to, ms, jitterMs })
  }

  /** Lets the Region's global secondary indexes show what they showed so long ago: those of a table, or one of them. */
  indexLag(region: string, ms: number, scope: { readonly table?: string; readonly index?: string } = {}): Promise<Broken> {
    return this.break({ kind: 'index-lag', region, table: scope.table, index: scope.index, ms })
  }

  /**
   * Lets the Region's eventually consistent reads see its tables as they were so long ago, or up to `jitterMs` longer: all of them, or so many as `rate` (0 to 1)
   * says. Strongly consistent ones see the present.
   */
  staleReads(region: string, ms: number, how: StaleReads = {}): Promise<Broken> {
    const { table, jitterMs = 0, rate = 1, seed = 1 } = how
    return this.break({ kind: 'stale', region, table, ms, jitterMs, rate, seed })
  }

  /** Breaks anything that can be broken; requests too: `throttle`, `error`, `slow`. */
  async break(fault: FaultKind): Promise<Broken> {
    const { id } = await this.#inTime(this.#faults.inject({ ...fault, durationMs: fault.kind === 'crash' ? forever : undefined }))
    return { heal: async () => void (await this.#inTime(this.#faults.heal(id))) }
  }

  /** Ends everything that is broken. */
  async heal(): Promise<void> {
    await this.#inTime(this.#faults.healAll())
    await this.#settledControl()
  }

  /**
   * Waits until every replica has what any had when this was called.
   * @throws at once when a fault keeps Regions apart: it would wait for the fault's end
   */
  async settle(): Promise<void> {
    const apart = this.#faults.list().filter(({ fault }) => keepsApart.has(fault.kind))
    if (apart.length > 0) {
      throw new Error(`Replicas cannot settle while there is a ${apart.map(({ fault }) => fault.kind).join(', ')}: heal first.`)
    }
    await this.#inTime(replicated(this.#world))
    this.#complain()
  }

  /**
   * The writes that were acknowledged and lost, those left out that a later write built on after all.
   * @param options.harmless with those that made the same as the write that won; false when left out
   */
  async conflicts(table?: string, options: { readonly harmless?: boolean } = {}): Promise<readonly ConflictReport[]> {
    const reports: ConflictReport[] = []
    for (const name of table === undefined ? tableNames(this.#world) : [table]) {
      for (const conflict of await this.#inTime(conflictsOf(this.#world, name, 0n))) {
        const schema = schemaOf(this.#world, conflict)
        if (schema === undefined || conflict.withdrawn || (conflict.harmless && options.harmless !== true)) continue
        reports.push(reportConflict(conflict, schema))
      }
    }
    return reports
  }

  /** @throws when the replicas of a table (of all tables, when left out) do not hold the same, or something is on its way */
  async assertConverged(table?: string): Promise<void> {
    for (const name of table === undefined ? tableNames(this.#world) : [table]) {
      const digest = await this.#inTime(digestTable(this.#world, this.#time ?? systemTime, name))
      if (digest === undefined) throw new Error(`There is no table ${name}.`)
      if (digest.converged) continue
      const held = [...digest.digestByRegion].map(([region, { items, hex }]) => `${region}: ${items} items, ${hex.slice(0, 8)}`)
      throw new Error(`The replicas of ${name} have not converged (${held.join('; ')}). settle() waits until they have.`)
    }
  }

  /** The world's own time, milliseconds since 1970; no skew is in it. */
  nowMs(): number {
    return (this.#time ?? systemTime).nowMs()
  }

  /** Lets virtual time pass. */
  async advance(ms: number): Promise<void> {
    if (this.#time === undefined) throw new Error(`advance() moves virtual time; this world was started with time: 'real'.`)
    await this.#time.advance(ms)
    this.#complain()
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) client.destroy()
    this.#faults.close()
    await this.#inTime(this.#world.close())
    this.#complain()
  }

  get #home(): string {
    return this.regions[0] ?? usualRegions[0]
  }

  /** Waits for something of this world; virtual time passes meanwhile. */
  #inTime<T>(work: Promise<T>): Promise<T> {
    return this.#time === undefined ? work : this.#time.resolve(work)
  }

  #settledControl(): Promise<void> {
    return this.#inTime(this.#world.settled())
  }

  /** What went wrong inside must not pass for a result. */
  #complain(): void {
    const [first] = this.#errors
    if (first !== undefined) throw first
  }
}

export interface StaleReads {
  readonly table?: string
  readonly jitterMs?: number
  readonly rate?: number
  /** Draws which reads, and how old; 1 when left out. */
  readonly seed?: number
}

const keepsApart: ReadonlySet<FaultKind['kind']> = new Set(['partition', 'pause', 'outage', 'crash'])

/** A crash without an end would be over at once. */
const forever = 2 ** 31 - 1

function lagProfileOf(lag: NonNullable<StartWorldOptions['lag']>): LagProfile {
  if (typeof lag === 'string') return lagProfiles[lag]
  if (typeof lag === 'number') return () => lag
  return (from, to) => lag(from, to)
}
