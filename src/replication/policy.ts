import { assert } from '../base/assert.ts'
import type { Siblings } from './siblings.ts'
import type { Version } from './version.ts'

/**
 * A policy chooses what is shown of an item in conflict: a pure function of the siblings, which come in version order [REP-10]. Replicas
 * with the same siblings show the same, so no policy can break convergence.
 */
export interface Policy {
  readonly show: (siblings: Siblings) => Version
}

export type PolicyName = 'last-writer-wins'

/** `last-writer-wins`: the highest version, the whole item. What DynamoDB's eventually consistent global tables do. */
export const policies: Readonly<Record<PolicyName, Policy>> = {
  'last-writer-wins': {
    show(siblings) {
      const highest = siblings.at(-1)
      assert(highest !== undefined, 'a policy is asked about at least one version')
      return highest
    },
  },
}
