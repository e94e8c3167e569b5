import type { ChangeRecord, Sequence } from '../engine/change-log.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import { firstSequence, logPosition, readShard } from '../engine/stream-reader.ts'
import { shardsOf } from '../engine/stream-shards.ts'
import type { Table } from '../engine/table.ts'
import { tableName } from './lab-items.ts'

/**
 * Reads a Region's streams as an application does: shard by shard, a parent before its children, page by page, and goes on after a crash from the
 * last page that it got. Streams of replicas that were removed are read to their end.
 */
export class StreamConsumer {
  readonly #recordsByTable = new Map<number, ChangeRecord[]>()
  readonly #placeByShard = new Map<string, Sequence | 'ended'>()

  /** What was read of each table, in the order in which it was read. */
  get recordsByTable(): ReadonlyMap<number, readonly ChangeRecord[]> {
    return this.#recordsByTable
  }

  /** One page of every shard that can be read. Returns how many records there were. */
  async read(engine: RegionEngine, recordsMax: number): Promise<number> {
    let count = 0
    for (const table of streamedTables(engine)) count += await this.#readTable(engine, table, recordsMax)
    return count
  }

  async #readTable(engine: RegionEngine, table: Table, recordsMax: number): Promise<number> {
    let count = 0
    for (const [number, stream] of table.streams.entries()) {
      const { nowMs } = await logPosition(engine, table)
      const placeOf = (id: string): string => `${table.number} ${number} ${id}`
      for (const shard of shardsOf(stream, nowMs)) {
        if (shard.parentId !== undefined && this.#placeByShard.get(placeOf(shard.parentId)) !== 'ended') continue
        const place = this.#placeByShard.get(placeOf(shard.id)) ?? firstSequence(shard)
        if (place === 'ended') continue
        const { changes, next } = await readShard(engine, table, shard, place, recordsMax)
        this.#placeByShard.set(placeOf(shard.id), next ?? 'ended')
        this.#records(table.number).push(...changes)
        count += changes.length
      }
    }
    return count
  }

  #records(table: number): ChangeRecord[] {
    let records = this.#recordsByTable.get(table)
    if (records === undefined) this.#recordsByTable.set(table, (records = []))
    return records
  }
}

/** Those that are there and those that were, as long as their streams can be read. */
export function streamedTables(engine: RegionEngine): readonly Table[] {
  return [...engine.tables(), ...engine.endedTables()].filter(({ name, streams }) => name === tableName && streams.length > 0)
}
