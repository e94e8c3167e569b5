import type { Incarnation } from '../replication/dot.ts'
import { joinInto } from '../replication/cursors.ts'
import type { Membership } from '../replication/membership.ts'
import { nextEpoch } from '../replication/membership.ts'
import type { GlobalTable } from './global-table.ts'
import { membersOf, replicaIn } from './global-table.ts'
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
  const table = steps.table(globalId)
  if (table === undefined || replicaIn(table, region)?.status !== 'DISASSOCIATING') return
  if (table.membership.members.includes(region)) await drain(steps, table, region)
  const { membership } = steps.table(globalId) ?? table
  await steps.onRegion(table, region, async ({ engine, replication }) => {
    const local = engine.table(table.name)
    if (local?.globalId !== globalId) return
    await replication.replica(globalId)?.goAlone(alone(membership, region))
    const own = await engine.changeTable(table.name, ({ id }) => ({ globalId: `${id}-${membership.epoch}` }))
    if (own !== undefined) await replication.readd(globalId, own)
  })
  await steps.registry.change(globalId, (now) => {
    const replicas = now.replicas.filter((replica) => replica.region !== region)
    return replicas.length === 0 ? undefined : { ...now, replicas }
  })
  steps.log.info('replica-disassociated', { table: table.name, region })
}

async function drain(steps: ReplicaSteps, table: GlobalTable, region: string): Promise<void> {
  const others = membersOf(table).filter((replica) => replica.region !== region)
  await steps.reconcile(table.globalId)
  const goal = new Map<Incarnation, number>()
  for (const { region: member } of others) {
    const row = await steps.onReplica(table, member, (replica) => replica.row())
    if (row !== undefined) joinInto(goal, finalsOf(row))
  }
  await steps.reaches(table, region, goal, region)
  const finals = finalsOf(await steps.onReplica(table, region, (replica) => replica.leave()))
  for (const { region: member } of others) {
    // One that is suspended is filled from another one: it has to have it before.
    await steps.reaches(table, member, finals, region)
  }
  await recordWithout(steps, table.globalId, region, finals)
}

/** It knows what the group knew of ended logs, and no member but itself. */
function alone(membership: Membership, region: string): Membership {
  return nextEpoch(membership, { members: [region], joined: {} })
}
