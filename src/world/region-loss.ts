import { regionOf } from '../base/account-region.ts'
import { refuse } from '../engine/refusal.ts'
import type { Refusal } from '../engine/refusal.ts'
import type { GlobalTable, ReplicaRecord } from './global-table.ts'
import { isPermitted, replicaIn, withReplica } from './global-table.ts'
import { closeLogs, exchangeLogs, withoutMember } from './log-closing.ts'
import type { RepairSteps } from './repair-steps.ts'

/** Regions that will not come back: their replicas are taken out for ever, and what is known to be missing is noted [REP-37]. */

/** Takes Regions out of all tables for ever: they will not come back. Nothing is recorded when a table would have no whole replica left. */
export async function loseRegions(steps: RepairSteps, regions: readonly string[]): Promise<readonly string[] | Refusal> {
  const { registry, access } = steps
  // What other accounts have of the Region goes with it.
  const isLost = ({ region }: ReplicaRecord): boolean => regions.includes(regionOf(region))
  const affected = registry.tables().filter(({ replicas }) => replicas.some(isLost))
  for (const { name, replicas } of affected) {
    if (replicas.some((replica) => !isLost(replica) && !replica.lost && isWhole(replica))) continue
    return refuse('in-use', `No other Region has all of table ${name}: it would be lost with ${regions.join(' and ')}.`)
  }
  for (const { globalId } of affected) {
    await registry.change(globalId, (now) => {
      let changed = now
      for (const { region, status, lost } of now.replicas.filter(isLost)) {
        if (lost === true) continue
        const isMember = changed.membership.members.includes(region)
        changed = withReplica(isMember ? withoutMember(changed, region) : changed, region, {
          status: 'DELETING',
          lost: true,
          why: undefined,
        })
        steps.log.warn('replica-lost', { table: now.name, region, was: status })
      }
      return withLivingSources(changed)
    })
  }
  access.changed()
  for (const { globalId, replicas } of affected) {
    for (const source of replicas.filter(isLost))
      for (const { region } of replicas) access.replica(globalId, region)?.sourceGone(source.region)
  }
  await Promise.all(
    affected.map(async ({ globalId, replicas }) => {
      for (const { region } of replicas.filter(isLost)) await finishLoss(steps, globalId, region)
    }),
  )
  return affected.map(({ name }) => name)
}

/** What is left to do about a Region that is recorded as lost. */
export function finishLoss(steps: RepairSteps, globalId: string, region: string): Promise<void> {
  const { access, registry, log } = steps
  return access.inTurn(globalId, async () => {
    const table = steps.table(globalId)
    if (table === undefined || replicaIn(table, region)?.lost !== true) return
    await closeLogs(steps, globalId, region)
    await exchangeLogs(steps, globalId)
    await registry.change(globalId, (now) => ({ ...now, replicas: now.replicas.filter((replica) => replica.region !== region) }))
    log.info('replica-removed', { table: table.name, region })
    const running = access.running(region)
    if (running !== undefined) await steps.discard(running, table.name, globalId)
  })
}

/** Who is being filled from a replica that is lost, or was severed, is filled from another one. */
export function withLivingSources(table: GlobalTable): GlobalTable {
  const living = table.replicas.filter((replica) => replica.lost !== true && isWhole(replica))
  const source = (living.find(isPermitted) ?? living[0])?.region
  const replicas = table.replicas.map((replica) => {
    const from = replica.source === undefined ? undefined : replicaIn(table, replica.source)
    const isGone = replica.source !== undefined && (from === undefined || from.lost === true || from.status === 'SEVERED')
    return replica.status === 'CREATING' && isGone ? { ...replica, source } : replica
  })
  return { ...table, replicas }
}

function isWhole({ status }: ReplicaRecord): boolean {
  return status === 'ACTIVE'
}
