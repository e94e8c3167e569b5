import type { Cursors } from './cursors.ts'
import { reaches, reachesAll } from './cursors.ts'
import type { Dot } from './dot.ts'
import { printDot, sameDot } from './dot.ts'
import type { Membership } from './membership.ts'
import { hasSeen, isDropped } from './membership.ts'
import type { Siblings } from './siblings.ts'
import type { Version } from './version.ts'
import { compareVersions } from './version.ts'

/**
 * Replicas that differ for good. Two honest ones cannot be told apart by what one holds and the other does not: that may be on its way, or
 * replaced, or collected. So each is looked at twice, the second time when it has passed all heads of the first look [REP-41]; then
 *
 *   a version that one held at the second look, and that another one, which had it, did not hold at the first
 *
 * cannot be: whatever replaced it there was among what this one has since applied. One of the two is damaged.
 */
export interface Look {
  readonly region: string
  readonly siblings: Siblings
  readonly cursors: Cursors
  readonly epoch: number
}

/** The dots of the versions that some replica holds and another one must not lack, or holds with other bytes. */
export function contradictions(first: readonly Look[], second: readonly Look[], membership: Membership): readonly Dot[] {
  const found = new Map<string, Dot>()
  for (const later of second) {
    for (const earlier of first) {
      if (earlier.region === later.region || !reachesAll(later.cursors, withoutDropped(earlier.cursors, membership))) continue
      for (const version of later.siblings) {
        const held = earlier.siblings.find(({ dot }) => sameDot(dot, version.dot))
        const isWrong = held === undefined ? has(earlier, version.dot, membership) : Buffer.compare(held.bytes, version.bytes) !== 0
        if (isWrong) found.set(printDot(version.dot), version.dot)
      }
    }
  }
  return [...found.values()]
}

/**
 * What every replica should hold of an item, as far as these versions go; all others are as they were. It is the state join [REP-34], but that both
 * sides' word is not taken for true where it cannot be: a version that nothing replaces stays where at least as many replicas hold it as lack
 * it, since what was acknowledged is not thrown away on the word of a damaged copy; where more lack it, it was a deletion, and is not brought back.
 */
export function mended(looks: readonly Look[], wrong: readonly Dot[], membership: Membership): ReadonlyMap<string, Siblings> {
  const verdicts = wrong.flatMap((dot) => verdictOn(dot, looks, membership) ?? [])
  return new Map(
    looks.map((look) => {
      const kept = look.siblings.filter(({ dot }) => !wrong.some((each) => sameDot(each, dot)))
      const added = verdicts
        .filter(({ version }) => has(look, version.dot, membership))
        .flatMap(({ version, stays }) => (stays ? [version] : []))
      const all = [...kept, ...added]
      const siblings = all.filter((version) => !all.some((other) => other !== version && hasSeen(other, version.dot, membership)))
      return [look.region, siblings.sort(compareVersions)]
    }),
  )
}

function verdictOn(dot: Dot, looks: readonly Look[], membership: Membership): { version: Version; stays: boolean } | undefined {
  const holders = looks.flatMap(({ region, siblings }) =>
    siblings.filter((held) => sameDot(held.dot, dot)).map((version) => ({ region, version })),
  )
  const [first] = holders
  if (first === undefined) return undefined
  const lacking = looks.filter((look) => has(look, dot, membership) && !holders.some(({ region }) => region === look.region))
  const isReplaced = looks.some(({ siblings }) => siblings.some((other) => !sameDot(other.dot, dot) && hasSeen(other, dot, membership)))
  return {
    version: mostCommon(
      holders.map(({ version }) => version),
      first.version,
    ),
    stays: !isReplaced && holders.length >= lacking.length,
  }
}

/** Where copies of one version differ: the one that most hold, among equals the first. */
function mostCommon(versions: readonly Version[], first: Version): Version {
  const countOf = ({ bytes }: Version): number => versions.filter((other) => Buffer.compare(other.bytes, bytes) === 0).length
  return versions.reduce((best, version) => (countOf(version) > countOf(best) ? version : best), first)
}

function has({ cursors, epoch }: Look, dot: Dot, membership: Membership): boolean {
  return reaches(cursors, dot) || isDropped(membership, dot.incarnation, epoch)
}

function withoutDropped(cursors: Cursors, membership: Membership): Cursors {
  return new Map([...cursors].filter(([incarnation]) => membership.dropped[incarnation] === undefined))
}
