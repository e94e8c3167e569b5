import type { Dot } from '../replication/dot.ts'
import { printDot, sameDot } from '../replication/dot.ts'
import type { WrittenVersion } from './write-log.ts'

/**
 * What must be, worked out from the history of writes alone: which versions are left in the end, which one is shown, and
 * which were lost. It shares no rule with the replication code but the order of versions, which it states again.
 */
export interface Expectation {
  /** Versions that no other has seen, lowest first. */
  readonly siblings: readonly WrittenVersion[]
  readonly shown: WrittenVersion | undefined
  /** Versions that were shown to the writer of no other version and are not shown in the end: the losers. */
  readonly losers: readonly WrittenVersion[]
  /** Versions whose base, as they state it, is not what their writer was shown. */
  readonly wrongBases: readonly string[]
}

/** @param versions all durable versions of one key */
export function expectationOf(versions: readonly WrittenVersion[]): Expectation {
  const siblings = maximal(versions)
  const shown = siblings.at(-1)
  const bases = new Set<string>()
  const wrongBases: string[] = []
  for (const written of versions) {
    const base = baseOf(written, versions)
    if (base !== undefined) bases.add(nameOf(base))
    const stated = written.version.base
    // A tombstone that was collected is built on without being named.
    const agrees = stated === undefined ? base?.value === undefined : base !== undefined && sameDot(base.version.dot, stated.dot)
    if (!agrees)
      wrongBases.push(`${nameOf(written)} names ${stated ? printDot(stated.dot) : 'nothing'}, built on ${base ? nameOf(base) : 'nothing'}`)
  }
  const losers = versions.filter((written) => written !== shown && !bases.has(nameOf(written)))
  return { siblings, shown, losers, wrongBases }
}

export function saw(written: WrittenVersion, dot: Dot): boolean {
  return (written.seen.get(dot.incarnation) ?? 0) >= dot.n
}

/** Whether `a` is shown rather than `b` when both are held. */
export function ranksAbove(a: WrittenVersion, b: WrittenVersion): boolean {
  return compare(a, b) > 0
}

export function nameOf(written: WrittenVersion): string {
  return printDot(written.version.dot)
}

function baseOf(written: WrittenVersion, versions: readonly WrittenVersion[]): WrittenVersion | undefined {
  return maximal(versions.filter((other) => other !== written && saw(written, other.version.dot))).at(-1)
}

function maximal(versions: readonly WrittenVersion[]): readonly WrittenVersion[] {
  return versions.filter((written) => !versions.some((other) => other !== written && saw(other, written.version.dot))).sort(compare)
}

function compare(a: WrittenVersion, b: WrittenVersion): number {
  const [one, other] = [a.version, b.version]
  if (one.timestamp !== other.timestamp) return one.timestamp < other.timestamp ? -1 : 1
  if (one.region !== other.region) return one.region < other.region ? -1 : 1
  if (one.dot.incarnation !== other.dot.incarnation) return one.dot.incarnation < other.dot.incarnation ? -1 : 1
  return one.dot.n - other.dot.n
}
