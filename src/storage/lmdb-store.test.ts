import { copyFile, cp, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import { systemRandom } from '../base/system-random.ts'
import { systemTime } from '../base/system-time.ts'
import type { ApplyLimits } from './layered-tree.ts'
import type { LmdbStore } from './lmdb-store.ts'
import { openLmdbStore } from './lmdb-store.ts'
import { storeModelContract } from './store-model.contract.ts'
import type { Subject } from './store.contract.ts'
import { storeContract } from './store.contract.ts'
import type { Range, Store } from './store.ts'

/** When writes go to LMDB: never by themselves, now and then, and after every batch. */
const limitsByName: Readonly<Record<string, ApplyLimits>> = {
  'all in the log': { applyBytes: Infinity, waitBytes: Infinity, applyAfterMs: 3_600_000 },
  'applied now and then': { applyBytes: 1500, waitBytes: 4000, applyAfterMs: 3_600_000 },
  'applied at once': { applyBytes: 1, waitBytes: 1, applyAfterMs: 3_600_000 },
}

async function openSubject(path: string, limits?: ApplyLimits): Promise<Subject> {
  const store = await openLmdbStore({ path, scheduler: systemTime, random: systemRandom, ...(limits && { limits }) })
  return {
    store,
    async crash() {
      await store.abandon()
      return openSubject(path, limits)
    },
    async dispose() {
      await store.close()
      await rm(path, { recursive: true, force: true })
    },
  }
}

const temporary = (): Promise<string> => mkdtemp(join(tmpdir(), 'everywrite-lmdb-'))

storeContract('LMDB', async () => openSubject(await temporary()))
for (const [name, limits] of Object.entries(limitsByName)) {
  if (limits.applyBytes < Infinity) storeContract(`LMDB, ${name}`, async () => openSubject(await temporary(), limits))
  storeModelContract(`an LMDB store, ${name},`, async () => openSubject(await temporary(), limits), 60)
}

describe('LMDB with a log before it', () => {
  const never = { applyBytes: Infinity, waitBytes: Infinity, applyAfterMs: 1000 }
  const everything: Range = { from: new Uint8Array(), to: new Uint8Array(4026).fill(0xff) }
  let folder = ''
  let path = ''
  let timers: (() => void)[] = []
  /** Time passes when the test says so; turns end by themselves. */
  const scheduler: Scheduler = {
    ...systemTime,
    after(delayMs, task) {
      if (delayMs === 0) return systemTime.after(0, task)
      timers.push(task)
      return () => (timers = timers.filter((each) => each !== task))
    },
  }
  let store: LmdbStore | undefined
  beforeEach(async () => {
    folder = await temporary()
    path = join(folder, 'store')
    timers = []
  })
  afterEach(async () => {
    await store?.abandon()
    await rm(folder, { recursive: true, force: true })
  })

  const reopen = async (limits: ApplyLimits = never, at = path): Promise<LmdbStore> =>
    (store = await openLmdbStore({ path: at, scheduler, random: seededRandom(1), limits }))
  const put = (target: Store, key: string, value = 'v'): Promise<void> =>
    target.transact([], () => ({ writes: [{ key: Buffer.from(key), value: Buffer.from(value) }], result: undefined }))
  const keysOf = async (target: Store): Promise<string> => {
    const { entries } = await target.page(everything, { entriesMax: Infinity, bytesMax: Infinity })
    return entries.map(({ key }) => Buffer.from(key).toString()).join('')
  }
  const sizes = async (): Promise<number[]> => Promise.all(['log-0', 'log-1'].map(async (name) => (await stat(join(path, name))).size))

  test('what is closed is in LMDB, and the log is empty', async () => {
    const first = await reopen()
    for (const key of ['a', 'b', 'c']) await put(first, key)
    expect(await sizes()).toEqual([65_536, 0])
    await first.close()
    expect(await sizes()).toEqual([0, 0])
    await cp(join(path, 'data.mdb'), join(folder, 'copy', 'data.mdb'))
    expect(await keysOf(await reopen(never, join(folder, 'copy')))).toBe('abc')
  })

  test('what is abandoned is in the log, and found there', async () => {
    const first = await reopen()
    for (const key of ['a', 'b', 'c']) await put(first, key)
    await first.abandon()
    const second = await reopen()
    expect(await keysOf(second)).toBe('abc')
    await put(second, 'd')
    await second.abandon()
    expect(await keysOf(await reopen())).toBe('abcd')
  })

  test('one timer brings what waits into LMDB; with nothing to bring there is none', async () => {
    const first = await reopen()
    expect(timers).toEqual([])
    await put(first, 'a')
    await put(first, 'b')
    expect(timers.length).toBe(1)
    timers.shift()?.()
    // The next batch goes to the other file at once, and waits for a timer of its own.
    await put(first, 'c')
    await first.abandon()
    await truncate(join(path, 'log-0'), 0)
    expect(await keysOf(await reopen())).toBe('abc')
    expect(timers.length).toBe(1)
  })

  test('a crash in the middle of an apply, with writes after it, loses nothing', async () => {
    const first = await reopen()
    const keys = Array.from({ length: 3000 }, (_, index) => String(index).padStart(5, '0'))
    await Promise.all(keys.map((key) => put(first, key)))
    timers.shift()?.()
    await put(first, 'z')
    // Three portions are under way; the crash comes before most of them.
    await first.abandon()
    expect((await keysOf(await reopen())) === `${keys.join('')}z`).toBe(true)
  })

  test('the log is bounded however long an apply takes: writers wait', async () => {
    const first = await reopen({ applyBytes: 64 * 1024, waitBytes: 256 * 1024, applyAfterMs: 1000 })
    await Promise.all(Array.from({ length: 2000 }, (_, index) => put(first, `k${index}`, 'x'.repeat(2000))))
    for (const size of await sizes()) expect(size).toBeLessThan(4 * 1024 * 1024)
    expect((await first.page(everything, { entriesMax: Infinity, bytesMax: Infinity })).entries.length).toBe(2000)
  })

  test('a snapshot is not moved by what is applied under it', async () => {
    const first = await reopen()
    await put(first, 'a')
    const snapshot = await first.snapshot()
    await put(first, 'b')
    timers.shift()?.()
    await put(first, 'c')
    const later = await first.snapshot()
    await put(first, 'a', 'changed')
    const seen = async (held: typeof snapshot): Promise<string[]> => {
      const { entries } = await held.page(everything, { entriesMax: 9, bytesMax: Infinity })
      return entries.map(({ key, value }) => `${Buffer.from(key).toString()}=${Buffer.from(value).toString()}`)
    }
    expect(await seen(snapshot)).toEqual(['a=v'])
    expect(await seen(later)).toEqual(['a=v', 'b=v', 'c=v'])
    expect(Buffer.from((await snapshot.get(Buffer.from('a'))) ?? []).toString()).toBe('v')
    expect(await snapshot.get(Buffer.from('b'))).toBeUndefined()
  })

  test('a store from before there were logs opens as it is', async () => {
    const before = open<Uint8Array, Uint8Array>({ path, noSubdir: false, pageSize: 8192, encoding: 'binary', keyEncoding: 'binary' })
    await before.put(Buffer.from('old'), Buffer.from('v'))
    await before.flushed
    await before.close()
    const first = await reopen()
    expect(await keysOf(first)).toBe('old')
    await put(first, 'new')
    await first.abandon()
    expect(await keysOf(await reopen())).toBe('newold')
  })

  test('a log that is damaged before its last record is refused, and left as it is', async () => {
    const first = await reopen()
    for (const key of ['a', 'b', 'c']) await put(first, key)
    await first.abandon()
    const log = join(path, 'log-0')
    const spoilt = await readFile(log)
    spoilt.writeUInt8(0xee, 40)
    await writeFile(log, spoilt)
    const damage = /is damaged at byte \d+, before write 3$/
    await expect(reopen()).rejects.toMatchObject({ name: 'StoreDamaged', file: log, damage: expect.stringMatching(damage) as string })
    expect((await readFile(log)).equals(spoilt)).toBe(true)
  })

  test('an older copy of LMDB beside a newer log, and a log beside another store, are refused', async () => {
    const first = await reopen()
    const data = join(path, 'data.mdb')
    await copyFile(data, join(folder, 'older.mdb'))
    await put(first, 'a')
    await first.close()
    const second = await reopen()
    await put(second, 'b')
    await second.abandon()
    await copyFile(data, join(folder, 'newer.mdb'))
    await copyFile(join(folder, 'older.mdb'), data)
    await expect(reopen()).rejects.toThrow(/log-0 begins with write 2, but the store beside it has only those up to 0$/)
    await rm(data)
    store = await openLmdbStore({ path: join(folder, 'other'), scheduler, random: seededRandom(2), limits: never })
    await store.close()
    await copyFile(join(folder, 'other', 'data.mdb'), data)
    await expect(reopen()).rejects.toThrow(/log-0 belongs to another store than the one beside it$/)
    await copyFile(join(folder, 'newer.mdb'), data)
    expect(await keysOf(await reopen())).toBe('ab')
  })
})
