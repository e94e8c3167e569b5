import { expect, test } from 'vitest'
import { VirtualTime } from '../base/virtual-time.ts'
import { systemTime } from '../base/system-time.ts'
import type { MemoryStore } from './memory-store.ts'
import { createMemoryStore } from './memory-store.ts'
import { storeModelContract } from './store-model.contract.ts'
import type { Subject } from './store.contract.ts'
import { storeContract } from './store.contract.ts'
import { StoreClosed } from './store.ts'

const key = Buffer.from('k')
const everything = { from: Buffer.alloc(0), to: Buffer.from([0xff]) }

function subject(store: MemoryStore): Subject {
  return { store, crash: async () => subject(store.crash()), dispose: () => store.close() }
}

storeContract('memory, flushed in the next turn', async () => subject(createMemoryStore({ scheduler: systemTime })))
storeContract('memory, flushed later', async () => subject(createMemoryStore({ scheduler: systemTime, flushDelayMs: () => 2 })))
storeModelContract('a memory store', async () => subject(createMemoryStore({ scheduler: systemTime })), 300)

function put(value: string) {
  return () => ({ writes: [{ key, value: Buffer.from(value) }], result: value })
}

test('reads see the flushed state only, while decide sees what is committed', async () => {
  const time = new VirtualTime()
  const store = createMemoryStore({ scheduler: time, flushDelayMs: () => 10 })
  const first = store.transact([], put('first'))
  let seen: string | undefined
  const second = store.transact([key], ([value]) => {
    seen = value && Buffer.from(value).toString()
    return { writes: [], result: undefined }
  })
  expect(seen).toBe('first')
  await time.advance(9)
  expect(await store.get(key)).toBeUndefined()
  expect(await store.getMany([key])).toEqual([undefined])
  expect((await store.page(everything, { entriesMax: 9, bytesMax: 9 })).entries).toEqual([])
  expect(await (await store.snapshot()).get(key)).toBeUndefined()
  expect(await store.committedView().get(key)).toEqual(Buffer.from('first'))
  await time.advance(1)
  expect(await first).toBe('first')
  await second
  expect(await store.get(key)).toEqual(Buffer.from('first'))
})

test('a flush takes with it what was committed when it began, and not what came later', async () => {
  const time = new VirtualTime()
  const store = createMemoryStore({ scheduler: time, flushDelayMs: () => 10 })
  const answered: string[] = []
  const record = (answer: string): void => void answered.push(answer)
  void store.transact([], put('a')).then(record)
  void store.transact([], put('b')).then(record)
  await time.advance(5)
  void store.transact([], put('c')).then(record)
  await time.advance(5)
  expect(answered).toEqual(['a', 'b'])
  expect(await store.get(key)).toEqual(Buffer.from('b'))
  await time.advance(10)
  expect(answered).toEqual(['a', 'b', 'c'])
  expect(store.stats()).toEqual({ commits: 3, flushes: 2 })
})

test('a crash loses what was not flushed, tells its callers so, and nothing else', async () => {
  const time = new VirtualTime()
  const store = createMemoryStore({ scheduler: time, flushDelayMs: () => 10 })
  await time.resolve(store.transact([], put('kept')))
  const lost = store.transact([], put('lost'))
  await time.advance(5)
  const neverFlushing = store.transact([], put('lost too'))
  const reopened = store.crash()
  await expect(lost).rejects.toBeInstanceOf(StoreClosed)
  await expect(neverFlushing).rejects.toBeInstanceOf(StoreClosed)
  await expect(store.get(key)).rejects.toBeInstanceOf(StoreClosed)
  await expect(store.transact([], put('never'))).rejects.toBeInstanceOf(StoreClosed)
  await time.advance(100)
  expect(await reopened.get(key)).toEqual(Buffer.from('kept'))
  expect(await reopened.committedView().get(key)).toEqual(Buffer.from('kept'))
  await time.resolve(reopened.transact([], put('goes on')))
  expect(await reopened.get(key)).toEqual(Buffer.from('goes on'))
})

test('a flush that was under way may have reached the disk although its callers heard nothing', async () => {
  const time = new VirtualTime()
  const store = createMemoryStore({ scheduler: time, flushDelayMs: () => 10 })
  const underWay = store.transact([], put('under way'))
  await time.advance(5)
  const later = store.transact([], put('later'))
  const reopened = store.crash('landed')
  await expect(underWay).rejects.toBeInstanceOf(StoreClosed)
  await expect(later).rejects.toBeInstanceOf(StoreClosed)
  expect(await reopened.get(key)).toEqual(Buffer.from('under way'))
})

test('a refusal that rests on an unflushed write is not told before that write is flushed', async () => {
  const time = new VirtualTime()
  const store = createMemoryStore({ scheduler: time, flushDelayMs: () => 10 })
  void store.transact([], put('taken'))
  const refused = store.transact([key], ([value]) => {
    if (value !== undefined) throw new Error('taken')
    return { writes: [], result: undefined }
  })
  let told = false
  refused.catch(() => (told = true))
  await time.advance(9)
  expect(told).toBe(false)
  await time.advance(1)
  await expect(refused).rejects.toThrow('taken')
})
