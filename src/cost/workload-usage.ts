import { readUnits, writeUnits } from './capacity.ts'
import { curveOf } from './daily-curve.ts'
import type { Decimal } from './money.ts'
import { decimal, one, sum, zero } from './money.ts'
import type { Meter } from './price-book.ts'
import type { Cause, Throughput, Usage } from './usage.ts'
import { flatCurve } from './usage.ts'
import type { ItemSize, Rate, Workload, WorkloadIndex, WorkloadTable, WorkloadWrite } from './workload.ts'
import { placesOf, replicasOf } from './workload.ts'

/**
 * What a workload uses in a month. Every write that is accepted anywhere costs one replicated unit per KB in each Region that has the table, the Region
 * that accepted it included; there is no plain unit beside it. Index writes are plain units, in every Region (developer guide, page
 * global-tables-billing).
 */
export function usageOf(workload: Workload): readonly Usage[] {
  return workload.tables.flatMap((table) => new TableUsage(workload, table).rows())
}

/** GB of storage are counted in thousands; AWS does not say which GB it means. */
export const storageGbBytes = decimal(1_000_000_000)
/** GB of transfer are counted in 1,024s. */
export const transferGbBytes = decimal(1_073_741_824)

/** What an item takes beside its bytes: 100 for its place, 48 more in a global table; an index entry 100. */
export const itemOverheadBytes = 100
export const globalItemOverheadBytes = 48

const secondsPerHour = decimal(3600)

export function monthly({ perSecond, perMonth }: Rate, hoursPerMonth: number): Decimal {
  if (perMonth !== undefined) return decimal(perMonth)
  return decimal(perSecond ?? 0)
    .times(decimal(hoursPerMonth))
    .times(secondsPerHour)
}

/** The mean of something over a size distribution. */
export function meanOver(size: ItemSize, of: (bytes: number) => number): Decimal {
  if (size.itemSizes === undefined) return decimal(of(size.itemBytes ?? 0))
  const shares = sum(size.itemSizes.map(({ share }) => decimal(share)))
  return sum(size.itemSizes.map(({ bytes, share }) => decimal(share).times(decimal(of(bytes))))).div(shares)
}

class TableUsage {
  readonly #workload: Workload
  readonly #table: WorkloadTable
  readonly #replicas: readonly string[]
  readonly #rows: Usage[] = []

  constructor(workload: Workload, table: WorkloadTable) {
    this.#workload = workload
    this.#table = table
    this.#replicas = replicasOf(workload, table)
  }

  rows(): readonly Usage[] {
    for (const write of this.#table.writes) for (const origin of placesOf(write.region, this.#replicas)) this.#write(write, origin)
    this.#reads()
    this.#timeToLive()
    this.#storage()
    this.#others()
    return this.#rows
  }

  get #isGlobal(): boolean {
    return this.#replicas.length > 1
  }

  #write(write: WorkloadWrite, origin: string): void {
    const { hoursPerMonth, transactionalReplicaFactor } = this.#workload
    const requests = monthly(write, hoursPerMonth)
    const failed = requests.times(decimal(write.failedConditions))
    const accepted = requests.minus(failed)
    const size: ItemSize = write.itemBytes === undefined && write.itemSizes === undefined ? this.#table : write
    const unitsEach = meanOver(size, (bytes) => writeUnits(bytes))
    const kind = this.#isGlobal ? 'replicated-write' : 'write'
    const factorAt = (region: string): number => {
      if (!write.transactional) return 1
      return region === origin ? 2 : transactionalReplicaFactor
    }
    for (const region of this.#replicas) {
      const cause: Cause = region === origin ? 'writes' : 'replicated writes'
      const units = accepted.times(unitsEach).times(decimal(factorAt(region)))
      this.#throughput({ region, cause, kind, units, origin })
      for (const index of this.#table.indexes) this.#indexWrite(index, { region, origin, accepted, size })
    }
    // That they cost where they failed and nowhere else is inferred: they are not replicated.
    const failedUnits = failed.times(unitsEach).times(decimal(factorAt(origin)))
    this.#throughput({ region: origin, cause: 'failed conditional writes', kind, units: failedUnits, origin })
    this.#transfer(origin, accepted, size)
  }

  /** A local index takes from its table. */
  #indexWrite(index: WorkloadIndex, of: { region: string; origin: string; accepted: Decimal; size: ItemSize }): void {
    const entry: ItemSize = index.entryBytes === undefined ? of.size : { itemBytes: index.entryBytes }
    const units = of.accepted
      .times(decimal(index.coverage))
      .times(decimal(index.entriesPerWrite))
      .times(meanOver(entry, (bytes) => writeUnits(bytes)))
    const local = index.kind === 'local'
    const kind = local && this.#isGlobal ? 'replicated-write' : 'write'
    this.#throughput({ ...of, cause: 'index writes', kind, units, index: local ? undefined : index.name })
  }

  #transfer(origin: string, accepted: Decimal, size: ItemSize): void {
    if (this.#workload.replicationTransfer === 'none') return
    const gb = accepted.times(meanOver(size, (bytes) => bytes)).div(transferGbBytes)
    for (const region of this.#replicas) if (region !== origin) this.#amount(origin, 'transfer', `transfer-out/${region}`, gb)
  }

  #reads(): void {
    const { hoursPerMonth } = this.#workload
    for (const read of this.#table.reads) {
      const index = this.#table.indexes.find(({ name }) => name === read.index)
      const ownSize: ItemSize = index?.entryBytes === undefined ? this.#table : { itemBytes: index.entryBytes }
      const size: ItemSize = read.bytes === undefined ? ownSize : { itemBytes: read.bytes }
      const unitsEach = meanOver(size, (bytes) => readUnits(bytes, read.consistency))
      const units = monthly(read, hoursPerMonth).times(unitsEach)
      for (const region of placesOf(read.region, this.#replicas)) {
        const named = index?.kind === 'global' ? index.name : undefined
        this.#throughput({ region, cause: 'reads', kind: 'read', units, origin: region, index: named })
      }
    }
  }

  /** Free where they run; one replicated write in each other Region. Whether a large item costs more there, AWS does not say. */
  #timeToLive(): void {
    const { timeToLive } = this.#table
    if (timeToLive === undefined || !this.#isGlobal) return
    const units = monthly(timeToLive, this.#workload.hoursPerMonth)
    for (const origin of placesOf(timeToLive.region, this.#replicas)) {
      for (const region of this.#replicas) {
        if (region !== origin) this.#throughput({ region, cause: 'expired items replicated', kind: 'replicated-write', units, origin })
      }
    }
  }

  #storage(): void {
    const { storedGb, items, indexes } = this.#table
    const meter = this.#table.class === 'standard' ? 'storage' : 'ia-storage'
    const count = items === undefined ? undefined : decimal(items)
    const gb = storedGb === undefined ? (count ?? zero).times(this.#itemStorageBytes()).div(storageGbBytes) : decimal(storedGb)
    for (const region of this.#replicas) {
      this.#amount(region, 'storage', meter, gb)
      for (const index of indexes) {
        const entry: ItemSize = index.entryBytes === undefined ? this.#table : { itemBytes: index.entryBytes }
        const each = meanOver(entry, (bytes) => bytes).plus(decimal(itemOverheadBytes))
        const entries = (count ?? zero).times(decimal(index.coverage))
        this.#amount(region, 'storage', meter, entries.times(each).div(storageGbBytes), index.name)
      }
      if (this.#table.pointInTimeRecovery) this.#amount(region, 'recovery', 'recovery-storage', gb)
    }
  }

  #itemStorageBytes(): Decimal {
    const overhead = itemOverheadBytes + (this.#isGlobal ? globalItemOverheadBytes : 0)
    return meanOver(this.#table, (bytes) => bytes).plus(decimal(overhead))
  }

  #others(): void {
    const { backupGb, restores, streamReads } = this.#table
    if (backupGb !== undefined) for (const region of this.#replicas) this.#amount(region, 'backups', 'backup-storage', decimal(backupGb))
    for (const { region, gb, from } of restores) {
      this.#amount(region, 'restores', 'restore', decimal(gb))
      if (from !== undefined && this.#workload.replicationTransfer === 'list')
        this.#amount(from, 'transfer', `transfer-out/${region}`, decimal(gb))
    }
    if (streamReads === undefined) return
    const requests = monthly(streamReads, this.#workload.hoursPerMonth)
    for (const region of placesOf(streamReads.region, this.#replicas)) this.#amount(region, 'stream reads', 'stream-read', requests)
  }

  #throughput(of: {
    readonly region: string
    readonly cause: Cause
    readonly kind: Throughput['kind']
    readonly units: Decimal
    /** By whose clock and customers the work comes. */
    readonly origin: string
    readonly index?: string | undefined
  }): void {
    if (of.units.eq(zero)) return
    const curve = this.#workload.dailyCurve === undefined && this.#workload.dailyCurves === undefined ? flatCurve : this.#curve(of.origin)
    const work: Throughput = {
      kind: of.kind,
      infrequentAccess: this.#table.class === 'infrequent-access',
      unitsPerMonth: of.units,
      curve,
    }
    this.#rows.push({ region: of.region, table: this.#table.name, index: of.index, cause: of.cause, work })
  }

  #curve(region: string) {
    return curveOf(this.#workload, region)
  }

  #amount(region: string, cause: Cause, meter: Meter, quantity: Decimal, index?: string): void {
    if (quantity.eq(zero)) return
    this.#rows.push({ region, table: this.#table.name, index, cause, work: { meter, quantity } })
  }
}

/** Everything that traffic and data make grows with them. */
export function scaled(usage: readonly Usage[], factor: Decimal): readonly Usage[] {
  if (factor.eq(one)) return usage
  return usage.map((each) => ({
    ...each,
    work:
      'unitsPerMonth' in each.work
        ? { ...each.work, unitsPerMonth: each.work.unitsPerMonth.times(factor) }
        : { ...each.work, quantity: each.work.quantity.times(factor) },
  }))
}
