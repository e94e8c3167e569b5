import { printDot } from '../replication/dot.ts'
import type { Facts } from './checker.ts'
import type { FinalReplica, FinalState } from './final-state.ts'
import type { Expectation } from './oracle.ts'
import { expectationOf, nameOf, saw, wrongfullyWritten } from './oracle.ts'
import type { Plan } from './plan.ts'
import { policiesOf, stepsOf } from './plan.ts'
import type { Violation } from './violation.ts'
import type { WrittenVersion } from './write-log.ts'

/** Judges what the replicas hold when everything has come to rest, against the history of writes. */
export function checkFinal({ state, written, plan }: Facts): readonly Violation[] {
  const policies = policiesOf(plan)
  const violations: Violation[] = []
  if (!state.converged) {
    const digests = state.replicas.map(({ region, digest }) => `${region} ${digest.slice(0, 8)}`).join(', ')
    violations.push({ rule: 'replicas differ', key: undefined, message: digests })
  }
  for (const replica of state.replicas) violations.push(...checkStatistics(replica))
  const durable = written.filter((version) => version.state === 'durable')
  for (const key of new Set(durable.map((version) => version.key))) {
    const versions = durable.filter((version) => version.key === key)
    const expected = expectationOf(versions, state.policy, policies)
    for (const replica of state.replicas) {
      violations.push(...checkSiblings(key, replica, expected, versions), ...checkShown(key, replica, expected, state.policy))
    }
    // Of a version that is shown with others a part may be lost, which the history of whole versions does not tell.
    if (!policies.some(joins)) violations.push(...checkLedger(key, state, expected, versions))
    if (policies.length === 1 && state.policy.includes('refuse') && hasAllMembers(plan)) {
      for (const each of versions.filter(({ operation }) => operation !== undefined)) {
        const message = wrongfullyWritten(each, versions, state.policy)
        if (message !== undefined) violations.push({ rule: 'a Region wrote what is at home elsewhere', key, message })
      }
    }
    for (const message of expected.wrongBases) violations.push({ rule: 'an update was not built on what it saw', key, message })
  }
  return violations
}

function joins(policy: string): boolean {
  return policy === 'merge'
}

/** All Regions are members all the time, so every home is one. */
function hasAllMembers(plan: Plan): boolean {
  return plan.setting.replicasAtStart === plan.setting.regions.length && stepsOf(plan, 'membership').length === 0
}

function checkStatistics({ region, itemCount, sizeBytes, counted }: FinalReplica): readonly Violation[] {
  if (itemCount === counted.itemCount && sizeBytes === counted.sizeBytes) return []
  const message = `${region} states ${itemCount} items of ${sizeBytes} bytes and holds ${counted.itemCount} of ${counted.sizeBytes}`
  return [{ rule: 'statistics are wrong', key: undefined, message }]
}

/** A replica holds exactly the versions that no other has seen; nothing when these are deletions only, which were collected. */
function checkSiblings(
  key: string,
  { region, siblingsByKey }: FinalReplica,
  { siblings }: Expectation,
  versions: readonly WrittenVersion[],
): readonly Violation[] {
  const held = siblingsByKey.get(key) ?? []
  const heldNames = held.map((version) => printDot(version.dot))
  const collected = siblings.every(({ value }) => value === undefined)
  if (collected && held.length === 0) return []
  const expectedNames = siblings.map(nameOf)
  const violations: Violation[] = []
  if (heldNames.join() !== expectedNames.join()) {
    const message = `${region} holds [${heldNames.join(', ')}], written were [${expectedNames.join(', ')}]`
    violations.push({ rule: 'siblings are not what was written', key, message })
  }
  for (const version of versions) {
    const kept = heldNames.includes(nameOf(version))
    const replaced = held.some((other) => versions.some((each) => nameOf(each) === printDot(other.dot) && saw(each, version.version.dot)))
    if (!kept && !replaced) {
      const message = `${nameOf(version)} (${version.value ?? 'deletion'}) is neither in ${region} nor was it replaced by what is`
      violations.push({ rule: 'an acknowledged write is gone', key, message })
    }
  }
  return violations
}

function checkShown(key: string, { region, shownByKey }: FinalReplica, { shown }: Expectation, policy: string): readonly Violation[] {
  const held = shownByKey.get(key)
  if (held === undefined || (shown !== undefined && printDot(held.dot) === nameOf(shown))) return []
  const message = `${region} shows ${printDot(held.dot)}, ${policy} shows ${shown === undefined ? 'nothing' : nameOf(shown)}`
  return [{ rule: 'what is shown is not what the policy says', key, message }]
}

/** The ledgers of all Regions together name exactly the losers. */
function checkLedger(
  key: string,
  { conflicts }: FinalState,
  { losers, undecided }: Expectation,
  versions: readonly WrittenVersion[],
): readonly Violation[] {
  const violations: Violation[] = []
  const nameByDot = new Map(versions.map((version) => [nameOf(version), version]))
  const standing = new Map(
    conflicts
      .filter(({ withdrawn }) => !withdrawn)
      .map((conflict) => [printDot(conflict.loser), conflict] as const)
      .filter(([dot]) => nameByDot.has(dot)),
  )
  for (const loser of losers) {
    const name = nameOf(loser)
    const entry = standing.get(name)
    if (entry === undefined) {
      const message = `${name} (${loser.value ?? 'deletion'}) was lost, and no Region says so`
      violations.push({ rule: 'the ledger is not what was lost', key, message })
    }
    if (entry !== undefined && !entry.settled) {
      violations.push({ rule: 'the ledger is not what was lost', key, message: `the entry of ${name} does not settle` })
    }
  }
  for (const [name, { winner }] of standing) {
    if ([...losers, ...undecided].some((loser) => nameOf(loser) === name)) continue
    const message = `${name} is said to have lost against ${printDot(winner)}, and did not`
    violations.push({ rule: 'the ledger is not what was lost', key, message })
  }
  return violations
}
