import { expect, test } from 'vitest'
import type { Cursors } from './cursors.ts'
import type { Membership } from './membership.ts'
import type { Report } from './messages.ts'
import { Reports } from './reports.ts'

const membership: Membership = { epoch: 1, members: ['here', 'there'], joined: {}, closed: {}, dropped: {} }

const cursors = (here: number, there: number): Cursors => new Map(Object.entries({ here, there }))

/** What `there` reports when it has applied so much of `here` and written so much itself. */
const report = (here: number, there: number): Report => ({ cursors: cursors(here, there), epoch: 1, ours: ['there'] })

test('[REP-27] a report counts only once everything that its sender had written by then was applied here', () => {
  const reports = new Reports()
  reports.note('there', report(5, 3), cursors(5, 2), membership)
  expect(reports.stableCut('here', cursors(5, 2), membership)).toBeUndefined()
  reports.applied(cursors(5, 3), membership)
  expect(reports.stableCut('here', cursors(5, 3), membership)).toEqual(cursors(5, 3))
})

test('[REP-27] a report that came while another one waited counts too, when all was applied, though it is not repeated', () => {
  const reports = new Reports()
  const behind = cursors(9, 2)
  reports.note('there', report(5, 3), behind, membership)
  reports.note('there', report(9, 3), behind, membership)
  reports.applied(cursors(9, 3), membership)
  expect(reports.stableCut('here', cursors(9, 3), membership)).toEqual(cursors(9, 3))
})

test('[REP-27] under load the first report that waits counts as soon as it can, though each later one asks for more', () => {
  const reports = new Reports()
  for (const written of [3, 4, 5]) reports.note('there', report(written, written), cursors(9, 2), membership)
  reports.applied(cursors(9, 3), membership)
  expect(reports.stableCut('here', cursors(9, 3), membership)).toEqual(cursors(3, 3))
})

test('[REP-27] an older report that is looked at after a newer one takes nothing back', () => {
  const reports = new Reports()
  reports.note('there', report(9, 3), cursors(9, 3), membership)
  reports.note('there', report(5, 3), cursors(9, 3), membership)
  expect(reports.stableCut('here', cursors(9, 3), membership)).toEqual(cursors(9, 3))
})
