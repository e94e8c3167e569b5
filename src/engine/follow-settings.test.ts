import { expect, test } from 'vitest'
import { followSettings } from './follow-settings.ts'
import { plainTable } from './plain-table.contract.ts'
import type { IndexBlueprint, Table } from './table.ts'

const table = plainTable

function indexOn(attribute: string): IndexBlueprint {
  return {
    name: 'by',
    kind: 'global',
    partition: [{ name: attribute, type: 'S' }],
    sort: [],
    projection: { kind: 'ALL' },
    throughput: undefined,
    onDemandMaximum: undefined,
  }
}

const withIndexes = (before: Table, ...indexes: readonly IndexBlueprint[]): Table =>
  followSettings({ ...before, settings: { ...before.settings, indexes } }, 0, 'filled')

test('an index is made, and its attributes are defined; without it they are not', () => {
  const made = withIndexes(table, indexOn('a'))
  expect(made.indexes).toMatchObject([{ name: 'by', number: 1, status: 'CREATING' }])
  expect(made.attributeDefinitions.map(({ name }) => name)).toEqual(['pk', 'a'])
  const removed = withIndexes(made)
  expect(removed.indexes).toMatchObject([{ number: 1, status: 'DELETING' }])
  expect(removed.attributeDefinitions.map(({ name }) => name)).toEqual(['pk'])
})

test('an index that is asked for anew waits until the old one of its name is gone, and gets rows of its own', () => {
  const again = withIndexes(withIndexes(withIndexes(table, indexOn('a'))), indexOn('a'))
  expect(again.indexes).toMatchObject([{ number: 1, status: 'DELETING' }])
  expect(followSettings({ ...again, indexes: [] }, 0, 'filled').indexes).toMatchObject([{ number: 2, status: 'CREATING' }])
})

test('another index under the same name is never taken for the one that is there', () => {
  const other = withIndexes(withIndexes(table, indexOn('a')), indexOn('b'))
  expect(other.indexes).toMatchObject([{ number: 1, status: 'DELETING' }])
})

test('another attribute for expiry waits until the rows of the first are gone', () => {
  const until = (before: Table, timeToLive: string | undefined): Table =>
    followSettings({ ...before, settings: { ...before.settings, timeToLive } }, 0, 'filled')
  const first = until(table, 'a')
  expect(first.expiry).toEqual({ attribute: 'a', number: 1, status: 'ENABLING' })
  const changed = until(first, 'b')
  expect(changed.expiry).toEqual({ attribute: 'a', number: 1, status: 'DISABLING' })
  expect(until({ ...changed, expiry: undefined }, 'b').expiry).toEqual({ attribute: 'b', number: 2, status: 'ENABLING' })
})

test('no two streams of a table have one label, even when they begin in one millisecond', () => {
  const stream = (before: Table, view: 'KEYS_ONLY' | undefined): Table =>
    followSettings({ ...before, settings: { ...before.settings, stream: view } }, 5, 'filled')
  const again = stream(stream(stream(table, 'KEYS_ONLY'), undefined), 'KEYS_ONLY')
  const [first, second] = again.streams
  expect(first?.endedAtMs).toBe(5)
  expect(second?.label).not.toBe(first?.label)
})
