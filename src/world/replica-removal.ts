import type { Cursors } from '../replication/cursors.ts'
import { nextEpoch } from '../replication/membership.ts'
import type { ReplicaRow } from '../replication/replica-row.ts'
import type { GlobalTable, ReplicaRecord } from './global-table.ts'
import { isPermitted, mayDrain, membersOf, replicaIn } from './global-table.ts'
import type { ReplicaSteps } from './replica-steps.ts'

/**
 * Drains and removes the replica that is recorded as DELETING in a Region:
 *
 *   fenced -> drained to every member -> its ledger handed over -> recorded without it, its logs closed -> data go   [REP-37]
 */
export async function removeReplica(steps: ReplicaSteps, globalId: string, region: string): Promise<'done' | 'later'> {
  const table = steps.table(globalId)
  const record = table && replicaIn(table, region)
  if (table === undefined || record === undefined || !isGoing(record)) return 'done'
  const { goesAtMs = 0 } = record
  await steps.until(goesAtMs)
  await steps.onRegion(table, region, async ({ engine }) => {
    const local = engine.table(table.name)
    if (local?.globalId === globalId && local.status !== 'DELETING') await engine.changeTable(table.name, () => ({ status: 'DELETING' }))
  })
  if (table.membership.members.includes(region)) {
    // Nobody shows what another policy chose when ledgers are compared: while a replica goes, the policy stays.
    await steps.reconcile(globalId)
    const row = await steps.onReplica(table, region, (replica) => replica.fence())
    const finals = finalsOf(row)
    const now = steps.table(globalId)
    const still = now && replicaIn(now, region)
    if (now === undefined || !isGoing(still)) return 'later'
    if (!mayDrain(now, still)) {
      // Nothing that it has arrives anywhere: that changes, or it is abandoned.
      await steps.access.nextChange()
      return 'later'
    }
    for (const member of membersOf(now)) {
      // One that is suspended comes first: it takes nothing in until it was brought to another one's state. To whom nothing may be replicated it comes
      // later, from another one that has it by then.
      if (member.region === region || !isPermitted(member)) continue
      if (!(await steps.reaches(now, member.region, finals, region))) return 'later'
    }
    await handOverLedger(steps, table, region)
    await steps.until(goesAtMs + steps.pace.unlistedMs)
    await recordWithout(steps, globalId, region, finals)
  }
  // Given up meanwhile: what is left to do is another's.
  if (!isGoing(replicaIn(steps.table(globalId) ?? table, region))) return 'done'
  await steps.until(goesAtMs + steps.pace.goneMs)
  await steps.drop(table, region)
  await steps.registry.change(globalId, (now) => {
    if (!isGoing(replicaIn(now, region))) return now
    const replicas = now.replicas.filter((replica) => replica.region !== region)
    return replicas.length === 0 ? undefined : { ...now, replicas }
  })
  steps.log.info('replica-removed', { table: table.name, region })
  return 'done'
}

/** What only the leaving replica had found stays known: the first member that has all that the leaver had takes its ledger over. */
async function handOverLedger(steps: ReplicaSteps, table: GlobalTable, region: string): Promise<void> {
  for (;;) {
    const { replicas } = steps.table(table.globalId) ?? table
    const members = replicas.filter((replica) => replica.region !== region && replica.status === 'ACTIVE' && isPermitted(replica))
    if (members.length === 0) return
    const seen = await steps.onReplica(table, region, (replica) => replica.stop())
    const leaver = steps.node(region).running?.replication.replica(table.globalId)
    if (seen === undefined) return
    if (leaver === undefined) continue
    if (!leaver.hasLedger) return
    const reaching = members.map((member) => steps.reaches(table, member.region, seen.cursors, region).then(() => member.region))
    const heir = await Promise.race(reaching)
    if (steps.access.isLost(table.globalId, region)) return
    const isReached = replicaIn(steps.table(table.globalId) ?? table, heir)
    if (isReached === undefined || !isPermitted(isReached)) continue
    const isStill = (): boolean => steps.node(region).running?.replication.replica(table.globalId) === leaver
    // If it crashes it may apply more before it is stopped again, so all is done once more.
    await steps.onReplica(table, heir, async (replica) => {
      if (isStill()) await replica.inheritLedger(leaver)
    })
    if (isStill()) return
  }
}

/** Records that a Region is no member any more, and where its logs end [REP-36]. */
export async function recordWithout(steps: ReplicaSteps, globalId: string, region: string, finals: Cursors): Promise<void> {
  await steps.registry.change(globalId, (now) => {
    const { membership } = now
    if (replicaIn(now, region)?.lost === true) return now
    return {
      ...now,
      membership: nextEpoch(membership, {
        members: membership.members.filter((member) => member !== region),
        closed: { ...membership.closed, ...Object.fromEntries(finals) },
      }),
    }
  })
  await steps.reconcile(globalId)
}

/** One whose Region is lost is not drained. */
function isGoing(replica: ReplicaRecord | undefined): replica is ReplicaRecord {
  return replica?.status === 'DELETING' && replica.lost !== true
}

/** Where a replica's own logs end. */
export function finalsOf(row: ReplicaRow | undefined): Cursors {
  if (row === undefined) return new Map()
  return new Map([...row.cursors].filter(([incarnation]) => row.ours.has(incarnation)))
}
