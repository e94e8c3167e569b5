import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openLmdbStore } from '../../src/storage/lmdb-store.ts'
import { StoreFailed } from '../../src/storage/store.ts'
import { append, lengthOfWholeLog } from './log.ts'

const canMount = process.platform === 'linux' && process.getuid?.() === 0

let disk = ''
beforeEach(async () => {
  disk = await mkdtemp(join(tmpdir(), 'everywrite-disk-'))
  if (canMount) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk])
})
afterEach(async () => {
  if (canMount) execFileSync('umount', ['--lazy', disk])
  await rm(disk, { recursive: true, force: true })
})

const needsRoot = canMount ? '' : ' (skipped: needs root on Linux, to mount a small disk)'

test.skipIf(!canMount)(`a full disk ends the store: everybody is told, nothing acknowledged is lost${needsRoot}`, async () => {
  const path = join(disk, 'store')
  const store = await openLmdbStore({ path })
  let acknowledged = 0
  const writers = Array.from({ length: 16 }, async () => {
    for (;;) acknowledged = Math.max(acknowledged, await append(store))
  })
  const failure = await store.failed
  expect(failure).toBeInstanceOf(StoreFailed)
  expect(failure.code).toBe('DISK_FULL')
  for (const writer of await Promise.allSettled(writers)) expect(writer).toMatchObject({ status: 'rejected', reason: failure })
  await expect(append(store)).rejects.toBe(failure)
  await expect(store.get(Buffer.from('head'))).rejects.toBe(failure)
  await expect(store.snapshot()).rejects.toBe(failure)
  await store.close()
  expect(acknowledged).toBeGreaterThan(100)

  const reopened = await openLmdbStore({ path })
  expect(await lengthOfWholeLog(reopened)).toBe(acknowledged)
  await reopened.close()
})

test.skipIf(!canMount)(`a store that cannot even be created says that the disk is full${needsRoot}`, async () => {
  execFileSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=4k', 'count=767'], { stdio: 'ignore' })
  await expect(openLmdbStore({ path: join(disk, 'store') })).rejects.toMatchObject({ name: 'StoreFailed', code: 'DISK_FULL' })
})
