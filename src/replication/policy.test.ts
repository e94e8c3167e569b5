import { expect, test } from 'vitest'
import { seededRandom } from '../base/random.ts'
import { spaces } from '../engine/keyspace.ts'
import { isInvalid } from '../item/invalid.ts'
import { nextEpoch } from './membership.ts'
import { parsePolicy } from './policy-text.ts'
import { exchange, haveConverged, openGroup, testBlueprint, worldLedger } from './test-replica.contract.ts'
import type { TestReplica } from './test-replica.contract.ts'

const byAttribute = 'home-region:attribute=home'

async function three(policy: string): Promise<[TestReplica, TestReplica, TestReplica, TestReplica[]]> {
  const group = await openGroup(['A', 'B', 'C'], seededRandom(7), 'wall')
  for (const replica of group) await adopt(replica, policy)
  const [a, b, c] = group
  if (a === undefined || b === undefined || c === undefined) throw new RangeError('three replicas')
  return [a, b, c, group]
}

async function adopt(replica: TestReplica, policy: string): Promise<void> {
  await replica.adopt(nextEpoch(replica.membership, { policy }))
}

async function shownEverywhere(group: readonly TestReplica[], pk: string): Promise<string | undefined> {
  expect(await haveConverged(group)).toBe(true)
  const values = new Set(await Promise.all(group.map((replica) => replica.get(pk))))
  expect(values.size).toBe(1)
  return [...values][0]
}

test('REP-11 (CE5, F5): replicas that adopt a policy before, between and after two concurrent writes show the same in the end', async () => {
  const [x, y, z, group] = await three('last-writer-wins')
  await x.put('k', 'at-home', 10, 'A')
  await y.put('k', 'later', 20, 'C')
  await x.pull(y)
  expect(await x.get('k')).toBe('later')
  await adopt(x, byAttribute)
  expect(await x.get('k')).toBe('at-home')
  await z.pull(y)
  await adopt(z, byAttribute)
  await z.pull(x)
  await adopt(y, byAttribute)
  await exchange(group)
  expect(await shownEverywhere(group, 'k')).toBe('at-home')
})

test('REP-11: a change of the policy decides exactly the items with several siblings again, and lists no others', async () => {
  const [a, b, , group] = await three('last-writer-wins')
  await a.put('alone', 'x', 1, 'A')
  await a.put('k', 'one', 2, 'A')
  await b.put('k', 'two', 3, 'C')
  await exchange(group)
  expect(await a.countRows(spaces.contested)).toBe(1)
  await a.put('k', 'three', 9, 'A')
  expect(await a.countRows(spaces.contested)).toBe(0)
  await exchange(group)
  expect(await b.countRows(spaces.contested)).toBe(0)
})

test('REP-18: a version that another policy shows has not lost any more, and one that it does not show has', async () => {
  const [a, b, , group] = await three('last-writer-wins')
  const atHome = await a.put('k', 'at-home', 10, 'A')
  const later = await b.put('k', 'later', 20, 'C')
  await exchange(group)
  expect(await worldLedger(group)).toEqual([atHome])
  for (const replica of group) await adopt(replica, byAttribute)
  expect(await worldLedger(group)).toEqual([later])
  for (const replica of group) await adopt(replica, 'last-writer-wins')
  expect(await worldLedger(group)).toEqual([atHome])
  await b.put('k', 'built on later', 30)
  await exchange(group)
  expect(await worldLedger(group)).toEqual([atHome])
})

test('REP-11: a replica that crashed while it followed a policy goes on where it was', async () => {
  const [a, b] = await three('last-writer-wins')
  await a.put('k', 'at-home', 10, 'A')
  await b.put('k', 'later', 20, 'C')
  await a.pull(b)
  const next = nextEpoch(a.membership, { policy: byAttribute })
  const adopted = a.adopt(next)
  await a.restart()
  await adopted.catch(() => undefined)
  await a.adopt(next)
  expect(await a.get('k')).toBe('at-home')
})

test('REP-12: of several versions that were written in their own home, the highest is shown; of none, the highest of all', async () => {
  const [a, b, c, group] = await three(byAttribute)
  await a.put('k', 'a', 30, 'B')
  await b.put('k', 'b', 10, 'B')
  await c.put('k', 'c', 20, 'C')
  await exchange(group)
  expect(await shownEverywhere(group, 'k')).toBe('c')
  await a.put('l', 'a', 30, 'nowhere')
  await b.put('l', 'b', 40)
  await exchange(group)
  expect(await shownEverywhere(group, 'l')).toBe('b')
})

test('REP-6 (CE2, F4): under home-region too, what overwrote a higher version that it had seen ranks above it', async () => {
  const [h, o, t, group] = await three(byAttribute)
  await o.put('k', 'other', 10, 'A')
  await h.put('k', 'home', 5, 'A')
  await h.pull(o)
  await h.put('k', 'home2', 6, 'A')
  await t.put('k', 'third', 8, 'A')
  await o.pull(h)
  await o.pull(t)
  await t.pull(o)
  await t.pull(h)
  await exchange(group)
  expect(await shownEverywhere(group, 'k')).toBe('home2')
})

test('REP-12 (F22): a deletion has the home of what it deleted, and wins over a later write elsewhere', async () => {
  const [a, b, , group] = await three(byAttribute)
  await a.put('k', 'first', 1, 'A')
  await exchange(group)
  await b.put('k', 'elsewhere', 50, 'A')
  await a.delete('k', 20)
  await exchange(group)
  expect(await shownEverywhere(group, 'k')).toBeUndefined()
})

test('REP-12 (F22): what was at home in a lost Region is at home where the policy says', async () => {
  const [a, b, , group] = await three(`${byAttribute}:C=B`)
  await a.put('k', 'higher', 20, 'C')
  await b.put('k', 'at the new home', 10, 'C')
  await exchange(group)
  expect(await shownEverywhere(group, 'k')).toBe('at the new home')
})

test('REP-12: the beginning of the partition key names the home, and only when it is a whole name', () => {
  const policy = parsePolicy('home-region:key-prefix', testBlueprint.schema)
  if (isInvalid(policy)) throw new Error(policy.invalid)
  const homeOf = (pk: string): string | undefined => {
    const key = Buffer.alloc(6 + Buffer.byteLength(pk))
    key.writeUInt16BE(Buffer.byteLength(pk), 4)
    key.write(pk, 6)
    return policy.homes?.homeOf(key, undefined, undefined)
  }
  expect(['eu-west-1#ann', 'eu-west-1', 'us-gov-east-1/x', 'eu-west-12x', 'ann', 'eu-west'].map(homeOf)).toEqual([
    'eu-west-1',
    'eu-west-1',
    'us-gov-east-1',
    undefined,
    undefined,
    undefined,
  ])
})

test.each([
  'last-writer-wins',
  'version-check',
  'home-region:key-prefix',
  'home-region:attribute=home:refuse',
  'home-region:attribute=home:us-west-2=eu-west-1:refuse',
])('REP-11: %s is a policy, and is written as it is read', (text) => {
  expect(parsePolicy(text, testBlueprint.schema)).toMatchObject({ text })
})

test.each([
  '',
  'merge-ish',
  'last-writer-wins:refuse',
  'home-region',
  'home-region:attribute=',
  'home-region:key-prefix:',
  'home-region:key-prefix:refuse:refuse',
  'home-region:key-prefix:a=a',
  'home-region:key-prefix:a=b:a=c',
])("REP-11: '%s' is none, and it is said what would be", (text) => {
  const parsed = parsePolicy(text, testBlueprint.schema)
  expect(isInvalid(parsed) && parsed.invalid).toMatch(/^The value of the tag everywrite:conflict-policy is no conflict policy: .*; .+\.$/)
})
