/**
 * Several document paths as one tree, so that an item is walked once for all of them, and paths that contradict each other
 * are found while the tree grows. The leaves are numbered in the order in which the paths were given.
 *
 *   a.b, a.c[1]   ->   a ── b          (0)
 *                        └─ c ── [1]   (1)
 *
 * A tree never mixes names and indices at one place: that would say of one value that it is both a map and a list.
 */
import { attributeOf, newMap } from '../item/attribute-value.ts'
import type { AttributeMap, AttributeValue } from '../item/attribute-value.ts'
import { formatPath } from './path.ts'
import type { Path, PathStep } from './path.ts'

export type PathTree = PathLeaf | PathFields | PathElements

export interface PathLeaf {
  readonly kind: 'leaf'
  /** Which of the paths ends here. */
  readonly ordinal: number
}

export interface PathFields {
  readonly kind: 'fields'
  readonly children: ReadonlyMap<string, PathTree>
}

export interface PathElements {
  readonly kind: 'elements'
  /** By index, in ascending order. */
  readonly children: ReadonlyMap<number, PathTree>
}

/** The tree of these paths; a string is what is wrong with them, in DynamoDB's words. */
export function buildPathTree(paths: readonly Path[]): PathFields | string {
  const root: Branch = { first: [], ordinal: undefined, children: new Map() }
  for (const [ordinal, path] of paths.entries()) {
    const clash = grow(root, path, ordinal)
    if (clash !== undefined) return clash
  }
  return { kind: 'fields', children: freezeFields(root) }
}

/** The parts of `item` that stand at the tree's leaves, in the same nesting; elements of lists move together, in their order. */
export function project(tree: PathFields, item: AttributeMap): AttributeMap {
  const projected = newMap()
  for (const [name, child] of tree.children) {
    const value = attributeOf(item, name)
    const part = value === undefined ? undefined : pick(value, child)
    if (part !== undefined) projected[name] = part
  }
  return projected
}

/** Where nothing was found the container is left out as well, as in the service: `a.b` of an item without `a.b` gives no `a`. */
function pick(value: AttributeValue, tree: PathTree): AttributeValue | undefined {
  if (tree.kind === 'leaf') return value
  if (tree.kind === 'fields') {
    if (!('M' in value)) return undefined
    const map = project(tree, value.M)
    for (const _ in map) return { M: map }
    return undefined
  }
  if (!('L' in value)) return undefined
  const list: AttributeValue[] = []
  for (const [index, child] of tree.children) {
    const element = value.L[index]
    const part = element === undefined ? undefined : pick(element, child)
    if (part !== undefined) list.push(part)
  }
  return list.length === 0 ? undefined : { L: list }
}

/** A place of the tree while it grows. */
interface Branch {
  /** The path that made this place, for the message about a later one that does not agree with it. */
  readonly first: Path
  ordinal: number | undefined
  readonly children: Map<PathStep, Branch>
}

function grow(root: Branch, path: Path, ordinal: number): string | undefined {
  let at = root
  for (const step of path) {
    if (at.ordinal !== undefined) return clash('overlap', at.first, path)
    for (const [sibling, branch] of at.children) {
      if (typeof sibling !== typeof step) return clash('conflict', branch.first, path)
      break
    }
    let next = at.children.get(step)
    if (next === undefined) at.children.set(step, (next = { first: path, ordinal: undefined, children: new Map() }))
    at = next
  }
  if (at.ordinal !== undefined || at.children.size > 0) return clash('overlap', at.first, path)
  at.ordinal = ordinal
  return undefined
}

function clash(how: 'overlap' | 'conflict', one: Path, two: Path): string {
  return (
    `Two document paths ${how} with each other; must remove or rewrite one of these paths; ` +
    `path one: ${formatPath(one)}, path two: ${formatPath(two)}`
  )
}

function freeze(branch: Branch): PathTree {
  if (branch.ordinal !== undefined) return { kind: 'leaf', ordinal: branch.ordinal }
  for (const step of branch.children.keys()) {
    if (typeof step === 'string') break
    return { kind: 'elements', children: freezeElements(branch) }
  }
  return { kind: 'fields', children: freezeFields(branch) }
}

function freezeFields(branch: Branch): ReadonlyMap<string, PathTree> {
  const children = new Map<string, PathTree>()
  for (const [step, child] of branch.children) if (typeof step === 'string') children.set(step, freeze(child))
  return children
}

function freezeElements(branch: Branch): ReadonlyMap<number, PathTree> {
  const elements: [number, PathTree][] = []
  for (const [step, child] of branch.children) if (typeof step === 'number') elements.push([step, freeze(child)])
  return new Map(elements.sort(([a], [b]) => a - b))
}
