import type { Cursors } from './cursors.ts'
import { cursorOf } from './cursors.ts'
import type { Dot, Incarnation } from './dot.ts'

/**
 * Who keeps a copy of a global table, and by which policy, as of one epoch. Epochs are totally ordered: they are decided in one place, and every replica
 * adopts them in order [REP-31].
 */
export interface Membership {
  readonly epoch: number
  /** The Regions whose replicas must have a change before its record may go: also one that is still being made. */
  readonly members: readonly string[]
  /** The epoch in which a member joined; absent: with the table. A Region that was removed and added again has no say before it. */
  readonly joined: Readonly<Record<string, number>>
  /**
   * Regions that are members no more, and whose incarnations are not closed yet: how far each survivor has come in them is being asked. Meanwhile
   * nothing is stable [REP-27].
   */
  readonly closing?: readonly string[]
  /** Incarnations of removed replicas, with the last number that counts [REP-36]. */
  readonly closed: Readonly<Record<Incarnation, number>>
  /**
   * Incarnations that ended and that every member has in full, with the epoch from which on contexts leave them out: a version of
   * that epoch or later has seen all of them. Announced one epoch before, so that whoever meets such a version knows.
   */
  readonly dropped: Readonly<Record<Incarnation, number>>
  /** The conflict policy, as it is written [REP-11]; undefined: nobody set one. */
  readonly policy?: string | undefined
}

/** The membership of a table that exists in one Region only. */
export function soleMember(region: string): Membership {
  return { epoch: 0, members: [region], joined: {}, closed: {}, dropped: {} }
}

/**
 * The epoch after this one. A drop that is announced and not carried out yet is put off by one more: it may take effect only in an epoch
 * that every member enters knowing of it.
 */
export function nextEpoch(membership: Membership, change: Partial<Omit<Membership, 'epoch' | 'dropped'>>): Membership {
  const dropped: Record<Incarnation, number> = {}
  for (const [incarnation, droppedAt] of Object.entries(membership.dropped)) {
    dropped[incarnation] = droppedAt > membership.epoch ? droppedAt + 1 : droppedAt
  }
  return { ...membership, ...change, epoch: membership.epoch + 1, dropped }
}

/** True while a drop is announced and not carried out. */
export function announcesDrop(membership: Membership): boolean {
  return Object.values(membership.dropped).some((droppedAt) => droppedAt > membership.epoch)
}

/** True when a report (or whatever comes with it) is not from an earlier life of the same Region's replica. */
export function speaksFor(membership: Membership, member: string, epoch: number): boolean {
  return membership.members.includes(member) && epoch >= (membership.joined[member] ?? 0)
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

/** True for a version of a closed log that no member had when it was closed: nobody will ever take it in [REP-36]. */
export function isBeyondFinal(membership: Membership, dot: Dot): boolean {
  return dot.n > (membership.closed[dot.incarnation] ?? Infinity)
}

/** Alone, a replica keeps no records for others: nobody is left to hear of them. */
export function keepsLog(membership: Membership): boolean {
  return membership.members.length > 1
}
