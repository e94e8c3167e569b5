import type { Incarnation } from '../replication/dot.ts'
import { joinInto } from '../replication/cursors.ts'
import type { GlobalTable, ReplicaRecord } from './global-table.ts'
import { isPermitted, mayDrain, membersOf, replicaIn } from './global-table.ts'
import { goAlone } from './going-alone.ts'
import { finalsOf, recordWithout } from './replica-removal.ts'
import type { ReplicaSteps } from './replica-steps.ts'

/**
 * Lets the replica go that is recorded as DISASSOCIATING in a Region. It keeps its data and goes on as a table of its Region, which is written to all the
 * while:
 *
 *   has what the others had -> its logs end for them -> drained to every member -> recorded without it, its logs closed [REP-36] -> another table
 *
 * A member that cannot be reached holds it up, and it stays what it is until then.
 */
export async function disassociate(steps: ReplicaSteps, globalId: string, region: string): Promise<void> {
  for (;;) {
    const table = steps.table(globalId)
    const record = table && replicaIn(table, region)
    if (table === undefined || record?.status !== 'DISASSOCIATING') return
    if (!table.membership.members.includes(region)) break
    if (mayDrain(table, record)) {
      if (await drain(steps, table, record)) break
    } else await steps.access.nextChange()
  }
  const table = steps.table(globalId)
  if (table === undefined) return
  const { membership } = table
  await steps.onRegion(table, region, (running) => goAlone(running, table, region, membership))
  await steps.registry.change(globalId, (now) => {
    const replicas = now.replicas.filter((replica) => replica.region !== region)
    return replicas.length === 0 ? undefined : { ...now, replicas }
  })
  steps.log.info('replica-disassociated', { table: table.name, region })
}

/** False when what may be replicated changed meanwhile. To whom nothing may be it comes later, from another one that has it by then. */
async function drain(steps: ReplicaSteps, table: GlobalTable, { region }: ReplicaRecord): Promise<boolean> {
  const others = membersOf(table).filter((replica) => replica.region !== region && isPermitted(replica))
  const isStill = (): boolean => {
    const now = steps.table(table.globalId)
    return [region, ...others.map((other) => other.region)].every((each) => isPermitted((now && replicaIn(now, each)) ?? {}))
  }
  await steps.reconcile(table.globalId)
  const goal = new Map<Incarnation, number>()
  for (const { region: member } of others) {
    const row = await steps.onReplica(table, member, (replica) => replica.row())
    if (row !== undefined) joinInto(goal, finalsOf(row))
  }
  await steps.reaches(table, region, goal, region)
  if (!isStill()) return false
  const finals = finalsOf(await steps.onReplica(table, region, (replica) => replica.leave()))
  for (const { region: member } of others) {
    // One that is suspended is filled from another one: it has to have it before.
    await steps.reaches(table, member, finals, region)
    if (!isStill()) return false
  }
  await recordWithout(steps, table.globalId, region, finals)
  return true
}
