import type { AdminContext } from '../context.ts'
import type { Reply } from '../reply.ts'
import { ok } from '../reply.ts'
import type { Health } from '../wire.ts'

/** Answers as soon as the server does. */
export function health({ world, about, scheduler }: AdminContext, startedMs: number): Reply {
  const { version, profile, clockMode, dataFolder } = about
  const body: Health = {
    status: 'ok',
    version,
    profile,
    clock: clockMode,
    ...(dataFolder === undefined ? {} : { dataFolder }),
    regions: world.regions().map(({ name }) => name),
    upMs: Math.round(scheduler.monotonicMs() - startedMs),
  }
  return ok(body)
}
