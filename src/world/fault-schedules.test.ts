import { expect, it } from 'vitest'
import { silentLog } from '../base/log.ts'
import { seededRandom } from '../base/random.ts'
import type { FaultSchedule } from './fault-schedule.ts'
import { timelineOf } from './fault-schedule.ts'
import { FaultSchedules } from './fault-schedules.ts'
import { TestWorld, east, west } from './test-world.contract.ts'

const pause = { kind: 'pause', region: east, durationMs: 500 } as const
const partition = { kind: 'partition', between: [east, west], durationMs: undefined } as const
const schedule: FaultSchedule = {
  seed: 7,
  steps: [
    { atMs: 1000, times: 3, everyMs: 2000, jitterMs: 1000, fault: pause },
    { atMs: 500, times: 1, everyMs: 0, jitterMs: 0, fault: partition },
  ],
}

it("a schedule's times are drawn by its seed, in order and within their bounds", () => {
  const timeline = timelineOf(schedule)
  expect(timeline.map(({ fault }) => fault.kind)).toEqual(['partition', 'pause', 'pause', 'pause'])
  expect(timelineOf(schedule)).toEqual(timeline)
  expect(timelineOf({ ...schedule, seed: 8 })).not.toEqual(timeline)
  timeline.slice(1).forEach(({ atMs }, time) => {
    expect(atMs).toBeGreaterThanOrEqual(1000 + 2000 * time)
    expect(atMs).toBeLessThan(2001 + 2000 * time)
  })
})

async function start(): Promise<{ lab: TestWorld; schedules: FaultSchedules }> {
  const lab = await TestWorld.open()
  return { lab, schedules: new FaultSchedules(lab.faults, { scheduler: lab.time, random: seededRandom(1), log: silentLog }) }
}

it('a schedule brings its faults in time and leaves the list with the last', async () => {
  const { lab, schedules } = await start()
  const { timeline } = schedules.start(schedule)
  await lab.time.advance(499)
  expect(lab.faults.list()).toEqual([])
  await lab.time.advance(1)
  expect(lab.faults.list().map(({ fault }) => fault.kind)).toEqual(['partition'])
  expect(schedules.list()).toMatchObject([{ remaining: 3 }])
  await lab.time.advance((timeline.at(-1)?.atMs ?? 0) - 500)
  expect(schedules.list()).toEqual([])
  expect(lab.faults.list().map(({ fault }) => fault.kind)).toEqual(['partition', 'pause'])
  await lab.time.advance(500)
  expect(lab.faults.list().map(({ fault }) => fault.kind)).toEqual(['partition'])
})

it('a schedule that is stopped heals what it brought, and brings nothing more', async () => {
  const { lab, schedules } = await start()
  const { id } = schedules.start(schedule)
  const own = await lab.break({ kind: 'outage', region: west })
  await lab.time.advance(600)
  expect(await lab.time.resolve(schedules.stop(id))).toBe(true)
  expect(await schedules.stop(id)).toBe(false)
  await lab.time.advance(10_000)
  expect(lab.faults.list()).toEqual([own])
})
