import { sequenceAt } from './change-log.ts'
import type { RegionEngine } from './region-engine.ts'
import type { MomentOrigin } from './restore-origin.ts'
import { logPosition, sealLog } from './stream-reader.ts'
import type { Recovery, Table } from './table.ts'

/**
 * Point-in-time recovery: while it is on, the change log keeps what is needed to undo the changes of so many days. A moment is a place in the log;
 * the moments are those of the log's times, which never run back.
 */

/** Switches it on for so many days, changes their number, or switches it off; undefined when the table is gone. */
export async function switchRecovery(engine: RegionEngine, table: Table, days: number | undefined): Promise<Table | undefined> {
  if (days === undefined || table.own.recovery !== undefined) return change(engine, table, days)
  // It begins when every change is logged, not before: so the log is begun first.
  const id = engine.newId()
  if ((await engine.readers.begin(table, id)) === undefined) return undefined
  const changed = await change(engine, table, days)
  await engine.readers.end(table, id)
  return changed && engine.current(changed)
}

async function change(engine: RegionEngine, { name, number }: Table, days: number | undefined): Promise<Table | undefined> {
  const changed = await engine.changeTable(name, (now, atMs) =>
    now.number === number ? { own: { ...now.own, recovery: changedRecovery(now.own.recovery, days, atMs) } } : {},
  )
  return changed?.number === number ? changed : undefined
}

function changedRecovery(before: Recovery | undefined, days: number | undefined, atMs: number): Recovery | undefined {
  if (days === undefined) return undefined
  if (before === undefined) return { sinceMs: atMs, days }
  // What lies behind the days of before may be trimmed already.
  return before.days === days ? before : { sinceMs: Math.max(before.sinceMs, atMs - before.days * dayMs), days }
}

export interface RecoveryWindow {
  readonly earliestMs: number
  readonly latestMs: number
}

/** The moments to which a table can be restored now, both included; undefined when recovery is off. */
export async function recoveryWindow(engine: RegionEngine, table: Table): Promise<RecoveryWindow | undefined> {
  const { recovery } = table.own
  if (recovery === undefined) return undefined
  const { nowMs } = await logPosition(engine, table)
  const latestMs = Math.max(nowMs, recovery.sinceMs)
  return { earliestMs: Math.max(recovery.sinceMs, latestMs - recovery.days * dayMs), latestMs }
}

/**
 * Fixes what a restore needs: from now on nothing is added to the past up to the moment, and what tells of it is kept, until {@link endRestore}.
 * @param atMs within the window: one that is not is taken for its nearer end
 * @returns undefined when the table is gone, or recovery off
 */
export async function beginRestore(engine: RegionEngine, table: Table, atMs: number): Promise<MomentOrigin | undefined> {
  const reader = engine.newId()
  const source = await engine.readers.begin(table, reader)
  if (source === undefined) return undefined
  const window = await recoveryWindow(engine, source)
  if (window === undefined) {
    await engine.readers.end(source, reader)
    return undefined
  }
  const momentMs = Math.min(Math.max(atMs, window.earliestMs), window.latestMs)
  const end = sequenceAt(momentMs + 1)
  await sealLog(engine.store, source, end)
  return { kind: 'moment', source, atMs: momentMs, upTo: end - 1n, reader }
}

export function endRestore(engine: RegionEngine, { source, reader }: MomentOrigin): Promise<void> {
  return engine.readers.end(source, reader)
}

const dayMs = 24 * 3600 * 1000
