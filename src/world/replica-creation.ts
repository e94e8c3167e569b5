import type { TableBlueprint } from '../engine/table.ts'
import type { Cursors } from '../replication/cursors.ts'
import { joinInto } from '../replication/cursors.ts'
import type { Incarnation } from '../replication/dot.ts'
import type { GlobalTable, ReplicaRecord } from './global-table.ts'
import { membersOf, replicaIn, withReplica } from './global-table.ts'
import { localSettings } from './local-settings.ts'
import { withPolicyTag } from './policy-tag.ts'
import type { ReplicaSteps } from './replica-steps.ts'

/**
 * Fills the replica that is recorded as CREATING in a Region, and makes it ACTIVE:
 *
 *   member recorded -> every member confirms and counts it -> state transfer -> catch up -> ACTIVE     [REP-32]
 */
export async function createReplica(steps: ReplicaSteps, globalId: string, region: string): Promise<void> {
  const asked = steps.table(globalId)
  const begun = asked && replicaIn(asked, region)
  if (begun === undefined) return
  await steps.until(begun.createdAtMs + steps.pace.madeMs)
  for (;;) {
    const table = steps.table(globalId)
    const record = table === undefined ? undefined : replicaIn(table, region)
    if (table === undefined || record?.status !== 'CREATING') return
    const goal = new Map<Incarnation, number>()
    for (const { region: member } of membersOf(table)) {
      if (member === region) continue
      const row = await steps.onReplica(table, member, (replica) => replica.adopt(table.membership))
      if (row !== undefined) joinInto(goal, row.cursors)
    }
    if (await fill(steps, table, record, goal)) break
  }
  await steps.registry.change(globalId, (now) =>
    replicaIn(now, region)?.status === 'CREATING' ? withReplica(now, region, { status: 'ACTIVE' }) : now,
  )
  steps.log.info('replica-active', { table: steps.table(globalId)?.name, region })
  // Some settings may have been changed meanwhile.
  await steps.share(globalId)
}

async function fill(
  steps: ReplicaSteps,
  table: GlobalTable,
  { region, source, createdAtMs }: ReplicaRecord,
  goal: Cursors,
): Promise<boolean> {
  if (source === undefined) return false
  const filled = await steps.onRegion(table, region, async (running) => {
    const { engine, replication } = running
    const local = engine.table(table.name) ?? (await engine.createTable(replicaBlueprint(table, region), 'CREATING', table.globalId))
    if (local?.globalId !== table.globalId) throw new Error(`${region} has another table named ${table.name}`)
    if (local.status === 'ACTIVE') return true
    const replica = replication.replica(table.globalId) ?? (await replication.add(local))
    await replica.adopt(table.membership)
    if (!(await replica.seedFrom(source))) return false
    // Who is given up meanwhile cannot be waited for: then the goal is another one.
    if (!(await steps.access.unlessChanged(replica.reaches(goal)))) return false
    const { itemCount } = await engine.statistics(local)
    await steps.until(createdAtMs + (itemCount > 0 ? steps.pace.filledMs : steps.pace.activeMs))
    if (!replica.ready || replication.replica(table.globalId) !== replica || steps.node(region).running !== running) return false
    // Here, not after: a Region that crashes before this is durable comes back with a replica that is still to be filled.
    await engine.changeTable(table.name, () => ({ status: 'ACTIVE' }))
    replica.release()
    return true
  })
  return filled === true
}

/** What the replica of a Region begins as: with what replicas share, and nothing that is its source's own (observed on AWS, 2026-10). */
export function replicaBlueprint(table: GlobalTable, region: string): TableBlueprint {
  const { name, schema, attributeDefinitions, membership } = table
  const start = replicaIn(table, region)?.ownStart
  const tags = withPolicyTag(start?.tags ?? {}, membership.policy)
  const settings = localSettings(table, region, undefined)
  return { name, schema, attributeDefinitions, settings, tags, ...(start && { own: start.own }) }
}
