import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemRandom } from '../base/system-random.ts'
import { systemTime } from '../base/system-time.ts'
import { openLmdbStore } from '../storage/lmdb-store.ts'
import { storeFileDamage } from './store-file.ts'

let folder = ''
let file = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-store-file-'))
  file = join(folder, 'data.mdb')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** As many transactions as rounds, each replacing what the last one wrote, so that there are free pages. */
async function writeStore(rounds: number, valueBytes: number): Promise<void> {
  const store = await openLmdbStore({ path: folder, scheduler: systemTime, random: systemRandom })
  for (let round = 0; round < rounds; round++) {
    const writes = Array.from({ length: 20 }, (_, index) => ({ key: Buffer.from(`key ${index}`), value: Buffer.alloc(valueBytes, round) }))
    await store.transact([], () => ({ writes, result: undefined }))
  }
  await store.close()
}

test.each([
  { rounds: 0, valueBytes: 0 },
  { rounds: 1, valueBytes: 10 },
  { rounds: 30, valueBytes: 3_000 },
  { rounds: 30, valueBytes: 100_000 },
])('a store of $rounds transactions with values of $valueBytes bytes is intact', async ({ rounds, valueBytes }) => {
  await writeStore(rounds, valueBytes)
  expect(await storeFileDamage(file)).toBeUndefined()
})

test('a store that is not there yet, or was only begun, may be made', async () => {
  expect(await storeFileDamage(file)).toBeUndefined()
  await writeFile(file, '')
  expect(await storeFileDamage(file)).toBeUndefined()
})

test('a file of something else is no store', async () => {
  for (const bytes of [1, 100, 20_000, 200_000]) {
    await writeFile(file, Buffer.alloc(bytes, 'something else'))
    expect(await storeFileDamage(file)).toBe('is not a store of everywrite')
  }
})

test('a store that was copied only in part is cut off', async () => {
  await writeStore(3, 100_000)
  const { length } = await readFile(file)
  for (const bytes of [5_000, 9_000, 100_000, Math.floor(length / 3)]) {
    await truncate(file, bytes)
    expect(await storeFileDamage(file)).toMatch(/^was cut off: it has \d+ bytes of at least \d+$/)
    await rm(folder, { recursive: true })
    await writeStore(3, 100_000)
  }
})

test('a second meta page that was overwritten is damage', async () => {
  await writeStore(1, 10)
  const bytes = await readFile(file)
  await writeFile(file, bytes.fill(0xee, 8192, 8192 + 256))
  expect(await storeFileDamage(file)).toBe('is damaged at its beginning')
})
