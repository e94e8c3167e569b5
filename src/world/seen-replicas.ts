import type { GlobalTable, ReplicaRecord, WitnessRecord } from './global-table.ts'
import { replicaIn } from './global-table.ts'
import type { ReplicaPace } from './replica-pace.ts'
import type { SeenStatus } from './replica-status.ts'

/**
 * What clients see of replicas that come and go: it follows from the record and the time alone, so nothing has to happen for it to change, and a restart
 * changes nothing.
 */

/** False for a replica that is gone but for its data. */
export function isSeen({ membership, consistency }: GlobalTable, { region, status }: ReplicaRecord): boolean {
  const leaves = status === 'DELETING' || status === 'DISASSOCIATING' || status === 'SEVERED'
  return !leaves || consistency === 'STRONG' || membership.members.includes(region)
}

/** Undefined while it is not listed. */
export function seenReplica(
  global: GlobalTable,
  { status, createdAtMs, goesAtMs = 0 }: ReplicaRecord,
  nowMs: number,
  pace: ReplicaPace,
): SeenStatus | undefined {
  if (status === 'SEVERED') return undefined
  if (status === 'DISASSOCIATING') return 'UPDATING'
  // DynamoDB's word for one that is not replicated and was not deleted.
  if (status === 'EXPELLED') return 'REGION_DISABLED'
  if (status === 'CREATING') return nowMs < createdAtMs + listedAfter(global, pace) ? undefined : status
  return status === 'DELETING' && nowMs < goesAtMs ? 'ACTIVE' : status
}

export function seenWitness(global: GlobalTable, nowMs: number, pace: ReplicaPace): WitnessRecord | undefined {
  const { witness, replicas } = global
  if (witness === undefined) return undefined
  const changing = replicas.filter(({ status }) => status === witness.status)
  const isSoon = witness.status === 'CREATING' && changing.some(({ createdAtMs }) => nowMs < createdAtMs + listedAfter(global, pace))
  if (isSoon) return undefined
  const isStill = witness.status === 'DELETING' && changing.some(({ goesAtMs = 0 }) => nowMs < goesAtMs)
  return isStill ? { ...witness, status: 'ACTIVE' } : witness
}

/** Whether the table of a Region whose own replica rests is UPDATING for what others do. */
export function groupIsUpdating(global: GlobalTable, region: string, nowMs: number, pace: ReplicaPace): boolean {
  if (nowMs < (global.updatingUntilMs ?? 0) || replicaIn(global, region)?.status === 'DISASSOCIATING') return true
  return global.replicas.some((replica) => {
    if (replica.region === region || replica.status === 'ACTIVE' || replica.status === 'EXPELLED' || replica.status === 'SEVERED')
      return false
    if (replica.status === 'CREATING') return true
    return isSeen(global, replica) && (!pace.othersRest || replica.status !== 'DELETING' || nowMs < (replica.goesAtMs ?? 0))
  })
}

function listedAfter({ consistency }: GlobalTable, pace: ReplicaPace): number {
  return consistency === 'STRONG' ? pace.strong.listedMs : pace.listedMs
}
