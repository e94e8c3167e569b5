import { BoundedCache } from '../base/bounded-cache.ts'
import { writeUnits } from './capacity.ts'

/**
 * Write units that each Region's tables consumed since the process started, as CloudWatch's ConsumedWriteCapacityUnits tells them: what clients wrote
 * apart from what replication applied, and global indexes apart from their table. It is on the path of every write, so it adds up plain numbers.
 */
export class WriteMeter {
  readonly #unitsByTable = new BoundedCache<string, TableUnits>(tablesMax)

  /** @param factor 2 in a transaction, where the items cost twice as much; what follows in indexes does not (measured on AWS) */
  add(table: MeteredTable, source: WriteSource, writes: readonly MeteredWrite[], factor = 1): void {
    let units = this.#unitsByTable.get(table.id)
    if (units === undefined) {
      units = { Customer: 0, GlobalTable: 0, byIndex: undefined }
      this.#unitsByTable.set(table.id, units)
    }
    for (const { sizeBytes, indexWrites } of writes) {
      units[source] += factor * writeUnits(sizeBytes)
      for (const write of indexWrites) addIndexWrite(units, table, source, write)
    }
  }

  /** Units of the table, and of each of its global indexes; empty before the first write. */
  unitsOf(tableId: string): readonly ConsumedUnits[] {
    const units = this.#unitsByTable.get(tableId)
    if (units === undefined) return []
    const of = (index: string | undefined, bySource: Record<WriteSource, number>): readonly ConsumedUnits[] =>
      sources.map((source) => ({ index, source, units: bySource[source] }))
    return [...of(undefined, units), ...[...(units.byIndex ?? [])].flatMap(([index, bySource]) => of(index, bySource))]
  }
}

/** `Customer`: a client's request; `GlobalTable`: replication. The values of CloudWatch's dimension `Source`. */
export type WriteSource = 'Customer' | 'GlobalTable'

const sources: readonly WriteSource[] = ['Customer', 'GlobalTable']

export interface MeteredTable {
  /** A Region's table has an id of its own. */
  readonly id: string
  readonly indexes: readonly { readonly name: string; readonly kind: 'local' | 'global' }[]
}

export interface MeteredWrite {
  /** The larger of the item before and after. */
  readonly sizeBytes: number
  readonly indexWrites: readonly { readonly index: string; readonly sizeBytes: number }[]
}

export interface ConsumedUnits {
  /** Undefined: the table, with its local indexes. */
  readonly index: string | undefined
  readonly source: WriteSource
  readonly units: number
}

interface TableUnits extends Record<WriteSource, number> {
  byIndex: Map<string, Record<WriteSource, number>> | undefined
}

/** Those that were not written for the longest time begin anew. */
const tablesMax = 10_000

/** Local indexes take from their table. */
function addIndexWrite(units: TableUnits, table: MeteredTable, source: WriteSource, write: MeteredWrite['indexWrites'][number]): void {
  const index = table.indexes.find(({ name }) => name === write.index)
  if (index === undefined) return
  let of: Record<WriteSource, number> = units
  if (index.kind === 'global') {
    units.byIndex ??= new Map()
    of = units.byIndex.get(index.name) ?? { Customer: 0, GlobalTable: 0 }
    units.byIndex.set(index.name, of)
  }
  of[source] += writeUnits(write.sizeBytes)
}
