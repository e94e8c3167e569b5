import type { AttributeMap, AttributeValue } from '../item/attribute-value.ts'
import { newMap } from '../item/attribute-value.ts'
import { isInvalid } from '../item/invalid.ts'
import { addExactly, roundToNumber, subtractExactly } from '../item/number.ts'
import { printDot } from './dot.ts'
import type { Accumulator, MergeNode, Register, Run, Stamp } from './merge-state.ts'
import { compareVersions } from './version.ts'

/**
 * What `merge` shows at a place: of several registers the highest, with what was added, appended and put in beside it; of several kinds of value the one that
 * was written last, by version order [REP-14, REP-16, REP-17].
 */
export interface ShownValue {
  readonly value: AttributeValue
  /** The last write that is in it. */
  readonly stamp: Stamp
  /** The parts that make it, without those of members. */
  readonly parts: ReadonlySet<string>
  /** A sum that is no number, so that the register alone is shown. */
  readonly outOfRange?: true
}

export function shownAt(node: MergeNode): ShownValue | undefined {
  const top = topOf(node)
  let shown: ShownValue | undefined
  for (const candidate of [scalarOf(top), numberAt(node, top), listAt(node, top), ...setsAt(node), mapAt(node, top)]) {
    if (candidate !== undefined && (shown === undefined || compareVersions(candidate.stamp, shown.stamp) > 0)) shown = candidate
  }
  return shown
}

/** The members that a map shows, in an order that does not depend on how they came. */
export function shownMembers(node: MergeNode): AttributeMap {
  const map = newMap()
  for (const name of [...node.members.keys()].sort()) {
    const value = shownAt(node.members.get(name) ?? node)?.value
    if (value !== undefined) map[name] = value
  }
  return map
}

/** The highest register. */
export function topOf({ registers }: MergeNode): Register | undefined {
  let top: Register | undefined
  for (const register of registers.values()) if (top === undefined || compareVersions(register.stamp, top.stamp) > 0) top = register
  return top
}

export const registerPart = (register: Register): string => `register ${printDot(register.stamp.dot)}`
export const accumulatorPart = (id: string): string => `accumulator ${id}`
export const elementPart = (element: string): string => `element ${element}`
export const runPart = (name: string): string => `run ${name}`

function scalarOf(top: Register | undefined): ShownValue | undefined {
  if (top === undefined || typeof top.value === 'string' || 'N' in top.value || 'L' in top.value) return undefined
  return { value: top.value, stamp: top.stamp, parts: new Set([registerPart(top)]) }
}

/** The register, and what was added that neither it nor a deletion had seen; summed exactly, rounded once. */
function numberAt(node: MergeNode, top: Register | undefined): ShownValue | undefined {
  const register = top !== undefined && typeof top.value !== 'string' && 'N' in top.value ? { top, value: top.value.N } : undefined
  const counted = [...node.accumulators].filter(([id, accumulator]) => !isAbsorbed(node, top, id, accumulator))
  if (register === undefined && counted.length === 0) return undefined
  let sum = register?.value ?? '0'
  let stamp = register?.top.stamp
  for (const [id, accumulator] of counted) {
    sum = addExactly(sum, beyondSeen(node, top, id, accumulator))
    stamp = higher(stamp, accumulator.stamp)
  }
  if (stamp === undefined) return undefined
  const parts = new Set([...(register === undefined ? [] : [registerPart(register.top)]), ...counted.map(([id]) => accumulatorPart(id))])
  if (counted.length === 0 && register !== undefined) return { value: { N: register.value }, stamp, parts }
  const rounded = roundToNumber(sum)
  if (!isInvalid(rounded)) return { value: { N: rounded }, stamp, parts }
  if (register !== undefined) return { value: { N: register.value }, stamp, parts: new Set([registerPart(register.top)]), outOfRange: true }
  return lastAlone(node, top, counted, stamp)
}

/** Nothing was written there but additions, and together they are no number: the last accumulator counts. */
function lastAlone(
  node: MergeNode,
  top: Register | undefined,
  counted: readonly (readonly [string, Accumulator])[],
  stamp: Stamp,
): ShownValue | undefined {
  const [id, last] = [...counted].sort(([, a], [, b]) => compareVersions(a.stamp, b.stamp)).at(-1) ?? []
  if (id === undefined || last === undefined) return undefined
  const rounded = roundToNumber(beyondSeen(node, top, id, last))
  return { value: { N: isInvalid(rounded) ? '0' : rounded }, stamp, parts: new Set([accumulatorPart(id)]), outOfRange: true }
}

/** How much of an accumulator the register and the deletions had seen. */
function seenOf({ erasures }: MergeNode, top: Register | undefined, id: string): { readonly sum: string; readonly at: number } {
  let seen = { sum: '0', at: 0 }
  for (const { absorbed } of top === undefined ? erasures.values() : [top, ...erasures.values()]) {
    const each = absorbed.get(id)
    if (each !== undefined && each.at > seen.at) seen = each
  }
  return seen
}

export function isAbsorbed(node: MergeNode, top: Register | undefined, id: string, { stamp }: Accumulator): boolean {
  return seenOf(node, top, id).at >= stamp.dot.n
}

function beyondSeen(node: MergeNode, top: Register | undefined, id: string, { sum }: Accumulator): string {
  return subtractExactly(sum, seenOf(node, top, id).sum)
}

/** The register with the runs that it has not seen, in version order; of those put before it the last comes first. */
function listAt(node: MergeNode, top: Register | undefined): ShownValue | undefined {
  const register = top !== undefined && typeof top.value !== 'string' && 'L' in top.value ? { top, value: top.value.L } : undefined
  const runs = shownRuns(node, top)
  if (register === undefined && runs.length === 0) return undefined
  const stamp = runs.reduce<Stamp | undefined>((last, [, run]) => higher(last, run.stamp), register?.top.stamp)
  if (stamp === undefined) return undefined
  const front = runs.filter(([, run]) => run.front).reverse()
  const back = runs.filter(([, run]) => !run.front)
  return {
    value: { L: [...front.flatMap(([, run]) => run.elements), ...(register?.value ?? []), ...back.flatMap(([, run]) => run.elements)] },
    stamp,
    parts: new Set([...(register === undefined ? [] : [registerPart(register.top)]), ...runs.map(([name]) => runPart(name))]),
  }
}

/** Those that the register has not seen, in version order. */
export function shownRuns({ runs }: MergeNode, top: Register | undefined): readonly (readonly [string, Run])[] {
  return [...runs].filter(([name]) => top?.runs.has(name) !== true).sort(([, a], [, b]) => compareVersions(a.stamp, b.stamp))
}

function setsAt({ elements }: MergeNode): readonly ShownValue[] {
  const byType = new Map<string, { members: string[]; stamp: Stamp; parts: Set<string> }>()
  for (const [element, stamps] of elements) {
    const type = element.slice(0, 2)
    for (const stamp of stamps.values()) {
      const set = byType.get(type) ?? { members: [], stamp, parts: new Set() }
      set.stamp = higher(set.stamp, stamp)
      byType.set(type, set)
      if (set.parts.has(elementPart(element))) continue
      set.parts.add(elementPart(element))
      set.members.push(element.slice(3))
    }
  }
  return [...byType].map(([type, { members, stamp, parts }]) => {
    members.sort()
    return { value: type === 'SS' ? { SS: members } : type === 'NS' ? { NS: members } : { BS: members }, stamp, parts }
  })
}

function mapAt(node: MergeNode, top: Register | undefined): ShownValue | undefined {
  const isMap = top?.value === 'map'
  let stamp = isMap ? top.stamp : undefined
  const map = newMap()
  let isEmpty = true
  for (const name of [...node.members.keys()].sort()) {
    const member = shownAt(node.members.get(name) ?? node)
    if (member === undefined) continue
    map[name] = member.value
    isEmpty = false
    stamp = higher(stamp, member.stamp)
  }
  if (stamp === undefined || (isEmpty && !isMap)) return undefined
  return { value: { M: map }, stamp, parts: new Set(isMap ? [registerPart(top)] : []) }
}

function higher(a: Stamp | undefined, b: Stamp): Stamp {
  return a === undefined || compareVersions(b, a) > 0 ? b : a
}
