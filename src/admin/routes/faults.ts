import { regionNames } from '../../world/inspection.ts'
import type { AdminContext } from '../context.ts'
import { parseFault, reportFault } from '../fault-body.ts'
import type { Reply } from '../reply.ts'
import { Rejection, ok } from '../reply.ts'
import type { FaultsReply, HealedReply, InjectedReply } from '../wire.ts'

export function listFaults({ faults }: AdminContext): Reply {
  const body: FaultsReply = { faults: faults.list().map(reportFault) }
  return ok(body)
}

export async function injectFault({ world, faults, events }: AdminContext, json: unknown): Promise<Reply> {
  const fault = parseFault(json, regionNames(world))
  const { id } = await faults.inject(fault)
  events.look()
  const body: InjectedReply = { id }
  return { status: 201, body }
}

export async function healFault({ faults, events }: AdminContext, id: string): Promise<Reply> {
  if (!(await faults.heal(id))) throw new Rejection(404, `There is no fault ${id}; it may have healed by itself.`)
  events.look()
  const body: HealedReply = { healed: 1 }
  return ok(body)
}

export async function healAllFaults({ faults, events }: AdminContext): Promise<Reply> {
  const body: HealedReply = { healed: await faults.healAll() }
  events.look()
  return ok(body)
}
