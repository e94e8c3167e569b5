import type { Decimal } from './money.ts'
import { decimal, sum } from './money.ts'
import type { Meter, PriceBook } from './price-book.ts'
import type { Cause, Usage } from './usage.ts'
import type { AuroraSize, Workload, WorkloadTable } from './workload.ts'
import { placesOf, replicasOf } from './workload.ts'
import { meanOver, monthly, storageGbBytes, transferGbBytes } from './workload-usage.ts'

/**
 * The same workload on an Aurora Global Database of a size that the user chose: instances, storage in each Region, I/O, writes replicated to each
 * secondary Region, and their transfer. Items are rows of their own size. That writes are replicated once for each secondary Region, at the price of the
 * primary Region, and also in the configuration without charges for I/O, is not confirmed by AWS: `auroraAssumptions`.
 */
export function auroraUsage(workload: Workload, aurora: AuroraSize, book: PriceBook): readonly Usage[] {
  const primary = aurora.primary ?? Object.keys(aurora.instances)[0] ?? workload.regions[0] ?? ''
  const optimized = aurora.storage === 'io-optimized'
  const rows: Usage[] = []
  const add = (region: string, cause: Cause, meter: Meter, quantity: Decimal): void => {
    if (!quantity.eq(decimal(0))) rows.push({ region, table: 'aurora', cause, work: { meter, quantity } })
  }
  const { writes, bytes, reads, gb } = totalsOf(workload)
  const factor = optimized ? decimal(book.auroraIoOptimizedFactor ?? '1.30') : decimal(1)
  for (const [region, count] of Object.entries(aurora.instances)) {
    const hours = decimal(workload.hoursPerMonth).times(decimal(count)).times(factor)
    add(region, 'instances', `aurora-instance/${aurora.instanceClass}`, hours)
    add(region, 'storage', optimized ? 'aurora-storage-io-optimized' : 'aurora-storage', gb)
    if (region === primary) continue
    add(primary, 'replicated input and output', 'aurora-replicated-io', writes.times(decimal(aurora.writeIosPerWrite)))
    add(primary, 'transfer', `transfer-out/${region}`, bytes.div(transferGbBytes))
  }
  const ios = writes.times(decimal(aurora.writeIosPerWrite)).plus(reads.times(decimal(aurora.readIosPerRead)))
  if (!optimized) add(primary, 'input and output', 'aurora-io', ios)
  return rows
}

export const auroraAssumptions: readonly string[] = [
  'How large the instances must be is what you said; no formula knows it, and no benchmark stands behind it.',
  'Writes are charged as replicated once for each secondary Region, at the price of the primary Region, with either configuration of storage. AWS does not say so plainly.',
]

interface Totals {
  readonly writes: Decimal
  readonly bytes: Decimal
  readonly reads: Decimal
  readonly gb: Decimal
}

export function totalsOf(workload: Workload): Totals {
  const { hoursPerMonth } = workload
  const writes: Decimal[] = []
  const bytes: Decimal[] = []
  const reads: Decimal[] = []
  const gb: Decimal[] = []
  for (const table of workload.tables) {
    const replicas = replicasOf(workload, table)
    for (const write of table.writes) {
      const places = decimal(placesOf(write.region, replicas).length)
      const accepted = monthly(write, hoursPerMonth)
        .times(places)
        .times(decimal(1).minus(decimal(write.failedConditions)))
      const size = write.itemBytes === undefined && write.itemSizes === undefined ? table : write
      writes.push(accepted)
      bytes.push(accepted.times(meanOver(size, (each) => each)))
    }
    for (const read of table.reads) reads.push(monthly(read, hoursPerMonth).times(decimal(placesOf(read.region, replicas).length)))
    gb.push(storedGb(table))
  }
  return { writes: sum(writes), bytes: sum(bytes), reads: sum(reads), gb: sum(gb) }
}

function storedGb(table: WorkloadTable): Decimal {
  if (table.storedGb !== undefined) return decimal(table.storedGb)
  return decimal(table.items ?? 0)
    .times(meanOver(table, (bytes) => bytes))
    .div(storageGbBytes)
}
