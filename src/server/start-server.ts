import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAdmin } from '../admin/admin.ts'
import { DynamoDBMetrics } from '../admin/dynamodb-metrics.ts'
import { RequestMeter } from '../admin/request-meter.ts'
import { createApi } from '../api/api.ts'
import { createMonitoring } from '../api/monitoring.ts'
import { unauthorized } from '../api/replication-permission.ts'
import type { Credentials } from '../api/credentials.ts'
import { WriteMeter } from '../cost/write-meter.ts'
import type { Log } from '../base/log.ts'
import { systemRandom } from '../base/system-random.ts'
import { systemTime } from '../base/system-time.ts'
import type { ClockMode } from '../replication/region-clock.ts'
import { StoreFailed } from '../storage/store.ts'
import { Consumption } from '../engine/consumption.ts'
import { Fis } from '../fis/fis.ts'
import { createFisHttp } from '../fis/fis-http.ts'
import { UnknownLayout } from '../engine/region-engine.ts'
import { isAwsRegion } from '../world/aws-regions.ts'
import { FaultSchedules } from '../world/fault-schedules.ts'
import { Faults } from '../world/faults.ts'
import type { LagProfileName } from '../world/lag-profile.ts'
import { lagProfiles } from '../world/lag-profile.ts'
import { replicaPaces } from '../world/replica-pace.ts'
import { createMemoryStores } from '../world/memory-stores.ts'
import type { Stores } from '../world/stores.ts'
import { World } from '../world/world.ts'
import { AccessLog } from './access-log.ts'
import { assertMayBind, isLoopback } from './bind-rules.ts'
import { createConsoleFiles } from './console-files.ts'
import type { DataFolder } from './data-folder.ts'
import { openDataFolder } from './data-folder.ts'
import type { ObjectStore } from '../transfer/object-store.ts'
import { openFolderObjectStore } from './folder-object-store.ts'
import { listenHttp } from './http-listener.ts'
import { KinesisSink } from './kinesis-sink.ts'
import { createLmdbStores } from './lmdb-stores.ts'
import { OperatorError } from './operator-error.ts'
import type { TlsIdentity } from './tls-identity.ts'
import { untimely } from './tls-identity.ts'
import { packageVersion } from './version.ts'

/** One process: a world of Regions, DynamoDB's wire, the control API and the console, on one port. */
export interface ServerConfig {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly regions: readonly string[]
  /** Undefined: everything stays in memory. */
  readonly dataFolder: string | undefined
  /** Where exports go and imports come from, a folder for each bucket; undefined: there is no such place. */
  readonly objectsFolder?: string | undefined
  readonly profile: LagProfileName
  readonly clockMode: ClockMode
  /** Undefined: signatures are not looked at. */
  readonly credentials: Credentials | undefined
  /** Undefined: plain HTTP. */
  readonly tls?: TlsIdentity | undefined
  /** Serve everybody who can reach the port. */
  readonly insecure: boolean
  /** False: nobody is held to provisioned throughput. */
  readonly throttling?: boolean
  /** How long between two looks for items whose time to live has passed, ms; undefined: the default. */
  readonly sweepEveryMs?: number | undefined
  /** How long entries of global secondary indexes wait behind their items, ms; undefined: they are written together. */
  readonly indexDelayMs?: number | undefined
  /** Where the records of Kinesis streams are posted, by the stream's name; the others become files of the data folder. */
  readonly kinesisUrls?: ReadonlyMap<string, URL> | undefined
  /** How long tables, indexes and some settings take to become what they were told to be, ms; undefined: as long as it takes. */
  readonly lifecycleDelayMs?: number | undefined
  /** Undefined: none on loopback, one that is made up elsewhere. */
  readonly adminToken: string | undefined
  /** For how long replicas of several accounts may not permit that they are replicated before they leave their group, ms; undefined: the default. */
  readonly unauthorizedMaxMs?: number | undefined
  /** How large a Region's log of a table may become for the sake of another one, bytes; undefined: the default. */
  readonly logBytesMax?: number | undefined
  /** Where a line for each request goes: a path, or `-` for stdout; undefined: nowhere. */
  readonly accessLog?: string | undefined
  readonly log: Log
}

export interface RunningServer {
  readonly host: string
  readonly port: number
  /** What the admin API asks for; undefined: nothing. */
  readonly adminToken: string | undefined
  readonly dataFolder: string | undefined
  /** The Regions that are awake. */
  readonly regions: readonly string[]
  /** Resolves when the server cannot go on. What it acknowledged is safe; it must be ended now. */
  readonly failed: Promise<OperatorError>
  /** Goes on in new files of the same names, after files of a log were moved away. */
  reopenLogs(): void
  /** Finishes the requests that run, and closes the stores. */
  close(): Promise<void>
}

/** How many ended incarnations a table's cursors may name: each restart of a Region that is written to adds one. */
const endedIncarnationsMax = 8

export async function startServer(config: ServerConfig): Promise<RunningServer> {
  const { host, log } = config
  assertMayBind(host, { hasCredentials: config.credentials !== undefined, insecure: config.insecure })
  const folder = config.dataFolder === undefined ? undefined : await openDataFolder(config.dataFolder)
  try {
    return await startOn(folder, config, log)
  } catch (error) {
    await folder?.release()
    throw operatorError(error, folder)
  }
}

async function startOn(folder: DataFolder | undefined, config: ServerConfig, log: Log): Promise<RunningServer> {
  let fail: (error: OperatorError) => void = () => undefined
  const failed = new Promise<OperatorError>((resolve) => (fail = resolve))
  const stores = storesIn(folder, (error) => fail(error))
  const kinesis = new KinesisSink({
    folder: folder === undefined ? undefined : join(folder.path, 'kinesis'),
    urls: config.kinesisUrls ?? new Map(),
  })
  let conflictsFound: ReturnType<typeof createAdmin>['conflictsFound'] = () => undefined
  const consumption = new Consumption()
  const writeMeter = new WriteMeter()
  const dynamodbMetrics = new DynamoDBMetrics(systemTime)
  const objects = config.objectsFolder === undefined ? undefined : await openObjects(config.objectsFolder)
  const accessLog = config.accessLog === undefined ? undefined : await AccessLog.open(config.accessLog, { clock: systemTime, log })
  const world = await World.open({
    stores,
    objects,
    unauthorized,
    ...(config.unauthorizedMaxMs === undefined ? {} : { unauthorizedMaxMs: config.unauthorizedMaxMs }),
    changeSink: kinesis,
    regions: config.regions,
    clock: systemTime,
    clockMode: config.clockMode,
    scheduler: systemTime,
    random: systemRandom,
    profile: lagProfiles[config.profile],
    ...(config.sweepEveryMs === undefined ? {} : { sweepEveryMs: config.sweepEveryMs }),
    ...(config.indexDelayMs === undefined ? {} : { indexDelayMs: config.indexDelayMs }),
    ...(config.lifecycleDelayMs === undefined ? {} : { lifecycleDelayMs: config.lifecycleDelayMs }),
    consumption,
    applied(batch) {
      writeMeter.add(batch.table, 'GlobalTable', batch.works)
      dynamodbMetrics.applied(batch)
    },
    expired: dynamodbMetrics.expired,
    log: {
      ...log,
      info(event, fields) {
        if (event === 'conflicts-found') {
          const { table, region, policy, found } = fields ?? {}
          conflictsFound({ table: String(table), region: String(region), policy: String(policy), found: Number(found) })
        } else log.info(event, fields)
      },
    },
    endedIncarnationsMax,
    replicaPace: config.profile === 'aws' ? replicaPaces.aws : replicaPaces.fast,
    logBytesMax: config.logBytesMax,
  })
  try {
    const loopback = isLoopback(config.host)
    const adminToken = config.adminToken ?? (loopback ? undefined : randomBytes(18).toString('base64url'))
    const meter = new RequestMeter(isAwsRegion)
    const faults = new Faults(world, { clock: systemTime, scheduler: systemTime, random: systemRandom })
    const schedules = new FaultSchedules(faults, { scheduler: systemTime, random: systemRandom, log })
    const api = createApi({
      controlPlane: world,
      clock: systemTime,
      scheduler: systemTime,
      random: systemRandom,
      log,
      credentials: config.credentials,
      throttling: config.throttling ?? true,
      consumption,
      writeMeter,
      disturb: (request) => faults.disturb(request),
      onReply(exchange, reply, tookMs) {
        meter.count(exchange.call, reply.status, tookMs)
        dynamodbMetrics.answered(exchange, reply, tookMs)
        accessLog?.answered(exchange, reply, tookMs)
      },
    })
    const access = { loopback, token: adminToken }
    const admin = createAdmin({
      world,
      faults,
      schedules,
      clock: systemTime,
      scheduler: systemTime,
      log,
      meter,
      writeMeter,
      contributors: api.contributors,
      residentBytes: () => process.memoryUsage.rss(),
      metricStore: dynamodbMetrics.store,
      access,
      about: { version: packageVersion(), profile: config.profile, clockMode: config.clockMode, dataFolder: folder?.path },
    })
    conflictsFound = admin.conflictsFound
    const fis = Fis.open({
      documents: world.documents,
      faults,
      clock: systemTime,
      scheduler: systemTime,
      random: systemRandom,
      log,
      ask: (home) => async (operation, input) => {
        const { status, body } = await api.call(home, operation, input)
        return status === 200 ? (JSON.parse(Buffer.from(body).toString('utf8')) as object) : undefined
      },
    })
    const fisHttp = createFisHttp({ fis, credentials: config.credentials, clock: systemTime, random: systemRandom, log })
    const consoleFiles = createConsoleFiles(fileURLToPath(new URL('../../dist/console', import.meta.url)), access)
    const monitoring = createMonitoring({
      store: dynamodbMetrics.store,
      clock: systemTime,
      random: systemRandom,
      log,
      credentials: config.credentials,
      sample: () => dynamodbMetrics.sample(world),
    })
    warnOfCertificate(config)
    const { host, port, tls } = config
    const listener = await listenHttp({ host, port, tls }, (request, response) => {
      const url = request.url ?? '/'
      if (admin.owns(url)) admin.handle(request, response)
      else if (consoleFiles.owns(url)) consoleFiles.handle(request, response)
      else if (fisHttp.owns(url)) fisHttp.handle(request, response)
      else if (monitoring.owns(request)) monitoring.handle(request, response)
      else api.handle(request, response)
    })
    const stopSampling = dynamodbMetrics.follow(world, systemTime)
    return {
      host: config.host,
      port: listener.port,
      adminToken,
      dataFolder: folder?.path,
      regions: world.regions().map(({ name }) => name),
      failed,
      reopenLogs: () => accessLog?.reopen(),
      async close() {
        admin.close()
        stopSampling()
        await listener.close()
        schedules.close()
        fis.close()
        faults.close()
        await world.close()
        await kinesis.close()
        await accessLog?.close()
        await folder?.release()
      },
    }
  } catch (error) {
    await world.close()
    await kinesis.close()
    await accessLog?.close()
    throw error
  }
}

async function openObjects(path: string): Promise<ObjectStore> {
  try {
    return await openFolderObjectStore(path)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new OperatorError('FOLDER_UNUSABLE', `The folder ${path} for exports and imports cannot be used: ${why}.`, { cause })
  }
}

function warnOfCertificate({ tls, log }: ServerConfig): void {
  const problem = tls && untimely(tls, systemTime.nowMs())
  if (problem !== undefined) log.warn('certificate', { file: tls?.certificateFile, problem })
}

function storesIn(folder: DataFolder | undefined, fail: (error: OperatorError) => void): Stores {
  if (folder === undefined) return createMemoryStores({ scheduler: systemTime })
  return createLmdbStores(folder.path, (name, failure) => fail(storeError(folder, failure, name)))
}

function operatorError(error: unknown, folder: DataFolder | undefined): unknown {
  if (folder === undefined) return error
  if (error instanceof StoreFailed) return storeError(folder, error, undefined)
  if (error instanceof UnknownLayout) {
    return new OperatorError(
      'FOLDER_FORMAT',
      `The data folder ${folder.path} was written by another version of everywrite: ${error.message}.`,
    )
  }
  return error
}

function storeError({ path }: DataFolder, failure: StoreFailed, name: string | undefined): OperatorError {
  const where = name === undefined ? path : `${path} (${name})`
  return new OperatorError('STORE_FAILED', `The store in ${where} cannot go on: ${failure.message}; what was acknowledged is safe.`, {
    cause: failure,
  })
}
