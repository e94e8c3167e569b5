import { expect, test } from 'vitest'
import { Coverage, coverageNames, importantPairs } from './coverage.ts'
import { describeReport } from './describe-report.ts'
import { runSimulation } from './simulation.ts'

/** Every seed of a part of the corpus passes, and the part met everything that it is there to meet. Parts are files of their own, so that they run beside each other. */
export function describeSeeds(first: number, count: number): void {
  const met = new Coverage()
  const metPairs = new Set<string>()

  test(
    `seeds ${first} to ${first + count - 1} converge, lose nothing that was acknowledged, and say exactly what lost`,
    { timeout: 600_000 },
    async () => {
      for (let seed = first; seed < first + count; seed++) {
        const report = await runSimulation({ seed })
        expect(report.violations, describeReport(report)).toEqual([])
        met.addAll(report.coverage)
        for (const pair of importantPairs) if (pair.every((name) => report.coverage.count(name) > 0)) metPairs.add(pair.join(' with '))
      }
    },
  )

  test('everything that can happen has happened', () => {
    expect(coverageNames.filter((name) => met.count(name) === 0)).toEqual([])
  })

  test('every two faults of those that matter most have met', () => {
    expect(importantPairs.map((pair) => pair.join(' with ')).filter((pair) => !metPairs.has(pair))).toEqual([])
  })
}
