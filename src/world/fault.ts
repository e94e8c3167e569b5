/** What can be broken on purpose. Milliseconds; `durationMs` heals it by itself. */
export type Fault = FaultKind & { readonly durationMs: number | undefined }

export type FaultKind =
  /** The two Regions cannot reach each other. */
  | { readonly kind: 'partition'; readonly between: readonly [string, string] }
  /** Replication into and out of the Region stands still; its clients are served. */
  | { readonly kind: 'pause'; readonly region: string }
  /** The delay of one direction. */
  | { readonly kind: 'latency'; readonly from: string; readonly to: string; readonly ms: number; readonly jitterMs: number }
  /** The Region's clock is ahead (negative: behind) and gains `driftPpm` microseconds per second. */
  | { readonly kind: 'skew'; readonly region: string; readonly ms: number; readonly driftPpm: number }
  /** The Region answers nobody, clients included; it goes on running. */
  | { readonly kind: 'outage'; readonly region: string }
  /** The Region is killed without a flush. It recovers from disk when the fault ends; at once when it has no duration. */
  | { readonly kind: 'crash'; readonly region: string }

export interface ActiveFault {
  readonly id: string
  readonly fault: Fault
  readonly sinceMs: number
}
