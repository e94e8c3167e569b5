import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemRandom } from '../../src/base/system-random.ts'
import { systemTime } from '../../src/base/system-time.ts'
import { openLmdbStore } from '../../src/storage/lmdb-store.ts'
import type { Observation } from './lmdb-writer.ts'
import { lengthOfWholeLog } from './log.ts'
import { canTrace, startWriter } from './writer-process.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-crash-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** What is in the store after whatever happened to its process. */
async function lengthAfterReopening(): Promise<number> {
  const store = await openLmdbStore({ path: folder, scheduler: systemTime, random: systemRandom })
  try {
    return await lengthOfWholeLog(store)
  } finally {
    await store.close()
  }
}

test('every acknowledged write outlives a process that is killed under load, again and again', async () => {
  let acknowledged = 0
  for (const writes of [1, 700, 150, 33, 1500]) {
    const writer = startWriter('append', folder)
    const enough = acknowledged + writes
    for await (const line of writer.lines) {
      acknowledged = Math.max(acknowledged, Number(line.replace('acknowledged ', '')))
      if (acknowledged >= enough) break
    }
    await writer.kill()
    const length = await lengthAfterReopening()
    expect(length).toBeGreaterThanOrEqual(acknowledged)
    acknowledged = length
  }
})

const needsStrace = canTrace ? '' : ' (skipped: needs strace, for example by apt-get install strace)'

test.skipIf(!canTrace)(
  `nothing is readable, and nothing is answered, before it is flushed; reads do not wait for the flush${needsStrace}`,
  async () => {
    const { visibleMs, answeredMs, reads } = await observe('observe', 'pwrite64')
    expect(visibleMs).toBeGreaterThanOrEqual(100)
    expect(answeredMs).toBeGreaterThanOrEqual(100)
    expect(reads).toBeGreaterThan(50)
  },
)

test.skipIf(!canTrace)(`the check before this one notices a store that publishes before it flushes${needsStrace}`, async () => {
  const { visibleMs, answeredMs } = await observe('observe-early', 'fdatasync')
  expect(visibleMs).toBeLessThan(100)
  expect(answeredMs).toBeGreaterThanOrEqual(100)
})

/** @param flush the system call that makes a write durable: the log's own, or LMDB's */
async function observe(mode: 'observe' | 'observe-early', flush: 'pwrite64' | 'fdatasync'): Promise<Observation> {
  const writer = startWriter(mode, folder, [`${flush}:delay_enter=100000`])
  for await (const line of writer.lines) return JSON.parse(line) as Observation
  throw new Error('the process ended without an observation')
}

for (const [what, injection, code] of [
  ['a log that cannot be written', 'pwrite64:error=EIO:when=40+', 'IO_ERROR'],
  ['a flush of LMDB that fails', 'fdatasync:error=EIO:when=4+', 'IO_ERROR'],
  ['a disk without space', 'pwrite64,pwritev:error=ENOSPC:when=12+', 'DISK_FULL'],
] as const) {
  test.skipIf(!canTrace)(`${what} ends the store, and what it acknowledged is intact${needsStrace}`, async () => {
    const writer = startWriter('append', folder, [injection])
    let acknowledged = 0
    let last = ''
    for await (const line of writer.lines) {
      if (line.startsWith('acknowledged ')) acknowledged = Math.max(acknowledged, Number(line.replace('acknowledged ', '')))
      last = line
    }
    expect(last).toBe(`failed ${code}`)
    expect(acknowledged).toBeGreaterThan(0)
    expect(await lengthAfterReopening()).toBeGreaterThanOrEqual(acknowledged)
  })
}
