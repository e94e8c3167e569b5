import type { Item } from '../item/attribute-value.ts'
import { newMap } from '../item/attribute-value.ts'
import type { ItemEdit } from '../item/item-edit.ts'
import { itemSizeBytes } from '../item/item-size.ts'
import type { KeySchema } from '../item/key-schema.ts'
import { keyAttributes } from '../item/key-schema.ts'
import { encodeImage, StoredItem } from '../engine/stored-item.ts'
import { sameDot } from './dot.ts'
import type { Dot } from './dot.ts'
import type { Membership } from './membership.ts'
import { hasSeen } from './membership.ts'
import { decodeMergeState, encodeMergeState } from './merge-codec.ts'
import type { MergeCopy } from './merge-join.ts'
import { joinCopies } from './merge-join.ts'
import { lossesOf } from './merge-losses.ts'
import { shownMembers } from './merge-shown.ts'
import type { MergeState, Stamp } from './merge-state.ts'
import { emptyNode } from './merge-state.ts'
import { collectState, overwrittenState, writeState } from './merge-write.ts'
import type { Loss, Policy } from './policy.ts'
import { highestOf, shownAs } from './policy.ts'
import type { Siblings } from './siblings.ts'
import type { Version } from './version.ts'

/**
 * `merge`: shows what all concurrent writes make together, attribute by attribute [REP-14 to REP-17]. A version carries, beside its image, which write made
 * each part of it; a version that does not is all its own.
 */
export function mergePolicy(schema: KeySchema): Policy {
  const keyNames = keyNamesOf(schema)
  return {
    name: 'merge',
    text: 'merge',
    joins: true,
    show(siblings, membership) {
      const highest = highestOf(siblings)
      if (siblings.length === 1) return shownAs(highest)
      const copies = siblings.map((version) => ({ version, ...copyOf(version, membership, keyNames) }))
      const { state } = joinCopies(copies)
      const losses = new Map<Version, Loss>()
      for (const copy of copies) {
        const loss = lossesOf(copy.state, state)
        if (loss !== undefined) losses.set(copy.version, loss)
      }
      return { version: highest, stored: storedOf(state, siblings, keyNames), losses }
    },
  }
}

/** The attributes that name an item: no write changes them. */
export function keyNamesOf(schema: KeySchema): ReadonlySet<string> {
  return new Set(keyAttributes(schema).map(({ name }) => name))
}

export function copyOf(version: Version, membership: Membership, keyNames: ReadonlySet<string>): MergeCopy {
  return {
    state: decodeMergeState(version.merge, version, version.stored?.item, keyNames),
    sees: (dot: Dot) => sameDot(version.dot, dot) || hasSeen(version, dot, membership),
  }
}

/** What is shown; the attributes of the key are those of any version that has the item. */
function storedOf(state: MergeState, siblings: Siblings, keyNames: ReadonlySet<string>): StoredItem | undefined {
  if (state.exist.size === 0) return undefined
  const image = siblings.findLast(({ stored }) => stored !== undefined)?.stored?.item
  const item = newMap()
  for (const name of keyNames) {
    const value = image?.[name]
    if (value !== undefined) item[name] = value
  }
  Object.assign(item, shownMembers(state.root))
  return new StoredItem(encodeImage(item), itemSizeBytes(item), item)
}

export interface MergeDataOf {
  readonly siblings: Siblings
  readonly membership: Membership
  readonly schema: KeySchema
  readonly stamp: Stamp
  readonly before: StoredItem | undefined
  readonly after: StoredItem | undefined
  readonly edits: readonly ItemEdit[] | undefined
  /** Whether every member has a write, and whatever has not seen it is here. */
  readonly isStable: (dot: Dot) => boolean
}

/** The merge data of a local write over these siblings; undefined when the version needs none. @param merges false under a policy that does not merge */
export function mergeDataOf(write: MergeDataOf, merges: boolean): Uint8Array | undefined {
  const { siblings, membership, schema, stamp, isStable } = write
  const keyNames = keyNamesOf(schema)
  const held = siblings.length === 0 ? nothingHeld : joinCopies(siblings.map((version) => copyOf(version, membership, keyNames))).state
  const [before, after]: readonly (Item | undefined)[] = [write.before?.item, write.after?.item]
  const change = { stamp, before, after, edits: write.edits, keyNames }
  const state = merges ? writeState(held, change) : overwrittenState(held, change)
  return encodeMergeState(
    collectState(state, ({ dot }) => isStable(dot)),
    stamp,
    after,
    keyNames,
  )
}

const nothingHeld: MergeState = { exist: new Map(), root: emptyNode }
