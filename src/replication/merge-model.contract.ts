import type { Random } from '../base/random.ts'
import { chance, integerBelow, pick } from '../base/random.ts'

/**
 * An executable model of the policy `merge` [REP-14 to REP-17], for its tests alone: an item as a causal store of registers, accumulators, set elements,
 * appended runs and nested maps. It has names for what the rules leave open, so that they are decided before anything is built on them.
 *
 * An item-wide deletion, and the removal of a map, erase what they saw and compete with nothing: a write that they had not seen survives with its
 * value. A REMOVE of one attribute is a register of no value, and competes with a concurrent SET of it.
 */
export interface ModelDot {
  readonly i: string
  readonly n: number
}

export type Context = Readonly<Record<string, number>>

/** Orders concurrent writes. */
export interface Rank {
  readonly ts: number
  readonly i: string
}

export interface Register {
  readonly dot: ModelDot
  readonly rank: Rank
  /** `map`: an empty map, whose members are nodes of their own; null: removed. */
  readonly value: number | readonly string[] | 'map' | null
  readonly absorbed: Absorbed
  /** The appended runs that it has seen. */
  readonly runs: readonly string[]
}

/** Per accumulator, how much of it was seen, and up to which write. */
type Absorbed = Readonly<Record<string, { readonly sum: number; readonly at: number }>>

interface Accumulator {
  readonly dot: ModelDot
  readonly sum: number
}

interface Run {
  readonly dot: ModelDot
  readonly rank: Rank
  readonly element: string
}

/** Everything that is known of one path: a top-level attribute, or `map.member`. */
interface Node {
  readonly registers: Readonly<Record<string, Register>>
  readonly accumulators: Readonly<Record<string, Accumulator>>
  /** What deletions of the item had seen of the accumulators. */
  readonly erasures: Readonly<Record<string, { readonly dot: ModelDot; readonly absorbed: Absorbed }>>
  readonly elements: Readonly<Record<string, Readonly<Record<string, ModelDot>>>>
  readonly runs: Readonly<Record<string, Run>>
}

export interface ItemState {
  readonly exist: Readonly<Record<string, ModelDot>>
  readonly nodes: Readonly<Record<string, Node>>
}

export interface ItemCopy {
  readonly state: ItemState
  readonly context: Context
}

export type ModelOperation =
  | { readonly kind: 'add'; readonly path: string; readonly by: number }
  | { readonly kind: 'set'; readonly path: string; readonly value: number | readonly string[] | 'map' }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'append'; readonly path: string; readonly element: string }
  | { readonly kind: 'include' | 'exclude'; readonly path: string; readonly element: string }
  | { readonly kind: 'delete' }

export const nothingYet: ItemCopy = { state: { exist: {}, nodes: {} }, context: {} }
const emptyNode: Node = { registers: {}, accumulators: {}, erasures: {}, elements: {}, runs: {} }

export function joinContexts(a: Context, b: Context): Context {
  const joined: Record<string, number> = { ...a }
  for (const [i, n] of Object.entries(b)) joined[i] = Math.max(joined[i] ?? 0, n)
  return joined
}

export function covers(context: Context, dot: ModelDot): boolean {
  return (context[dot.i] ?? 0) >= dot.n
}

export function compareRanks(a: Rank, b: Rank): number {
  return a.ts - b.ts || (a.i < b.i ? -1 : a.i > b.i ? 1 : 0)
}

export function nameOf(dot: ModelDot): string {
  return `${dot.i}:${dot.n}`
}

/** Keeps what both have, and what one has and the other has not seen. */
export function joinCopies(a: ItemCopy, b: ItemCopy): ItemCopy {
  const held = <T>(x: Readonly<Record<string, T>>, y: Readonly<Record<string, T>>, dotOf: (value: T) => ModelDot): Record<string, T> => {
    const joined: Record<string, T> = {}
    for (const [name, value] of Object.entries(x)) if (name in y || !covers(b.context, dotOf(value))) joined[name] = value
    for (const [name, value] of Object.entries(y)) if (!(name in x) && !covers(a.context, dotOf(value))) joined[name] = value
    return joined
  }
  const nodes: Record<string, Node> = {}
  for (const path of union(a.state.nodes, b.state.nodes)) {
    const [x, y] = [a.state.nodes[path] ?? emptyNode, b.state.nodes[path] ?? emptyNode]
    const accumulators = held(x.accumulators, y.accumulators, ({ dot }) => dot)
    for (const id of Object.keys(accumulators)) {
      const [one, other] = [x.accumulators[id], y.accumulators[id]]
      if (one !== undefined && other !== undefined) accumulators[id] = one.dot.n >= other.dot.n ? one : other
    }
    const elements: Record<string, Record<string, ModelDot>> = {}
    for (const element of union(x.elements, y.elements)) {
      const dots = held(x.elements[element] ?? {}, y.elements[element] ?? {}, (dot) => dot)
      if (Object.keys(dots).length > 0) elements[element] = dots
    }
    nodes[path] = {
      registers: held(x.registers, y.registers, ({ dot }) => dot),
      accumulators,
      erasures: held(x.erasures, y.erasures, ({ dot }) => dot),
      elements,
      runs: held(x.runs, y.runs, ({ dot }) => dot),
    }
  }
  return {
    state: { exist: held(a.state.exist, b.state.exist, (dot) => dot), nodes: withoutEmpty(nodes) },
    context: joinContexts(a.context, b.context),
  }
}

/** A local write over what is held here. @param context all that the replica has seen, without the write itself */
export function write(held: ItemCopy, operation: ModelOperation, dot: ModelDot, context: Context, ts: number): ItemCopy {
  const rank: Rank = { ts, i: dot.i }
  let nodes: Record<string, Node> = { ...held.state.nodes }
  const isFresh = Object.keys(held.state.exist).length === 0
  if (isFresh || operation.kind === 'delete') nodes = erased(nodes, dot)
  const change = (path: string, by: (node: Node) => Node): void => void (nodes[path] = by(nodes[path] ?? emptyNode))
  const register = (path: string, value: Register['value']): void => {
    for (const other of Object.keys(nodes)) if (other.startsWith(`${path}.`)) delete nodes[other]
    change(path, (node) => {
      const made: Register = { dot, rank, value, absorbed: sumsOf(node), runs: Object.keys(node.runs) }
      return { ...node, registers: { [nameOf(dot)]: made } }
    })
  }
  switch (operation.kind) {
    case 'add':
      change(operation.path, (node) => {
        const open = Object.keys(node.accumulators).find((id) => id.startsWith(`${dot.i}:`) && !isClosed(node, id))
        const sum = (open === undefined ? 0 : (node.accumulators[open]?.sum ?? 0)) + operation.by
        return { ...node, accumulators: { ...node.accumulators, [open ?? nameOf(dot)]: { dot, sum } } }
      })
      break
    case 'set':
      register(operation.path, operation.value)
      break
    case 'remove':
      register(operation.path, null)
      break
    case 'append':
      change(operation.path, (node) => ({ ...node, runs: { ...node.runs, [nameOf(dot)]: { dot, rank, element: operation.element } } }))
      break
    case 'include':
      change(operation.path, (node) => ({ ...node, elements: { ...node.elements, [operation.element]: { [nameOf(dot)]: dot } } }))
      break
    case 'exclude':
      change(operation.path, (node) => {
        const { [operation.element]: _gone, ...elements } = node.elements
        return { ...node, elements }
      })
      break
    case 'delete':
      break
  }
  const exist = operation.kind === 'delete' ? {} : { [nameOf(dot)]: dot }
  return { state: { exist, nodes: withoutEmpty(nodes) }, context: joinContexts(joinContexts(held.context, context), { [dot.i]: dot.n }) }
}

/** What is left of nodes that are erased: their accumulators, and that they count for nothing. */
function erased(nodes: Readonly<Record<string, Node>>, dot: ModelDot): Record<string, Node> {
  const left: Record<string, Node> = {}
  for (const [path, node] of Object.entries(nodes)) {
    if (Object.keys(node.accumulators).length === 0) continue
    const erasures = { [nameOf(dot)]: { dot, absorbed: sumsOf(node) } }
    left[path] = { ...emptyNode, accumulators: node.accumulators, erasures }
  }
  return left
}

function sumsOf({ accumulators }: Node): Absorbed {
  return Object.fromEntries(Object.entries(accumulators).map(([id, { sum, dot }]) => [id, { sum, at: dot.n }]))
}

function isClosed({ registers, erasures, accumulators }: Node, id: string): boolean {
  const at = accumulators[id]?.dot.n ?? 0
  return [...Object.values(registers), ...Object.values(erasures)].some(({ absorbed }) => (absorbed[id]?.at ?? 0) >= at)
}

/**
 * Lets go of accumulators and runs that count for nothing any more: only when every replica has all that was written [REP-16]. The next ADD then opens
 * another accumulator, since a replica that has not let go of this one would take what is added to it for seen.
 */
export function collect({ state, context }: ItemCopy): ItemCopy {
  const nodes: Record<string, Node> = {}
  for (const [path, node] of Object.entries(state.nodes)) {
    const top = highest(node)
    const decided = { ...node, registers: top === undefined ? {} : { [nameOf(top.dot)]: top } }
    const accumulators = Object.fromEntries(Object.entries(node.accumulators).filter(([id]) => !isClosed(decided, id)))
    const erasures = Object.fromEntries(
      Object.entries(node.erasures).filter(([, { absorbed }]) => Object.keys(absorbed).some((id) => id in accumulators)),
    )
    const runs = Object.fromEntries(Object.entries(node.runs).filter(([name]) => top?.runs.includes(name) !== true))
    nodes[path] = { ...node, accumulators, erasures, runs }
  }
  return { state: { ...state, nodes: withoutEmpty(nodes) }, context }
}

/** What a read shows; undefined: no item. */
export function shownOf({ exist, nodes }: ItemState): Readonly<Record<string, unknown>> | undefined {
  if (Object.keys(exist).length === 0) return undefined
  const shown: Record<string, unknown> = {}
  for (const path of Object.keys(nodes).sort()) {
    if (path.includes('.')) continue
    const value = valueOf(nodes, path)
    if (value !== undefined) shown[path] = value
  }
  for (const path of Object.keys(nodes).sort()) {
    const [parent, member] = path.split('.')
    if (parent === undefined || member === undefined || parent in nodes) continue
    const value = valueOf(nodes, path)
    if (value !== undefined) shown[parent] = { ...(shown[parent] as object | undefined), [member]: value }
  }
  return shown
}

function valueOf(nodes: Readonly<Record<string, Node>>, path: string): unknown {
  const node = nodes[path] ?? emptyNode
  const top = highest(node)
  const members = Object.keys(nodes).filter((other) => other.startsWith(`${path}.`))
  const map = Object.fromEntries(
    members.flatMap((member) => {
      const value = valueOf(nodes, member)
      return value === undefined ? [] : [[member.slice(path.length + 1), value]]
    }),
  )
  if (Object.keys(map).length > 0) {
    const ranks = members.flatMap((member) =>
      valueOf(nodes, member) === undefined ? [] : (highest(nodes[member] ?? emptyNode)?.rank ?? []),
    )
    const isOutranked =
      top !== undefined && top.value !== null && top.value !== 'map' && ranks.every((rank) => compareRanks(rank, top.rank) < 0)
    if (!isOutranked) return map
  }
  if (top?.value === 'map') return {}
  if (Object.keys(node.elements).length > 0) return Object.keys(node.elements).sort()
  const runs = Object.values(node.runs)
    .filter((run) => top?.runs.includes(nameOf(run.dot)) !== true)
    .sort((a, b) => compareRanks(a.rank, b.rank))
  if (runs.length > 0 || Array.isArray(top?.value)) {
    return [...(Array.isArray(top?.value) ? (top.value as readonly string[]) : []), ...runs.map(({ element }) => element)]
  }
  return counterOf(node, top)
}

/** The register and what was added beyond it, without what a deletion had seen. */
function counterOf({ accumulators, erasures }: Node, top: Register | undefined): number | undefined {
  let value = typeof top?.value === 'number' ? top.value : undefined
  for (const [id, { sum, dot }] of Object.entries(accumulators)) {
    let seen = { sum: 0, at: 0 }
    for (const { absorbed } of [...(top === undefined ? [] : [top]), ...Object.values(erasures)]) {
      const each = absorbed[id]
      if (each !== undefined && each.at > seen.at) seen = each
    }
    if (dot.n > seen.at) value = (value ?? 0) + sum - seen.sum
  }
  return value
}

function highest({ registers }: Node): Register | undefined {
  return Object.values(registers)
    .sort((a, b) => compareRanks(a.rank, b.rank))
    .at(-1)
}

function union(a: object, b: object): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
}

function withoutEmpty(nodes: Readonly<Record<string, Node>>): Record<string, Node> {
  return Object.fromEntries(
    Object.entries(nodes).filter(([, node]) => Object.values(node).some((part) => Object.keys(part as object).length > 0)),
  )
}

/** What a client might do next; its paths are few, so that Regions meet. */
export function drawOperation(random: Random): ModelOperation {
  switch (integerBelow(random, 12)) {
    case 0:
    case 1:
      return { kind: 'add', path: 'n', by: 1 + integerBelow(random, 5) }
    case 2:
      return { kind: 'set', path: 'n', value: 100 * (1 + integerBelow(random, 9)) }
    case 3:
      return { kind: 'remove', path: pick(random, ['n', 'm', 'm.a', 'm.b', 'l']) }
    case 4:
      return { kind: chance(random, 0.7) ? 'include' : 'exclude', path: 's', element: pick(random, ['x', 'y', 'z']) }
    case 5:
    case 6:
      return { kind: 'append', path: 'l', element: String(integerBelow(random, 1000)) }
    case 7:
      return { kind: 'set', path: 'l', value: [String(integerBelow(random, 1000))] }
    case 8:
    case 9:
      return { kind: 'set', path: pick(random, ['m.a', 'm.b']), value: integerBelow(random, 100) }
    case 10:
      return { kind: 'set', path: 'm', value: chance(random, 0.5) ? 'map' : 7 }
    default:
      return { kind: 'delete' }
  }
}
