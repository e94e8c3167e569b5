import { describe, expect, test } from 'vitest'
import type { Membership } from './membership.ts'
import { announcesDrop, hasSeen, isDropped, keepsLog, nextEpoch, soleMember, speaksFor } from './membership.ts'

const ended = 'aaaaaaaaaaaaaaaa'
const announced: Membership = { epoch: 4, members: ['A', 'B'], joined: { B: 3 }, closed: {}, dropped: { [ended]: 5 } }

test('REP-3, REP-36: a version of the epoch of the drop has seen all of the incarnation, an earlier one what its context says', () => {
  const dot = { incarnation: ended, n: 9 }
  expect(hasSeen({ context: new Map([[ended, 8]]), epoch: 4 }, dot, announced)).toBe(false)
  expect(hasSeen({ context: new Map([[ended, 9]]), epoch: 4 }, dot, announced)).toBe(true)
  expect(hasSeen({ context: new Map(), epoch: 5 }, dot, announced)).toBe(true)
  expect(hasSeen({ context: new Map(), epoch: 5 }, { incarnation: 'bbbbbbbbbbbbbbbb', n: 1 }, announced)).toBe(false)
  expect([isDropped(announced, ended), isDropped(announced, ended, 5)]).toEqual([false, true])
})

describe('the next epoch', () => {
  test('REP-31: puts off a drop that is announced, so that it takes effect only in an epoch that all enter knowing of it', () => {
    const next = nextEpoch(announced, { members: ['A', 'B', 'C'] })
    expect(next).toMatchObject({ epoch: 5, members: ['A', 'B', 'C'], dropped: { [ended]: 6 } })
    expect([announcesDrop(announced), announcesDrop(next), isDropped(next, ended)]).toEqual([true, true, false])
  })

  test('leaves alone a drop that was carried out', () => {
    const done = { ...announced, epoch: 5 }
    expect(nextEpoch(done, {})).toMatchObject({ epoch: 6, dropped: { [ended]: 5 } })
    expect([announcesDrop(done), isDropped(nextEpoch(done, {}), ended)]).toEqual([false, true])
  })
})

test('REP-27: who is no member says nothing, and a member nothing from before it joined', () => {
  expect([speaksFor(announced, 'B', 2), speaksFor(announced, 'B', 3), speaksFor(announced, 'A', 0), speaksFor(announced, 'C', 9)]).toEqual([
    false,
    true,
    true,
    false,
  ])
  expect([keepsLog(announced), keepsLog(soleMember('A'))]).toEqual([true, false])
})
