import type { Table } from '../engine/table.ts'
import type { Cursors } from '../replication/cursors.ts'
import { cursorOf, joinInto, noCursors } from '../replication/cursors.ts'
import type { Incarnation } from '../replication/dot.ts'
import { isDropped, nextEpoch } from '../replication/membership.ts'
import { readReplicaRow } from '../replication/membership-row.ts'
import { readOwners } from '../replication/owners.ts'
import type { ReplicaRow } from '../replication/replica-row.ts'
import { logKey } from '../replication/rows.ts'
import type { GlobalTable, LogLoss } from './global-table.ts'
import { isPermitted, membersOf, replicaIn } from './global-table.ts'
import type { Running } from './region-node.ts'
import type { RepairSteps } from './repair-steps.ts'
import { unlessClosed } from './repair-steps.ts'
import { joinState } from './state-join.ts'

/**
 * How the logs of a member end that was taken out: where those who stay have come to, and so that all of these come there. Nobody will hear of what
 * lies behind.
 */

/** Recorded without the member; its logs are still to be closed. */
export function withoutMember(table: GlobalTable, region: string): GlobalTable {
  const { membership } = table
  const members = membership.members.filter((member) => member !== region)
  return { ...table, membership: nextEpoch(membership, { members, closing: [...(membership.closing ?? []), region] }) }
}

/** The others stop accepting its logs, say how far they have come, and the logs are closed there [REP-36]. */
export async function closeLogs(steps: RepairSteps, globalId: string, region: string): Promise<void> {
  const table = steps.table(globalId)
  if (table?.membership.closing?.includes(region) !== true) return
  const { access, registry } = steps
  const heads = new Map<Incarnation, number>()
  for (const other of table.replicas) joinInto(heads, access.replica(globalId, other.region)?.headsOf(region) ?? new Map())
  const finals = new Map<Incarnation, number>()
  const reached = new Map<Incarnation, number>()
  for (const other of membersOf(table)) {
    await access.onRegion(globalId, other.region, async ({ store, replication }) => {
      const replica = replication.replica(globalId)
      const now = steps.table(globalId)
      if (replica === undefined || now === undefined) return
      const row = await replica.adopt(now.membership)
      const owners = await readOwners(store, replica.table.number)
      const isTheirs = ([incarnation]: readonly [Incarnation, number]): boolean =>
        owners.get(incarnation) === region &&
        now.membership.closed[incarnation] === undefined &&
        now.membership.dropped[incarnation] === undefined
      joinInto(finals, new Map([...(row?.cursors ?? [])].filter(isTheirs)))
      joinInto(reached, row?.cursors ?? noCursors)
    })
  }
  await registry.change(globalId, (now) => {
    const { membership } = now
    if (membership.closing?.includes(region) !== true) return now
    const closing = membership.closing.filter((each) => each !== region)
    // What only this one had of logs that were closed before is nobody's now.
    const closed: Record<Incarnation, number> = { ...membership.closed }
    for (const [log, final] of Object.entries(closed)) {
      if (membership.dropped[log] === undefined) closed[log] = Math.min(final, cursorOf(reached, log))
    }
    for (const [log, final] of finals) closed[log] = final
    const isLost = replicaIn(now, region)?.lost === true
    return {
      ...now,
      membership: nextEpoch(membership, { closing, closed }),
      ...(isLost
        ? { losses: [...(now.losses ?? []), { region, atMs: steps.nowMs(), logs: logLosses(finals, heads) }].slice(-lossesKept) }
        : {}),
    }
  })
  await steps.reconcile(globalId)
}

/** Every member comes to where closed logs end: by a log that another one has, or, where none has it, by state. */
export async function exchangeLogs(steps: RepairSteps, globalId: string): Promise<void> {
  const { access } = steps
  for (;;) {
    const table = steps.table(globalId)
    if (table === undefined) return
    const states: MemberState[] = []
    for (const { region, status } of membersOf(table)) {
      // One that is still to be filled lacks nothing of its own.
      if (status === 'CREATING' || status === 'UPDATING') continue
      const state = await access.onRegion(globalId, region, async (running): Promise<MemberState | undefined> => {
        const number = running.engine.table(table.name)?.number
        const row = number === undefined ? undefined : await readReplicaRow(running.store, number)
        const isSuspended = running.engine.table(table.name)?.suspended !== undefined
        return number === undefined || row === undefined ? undefined : { region, running, number, row, isSuspended }
      })
      if (state !== undefined) states.push(state)
    }
    // To whom nothing may be replicated it comes later, from whoever keeps it.
    const isReached = ({ region }: { readonly region: string }): boolean => isPermitted(replicaIn(table, region) ?? {})
    const lacks = lacksOf(table, states).filter(isReached)
    const [first] = lacks
    if (first === undefined) return
    let served: Lack | undefined
    for (const lack of lacks) if (served === undefined && (await isServed(lack, states))) served = lack
    if (served !== undefined) {
      const next = new Map([[served.incarnation, served.has + 1]])
      // Whoever has them may be given up meanwhile, and whoever lacks them be suspended.
      await Promise.race([access.onReplica(table, served.region, (replica) => replica.reaches(next)), access.nextChange()])
      continue
    }
    const source = states.find((state) => isReached(state) && cursorOf(state.row.cursors, first.incarnation) >= first.final)
    if (states.some(({ region, running }) => access.running(region) !== running)) continue // one of them crashed meanwhile
    if (source === undefined) return // those that had it are gone too: they are being taken out themselves
    await joinState(steps, table, first.region, source.region)
  }
}

/** How many losses of Regions a table's record tells of: the latest. */
const lossesKept = 100

/** What the lost Region was heard to have written beyond what any survivor has. */
function logLosses(finals: Cursors, heads: Cursors): readonly LogLoss[] {
  return [...finals].map(([incarnation, final]) => ({ incarnation, final, known: Math.max(final, cursorOf(heads, incarnation)) }))
}

interface MemberState {
  readonly region: string
  readonly running: Running
  readonly number: Table['number']
  readonly row: ReplicaRow
  /** It applies nothing, and is to be brought to another one's state: it serves what it has. */
  readonly isSuspended: boolean
}

/** A closed log of which a member does not have all. */
interface Lack {
  readonly region: string
  readonly incarnation: Incarnation
  readonly has: number
  readonly final: number
}

function lacksOf({ membership }: GlobalTable, states: readonly MemberState[]): readonly Lack[] {
  return Object.entries(membership.closed).flatMap(([incarnation, final]) =>
    isDropped(membership, incarnation) || membership.dropped[incarnation] !== undefined
      ? []
      : states.flatMap(({ region, row, isSuspended }) => {
          if (isSuspended) return []
          const has = cursorOf(row.cursors, incarnation)
          return has < final ? [{ region, incarnation, has, final }] : []
        }),
  )
}

/** True when a member keeps the record that comes next. */
async function isServed({ incarnation, has, region }: Lack, states: readonly MemberState[]): Promise<boolean> {
  for (const { region: other, running, number, row } of states) {
    if (other === region || cursorOf(row.cursors, incarnation) <= has) continue
    const record = await unlessClosed(running.store.get(logKey(number, { incarnation, n: has + 1 })))
    if (record !== undefined) return true
  }
  return false
}
