import type { IndexKeySchema, KeyAttributeType, KeySchema } from '../item/key-schema.ts'

/** One table of one Region, as its definition row holds it. Immutable; a change makes a new one. */
export interface Table {
  /** Prefix of all its rows; never used again. */
  readonly number: number
  readonly name: string
  /** Identifies this Region's table (`TableId`). */
  readonly id: string
  /** Identifies the same table in all Regions: the id of the table that the first replica was made from. */
  readonly globalId: string
  readonly status: TableStatus
  /** What an ACTIVE table is said to be for a while, or how long a DELETING one is still described; see {@link statusAt}. */
  readonly settling?: Settling | undefined
  /** Why its items are served to nobody for a while, whatever its status; undefined: they are. */
  readonly suspended?: Suspension | undefined
  readonly createdAtMs: number
  readonly schema: KeySchema
  readonly attributeDefinitions: readonly AttributeDefinition[]
  readonly settings: TableSettings
  readonly tags: Readonly<Record<string, string>>
  readonly own: OwnSettings
  /** What this Region has of the indexes that the settings ask for, and of those that it still removes. */
  readonly indexes: readonly Index[]
  /** By when items expire, once {@link TableSettings.timeToLive} is followed here. */
  readonly expiry: Expiry | undefined
  /** In order of creation; the last is the one that may be enabled. */
  readonly streams: readonly Stream[]
  /** How many derived sets (indexes, expiry) were ever made: their numbers are never used again. */
  readonly derivedSetsMade: number
  /** Where its rows come from, as long as they do: the table is `CREATING` then. Undefined: it began empty, or is filled. */
  readonly filling: Filling | undefined
  /** True when its writes are ordered elsewhere before they are made here (`WriteOrder`). */
  readonly ordered: boolean
  /** Backups and restores that read its change log, by their ids: as long as there are any, it is kept, and nothing of it is trimmed. */
  readonly logReaders: readonly string[]
}

/**
 * The job that fills a new table (`table-filling.ts`): which, and all that it needs to go on after a restart. It is kept as JSON, and known to
 * the job alone.
 */
export interface Filling {
  readonly kind: string
  readonly state: Json
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/** `CREATING` serves no client yet, `DELETING` no longer; `UPDATING` serves. */
export type TableStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING'

/** Its Region holds what it should not show, until it is brought to what the others hold. */
export interface Suspension {
  readonly why: string
  /** It was brought there, and has to catch up still. */
  readonly refilled: boolean
}

/** A state that lasts until a moment, where life cycles are given a pace. */
export interface Settling {
  readonly status: 'CREATING' | 'UPDATING' | 'DELETING'
  readonly untilMs: number
}

export interface AttributeDefinition {
  readonly name: string
  readonly type: KeyAttributeType
}

/** What CreateTable and UpdateTable set, beside the keys. */
export interface TableSettings {
  readonly billing: Billing
  readonly tableClass: 'STANDARD' | 'STANDARD_INFREQUENT_ACCESS'
  readonly deletionProtection: boolean
  /** Maximum request units per second of an on-demand table; undefined: none. */
  readonly onDemandMaximum: OnDemandMaximum | undefined
  /** Both kinds; local ones are there from the table's creation. */
  readonly indexes: readonly IndexBlueprint[]
  /** The attribute that says when an item expires, seconds since 1970; undefined: none does. */
  readonly timeToLive: string | undefined
  /** Undefined: no stream. */
  readonly stream: StreamView | undefined
  /** What the table can take at once beyond what follows from its throughput; undefined: nothing. It never gets less. */
  readonly warm: Warm | undefined
  /** Undefined: with a key that DynamoDB owns, about which nothing is said. */
  readonly encryption: Encryption | undefined
  /** Undefined: throughput stays as it was set. */
  readonly autoScaling: AutoScaling | undefined
  /** When settings were changed that may only be changed so often. */
  readonly changes: SettingChanges
}

/** Units per second. */
export interface Units {
  readonly readUnits: number
  readonly writeUnits: number
}

export interface Warm extends Units {
  /** What it was before it was raised by a request, and when that was. */
  readonly raised?: { readonly from: Units; readonly atMs: number } | undefined
}

/** Data are not encrypted; it is only described. The key is each Region's own. */
export interface Encryption {
  readonly keyArn: string
  readonly changedAtMs: number
}

/** Times, oldest first, as far as they still count. */
export interface SettingChanges {
  readonly toOnDemandAtMs: readonly number[]
  readonly tableClassAtMs: readonly number[]
  readonly encryptionAtMs: readonly number[]
  /** The last time that deletion protection was put on or off, or was asked to stay as it is. */
  readonly deletionProtectionAtMs?: number | undefined
}

/** Target tracking of provisioned throughput. Writes are scaled alike everywhere, reads in each Region by themselves. */
export interface AutoScaling extends CapacityScaling {
  /** Of global indexes, by name. */
  readonly indexes: Readonly<Record<string, CapacityScaling>>
}

export interface CapacityScaling {
  readonly write: Scaling | undefined
  readonly readByRegion: Readonly<Record<string, Scaling>>
}

export interface Scaling {
  readonly minimumUnits: number
  readonly maximumUnits: number
  readonly policyName: string
  /** Consumed of provisioned units, 10 to 90. */
  readonly targetPercent: number
  readonly disableScaleIn: boolean | undefined
  readonly scaleInCooldownS: number | undefined
  readonly scaleOutCooldownS: number | undefined
  readonly roleArn: string
}

/** What belongs to one Region's table and is never synchronised. */
export interface OwnSettings {
  /** Point-in-time recovery (`recovery.ts`); undefined: off. */
  readonly recovery: Recovery | undefined
  /** Resource-based policies: of its streams by their labels, and its own under the empty name. */
  readonly policies?: Readonly<Record<string, AttachedPolicy>>
  /** Contributor Insights: of its global indexes by their names, and its own under the empty name. */
  readonly insights?: Readonly<Record<string, Insight>>
  /** Where its changes are delivered to, were, or could not be; the newest first. */
  readonly destinations?: readonly Destination[]
  /** Whether its settings may be shared with replicas in other accounts; undefined: that was never said. */
  readonly settingsReplication?: 'ENABLED' | 'DISABLED'
}

/** Where changes are delivered to; what the name means is for who delivers them to know. */
export interface Destination {
  readonly target: string
  /** `ENABLE_FAILED`: it could not be used, or is no longer. */
  readonly status: 'ENABLING' | 'ACTIVE' | 'DISABLED' | 'ENABLE_FAILED'
  readonly failure: string | undefined
  /** Changes from then on are delivered. No two destinations of a table have the same moment. */
  readonly sinceMs: number
  /** How exactly it is told when something changed, as far as that was said. */
  readonly precision: 'MILLISECOND' | 'MICROSECOND' | undefined
}

/** Whether it is watched which keys are used, and since when. */
export interface Insight {
  readonly enabled: boolean
  readonly mode: 'ACCESSED_AND_THROTTLED_KEYS' | 'THROTTLED_KEYS'
  /** Part of the names of its rules: when they were made. */
  readonly rulesMadeAtMs: number
  readonly changedAtMs: number
}

/** What is said there is for who attaches it to know. */
export interface AttachedPolicy {
  readonly document: string
  readonly revisionId: string
}

export interface Recovery {
  /** Before this the table's log knows of nothing, or not of everything. */
  readonly sinceMs: number
  /** How far back one can go, 1 to 35. */
  readonly days: number
}

export interface IndexBlueprint extends IndexKeySchema {
  readonly name: string
  readonly kind: 'local' | 'global'
  readonly projection: Projection
  /** Of a global index of a provisioned table. */
  readonly throughput: IndexThroughput | undefined
  readonly onDemandMaximum: OnDemandMaximum | undefined
  /** As of a table. */
  readonly warm?: Warm | undefined
}

export type Projection = { readonly kind: 'ALL' | 'KEYS_ONLY' } | { readonly kind: 'INCLUDE'; readonly attributes: readonly string[] }

/** Units that are provisioned, and how they were changed. */
export interface IndexThroughput extends Units {
  readonly lastIncreaseAtMs?: number | undefined
  readonly lastDecreaseAtMs?: number | undefined
  readonly decreasesToday?: number | undefined
}

/** An index in one Region. `number` is its derived set. A `CREATING` one is written and not read. */
export interface Index extends IndexBlueprint {
  readonly number: number
  readonly status: 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING'
  /** Until when at least it is what it is, where life cycles are given a pace. */
  readonly settlesAtMs?: number | undefined
}

/** The derived set that holds items by the time at which they expire. Items are deleted by it when it is complete. */
export interface Expiry {
  readonly attribute: string
  readonly number: number
  readonly status: 'ENABLING' | 'ENABLED' | 'DISABLING'
}

export type StreamView = 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES'

export interface Stream {
  /** Part of its ARN: when it was made, `2026-11-24T08:15:30.123`. */
  readonly label: string
  readonly view: StreamView
  readonly createdAtMs: number
  /** When it was disabled; undefined: it is enabled. */
  readonly endedAtMs: number | undefined
  /** In order of time; before the first all changes go one way. */
  readonly splits: readonly StreamSplit[]
}

/** From when on a stream's changes are spread over how many lanes, a power of two. */
export interface StreamSplit {
  readonly atMs: number
  readonly lanes: number
}

export type Billing =
  | { readonly mode: 'PAY_PER_REQUEST'; readonly sinceMs: number }
  | {
      readonly mode: 'PROVISIONED'
      readonly readUnits: number
      readonly writeUnits: number
      readonly lastIncreaseAtMs: number | undefined
      readonly lastDecreaseAtMs: number | undefined
      readonly decreasesToday: number
      /** When the table was last on demand; undefined: never. */
      readonly onDemandSinceMs: number | undefined
    }

export interface OnDemandMaximum {
  readonly readUnits: number | undefined
  readonly writeUnits: number | undefined
}

/** What a new table is made from. */
export interface TableBlueprint {
  readonly name: string
  readonly schema: KeySchema
  readonly attributeDefinitions: readonly AttributeDefinition[]
  readonly settings: TableSettings
  readonly tags: Readonly<Record<string, string>>
  readonly own?: OwnSettings
  readonly settling?: Settling
}

/** The settings of a table that nothing was said about but that it is billed by request. */
export function onDemandSettings(sinceMs: number): TableSettings {
  return { ...plainSettings, billing: { mode: 'PAY_PER_REQUEST', sinceMs } }
}

export const noChanges: SettingChanges = { toOnDemandAtMs: [], tableClassAtMs: [], encryptionAtMs: [] }

const plainSettings: Omit<TableSettings, 'billing'> = {
  tableClass: 'STANDARD',
  deletionProtection: false,
  onDemandMaximum: undefined,
  indexes: [],
  timeToLive: undefined,
  stream: undefined,
  warm: undefined,
  encryption: undefined,
  autoScaling: undefined,
  changes: noChanges,
}

/** Settings as they were stored, by this release or by one that knew fewer. */
export function completeSettings(stored: TableSettings): TableSettings {
  return { ...plainSettings, ...stored }
}

export const noOwnSettings: OwnSettings = { recovery: undefined }

/** What the table is said to be. Settling follows from the time alone: nothing has to happen for it to end, and a restart changes nothing. */
export function statusAt({ status, settling }: Table, nowMs: number): TableStatus {
  return settling !== undefined && status === 'ACTIVE' && nowMs < settling.untilMs ? settling.status : status
}

/** True when clients may read and write its items. Without a time, whatever it settles to is taken as reached. */
export function servesItems(table: Table, nowMs = Infinity): boolean {
  if (table.suspended !== undefined) return false
  const status = statusAt(table, nowMs)
  return status === 'ACTIVE' || status === 'UPDATING'
}

/** The stream that is enabled; undefined when none is. */
export function enabledStream(table: Table): Stream | undefined {
  const last = table.streams.at(-1)
  return last?.endedAtMs === undefined ? last : undefined
}

/** Whether changes are kept for it. */
export function isLive({ status }: Destination): boolean {
  return status === 'ENABLING' || status === 'ACTIVE'
}

export function encodeTable(table: Table): Uint8Array {
  return Buffer.from(JSON.stringify(table), 'utf8')
}

/** A definition of an earlier release lacks what that release did not have. */
export function decodeTable(row: Uint8Array): Table {
  const table = JSON.parse(Buffer.from(row).toString('utf8')) as Table
  return { ...earlierTable, ...table, settings: completeSettings(table.settings) }
}

const earlierTable = {
  own: noOwnSettings,
  indexes: [],
  expiry: undefined,
  streams: [],
  derivedSetsMade: 0,
  filling: undefined,
  logReaders: [],
  ordered: false,
}
