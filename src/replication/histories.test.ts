import { expect, test } from 'vitest'
import { chance, integerBelow, pick, seededRandom } from '../base/random.ts'
import type { Random } from '../base/random.ts'
import { cursorOf } from './cursors.ts'
import { printDot } from './dot.ts'
import { decodeVersion } from './version.ts'
import type { Version } from './version.ts'
import { compareVersions } from './version.ts'
import { exchange, haveConverged, hearAll, openGroup, worldLedger } from './test-replica.contract.ts'
import type { TestReplica } from './test-replica.contract.ts'

/**
 * Generated histories of three replicas against an oracle that knows nothing but the writes: which versions no other saw, which is highest, and
 * which are nobody's base. Clocks jump, links stand still, replicas restart, tombstones and logs are collected at any moment.
 */

const seeds = 150
const keys = ['k1', 'k2', 'k3', 'k4']

interface History {
  readonly versions: Map<string, Version>
}

/** Remembers what a replica wrote last: the log may be trimmed later. */
async function remember(history: History, replica: TestReplica): Promise<void> {
  const row = await replica.row()
  if (row.own === undefined) return
  const [record] = await replica.records(row.own, cursorOf(row.cursors, row.own), 1)
  if (record === undefined) return
  const version = decodeVersion(record)
  history.versions.set(printDot(version.dot), version)
}

async function step(random: Random, group: readonly TestReplica[], blocked: Set<string>, history: History): Promise<void> {
  const replica = pick(random, group)
  const other = pick(random, group)
  const link = `${other.region}>${replica.region}`
  const dice = integerBelow(random, 100)
  if (dice < 40) {
    replica.clock.ms += integerBelow(random, 3)
    if (chance(random, 0.35)) await replica.delete(pick(random, keys))
    else await replica.put(pick(random, keys), `${replica.region}${history.versions.size}`)
    await remember(history, replica)
  } else if (dice < 70) {
    if (other !== replica && !blocked.has(link)) await replica.pull(other, 1 + integerBelow(random, 4))
  } else if (dice < 78) {
    if (other !== replica && !blocked.has(link)) await replica.hear(other)
  } else if (dice < 86) await replica.collect()
  else if (dice < 92) {
    if (!blocked.delete(link)) blocked.add(link)
  } else if (dice < 97) replica.clock.ms += integerBelow(random, 400) - 200
  else await replica.restart()
}

function saw(a: Version, b: Version): boolean {
  return a !== b && cursorOf(a.context, b.dot.incarnation) >= b.dot.n
}

function unseen(versions: readonly Version[]): readonly Version[] {
  return versions.filter((version) => !versions.some((other) => saw(other, version)))
}

/** What a write was based on: the version it names, or, when it found nothing, the highest tombstone that it had seen. */
function baseOf(version: Version, versions: readonly Version[]): string | undefined {
  if (version.base !== undefined) return printDot(version.base.dot)
  const highest = [...unseen(versions.filter((other) => saw(version, other)))].sort(compareVersions).at(-1)
  expect(highest?.stored, 'a write without a base had seen nothing that lives').toBeUndefined()
  return highest === undefined ? undefined : printDot(highest.dot)
}

test.each(['hlc', 'wall'] as const)(
  `REP-9, REP-20, REP-28: under %s, ${seeds} histories end as the writes say: same siblings everywhere, and a ledger that is exact`,
  { timeout: 120_000 },
  async (mode) => {
    let losses = 0
    for (let seed = 1; seed <= seeds; seed++) {
      const random = seededRandom(seed)
      const group = await openGroup(['A', 'B', 'C'], random, mode)
      const history: History = { versions: new Map() }
      const blocked = new Set<string>()
      for (let count = 0; count < 150; count++) await step(random, group, blocked, history)
      await exchange(group)

      const expectedLosses: string[] = []
      for (const key of keys) {
        const versions = [...history.versions.values()].filter((version) => Buffer.from(version.itemKey).toString() === key)
        const held = unseen(versions)
        const shown = [...held].sort(compareVersions).at(-1)
        const image = shown?.stored?.item['v']
        for (const replica of group) {
          const dots = await replica.dots(key)
          const collected = dots.length === 0 && held.every(({ stored }) => stored === undefined)
          if (!collected) expect(dots, `seed ${seed} ${key} ${replica.region}`).toEqual(held.map(({ dot }) => printDot(dot)).sort())
          expect(await replica.get(key), `seed ${seed} ${key} ${replica.region}`).toBe(
            image !== undefined && 'S' in image ? image.S : undefined,
          )
        }
        const bases = new Set(versions.map((version) => baseOf(version, versions)))
        for (const version of versions) {
          if (version !== shown && !bases.has(printDot(version.dot))) expectedLosses.push(printDot(version.dot))
        }
      }
      expect(await haveConverged(group), `seed ${seed}`).toBe(true)
      expect(await worldLedger(group), `seed ${seed}`).toEqual(expectedLosses.sort())
      losses += expectedLosses.length
      for (const replica of group) {
        let items = 0
        for (const key of keys) if ((await replica.get(key)) !== undefined) items++
        expect((await replica.row()).itemCount, `seed ${seed}`).toBe(items)
      }

      await hearAll(group)
      for (const replica of group) await replica.collect()
      for (const replica of group) expect(await replica.countLog(), `seed ${seed} ${replica.region}`).toBe(0)
    }
    expect(losses, 'the histories hold conflicts').toBeGreaterThan(seeds)
  },
)
