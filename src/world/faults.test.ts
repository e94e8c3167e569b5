import { expect, test } from 'vitest'
import { TestWorld, east, europe, west } from './test-world.contract.ts'

test('a crash without a duration is over at once, keeps what was durable, and is not listed', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, europe)
  await lab.put(east, 'k', 'v')
  await lab.break({ kind: 'crash', region: east })
  expect(lab.faults.list()).toEqual([])
  expect(await lab.get(east, 'k')).toBe('v')
  await lab.put(east, 'k', 'w')
  await lab.time.advance(10_000)
  expect(await lab.get(europe, 'k')).toBe('w')
})

test('a Region stays down until the last of overlapping crashes has ended, whichever ends first', async () => {
  for (const longFirst of [true, false]) {
    const lab = await TestWorld.open()
    await lab.createTable(east, europe)
    await lab.break({ kind: 'crash', region: east }, longFirst ? 9_000 : 3_000)
    await lab.break({ kind: 'crash', region: east }, longFirst ? 3_000 : 9_000)
    await lab.break({ kind: 'crash', region: east })
    await lab.time.advance(4_000)
    expect(lab.world.region(east)?.running).toBeUndefined()
    await lab.time.advance(6_000)
    await lab.put(east, 'k', 'v')
    await lab.time.advance(10_000)
    expect(await lab.get(europe, 'k')).toBe('v')
    expect(lab.faults.list()).toEqual([])
  }
})

test('two crashes that end in the same instant start the Region once', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, europe)
  await lab.break({ kind: 'crash', region: east }, 3_000)
  await lab.break({ kind: 'crash', region: east }, 3_000)
  await lab.time.advance(10_000)
  for (let write = 0; write < 5; write++) await lab.put(east, `k${write}`, 'v')
  await lab.time.advance(10_000)
  expect(await lab.converged()).toBe(true)
})

test('overlapping outages and partitions end with the last of them', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, europe)
  const fault = { kind: 'outage', region: east } as const
  const [first, second] = [await lab.break(fault), await lab.break(fault)]
  expect(await lab.world.engine(east)).toMatchObject({ refused: 'unavailable' })
  await lab.heal(first)
  expect(await lab.world.engine(east)).toMatchObject({ refused: 'unavailable' })
  expect(lab.world.network.isUp(east, europe)).toBe(false)
  await lab.heal(second)
  expect(await lab.world.engine(east)).toMatchObject({ region: east })
  expect(lab.world.network.isUp(east, europe)).toBe(true)

  const partition = await lab.break({ kind: 'partition', between: [east, europe] })
  const pause = await lab.break({ kind: 'pause', region: europe })
  await lab.heal(partition)
  expect([lab.world.network.isUp(east, europe), lab.world.network.isUp(west, europe)]).toEqual([false, false])
  await lab.heal(pause)
  expect(lab.world.network.isUp(east, europe)).toBe(true)
  expect(await lab.heal(pause)).toBe(false)
})

test('a fault with a duration heals by itself, and is not healed twice', async () => {
  const lab = await TestWorld.open()
  const fault = await lab.break({ kind: 'partition', between: [east, west] }, 2_000)
  await lab.time.advance(1_999)
  expect(lab.faults.list()).toHaveLength(1)
  await lab.time.advance(1)
  expect(lab.faults.list()).toEqual([])
  expect(await lab.heal(fault)).toBe(false)
  const other = await lab.break({ kind: 'partition', between: [east, west] }, 2_000)
  expect(await lab.heal(other)).toBe(true)
  await lab.break({ kind: 'partition', between: [east, west] })
  await lab.time.advance(5_000)
  expect(lab.world.network.isUp(east, west)).toBe(false)
  expect(await lab.time.resolve(lab.faults.healAll())).toBe(1)
  expect(lab.world.network.isUp(east, west)).toBe(true)
})

test('a fault on a Region that was not used yet starts it, and is in effect', async () => {
  const fresh = 'ap-south-1'
  const skewed = await TestWorld.open()
  await skewed.break({ kind: 'skew', region: fresh, ms: 5_000, driftPpm: 0 })
  expect(skewed.world.region(fresh)?.clock.offsetMs).toBe(5_000)

  const cut = await TestWorld.open()
  const outage = await cut.break({ kind: 'outage', region: fresh })
  expect(await cut.time.resolve(cut.world.engine(fresh))).toMatchObject({ refused: 'unavailable' })
  await cut.heal(outage)
  expect(await cut.time.resolve(cut.world.engine(fresh))).toMatchObject({ region: fresh })

  const crashed = await TestWorld.open()
  const crash = await crashed.break({ kind: 'crash', region: fresh }, 3_000)
  expect(await crashed.time.resolve(crashed.world.engine(fresh))).toMatchObject({ refused: 'unavailable' })
  await crashed.time.advance(4_000)
  expect(await crashed.heal(crash)).toBe(false)
  expect(await crashed.time.resolve(crashed.world.engine(fresh))).toMatchObject({ region: fresh })
})

test('the newest skew counts; an older one that ends leaves it as it is, and the newest gives way to the older', async () => {
  const lab = await TestWorld.open()
  const offset = (): number => Math.round(lab.world.region(east)?.clock.offsetMs ?? Number.NaN)
  const first = await lab.break({ kind: 'skew', region: east, ms: 1_000, driftPpm: 0 })
  const second = await lab.break({ kind: 'skew', region: east, ms: 50_000, driftPpm: 10_000 })
  const third = await lab.break({ kind: 'skew', region: east, ms: -7_000, driftPpm: 0 })
  expect(offset()).toBe(-7_000)
  await lab.heal(third)
  await lab.time.advance(10_000)
  expect(offset()).toBe(50_100)
  await lab.heal(first)
  expect(offset()).toBe(50_100)
  await lab.heal(second)
  expect(offset()).toBe(0)
})

test('a skewed Region’s writes win over later ones, nobody loses an acknowledged write silently, and the clock alarm does not stop anything', async () => {
  const lab = await TestWorld.open()
  await lab.createTable(east, europe)
  const skew = await lab.break({ kind: 'skew', region: east, ms: 600_000, driftPpm: 0 })
  const partition = await lab.break({ kind: 'partition', between: [east, europe] })
  await lab.put(east, 'k', 'ahead')
  await lab.time.advance(5_000)
  await lab.put(europe, 'k', 'later')
  await lab.heal(partition)
  await lab.heal(skew)
  await lab.time.advance(10_000)
  expect([await lab.get(east, 'k'), await lab.get(europe, 'k')]).toEqual(['ahead', 'ahead'])
  const conflicts = await lab.conflicts()
  expect(conflicts.map(({ loser }) => loser.region)).toEqual([europe])
  // The update that saw it ranks above it, though the clock is ten minutes behind.
  await lab.put(europe, 'k', 'after')
  await lab.time.advance(10_000)
  expect(await lab.get(east, 'k')).toBe('after')
})
