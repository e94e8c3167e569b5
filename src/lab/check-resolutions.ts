import type { Facts } from './checker.ts'
import type { Violation } from './violation.ts'

/** Every Region closes what somebody settled, and nothing else [REP-21]; what version-check found stays open until then [REP-12]. */
export function checkResolutions({ state: { conflicts }, history: { resolutions: attempts } }: Facts): readonly Violation[] {
  const wrong = (message: string): Violation => ({ rule: 'the ledger is not what was resolved', key: undefined, message })
  return conflicts.flatMap((conflict) => {
    const { id, resolved, open, rule, withdrawn, harmless } = conflict
    const attempted = attempts.filter((attempt) => attempt.id === id)
    const violations: Violation[] = []
    if (!resolved && attempted.some(({ state }) => state === 'resolved')) violations.push(wrong(`${id} was resolved, and does not say so`))
    if (resolved && attempted.length === 0) violations.push(wrong(`${id} is said to be resolved, and nobody did that`))
    if (rule === 'version-check' && !resolved && !withdrawn && !harmless && !open) violations.push(wrong(`${id} is not open`))
    if (open && attempted.some(({ state }) => state === 'resolved')) violations.push(wrong(`${id} is open, and was resolved`))
    return violations
  })
}
