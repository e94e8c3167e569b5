import type { Dot } from '../replication/dot.ts'
import { printDot, sameDot } from '../replication/dot.ts'
import { chooseSmallest, smallestValue } from './smallest-value.ts'
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
  /**
   * Deletions that one of several policies shows where only deletions are left, at the end or for a write that found nothing. They are collected
   * by and by, in each Region under the policy of then: whether they have lost stays as it was found.
   */
  readonly undecided: readonly WrittenVersion[]
  /** Versions whose base, as they state it, is not what their writer was shown. */
  readonly wrongBases: readonly string[]
}

/**
 * @param versions all durable versions of one key
 * @param policy the one in force in the end
 * @param policies all that were in force some time or other: each write was judged by what one of them showed
 */
export function expectationOf(versions: readonly WrittenVersion[], policy: string, policies: readonly string[]): Expectation {
  const siblings = maximal(versions)
  const shown = choose(siblings, policy)
  const bases = new Set<string>()
  const undecided: WrittenVersion[] = []
  const wrongBases: string[] = []
  for (const written of versions) {
    const seen = maximal(versions.filter((other) => other !== written && saw(written, other.version.dot)))
    const possible = policies.map((each) => choose(seen, each))
    const stated = written.version.base
    // A tombstone that was collected is built on without being named.
    const base = possible.find((each) => (stated === undefined ? each?.value === undefined : each && sameDot(each.version.dot, stated.dot)))
    if (stated === undefined && policies.length > 1) undecided.push(...possible.flatMap((each) => each ?? []))
    else if (base !== undefined) bases.add(nameOf(base))
    if (base !== undefined) continue
    if (stated !== undefined || possible.every((each) => each !== undefined)) {
      const names = possible.map((each) => (each ? nameOf(each) : 'nothing')).join(' or ')
      wrongBases.push(`${nameOf(written)} names ${stated ? printDot(stated.dot) : 'nothing'}, built on ${names}`)
    }
  }
  if (policies.length > 1 && siblings.every(({ value }) => value === undefined)) {
    undecided.push(...policies.flatMap((each) => choose(siblings, each) ?? []))
  }
  const losers = versions.filter((written) => written !== shown && !bases.has(nameOf(written)) && !undecided.includes(written))
  return { siblings, shown, losers, undecided, wrongBases }
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

/** What a policy shows of siblings, lowest first: the rules once more, from their description. */
export function choose(siblings: readonly WrittenVersion[], policy: string): WrittenVersion | undefined {
  if (policy === smallestValue) return chooseSmallest(siblings)
  if (!policy.startsWith('home-region')) return siblings.at(-1)
  return siblings.filter((each) => homeOf(each, policy) === each.version.region).at(-1) ?? siblings.at(-1)
}

/** Why this write should have been refused where it was made; undefined: it should not. Judged by what it was built on, else by what it made. */
export function wrongfullyWritten(written: WrittenVersion, versions: readonly WrittenVersion[], policy: string): string | undefined {
  const base = versions.find(({ version }) => written.version.base !== undefined && sameDot(version.dot, written.version.base.dot))
  const home = homeOf(base?.value === undefined ? written : base, policy)
  if (home === undefined || home === written.version.region) return undefined
  return `${nameOf(written)} was made in ${written.version.region}, its home is ${home}`
}

function homeOf({ key, version }: WrittenVersion, policy: string): string | undefined {
  const [, how, moved] = policy.split(':')
  const image = version.stored?.item['home']
  const inItem = version.stored === undefined ? version.notes.home?.region : image !== undefined && 'S' in image ? image.S : undefined
  const inKey = key.includes('#') ? key.slice(0, key.indexOf('#')) : undefined
  const home = how === 'key-prefix' ? inKey : inItem
  const [lost, heir] = moved === 'refuse' ? [] : (moved?.split('=') ?? [])
  return home !== undefined && home === lost ? heir : home
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
