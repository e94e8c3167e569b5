import { changeRange, decodeChange, sequenceAt } from './change-log.ts'
import type { RegionEngine } from './region-engine.ts'
import type { Stream, StreamSplit, Table } from './table.ts'
import { enabledStream } from './table.ts'

/**
 * Splits every open shard of a table's stream in two when more changes are made than its readers are thought to follow: a shard then takes
 * more than DynamoDB's partitions do, 1,000 writes per second. A split is never undone; an idle shard costs next to nothing.
 */
export async function splitBusyShards(engine: RegionEngine, table: Table): Promise<void> {
  const stream = enabledStream(table)
  if (stream === undefined) return
  const lanes = lanesOf(stream)
  if (lanes >= LANES_MAX || (await changesPerSecond(engine, table, lanes)) <= CHANGES_PER_SECOND_MAX * lanes) return
  await engine.changeTable(table.name, (now, atMs) => {
    const current = enabledStream(now)
    if (current?.label !== stream.label || lanesOf(current) !== lanes) return {}
    const split: StreamSplit = { atMs, lanes: lanes * 2 }
    return { streams: [...now.streams.slice(0, -1), { ...current, splits: [...current.splits, split] }] }
  })
}

const LANES_MAX = 16
const CHANGES_PER_SECOND_MAX = 1000
const LOOK_BACK_SECONDS = 60
/** A look reads no more than twice what makes a shard busy. */
const SAMPLED_SECONDS = 2

function lanesOf({ splits }: Stream): number {
  return splits.at(-1)?.lanes ?? 1
}

/** Of the last minute, or of its beginning where that is enough to know. */
async function changesPerSecond(engine: RegionEngine, table: Table, lanes: number): Promise<number> {
  const entriesMax = CHANGES_PER_SECOND_MAX * SAMPLED_SECONDS * lanes
  const since = sequenceAt(engine.clock.nowMs() - LOOK_BACK_SECONDS * 1000)
  const { entries, more } = await engine.store.page(changeRange(table.number, since), { entriesMax, bytesMax: 16 << 20 })
  const [first] = entries
  const last = entries.at(-1)
  if (!more || first === undefined || last === undefined) return entries.length / LOOK_BACK_SECONDS
  const tookMs = decodeChange(last.key, last.value).atMs - decodeChange(first.key, first.value).atMs
  return entries.length / Math.max(1, tookMs / 1000)
}
