import { createRequire } from 'node:module'
import type pinoLibrary from 'pino'
import type { Logger } from 'pino'
import type { Log, LogFields } from '../base/log.ts'
import { StoreClosed, StoreFailed } from '../storage/store.ts'

export type LogFormat = 'text' | 'json'
export type LogLevel = 'info' | 'warn' | 'error'

export const logLevels: readonly LogLevel[] = ['info', 'warn', 'error']

/**
 * What the program tells its operator, a line for each event: JSON for programs, text for people. What a closing or failing store makes fail is left out:
 * the server tells that itself, once. The library is loaded with the first event: a start need not wait for it.
 */
export function createLog(options: LogOptions): Log {
  let logger: Logger<never> | undefined
  const print = (of: LogLevel, event: string, fields: LogFields = {}): void => {
    const { error } = fields
    if (error instanceof StoreClosed || error instanceof StoreFailed) return
    logger ??= loggerFor(options)
    logger[of](printable(fields), event)
  }
  return {
    info: (event, fields) => print('info', event, fields),
    warn: (event, fields) => print('warn', event, fields),
    error: (event, fields) => print('error', event, fields),
  }
}

export interface LogOptions {
  readonly format: LogFormat
  /** Events below it are left out. */
  readonly level: LogLevel
  readonly write: (line: string) => void
}

function loggerFor({ format, level, write }: LogOptions): Logger<never> {
  const pino = createRequire(import.meta.url)('pino') as typeof pinoLibrary
  return pino(
    {
      level,
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => write(format === 'json' ? line : textOf(line)) },
  )
}

function printable(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, printableValue(value)]))
}

function printableValue(value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? value.message
  return typeof value === 'bigint' ? String(value) : value
}

/** For people. A value of several lines stays so where it is the stack of an error; no other one makes a line of its own. */
function textOf(line: string): string {
  const { time, level, event, ...fields } = JSON.parse(line) as Record<string, unknown>
  const parts = Object.entries(fields).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return `${name}=${name === 'error' ? text : text.replace(/[\r\n]+/g, ' ')}`
  })
  return `${[time, String(level).padEnd(5), event, ...parts].join(' ')}\n`
}
