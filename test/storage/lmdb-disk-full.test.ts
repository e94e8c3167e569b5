import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemRandom } from '../../src/base/system-random.ts'
import { systemTime } from '../../src/base/system-time.ts'
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

/** What meets the full disk: the log, which alone is written, or LMDB, into which everything is brought at once. */
const limitsByWriter = {
  'the log': { applyBytes: Infinity, waitBytes: Infinity, applyAfterMs: 3_600_000 },
  LMDB: { applyBytes: 1, waitBytes: 1, applyAfterMs: 3_600_000 },
}

test.skipIf(!canMount).each(['the log', 'LMDB'] as const)(
  `a disk that is full for %s ends the store: everybody is told, nothing acknowledged is lost${needsRoot}`,
  async (writer) => {
    const path = join(disk, 'store')
    const limits = limitsByWriter[writer]
    const store = await openLmdbStore({ path, scheduler: systemTime, random: systemRandom, limits })
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

    const reopened = await openLmdbStore({ path, scheduler: systemTime, random: systemRandom, limits: limitsByWriter['the log'] })
    const length = await lengthOfWholeLog(reopened)
    expect(length).toBeGreaterThanOrEqual(acknowledged)
    // A batch may have been on its way into the log when LMDB failed.
    expect(length).toBeLessThanOrEqual(writer === 'the log' ? acknowledged : acknowledged + writers.length)
    // It cannot bring it into LMDB, and says so; the log keeps it.
    await reopened.close()

    execFileSync('mount', ['-o', 'remount,size=64m', disk])
    const roomy = await openLmdbStore({ path, scheduler: systemTime, random: systemRandom, limits })
    expect(await append(roomy)).toBe(length + 1)
    await roomy.close()
    const last = await openLmdbStore({ path, scheduler: systemTime, random: systemRandom, limits })
    expect(await lengthOfWholeLog(last)).toBe(length + 1)
    await last.close()
  },
)

test.skipIf(!canMount)(`a store that cannot even be created says that the disk is full${needsRoot}`, async () => {
  execFileSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=4k', 'count=767'], { stdio: 'ignore' })
  await expect(openLmdbStore({ path: join(disk, 'store'), scheduler: systemTime, random: systemRandom })).rejects.toMatchObject({
    name: 'StoreFailed',
    code: 'DISK_FULL',
  })
})
