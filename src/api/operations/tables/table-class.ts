import type { Refusal } from '../../../engine/refusal.ts'
import { refuse } from '../../../engine/refusal.ts'
import type { TableSettings } from '../../../engine/table.ts'
import { recent } from './throughput-settings.ts'

const CHANGES_MAX = 2
const WITHIN_MS = 30 * 24 * 3_600_000

/** A table's class may be changed twice in 30 days; once that is spent, even the present class is refused (observed on AWS, 2026-10). */
export function changedClass(
  { tableClass, changes }: Pick<TableSettings, 'tableClass' | 'changes'>,
  wanted: TableSettings['tableClass'] | undefined,
  nowMs: number,
): Pick<TableSettings, 'tableClass' | 'changes'> | Refusal {
  if (wanted === undefined) return { tableClass, changes }
  const times = recent(changes.tableClassAtMs, nowMs, WITHIN_MS)
  if (times.length >= CHANGES_MAX) {
    return refuse('limit-exceeded', `Subscriber limit exceeded: Updates to TableClass are limited to ${CHANGES_MAX} times in 30 day(s).`)
  }
  return wanted === tableClass
    ? { tableClass, changes }
    : { tableClass: wanted, changes: { ...changes, tableClassAtMs: [...times, nowMs] } }
}
