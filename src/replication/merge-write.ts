import { equalValues } from '../item/attribute-compare.ts'
import type { AttributeMap, AttributeValue, Item } from '../item/attribute-value.ts'
import type { ItemEdit, ItemPath } from '../item/item-edit.ts'
import { addExactly } from '../item/number.ts'
import { printDot } from './dot.ts'
import type { Absorbed, MergeNode, MergeState, Register, Stamp } from './merge-state.ts'
import { assigned, elementsOf, emptyNode, isEmptyNode, noRuns, nothingAbsorbed } from './merge-state.ts'
import { isAbsorbed, shownAt, topOf } from './merge-shown.ts'

/** A local write over all that is held of the item here. */
export interface MergeWrite {
  readonly stamp: Stamp
  /** What was shown, and what shall be; undefined: no item. */
  readonly before: Item | undefined
  readonly after: Item | undefined
  /** What an update was told to do; undefined: the item was put, and differs from the one before in what it differs. */
  readonly edits: readonly ItemEdit[] | undefined
  readonly keyNames: ReadonlySet<string>
}

/**
 * The state after a local write. An update gives its stamp to the places that it wrote; a put to those whose value is another than the shown one; a deletion erases
 * what it saw and competes with nothing; a write to an item that is not shown is a deletion, then the write [REP-15, REP-16]. In the end it shows what the write made.
 */
export function writeState({ root: held }: MergeState, { stamp, before, after, edits = [], keyNames }: MergeWrite): MergeState {
  let root = before === undefined || after === undefined ? erased(held, stamp) : held
  if (after === undefined) return { exist: new Map(), root }
  for (const edit of edits) root = edited(root, edit.path, edit, stamp)
  return { exist: new Map([[printDot(stamp.dot), stamp]]), root: fitMembers(root, withoutKeys(after, keyNames), stamp) }
}

/** The state of an item that is written as a whole, by a policy that does not merge: all is its own, and what others may still need to know. */
export function overwrittenState({ root: held }: MergeState, { stamp, after, keyNames }: MergeWrite): MergeState {
  const root = erased(held, stamp)
  if (after === undefined) return { exist: new Map(), root }
  const members = new Map(root.members)
  for (const [name, value] of Object.entries(withoutKeys(after, keyNames)))
    members.set(name, put(members.get(name) ?? emptyNode, value, stamp))
  return { exist: new Map([[printDot(stamp.dot), stamp]]), root: { ...root, members } }
}

/** What is left of a place that is erased: its accumulators, and that they count for nothing. */
function erased(node: MergeNode, stamp: Stamp): MergeNode {
  if (node === emptyNode) return node
  const members = new Map<string, MergeNode>()
  for (const [name, member] of node.members) {
    const left = erased(member, stamp)
    if (!isEmptyNode(left)) members.set(name, left)
  }
  const { accumulators } = node
  if (accumulators.size === 0) return members.size === 0 ? emptyNode : { ...emptyNode, members }
  return { ...emptyNode, members, accumulators, erasures: new Map([[printDot(stamp.dot), { stamp, absorbed: sumsOf(node) }]]) }
}

function sumsOf({ accumulators }: MergeNode): Absorbed {
  if (accumulators.size === 0) return nothingAbsorbed
  return new Map([...accumulators].map(([id, { sum, stamp }]) => [id, { sum, at: stamp.dot.n }]))
}

function edited(node: MergeNode, [name, ...rest]: ItemPath, edit: ItemEdit, stamp: Stamp): MergeNode {
  if (name === undefined) return editedAt(node, edit, stamp)
  const member = edited(node.members.get(name) ?? emptyNode, rest, edit, stamp)
  return withMember(node, name, member)
}

function withMember(node: MergeNode, name: string, member: MergeNode): MergeNode {
  const members = new Map(node.members)
  if (isEmptyNode(member)) members.delete(name)
  else members.set(name, member)
  return { ...node, members }
}

function editedAt(node: MergeNode, edit: ItemEdit, stamp: Stamp): MergeNode {
  switch (edit.kind) {
    case 'set':
      return put(node, edit.value, stamp)
    case 'remove':
      return removed(node, stamp)
    case 'add':
      return added(node, edit.by, stamp)
    case 'include':
      return included(node, elementsOf(edit.elements) ?? [], stamp)
    case 'exclude':
      return excluded(node, new Set(elementsOf(edit.elements)))
    case 'append':
    case 'prepend': {
      const run = { stamp, front: edit.kind === 'prepend', elements: edit.elements }
      return { ...node, runs: new Map(node.runs).set(printDot(stamp.dot), run) }
    }
  }
}

/** A register in place of those that it has seen. Accumulators and runs stay beside it, for whoever has not seen it. */
function written(node: MergeNode, value: Register['value'], stamp: Stamp): MergeNode {
  const runs = node.runs.size === 0 ? noRuns : new Set(node.runs.keys())
  const register: Register = { stamp, value, absorbed: sumsOf(node), runs }
  const { members, erasures } = erased({ ...emptyNode, members: node.members }, stamp)
  return {
    ...node,
    registers: new Map([[printDot(stamp.dot), register]]),
    elements: emptyNode.elements,
    members,
    erasures: joined(node.erasures, erasures),
  }
}

function joined<T>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return b.size === 0 ? a : new Map([...a, ...b])
}

function removed(node: MergeNode, stamp: Stamp): MergeNode {
  return written(node, 'removed', stamp)
}

function put(node: MergeNode, value: AttributeValue, stamp: Stamp): MergeNode {
  if (node === emptyNode) return assigned(value, stamp)
  if ('M' in value) {
    const map = written(node, 'map', stamp)
    const members = new Map(map.members)
    for (const [name, member] of Object.entries(value.M)) members.set(name, put(members.get(name) ?? emptyNode, member, stamp))
    return { ...map, members }
  }
  const elements = elementsOf(value)
  return elements === undefined ? written(node, value, stamp) : included(removed(node, stamp), elements, stamp)
}

/** Adds to the accumulator that this life of the Region's log has there, unless somebody has seen all of it: then to another one. */
function added(node: MergeNode, by: string, stamp: Stamp): MergeNode {
  const { incarnation } = stamp.dot
  const open = [...node.accumulators].find(
    ([id, accumulator]) => accumulator.stamp.dot.incarnation === incarnation && !isClosed(node, id, accumulator.stamp.dot.n),
  )
  const [id, sum] = open === undefined ? [printDot(stamp.dot), '0'] : [open[0], open[1].sum]
  return { ...node, accumulators: new Map(node.accumulators).set(id, { stamp, sum: addExactly(sum, by) }) }
}

/** Whether any register or deletion has seen all of it. */
function isClosed({ registers, erasures }: MergeNode, id: string, at: number): boolean {
  for (const { absorbed } of [...registers.values(), ...erasures.values()]) if ((absorbed.get(id)?.at ?? 0) >= at) return true
  return false
}

function included(node: MergeNode, elements: readonly string[], stamp: Stamp): MergeNode {
  const all = new Map(node.elements)
  for (const element of elements) all.set(element, new Map([[printDot(stamp.dot), stamp]]))
  return { ...node, elements: all }
}

function excluded(node: MergeNode, elements: ReadonlySet<string>): MergeNode {
  return { ...node, elements: new Map([...node.elements].filter(([element]) => !elements.has(element))) }
}

function withoutKeys(item: Item, keyNames: ReadonlySet<string>): AttributeMap {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !keyNames.has(name)))
}

/** Writes what is not yet as it shall be. */
function fitMembers(node: MergeNode, wanted: AttributeMap, stamp: Stamp): MergeNode {
  let fitted = node
  for (const [name, member] of node.members) {
    if (Object.hasOwn(wanted, name) || shownAt(member) === undefined) continue
    fitted = withMember(fitted, name, removed(member, stamp))
  }
  for (const [name, value] of Object.entries(wanted)) {
    const member = node.members.get(name)
    const fit = member === undefined ? assigned(value, stamp) : fitNode(member, value, stamp)
    if (fit !== member) fitted = withMember(fitted, name, fit)
  }
  return fitted
}

function fitNode(node: MergeNode, wanted: AttributeValue, stamp: Stamp): MergeNode {
  const shown = shownAt(node)?.value
  if (shown !== undefined && equalValues(shown, wanted)) return node
  if (shown !== undefined) {
    const fitted = fitPart(node, shown, wanted, stamp)
    const made = fitted && shownAt(fitted)?.value
    if (fitted !== undefined && made !== undefined && equalValues(made, wanted)) return fitted
  }
  return put(node, wanted, stamp)
}

/** Within a map member by member, within a set element by element. */
function fitPart(node: MergeNode, shown: AttributeValue, wanted: AttributeValue, stamp: Stamp): MergeNode | undefined {
  if ('M' in shown && 'M' in wanted) return fitMembers(node, wanted.M, stamp)
  const [have, want] = [elementsOf(shown), elementsOf(wanted)]
  if (have === undefined || want === undefined || have[0]?.slice(0, 2) !== want[0]?.slice(0, 2)) return undefined
  const [had, wants] = [new Set(have), new Set(want)]
  const excludes = new Set(have.filter((element) => !wants.has(element)))
  return included(
    excluded(node, excludes),
    want.filter((element) => !had.has(element)),
    stamp,
  )
}

/**
 * Lets go of what counts for nothing any more: accumulators, runs and lower registers that a higher one, or a deletion, has outdone, and that something was removed. Only
 * once every member has them and what outdid them: then whatever has not seen that is known here too, and nobody will add to what is let go [REP-16].
 */
export function collectState({ exist, root }: MergeState, isStable: (stamp: Stamp) => boolean): MergeState {
  return { exist, root: collectNode(root, isStable) }
}

function collectNode(node: MergeNode, isStable: (stamp: Stamp) => boolean): MergeNode {
  const members = new Map<string, MergeNode>()
  for (const [name, member] of node.members) {
    const left = collectNode(member, isStable)
    if (!isEmptyNode(left)) members.set(name, left)
  }
  const kept = members.size === node.members.size && sameMembers(node, members) ? node : { ...node, members }
  const top = topOf(node)
  const isPlain = node.accumulators.size === 0 && node.runs.size === 0 && node.registers.size <= 1 && top?.value !== 'removed'
  return isPlain ? kept : collectParts(kept, top, isStable)
}

function collectParts(node: MergeNode, top: Register | undefined, isStable: (stamp: Stamp) => boolean): MergeNode {
  const stableTop = top !== undefined && isStable(top.stamp) ? top : undefined
  const decided: MergeNode = { ...emptyNode, erasures: new Map([...node.erasures].filter(([, { stamp }]) => isStable(stamp))) }
  const accumulators = new Map(
    [...node.accumulators].filter(([id, held]) => !(isStable(held.stamp) && isAbsorbed(decided, stableTop, id, held))),
  )
  const runs = new Map([...node.runs].filter(([name, run]) => !(stableTop?.runs.has(name) === true && isStable(run.stamp))))
  const erasures = new Map([...node.erasures].filter(([, { absorbed }]) => [...absorbed.keys()].some((id) => accumulators.has(id))))
  const registers = new Map<string, Register>()
  for (const [name, held] of node.registers) {
    const isOutdone = held !== stableTop && stableTop !== undefined && isStable(held.stamp)
    if (!isOutdone) registers.set(name, withoutGone(held, accumulators, runs))
  }
  const [left] = registers.values()
  if (stableTop !== undefined && left !== undefined && registers.size === 1 && saysNothing(left, node)) registers.clear()
  return { ...node, registers, accumulators, erasures, runs }
}

/** That something was removed, when there is nothing left that might not know. */
function saysNothing({ value, absorbed, runs }: Register, { elements }: MergeNode): boolean {
  return value === 'removed' && absorbed.size === 0 && runs.size === 0 && elements.size === 0
}

function sameMembers(node: MergeNode, members: ReadonlyMap<string, MergeNode>): boolean {
  for (const [name, member] of members) if (node.members.get(name) !== member) return false
  return true
}

/** What it says of parts that are not held any more nobody asks for. */
function withoutGone(register: Register, accumulators: MergeNode['accumulators'], runs: MergeNode['runs']): Register {
  const absorbed = new Map([...register.absorbed].filter(([id]) => accumulators.has(id)))
  const seen = new Set([...register.runs].filter((name) => runs.has(name)))
  return absorbed.size === register.absorbed.size && seen.size === register.runs.size ? register : { ...register, absorbed, runs: seen }
}
