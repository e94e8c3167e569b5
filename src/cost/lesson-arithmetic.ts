import type { Decimal } from './money.ts'
import { decimal } from './money.ts'
import type { LessonBook } from './price-books.ts'

/**
 * The lesson's own arithmetic, so that its figures can be put beside those of the price list: what is written counts once for each KB in every Region,
 * what is replicated counts once for each item and other Region whatever its size, reads are strongly consistent, and every Region writes and reads the
 * same and has the same prices. None of this is how AWS bills; `lesson-claims.ts` says what is.
 */
export interface LessonWorkload {
  readonly writesPerSecond: number
  readonly readsPerSecond: number
  readonly itemBytes: number
  readonly storedGb: number
  readonly regions: number
}

export interface LessonBill {
  /** In each Region. */
  readonly localUnits: number
  readonly replicatedUnits: number
  readonly readUnits: number
  readonly lines: { readonly writes: Decimal; readonly replication: Decimal; readonly reads: Decimal; readonly storage: Decimal }
  readonly perRegion: Decimal
  readonly total: Decimal
}

export function lessonBill(workload: LessonWorkload, { perUnitMonth }: LessonBook): LessonBill {
  const { writesPerSecond, readsPerSecond, itemBytes, storedGb, regions } = workload
  const localUnits = writesPerSecond * Math.ceil(itemBytes / 1024)
  const replicatedUnits = writesPerSecond * (regions - 1)
  const readUnits = readsPerSecond * Math.ceil(itemBytes / 4096)
  const lines = {
    writes: decimal(localUnits).times(decimal(perUnitMonth.write)),
    replication: decimal(replicatedUnits).times(decimal(perUnitMonth.replicatedWrite)),
    reads: decimal(readUnits).times(decimal(perUnitMonth.read)),
    storage: decimal(storedGb).times(decimal(perUnitMonth.storageGb)),
  }
  const perRegion = lines.writes.plus(lines.replication).plus(lines.reads).plus(lines.storage)
  return { localUnits, replicatedUnits, readUnits, lines, perRegion, total: perRegion.times(decimal(regions)) }
}
