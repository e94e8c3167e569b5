/**
 * A process with one LMDB store, for tests that kill it or let its system calls fail. What it did it says in lines on its output,
 * which is a pipe and thus written before the next statement runs.
 *
 *     append <folder>        appends to a log from 16 writers for ever      "acknowledged <sequence>" ..., "failed <code>" and exit
 *     observe <folder>       reads while it writes                          one line of JSON, an {@link Observation}
 *     observe-early <folder> the same on LMDB as it comes, which publishes before it flushes
 */
import { open } from 'lmdb'
import { assert } from '../../src/base/assert.ts'
import { systemRandom } from '../../src/base/system-random.ts'
import { systemTime } from '../../src/base/system-time.ts'
import { openLmdbStore } from '../../src/storage/lmdb-store.ts'
import { append } from './log.ts'

/** One write, and the reads beside it. */
export interface Observation {
  readonly visibleMs: number
  readonly answeredMs: number
  /** Reads that were answered before the write was. */
  readonly reads: number
}

interface Subject {
  readonly put: (key: Uint8Array, value: Uint8Array) => Promise<unknown>
  readonly get: (key: Uint8Array) => Promise<Uint8Array | undefined> | Uint8Array | undefined
}

const [mode, folder] = process.argv.slice(2)
assert(folder !== undefined, 'a folder is named')

if (mode === 'append') await appendForEver(folder)
else if (mode === 'observe') say(JSON.stringify(await observe(await everywriteSubject(folder))))
else if (mode === 'observe-early') say(JSON.stringify(await observe(earlySubject(folder))))
else throw new Error(`no mode ${mode}`)
process.exit(0)

async function appendForEver(folder: string): Promise<void> {
  const store = await openLmdbStore({ path: folder, scheduler: systemTime, random: systemRandom })
  const writers = Array.from({ length: 16 }, async () => {
    for (;;) say(`acknowledged ${await append(store)}`)
  })
  await Promise.allSettled(writers)
  say(`failed ${(await store.failed).code}`)
}

async function observe(subject: Subject): Promise<Observation> {
  const key = Buffer.from('observed')
  await subject.put(Buffer.from('before'), key)
  const startMs = performance.now()
  let answeredMs = Infinity
  let visibleMs = Infinity
  let reads = 0
  const answered = subject.put(key, key).then(() => (answeredMs = performance.now() - startMs))
  while (visibleMs === Infinity || answeredMs === Infinity) {
    const found = await subject.get(key)
    if (found !== undefined) visibleMs = Math.min(visibleMs, performance.now() - startMs)
    if (answeredMs === Infinity) reads++
    await new Promise((resolve) => setImmediate(resolve))
  }
  await answered
  return { visibleMs, answeredMs, reads }
}

async function everywriteSubject(folder: string): Promise<Subject> {
  const store = await openLmdbStore({ path: folder, scheduler: systemTime, random: systemRandom })
  return {
    put: (key, value) => store.transact([key], () => ({ writes: [{ key, value }], result: undefined })),
    get: (key) => store.get(key),
  }
}

function earlySubject(folder: string): Subject {
  const database = open<Uint8Array, Uint8Array>({ path: folder, noSubdir: false, encoding: 'binary', keyEncoding: 'binary' })
  return {
    put: (key, value) => database.put(key, value).then(() => database.flushed),
    get: (key) => database.get(key),
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
