import type { Cursors } from '../replication/cursors.ts'
import type { Incarnation } from '../replication/dot.ts'
import { announcesDrop } from '../replication/membership.ts'
import { readOwners } from '../replication/owners.ts'
import type { ReplicaRow } from '../replication/replica-row.ts'
import type { GlobalTable } from './global-table.ts'
import { isBusy, membersOf } from './global-table.ts'
import type { ReplicaSteps } from './replica-steps.ts'

/**
 * Leaves ended incarnations out of the cursors of a table, once every member has them in full: announced in one epoch, done in the next, so that
 * nobody meets a context that leaves out what it does not know to be complete. Does nothing unless every member is up and has caught up.
 */
export async function retireIncarnations(steps: ReplicaSteps, globalId: string, keep: number): Promise<void> {
  const table = steps.table(globalId)
  if (table === undefined || table.consistency === 'STRONG' || isBusy(table)) return
  if (!announcesDrop(table.membership)) {
    const complete = await completeIncarnations(steps, table)
    if (complete.length <= keep) return
    // A replica that was recorded meanwhile confirms neither step; the next time.
    await steps.registry.change(globalId, (now) => {
      if (isBusy(now)) return now
      const { membership } = now
      const dropped = { ...membership.dropped }
      for (const incarnation of complete) dropped[incarnation] = membership.epoch + 2
      return { ...now, membership: { ...membership, epoch: membership.epoch + 1, dropped } }
    })
  }
  await steps.reconcile(globalId)
  await steps.registry.change(globalId, (now) => {
    const { membership } = now
    return isBusy(now) || !announcesDrop(membership) ? now : { ...now, membership: { ...membership, epoch: membership.epoch + 1 } }
  })
  await steps.reconcile(globalId)
}

/**
 * Incarnations that nobody writes to any more, that every member holds in full, and that every member knows to be stable: a deletion
 * among them is collected afterwards, so nothing that had not seen it may still be on its way to anybody [REP-36]. Those of a Region that was
 * expelled stay: it may hold writes beyond their ends, which it would no longer know for its own when it comes back [REP-38].
 */
async function completeIncarnations(steps: ReplicaSteps, table: GlobalTable): Promise<readonly Incarnation[]> {
  const rows: ReplicaRow[] = []
  const cuts: Cursors[] = []
  const current = new Set<Incarnation>()
  const expelled = new Set(table.replicas.flatMap(({ region, status }) => (status === 'EXPELLED' ? [region] : [])))
  const owners = new Map<Incarnation, string>()
  for (const { region } of membersOf(table)) {
    const running = steps.node(region).running
    const replica = running?.replication.replica(table.globalId)
    const row = await replica?.row()
    const cut = await replica?.stableCut()
    if (running === undefined || replica === undefined || row === undefined || cut === undefined) return []
    rows.push(row)
    cuts.push(cut)
    const writing = running.versions.currentIncarnation(replica.table.number)
    if (writing !== undefined) current.add(writing)
    if (expelled.size > 0)
      for (const [incarnation, owner] of await readOwners(running.store, replica.table.number)) owners.set(incarnation, owner)
  }
  const [first] = rows
  if (first === undefined) return []
  return [...first.cursors].flatMap(([incarnation, n]) => {
    if (expelled.has(owners.get(incarnation) ?? '')) return []
    const ended = !current.has(incarnation) && rows.every((row) => row.cursors.get(incarnation) === n)
    return ended && cuts.every((cut) => cut.get(incarnation) === n) ? [incarnation] : []
  })
}
