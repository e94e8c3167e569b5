import type { World } from '../../world/world.ts'
import { policyTag } from '../../replication/policy-text.ts'
import { isRefusal } from '../../engine/refusal.ts'
import { policyOf, replicasOf } from '../../world/inspection.ts'
import type { AdminContext } from '../context.ts'
import { policyOfSource } from './functions.ts'
import type { Reply } from '../reply.ts'
import { Rejection, ok } from '../reply.ts'
import type { PolicyReply } from '../wire.ts'

/** By which policy conflicts of a table are decided, and how far each Region has followed it. */
export async function showPolicy({ world }: AdminContext, table: string): Promise<Reply> {
  return ok(await describe(world, table))
}

/** Sets the policy, as its tag does. The answer does not wait until every Region has followed. */
export async function setPolicy(context: AdminContext, table: string, body: unknown): Promise<Reply> {
  const { world } = context
  const { policy: named, source } = (typeof body === 'object' && body !== null ? body : {}) as { policy?: unknown; source?: unknown }
  const isPolicy = source === undefined && (named === null || typeof named === 'string')
  if (!isPolicy && !(named === undefined && typeof source === 'string')) {
    throw new Rejection(400, 'The body must be {"policy": "…"}, or null for none, or {"source": "…"} with a function that decides.')
  }
  const [replica] = replicasOf(world, table)
  if (replica === undefined) throw new Rejection(404, `There is no table ${table}.`)
  const policy = typeof source === 'string' ? await policyOfSource(context, source) : isPolicy ? named : null
  const changed = await world.changeTags(replica.region, table, ({ [policyTag]: _before, ...others }) =>
    policy === null ? others : { ...others, [policyTag]: policy },
  )
  if (isRefusal(changed)) throw new Rejection(changed.refused === 'invalid' ? 400 : 409, changed.message)
  return ok(await describe(world, table))
}

async function describe(world: World, table: string): Promise<PolicyReply> {
  const found = await policyOf(world, table)
  if (found === undefined) throw new Rejection(404, `There is no table ${table}.`)
  const { policy, followedByRegion } = found
  return {
    table,
    policy,
    followed: [...followedByRegion.values()].every((each) => each === policy),
    regions: Object.fromEntries(followedByRegion),
  }
}
