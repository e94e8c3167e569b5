import { equalValues } from '../item/attribute-compare.ts'
import type { MergeNode, MergeState } from './merge-state.ts'
import { emptyNode } from './merge-state.ts'
import { accumulatorPart, elementPart, isAbsorbed, registerPart, runPart, shownAt, topOf } from './merge-shown.ts'
import type { Loss } from './policy.ts'

/**
 * What of a version is not shown after a join, although nobody had seen it: a register below another one, a value of a kind that is not shown, a sum that is no
 * number. What somebody had seen and wrote over is no loss, and neither is a deletion beside which something lives that it had not seen.
 */
export function lossesOf(of: MergeState, joined: MergeState): Loss | undefined {
  if (of.exist.size === 0) return undefined
  const attributes: string[] = []
  const outOfRange = membersLost(of.root, joined.root, '', attributes)
  if (attributes.length === 0) return undefined
  return { attributes: attributes.sort(), ...(outOfRange && { failed: 'a sum is no number' }) }
}

/** Adds the paths to `lost`; true when a sum was out of range. */
function membersLost(of: MergeNode, joined: MergeNode, path: string, lost: string[]): boolean {
  let outOfRange = false
  for (const [name, member] of of.members) {
    outOfRange = nodeLost(member, joined.members.get(name) ?? emptyNode, path + name, lost) || outOfRange
  }
  return outOfRange
}

function nodeLost(of: MergeNode, joined: MergeNode, path: string, lost: string[]): boolean {
  const [had, shows] = [shownAt(of), shownAt(joined)]
  if (had !== undefined && shows !== undefined && equalValues(had.value, shows.value) && shows.outOfRange !== true) return false
  if (shows?.outOfRange === true && partsOf(of).some((part) => isHeld(joined, part) && !shows.parts.has(part))) {
    lost.push(path)
    return true
  }
  if (had === undefined && shows === undefined) return false
  const bothMaps = had !== undefined && shows !== undefined && 'M' in had.value && 'M' in shows.value
  if (bothMaps) return membersLost(of, joined, `${path}.`, lost)
  const parts = had === undefined ? removalOf(of) : [...had.parts]
  const hidden = parts.some((part) => isHeld(joined, part) && shows?.parts.has(part) !== true)
  if (hidden || (had !== undefined && 'M' in had.value && isAnyHeld(of, joined))) lost.push(path)
  return false
}

/** That something was removed, which is lost where a register of another write is shown. */
function removalOf(node: MergeNode): readonly string[] {
  const top = topOf(node)
  return top === undefined ? [] : [registerPart(top)]
}

function partsOf(node: MergeNode): readonly string[] {
  return [...(shownAt(node)?.parts ?? [])]
}

/** Whether a part is there after the join, and was not seen by what is shown. */
function isHeld(joined: MergeNode, part: string): boolean {
  const top = topOf(joined)
  for (const register of joined.registers.values()) {
    if (registerPart(register) === part) return register !== top || register.value !== 'removed'
  }
  for (const [id, accumulator] of joined.accumulators) if (accumulatorPart(id) === part) return !isAbsorbed(joined, top, id, accumulator)
  for (const name of joined.runs.keys()) if (runPart(name) === part) return top?.runs.has(name) !== true
  for (const element of joined.elements.keys()) if (elementPart(element) === part) return true
  return false
}

function isAnyHeld(of: MergeNode, joined: MergeNode): boolean {
  const has = (a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean => [...a.keys()].some((name) => b.has(name))
  if (has(of.registers, joined.registers) || has(of.accumulators, joined.accumulators)) return true
  if (has(of.runs, joined.runs) || has(of.elements, joined.elements)) return true
  return [...of.members].some(([name, member]) => {
    const other = joined.members.get(name)
    return other !== undefined && isAnyHeld(member, other)
  })
}
