import type { Dot, Incarnation } from './dot.ts'

/**
 * How far a replica has come in every log: the last change applied, by incarnation, its own head included.
 * Records are applied without gaps, so one number answers for all before it.
 */
export type Cursors = ReadonlyMap<Incarnation, number>

export const noCursors: Cursors = new Map()

export function cursorOf(cursors: Cursors, incarnation: Incarnation): number {
  return cursors.get(incarnation) ?? 0
}

export function reaches(cursors: Cursors, dot: Dot): boolean {
  return cursorOf(cursors, dot.incarnation) >= dot.n
}

/** True when `a` has come at least as far as `b` in every log. */
export function reachesAll(a: Cursors, b: Cursors): boolean {
  for (const [incarnation, n] of b) if (cursorOf(a, incarnation) < n) return false
  return true
}

export function equalCursors(a: Cursors, b: Cursors): boolean {
  return reachesAll(a, b) && reachesAll(b, a)
}

/** Moves `into` forward to wherever `other` is ahead. */
export function joinInto(into: Map<Incarnation, number>, other: Cursors): void {
  for (const [incarnation, n] of other) if (n > cursorOf(into, incarnation)) into.set(incarnation, n)
}

/** For JSON: in the order of incarnations, so that equal cursors print alike. */
export function printCursors(cursors: Cursors): Record<Incarnation, number> {
  return Object.fromEntries([...cursors].sort(([a], [b]) => (a < b ? -1 : 1)))
}
