import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Log, LogFields } from '../base/log.ts'
import { systemRandom } from '../base/system-random.ts'
import { systemTime } from '../base/system-time.ts'
import type { Consumption } from '../engine/consumption.ts'
import type { Refusal } from '../engine/refusal.ts'
import { isRefusal, refuse } from '../engine/refusal.ts'
import type { ChangeSink } from '../engine/change-sink.ts'
import { Deliveries } from '../engine/deliveries.ts'
import { Housekeeping } from '../engine/housekeeping.ts'
import { RegionEngine } from '../engine/region-engine.ts'
import type { Table } from '../engine/table.ts'
import type { TableFillers } from '../engine/table-filling.ts'
import { RegionClock } from '../replication/region-clock.ts'
import { Versions } from '../replication/versions.ts'
import { createMemoryStore } from '../storage/memory-store.ts'
import type { Store } from '../storage/store.ts'
import type { Api } from './api.ts'
import { createApi } from './api.ts'
import type { ControlPlane, ReplicaAction, TableView } from './control-plane.ts'
import type { Credentials } from './credentials.ts'

/** For the tests of this room: Regions in memory that know nothing of each other, and a real server in front of them. */
export interface TestWorld {
  readonly api: Api
  readonly port: number
  readonly endpoint: string
  /** What was logged as an error. */
  readonly errors: readonly LogFields[]
  /** What the replica changes were that came through. */
  readonly replicaActions: readonly ReplicaAction[]
  client(region?: string): DynamoDBClient
  engine(region: string): Promise<RegionEngine>
  close(): Promise<void>
}

export interface TestWorldOptions {
  readonly credentials?: Credentials
  readonly nowMs?: () => number
  /** Stands in for the store of every Region. */
  readonly store?: (store: Store) => Store
  readonly unavailable?: ReadonlySet<string>
  readonly throttling?: boolean
  readonly consumption?: Consumption
  /** How long warm throughput and encryption take to change; 0 when left out. Nothing else takes its time here. */
  readonly lifecycleDelayMs?: number
  /** How long between two looks for expired items; a second when left out. */
  readonly sweepEveryMs?: number
  /** What fills new tables, beside what the engine fills by itself. */
  readonly fillers?: TableFillers
  /** Where the changes of tables with destinations go; nowhere when left out. */
  readonly changeSink?: ChangeSink
}

export async function startTestWorld(options: TestWorldOptions = {}): Promise<TestWorld> {
  const clock = { nowMs: options.nowMs ?? (() => systemTime.nowMs()) }
  const engines = new Map<string, Promise<RegionEngine>>()
  const errors: LogFields[] = []
  const log: Log = { info() {}, warn() {}, error: (_event, fields) => errors.push(fields ?? {}) }
  const housekeepings: { close(): void }[] = []
  const keepHouse = (engine: Promise<RegionEngine>): void => {
    const begun = engine.then((opened) => {
      const sweepEveryMs = options.sweepEveryMs ?? 1000
      const discard = async (table: Table): Promise<void> => void (await opened.dropTable(table.name))
      const fillers = options.fillers ?? {}
      housekeepings.push(Housekeeping.start({ engine: opened, scheduler: systemTime, clock, log, sweepEveryMs, fillers, discard }))
      const sink = options.changeSink
      if (sink !== undefined) housekeepings.push(Deliveries.start({ engine: opened, sink, scheduler: systemTime, clock, log }))
    })
    begun.catch((error: unknown) => log.error('housekeeping', { error }))
  }
  const open = (region: string): Promise<RegionEngine> => {
    const known = engines.get(region)
    if (known !== undefined) return known
    const versioning = new Versions({ region, clock: new RegionClock(clock, 'hlc'), trueClock: clock, random: systemRandom })
    const memory = createMemoryStore({ scheduler: systemTime })
    const engine = RegionEngine.open({ region, store: options.store?.(memory) ?? memory, versioning, clock, random: systemRandom })
    engines.set(region, engine)
    keepHouse(engine)
    return engine
  }
  const replicaActions: ReplicaAction[] = []
  const controlPlane = isolatedRegions(open, options.unavailable ?? new Set(), replicaActions, options.lifecycleDelayMs ?? 0)
  const limits = { throttling: options.throttling ?? true, consumption: options.consumption }
  const api = createApi({
    controlPlane,
    clock,
    scheduler: systemTime,
    random: systemRandom,
    log,
    credentials: options.credentials,
    ...limits,
  })
  const server = createServer((request, response) => api.handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const clients: DynamoDBClient[] = []
  return {
    api,
    port,
    endpoint: `http://127.0.0.1:${port}`,
    errors,
    replicaActions,
    engine: open,
    client(region = 'us-east-1') {
      const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' }
      const client = new DynamoDBClient({ endpoint: `http://127.0.0.1:${port}`, region, credentials, maxAttempts: 1 })
      clients.push(client)
      return client
    },
    async close() {
      for (const client of clients) client.destroy()
      for (const housekeeping of housekeepings) housekeeping.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A control plane without replication: enough to see what the wire asks of one. */
function isolatedRegions(
  open: (region: string) => Promise<RegionEngine>,
  unavailable: ReadonlySet<string>,
  actions: ReplicaAction[],
  lifecycleDelayMs: number,
): ControlPlane {
  const missing = (name: string): Refusal => refuse('not-found', `Requested resource not found: Table: ${name} not found`)
  const view = async (engine: RegionEngine, table: Table): Promise<TableView> => ({
    table,
    ...(await engine.statistics(table)),
    replicas: undefined,
  })
  // A promise does not say that it was kept; who asks for the engine first makes it awake.
  const awake = new Map<string, RegionEngine>()
  const opened = async (region: string): Promise<RegionEngine> => {
    const engine = await open(region)
    awake.set(region, engine)
    return engine
  }
  const find = async (region: string, name: string): Promise<TableView | Refusal> => {
    const engine = await open(region)
    const table = engine.table(name)
    return table === undefined ? missing(name) : view(engine, table)
  }
  return {
    lifecycleDelayMs,
    engine: async (region) => (unavailable.has(region) ? refuse('unavailable', `The Region ${region} does not answer`) : opened(region)),
    awake: (region) => awake.get(region),
    async createTable(region, blueprint, filling) {
      const engine = await open(region)
      const table = await (filling === undefined ? engine.createTable(blueprint) : engine.createFilledTable(blueprint, filling))
      return table === undefined ? refuse('in-use', `Table already exists: ${blueprint.name}`) : view(engine, table)
    },
    exports: () => Promise.resolve(refuse('invalid', 'These Regions have no place for exports and imports')),
    describeTable: find,
    async listTables(region, after, limit) {
      const names = (await open(region)).tables().map(({ name }) => name)
      const rest = names.filter((name) => after === undefined || name > after)
      return { names: rest.slice(0, limit), more: rest.length > limit }
    },
    async deleteTable(region, name) {
      const found = await find(region, name)
      if (isRefusal(found)) return found
      if (found.table.settings.deletionProtection) {
        return refuse(
          'invalid',
          'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.',
        )
      }
      await (await open(region)).dropTable(name)
      return found
    },
    changeScaling(region, name, change) {
      return this.changeSettings(region, name, change)
    },
    async changeSettings(region, name, change, pace) {
      const found = await find(region, name)
      if (isRefusal(found)) return found
      const settings = change(found.table)
      if (isRefusal(settings)) return settings
      const engine = await open(region)
      const table = await engine.changeTable(name, () => ({ settings }))
      if (table === undefined) return missing(name)
      return view(engine, pace === 'updating' ? { ...table, status: 'UPDATING' } : table)
    },
    protectFromDisassociation: (_region, name) => Promise.resolve(missing(name)),
    async changeReplica(region, name, action) {
      const found = await find(region, name)
      if (isRefusal(found)) return found
      actions.push(action)
      return { ...found, replicas: [] }
    },
    async changeTags(region, name, change) {
      const found = await find(region, name)
      if (isRefusal(found)) return found
      const tags = change(found.table.tags)
      if (isRefusal(tags)) return tags
      const engine = await open(region)
      const table = await engine.changeTable(name, () => ({ tags }))
      return table === undefined ? missing(name) : view(engine, table)
    },
  }
}
