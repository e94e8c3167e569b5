import type { SimulationReport } from '../lab/simulation.ts'
import type { Command } from './command.ts'
import { UsageError, assertPositionals, numberOf } from './command.ts'
import { print, printJson, style } from './output.ts'

const help = `everywrite sim --seed N: a whole world in virtual time, broken by a seed, then healed and checked

Clients write in all Regions while links, clocks and Regions fail; then everything is mended, and what clients saw and what the replicas hold is
judged against what was written. The same seed gives the same run. Exit code 1 when a check fails.

  --seed N     the (first) seed
  --count M    that many seeds, one after the other (default 1)
  --json       as JSON`

export const sim: Command = {
  help,
  options: { seed: { type: 'string' }, count: { type: 'string' } },
  async run(args) {
    assertPositionals(args, 0)
    const first = whole(numberOf(args, 'seed'), '--seed')
    const count = whole(numberOf(args, 'count') ?? 1, '--count')
    const json = args.values['json'] === true
    const [{ runSimulation }, { describeReport }] = await Promise.all([import('../lab/simulation.ts'), import('../lab/describe-report.ts')])
    const summaries = []
    let failed = 0
    for (let seed = first; seed < first + count; seed++) {
      // Said before it runs: a run that never ends can be replayed too.
      if (!json) process.stdout.write(`seed ${seed} `)
      const report = await runSimulation({ seed })
      const passed = report.violations.length === 0
      if (!passed) failed++
      summaries.push(summaryOf(report))
      if (json) continue
      print(`${passed ? style.good('passed') : style.bad('FAILED')}  ${report.operations} operations`)
      if (count === 1 || !passed) print(describeReport(report))
    }
    if (json) printJson({ runs: summaries, failed })
    else if (count > 1) print(`${count - failed} of ${count} seeds passed.`)
    return failed === 0 ? 0 : 1
  },
}

function whole(number: number | undefined, name: string): number {
  if (number === undefined) throw new UsageError(`${name} is missing`)
  if (!Number.isSafeInteger(number) || number < 0) throw new UsageError(`${name} must be a whole number`)
  return number
}

function summaryOf({ seed, operations, durationMs, eventHash, violations }: SimulationReport): Record<string, unknown> {
  return { seed, operations, durationMs, eventHash, violations }
}
