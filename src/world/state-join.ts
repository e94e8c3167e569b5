import { cursorOf } from '../replication/cursors.ts'
import type { Incarnation } from '../replication/dot.ts'
import { isDropped } from '../replication/membership.ts'
import { logKey } from '../replication/rows.ts'
import type { GlobalTable } from './global-table.ts'
import { membersOf } from './global-table.ts'
import type { RepairSteps } from './repair-steps.ts'
import { unlessClosed } from './repair-steps.ts'

/** A member that lacks what is in no log any more gets it with another one's state [REP-30]. */

/** A member takes in another one's state, and serves nobody meanwhile. */
export async function joinState(steps: RepairSteps, table: GlobalTable, region: string, source: string): Promise<void> {
  const { globalId } = table
  const why = `it lacks what is in no log any more, and takes in what ${source} holds`
  steps.log.warn('replica-mended', { table: table.name, region, source })
  await steps.access.onRegion(globalId, region, async (running) => {
    const replica = running.replication.replica(globalId)
    if (replica === undefined) return
    await steps.suspend(table, running, why)
    for (let from: string | undefined = source; from !== undefined; from = steps.sourceFor(steps.table(globalId) ?? table, region)) {
      if (await replica.reseedFrom(from, 'join')) break
      if (steps.access.running(region) !== running) return
    }
    await steps.resumeService(table, region, running)
  })
}

/** True when a record that comes next for this member is not kept where it was written. What was said of that may be out of date. */
export async function lacksState(steps: RepairSteps, table: GlobalTable, region: string): Promise<boolean> {
  const { access } = steps
  const before = await access.replica(table.globalId, region)?.row()
  if (before === undefined) return false
  const missing: { readonly incarnation: Incarnation; readonly n: number }[] = []
  for (const other of membersOf(table)) {
    const running = other.region === region ? undefined : access.running(other.region)
    const replica = running?.replication.replica(table.globalId)
    const row = await replica?.row()
    if (running === undefined || replica === undefined || row === undefined) continue
    for (const incarnation of row.ours) {
      const n = cursorOf(before.cursors, incarnation) + 1
      if (n > cursorOf(row.cursors, incarnation) || table.membership.closed[incarnation] !== undefined) continue
      if (isDropped(table.membership, incarnation) || table.membership.dropped[incarnation] !== undefined) continue
      // One that crashes meanwhile has not said that it keeps nothing.
      if (
        (await unlessClosed(running.store.get(logKey(replica.table.number, { incarnation, n })).then((record) => record ?? null))) === null
      ) {
        missing.push({ incarnation, n })
      }
    }
  }
  // It may have come further while the others were looked at, and they have let go of what it had.
  const after = await access.replica(table.globalId, region)?.row()
  return after !== undefined && missing.some(({ incarnation, n }) => cursorOf(after.cursors, incarnation) < n)
}
