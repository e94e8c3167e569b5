import type { Store } from '../storage/store.ts'
import type { ChangeRecord, Sequence } from './change-log.ts'
import {
  changeHeadKey,
  changeRange,
  decodeChange,
  decodeChangeHead,
  encodeChangeHead,
  sequenceAt,
  STREAM_RETENTION_MS,
  timeOfSequence,
} from './change-log.ts'
import { definitionKey } from './keyspace.ts'
import { removeRows } from './region-engine.ts'
import type { RegionEngine } from './region-engine.ts'
import type { Shard } from './stream-shards.ts'
import { isClosed, takes } from './stream-shards.ts'
import type { Table } from './table.ts'
import { decodeTable } from './table.ts'

/** Reads shards from the change log, which is trimmed here too. */

/** Where a table's change log is. */
export interface LogPosition {
  /** Of the Region's clock, unless the log is ahead of it because the clock was set back. */
  readonly nowMs: number
  /** All changes up to this one can be read, and every later one gets a greater number. */
  readonly newest: Sequence
}

export async function logPosition(engine: RegionEngine, table: Table): Promise<LogPosition> {
  const newest = decodeChangeHead(await engine.store.get(changeHeadKey(table.number)))
  return { nowMs: Math.max(engine.clock.nowMs(), timeOfSequence(newest)), newest }
}

/** The first sequence number that is not too old to be read. */
export function trimHorizon(nowMs: number): Sequence {
  return sequenceAt(nowMs - STREAM_RETENTION_MS)
}

export function firstSequence({ startMs }: Shard): Sequence {
  return sequenceAt(startMs)
}

/** The greatest sequence number that a change in this shard can have. */
export function lastSequence({ endMs }: Shard): Sequence {
  return sequenceAt(endMs) - 1n
}

export interface ShardPage {
  readonly changes: readonly ChangeRecord[]
  /** Where to go on; undefined at the end of a closed shard. */
  readonly next: Sequence | undefined
}

/**
 * A page of a shard's changes from `from` (inclusive) on. What one call reads of the log is bounded, so a page may be empty though changes
 * follow.
 * @param changesMax at least one
 */
export async function readShard(engine: RegionEngine, table: Table, shard: Shard, from: Sequence, changesMax: number): Promise<ShardPage> {
  const { nowMs, newest } = await logPosition(engine, table)
  const end = sequenceAt(shard.endMs)
  const closed = isClosed(shard, nowMs)
  if (closed && newest < end) await sealLog(engine.store, table, end)
  if (from >= end) return { changes: [], next: closed ? undefined : from }

  const entriesMax = Math.min(readRowsMax, changesMax * shard.lanes)
  const bytesMax = pageBytesMax * Math.min(shard.lanes, 4)
  const { entries, more } = await engine.store.page(changeRange(table.number, from, end), { entriesMax, bytesMax })
  const changes: ChangeRecord[] = []
  let next = from
  let sizeBytes = 0
  for (const { key, value } of entries) {
    const change = decodeChange(key, value)
    if (takes(shard, change.itemKey)) {
      if (changes.length === changesMax || (changes.length > 0 && sizeBytes + value.length > pageBytesMax)) return { changes, next }
      changes.push(change)
      sizeBytes += value.length
    }
    next = change.sequence + 1n
  }
  if (more) return { changes, next }
  if (closed) return { changes, next: undefined }
  // Nothing up to the newest of before is still on its way.
  const seen = newest + 1n < end ? newest + 1n : end
  return { changes, next: seen > next ? seen : next }
}

/**
 * Removes the changes that nobody may read any more: those that are too old for streams, and for point-in-time recovery where that is on. While
 * somebody reads them at length, none.
 */
export async function trimChanges(store: Store, table: Table, nowMs: number): Promise<void> {
  if (table.logReaders.length > 0) return
  const recoveryMs = (table.own.recovery?.days ?? 0) * dayMs
  await removeRows(store, changeRange(table.number, 0n, sequenceAt(nowMs - Math.max(STREAM_RETENTION_MS, recoveryMs))))
}

const pageBytesMax = 1 << 20
const readRowsMax = 4000
const dayMs = 24 * 3600 * 1000

/** Makes sure that no change gets a number below `end` any more: not by a write that is under way, nor after the clock is set back. */
export async function sealLog(store: Store, table: Table, end: Sequence): Promise<void> {
  const key = changeHeadKey(table.number)
  await store.transact([key, definitionKey(table.name)], ([head, definition]) => {
    const isDone = decodeChangeHead(head) >= end
    // A table that was dropped meanwhile leaves nothing behind.
    const isGone = definition === undefined || decodeTable(definition).number !== table.number
    return { writes: isDone || isGone ? [] : [{ key, value: encodeChangeHead(end) }], result: undefined }
  })
}
