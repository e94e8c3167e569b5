/** Wall-clock time of one Region. It ranks concurrent versions and dates things for people; it never decides causality. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z, a whole number. May jump in either direction. */
  nowMs(): number
}
