import type { AttributeMap, AttributeValue, Item } from '../item/attribute-value.ts'
import type { Dot } from './dot.ts'
import { printDot } from './dot.ts'
import type { Timestamp } from './timestamp.ts'

/**
 * What `merge` knows of an item beside what it shows: which write made each of its parts, and what was seen of them [REP-14]. Values, never changed.
 *
 * At every place (a top-level attribute, or a member of maps) there are registers, what was written there as it is; accumulators, what each life of each
 * Region's log added to a number there; elements of sets; runs of elements that were appended to a list; and the members of a map. Several kinds stand at one
 * place only where writes were concurrent, or an earlier one is still needed: an accumulator that a register has absorbed must be known to those who have not seen that.
 */
export interface MergeState {
  /** The writes that say that the item is there; none: it is not. By the name of their dot. */
  readonly exist: ReadonlyMap<string, Stamp>
  /** The item as a map, without the attributes of its key. */
  readonly root: MergeNode
}

/** A write, as far as its place among others goes. */
export interface Stamp {
  readonly dot: Dot
  readonly timestamp: Timestamp
  readonly region: string
}

export interface MergeNode {
  readonly registers: ReadonlyMap<string, Register>
  /** By the dot that each began with. */
  readonly accumulators: ReadonlyMap<string, Accumulator>
  /** What deletions, of the item or of a map around this place, had seen of the accumulators. */
  readonly erasures: ReadonlyMap<string, Erasure>
  /** By type and element, the writes that put it in. */
  readonly elements: ReadonlyMap<string, ReadonlyMap<string, Stamp>>
  readonly runs: ReadonlyMap<string, Run>
  readonly members: ReadonlyMap<string, MergeNode>
}

export interface Register {
  readonly stamp: Stamp
  /** `removed`: there is nothing, or only what additions make of it; `map`: a map, whose members are nodes of their own. Never a map or a set itself. */
  readonly value: AttributeValue | 'removed' | 'map'
  readonly absorbed: Absorbed
  /** The runs that it has seen. */
  readonly runs: ReadonlySet<string>
}

/** Of accumulators, how much was seen, and up to which write of their log. */
export type Absorbed = ReadonlyMap<string, { readonly sum: string; readonly at: number }>

export interface Accumulator {
  /** Its last write, of the log that its first one is in. */
  readonly stamp: Stamp
  /** Exact, in plain decimal notation of any length. */
  readonly sum: string
}

export interface Erasure {
  readonly stamp: Stamp
  readonly absorbed: Absorbed
}

export interface Run {
  readonly stamp: Stamp
  /** It was put before the list, and not behind it. */
  readonly front: boolean
  readonly elements: readonly AttributeValue[]
}

const none: ReadonlyMap<string, never> = new Map<string, never>()

export const emptyNode: MergeNode = { registers: none, accumulators: none, erasures: none, elements: none, runs: none, members: none }

export const nothingAbsorbed: Absorbed = none
export const noRuns: ReadonlySet<string> = new Set()

export function isEmptyNode(node: MergeNode): boolean {
  return node === emptyNode || Object.values(node).every((part: ReadonlyMap<string, unknown>) => part.size === 0)
}

/** What a version without such data says: all of its image is its own, in one write [REP-14]. */
export function plainState(stamp: Stamp, image: Item | undefined, keyNames: ReadonlySet<string>): MergeState {
  if (image === undefined) return { exist: none, root: emptyNode }
  const members = new Map<string, MergeNode>()
  for (const name of Object.keys(image)) {
    const value = image[name]
    if (value !== undefined && !keyNames.has(name)) members.set(name, assigned(value, stamp))
  }
  return { exist: new Map([[printDot(stamp.dot), stamp]]), root: { ...emptyNode, members } }
}

/** A place where this value was written, and nothing was before. */
export function assigned(value: AttributeValue, stamp: Stamp): MergeNode {
  const name = printDot(stamp.dot)
  const register = (of: Register['value']): Register => ({ stamp, value: of, absorbed: nothingAbsorbed, runs: noRuns })
  if ('M' in value) return { ...emptyNode, registers: new Map([[name, register('map')]]), members: assignedMembers(value.M, stamp) }
  const elements = elementsOf(value)
  if (elements === undefined) return { ...emptyNode, registers: new Map([[name, register(value)]]) }
  return {
    ...emptyNode,
    registers: new Map([[name, register('removed')]]),
    elements: new Map(elements.map((element) => [element, new Map([[name, stamp]])])),
  }
}

function assignedMembers(map: AttributeMap, stamp: Stamp): ReadonlyMap<string, MergeNode> {
  const members = new Map<string, MergeNode>()
  for (const name of Object.keys(map)) {
    const value = map[name]
    if (value !== undefined) members.set(name, assigned(value, stamp))
  }
  return members
}

/** The elements of a set, each with the type of the set before it, as `SS|red`; undefined: it is no set. */
export function elementsOf(value: AttributeValue): readonly string[] | undefined {
  if ('SS' in value) return value.SS.map((element) => `SS|${element}`)
  if ('NS' in value) return value.NS.map((element) => `NS|${element}`)
  if ('BS' in value) return value.BS.map((element) => `BS|${element}`)
  return undefined
}
