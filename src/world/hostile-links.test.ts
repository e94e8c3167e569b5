import { expect, test } from 'vitest'
import { chance, integerBelow, seededRandom } from '../base/random.ts'
import type { Message, Transport } from '../replication/messages.ts'
import { lagProfiles } from './lag-profile.ts'
import { TestWorld, accepted, east, europe, west } from './test-world.contract.ts'

/** Links that lose, repeat, delay and reorder messages: nothing of replication may rely on one that arrives. [REP-24] */

interface Mischief {
  /** What becomes of a message: delays in milliseconds, one for each copy that arrives; undefined: it is left alone. */
  fate: (from: string, to: string, message: Message) => readonly number[] | undefined
}

async function open(mischief: Mischief, seed = 1): Promise<TestWorld> {
  return TestWorld.open({
    seed,
    profile: lagProfiles.instant,
    decorate: (plain, from, time): Transport => ({
      send(to, message) {
        const delays = mischief.fate(from, to, message)
        if (delays === undefined) return plain.send(to, message)
        for (const delayMs of delays) time.after(delayMs, () => void plain.send(to, message))
        return true
      },
    }),
  })
}

function recordsIn(message: Message): readonly Uint8Array[] {
  return message.kind === 'changes' ? message.records : []
}

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
  'REP-24: under loss, repetition, delay and reordering each change takes effect once, and nothing is kept for ever (seed %i)',
  async (seed) => {
    const random = seededRandom(seed)
    const mischief: Mischief = {
      fate() {
        if (chance(random, 0.25)) return []
        const copies = chance(random, 0.2) ? 2 : 1
        return Array.from({ length: copies }, () => (chance(random, 0.4) ? integerBelow(random, 15_000) : 0))
      },
    }
    const lab = await open(mischief, seed)
    await lab.createTable(east, europe)
    const regions = [east, europe, west]
    for (let step = 0; step < 150; step++) {
      const region = regions[step % (step < 50 ? 2 : 3)] ?? east
      if (step === 50) await lab.add(europe, west)
      await lab.put(region, `own ${region}`, String(step))
      if (step % 3 === 0) await lab.delete(region, `own ${region}`)
      await lab.put(region, `shared${step % 5}`, `${region} ${step}`)
      await lab.time.advance(integerBelow(random, 700))
      if (step % 40 === 39) await lab.break({ kind: 'crash', region })
    }
    await lab.time.advance(900_000)
    expect(await lab.converged()).toBe(true)
    for (const region of regions) {
      const engine = await lab.engine(region)
      const table = engine.table('users')
      expect(table).toBeDefined()
      if (table === undefined) continue
      let shown = 0
      for (const pk of [...regions.map((each) => `own ${each}`), ...[0, 1, 2, 3, 4].map((n) => `shared${n}`)]) {
        if ((await lab.get(region, pk)) !== undefined) shown++
      }
      expect((await engine.statistics(table)).itemCount).toBe(shown)
    }
    const accused = (await lab.conflicts()).filter(({ loser }) => Buffer.from(loser.itemKey, 'hex').toString('latin1').includes('own'))
    expect(accused).toEqual([])
    expect(await lab.countKept()).toBe(0)
  },
)

test('REP-24: a gap is asked for again at once, and what was lost is sent about once more, not once per batch behind it', async () => {
  let lost = 0
  let sent = 0
  const lab = await open({
    fate(from, _to, message) {
      const records = recordsIn(message)
      if (from !== east || records.length === 0) return undefined
      sent += records.length
      if (lost > 0) return undefined
      lost++
      return []
    },
  })
  await lab.createTable(east, europe)
  const pause = await lab.break({ kind: 'pause', region: europe })
  for (let write = 0; write < 2_000; write++) void lab.beginPut(east, `k${write}`, 'v')
  await lab.time.advance(1_000)
  await lab.heal(pause)
  await lab.time.advance(4_000)
  expect(lost).toBe(1)
  expect(await lab.converged()).toBe(true)
  expect(sent).toBeLessThan(3 * 2_000)
})

test('REP-29: to a receiver that does not answer no more is sent than a window, and it catches up afterwards', async () => {
  let hole = false
  let bytes = 0
  let batches = 0
  const lab = await open({
    fate(from, _to, message) {
      if (!hole) return undefined
      const records = recordsIn(message)
      if (from === east && records.length > 0) {
        batches++
        bytes += records.reduce((sum, record) => sum + record.length, 0)
      }
      return []
    },
  })
  await lab.createTable(east, europe)
  hole = true
  const value = 'x'.repeat(100_000)
  for (let write = 0; write < 250; write++) void lab.beginPut(east, `k${write}`, value)
  await lab.time.advance(4_900)
  expect(bytes).toBeGreaterThan(1 << 20)
  expect(bytes).toBeLessThan((8 << 20) + (2 << 20))
  expect(batches).toBeLessThanOrEqual(16)
  // Unanswered, it asks how far the receiver is; it does not send the window again.
  await lab.time.advance(300_000)
  expect(bytes).toBeLessThan((8 << 20) + (2 << 20))
  hole = false
  await lab.time.advance(70_000)
  expect(await lab.converged()).toBe(true)
  expect(await lab.countKept()).toBe(0)
})

test('REP-24: without a single progress message for a minute, changes flow again when progress does, and are applied once', async () => {
  let deaf = false
  const lab = await open({ fate: (_from, _to, message) => (deaf && message.kind === 'progress' ? [] : undefined) })
  await lab.createTable(east, europe)
  deaf = true
  for (let write = 0; write < 100; write++) {
    await lab.put(east, `k${write}`, 'v')
    await lab.time.advance(600)
  }
  deaf = false
  await lab.time.advance(70_000)
  expect(await lab.converged()).toBe(true)
  const table = (await lab.engine(europe)).table('users')
  const replica = lab.world.region(europe)?.running?.replication.replica(table?.globalId ?? '')
  expect((await replica?.flows())?.map(({ received, stalled }) => [received, stalled])).toEqual([[100, undefined]])
  expect(await lab.countKept()).toBe(0)
})

test('REP-27: a report that is lost on a quiet table is asked for, so nothing stands for ever', async () => {
  let losing = false
  const lab = await open({
    fate: (_from, _to, message) => (losing && message.kind === 'changes' && message.records.length === 0 ? [] : undefined),
  })
  await lab.createTable(east, europe, west)
  losing = true
  await lab.put(east, 'k', 'v')
  await lab.delete(east, 'k')
  await lab.time.advance(10_000)
  expect(await lab.countKept()).toBeGreaterThan(0)
  losing = false
  await lab.time.advance(70_000)
  expect(await lab.countKept()).toBe(0)
})

test('REP-32: pages of a state transfer may be lost, repeated and late', async () => {
  const random = seededRandom(9)
  const lab = await open({
    fate(_from, _to, message) {
      if (message.kind !== 'seed-page' && message.kind !== 'seed-request') return undefined
      if (chance(random, 0.3)) return []
      return [0, integerBelow(random, 12_000)]
    },
  })
  await lab.createTable(east)
  for (let write = 0; write < 5_500; write++) void lab.beginPut(east, `k${write}`, 'v')
  await lab.time.advance(1_000)
  await lab.add(east, west)
  await lab.time.advance(5_000)
  expect(await lab.converged()).toBe(true)
})

test('REP-27, REP-32: what an earlier replica of a Region said, and arrives late, is not taken for the new one’s word', async () => {
  const words: Message[] = []
  const lab = await open({
    fate(from, to, message) {
      if (from === europe && to === west && message.kind === 'progress') words.push(message)
      return undefined
    },
  })
  await lab.createTable(east, west, europe)
  await lab.put(west, 'k', 'v')
  await lab.time.advance(5_000)
  const late = words.findLast((message) => message.kind !== 'journal')
  if (late === undefined) throw new Error('europe said nothing')
  await lab.remove(east, europe)
  const cut = await lab.break({ kind: 'partition', between: [east, europe] })
  accepted(await lab.beginAdd(east, europe))
  await lab.time.advance(1_000)
  const running = lab.world.region(west)?.running
  const replica = running?.replication.replica(late.globalId)
  expect(replica?.membership.members).toContain(europe)
  running?.replication.receive(europe, late)
  await lab.time.advance(1_000)
  expect([...((await replica?.stableCut()) ?? new Map<string, number>()).values()].filter((n) => n > 0)).toEqual([])
  await lab.heal(cut)
  await lab.settled()
  await lab.time.advance(10_000)
  expect(await replica?.stableCut()).toBeDefined()
  expect(await lab.converged()).toBe(true)
})

test('REP-33: a replica that was filled, and crashed before it caught up, does not go back behind what it had reported', async () => {
  let slow = true
  const lab = await open({
    fate: (from, to, message) =>
      slow && from === europe && to === west && message.kind === 'changes' && message.from > 1 ? [] : undefined,
  })
  await lab.createTable(east, europe)
  const apart = await lab.break({ kind: 'partition', between: [east, europe] })
  for (let write = 0; write < 300; write++) void lab.beginPut(europe, `k${write}`, 'v')
  await lab.time.advance(1_000)
  accepted(await lab.beginAdd(east, west))
  await lab.time.advance(2_000)
  expect([lab.status(west), await lab.get(west, 'k0'), await lab.get(west, 'k299')]).toEqual(['CREATING', 'v', undefined])
  const cut = await lab.break({ kind: 'partition', between: [europe, west] })
  await lab.break({ kind: 'crash', region: west })
  await lab.time.advance(2_000)
  await lab.heal(apart)
  await lab.time.advance(5_000)
  slow = false
  await lab.heal(cut)
  await lab.settled()
  await lab.time.advance(70_000)
  expect(await lab.converged()).toBe(true)
  expect(await lab.countKept()).toBe(0)
})
