import { expect, test } from 'vitest'
import { planOf } from './draw-plan.ts'
import type { Plan } from './plan.ts'
import { shrink } from './shrink.ts'
import { runPlan, runSimulation } from './simulation.ts'
import { encodeStory, makeStory, parseStory } from './story.ts'

function has(plan: Plan, actor: string, times: number): boolean {
  return plan.lanes.filter((lane) => lane.actor === actor).reduce((sum, { steps }) => sum + steps.length, 0) >= times
}

test('of a plan that fails by a few steps these steps are left, in the plainest setting', async () => {
  const fails = async (plan: Plan): Promise<boolean> => has(plan, 'item-clients', 2) && plan.setting.flushMsMax > 0
  const seed = [1, 2, 3, 4, 5, 6].find((each) => planOf(each).setting.flushMsMax > 0) ?? 0
  const smallest = await shrink(planOf(seed), fails)
  expect(smallest.lanes.flatMap(({ steps }) => steps)).toHaveLength(2)
  expect(smallest.lanes.every(({ actor }) => actor === 'item-clients')).toBe(true)
  expect(smallest.setting).toMatchObject({
    flushMsMax: planOf(seed).setting.flushMsMax,
    lagMs: 0,
    jitterMs: 0,
    indexes: false,
    timeToLive: false,
  })
  expect(smallest.setting.regions).toHaveLength(1)
})

test('a plan is made smaller alike each time, and never beyond what fails', async () => {
  const fails = async (plan: Plan): Promise<boolean> => has(plan, 'item-clients', 7)
  const [once, again] = [await shrink(planOf(3), fails), await shrink(planOf(3), fails)]
  expect(once).toEqual(again)
  expect(has(once, 'item-clients', 7)).toBe(true)
})

test('no more runs are made than were granted', async () => {
  let runs = 0
  const neverFails = async (): Promise<boolean> => ++runs < 0
  await shrink(planOf(3), neverFails, { runsMax: 25 })
  expect(runs).toBe(25)
})

test('the story of a bug survives being written down, and fails as it did', { timeout: 120_000 }, async () => {
  const { plan } = await runSimulation({ seed: 2, canary: 'prune-siblings' })
  const story = await makeStory(plan, 'prune-siblings', { runsMax: 150 })
  expect(story).toBeDefined()
  if (story === undefined) return
  const steps = (of: Plan): number => of.lanes.reduce((sum, lane) => sum + lane.steps.length, 0)
  expect(steps(story.plan)).toBeLessThan(steps(plan) / 4)
  const read = parseStory(encodeStory(story))
  expect(read).toEqual(story)
  const report = await runPlan(read.plan, read.canary)
  expect(report.violations.map(({ rule }) => rule)).toContain(story.rule)
  expect((await runPlan(read.plan)).violations).toEqual([])
})
