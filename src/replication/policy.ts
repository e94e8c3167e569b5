import { assert } from '../base/assert.ts'
import type { StoredItem } from '../engine/stored-item.ts'
import type { Membership } from './membership.ts'
import type { Siblings } from './siblings.ts'
import type { Home, Version } from './version.ts'

/**
 * A policy chooses what is shown of an item in conflict: a pure function of the siblings, which come in version order [REP-10]. Replicas
 * with the same siblings show the same, so no policy can break convergence.
 */
export interface Policy {
  readonly name: PolicyName
  /** How it is written: in a tag, in the registry, in a replica's row. Equal texts are equal policies. */
  readonly text: string
  readonly show: (siblings: Siblings, membership: Membership) => Shown
  /** Of a policy whose text does not say all that it depends on: as what replicas write down that they follow it. */
  readonly followedAs?: string
  /** It shows what several versions make together: a write over them builds on all, and what is shown of each it says itself. */
  readonly joins?: true
  /** Of `home-region` only: where an item is at home, and what follows from that. */
  readonly homes?: Homes
}

/** What a read returns, and whose it is. */
export interface Shown {
  /** A write is judged by this version and names it as its base. */
  readonly version: Version
  /** Undefined: a read finds no item. */
  readonly stored: StoredItem | undefined
  /** Of a policy that joins: the versions of which something is not shown. Undefined for others: all but the shown one are lost. */
  readonly losses?: ReadonlyMap<Version, Loss>
}

/** What of a version is not shown. */
export interface Loss {
  /** Attributes, and members of maps as `address.city`. */
  readonly attributes: readonly string[]
  /** Why the policy could not do what it is for, so that something simpler is shown. */
  readonly failed?: string
}

export interface Homes {
  /** Whether a Region refuses to write what is at home in another. */
  readonly refuse: boolean
  /** Undefined: it names none. */
  readonly homeOf: (itemKey: Uint8Array, stored: StoredItem | undefined, kept: Home | undefined) => string | undefined
  /** What a tombstone must keep to have the home of what it deletes; undefined when its key tells. */
  readonly keptBy: (deleted: StoredItem) => Home | undefined
}

export type PolicyName = 'last-writer-wins' | 'version-check' | 'home-region' | 'merge' | 'custom'

export function shownAs(version: Version): Shown {
  return { version, stored: version.stored }
}

export function highestOf(siblings: Siblings): Version {
  const highest = siblings.at(-1)
  assert(highest !== undefined, 'a policy is asked about at least one version')
  return highest
}

/** `last-writer-wins`: the highest version, the whole item. What DynamoDB's eventually consistent global tables do. */
export const lastWriterWins: Policy = {
  name: 'last-writer-wins',
  text: 'last-writer-wins',
  show: (siblings) => shownAs(highestOf(siblings)),
}

/** `version-check`: shows the same; but a conflict stays open, whatever is written afterwards, until somebody resolves it [REP-12]. */
export const versionCheck: Policy = { ...lastWriterWins, name: 'version-check', text: 'version-check' }
