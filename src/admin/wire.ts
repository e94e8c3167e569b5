/**
 * The JSON of `/_everywrite/`: all that the command line and a console know of a server. Times are ISO 8601 with milliseconds, or a number whose
 * name ends in its unit.
 */
export interface Health {
  readonly status: 'ok'
  readonly version: string
  readonly profile: string
  readonly clock: string
  /** Undefined: everything is in memory. */
  readonly dataFolder?: string
  readonly regions: readonly string[]
  readonly upMs: number
}

export interface RegionsReply {
  readonly regions: readonly RegionState[]
}

export interface RegionState {
  readonly name: string
  /** `outage`: it runs, and nobody can reach it. */
  readonly status: 'running' | 'outage' | 'crashed'
  /** How far its clock is ahead of the machine's (negative: behind). */
  readonly clockOffsetMs: number
  readonly tables: readonly TableState[]
}

export interface TableState {
  readonly name: string
  readonly status: string
  readonly items: number
  readonly sizeBytes: number
}

export interface ReplicationReply {
  readonly tables: readonly TableReplication[]
  /** How large a Region's log of a table may become for the sake of another one before that one is expelled. */
  readonly logBytesMax: number
}

export interface TableReplication {
  readonly table: string
  readonly replicas: readonly ReplicaState[]
  /** One per ordered pair of Regions. */
  readonly links: readonly LinkState[]
  /** Regions that were given up, with what of their writes nobody has. */
  readonly losses: readonly LossReport[]
}

/** A Region's replica that was given up. */
export interface LossReport {
  readonly table: string
  readonly region: string
  readonly at: string
  /** Its logs: the others have all to `final`; writes to `known` were heard of, and what lies between is lost. There may be more. */
  readonly logs: readonly { readonly log: string; readonly final: number; readonly known: number }[]
}

/** `POST /_everywrite/regions/{region}/lose` takes it: further Regions that are lost with it, and whether to go on though it answers. */
export interface LoseBody {
  readonly also?: readonly string[]
  readonly force?: boolean
}

export interface LoseReply {
  readonly regions: readonly string[]
  /** False: a survivor does not run, and is waited for. */
  readonly done: boolean
  readonly losses: readonly LossReport[]
}

/** `POST /_everywrite/tables/{table}/verify` takes it. */
export interface VerifyBody {
  readonly repair?: boolean
  readonly timeoutMs?: number
}

export interface VerifyReply {
  readonly table: string
  readonly repair: boolean
  /** The items in which replicas differ for good. */
  readonly divergent: readonly DivergenceReport[]
  /** There are more; ask again. */
  readonly more: boolean
  /** Regions that did not come as far as the others in time: nothing is said of what they hold. */
  readonly behind: readonly string[]
}

export interface DivergenceReport {
  /** The key attributes, as DynamoDB JSON. */
  readonly key: Readonly<Record<string, unknown>>
  readonly regions: Readonly<Record<string, HeldReport>>
}

export interface HeldReport {
  /** The concurrent writes that it holds of the item, the highest last; none: it holds nothing. */
  readonly holds: readonly WriteReport[]
  /** What repair made of it. */
  readonly given?: readonly WriteReport[]
  /** Repair left it alone, because it was written: verify again. */
  readonly writtenMeanwhile?: boolean
}

export interface ReplicaState {
  readonly region: string
  /**
   * `EXPELLED`: nothing is replicated to it or from it until it can be reached and was filled again. `SEVERED`: nothing any more, it becomes a table of
   * its Region as soon as that runs.
   */
  readonly status: string
  /** Why it was expelled. */
  readonly why?: string
  /** Of one that is CREATING. */
  readonly filling?: FillingState
}

/** How a new replica gets what its source has. DescribeTable does not tell, as DynamoDB's does not. */
export interface FillingState {
  /** `waiting`: a Region or a link is down, or the source has not answered yet; `catching-up`: what was written meanwhile is on its way. */
  readonly stage: 'waiting' | 'copying' | 'catching-up'
  readonly items: number
  /** How many its source showed when the transfer began; null before it said so. */
  readonly itemsExpected: number | null
}

export interface LinkState {
  readonly from: string
  readonly to: string
  /** `down`: no message gets through; `stalled`: something failed, see `reason`. */
  readonly state: 'up' | 'down' | 'stalled'
  readonly reason?: string
  /** Writes accepted in `from` that `to` does not have yet; null while `to` has not said how far it is. */
  readonly pending: number | null
  /** Bytes of the log of `from` that are kept because `to` does not have them, as of the last look, every 30 s. */
  readonly pinnedBytes: number
  /** How long ago the oldest of those was committed; null when there are none. */
  readonly oldestPendingMs: number | null
  /** Changes of `from` that were applied in `to` since it started. */
  readonly received: number
  /** From the commit in `from` to being durable in `to`: of all that were received together, and of the last ones (null before the first). */
  readonly lagSumMs: number
  readonly lagP50Ms: number | null
  readonly lagP99Ms: number | null
  readonly lagP999Ms: number | null
  /** How far `to` has come in the logs of `from`'s Region and all others: the last change applied, by log. */
  readonly cursor?: Readonly<Record<string, number>>
}

export interface ConflictsReply {
  readonly conflicts: readonly ConflictReport[]
  /** There are more than `limit`: ask again with `since` set to the last `loser.writtenAt`. */
  readonly more: boolean
}

export interface ConflictReport {
  /** The same in every Region. */
  readonly id: string
  readonly table: string
  /** The key attributes, as DynamoDB JSON. */
  readonly key: Readonly<Record<string, unknown>>
  readonly loser: WriteReport
  readonly winner: WriteReport
  /** Attributes that differ between the two. */
  readonly lostAttributes: readonly string[]
  /** Why the policy could not do what it is for, so that something simpler is shown; absent: it could. */
  readonly failed?: string
  /** The policy that decided. */
  readonly rule: string
  readonly foundIn: readonly string[]
  readonly foundAt: string
  /** A later write turned out to have built on it: it did not lose after all. */
  readonly withdrawn: boolean
  /** Every replica has it and all that was written before it: the verdict will not change. */
  readonly settled: boolean
  /** Both writes made the same, so nothing was lost. */
  readonly harmless: boolean
  /** Somebody settled it; see `POST conflicts/{id}/resolve`. */
  readonly resolved: boolean
  /** It was found under `version-check` and waits for somebody to resolve it. */
  readonly open: boolean
  /** A client had read the version that lost; false: that was not noticed. */
  readonly read: boolean
}

export interface WriteReport {
  /** Names what was written, in all Regions. */
  readonly version: string
  readonly region: string
  /** When it was written, by the Region's own clock: what the writes were ranked by. */
  readonly writtenAt: string
  /** When it was written, by the machine's clock, which no fault skews. */
  readonly trueTime: string
  /** The hybrid-logical-clock timestamp, a 64-bit integer in decimal. */
  readonly timestamp: string
  /** What it made, as DynamoDB JSON; null: it deleted the item. */
  readonly item: Readonly<Record<string, unknown>> | null
}

/**
 * `POST /_everywrite/conflicts/{id}/resolve` takes one. `shown` is the version that whoever decides saw, null when there was none; left out, it is the
 * winner.
 */
export type ResolveBody = { readonly shown?: string | null } & (
  | { readonly restore: true }
  /** DynamoDB JSON; null deletes the item. */
  | { readonly item: Readonly<Record<string, unknown>> | null }
)

export interface ResolvedReply {
  readonly id: string
  /** Where it was written. */
  readonly region: string
}

/** With status 409: what is shown now; null: nothing. */
export interface ChangedReply extends ErrorReply {
  readonly shown: WriteReport | null
}

export interface DigestReply {
  readonly table: string
  /** SHA-256 by Region. A Region that does not run is missing. */
  readonly digests: Readonly<Record<string, string>>
  readonly items: Readonly<Record<string, number>>
  /** How far each replica has come in every log. */
  readonly cursors: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** The Regions that have, or should have, a replica. */
  readonly members: readonly string[]
  /** All members have equal digests and cursors: they hold the same, and nothing is on its way. */
  readonly converged: boolean
}

export interface ContributorsReply {
  readonly table: string
  readonly region: string
  /** The global index that was asked for. */
  readonly index?: string
  readonly mode: 'ACCESSED_AND_THROTTLED_KEYS' | 'THROTTLED_KEYS'
  /** From when on it was watched: nothing is kept over a restart. */
  readonly since: string
  readonly rules: readonly ContributorRule[]
}

export interface ContributorRule {
  /** `DynamoDBContributorInsights-PKC-…`: PK by partition key, SK by the whole key; C by what was consumed, T by how often it was throttled. */
  readonly name: string
  /** The heaviest first. */
  readonly contributors: readonly Contributor[]
}

export interface Contributor {
  /** The key attributes, as DynamoDB JSON. */
  readonly key: Readonly<Record<string, unknown>>
  /** Read units and three times the write units; or throttled requests. */
  readonly value: number
  /** How much of it may be other keys': 0 while there are few keys. */
  readonly errorMax: number
}

/** `GET` and `PUT /_everywrite/tables/{table}/policy`; the latter takes `{"policy": "…"}`, or null for none. */
export interface PolicyReply {
  readonly table: string
  readonly policy: string
  /** Every Region that runs shows what this policy says. */
  readonly followed: boolean
  /** The policy by which each Region's items are shown. */
  readonly regions: Readonly<Record<string, string>>
}

/** `POST /_everywrite/functions` with `{"source": "…"}`. */
export interface FunctionReply {
  /** What the table's tag `everywrite:conflict-policy` may be from now on. */
  readonly policy: string
}

/** `GET /_everywrite/functions`, and `DELETE /_everywrite/functions/{policy}` with what is left. */
export interface FunctionsReply {
  readonly policies: readonly string[]
}

/** What to break; `POST /_everywrite/faults` takes one. `durationMs` mends it by itself. */
export type FaultBody = { readonly durationMs?: number } & (
  | { readonly kind: 'partition'; readonly between: readonly [string, string] }
  | { readonly kind: 'pause'; readonly region: string; readonly table?: string | undefined }
  | { readonly kind: 'latency'; readonly from: string; readonly to: string; readonly ms: number; readonly jitterMs?: number }
  | { readonly kind: 'skew'; readonly region: string; readonly ms: number; readonly driftPpm?: number }
  | { readonly kind: 'outage'; readonly region: string }
  | { readonly kind: 'crash'; readonly region: string }
  | (RequestScopeBody & { readonly kind: 'throttle' })
  /** An internal error; `applied`: all was carried out, and only the answer says otherwise. */
  | (RequestScopeBody & { readonly kind: 'error'; readonly applied?: boolean })
  /** Half of the requests take at least `p50Ms` longer, one of a hundred at least `p99Ms`. */
  | (RequestScopeBody & { readonly kind: 'slow'; readonly p50Ms: number; readonly p99Ms?: number })
  /** Reads of global secondary indexes see what these showed so long ago. */
  | {
      readonly kind: 'index-lag'
      readonly region: string
      readonly table?: string | undefined
      readonly index?: string | undefined
      readonly ms: number
    }
  /** So many of the eventually consistent reads (`rate`, default 1) see the table as it was `ms` ago, or up to `jitterMs` before that. */
  | {
      readonly kind: 'stale'
      readonly region: string
      readonly table?: string | undefined
      readonly ms: number
      readonly jitterMs?: number
      readonly rate?: number
      /** Draws which, and how old; 1 when left out. */
      readonly seed?: number
    }
)

/** Which requests a fault is for: those of a Region, of one table, of one operation; `rate` (0 to 1, default 1) of them. */
export interface RequestScopeBody {
  readonly region: string
  readonly table?: string | undefined
  readonly operation?: string | undefined
  readonly rate?: number
}

export type FaultReport = FaultBody & { readonly id: string; readonly since: string }

/** `POST /_everywrite/schedules`: faults along a timeline. Durations are milliseconds or text such as 10s, 2m, 1h. */
export interface ScheduleBody {
  /** Draws the jitter; 1 when left out. */
  readonly seed?: number
  readonly steps: readonly {
    /** From the start; at once when left out. */
    readonly at?: number | string
    /** Again and again, `times` times. */
    readonly every?: number | string
    readonly times?: number
    /** Up to so much later, each time anew. */
    readonly jitter?: number | string
    /** How long it lasts; until it is healed when left out. */
    readonly for?: number | string
    readonly fault: FaultBody
  }[]
}

export interface StartedScheduleReply {
  readonly id: string
  /** All that will happen, in order. */
  readonly timeline: readonly { readonly atMs: number; readonly fault: FaultBody }[]
}

export interface SchedulesReply {
  /** `remaining`: faults still to come. */
  readonly schedules: readonly { readonly id: string; readonly seed: number; readonly remaining: number }[]
}

export interface FaultsReply {
  readonly faults: readonly FaultReport[]
}

/** The answer to a fault that was injected. A crash without a duration is over by then. */
export interface InjectedReply {
  readonly id: string
}

export interface HealedReply {
  readonly healed: number
}

/** What is sent over `/_everywrite/events`: the name of the event and its data. */
export interface EventData {
  readonly faults: FaultsReply
  readonly regions: { readonly regions: readonly Omit<RegionState, 'tables'>[] }
  readonly replicas: { readonly tables: readonly Omit<TableReplication, 'links' | 'losses'>[] }
  /** A Region found writes that lost; `/_everywrite/conflicts` tells which. */
  readonly conflicts: { readonly table: string; readonly region: string; readonly policy: string; readonly found: number }
}

export type EventName = keyof EventData

export interface ErrorReply {
  readonly error: string
}
