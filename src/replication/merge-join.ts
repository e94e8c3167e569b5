import type { Dot } from './dot.ts'
import type { Accumulator, MergeNode, MergeState, Register, Stamp } from './merge-state.ts'
import { emptyNode, isEmptyNode } from './merge-state.ts'

/** A version's state with all that it has seen, itself included. */
export interface MergeCopy {
  readonly state: MergeState
  readonly sees: (dot: Dot) => boolean
}

/**
 * Joins copies of one item [REP-14]: what all have stays, and what some have stays unless one that does not have it has seen it, for there it was replaced
 * or removed. So any order, any grouping and any repetition come to the same.
 */
export function joinCopies(copies: readonly MergeCopy[]): MergeCopy {
  const [only, ...others] = copies
  if (only !== undefined && others.length === 0) return only
  const sees = copies.map((copy) => copy.sees)
  return {
    state: {
      exist: heldOf(
        copies.map(({ state }) => state.exist),
        sees,
        (stamp) => stamp,
      ),
      root: joinNodes(
        copies.map(({ state }) => state.root),
        sees,
      ),
    },
    sees: (dot) => sees.some((each) => each(dot)),
  }
}

type Sees = readonly MergeCopy['sees'][]

function joinNodes(nodes: readonly MergeNode[], sees: Sees): MergeNode {
  if (nodes.every((node) => node === emptyNode)) return emptyNode
  const ofStamp = ({ stamp }: { readonly stamp: Stamp }): Stamp => stamp
  const elements = new Map<string, ReadonlyMap<string, Stamp>>()
  for (const element of namesIn(nodes.map((node) => node.elements))) {
    const stamps = heldOf(
      nodes.map((node) => node.elements.get(element) ?? noStamps),
      sees,
      (stamp) => stamp,
    )
    if (stamps.size > 0) elements.set(element, stamps)
  }
  const members = new Map<string, MergeNode>()
  for (const name of namesIn(nodes.map((node) => node.members))) {
    const member = joinNodes(
      nodes.map((node) => node.members.get(name) ?? emptyNode),
      sees,
    )
    if (!isEmptyNode(member)) members.set(name, member)
  }
  return {
    registers: heldOf(
      nodes.map((node) => node.registers),
      sees,
      ofStamp,
      withoutGone,
    ),
    accumulators: heldOf(
      nodes.map((node) => node.accumulators),
      sees,
      ofStamp,
      later,
    ),
    erasures: heldOf(
      nodes.map((node) => node.erasures),
      sees,
      ofStamp,
    ),
    elements,
    runs: heldOf(
      nodes.map((node) => node.runs),
      sees,
      ofStamp,
    ),
    members,
  }
}

/** One register of two copies: what one of them does not say any more, of parts that are gone, is not said. */
function withoutGone(a: Register, b: Register): Register {
  if (a.absorbed.size + a.runs.size === 0) return a
  if (b.absorbed.size + b.runs.size === 0) return b
  const absorbed = new Map([...a.absorbed].filter(([id]) => b.absorbed.has(id)))
  const runs = new Set([...a.runs].filter((name) => b.runs.has(name)))
  return absorbed.size === a.absorbed.size && runs.size === a.runs.size ? a : { ...a, absorbed, runs }
}

/** Of one accumulator the one that has more. */
function later(a: Accumulator, b: Accumulator): Accumulator {
  return a.stamp.dot.n >= b.stamp.dot.n ? a : b
}

function heldOf<T>(
  parts: readonly ReadonlyMap<string, T>[],
  sees: Sees,
  stampOf: (held: T) => Stamp,
  choose: (a: T, b: T) => T = (a) => a,
): ReadonlyMap<string, T> {
  const held = new Map<string, T>()
  for (const part of parts) {
    for (const [name, value] of part) {
      const other = held.get(name)
      held.set(name, other === undefined ? value : choose(other, value))
    }
  }
  for (const [name, value] of held) {
    const { dot } = stampOf(value)
    if (parts.some((part, at) => !part.has(name) && sees[at]?.(dot) === true)) held.delete(name)
  }
  return held
}

function namesIn(parts: readonly ReadonlyMap<string, unknown>[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const part of parts) for (const name of part.keys()) names.add(name)
  return names
}

const noStamps: ReadonlyMap<string, Stamp> = new Map()
