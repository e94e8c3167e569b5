import { expect, test } from 'vitest'
import type { MeteredTable } from './write-meter.ts'
import { WriteMeter } from './write-meter.ts'

const table: MeteredTable = {
  id: 'one',
  indexes: [
    { name: 'by-day', kind: 'local' },
    { name: 'by-city', kind: 'global' },
  ],
}

test('each write is rounded up by itself, a local index takes from its table, a global one has its own units', () => {
  const meter = new WriteMeter()
  const entry = (index: string, sizeBytes: number) => ({ index, sizeBytes })
  meter.add(table, 'Customer', [
    { sizeBytes: 1, indexWrites: [] },
    { sizeBytes: 1025, indexWrites: [entry('by-day', 1024), entry('by-city', 2049)] },
  ])
  meter.add(table, 'GlobalTable', [{ sizeBytes: 3000, indexWrites: [entry('by-city', 10)] }])
  expect(meter.unitsOf('one')).toEqual([
    { index: undefined, source: 'Customer', units: 1 + 2 + 1 },
    { index: undefined, source: 'GlobalTable', units: 3 },
    { index: 'by-city', source: 'Customer', units: 3 },
    { index: 'by-city', source: 'GlobalTable', units: 1 },
  ])
  expect(meter.unitsOf('another')).toEqual([])
})

test('a transaction costs twice as much for the items, and once for what follows in indexes', () => {
  const meter = new WriteMeter()
  meter.add(table, 'Customer', [{ sizeBytes: 1500, indexWrites: [{ index: 'by-city', sizeBytes: 100 }] }], 2)
  const [ofTable, , ofIndex] = meter.unitsOf('one')
  expect([ofTable?.units, ofIndex?.units]).toEqual([4, 1])
})
