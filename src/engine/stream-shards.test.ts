import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { STREAM_RETENTION_MS } from './change-log.ts'
import type { Shard } from './stream-shards.ts'
import { isClosed, isReadable, SHARD_WINDOW_MS, shardsOf, takes } from './stream-shards.ts'
import type { Stream } from './table.ts'

const createdAtMs = Date.parse('2026-11-24T08:15:30.123Z')

/** A stream with up to four splits, which may have been disabled. */
const streams: fc.Arbitrary<Stream> = fc
  .record({
    gaps: fc.array(fc.integer({ min: 1, max: 30 * 3600 * 1000 }), { maxLength: 4 }),
    lastsMs: fc.option(fc.integer({ min: 1, max: 60 * 3600 * 1000 }), { nil: undefined }),
  })
  .map(({ gaps, lastsMs }) => {
    let atMs = createdAtMs
    const splits = gaps.map((gap, index) => ({ atMs: (atMs += gap), lanes: 2 ** (index + 1) }))
    const endedAtMs = lastsMs === undefined ? undefined : atMs + lastsMs
    return { label: '2026-11-24T08:15:30.123', view: 'KEYS_ONLY', createdAtMs, endedAtMs, splits }
  })
const laterMs = fc.integer({ min: 0, max: 200 * 3600 * 1000 })
const itemKeys = fc.uint8Array({ minLength: 6, maxLength: 6 })

const holds = (shard: Shard, atMs: number, itemKey: Uint8Array): boolean =>
  shard.startMs <= atMs && atMs < shard.endMs && takes(shard, itemKey)

describe('shards', () => {
  test('hold every change that is not too old in exactly one of them', () => {
    fc.assert(
      fc.property(streams, laterMs, laterMs, itemKeys, (stream, nowAfter, ago, itemKey) => {
        const nowMs = createdAtMs + nowAfter
        const atMs = nowMs - (ago % STREAM_RETENTION_MS)
        const inStream = atMs >= createdAtMs && (stream.endedAtMs === undefined || atMs < stream.endedAtMs)
        const holders = shardsOf(stream, nowMs).filter((shard) => holds(shard, atMs, itemKey))
        expect(holders).toHaveLength(inStream ? 1 : 0)
      }),
    )
  })

  test('go on where their parents end, with a part of what these held', () => {
    fc.assert(
      fc.property(streams, laterMs, itemKeys, (stream, nowAfter, itemKey) => {
        const nowMs = createdAtMs + nowAfter
        const shards = shardsOf(stream, nowMs)
        for (const shard of shards) {
          const parent = shards.find(({ id }) => id === shard.parentId)
          if (shard.startMs === createdAtMs) expect(shard.parentId).toBeUndefined()
          else if (shard.startMs > nowMs - STREAM_RETENTION_MS) expect(parent?.endMs).toBe(shard.startMs)
          if (parent !== undefined && takes(shard, itemKey)) expect(takes(parent, itemKey)).toBe(true)
        }
      }),
    )
  })

  test('never change once they are closed, and have ids in the order of time', () => {
    fc.assert(
      fc.property(streams, laterMs, laterMs, (stream, nowAfter, more) => {
        const nowMs = createdAtMs + nowAfter
        const before = shardsOf(stream, nowMs)
        const after = new Map(shardsOf(stream, nowMs + more).map((shard) => [shard.id, shard]))
        const horizonMs = nowMs + more - STREAM_RETENTION_MS
        for (const shard of before) {
          if (isClosed(shard, nowMs) && shard.endMs > horizonMs) expect(after.get(shard.id)).toEqual(shard)
        }
        expect(before.map(({ id }) => id)).toEqual(before.map(({ id }) => id).sort())
        for (const { id, startMs, endMs } of before) {
          expect(id).toMatch(/^shardId-\d{20}-[0-9a-f]{8}$/)
          expect(endMs - startMs).toBeLessThanOrEqual(SHARD_WINDOW_MS)
        }
      }),
    )
  })

  test('are there as long as their stream can be read', () => {
    fc.assert(
      fc.property(streams, laterMs, (stream, nowAfter) => {
        const nowMs = createdAtMs + nowAfter
        expect(shardsOf(stream, nowMs).length > 0).toBe(isReadable(stream, nowMs))
      }),
    )
  })

  test('of a stream of many years are found at once', () => {
    const stream: Stream = { label: 'x', view: 'KEYS_ONLY', createdAtMs, endedAtMs: undefined, splits: [] }
    expect(shardsOf(stream, createdAtMs + 1_000 * SHARD_WINDOW_MS * 1_000)).toHaveLength(7)
  })
})
