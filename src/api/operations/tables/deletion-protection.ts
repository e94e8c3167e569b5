import type { Refusal } from '../../../engine/refusal.ts'
import { refuse } from '../../../engine/refusal.ts'
import type { TableSettings } from '../../../engine/table.ts'

const COOLDOWN_MS = 15_000

/** Deletion protection is set, also to what it is, once in 15 seconds (observed on AWS, 2026-10). */
export function changedProtection(tableName: string, settings: TableSettings, wanted: boolean, nowMs: number): TableSettings | Refusal {
  const { deletionProtectionAtMs: lastMs } = settings.changes
  if (lastMs !== undefined && nowMs < lastMs + COOLDOWN_MS) {
    const again = new Date(lastMs + COOLDOWN_MS).toISOString().replace('Z', '')
    return refuse(
      'throttled',
      `Deletion protection setting for table ${tableName} modified within the previous ${COOLDOWN_MS} milliseconds. Please try again after ${again}`,
    )
  }
  return { ...settings, deletionProtection: wanted, changes: { ...settings.changes, deletionProtectionAtMs: nowMs } }
}
