import { expect, test } from 'vitest'
import { StoreClosed } from '../storage/store.ts'
import type { LogFormat, LogLevel } from './operator-log.ts'
import { createLog } from './operator-log.ts'

function logging(format: LogFormat, level: LogLevel = 'info') {
  const lines: string[] = []
  return { lines, log: createLog({ format, level, write: (line) => lines.push(line) }) }
}

test('an event is one line of JSON with its time, its level and its fields, whatever these are', () => {
  const { lines, log } = logging('json')
  const region = 'eu-west-1'
  log.warn('clock-skew', { region, aheadMs: 12, big: 5n, text: 'two\nlines', requestId: 'R', none: undefined })
  log.error('request-failed', { error: new Error('no good') })
  expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true)
  const [first, second] = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(first).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
    event: 'clock-skew',
    region,
    aheadMs: 12,
    big: '5',
    text: 'two\nlines',
    requestId: 'R',
  })
  expect(second).toMatchObject({ level: 'error', error: expect.stringMatching(/^Error: no good\n +at /) as string })
})

test('for people it is a line of text, in which no value begins another one', () => {
  const { lines, log } = logging('text')
  log.info('conflicts-found', { table: 'users', found: 2, path: '/a\n2026-01-01 error forged' })
  expect(lines).toEqual([expect.stringMatching(/^\S+Z info {2}conflicts-found table=users found=2 path=\/a 2026-01-01 error forged\n$/)])
})

test('events below the level are left out, and so is what a closed store makes fail', () => {
  const { lines, log } = logging('json', 'warn')
  log.info('one')
  log.error('two', { error: new StoreClosed('closed') })
  log.warn('three')
  expect(lines).toHaveLength(1)
})
