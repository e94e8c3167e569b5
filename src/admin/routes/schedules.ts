import { regionNames } from '../../world/inspection.ts'
import type { AdminContext } from '../context.ts'
import { reportFaultBody } from '../fault-body.ts'
import type { Reply } from '../reply.ts'
import { Rejection, ok } from '../reply.ts'
import { parseSchedule } from '../schedule-body.ts'
import type { SchedulesReply, StartedScheduleReply } from '../wire.ts'

export function listSchedules({ schedules }: AdminContext): Reply {
  const body: SchedulesReply = {
    schedules: schedules.list().map(({ id, schedule, remaining }) => ({ id, seed: schedule.seed, remaining })),
  }
  return ok(body)
}

export function startSchedule({ world, schedules }: AdminContext, json: unknown): Reply {
  const { id, timeline } = schedules.start(parseSchedule(json, regionNames(world)))
  const body: StartedScheduleReply = { id, timeline: timeline.map(({ atMs, fault }) => ({ atMs, fault: reportFaultBody(fault) })) }
  return { status: 201, body }
}

export async function stopSchedule({ schedules, events }: AdminContext, id: string): Promise<Reply> {
  if (!(await schedules.stop(id))) throw new Rejection(404, `There is no schedule ${id}; it may have come to its end.`)
  events.look()
  return ok({ stopped: 1 })
}
