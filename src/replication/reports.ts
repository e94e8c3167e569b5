import type { Cursors } from './cursors.ts'
import { cursorOf } from './cursors.ts'
import type { Incarnation } from './dot.ts'
import type { Membership } from './membership.ts'
import type { Report } from './messages.ts'

/**
 * What this replica knows of how far the others have come: per member, the newest report that counts, and one that does not yet.
 *
 * A report counts only once everything that its sender had written by then was applied here [REP-27]. Then nothing older than
 * what it covers can still arrive from that sender, and that, not a clock, is what makes a change stable.
 */
export class Reports {
  readonly #validByMember = new Map<string, Cursors>()
  readonly #pendingByMember = new Map<string, Report>()

  /** Takes note of a report; one that waits is not replaced by a newer one, which might wait for ever under load. */
  note(member: string, report: Report, own: Cursors, membership: Membership): void {
    if (counts(report, own, membership)) {
      this.#validByMember.set(member, report.cursors)
      this.#pendingByMember.delete(member)
    } else if (!this.#pendingByMember.has(member)) {
      this.#pendingByMember.set(member, report)
    }
  }

  /** Looks at the waiting reports again, after changes were applied. */
  applied(own: Cursors, membership: Membership): void {
    for (const [member, report] of this.#pendingByMember) this.note(member, report, own, membership)
  }

  forgetAll(): void {
    this.#validByMember.clear()
    this.#pendingByMember.clear()
  }

  /**
   * Per incarnation, the last change that every member has and behind which nothing older can come [REP-27]. Undefined while a member has
   * no valid report or a closed incarnation is not complete here.
   */
  stableCut(region: string, own: Cursors, membership: Membership): Cursors | undefined {
    for (const [incarnation, final] of Object.entries(membership.closed)) {
      if (membership.dropped[incarnation] === undefined && cursorOf(own, incarnation) < final) return undefined
    }
    const others: Cursors[] = []
    for (const member of membership.members) {
      if (member === region) continue
      const valid = this.#validByMember.get(member)
      if (valid === undefined) return undefined
      others.push(valid)
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

/** An incarnation whose drop is announced was complete everywhere, whether or not the cursors still name it. */
function counts(report: Report, own: Cursors, membership: Membership): boolean {
  return report.ours.every(
    (incarnation) => cursorOf(own, incarnation) >= cursorOf(report.cursors, incarnation) || membership.dropped[incarnation] !== undefined,
  )
}
