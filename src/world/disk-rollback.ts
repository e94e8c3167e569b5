import { regionOf } from '../base/account-region.ts'
import { memoryOfMembers, wentBack } from '../replication/memory-of-members.ts'
import { readReplicaRow } from '../replication/membership-row.ts'
import { isAwsRegion } from './aws-regions.ts'
import type { GlobalTable, ReplicaRecord } from './global-table.ts'
import { membersOf, replicaIn } from './global-table.ts'
import type { Running } from './region-node.ts'
import type { RepairSteps } from './repair-steps.ts'
import { unlessClosed } from './repair-steps.ts'

/** A replica that stands on an older disk than the others know it by [REP-35]. */
export interface Suspicion {
  readonly globalId: string
  readonly region: string
  readonly why: string
}

/**
 * A Region has opened its store, and serves nobody yet: does it stand on its own disk? Every running member is asked what it remembers of it, and it
 * what it remembers of them. Who is suspected serves nobody from here on, if it has the table.
 */
export async function suspectsAtOpening(steps: RepairSteps, name: string, running: Running): Promise<readonly Suspicion[]> {
  const suspects: Suspicion[] = []
  for (const table of steps.registry.tables()) {
    const record = replicaIn(table, name)
    if (record === undefined || record.lost === true) {
      // A folder of another name is nobody's replica: an operator may keep a copy there.
      if (isAwsRegion(regionOf(name))) await steps.discard(running, table.name, table.globalId)
      continue
    }
    if (table.membership.members.includes(name)) suspects.push(...(await suspectsIn(steps, table, record, running)))
  }
  return suspects
}

async function suspectsIn(steps: RepairSteps, table: GlobalTable, record: ReplicaRecord, running: Running): Promise<readonly Suspicion[]> {
  const { globalId } = table
  const { region: name, status } = record
  const local = running.engine.table(table.name)
  const isHere = local?.globalId === globalId
  const row = isHere ? await readReplicaRow(running.store, local.number) : undefined
  const isOlder = row !== undefined && row.epoch < (table.membership.joined[name] ?? 0)
  // An earlier life of a replica that is being made: what it holds is nobody's.
  if (status === 'CREATING' && isOlder) await steps.discard(running, table.name, globalId)
  if (status !== 'ACTIVE' && status !== 'UPDATING') return []
  if (!isHere) return [{ globalId, region: name, why: 'its store does not have the table' }]
  const suspected = async (region: string, at: Running, why: string): Promise<Suspicion> => {
    await steps.suspend(table, at, why)
    return { globalId, region, why }
  }
  if (status === 'ACTIVE' && local.suspended !== undefined) return [await suspected(name, running, local.suspended.why)]
  if (status === 'ACTIVE' && isOlder) return [await suspected(name, running, 'it stands on what it was before it was filled again')]
  const suspects: Suspicion[] = []
  for (const { region, status: theirStatus } of membersOf(table)) {
    const other = region === name || theirStatus !== 'ACTIVE' ? undefined : steps.access.running(region)
    const theirs = other?.engine.table(table.name)
    if (other === undefined || theirs?.globalId !== globalId) continue
    const why = await olderDisk(table, { region: name, at: running, number: local.number }, other, theirs.number)
    if (why !== undefined) return [...suspects, await suspected(name, running, why)]
    const whyThey = await olderDisk(table, { region, at: other, number: theirs.number }, running, local.number)
    const isKnown = other.engine.table(table.name)?.suspended !== undefined
    if (whyThey !== undefined && !isKnown) suspects.push(await suspected(region, other, whyThey))
  }
  return suspects
}

/** Why a replica stands on an older disk, by what another one remembers of it; undefined when it does not. */
async function olderDisk(
  { membership }: GlobalTable,
  replica: { readonly region: string; readonly at: Running; readonly number: number },
  by: Running,
  tableNumber: number,
): Promise<string | undefined> {
  const row = await unlessClosed(readReplicaRow(replica.at.store, replica.number))
  const memory = await unlessClosed(memoryOfMembers(by.store, tableNumber))
  return row === undefined || memory === undefined ? undefined : wentBack(replica.region, row, memory, membership)
}
