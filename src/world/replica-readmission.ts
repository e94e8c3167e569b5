import type { Cursors } from '../replication/cursors.ts'
import { cursorOf, joinInto, noCursors } from '../replication/cursors.ts'
import type { Incarnation } from '../replication/dot.ts'
import { nextEpoch } from '../replication/membership.ts'
import type { GlobalTable } from './global-table.ts'
import { membersOf, replicaIn, withReplica } from './global-table.ts'
import type { Running } from './region-node.ts'
import type { RepairSteps } from './repair-steps.ts'
import { replicaBlueprint } from './replica-creation.ts'

/**
 * How an expelled replica comes back:
 *
 *   it serves nobody -> it is a member again, which every other confirms -> it is brought to another's state, what it had not sent is made again ->
 *   it catches up -> ACTIVE
 */

export async function beginReadmission(steps: RepairSteps, globalId: string, region: string): Promise<void> {
  const { access, registry } = steps
  const table = steps.table(globalId)
  if (table === undefined || replicaIn(table, region)?.status !== 'EXPELLED') return
  const why = replicaIn(table, region)?.why ?? 'it was expelled'
  // Also those of its logs of which nobody else had heard: from now on they could be.
  const finals = new Map<Incarnation, number>()
  await access.onRegion(globalId, region, async (running) => {
    if (running.engine.table(table.name)?.globalId !== globalId) return
    await steps.suspend(table, running, why)
    const row = await running.replication.replica(globalId)?.row()
    const { closed, dropped } = table.membership
    for (const log of row?.ours ?? []) if (closed[log] === undefined && dropped[log] === undefined) finals.set(log, 0)
  })
  for (const other of membersOf(table)) {
    const row = await access.onReplica(table, other.region, (replica) => replica.row())
    for (const incarnation of finals.keys()) joinInto(finals, new Map([[incarnation, cursorOf(row?.cursors ?? noCursors, incarnation)]]))
  }
  await registry.change(globalId, (now) => {
    if (replicaIn(now, region)?.status !== 'EXPELLED') return now
    const { membership } = now
    const closed = { ...membership.closed, ...Object.fromEntries(finals) }
    const members = [...membership.members, region]
    const joined = { ...membership.joined, [region]: membership.epoch + 1 }
    return { ...withReplica(now, region, { status: 'UPDATING' }), membership: nextEpoch(membership, { members, joined, closed }) }
  })
}

/**
 * Ends early when another member is suspected to stand on an older disk: what this one still waits for may have gone with that, and it is taken out
 * first. To be called again then.
 */
export async function finishReadmission(steps: RepairSteps, globalId: string, region: string): Promise<void> {
  const { access, registry, log } = steps
  for (;;) {
    const table = steps.table(globalId)
    if (table === undefined || replicaIn(table, region)?.status !== 'UPDATING' || steps.isAnySuspected(table)) return
    const goal = new Map<Incarnation, number>()
    for (const { region: member } of membersOf(table)) {
      if (member === region) continue
      const row = await access.onReplica(table, member, (replica) => replica.adopt(table.membership))
      if (row !== undefined) joinInto(goal, row.cursors)
    }
    const source = steps.sourceFor(table, region)
    if (source === undefined) return
    if (await access.onRegion(globalId, region, (running) => refill(steps, table, region, source, goal, running))) break
  }
  await registry.change(globalId, (now) => {
    return replicaIn(now, region)?.status === 'UPDATING' ? withReplica(now, region, { status: 'ACTIVE', why: undefined }) : now
  })
  log.info('replica-active', { table: steps.table(globalId)?.name, region })
}

/** False when it has to be begun again. */
async function refill(
  steps: RepairSteps,
  table: GlobalTable,
  region: string,
  source: string,
  goal: Cursors,
  running: Running,
): Promise<boolean> {
  const { engine, replication } = running
  const { globalId, name } = table
  const local = engine.table(name) ?? (await engine.createTable(replicaBlueprint(table, region), 'CREATING', globalId))
  if (local?.globalId !== globalId) throw new Error(`${region} has another table named ${name}`)
  const replica = replication.replica(globalId) ?? (await replication.add(local))
  const row = await replica.row()
  const isOlder = row !== undefined && row.epoch < (table.membership.joined[region] ?? 0)
  if (isOlder && replica.ready && engine.table(name)?.suspended === undefined)
    await steps.suspend(table, running, 'it was set back meanwhile')
  await replica.adopt(table.membership)
  if (!replica.ready) {
    if (!(await replica.seedFrom(source))) return false
  } else if (engine.table(name)?.suspended?.refilled === false) {
    await replica.suspend()
    if (!(await replica.reseedFrom(source, 'replace'))) return false
    await engine.changeTable(name, ({ suspended }) => ({ suspended: suspended && { ...suspended, refilled: true } }))
  }
  if (steps.isAnySuspected(table) || !(await steps.access.unlessChanged(replica.reaches(goal)))) return false
  if (replication.replica(globalId) !== replica || steps.access.running(region) !== running) return false
  await steps.resumeService(table, region, running)
  return true
}
