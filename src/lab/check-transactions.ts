import { mayFollow, showsTheHighest } from './check-clients.ts'
import type { Facts } from './checker.ts'
import type { Operation } from './history.ts'
import { nameOf } from './oracle.ts'
import { policiesOf } from './plan.ts'
import type { Violation } from './violation.ts'
import type { WrittenVersion } from './write-log.ts'

/**
 * A transaction is durable as a whole or not at all, and happens once however often it is sent. In its own Region whoever reads several of its items
 * together sees all of it or nothing; in other Regions its items come one by one.
 */
export function checkTransactions({ plan, history, operations, written }: Facts): readonly Violation[] {
  const violations: Violation[] = []
  const wrong = (key: string | undefined, message: string): number =>
    violations.push({ rule: 'a transaction was cut in two', key, message })
  const highest = policiesOf(plan).every(showsTheHighest)
  const versionsByOperation = new Map<number, WrittenVersion[]>()
  for (const version of written) {
    if (version.operation === undefined || version.state !== 'durable') continue
    const versions = versionsByOperation.get(version.operation) ?? []
    versionsByOperation.set(version.operation, [...versions, version])
  }
  for (const [id, versions] of versionsByOperation) {
    if (versions.length > 1) wrong(operations[id]?.key, `#${id} took effect ${versions.length} times: ${versions.map(nameOf).join(', ')}`)
  }
  for (const { operations: ids, outcome } of history.repeats) {
    const isGone = ids.some((id) => operations[id]?.value !== undefined && !versionsByOperation.has(id))
    if (outcome === 'repeated' && isGone) wrong(undefined, `#${ids.join(', #')} is said to have been carried out before, and was not`)
  }
  const groups = groupsOf(operations)
  const durable = written.filter(({ state }) => state === 'durable')
  const transactions = groups.map((group) => group.flatMap(({ id }) => versionsByOperation.get(id) ?? []))
  for (const [at, group] of groups.entries()) {
    const lost = written.some(({ operation, state }) => state === 'lost' && group.some(({ id }) => id === operation))
    const kept = transactions[at]?.length ?? 0
    // What was lost and sent again is there in the end.
    const puts = group.filter(({ value }) => value !== undefined).length
    if (lost && kept > 0 && kept < puts) wrong(group[0]?.key, `of #${group.map(({ id }) => id).join(', #')} a part is lost`)
    if (group.every(({ kind }) => kind === 'get')) violations.push(...checkRead(group, groups, transactions, durable, highest))
  }
  return violations
}

function checkRead(
  reads: readonly Operation[],
  groups: readonly (readonly Operation[])[],
  transactions: readonly (readonly WrittenVersion[])[],
  durable: readonly WrittenVersion[],
  highest: boolean,
): readonly Violation[] {
  const violations: Violation[] = []
  for (const [at, parts] of transactions.entries()) {
    const [first] = groups[at] ?? []
    if (first?.region !== reads[0]?.region || first?.table !== reads[0]?.table) continue
    const seen = parts.some(({ key, value }) =>
      reads.some((read) => read.key === key && read.answer?.kind === 'read' && value !== undefined && read.answer.saw === value),
    )
    if (!seen) continue
    for (const part of parts) {
      const read = reads.find(({ key }) => key === part.key)
      if (read?.answer?.kind !== 'read') continue
      const { saw, atMs } = read.answer
      const candidates = durable.filter((each) => each.key === part.key && each.value === saw && each.committedAtMs <= atMs)
      if (candidates.some((version) => mayFollow(version, part, highest))) continue
      const message = `#${read.id} saw ${saw ?? 'nothing'}, together with a part of the transaction that had made it ${part.value ?? 'nothing'}`
      violations.push({ rule: 'a transaction was seen in part', key: part.key, message })
    }
  }
  return violations
}

function groupsOf(operations: readonly Operation[]): readonly (readonly Operation[])[] {
  const groupByNumber = new Map<number, Operation[]>()
  for (const operation of operations) {
    if (operation.together === undefined) continue
    const group = groupByNumber.get(operation.together)
    if (group === undefined) groupByNumber.set(operation.together, [operation])
    else group.push(operation)
  }
  return [...groupByNumber.values()]
}
