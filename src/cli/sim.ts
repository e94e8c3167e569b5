import type { CanaryName } from '../lab/canaries.ts'
import type { SimulationReport } from '../lab/simulation.ts'
import type { Command } from './command.ts'
import { UsageError, assertPositionals, numberOf } from './command.ts'
import { print, printJson, style } from './output.ts'

const help = `everywrite sim --seed N: a whole world in virtual time, broken by a seed, then healed and checked

Clients write in all Regions while links, clocks and Regions fail; then everything is mended, and what clients saw and what the replicas hold is
judged against what was written. The same seed gives the same run. Exit code 1 when a check fails.

  --seed N      the (first) seed
  --count M     that many seeds, one after the other (default 1)
  --keep DIR    makes what fails as small as it can, tells it, and keeps it there
  --canary NAME with a bug that is put in on purpose
  --replay FILE what was kept, once more
  --json        as JSON`

export const sim: Command = {
  help,
  options: {
    seed: { type: 'string' },
    count: { type: 'string' },
    keep: { type: 'string' },
    canary: { type: 'string' },
    replay: { type: 'string' },
  },
  async run(args) {
    assertPositionals(args, 0)
    const json = args.values['json'] === true
    const { replay, keep } = args.values
    if (typeof replay === 'string') return replayStory(replay, json)
    const first = whole(numberOf(args, 'seed'), '--seed')
    const count = whole(numberOf(args, 'count') ?? 1, '--count')
    const canary = await canaryNamed(args.values['canary'])
    const [{ runSimulation }, { describeReport }] = await Promise.all([import('../lab/simulation.ts'), import('../lab/describe-report.ts')])
    const summaries = []
    let failed = 0
    for (let seed = first; seed < first + count; seed++) {
      // Said before it runs: a run that never ends can be replayed too.
      if (!json) process.stdout.write(`seed ${seed} `)
      const report = await runSimulation({ seed, ...(canary !== undefined && { canary }) })
      const passed = report.violations.length === 0
      if (!passed) failed++
      summaries.push(summaryOf(report))
      if (json) continue
      print(`${passed ? style.good('passed') : style.bad('FAILED')}  ${report.operations} operations`)
      if (!passed && typeof keep === 'string') await tellSmallest(report, keep)
      else if (count === 1 || !passed) print(describeReport(report))
    }
    if (json) printJson({ runs: summaries, failed })
    else if (count > 1) print(`${count - failed} of ${count} seeds passed.`)
    return failed === 0 ? 0 : 1
  },
}

async function tellSmallest({ plan, canary }: SimulationReport, folder: string): Promise<void> {
  const [{ makeStory }, { runPlan }, { describeReport }, { keepStory }] = await Promise.all([
    import('../lab/story.ts'),
    import('../lab/simulation.ts'),
    import('../lab/describe-report.ts'),
    import('../server/story-files.ts'),
  ])
  const story = await makeStory(plan, canary, {
    progress: (smallest, runs) => {
      const steps = smallest.lanes.reduce((sum, lane) => sum + lane.steps.length, 0)
      process.stderr.write(`\r${runs} smaller worlds tried, ${steps} steps left   `)
    },
  })
  process.stderr.write('\n')
  if (story === undefined) throw new Error('what failed does not fail again: two runs of one plan differ')
  print(describeReport(await runPlan(story.plan, canary)))
  print(`\nKept: everywrite sim --replay ${await keepStory(folder, story)}`)
}

async function replayStory(path: string, json: boolean): Promise<number> {
  const [{ runPlan }, { describeReport }, { readStory }] = await Promise.all([
    import('../lab/simulation.ts'),
    import('../lab/describe-report.ts'),
    import('../server/story-files.ts'),
  ])
  const { plan, canary } = await readStory(path)
  const report = await runPlan(plan, canary)
  if (json) printJson({ runs: [summaryOf(report)], failed: report.violations.length === 0 ? 0 : 1 })
  else print(describeReport(report))
  return report.violations.length === 0 ? 0 : 1
}

async function canaryNamed(name: string | boolean | undefined): Promise<CanaryName | undefined> {
  if (typeof name !== 'string') return undefined
  const { canaryNames } = await import('../lab/canaries.ts')
  const canary = canaryNames.find((each) => each === name)
  if (canary === undefined) throw new UsageError(`--canary is one of ${canaryNames.join(', ')}`)
  return canary
}

function whole(number: number | undefined, name: string): number {
  if (number === undefined) throw new UsageError(`${name} is missing`)
  if (!Number.isSafeInteger(number) || number < 0) throw new UsageError(`${name} must be a whole number`)
  return number
}

function summaryOf({ seed, operations, durationMs, eventHash, violations }: SimulationReport): Record<string, unknown> {
  return { seed, operations, durationMs, eventHash, violations }
}
