import type { Refusal } from '../engine/refusal.ts'
import { refuse } from '../engine/refusal.ts'
import type { Table } from '../engine/table.ts'
import { TAGS_MAX, TOO_MANY_TAGS } from '../engine/tag-limit.ts'
import { isInvalid } from '../item/invalid.ts'
import type { KeySchema } from '../item/key-schema.ts'
import type { CustomFunctions } from '../replication/custom-function.ts'
import { parsePolicy, policyTag } from '../replication/policy-text.ts'
import type { GlobalTable } from './global-table.ts'

/**
 * A table's conflict policy is a tag of its replicas. Of a global table it is recorded, and the tag is the same in all; of a table in one Region the
 * tag is all that there is [REP-11].
 */

/** Why these tags cannot be a table's; undefined when they can. */
export function policyProblem(tags: Table['tags'], schema: KeySchema, functions: CustomFunctions): Refusal | undefined {
  const policy = tags[policyTag]
  const parsed = policy === undefined ? undefined : parsePolicy(policy, schema, functions)
  return isInvalid(parsed) ? refuse('invalid', parsed.invalid) : undefined
}

/**
 * Why another Region's replica cannot take the tag over; undefined when it can. One that does not run is not asked: should it have no room, it has
 * a tag too many when it is back.
 */
export function roomProblem(table: Table | undefined, region: string): Refusal | undefined {
  if (table === undefined || table.tags[policyTag] !== undefined || Object.keys(table.tags).length < TAGS_MAX) return undefined
  return refuse(
    'invalid',
    `${TOO_MANY_TAGS}: the tag ${policyTag} is the same in all Regions, and ${table.name} in ${region} has ${TAGS_MAX} others`,
  )
}

/** A table's tags with the one that holds the policy; without it when nobody set one. */
export function withPolicyTag(tags: Table['tags'], policy: string | undefined): Table['tags'] {
  if (tags[policyTag] === policy) return tags
  const { [policyTag]: _before, ...others } = tags
  return policy === undefined ? others : { ...others, [policyTag]: policy }
}

/** The tags of a replica: what is recorded is the policy, whatever one Region's tag says. */
export function localTags(global: GlobalTable | undefined, tags: Table['tags']): Table['tags'] {
  return global === undefined ? tags : withPolicyTag(tags, global.membership.policy)
}
