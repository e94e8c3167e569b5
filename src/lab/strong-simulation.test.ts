import { describe, expect, test } from 'vitest'
import { strongCanaries, strongCanaryNames } from './strong-canaries.ts'
import { runStrongSimulation } from './strong-simulation.ts'

const seeds = 60
/** A bug is met by as few as one seed in fifty. */
const canarySeedsMax = 300

describe('[STR] strong tables under faults', () => {
  test(`are linearizable, alike, and monotonic to read, in ${seeds} seeds`, { timeout: 300_000 }, async () => {
    const answers = new Map<string, number>()
    for (let seed = 1; seed <= seeds; seed++) {
      const report = await runStrongSimulation({ seed })
      expect(report.violations, `seed ${seed}\n${report.story.join('\n')}`).toEqual([])
      for (const { answer } of report.operations) answers.set(answer?.kind ?? 'none', (answers.get(answer?.kind ?? 'none') ?? 0) + 1)
    }
    for (const kind of ['written', 'kept', 'read', 'refused', 'overtaken', 'unknown']) expect(answers.get(kind), kind).toBeGreaterThan(10)
  })

  test.each(strongCanaryNames)('a bug put in on purpose is caught: %s', { timeout: 300_000 }, async (canary) => {
    for (let seed = 1; seed <= canarySeedsMax; seed++) {
      const { violations } = await runStrongSimulation({ seed, canary })
      if (violations.some(({ rule }) => rule !== 'no progress')) return
    }
    expect.fail(`${canarySeedsMax} seeds did not notice: ${strongCanaries[canary].what}`)
  })

  test('one seed gives one history', async () => {
    for (const seed of [3, 7]) {
      const [once, again] = [await runStrongSimulation({ seed }), await runStrongSimulation({ seed })]
      expect(again.operations).toEqual(once.operations)
    }
  })
})
