import { expect, test } from 'vitest'
import { seededRandom } from '../base/random.ts'
import { ReadMarks } from './read-marks.ts'
import { entryPlace } from './rows.ts'
import { exchange, openGroup } from './test-replica.contract.ts'
import type { TestReplica } from './test-replica.contract.ts'
import { dotAt, encodeVersion } from './version.ts'

async function three(): Promise<[TestReplica, TestReplica, TestReplica, TestReplica[]]> {
  const group = await openGroup(['A', 'B', 'C'], seededRandom(7))
  const [a, b, c] = group
  if (a === undefined || b === undefined || c === undefined) throw new RangeError('three replicas')
  return [a, b, c, group]
}

/** Where the entry lies that this replica has of a lost version. */
async function placeOf(replica: TestReplica, dot: string): Promise<Uint8Array> {
  const entry = (await replica.entries()).find((each) => each.dot === dot)
  if (entry === undefined) throw new Error(`no entry of ${dot}`)
  return entryPlace(entry.timestamp, entry.id)
}

test('REP-21: a write that resolves an entry closes it in every Region that has it, in whatever order they hear of it', async () => {
  const [a, b, c, group] = await three()
  const lost = await a.put('k', 'a', 1)
  await b.put('k', 'b', 2)
  await a.pull(b)
  await c.pull(a)
  await c.pull(b)
  await a.put('k', 'both', 3, undefined, [await placeOf(a, lost)])
  expect((await a.entries()).map(({ resolved }) => resolved)).toEqual([true])
  await c.pull(a)
  expect((await c.entries()).map(({ resolved }) => resolved)).toEqual([true])
  // B hears of the loser and of the write that resolves it in one batch.
  await b.pull(a)
  expect((await b.entries()).map(({ resolved }) => resolved)).toEqual([true])
  await exchange(group)
  for (const replica of group) expect(await replica.get('k')).toBe('both')
})

test('REP-21: it closes the entry also where the write itself lost, and no other entry', async () => {
  const [a, b, c] = await three()
  const [one, other] = [await a.put('k', 'a', 1), await b.put('k', 'b', 2)]
  await c.put('k', 'c', 3)
  await a.pull(b)
  await a.pull(c)
  await c.pull(a)
  await c.pull(b)
  await b.pull(c)
  await b.put('k', 'later', 90)
  await a.put('k', 'resolved', 4, undefined, [await placeOf(a, one)])
  await c.pull(b)
  await c.pull(a)
  const resolved = (await c.entries()).filter((entry) => entry.resolved).map(({ dot }) => dot)
  expect(resolved).toEqual([one])
  expect(resolved).not.toContain(other)
})

test('REP-20: what clients read is remembered as long as nothing newer takes its place, and nothing else is', () => {
  const marks = new ReadMarks()
  const version = (n: number): Uint8Array =>
    encodeVersion({
      dot: { incarnation: '00112233aabbccdd', n },
      timestamp: 1n,
      region: 'A',
      base: undefined,
      context: new Map(),
      epoch: 0,
      committedAtMs: 0,
      itemKey: new Uint8Array(0),
      stored: undefined,
    }).bytes
  const has = (n: number): boolean => marks.has({ incarnation: '00112233aabbccdd', n })
  for (let n = 1; n <= 100; n++) marks.note(version(n), dotAt)
  const kept = Array.from({ length: 100 }, (_, index) => index + 1).filter(has)
  expect(kept.length).toBeGreaterThan(95)
  for (let n = 101; n <= 1000; n++) expect(has(n)).toBe(false)
  expect(marks.has({ incarnation: '00112233aabbccde', n: 1 })).toBe(false)
})
