import { isAwsRegion } from '../../world/aws-regions.ts'
import { isRefusal } from '../../engine/refusal.ts'
import { sleep } from '../../base/scheduler.ts'
import type { World } from '../../world/world.ts'
import type { AdminContext } from '../context.ts'
import type { Reply } from '../reply.ts'
import { Rejection, ok } from '../reply.ts'
import type { LoseReply } from '../wire.ts'
import { lossesOf } from '../replication-state.ts'

/** Gives a Region up that will never come back. One that answers is not given up by mistake: its replicas are removed, and nothing is lost. */
export async function lose({ world, scheduler }: AdminContext, region: string, body: unknown): Promise<Reply> {
  const { also, force } = parseBody(body)
  const regions = [region, ...also]
  for (const name of regions) {
    if (!isAwsRegion(name)) throw new Rejection(400, `${name} is no AWS Region.`)
    if (!force && answers(world, name)) {
      throw new Rejection(
        409,
        `${name} answers. Remove its replicas with UpdateTable, then nothing is lost; or say that you mean it with force.`,
      )
    }
  }
  const losing = world.lose(regions)
  const done = await Promise.race([losing, sleep(scheduler, patienceMs)])
  if (isRefusal(done)) throw new Rejection(409, done.message)
  const reply: LoseReply = { regions, done: done !== undefined, losses: lossesOf(world).filter((loss) => regions.includes(loss.region)) }
  return ok(reply)
}

/** A member that is cut off from all others does not answer either. */
function answers(world: World, name: string): boolean {
  const node = world.region(name)
  if (node?.running === undefined || node.cutOff) return false
  const others = world.regions().filter((other) => other.name !== name && other.running !== undefined)
  return others.length === 0 || others.some((other) => world.network.isUp(other.name, name) && world.network.isUp(name, other.name))
}

function parseBody(body: unknown): { readonly also: readonly string[]; readonly force: boolean } {
  if (typeof body !== 'object' || body === null) throw new Rejection(400, 'The body must be an object.')
  const { also = [], force = false, ...rest } = body as Record<string, unknown>
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) throw new Rejection(400, `There is no ${unknown}; a loss takes also and force.`)
  if (!Array.isArray(also) || also.some((name) => typeof name !== 'string')) throw new Rejection(400, 'also must be a list of Regions.')
  if (typeof force !== 'boolean') throw new Rejection(400, 'force must be true or false.')
  return { also: also as readonly string[], force }
}

/** Longer than survivors that run take; one that does not run is waited for afterwards. */
const patienceMs = 20_000
