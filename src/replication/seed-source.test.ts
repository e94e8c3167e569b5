import { expect, test } from 'vitest'
import { VirtualTime } from '../base/virtual-time.ts'
import { createMemoryStore } from '../storage/memory-store.ts'
import type { Store } from '../storage/store.ts'
import { encodeReplicaRow, newReplicaRow } from './replica-row.ts'
import { cellKey, replicaRowKey } from './rows.ts'
import { SeedSource } from './seed-source.ts'
import { encodeVersion } from './version.ts'

/** A source whose table needs several pages, over a store that counts the snapshots that are open. */
async function start() {
  const time = new VirtualTime()
  const store = createMemoryStore({ scheduler: time })
  const writes = Array.from({ length: 1_500 }, (_, n) => {
    const itemKey = Buffer.from(String(n).padStart(5, '0'))
    const version = encodeVersion({
      dot: { incarnation: '00000000000000aa', n: n + 1 },
      timestamp: 1n,
      region: 'A',
      base: undefined,
      context: new Map(),
      epoch: 0,
      committedAtMs: 0,
      itemKey,
      stored: undefined,
    })
    return { key: cellKey(1, itemKey), value: version.bytes }
  })
  writes.push({ key: replicaRowKey(1), value: encodeReplicaRow(newReplicaRow) })
  await time.resolve(store.transact([], () => ({ writes, result: undefined })))
  const open = new Set<object>()
  const counted: Store = Object.assign(Object.create(store) as Store, {
    async snapshot() {
      const snapshot = await store.snapshot()
      const handle = {}
      open.add(handle)
      return {
        get: snapshot.get.bind(snapshot),
        page: snapshot.page.bind(snapshot),
        close() {
          open.delete(handle)
          snapshot.close()
        },
      }
    },
  })
  const source = new SeedSource(counted, time, 'A')
  const ask = (transfer: string, after?: Uint8Array) =>
    first(source.answer({ kind: 'seed-request', globalId: 'g', transfer, after, pages: 1 }, 1))
  return { time, source, open, ask }
}

test('two first requests of one transfer share a snapshot, and it is closed when nobody asks any more', async () => {
  const { time, open, ask } = await start()
  const [one, two] = await Promise.all([ask('t'), ask('t')])
  expect([one?.kind, two?.kind]).toEqual(['seed-page', 'seed-page'])
  expect(open.size).toBe(1)
  await time.advance(119_000)
  expect(open.size).toBe(1)
  await ask('t')
  await time.advance(119_000)
  expect(open.size).toBe(1)
  await time.advance(2_000)
  expect(open.size).toBe(0)
  expect(await ask('t', Buffer.from('00001'))).toMatchObject({ kind: 'seed-lost' })
})

test('when all places are taken a new transfer waits unanswered; one that was served to its end gives up its place', async () => {
  const { open, ask } = await start()
  for (let transfer = 0; transfer < 16; transfer++) await ask(`t${transfer}`)
  expect(await ask('late')).toBeUndefined()
  const first = await ask('t3')
  const after = first?.kind === 'seed-page' ? first.cells.at(-1)?.itemKey : undefined
  expect(await ask('t3', after)).toMatchObject({ last: true })
  // The last page may be lost: until its place is needed it is given again.
  expect(await ask('t3', after)).toMatchObject({ last: true })
  expect(await ask('late')).toMatchObject({ kind: 'seed-page', last: false })
  expect(open.size).toBe(16)
  expect(await ask('t3', after)).toMatchObject({ kind: 'seed-lost' })
})

test('a snapshot is closed as soon as the receiver has all of it', async () => {
  const { source, open, ask } = await start()
  await ask('t')
  await ask('u')
  expect(open.size).toBe(2)
  source.end('t')
  await Promise.resolve()
  expect(open.size).toBe(1)
  expect(await ask('t', Buffer.from('00001'))).toMatchObject({ kind: 'seed-lost' })
})

async function first<T>(answers: AsyncGenerator<T>): Promise<T | undefined> {
  for await (const answer of answers) return answer
  return undefined
}
