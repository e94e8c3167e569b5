import type { Log, LogFields } from '../base/log.ts'
import { StoreClosed, StoreFailed } from '../storage/store.ts'

export type LogFormat = 'text' | 'json'

/** Prints one line per event. What a closing or failing store makes fail is left out: the server tells that itself, once. */
export function createLog(format: LogFormat, write: (line: string) => void, now: () => number): Log {
  const print = (level: string, event: string, fields: LogFields = {}): void => {
    const { error } = fields
    if (error instanceof StoreClosed || error instanceof StoreFailed) return
    const time = new Date(now()).toISOString()
    write(format === 'json' ? jsonLine(time, level, event, fields) : textLine(time, level, event, fields))
  }
  return {
    info: (event, fields) => print('info', event, fields),
    warn: (event, fields) => print('warn', event, fields),
    error: (event, fields) => print('error', event, fields),
  }
}

function jsonLine(time: string, level: string, event: string, fields: LogFields): string {
  const printable = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, printableValue(value)]))
  return `${JSON.stringify({ time, level, event, ...printable })}\n`
}

function textLine(time: string, level: string, event: string, fields: LogFields): string {
  const parts = Object.entries(fields).map(([name, value]) => `${name}=${String(printableValue(value))}`)
  return `${[time, level.padEnd(5), event, ...parts].join(' ')}\n`
}

function printableValue(value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? value.message
  return typeof value === 'bigint' ? String(value) : value
}
