/** What can be broken on purpose. Milliseconds; `durationMs` heals it by itself. */
export type Fault = FaultKind & { readonly durationMs: number | undefined }

export type FaultKind =
  /** The two Regions cannot reach each other. */
  | { readonly kind: 'partition'; readonly between: readonly [string, string] }
  /** Replication into and out of the Region stands still, of all tables or of one; its clients are served. */
  | { readonly kind: 'pause'; readonly region: string; readonly table?: string | undefined }
  /** The delay of one direction. */
  | { readonly kind: 'latency'; readonly from: string; readonly to: string; readonly ms: number; readonly jitterMs: number }
  /** The Region's clock is ahead (negative: behind) and gains `driftPpm` microseconds per second. */
  | { readonly kind: 'skew'; readonly region: string; readonly ms: number; readonly driftPpm: number }
  /** The Region answers nobody, clients included; it goes on running. */
  | { readonly kind: 'outage'; readonly region: string }
  /** The Region is killed without a flush. It recovers from disk when the fault ends; at once when it has no duration. */
  | { readonly kind: 'crash'; readonly region: string }
  | RequestFault
  | ReadFault

/** What goes wrong with some of the requests that a Region gets. */
export type RequestFault = RequestScope &
  (
    | { readonly kind: 'throttle' }
    /** An internal error; `applied`: all was carried out, and only the answer says otherwise. */
    | { readonly kind: 'error'; readonly applied: boolean }
    /** It takes longer: half of the requests at least `p50Ms`, one of a hundred at least `p99Ms` (a log-normal distribution). */
    | { readonly kind: 'slow'; readonly p50Ms: number; readonly p99Ms: number }
  )

/** Eventually consistent reads of a Region that see the past. */
export type ReadFault =
  /** Global secondary indexes show what they showed so long ago, in order. */
  | {
      readonly kind: 'index-lag'
      readonly region: string
      /** Undefined: of all. */
      readonly table: string | undefined
      /** Undefined: all of them. */
      readonly index: string | undefined
      readonly ms: number
    }
  /** Tables, and their local indexes, answer so many of these reads (0 to 1) as they would have `ms` ago, or up to `jitterMs` before that. */
  | {
      readonly kind: 'stale'
      readonly region: string
      readonly table: string | undefined
      readonly ms: number
      readonly jitterMs: number
      readonly rate: number
      /** Draws which reads, and how old. */
      readonly seed: number
    }

export interface RequestScope {
  readonly region: string
  /** Undefined: whatever they name. */
  readonly table: string | undefined
  /** Undefined: any. */
  readonly operation: string | undefined
  /** Which part of them, 0 to 1. */
  readonly rate: number
}

export interface ActiveFault {
  readonly id: string
  readonly fault: Fault
  readonly sinceMs: number
}
