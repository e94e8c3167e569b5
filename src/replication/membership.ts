import type { Cursors } from './cursors.ts'
import { cursorOf } from './cursors.ts'
import type { Dot, Incarnation } from './dot.ts'

/**
 * Who keeps a copy of a global table, as of one epoch. Epochs are totally ordered: they are decided in one place, and every replica
 * adopts them in order [REP-31].
 */
export interface Membership {
  readonly epoch: number
  /** The Regions whose replicas must have a change before its record may go: also one that is still being made. */
  readonly members: readonly string[]
  /** Incarnations of removed replicas, with the last number that counts [REP-36]. */
  readonly closed: Readonly<Record<Incarnation, number>>
  /**
   * Incarnations that ended and that every member has in full, with the epoch from which on contexts leave them out: a version of
   * that epoch or later has seen all of them. Announced one epoch before, so that whoever meets such a version knows.
   */
  readonly dropped: Readonly<Record<Incarnation, number>>
}

/** The membership of a table that exists in one Region only. */
export function soleMember(region: string): Membership {
  return { epoch: 0, members: [region], closed: {}, dropped: {} }
}

/** What a version has seen: its context, and every incarnation dropped by its epoch. */
export function hasSeen(version: { readonly context: Cursors; readonly epoch: number }, dot: Dot, membership: Membership): boolean {
  if (cursorOf(version.context, dot.incarnation) >= dot.n) return true
  const droppedAt = membership.dropped[dot.incarnation]
  return droppedAt !== undefined && droppedAt <= version.epoch
}

/** True when replicas of this epoch leave the incarnation out of their cursors. */
export function isDropped(membership: Membership, incarnation: Incarnation, epoch = membership.epoch): boolean {
  const droppedAt = membership.dropped[incarnation]
  return droppedAt !== undefined && droppedAt <= epoch
}

/** Alone, a replica keeps no records for others: nobody is left to hear of them. */
export function keepsLog(membership: Membership): boolean {
  return membership.members.length > 1
}
