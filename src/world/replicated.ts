import type { Incarnation } from '../replication/dot.ts'
import { joinInto } from '../replication/cursors.ts'
import type { World } from './world.ts'

/**
 * Settles when every replica that runs has applied all that any of them had when this was called. While a fault keeps Regions apart it waits for
 * the fault's end.
 */
export async function replicated(world: World): Promise<void> {
  for (const { globalId, replicas } of world.globalTables()) {
    const running = replicas.flatMap(({ region }) => {
      const replica = world.region(region)?.running?.replication.replica(globalId)
      return replica?.ready === true ? [replica] : []
    })
    const goal = new Map<Incarnation, number>()
    for (const replica of running) joinInto(goal, (await replica.row())?.cursors ?? new Map())
    await Promise.all(running.map((replica) => replica.reaches(goal)))
  }
}
