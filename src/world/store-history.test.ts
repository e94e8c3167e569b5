import { expect, test } from 'vitest'
import { VirtualTime } from '../base/virtual-time.ts'
import { createMemoryStore } from '../storage/memory-store.ts'
import type { Snapshot, Store } from '../storage/store.ts'
import { StoreHistory, momentsMax } from './store-history.ts'

const key = Uint8Array.of(1)

async function openHistory() {
  const time = new VirtualTime()
  const plain = createMemoryStore({ scheduler: time })
  const held = new Set<Snapshot>()
  const counting: Store = {
    ...plain,
    snapshot: async () => {
      const snapshot = await plain.snapshot()
      const counted: Snapshot = { ...snapshot, close: () => (held.delete(counted), snapshot.close()) }
      held.add(counted)
      return counted
    },
    transact: (keys, decide) => plain.transact(keys, decide),
    get: (of) => plain.get(of),
    getMany: (keys) => plain.getMany(keys),
    page: (range, limit) => plain.page(range, limit),
    close: () => plain.close(),
  }
  const history = new StoreHistory(counting, time)
  const store = history.noticing(counting)
  const write = (value: number): Promise<void> =>
    time.resolve(store.transact([], () => ({ writes: [{ key, value: Uint8Array.of(value) }], result: undefined })))
  const ago = async (ms: number): Promise<number | undefined> => (await history.ago(ms)?.get(key))?.[0]
  return { time, history, held, write, ago }
}

test('a history holds a bounded number of snapshots however much is written, and none once it is ended', async () => {
  const { time, history, held, write } = await openHistory()
  await history.keep({ ms: 10_000, shortestMs: 1 })
  for (let value = 0; value < 2000; value++) {
    await write(value % 256)
    await time.advance(20)
    expect(held.size).toBeLessThanOrEqual(momentsMax)
  }
  expect(held.size).toBeGreaterThan(momentsMax / 2)
  history.end()
  expect(held.size).toBe(0)
  await write(1)
  await time.advance(1000)
  expect(held.size).toBe(0)
})

test('a read never sees what is newer than it asks for, and never lags by more than a sixteenth beyond', async () => {
  const { time, history, write, ago } = await openHistory()
  await history.keep({ ms: 1600, shortestMs: 1600 })
  const writtenAtMs: number[] = []
  for (let value = 0; value < 200; value++) {
    writtenAtMs.push(time.monotonicMs())
    await write(value)
    await time.advance(37)
    const seen = await ago(1600)
    const askedMs = time.monotonicMs() - 1600
    if (seen !== undefined) expect(writtenAtMs[seen]).toBeLessThanOrEqual(askedMs)
    const due = writtenAtMs.findLastIndex((atMs) => atMs <= askedMs - 101)
    expect(seen ?? -1).toBeGreaterThanOrEqual(due)
  }
})

test('a snapshot that is taken while the history ends is let go of', async () => {
  const { time, history, held } = await openHistory()
  const kept = history.keep({ ms: 100, shortestMs: 100 })
  history.end()
  await time.resolve(kept)
  expect(held.size).toBe(0)
})
