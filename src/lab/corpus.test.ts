import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { describeReport } from './describe-report.ts'
import { runPlan } from './simulation.ts'
import type { Story } from './story.ts'
import { parseStory } from './story.ts'

/** What failed once, with a bug of ours or with one that was put in: small enough to be read, and run each time. */
const folder = new URL('../../test/sim-corpus/', import.meta.url)
const stories = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, story: parseStory(readFileSync(new URL(name, folder), 'utf8')) }))

/** Where flushes and messages take times that are drawn, a message more or less changes all that follow, and a bug may be missed. */
function isExact({ plan: { setting } }: Story): boolean {
  const { lost, repeated, overtaken } = setting.unruliness
  return setting.flushMsMax + setting.jitterMs + lost + repeated + overtaken === 0
}

describe('a story that was kept', () => {
  test('there are some', () => {
    expect(stories.length).toBeGreaterThan(5)
  })

  test.each(stories)('$name is clean', async ({ story }) => {
    const report = await runPlan(story.plan)
    expect(report.violations, describeReport(report)).toEqual([])
  })

  test.each(stories.filter(({ story }) => story.canary !== undefined && isExact(story)))('$name fails with its bug', async ({ story }) => {
    const report = await runPlan(story.plan, story.canary)
    expect(report.violations.map(({ rule }) => rule)).toContain(story.rule)
  })
})
