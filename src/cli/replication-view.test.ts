import { expect, test } from 'vitest'
import type { FillingState, TableReplication } from '../admin/wire.ts'
import { drawTables, isSettled, progressLines } from './replication-view.ts'

const tableWith = (filling?: FillingState): TableReplication => ({
  table: 'users',
  replicas: [
    { region: 'us-east-1', status: 'ACTIVE' },
    filling === undefined ? { region: 'eu-west-1', status: 'ACTIVE' } : { region: 'eu-west-1', status: 'CREATING', filling },
  ],
  links: [
    {
      from: 'us-east-1',
      to: 'eu-west-1',
      state: 'up',
      pending: 1200,
      pinnedBytes: 0,
      oldestPendingMs: 15_400,
      received: 3,
      lagSumMs: 30,
      lagP50Ms: 9.6,
      lagP99Ms: 12,
      lagP999Ms: null,
    },
  ],
  losses: [],
})

test('a replica that is filled has a bar, its percentage rounded down, and the count of its items', () => {
  const drawn = drawTables([tableWith({ stage: 'copying', items: 999_999, itemsExpected: 1_000_000 })])
  expect(drawn).toContain(`${'█'.repeat(23)}░ 99 %, 999,999 of 1,000,000 items`)
  expect(drawn).toMatch(/us-east-1 {2}eu-west-1 {2}up {4}1,200 {4}15 s {4}10 ms {4}12 ms/)
  expect(drawTables([tableWith({ stage: 'waiting', items: 0, itemsExpected: null })])).toContain('CREATING  waits for its source')
  expect(drawTables([tableWith({ stage: 'copying', items: 0, itemsExpected: 0 })])).toContain(`${'█'.repeat(24)} 100 %`)
  expect(drawTables([])).toBe('There are no global tables.')
})

test('without a terminal there is a line for what goes on, and one for the end', () => {
  const copying = tableWith({ stage: 'copying', items: 50, itemsExpected: 200 })
  expect(progressLines([copying])).toEqual(['users eu-west-1 CREATING 25 %, 50 of 200 items'])
  expect(progressLines([tableWith({ stage: 'catching-up', items: 200, itemsExpected: 200 })])).toEqual([
    'users eu-west-1 CREATING has its items, and takes what was written meanwhile',
  ])
  expect(progressLines([tableWith()])).toEqual(['All replicas are ACTIVE.'])
  expect([isSettled(copying), isSettled(tableWith())]).toEqual([false, true])
})
