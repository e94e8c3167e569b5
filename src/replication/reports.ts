import type { Cursors } from './cursors.ts'
import { cursorOf, joinInto, noCursors } from './cursors.ts'
import type { Incarnation } from './dot.ts'
import type { Membership } from './membership.ts'
import { speaksFor } from './membership.ts'
import type { Report } from './messages.ts'

/**
 * What this replica knows of how far the others have come: per member, what the reports say that count, and those that do not yet.
 *
 * A report counts only once everything that its sender had written by then was applied here [REP-27]. Then nothing older than
 * what it covers can still arrive from that sender, and that, not a clock, is what makes a change stable.
 *
 * A replica's reports only grow, so they are joined: in whatever order they are looked at, the newest is never forgotten. Its sender
 * will not repeat it.
 */
export class Reports {
  readonly #validByMember = new Map<string, Report>()
  readonly #waitingByMember = new Map<string, Waiting>()

  note(member: string, report: Report, own: Cursors, membership: Membership): void {
    if (counts(report, own, membership)) {
      const valid = this.#validByMember.get(member)
      this.#validByMember.set(member, valid === undefined ? report : both(valid, report))
      return
    }
    const waiting = this.#waitingByMember.get(member)
    if (waiting === undefined) this.#waitingByMember.set(member, { first: report, others: undefined })
    else this.#waitingByMember.set(member, { ...waiting, others: waiting.others === undefined ? report : both(waiting.others, report) })
  }

  /** Looks at the waiting reports again, after changes were applied. */
  applied(own: Cursors, membership: Membership): void {
    for (const [member, { first, others }] of [...this.#waitingByMember]) {
      if (!counts(first, own, membership)) continue
      this.#waitingByMember.delete(member)
      this.note(member, first, own, membership)
      if (others !== undefined) this.note(member, others, own, membership)
    }
  }

  /** Forgets what was said by replicas that are no members any more: a later replica in the same Region need not have what they had. */
  follow(membership: Membership): void {
    for (const [member, { epoch }] of this.#validByMember) {
      if (!speaksFor(membership, member, epoch)) this.#validByMember.delete(member)
    }
    for (const [member, { first }] of this.#waitingByMember) {
      if (!speaksFor(membership, member, first.epoch)) this.#waitingByMember.delete(member)
    }
  }

  /** The furthest that a member was heard to have come in its own logs, whether or not that was applied here. */
  headsOf(member: string): Cursors {
    const heads = new Map<Incarnation, number>()
    const waiting = this.#waitingByMember.get(member)
    for (const report of [this.#validByMember.get(member), waiting?.first, waiting?.others]) {
      for (const incarnation of report?.ours ?? []) {
        joinInto(heads, new Map([[incarnation, cursorOf(report?.cursors ?? noCursors, incarnation)]]))
      }
    }
    return heads
  }

  /**
   * Per incarnation, the last change that every member has and behind which nothing older can come [REP-27]. Undefined while a member has
   * no valid report or a closed incarnation is not complete here.
   */
  stableCut(region: string, own: Cursors, membership: Membership): Cursors | undefined {
    if ((membership.closing ?? []).length > 0) return undefined
    for (const [incarnation, final] of Object.entries(membership.closed)) {
      if (membership.dropped[incarnation] === undefined && cursorOf(own, incarnation) < final) return undefined
    }
    const others: Cursors[] = []
    for (const member of membership.members) {
      if (member === region) continue
      const valid = this.#validByMember.get(member)
      if (valid === undefined) return undefined
      others.push(valid.cursors)
    }
    const cut = new Map<Incarnation, number>()
    for (const [incarnation, n] of own) {
      cut.set(
        incarnation,
        others.reduce((least, cursors) => Math.min(least, cursorOf(cursors, incarnation)), n),
      )
    }
    return cut
  }
}

/**
 * Reports of one member that do not count yet. The first is kept apart from the later ones, or under load, when each later one asks
 * for more than has been applied, none would ever count.
 */
interface Waiting {
  readonly first: Report
  readonly others: Report | undefined
}

/** An incarnation whose drop is announced was complete everywhere, whether or not the cursors still name it. */
function counts(report: Report, own: Cursors, membership: Membership): boolean {
  return report.ours.every(
    (incarnation) => cursorOf(own, incarnation) >= cursorOf(report.cursors, incarnation) || membership.dropped[incarnation] !== undefined,
  )
}

function both(a: Report, b: Report): Report {
  const cursors = new Map(a.cursors)
  joinInto(cursors, b.cursors)
  return { cursors, epoch: Math.max(a.epoch, b.epoch), ours: [...new Set([...a.ours, ...b.ours])] }
}
