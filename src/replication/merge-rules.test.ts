import { describe, expect, test } from 'vitest'
import { chance, fraction, integerBelow, pick, seededRandom } from '../base/random.ts'
import { decodeMergeState } from './merge-codec.ts'
import { nextEpoch } from './membership.ts'
import { exchange, haveConverged, hearAll, openGroup } from './test-replica.contract.ts'
import type { TestReplica } from './test-replica.contract.ts'

/** What `merge` must do, through the product's own writes, apply, adoption and collection. */

async function three(policy = 'merge'): Promise<[TestReplica, TestReplica, TestReplica, TestReplica[]]> {
  const group = await openGroup(['A', 'B', 'C'], seededRandom(7), 'wall')
  await adopt(group, policy)
  const [a, b, c] = group
  if (a === undefined || b === undefined || c === undefined) throw new RangeError('three replicas')
  return [a, b, c, group]
}

async function adopt(group: readonly TestReplica[], policy: string): Promise<void> {
  for (const replica of group) await replica.adopt(nextEpoch(replica.membership, { policy }))
}

async function shown(group: readonly TestReplica[], pk = 'k'): Promise<unknown> {
  await exchange(group)
  expect(await haveConverged(group)).toBe(true)
  const items = await Promise.all(group.map((replica) => replica.item(pk)))
  for (const item of items) expect(item).toEqual(items[0])
  return items[0]
}

/** Everybody hears of everybody until all is stable everywhere, and lets go of what is. */
async function settle(group: readonly TestReplica[], collectors = group): Promise<void> {
  await exchange(group)
  await hearAll(group)
  for (const replica of collectors) await replica.collect()
}

const N = (value: number): { N: string } => ({ N: String(value) })

describe('merge: attributes', () => {
  test('REP-14 (CE8, F12): two Regions SET two attributes, and neither is lost', async () => {
    const [a, b, , group] = await three()
    await a.putItem('k', { x: N(1), y: N(1) }, 1)
    await exchange(group)
    await a.update('k', 'SET x = :v', { ':v': N(2) }, 10)
    await b.update('k', 'SET y = :v', { ':v': N(2) }, 11)
    expect(await shown(group)).toEqual({ x: N(2), y: N(2) })
    for (const replica of group) expect(await replica.lost()).toEqual([])
  })

  test('REP-14, REP-18: of two SETs of one attribute the highest is shown, and the ledger says which attribute the other lost', async () => {
    const [a, b, , group] = await three()
    await a.putItem('k', { x: N(1) }, 1)
    await exchange(group)
    const lost = await a.update('k', 'SET x = :v, y = :v', { ':v': N(2) }, 10)
    await b.update('k', 'SET x = :v, z = :v', { ':v': N(3) }, 11)
    expect(await shown(group)).toEqual({ x: N(3), y: N(2), z: N(3) })
    for (const replica of group) expect(await replica.entries()).toMatchObject([{ dot: lost, lost: ['x'], harmless: false }])
  })

  test('REP-18: the same value SET twice is no loss; what a later write saw and wrote over is none either', async () => {
    const [a, b, , group] = await three()
    await a.update('k', 'SET x = :v', { ':v': N(2) }, 10)
    await b.update('k', 'SET x = :v', { ':v': N(2) }, 11)
    expect(await shown(group)).toEqual({ x: N(2) })
    await a.update('k', 'SET x = :v', { ':v': N(9) }, 12)
    expect(await shown(group)).toEqual({ x: N(9) })
    for (const replica of group) expect(await replica.entries()).toEqual([])
  })

  test('REP-18: a write that joined several versions does not withdraw what its own base had lost', async () => {
    const [a, b, , group] = await three()
    await a.update('k', 'SET x = :v', { ':v': N(1) }, 5)
    await b.update('k', 'SET x = :v', { ':v': N(2) }, 10)
    const highest = await a.update('k', 'SET y = :v', { ':v': N(1) }, 12)
    expect(await shown(group)).toEqual({ x: N(2), y: N(1) })
    await b.update('k', 'SET z = :v', { ':v': N(1) }, 20)
    expect(await shown(group)).toEqual({ x: N(2), y: N(1), z: N(1) })
    for (const replica of group)
      expect((await replica.entries()).filter(({ withdrawn }) => !withdrawn)).toMatchObject([{ dot: highest, lost: ['x'] }])
  })

  test('REP-15: a put writes what differs, and removes what is missing; what it did not touch stays with those who wrote it', async () => {
    const [a, b, , group] = await three()
    await a.putItem('k', { x: N(1), y: N(1), z: N(1) }, 1)
    await exchange(group)
    await a.update('k', 'SET x = :v', { ':v': N(5) }, 10)
    await b.putItem('k', { x: N(1), y: N(7) }, 11)
    expect(await shown(group)).toEqual({ x: N(5), y: N(7) })
  })

  test('REP-15: a delete removes what it saw; what it had not seen keeps the item alive, with its key', async () => {
    const [a, b, , group] = await three()
    await a.putItem('k', { x: N(1), y: N(1) }, 1)
    await exchange(group)
    await a.update('k', 'SET x = :v', { ':v': N(5) }, 10)
    await b.delete('k', 20)
    expect(await shown(group)).toEqual({ x: N(5) })
    await b.delete('k', 30)
    expect(await shown(group)).toBeUndefined()
  })

  test('REP-14: members of maps are merged, also where one Region removed the map that the other wrote into', async () => {
    const [a, b, , group] = await three()
    await a.putItem('k', { m: { M: { p: N(1), q: { M: { r: N(1) } } } } }, 1)
    await exchange(group)
    await a.update('k', 'SET m.p = :v, m.q.s = :v', { ':v': N(2) }, 10)
    await b.update('k', 'SET m.q.r = :v', { ':v': N(3) }, 11)
    expect(await shown(group)).toEqual({ m: { M: { p: N(2), q: { M: { r: N(3), s: N(2) } } } } })
    await a.update('k', 'REMOVE m', {}, 20)
    await b.update('k', 'SET m.q.t = :v', { ':v': N(4) }, 21)
    expect(await shown(group)).toEqual({ m: { M: { q: { M: { t: N(4) } } } } })
  })

  test('REP-14: of two values of different types the highest is shown, and the other is lost', async () => {
    const [a, b, , group] = await three()
    await a.update('k', 'ADD x :v', { ':v': N(3) }, 10)
    const lost = await a.head()
    await b.update('k', 'SET x = :v', { ':v': { S: 'text' } }, 11)
    expect(await shown(group)).toEqual({ x: { S: 'text' } })
    for (const replica of group) expect(await replica.entries()).toMatchObject([{ dot: lost, lost: ['x'] }])
  })

  test('a map whose last member was removed stays, empty, although nobody is left who wrote the map itself', async () => {
    const [a, b, , group] = await three()
    await a.putItem('k', { m: { M: { p: N(1) } } }, 1)
    await exchange(group)
    await a.update('k', 'SET m.p = :v', { ':v': N(2) }, 10)
    await b.delete('k', 20)
    expect(await shown(group)).toEqual({ m: { M: { p: N(2) } } })
    await a.update('k', 'REMOVE m.p', {}, 30)
    expect(await a.item('k')).toEqual({ m: { M: {} } })
    expect(await shown(group)).toEqual({ m: { M: {} } })
  })
})

describe('merge: numbers', () => {
  test.each(['ADD n :v', 'SET n = if_not_exists(n, :zero) + :v', 'SET n = :v + if_not_exists(n, :zero)'])(
    'REP-16: %s in every Region, on an item that is not there, counts everywhere',
    async (expression) => {
      const [a, b, c, group] = await three()
      const zero = expression.includes(':zero') ? { ':zero': N(0) } : {}
      await a.update('k', expression, { ':v': N(1), ...zero }, 10)
      await b.update('k', expression, { ':v': N(2), ...zero }, 11)
      await c.update('k', expression, { ':v': N(4), ...zero }, 12)
      expect(await shown(group)).toEqual({ n: N(7) })
      await a.update('k', expression, { ':v': N(8), ...zero }, 13)
      await b.update('k', 'SET n = n - :v', { ':v': N(1) }, 14)
      expect(await shown(group)).toEqual({ n: N(14) })
      for (const replica of group) expect(await replica.entries()).toEqual([])
    },
  )

  test('REP-16: a start value other than zero is a register, which counts once', async () => {
    const [a, b, , group] = await three()
    const values = { ':v': N(1), ':start': N(100) }
    await a.update('k', 'SET n = if_not_exists(n, :start) + :v', values, 10)
    await b.update('k', 'SET n = if_not_exists(n, :start) + :v', values, 11)
    expect(await shown(group)).toEqual({ n: N(102) })
  })

  test('REP-16 (CE9, F12): a counter that is deleted, collected here and not there, and begun again, counts from nothing', async () => {
    const [a, b, c, group] = await three()
    await a.update('k', 'ADD n :v', { ':v': N(7) }, 10)
    await exchange(group)
    await b.delete('k', 20)
    await settle(group, [a])
    expect((await a.cell('k')).siblings).toHaveLength(0)
    expect((await b.cell('k')).siblings).toHaveLength(1)
    await a.update('k', 'ADD n :v', { ':v': N(1) }, 30)
    await c.update('k', 'ADD n :v', { ':v': N(2) }, 31)
    expect(await shown(group)).toEqual({ n: N(3) })
  })

  test('REP-16: what a SET had seen does not count again, what it had not seen counts', async () => {
    const [a, b, c, group] = await three()
    await a.update('k', 'ADD n :v', { ':v': N(5) }, 10)
    await b.pull(a)
    await b.update('k', 'SET n = :v', { ':v': N(100) }, 20)
    await a.update('k', 'ADD n :v', { ':v': N(3) }, 21)
    await c.update('k', 'ADD n :v', { ':v': N(2) }, 5)
    expect(await shown(group)).toEqual({ n: N(105) })
  })

  test('REP-16: what was wholly absorbed is let go of once it is stable, so that a counter that is SET again and again does not grow', async () => {
    const [a, b, , group] = await three()
    for (let round = 0; round < 20; round++) {
      await a.update('k', 'ADD n :v', { ':v': N(1) })
      await b.update('k', 'ADD n :v', { ':v': N(1) })
      await exchange(group)
      await b.update('k', 'SET n = :v', { ':v': N(round) })
      await settle(group)
    }
    await b.update('k', 'SET o = :v', { ':v': N(1) })
    await a.update('k', 'ADD n :v', { ':v': N(1) })
    expect(await shown(group)).toEqual({ n: N(20), o: N(1) })
    for (const { merge = new Uint8Array() } of (await a.cell('k')).siblings) expect(merge.length).toBeLessThan(400)
  })

  test('REP-16: a sum that is no number leaves the register, and the entry says so; sums beyond 38 digits are rounded once', async () => {
    const [a, b, , group] = await three()
    await a.putItem('k', { n: { N: `9${'0'.repeat(125)}` }, m: N(0) }, 1)
    await exchange(group)
    const huge = { ':v': { N: `5${'0'.repeat(124)}` }, ':one': { N: `1${'0'.repeat(30)}` } }
    await a.update('k', 'ADD n :v, m :one', huge, 10)
    await b.update('k', 'ADD n :v, m :small', { ':v': huge[':v'], ':small': { N: '0.00000000001' } }, 11)
    expect(await shown(group)).toEqual({ n: { N: `9${'0'.repeat(125)}` }, m: { N: `1${'0'.repeat(30)}` } })
    for (const replica of group) expect((await replica.entries()).map(({ lost }) => lost)).toEqual([['n'], ['n']])
  })

  test('REP-16: every acknowledged ADD counts, everywhere, in random histories with restarts, losses of the link and letting go', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = seededRandom(seed)
      const group = await openGroup(['A', 'B', 'C'], random, chance(random, 0.5) ? 'hlc' : 'wall')
      await adopt(group, 'merge')
      let sum = 0
      const added = new Set<string>()
      const appended: string[] = []
      for (let step = 0; step < 60; step++) {
        const replica = pick(random, group)
        const atMs = 1_000_000 + step * 10 + integerBelow(random, 100)
        const dice = fraction(random)
        if (dice < 0.25) {
          const by = integerBelow(random, 9) - 3
          if (chance(random, 0.5)) await replica.update('k', 'ADD n :v', { ':v': N(by) }, atMs)
          else await replica.update('k', 'SET n = if_not_exists(n, :z) + :v', { ':v': N(by), ':z': N(0) }, atMs)
          sum += by
        } else if (dice < 0.35) {
          await replica.update('k', 'ADD tags :v', { ':v': { SS: [`t${step}`] } }, atMs)
          added.add(`t${step}`)
        } else if (dice < 0.5) {
          await replica.update('k', 'SET l = list_append(if_not_exists(l, :e), :v)', { ':v': { L: [N(step)] }, ':e': { L: [] } }, atMs)
          appended.push(String(step))
        } else if (dice < 0.6) await replica.update('k', 'SET o = :v', { ':v': N(step) }, atMs)
        else if (dice < 0.65) await replica.restart()
        else if (dice < 0.7) {
          await exchange(group)
          await hearAll(group)
          for (const each of group) if (chance(random, 0.5)) await each.collect()
        } else await replica.pull(pick(random, group), 1 + integerBelow(random, 5))
      }
      const item = (await shown(group)) as { n?: { N: string }; tags?: { SS: string[] }; l?: { L: { N: string }[] } } | undefined
      expect(Number(item?.n?.N ?? 0), `seed ${seed}`).toBe(sum)
      expect(new Set(item?.tags?.SS), `seed ${seed}`).toEqual(added)
      expect((item?.l?.L ?? []).map((element) => element.N).sort(), `seed ${seed}`).toEqual(appended.sort())
    }
  })
})

describe('merge: sets and lists', () => {
  test('REP-17: additions to a set win over a concurrent removal of the element, and of the set', async () => {
    const [a, b, , group] = await three()
    await a.putItem('k', { s: { SS: ['x', 'y'] } }, 1)
    await exchange(group)
    await a.update('k', 'ADD s :v', { ':v': { SS: ['x', 'z'] } }, 10)
    await b.update('k', 'DELETE s :v', { ':v': { SS: ['x', 'y'] } }, 20)
    expect(await shown(group)).toEqual({ s: { SS: ['x', 'z'] } })
    await a.update('k', 'ADD s :v', { ':v': { SS: ['w'] } }, 30)
    await b.update('k', 'REMOVE s', {}, 40)
    expect(await shown(group)).toEqual({ s: { SS: ['w'] } })
  })

  test('REP-17: what two Regions append and prepend is all there, once, in version order, also beside a SET that had not seen it', async () => {
    const [a, b, c, group] = await three()
    await a.putItem('k', { l: { L: [N(0)] } }, 1)
    await exchange(group)
    const append = 'SET l = list_append(l, :v)'
    await a.update('k', append, { ':v': { L: [N(1), N(2)] } }, 10)
    await b.update('k', append, { ':v': { L: [N(3)] } }, 11)
    await a.update('k', 'SET l = list_append(:v, l)', { ':v': { L: [N(8)] } }, 12)
    await c.update('k', 'SET l = list_append(:v, l)', { ':v': { L: [N(9)] } }, 13)
    expect(await shown(group)).toEqual({ l: { L: [N(9), N(8), N(0), N(1), N(2), N(3)] } })
    await a.update('k', 'SET l[0] = :v', { ':v': N(7) }, 20)
    await b.update('k', append, { ':v': { L: [N(4)] } }, 21)
    expect(await shown(group)).toEqual({ l: { L: [N(7), N(8), N(0), N(1), N(2), N(3), N(4)] } })
  })
})

describe('merge: other policies before and after', () => {
  test('REP-14: what was written before the policy counts as registers with its own dot', async () => {
    const [a, b, , group] = await three('last-writer-wins')
    await a.putItem('k', { x: N(1), y: N(1) }, 1)
    await exchange(group)
    await a.putItem('k', { x: N(2), y: N(1), n: N(5) }, 10)
    await b.putItem('k', { x: N(1), y: N(2) }, 11)
    await exchange(group)
    expect(await a.item('k')).toEqual({ x: N(1), y: N(2) })
    await adopt(group, 'merge')
    expect(await shown(group)).toEqual({ x: N(1), y: N(2), n: N(5) })
    await a.update('k', 'ADD n :v', { ':v': N(1) }, 20)
    await b.update('k', 'ADD n :v', { ':v': N(1) }, 21)
    expect(await shown(group)).toEqual({ x: N(1), y: N(2), n: N(7) })
  })

  test('REP-14: nothing is counted twice when a table stops merging, is written, and merges again', async () => {
    const [a, b, c, group] = await three()
    await a.update('k', 'ADD n :v', { ':v': N(7) }, 10)
    await exchange(group)
    await adopt([b], 'last-writer-wins')
    await b.update('k', 'SET x = :v', { ':v': N(1) }, 20)
    await a.update('k', 'ADD n :v', { ':v': N(1) }, 15)
    await adopt([a, c], 'last-writer-wins')
    await exchange(group)
    expect(await a.item('k')).toEqual({ n: N(7), x: N(1) })
    await adopt(group, 'merge')
    expect(await shown(group)).toEqual({ x: N(1), n: N(8) })
    await a.update('k', 'SET y = :v', { ':v': N(1) }, 30)
    expect(await shown(group)).toMatchObject({ x: N(1), y: N(1), n: N(8) })
  })

  test('a replica that adopts merge before, between and after two concurrent writes shows the same in the end', async () => {
    const [x, y, z, group] = await three('last-writer-wins')
    await x.update('k', 'SET p = :v', { ':v': N(1) }, 10)
    await y.update('k', 'SET q = :v', { ':v': N(2) }, 20)
    await x.pull(y)
    await adopt([x], 'merge')
    expect(await x.item('k')).toEqual({ p: N(1), q: N(2) })
    await z.pull(y)
    await adopt([z], 'merge')
    await z.pull(x)
    await adopt([y], 'merge')
    expect(await shown(group)).toEqual({ p: N(1), q: N(2) })
  })

  test('a table of another policy keeps no merge data, and neither does an item that one write made', async () => {
    const [a, , , group] = await three('last-writer-wins')
    await a.update('k', 'ADD n :v', { ':v': N(7) })
    expect((await a.cell('k')).siblings[0]?.merge).toBeUndefined()
    await adopt(group, 'merge')
    await a.putItem('j', { x: N(1), m: { M: { p: N(1) } }, s: { SS: ['a', 'b'] }, l: { L: [N(1)] } })
    const [version] = (await a.cell('j')).siblings
    expect(version?.merge).toBeUndefined()
    if (version === undefined) throw new Error('no version')
    expect(decodeMergeState(undefined, version, version.stored?.item, new Set(['pk'])).exist.size).toBe(1)
  })
})
