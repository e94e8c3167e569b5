import type { Facts } from './checker.ts'
import type { Operation } from './history.ts'
import { nameOf, ranksAbove, saw } from './oracle.ts'
import { policiesOf } from './plan.ts'
import type { Violation } from './violation.ts'
import type { WrittenVersion } from './write-log.ts'

/** Judges the answers that clients got, each against what was written. */
export function checkAnswers({ operations, written }: Facts): readonly Violation[] {
  const versionByOperation = versionsByOperation(written)
  return operations.flatMap((operation) => checkAnswer(operation, versionByOperation.get(operation.id), written))
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
 * Within one replica nobody sees an item as it was before something that had been answered there: everybody reads what was written before (read your
 * writes), and nothing older than what was read before (monotonic reads). What had not seen that may come to be shown, and where the highest version
 * is shown, only if it ranks above.
 */
export function checkProgress({ plan, operations, written }: Facts): readonly Violation[] {
  const versionByOperation = versionsByOperation(written)
  const versions = written.filter((version) => version.state === 'durable')
  const highest = policiesOf(plan).every(showsTheHighest)
  return [...groupsOf(operations)].flatMap((group) => checkGroup(group, versionByOperation, versions, highest))
}

function checkGroup(
  operations: readonly Operation[],
  versionByOperation: ReadonlyMap<number, WrittenVersion>,
  versions: readonly WrittenVersion[],
  highest: boolean,
): readonly Violation[] {
  const violations: Violation[] = []
  const floors: Floor[] = []
  for (const { id, key, calledAtMs, answer } of operations) {
    if (answer === undefined || answer.kind === 'unknown' || answer.kind === 'refused') continue
    const candidates = versions.filter(
      (version) => version.key === key && version.value === answer.saw && version.committedAtMs <= answer.atMs,
    )
    const stale = floors.find(
      (floor) => floor.atMs < calledAtMs && !candidates.some((version) => mayFollow(version, floor.version, highest)),
    )
    if (stale !== undefined) {
      const message = `#${id} saw ${answer.saw ?? 'nothing'}, after #${stale.by} had ${stale.version.value ?? 'the deletion'} answered there`
      violations.push({ rule: stale.wrote ? 'a client did not see what was written' : 'a client saw the past', key, message })
    }
    const own = versionByOperation.get(id)
    if (answer.kind === 'written' && own !== undefined) floors.push({ version: own, atMs: answer.atMs, by: id, wrote: true })
    const [only, ...others] = candidates
    if (answer.saw !== undefined && only !== undefined && others.length === 0) {
      floors.push({ version: only, atMs: answer.atMs, by: id, wrote: false })
    }
  }
  return violations
}

interface Floor {
  readonly version: WrittenVersion
  readonly atMs: number
  readonly by: number
  readonly wrote: boolean
}

/** Whether a replica that has shown one version may show the other later. */
export function mayFollow(later: WrittenVersion, earlier: WrittenVersion, highest: boolean): boolean {
  if (later === earlier || saw(later, earlier.version.dot)) return true
  return highest ? ranksAbove(later, earlier) : !saw(earlier, later.version.dot)
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

function versionsByOperation(written: readonly WrittenVersion[]): ReadonlyMap<number, WrittenVersion> {
  return new Map(written.flatMap((version) => (version.operation === undefined ? [] : [[version.operation, version] as const])))
}

export function showsTheHighest(policy: string): boolean {
  return policy === 'last-writer-wins' || policy === 'version-check'
}
