import { recoveryWindow } from '../../../engine/recovery.ts'
import type { RegionEngine } from '../../../engine/region-engine.ts'
import type { Table } from '../../../engine/table.ts'

/**
 * What is told of a table's continuous backups, which every table has; point-in-time recovery is off until it is switched on (members observed on
 * AWS, 2026-10).
 */
export async function describeContinuous(engine: RegionEngine, table: Table): Promise<Readonly<Record<string, unknown>>> {
  const window = await recoveryWindow(engine, table)
  const recovery =
    window === undefined
      ? { PointInTimeRecoveryStatus: 'DISABLED' }
      : {
          PointInTimeRecoveryStatus: 'ENABLED',
          RecoveryPeriodInDays: table.own.recovery?.days,
          EarliestRestorableDateTime: window.earliestMs / 1000,
          LatestRestorableDateTime: window.latestMs / 1000,
        }
  return { ContinuousBackupsDescription: { ContinuousBackupsStatus: 'ENABLED', PointInTimeRecoveryDescription: recovery } }
}
