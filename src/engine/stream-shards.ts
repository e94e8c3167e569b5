import { STREAM_RETENTION_MS } from './change-log.ts'
import type { Stream, StreamSplit } from './table.ts'

/**
 * A stream's shards, which follow from its definition and the time and from nothing else. The change log is one; a shard is a window of it:
 *
 *     created        + 4 h             split into two      + 4 h           disabled
 *     |  lane 0 of 1  |  lane 0 of 1  |  lane 0 of 2       |  lane 0 of 2  |
 *     |               |               |  lane 1 of 2       |  lane 1 of 2  |
 *
 * between two moments, and in it the items whose key hashes to one of its lanes. A shard is closed when its time is over, and goes on in its
 * children, so that a reader who takes parents before children meets the changes of each item in order.
 */
export interface Shard {
  /** The moment at which it begins and the first key hash of its lane: `shardId-00000001764000000000-80000000`. */
  readonly id: string
  /** It may be gone already. */
  readonly parentId: string | undefined
  readonly startMs: number
  /** The first moment that is no longer its. */
  readonly endMs: number
  readonly lane: number
  readonly lanes: number
}

/** How long a shard takes up changes; DynamoDB's do for about as long. */
export const SHARD_WINDOW_MS = 4 * 3600 * 1000

/** The shards that have begun and whose changes are not all too old to be read; in the order of their ids, parents first. */
export function shardsOf(stream: Stream, nowMs: number): readonly Shard[] {
  const horizonMs = nowMs - STREAM_RETENTION_MS
  const shards: Shard[] = []
  let before: Window | undefined
  for (const window of windowsOf(stream, horizonMs, nowMs)) {
    if (window.endMs > horizonMs) shards.push(...shardsIn(window, before))
    before = window
  }
  return shards
}

export function isClosed({ endMs }: Shard, nowMs: number): boolean {
  return nowMs >= endMs
}

/** Whether a change of this item is in the shard, if it is of the shard's time. */
export function takes({ lane, lanes }: Shard, itemKey: Uint8Array): boolean {
  if (lanes === 1) return true
  const hash = Buffer.from(itemKey.buffer, itemKey.byteOffset, 4).readUInt32BE()
  return Math.floor((hash / hashes) * lanes) === lane
}

/** Whether anything of the stream can still be read. */
export function isReadable({ endedAtMs }: Stream, nowMs: number): boolean {
  return endedAtMs === undefined || endedAtMs > nowMs - STREAM_RETENTION_MS
}

interface Window extends StreamSplit {
  readonly endMs: number
}

/** The windows from the last that ended before the horizon, where there is one, to the present one. */
function* windowsOf({ createdAtMs, endedAtMs = Infinity, splits }: Stream, horizonMs: number, nowMs: number): Generator<Window> {
  const epochs: readonly StreamSplit[] = [{ atMs: createdAtMs, lanes: 1 }, ...splits]
  for (const [index, { atMs: fromMs, lanes }] of epochs.entries()) {
    const untilMs = epochs[index + 1]?.atMs ?? endedAtMs
    const last = Math.ceil((untilMs - fromMs) / SHARD_WINDOW_MS) - 1
    const first = Math.max(0, Math.min(last, Math.floor((horizonMs - fromMs) / SHARD_WINDOW_MS) - 1))
    for (let atMs = fromMs + first * SHARD_WINDOW_MS; atMs < untilMs && atMs <= nowMs; atMs += SHARD_WINDOW_MS) {
      yield { atMs, lanes, endMs: Math.min(atMs + SHARD_WINDOW_MS, untilMs) }
    }
  }
}

function shardsIn({ atMs: startMs, endMs, lanes }: Window, before: Window | undefined): readonly Shard[] {
  return Array.from({ length: lanes }, (_, lane) => {
    const parentId = before && idOf(before.atMs, Math.floor((lane * before.lanes) / lanes), before.lanes)
    return { id: idOf(startMs, lane, lanes), parentId, startMs, endMs, lane, lanes }
  })
}

const hashes = 0x1_0000_0000

function idOf(startMs: number, lane: number, lanes: number): string {
  const firstHash = ((lane * hashes) / lanes).toString(16).padStart(8, '0')
  return `shardId-${String(startMs).padStart(20, '0')}-${firstHash}`
}
