import { coverageNames } from './coverage.ts'
import { printEvent } from './history.ts'
import type { HistoryEvent } from './history.ts'
import type { SimulationReport } from './simulation.ts'

/** A report for people: the verdict, and when something is wrong the story of the first key that it concerns. */
export function describeReport(report: SimulationReport): string {
  const { seed, canary, plan, violations, operations, durationMs, eventHash } = report
  const { regions, keyNames, clockMode } = plan.setting
  const lines = [
    `seed ${seed}${canary === undefined ? '' : ` with the bug ${canary}`}: ${violations.length === 0 ? 'all is well' : 'something is wrong'}`,
    `${regions.length} Regions (${regions.join(', ')}), ${keyNames.length} keys, ${operations} operations, ` +
      `${(durationMs / 1000).toFixed(1)} s of virtual time, clocks ${clockMode}`,
    `events ${eventHash}`,
  ]
  if (violations.length === 0) return [...lines, ...describeCoverage(report)].join('\n')
  lines.push(
    '',
    ...violations.slice(0, violationsShown).map(({ rule, key, message }) => `${rule}${key === undefined ? '' : ` (${key})`}: ${message}`),
  )
  if (violations.length > violationsShown) lines.push(`and ${violations.length - violationsShown} more`)
  const key = violations.find((violation) => violation.key !== undefined)?.key
  lines.push('', key === undefined ? 'What happened:' : `What happened to ${key}:`, ...storyOf(report, key).map(printEvent))
  return lines.join('\n')
}

/** What concerns one key, in order: its operations and versions, and all that was broken, mended and changed. */
export function storyOf(report: SimulationReport, key: string | undefined): readonly HistoryEvent[] {
  return [...report.events].filter((event) => event.key === undefined || event.key === key).sort((a, b) => a.atMs - b.atMs)
}

function describeCoverage({ coverage }: SimulationReport): readonly string[] {
  return coverageNames.flatMap((name) => (coverage.count(name) > 0 ? [`  ${name}: ${coverage.count(name)}`] : []))
}

const violationsShown = 10
