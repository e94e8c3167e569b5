import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { describeReport } from './describe-report.ts'
import { runPlan } from './simulation.ts'
import { parseStory } from './story.ts'

/** What failed once, with a bug of ours or with one that was put in: small enough to be read, and run each time. */
const folder = new URL('../../test/sim-corpus/', import.meta.url)
const stories = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, story: parseStory(readFileSync(new URL(name, folder), 'utf8')) }))

describe('a story that was kept', () => {
  test('there are some', () => {
    expect(stories.length).toBeGreaterThan(5)
  })

  test.each(stories)('$name is clean', async ({ story }) => {
    const report = await runPlan(story.plan)
    expect(report.violations, describeReport(report)).toEqual([])
  })

  test.each(stories.filter(({ story }) => story.canary !== undefined))('$name fails with its bug', async ({ story }) => {
    const report = await runPlan(story.plan, story.canary)
    expect(report.violations.map(({ rule }) => rule)).toContain(story.rule)
  })
})
