import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../base/random.ts'
import { VirtualTime } from '../base/virtual-time.ts'
import type { Message } from '../replication/messages.ts'
import { lagProfiles } from './lag-profile.ts'
import { Network } from './network.ts'

function start(profile = lagProfiles.lesson) {
  const time = new VirtualTime()
  const delivered: string[] = []
  const ups: string[] = []
  const network = new Network({
    scheduler: time,
    random: seededRandom(1),
    profile,
    deliver: (from, to, message) => void delivered.push(`${from}>${to} ${message.kind === 'journal' ? '' : message.globalId}`),
    linkUp: (from, to) => void ups.push(`${from}>${to}`),
  })
  const send = (from: string, to: string, name: string): boolean => network.transport(from).send(to, named(name))
  return { time, network, delivered, ups, send }
}

function named(globalId: string): Message {
  return { kind: 'seed-lost', globalId, transfer: '' }
}

const cut = (from: string, to: string) => (a: string, b: string) => a === from && b === to

test('a link keeps the order of its messages, whatever each one’s delay', async () => {
  const { time, delivered, send } = start()
  for (let n = 0; n < 50; n++) {
    send('A', 'B', String(n))
    await time.advance(20)
  }
  await time.advance(10_000)
  expect(delivered).toEqual(Array.from({ length: 50 }, (_, n) => `A>B ${n}`))
})

test('a link that goes down loses what is on its way, also what it would have delivered after coming up again', async () => {
  const { time, network, delivered, send } = start()
  send('A', 'B', 'lost')
  send('B', 'A', 'kept')
  const unblock = network.block(cut('A', 'B'))
  expect(send('A', 'B', 'refused')).toBe(false)
  unblock()
  send('A', 'B', 'after')
  await time.advance(10_000)
  expect(delivered.sort()).toEqual(['A>B after', 'B>A kept'])
})

test('nobody waits behind a message that was lost', async () => {
  const { time, network, delivered, send } = start(lagProfiles.instant)
  const fast = network.override({ from: 'A', to: 'B', ms: 3_600_000, jitterMs: 0 })
  send('A', 'B', 'slow')
  fast()
  network.block(cut('A', 'B'))()
  send('A', 'B', 'next')
  await time.advance(1)
  expect(delivered).toEqual(['A>B next'])
})

test('that a link is up is told exactly when the last block on it goes', () => {
  const { network, ups, send } = start()
  send('A', 'B', 'x')
  send('A', 'C', 'x')
  const both = cut('A', 'B')
  const first = network.block(both)
  const second = network.block(both)
  const third = network.block((from) => from === 'A')
  first()
  first()
  expect([network.isUp('A', 'B'), ups]).toEqual([false, []])
  third()
  expect(ups).toEqual(['A>C'])
  second()
  expect([network.isUp('A', 'B'), ups]).toEqual([true, ['A>C', 'A>B']])
})

test('after any blocks and unblocks a link is up exactly when none of its blocks stands, and each rise was told once', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 5 }), fc.constantFrom('A', 'B', '*')), { maxLength: 40 }), (steps) => {
      const { network, ups, send } = start()
      send('A', 'B', 'x')
      const unblockBySlot = new Map<number, { undo: () => void; covers: boolean }>()
      let up = true
      let rises = 0
      for (const [slot, region] of steps) {
        const standing = unblockBySlot.get(slot)
        if (standing === undefined) {
          const undo = network.block((from, to) => (region === '*' ? true : region === 'A' ? from === 'A' : from === 'B' && to === 'A'))
          unblockBySlot.set(slot, { undo, covers: region !== 'B' })
        } else {
          standing.undo()
          unblockBySlot.delete(slot)
        }
        const now = ![...unblockBySlot.values()].some(({ covers }) => covers)
        if (now && !up) rises++
        up = now
        expect(network.isUp('A', 'B')).toBe(up)
      }
      expect(ups.filter((name) => name === 'A>B')).toHaveLength(rises)
    }),
  )
})

test('the newest latency override counts, and the one before it again when it goes', async () => {
  const { time, network, delivered, send } = start(lagProfiles.instant)
  const override = { from: 'A', to: 'B', ms: 100, jitterMs: 0 }
  const first = network.override(override)
  const second = network.override({ ...override, ms: 10 })
  const again = network.override(override)
  again()
  send('A', 'B', 'ten')
  await time.advance(10)
  expect(delivered).toEqual(['A>B ten'])
  second()
  send('A', 'B', 'hundred')
  await time.advance(99)
  expect(delivered).toHaveLength(1)
  await time.advance(1)
  expect(delivered).toHaveLength(2)
  first()
  send('A', 'B', 'none')
  await time.advance(0)
  expect(delivered).toHaveLength(3)
})

test('when a latency fault ends, what is on its way arrives at the link’s own pace, in order, and what is sent later right after it', async () => {
  const { time, network, delivered, send } = start(lagProfiles.instant)
  const heal = network.override({ from: 'A', to: 'B', ms: 60_000, jitterMs: 10_000 })
  for (let n = 0; n < 20; n++) send('A', 'B', String(n))
  await time.advance(1_000)
  expect(delivered).toEqual([])
  heal()
  send('A', 'B', '20')
  await time.advance(0)
  const all = Array.from({ length: 21 }, (_, n) => `A>B ${n}`)
  expect(delivered).toEqual(all)
  await time.advance(100_000)
  expect(delivered).toEqual(all)
})

test('the end of a latency fault delays nothing that would have arrived sooner', async () => {
  const { time, network, delivered, send } = start(lagProfiles.lesson)
  const slow = network.override({ from: 'A', to: 'B', ms: 60_000, jitterMs: 0 })
  const fast = network.override({ from: 'A', to: 'B', ms: 10, jitterMs: 0 })
  send('A', 'B', 'x')
  fast()
  await time.advance(10)
  expect(delivered).toEqual(['A>B x'])
  send('A', 'B', 'y')
  slow()
  await time.advance(3_000)
  expect(delivered).toEqual(['A>B x', 'A>B y'])
})

test('lag profiles: instant is none, aws has a median of half a second and more and rarely a second and a half, lesson is one to three seconds', () => {
  const random = seededRandom(5)
  const draw = (name: keyof typeof lagProfiles): number[] =>
    Array.from({ length: 4_000 }, () => lagProfiles[name]('us-east-1', 'eu-west-1', random, 'changes')).sort((a, b) => a - b)
  const at = (lags: readonly number[], q: number): number => lags[Math.floor(q * lags.length)] ?? Number.NaN
  expect(at(draw('instant'), 0.999)).toBe(0)
  const aws = draw('aws')
  expect(at(aws, 0.5)).toBeGreaterThan(430)
  expect(at(aws, 0.5)).toBeLessThan(600)
  expect(at(aws, 0.99)).toBeLessThan(1_500)
  expect(at(aws, 0.999)).toBeGreaterThan(1_000)
  const lesson = draw('lesson')
  expect(at(lesson, 0)).toBeGreaterThanOrEqual(1_000)
  expect(at(lesson, 0.9999)).toBeLessThan(3_000)
  expect(at(lesson, 0.5)).toBeCloseTo(2_000, -2)
})
