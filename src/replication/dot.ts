/**
 * The name of a version: the incarnation of the log that it was written to, and its place in it.
 * An incarnation is one uninterrupted life of a replica's log, a random 64-bit number that is never used again [REP-1].
 * The dot alone identifies a version; timestamps identify nothing [REP-2].
 */
export interface Dot {
  readonly incarnation: Incarnation
  /** 1, 2, 3… without gap, in the order of commits. */
  readonly n: number
}

/** 16 lower-case hexadecimal digits. */
export type Incarnation = string

export function sameDot(a: Dot, b: Dot): boolean {
  return a.n === b.n && a.incarnation === b.incarnation
}

/** `incarnation:n`, for people and for keys of maps. */
export function printDot(dot: Dot): string {
  return `${dot.incarnation}:${dot.n}`
}
