import type { Operation } from './history.ts'
import { nameOf, ranksAbove, saw } from './oracle.ts'
import type { Violation } from './violation.ts'
import type { WrittenVersion } from './write-log.ts'

/** Judges the answers that clients got, each against what was written. */
export function checkClients(
  operations: readonly Operation[],
  written: readonly WrittenVersion[],
  policies: readonly string[],
): readonly Violation[] {
  const violations: Violation[] = []
  const versionByOperation = new Map(
    written.flatMap((version) => (version.operation === undefined ? [] : [[version.operation, version] as const])),
  )
  for (const operation of operations) {
    const version = versionByOperation.get(operation.id)
    violations.push(...checkAnswer(operation, version, written))
  }
  for (const one of groupsOf(operations))
    violations.push(...checkProgress(one, versionByOperation, written, policies.every(showsTheHighest)))
  return violations
}

/** A write that was acknowledged is durable; what was seen was written, and was durable where it came from. */
function checkAnswer(operation: Operation, version: WrittenVersion | undefined, written: readonly WrittenVersion[]): readonly Violation[] {
  const { answer, key, id } = operation
  if (answer === undefined) return [{ rule: 'no progress', key, message: `operation #${id} was never answered` }]
  if (answer.kind === 'written' && version?.state !== 'durable') {
    return [
      { rule: 'an acknowledged write is gone', key, message: `#${id} was acknowledged; its version is ${version?.state ?? 'not there'}` },
    ]
  }
  if ((answer.kind === 'refused' || answer.kind === 'kept') && version !== undefined) {
    return [{ rule: 'a client saw what is not', key, message: `#${id} was answered '${answer.kind}' and wrote ${nameOf(version)}` }]
  }
  if (!('saw' in answer) || answer.saw === undefined) return []
  const seen = answer.saw
  const possible = written.some(
    (each) =>
      each.key === key &&
      each.value === seen &&
      each.state === 'durable' &&
      each.durableAtMs !== undefined &&
      each.durableAtMs <= answer.atMs,
  )
  return possible ? [] : [{ rule: 'a client saw what is not', key, message: `#${id} saw ${seen}, which was not durable anywhere` }]
}

/**
 * Within one replica a client never sees an item as it was before something that had been answered there. What had not seen that may come to be
 * shown, and where the highest version is shown, only if it ranks above.
 */
function checkProgress(
  operations: readonly Operation[],
  versionByOperation: ReadonlyMap<number, WrittenVersion>,
  written: readonly WrittenVersion[],
  highest: boolean,
): readonly Violation[] {
  const violations: Violation[] = []
  const versions = written.filter((version) => version.state === 'durable')
  const floors: { readonly version: WrittenVersion; readonly atMs: number; readonly by: number }[] = []
  for (const { id, key, calledAtMs, answer } of operations) {
    if (answer === undefined || answer.kind === 'unknown' || answer.kind === 'refused') continue
    const candidates = versions.filter(({ value, committedAtMs }) => value === answer.saw && committedAtMs <= answer.atMs)
    for (const floor of floors) {
      if (floor.atMs >= calledAtMs) continue
      const moved = candidates.some(
        (version) =>
          version === floor.version ||
          (highest ? ranksAbove(version, floor.version) : !saw(floor.version, version.version.dot)) ||
          saw(version, floor.version.version.dot),
      )
      if (moved) continue
      const what = `#${id} saw ${answer.saw ?? 'nothing'}, after #${floor.by} had ${floor.version.value ?? 'the deletion'} answered there`
      violations.push({ rule: 'a client saw the past', key, message: what })
      break
    }
    const own = versionByOperation.get(id)
    if (answer.kind === 'written' && own !== undefined) floors.push({ version: own, atMs: answer.atMs, by: id })
    const [only, ...others] = candidates
    if (answer.saw !== undefined && only !== undefined && others.length === 0) floors.push({ version: only, atMs: answer.atMs, by: id })
  }
  return violations
}

/** Operations on one key of one replica, in the order of their answers. */
function groupsOf(operations: readonly Operation[]): Iterable<readonly Operation[]> {
  const groupByName = new Map<string, Operation[]>()
  for (const operation of operations) {
    const name = `${operation.region}/${operation.table}/${operation.key}`
    const group = groupByName.get(name)
    if (group === undefined) groupByName.set(name, [operation])
    else group.push(operation)
  }
  for (const group of groupByName.values()) group.sort((a, b) => (a.answer?.atMs ?? Infinity) - (b.answer?.atMs ?? Infinity) || a.id - b.id)
  return groupByName.values()
}

function showsTheHighest(policy: string): boolean {
  return policy === 'last-writer-wins' || policy === 'version-check'
}
