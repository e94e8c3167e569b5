import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StoredItem } from '../engine/stored-item.ts'
import type { Cursors } from './cursors.ts'
import { cursorOf, joinInto, noCursors } from './cursors.ts'
import type { Incarnation } from './dot.ts'
import { printDot } from './dot.ts'
import { soleMember } from './membership.ts'
import { lastWriterWins } from './policy.ts'
import type { ReplicaState, Siblings } from './siblings.ts'
import { joinStates, receive } from './siblings.ts'
import type { Version } from './version.ts'
import { compareVersions, encodeVersion } from './version.ts'

const membership = soleMember('A')

/** One item in several Regions, as pure data: the smallest thing that has reachable states. */
interface Place {
  readonly region: string
  readonly incarnation: Incarnation
  readonly log: readonly Version[]
  readonly cursors: Cursors
  readonly siblings: Siblings
}

function place(index: number): Place {
  return { region: 'ABCD'.charAt(index), incarnation: String(index + 1).padStart(16, '0'), log: [], cursors: noCursors, siblings: [] }
}

function write(at: Place, clock: number, stored: boolean): Place {
  const n = cursorOf(at.cursors, at.incarnation) + 1
  const context = new Map(at.cursors)
  let timestamp = BigInt(clock)
  for (const sibling of at.siblings) {
    joinInto(context, sibling.context)
    joinInto(context, new Map([[sibling.dot.incarnation, sibling.dot.n]]))
    if (sibling.timestamp >= timestamp) timestamp = sibling.timestamp + 1n
  }
  const base = at.siblings.at(-1)
  const version = encodeVersion({
    dot: { incarnation: at.incarnation, n },
    timestamp,
    region: at.region,
    base: base === undefined ? undefined : { dot: base.dot, timestamp: base.timestamp },
    context,
    epoch: 0,
    committedAtMs: 0,
    itemKey: Buffer.from('k'),
    stored: stored ? new StoredItem(Buffer.from(`${at.region}${n}`), 2) : undefined,
  })
  const cursors = new Map(at.cursors).set(at.incarnation, n)
  return { ...at, log: [...at.log, version], cursors, siblings: [version] }
}

function deliver(to: Place, from: Place, count: number): Place {
  const cursor = cursorOf(to.cursors, from.incarnation)
  let { siblings } = to
  const records = from.log.slice(cursor, cursor + count)
  for (const version of records) siblings = receive(siblings, version, membership)
  return { ...to, siblings, cursors: new Map(to.cursors).set(from.incarnation, cursor + records.length) }
}

type Step =
  | { readonly kind: 'write'; readonly at: number; readonly clock: number; readonly stored: boolean }
  | { readonly kind: 'deliver'; readonly to: number; readonly from: number; readonly count: number }

const places = fc.nat({ max: 3 })
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('write' as const), at: places, clock: fc.nat({ max: 30 }), stored: fc.boolean() }),
    fc.record({ kind: fc.constant('deliver' as const), to: places, from: places, count: fc.integer({ min: 1, max: 4 }) }),
  ),
  { maxLength: 60 },
)

function play(history: readonly Step[]): Place[] {
  const all = [0, 1, 2, 3].map(place)
  for (const step of history) {
    if (step.kind === 'write') all[step.at] = write(at(all, step.at), step.clock, step.stored)
    else if (step.to !== step.from) all[step.to] = deliver(at(all, step.to), at(all, step.from), step.count)
  }
  return all
}

function at(all: readonly Place[], index: number): Place {
  const found = all[index]
  if (found === undefined) throw new RangeError(`place ${index}`)
  return found
}

function names(siblings: Siblings): readonly string[] {
  return siblings.map((version) => printDot(version.dot))
}

function stateOf({ siblings, cursors }: Place): ReplicaState {
  return { siblings, cursors, epoch: 0 }
}

function joined(a: ReplicaState, b: ReplicaState): ReplicaState {
  const cursors = new Map(a.cursors)
  joinInto(cursors, b.cursors)
  return { siblings: joinStates(a, b, membership), cursors, epoch: 0 }
}

describe('receive', () => {
  test('REP-9: any order and any repetition of the same versions give the same siblings, those that no other saw', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat(), { minLength: 50 }), (history, dice) => {
        const versions = play(history).flatMap(({ log }) => log)
        const shuffled = [...versions, ...versions.filter((_, index) => index % 3 === 0)]
          .map((version, index) => ({ version, rank: dice[index % dice.length] ?? 0 }))
          .sort((a, b) => a.rank - b.rank)
        let siblings: Siblings = []
        for (const { version } of shuffled) siblings = receive(siblings, version, membership)
        const unseen = versions.filter(
          (version) => !versions.some((other) => cursorOf(other.context, version.dot.incarnation) >= version.dot.n),
        )
        expect(names(siblings)).toEqual(names([...unseen].sort(compareVersions)))
      }),
    )
  })

  test('REP-9: a version that changes nothing gives the same array back', () => {
    fc.assert(
      fc.property(steps, (history) => {
        for (const { siblings, log } of play(history)) {
          for (const version of log) {
            if (siblings.some((held) => cursorOf(held.context, version.dot.incarnation) >= version.dot.n)) {
              expect(receive(siblings, version, membership)).toBe(siblings)
            }
          }
        }
      }),
    )
  })

  test('REP-8: a reachable state has at most one sibling of an incarnation, in version order', () => {
    fc.assert(
      fc.property(steps, (history) => {
        for (const { siblings } of play(history)) {
          expect(new Set(siblings.map((version) => version.dot.incarnation)).size).toBe(siblings.length)
          expect(names(siblings)).toEqual(names([...siblings].sort(compareVersions)))
        }
      }),
    )
  })
})

describe('a state join', () => {
  test('REP-34: is commutative, idempotent and associative on reachable states', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const [a, b, c] = play(history).map(stateOf)
        if (a === undefined || b === undefined || c === undefined) throw new RangeError('three places')
        expect(names(joined(a, b).siblings)).toEqual(names(joined(b, a).siblings))
        expect(names(joined(a, a).siblings)).toEqual(names(a.siblings))
        expect(names(joined(joined(a, b), c).siblings)).toEqual(names(joined(a, joined(b, c)).siblings))
      }),
    )
  })

  test('REP-34: gives what applying the other side’s logs would give', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const all = play(history)
        const [mine, theirs] = [at(all, 0), at(all, 1)]
        let { siblings } = mine
        for (const origin of all) {
          const from = cursorOf(mine.cursors, origin.incarnation)
          for (const version of origin.log.slice(from, cursorOf(theirs.cursors, origin.incarnation)))
            siblings = receive(siblings, version, membership)
        }
        expect(names(joined(stateOf(mine), stateOf(theirs)).siblings)).toEqual(names(siblings))
      }),
    )
  })

  test('REP-34 (F9): what one side collected stays away, what it has not received stays', () => {
    const [a, b] = [place(0), place(1)]
    const put = write(a, 1, true)
    const knows = deliver(b, put, 1)
    const collected: ReplicaState = { siblings: [], cursors: knows.cursors, epoch: 0 }
    expect(joinStates(stateOf(put), collected, membership)).toEqual([])
    const behind: ReplicaState = { siblings: [], cursors: noCursors, epoch: 0 }
    expect(names(joinStates(stateOf(put), behind, membership))).toEqual(names(put.siblings))
  })
})

test('REP-8 (CE5, F5): last-writer-wins keeps the loser, so that a later policy can still show it, in whatever order they came', () => {
  const [a, c] = [write(place(0), 1, true), write(place(2), 2, true)]
  const [x, y] = [deliver(deliver(place(1), a, 1), c, 1), deliver(deliver(place(3), c, 1), a, 1)]
  expect(names(x.siblings)).toEqual(names(y.siblings))
  expect(x.siblings).toHaveLength(2)
  expect(lastWriterWins.show(x.siblings, membership).version.dot).toEqual(c.siblings[0]?.dot)
})

test('REP-9 (CE2, F4): a write that saw a hidden sibling replaces it everywhere, so a third concurrent one meets the same set', () => {
  const other = write(place(0), 10, true)
  const home = write(deliver(write(place(1), 5, true), other, 1), 6, true)
  const third = write(place(2), 8, true)
  const one = deliver(deliver(other, home, 9), third, 9)
  const two = deliver(deliver(third, other, 9), home, 9)
  expect(names(one.siblings)).toEqual(names(two.siblings))
  expect(one.siblings).toHaveLength(2)
  expect(home.siblings[0]?.timestamp).toBeGreaterThan(10n)
})
