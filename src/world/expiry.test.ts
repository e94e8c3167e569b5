import { expect, test } from 'vitest'
import { accepted, TestWorld, east, europe, users } from './test-world.contract.ts'

async function open(): Promise<TestWorld> {
  const lab = await TestWorld.open()
  await lab.createTable(east, europe)
  const expiring = lab.world.changeSettings(east, users.name, ({ settings }) => ({ ...settings, timeToLive: 'until' }))
  accepted(await lab.time.resolve(expiring))
  await lab.time.advance(5_000)
  return lab
}

const inSeconds = (lab: TestWorld, seconds: number): { until: { N: string } } => ({
  until: { N: String(Math.floor(lab.time.nowMs() / 1000) + seconds) },
})

test('[REP-40] what expires is deleted in the Region that wrote it, and from there in the others, without a conflict', async () => {
  const lab = await open()
  await lab.putItem(east, 'session', inSeconds(lab, 20))
  await lab.time.advance(10_000)
  expect([await lab.has(east, 'session'), await lab.has(europe, 'session')]).toEqual([true, true])
  await lab.time.advance(20_000)
  expect([await lab.has(east, 'session'), await lab.has(europe, 'session')]).toEqual([false, false])
  expect(await lab.conflicts()).toEqual([])
  expect(await lab.converged()).toBe(true)
})

test('[REP-40] a Region leaves what another wrote to that one for a while, and then deletes it itself', async () => {
  const lab = await open()
  await lab.putItem(east, 'session', inSeconds(lab, 20))
  await lab.time.advance(10_000)
  await lab.break({ kind: 'partition', between: [east, europe] })
  await lab.time.advance(60_000)
  expect([await lab.has(east, 'session'), await lab.has(europe, 'session')]).toEqual([false, true])
  await lab.time.advance(11 * 60_000)
  expect(await lab.has(europe, 'session')).toBe(false)
})

test('[REP-40] a write that extends an item elsewhere while it expires wins over the expiry', async () => {
  const lab = await open()
  await lab.putItem(east, 'session', inSeconds(lab, 20))
  await lab.time.advance(10_000)
  const cut = await lab.break({ kind: 'partition', between: [east, europe] })
  await lab.putItem(europe, 'session', inSeconds(lab, 3600))
  await lab.time.advance(60_000)
  expect([await lab.has(east, 'session'), await lab.has(europe, 'session')]).toEqual([false, true])
  await lab.heal(cut)
  await lab.time.advance(60_000)
  expect([await lab.has(east, 'session'), await lab.has(europe, 'session')]).toEqual([true, true])
  expect(await lab.converged()).toBe(true)
})
