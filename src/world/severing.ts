import { membersOf, replicaIn, withReplica } from './global-table.ts'
import { goAlone } from './going-alone.ts'
import { closeLogs, exchangeLogs, withoutMember } from './log-closing.ts'
import { withLivingSources } from './region-loss.ts'
import type { RepairSteps } from './repair-steps.ts'
import { unlessClosed } from './repair-steps.ts'

/**
 * A replica that may not be replicated leaves its group without what it and the others lack of each other:
 *
 *   severed:    recorded without it -> its logs are closed where the others have come [REP-36] -> a table of its Region, with what it has
 *   abandoned:  the same, and its table goes: it was to be removed, or was never filled
 *
 * Both are recorded at once, out of turn: what waits for such a replica in the meantime ends with that.
 */
export async function sever(steps: RepairSteps, globalId: string, region: string): Promise<void> {
  await leaveOut(steps, globalId, region, { status: 'SEVERED', why: undefined, unauthorizedSinceMs: undefined })
  await finishSevering(steps, globalId, region)
}

/** What is to be done of it where its Region runs; the rest when it runs again. */
export function finishSevering(steps: RepairSteps, globalId: string, region: string): Promise<void> {
  return steps.access.inTurn(globalId, async () => {
    const severed = steps.table(globalId)
    if (severed === undefined || replicaIn(severed, region)?.status !== 'SEVERED') return
    await closeLogs(steps, globalId, region)
    await exchangeLogs(steps, globalId)
    const table = steps.table(globalId)
    const running = steps.access.running(region)
    if (table === undefined || running === undefined) return
    const isAlone = await unlessClosed(
      (async () => {
        const replica = running.replication.replica(globalId)
        await replica?.leave()
        // Where it was to be brought to another one's state.
        replica?.resume()
        await replica?.unfence()
        // From what it knew as a member: what the group did since does not concern it.
        await goAlone(running, table, region, replica?.membership ?? table.membership)
        return true
      })(),
    )
    if (isAlone === undefined) return
    await steps.registry.change(globalId, (now) => ({ ...now, replicas: now.replicas.filter((replica) => replica.region !== region) }))
    steps.log.warn('replica-severed', { table: table.name, region })
  })
}

/** Records a group without a replica. What waits for that one goes on without. */
export async function leaveOut(
  steps: RepairSteps,
  globalId: string,
  region: string,
  change: Parameters<typeof withReplica>[2],
): Promise<void> {
  await steps.registry.change(globalId, (now) => {
    const record = replicaIn(now, region)
    if (record === undefined || record.status === 'SEVERED' || record.lost === true) return now
    const isMember = membersOf(now).includes(record)
    return withLivingSources(withReplica(isMember ? withoutMember(now, region) : now, region, change))
  })
  steps.access.changed()
  for (const { region: other, source } of steps.table(globalId)?.replicas ?? []) {
    if (other === region && source !== undefined) steps.access.replica(globalId, other)?.sourceGone(source)
    steps.access.replica(globalId, other)?.sourceGone(region)
  }
}
