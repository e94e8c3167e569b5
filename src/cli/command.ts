import type { ParseArgsConfig } from 'node:util'
import { parseArgs } from 'node:util'

/** One command of the program. */
export interface Command {
  /** All that `--help` prints. */
  readonly help: string
  readonly options: NonNullable<ParseArgsConfig['options']>
  /** @returns the exit code */
  run(args: Arguments): Promise<number>
}

export interface Arguments {
  readonly positionals: readonly string[]
  readonly values: Readonly<Record<string, string | boolean | undefined>>
}

/** The command was called wrongly; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Options that every command has. */
const common = {
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  endpoint: { type: 'string' },
  'admin-token': { type: 'string' },
} as const

export function parseCommandLine(command: Command, args: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...args].map(protectNegative(args)),
      options: { ...command.options, ...common },
      allowPositionals: true,
      strict: true,
    })
    const flat = Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value] as const)
    return { positionals: positionals.map(restoreNegative), values: Object.fromEntries(flat) }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new UsageError(firstSentence(error.message))
  }
}

/** Node follows some of its sentences with advice on further lines. */
function firstSentence(message: string): string {
  return message.split(/\.\s|\n/, 1)[0] ?? message
}

/** `skew us-east-1 -2000` names a number, not an option; nor is there an option that begins with a digit. */
function protectNegative(args: readonly string[]): (arg: string, index: number) => string {
  return (arg, index) => (/^-\d/.test(arg) && !(args[index - 1] ?? '').startsWith('--') ? `${mark}${arg}` : arg)
}

function restoreNegative(arg: string): string {
  return arg.startsWith(mark) ? arg.slice(mark.length) : arg
}

const mark = '\u0000'

export function textOf({ values }: Arguments, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

export function numberOf(args: Arguments, name: string): number | undefined {
  const text = textOf(args, name)
  return text === undefined ? undefined : parseNumber(text, `--${name}`)
}

export function parseNumber(text: string | undefined, what: string): number {
  const number = text === undefined || text.trim() === '' ? Number.NaN : Number(text)
  if (!Number.isFinite(number)) throw new UsageError(`${what} must be a number${text === undefined ? '' : `, not ${text}`}`)
  return number
}

export function assertPositionals({ positionals }: Arguments, countMax: number): void {
  const stranger = positionals[countMax]
  if (stranger !== undefined) throw new UsageError(`Unexpected argument ${stranger}`)
}
