/**
 * Hybrid logical clock timestamps: 48 bits of milliseconds since 1970, 16 bits of counter, compared as one integer.
 *
 * Pure functions over one bigint. The counter carries into the milliseconds, so no number of writes within a millisecond can
 * fail [REP-6]; 64 bits do not fit a JavaScript number, which is why it is a bigint.
 *
 * Timestamps rank concurrent versions and decide nothing else. In particular they never tell what saw what: contexts do.
 */
export type Timestamp = bigint

const counterBits = 16n

export function timestampAt(ms: number): Timestamp {
  return BigInt(Math.max(0, Math.floor(ms))) << counterBits
}

/** Milliseconds since 1970, rounded down. */
export function millisecondsOf(timestamp: Timestamp): number {
  return Number(timestamp >> counterBits)
}

export function latest(a: Timestamp, b: Timestamp): Timestamp {
  return a > b ? a : b
}
