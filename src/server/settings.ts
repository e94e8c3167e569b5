import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Credentials } from '../api/credentials.ts'
import { parseCredentials } from '../api/credentials.ts'
import type { ClockMode } from '../replication/region-clock.ts'
import { isAwsRegion } from '../world/aws-regions.ts'
import type { LagProfileName } from '../world/lag-profile.ts'
import { lagProfiles } from '../world/lag-profile.ts'
import { OperatorError, codeOf } from './operator-error.ts'
import type { ServerConfig } from './start-server.ts'
import type { LogFormat, LogLevel } from './operator-log.ts'
import { logLevels } from './operator-log.ts'
import type { TlsIdentity } from './tls-identity.ts'
import { readTlsIdentity } from './tls-identity.ts'

/** What an operator may set, by flag or in a JSON file whose members are named like the flags. A flag goes before the file. */
export type Settings = Omit<ServerConfig, 'log'> & {
  /** Undefined: text on a terminal, JSON elsewhere. */
  readonly logFormat: LogFormat | undefined
  readonly logLevel: LogLevel
}

/** @param flags those that were given */
export async function readSettings(flags: Readonly<Record<string, unknown>>): Promise<Settings> {
  const { config, ...given } = flags
  const source = new Source({ ...(typeof config === 'string' ? await readConfigFile(config) : {}), ...given })
  const dataFolder = source.text('data')
  const memory = source.flag('memory')
  if (memory && dataFolder !== undefined) throw bad('Choose one of --data and --memory.')
  const credentialsFile = source.text('credentials')
  const [certificateFile, keyFile] = [source.text('tls-cert'), source.text('tls-key')]
  const folder = memory ? undefined : (dataFolder ?? './.everywrite')
  const settings: Settings = {
    host: source.text('host') ?? '127.0.0.1',
    port: source.port('port') ?? 8000,
    regions: source.regions('regions') ?? ['us-east-1', 'us-west-2', 'eu-west-1'],
    dataFolder: folder,
    objectsFolder: source.text('s3') ?? (folder === undefined ? undefined : join(folder, 's3')),
    profile: source.choice('profile', Object.keys(lagProfiles) as LagProfileName[]) ?? 'instant',
    clockMode: source.choice<ClockMode>('clock', ['hlc', 'wall']) ?? 'hlc',
    credentials: credentialsFile === undefined ? undefined : await readCredentials(credentialsFile),
    tls: await readTls(certificateFile, keyFile),
    insecure: source.flag('insecure'),
    throttling: source.choice('throttling', ['on', 'off']) !== 'off',
    sweepEveryMs: source.milliseconds('ttl-sweep'),
    indexDelayMs: source.milliseconds('index-delay'),
    kinesisUrls: source.urls('kinesis'),
    lifecycleDelayMs: source.milliseconds('lifecycle-delay'),
    logBytesMax: source.megabytes('log-limit'),
    adminToken: source.text('admin-token'),
    logFormat: source.choice<LogFormat>('log', ['text', 'json']),
    logLevel: source.choice<LogLevel>('log-level', logLevels) ?? 'info',
    accessLog: source.text('access-log'),
  }
  source.assertAllRead()
  return settings
}

async function readConfigFile(path: string): Promise<Record<string, unknown>> {
  const json = await readJson(path)
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw bad(`The config file ${path} must hold a JSON object.`)
  return { ...json }
}

async function readCredentials(path: string): Promise<Credentials> {
  const credentials = parseCredentials(await readJson(path))
  if ('problem' in credentials) throw bad(`The credentials file ${path} cannot be used: ${credentials.problem}.`)
  return credentials
}

async function readTls(certificateFile: string | undefined, keyFile: string | undefined): Promise<TlsIdentity | undefined> {
  if (certificateFile === undefined && keyFile === undefined) return undefined
  if (certificateFile === undefined || keyFile === undefined) throw bad('Give --tls-cert and --tls-key together.')
  return readTlsIdentity(certificateFile, keyFile)
}

/** What a file named on the command line holds. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) throw bad(`The file ${path} is not JSON: ${error.message}.`)
    if (codeOf(error) === 'ENOENT') throw bad(`There is no file ${path}.`)
    throw bad(`The file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

const millisecondsMax = 24 * 3600 * 1000
const megabytesMax = 2 ** 20

function bad(message: string): OperatorError {
  return new OperatorError('BAD_CONFIG', message)
}

function streamName(setting: string, stream: string): string {
  if (stream === '*' || /^[a-zA-Z0-9_.-]{1,128}$/.test(stream)) return stream
  throw bad(`${setting}: ${JSON.stringify(stream)} is no name of a stream; it is written as in orders=http://127.0.0.1:4567.`)
}

function httpUrl(setting: string, stream: string, text: unknown): URL {
  const url = typeof text === 'string' && URL.canParse(text.trim()) ? new URL(text.trim()) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw bad(`${setting}: the records of ${stream} go to an http or https URL, not ${JSON.stringify(text)}.`)
}

/** Settings as texts (flags) or JSON (a file). */
class Source {
  readonly #values: Map<string, unknown>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = new Map(Object.entries(values))
  }

  text(name: string): string | undefined {
    const value = this.#take(name)
    if (value === undefined) return undefined
    if (typeof value !== 'string' || value === '') throw bad(`${name} must be a text.`)
    return value
  }

  flag(name: string): boolean {
    const value = this.#take(name)
    if (value === undefined || typeof value === 'boolean') return value ?? false
    throw bad(`${name} must be true or false.`)
  }

  port(name: string): number | undefined {
    const value = this.#take(name)
    if (value === undefined) return undefined
    const port = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
    if (typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65_535) return port
    throw bad(`${name} must be a number from 0 to 65535, not ${JSON.stringify(value)}.`)
  }

  milliseconds(name: string): number | undefined {
    const value = this.#take(name)
    if (value === undefined) return undefined
    const ms = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
    if (typeof ms === 'number' && Number.isInteger(ms) && ms >= 0 && ms <= millisecondsMax) return ms
    throw bad(`${name} must be a number of milliseconds from 0 to ${millisecondsMax}, not ${JSON.stringify(value)}.`)
  }

  /** In bytes. */
  megabytes(name: string): number | undefined {
    const value = this.#take(name)
    if (value === undefined) return undefined
    const megabytes = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
    if (typeof megabytes === 'number' && Number.isInteger(megabytes) && megabytes >= 1 && megabytes <= megabytesMax)
      return megabytes * 2 ** 20
    throw bad(`${name} must be a number of megabytes from 1 to ${megabytesMax}, not ${JSON.stringify(value)}.`)
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.#take(name)
    if (value === undefined) return undefined
    const choice = choices.find((each) => each === value)
    if (choice === undefined) throw bad(`${name} must be one of ${choices.join(', ')}, not ${JSON.stringify(value)}.`)
    return choice
  }

  regions(name: string): readonly string[] | undefined {
    const value = this.#take(name)
    if (value === undefined) return undefined
    const names: unknown[] = typeof value === 'string' ? value.split(',').map((part) => part.trim()) : Array.isArray(value) ? value : []
    const regions = names.filter((each) => typeof each === 'string')
    if (regions.length === 0 || regions.length < names.length || regions.includes(''))
      throw bad(`${name} must name Regions, as in us-east-1,eu-west-1.`)
    const stranger = regions.find((region) => !isAwsRegion(region))
    if (stranger !== undefined) throw bad(`There is no AWS Region ${stranger}.`)
    return [...new Set(regions)]
  }

  /** `NAME=URL`, several of them with commas between; `*` is for every other name. In a file, an object. */
  urls(name: string): ReadonlyMap<string, URL> | undefined {
    const value = this.#take(name)
    if (value === undefined) return undefined
    const entries =
      typeof value === 'string'
        ? value.split(',').map((part): [string, unknown] => [part.split('=', 1)[0]?.trim() ?? '', part.slice(part.indexOf('=') + 1)])
        : typeof value === 'object' && value !== null && !Array.isArray(value)
          ? Object.entries(value)
          : undefined
    if (entries === undefined) throw bad(`${name} must name streams and URLs, as in orders=http://127.0.0.1:4567.`)
    return new Map(entries.map(([stream, text]) => [streamName(name, stream), httpUrl(name, stream, text)]))
  }

  assertAllRead(): void {
    const [stranger] = this.#values.keys()
    if (stranger !== undefined) throw bad(`There is no setting ${stranger}.`)
  }

  #take(name: string): unknown {
    const value = this.#values.get(name)
    this.#values.delete(name)
    return value
  }
}
