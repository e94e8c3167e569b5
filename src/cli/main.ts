#!/usr/bin/env node
/**
 * The command line. Each command is a file, loaded when it is called. What goes wrong is one sentence on stderr and an exit code: 1 when the
 * answer is no or something failed, 2 when the command was called wrongly.
 */
import { OperatorError } from '../server/operator-error.ts'
import { packageVersion } from '../server/version.ts'
import { ServerRefused, Unreachable } from './admin-client.ts'
import type { Command } from './command.ts'
import { UsageError, parseCommandLine } from './command.ts'
import { allowReaderToLeave } from './output.ts'

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.ts')).start,
  demo: async () => (await import('./demo.ts')).demo,
  conflicts: async () => (await import('./conflicts.ts')).conflicts,
  policy: async () => (await import('./policy.ts')).policy,
  verify: async () => (await import('./verify.ts')).verify,
  replication: async () => (await import('./replication.ts')).replication,
  region: async () => (await import('./region.ts')).region,
  fault: async () => (await import('./fault.ts')).fault,
  sim: async () => (await import('./sim.ts')).sim,
  estimate: async () => (await import('./estimate.ts')).estimateCommand,
  prices: async () => (await import('./prices.ts')).prices,
}

const overview = `everywrite: DynamoDB global tables that you can run anywhere

  everywrite start               serve the Regions
  everywrite demo                two conflicts, narrated, in a world of its own
  everywrite conflicts [TABLE]   the writes that lost
  everywrite policy TABLE …      by which rule conflicts are decided
  everywrite verify [TABLE]      compare the replicas; exit code 1 when they differ; --repair mends them
  everywrite replication [TABLE] how far the replicas are; --watch until new ones are filled
  everywrite region lose NAME    give a Region up that will never come back
  everywrite fault …             break and heal the world
  everywrite sim --seed N        prove replication under a seed
  everywrite estimate FILE       what a workload costs in a month, and what it would otherwise
  everywrite prices              the price books that bills are made with; \`import\` takes AWS's own lists

Every command has --help, --json and --endpoint URL (default http://127.0.0.1:8000).`

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${overview}\n`)
    return name === undefined ? 2 : 0
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${packageVersion()}\n`)
    return 0
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (load === undefined) throw new UsageError(`There is no command ${name}; \`everywrite --help\` lists them`)
  const command = await load()
  const parsed = parseCommandLine(command, args)
  if (parsed.values['help'] === true) {
    process.stdout.write(`${command.help}\n`)
    return 0
  }
  return command.run(parsed)
}

function explain(error: unknown): { readonly text: string; readonly exitCode: number } {
  if (error instanceof UsageError) return { text: `${error.message}.`, exitCode: 2 }
  if (error instanceof OperatorError || error instanceof Unreachable || error instanceof ServerRefused)
    return { text: error.message, exitCode: 1 }
  // A bug: whoever reports it needs to say where.
  return {
    text: process.env['EVERYWRITE_DEBUG'] === undefined ? `Unexpected: ${String(error)} (EVERYWRITE_DEBUG=1 shows where).` : stackOf(error),
    exitCode: 1,
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

allowReaderToLeave()
main(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode
  },
  (error: unknown) => {
    const { text, exitCode } = explain(error)
    process.stderr.write(`everywrite: ${text}\n`)
    process.exit(exitCode)
  },
)
