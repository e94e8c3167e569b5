import { isRefusal } from '../../engine/refusal.ts'
import type { AdminContext } from '../context.ts'
import type { Reply } from '../reply.ts'
import { Rejection, ok } from '../reply.ts'
import type { FunctionReply, FunctionsReply } from '../wire.ts'

/** The functions that a table's policy may name, as the policies that name them. */
export function listFunctions({ world }: Pick<AdminContext, 'world'>): Reply {
  const reply: FunctionsReply = { policies: world.functions.names().map((name) => `custom:${name}`) }
  return ok(reply)
}

export async function registerFunction(context: AdminContext, body: unknown): Promise<Reply> {
  const { source } = (typeof body === 'object' && body !== null ? body : {}) as { source?: unknown }
  if (typeof source !== 'string') throw new Rejection(400, 'The body must be {"source": "…"}, a JavaScript function expression.')
  const reply: FunctionReply = { policy: await policyOfSource(context, source) }
  return ok(reply)
}

/** Forgets a function that no table's policy names. It is named as its policy is. */
export async function removeFunction({ world }: AdminContext, policy: string): Promise<Reply> {
  const name = policy.startsWith('custom:') ? policy.slice('custom:'.length) : policy
  const removed = await world.removeFunction(name)
  if (isRefusal(removed)) throw new Rejection(409, removed.message)
  if (!removed) throw new Rejection(404, `No function ${name} is registered.`)
  return listFunctions({ world })
}

/** Registers the function, and returns the policy that names it. */
export async function policyOfSource({ world }: AdminContext, source: string): Promise<string> {
  const name = await world.functions.register(source)
  if (isRefusal(name)) throw new Rejection(name.refused === 'invalid' ? 400 : 409, name.message)
  return `custom:${name}`
}
