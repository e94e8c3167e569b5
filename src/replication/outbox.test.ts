import { expect, test } from 'vitest'
import { VirtualTime } from '../base/virtual-time.ts'
import { createMemoryStore } from '../storage/memory-store.ts'
import type { Changes, Message, Progress } from './messages.ts'
import { Outbox } from './outbox.ts'
import { encodeReplicaRow, newReplicaRow } from './replica-row.ts'
import { logKey, replicaRowKey } from './rows.ts'

const incarnation = '00000000000000aa'
const records = 2_000

/** A log of which the records from `first` on are kept, and what is sent of it. */
async function start(first = 1, recordBytes = 100) {
  const time = new VirtualTime()
  const store = createMemoryStore({ scheduler: time })
  const row = encodeReplicaRow({
    ...newReplicaRow,
    keepsLog: true,
    cursors: new Map([[incarnation, records]]),
    ours: new Set([incarnation]),
  })
  const writes = [{ key: replicaRowKey(1), value: row }]
  for (let n = first; n <= records; n++) writes.push({ key: logKey(1, { incarnation, n }), value: new Uint8Array(recordBytes) })
  await time.resolve(store.transact([], () => ({ writes, result: undefined })))
  const sent: Changes[] = []
  const outbox = new Outbox({
    store,
    scheduler: time,
    tableNumber: 1,
    globalId: 'g',
    logs: ({ cursors }) => [...cursors].map(([each, to]) => ({ incarnation: each, to })),
    lacking: () => undefined,
    send(message: Message) {
      if (message.kind === 'changes') sent.push(message)
      return true
    },
    failed(error) {
      throw error
    },
  })
  const say = async (n: number, gap = false): Promise<void> => {
    const progress: Progress = {
      kind: 'progress',
      globalId: 'g',
      gap,
      report: { cursors: new Map([[incarnation, n]]), epoch: 1, ours: [] },
    }
    outbox.received(progress)
    await time.advance(1)
  }
  const shipped = (): number[] => sent.filter((changes) => changes.records.length > 0).map((changes) => changes.from)
  return { time, outbox, sent, say, shipped }
}

test('REP-29: asks first, then ships a window from where the receiver is, and more as it is answered', async () => {
  const { time, outbox, sent, say, shipped } = await start(1, 20_000)
  outbox.wake()
  await time.advance(1)
  expect(sent.map((changes) => [changes.records.length, changes.answer])).toEqual([[0, true]])
  await say(0)
  const window = sent.flatMap((changes) => changes.records).reduce((sum, record) => sum + record.length, 0)
  expect(window).toBeGreaterThan(7 << 20)
  expect(window).toBeLessThan(10 << 20)
  const before = shipped().length
  const [, second] = shipped()
  await say((second ?? 0) - 1)
  expect(shipped().length).toBe(before + 1)
  outbox.close()
})

test('REP-24: one lost batch, of which each batch behind it tells, is made good by sending the window once more', async () => {
  const { outbox, say, shipped } = await start()
  await say(0)
  const window = shipped()
  expect(window.length).toBeGreaterThan(5)
  for (let behind = 1; behind < window.length; behind++) await say(0, true)
  expect(shipped()).toEqual([...window, ...window])
  outbox.close()
})

test('REP-24: a second loss, after the first was made good, is made good too', async () => {
  const { outbox, say, shipped } = await start()
  await say(0)
  const [, second] = shipped()
  await say(0, true)
  await say((second ?? 0) - 1, true)
  expect(shipped().filter((from) => from === second)).toHaveLength(3)
  outbox.close()
})

test('REP-24: after a progress message that came late it asks how far the receiver is, instead of waiting for ever', async () => {
  const { time, outbox, sent, say, shipped } = await start(1_001)
  await say(400)
  expect(outbox.stalled).toContain(`${incarnation}:401`)
  expect(shipped()).toEqual([])
  await time.advance(6_000)
  expect(sent.at(-1)).toMatchObject({ records: [], answer: true })
  await say(1_000)
  expect(outbox.stalled).toBeUndefined()
  expect(shipped()[0]).toBe(1_001)
  outbox.close()
})

test('REP-24: what is not answered is not sent again before the receiver said where it is, and questions become rarer', async () => {
  const { time, outbox, sent, say, shipped } = await start()
  await say(0)
  const window = shipped().length
  await time.advance(600_000)
  expect(shipped()).toHaveLength(window)
  expect(sent.length - window).toBeGreaterThan(8)
  expect(sent.length - window).toBeLessThan(20)
  await say(0)
  expect(shipped()).toHaveLength(2 * window)
  await say(records)
  const all = sent.length
  await time.advance(600_000)
  expect(sent).toHaveLength(all)
  expect(time.pending).toBe(0)
  outbox.close()
})

test('REP-24: a progress message that was overtaken by a newer one takes nothing back', async () => {
  const { outbox, say, shipped } = await start()
  await say(0)
  const window = shipped()
  await say(records)
  await say(400)
  expect(outbox.known).toEqual(new Map([[incarnation, records]]))
  expect(shipped()).toEqual(window)
  outbox.close()
})

test('what the receiver last said stays known while it is asked again, so that what it lacks can be told while nobody answers', async () => {
  const { time, outbox, say } = await start()
  expect(outbox.known).toBeUndefined()
  await say(400)
  outbox.restart()
  await time.advance(600_000)
  expect(outbox.known).toEqual(new Map([[incarnation, 400]]))
  outbox.close()
})
