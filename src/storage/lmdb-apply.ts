/**
 * Brings writes into LMDB. The main thread only lists them; a thread of the pool puts them into the tree, writes its pages and flushes them.
 *
 * They go in the order of their keys and in portions, so that neither the main thread nor that one is held for long. What a crash leaves half done
 * is done again: the log has all of it until the mark, which is written last, is on the disk.
 */
import type { LmdbDatabase } from './lmdb-read.ts'
import { markWrite } from './log-mark.ts'
import type { Write } from './store.ts'
import type { LogMark } from './write-log.ts'

/** 1 to 2 ms of the main thread. */
const PORTION_WRITES_MAX = 1000
const PORTION_BYTES_MAX = 4 * 1024 * 1024

/** Resolves when all is on the disk, and seen by whoever begins to read. */
export async function applyWrites(database: LmdbDatabase, writes: Iterable<Write>, mark: LogMark): Promise<void> {
  for (const portion of portionsOf(writes, markWrite(mark))) {
    await inTurn(() =>
      database.batch(() => {
        for (const write of portion) putOrRemove(database, write)
      }),
    )
  }
  // Who has read in this turn would go on with what LMDB was before.
  database.resetReadTxn()
}

let underWay: Promise<unknown> = Promise.resolve()

/** One portion at a time in the whole process: the pool has four threads, and the logs of all Regions wait for one of them. */
function inTurn<T>(write: () => Promise<T>): Promise<T> {
  const written = underWay.then(write)
  // Who asked for it hears how it ended.
  underWay = written.then(
    () => undefined,
    () => undefined,
  )
  return written
}

function putOrRemove(database: LmdbDatabase, { key, value }: Write): void {
  // Inside a batch these say nothing of their own.
  if (value === undefined) void database.remove(key)
  else void database.put(key, value)
}

function* portionsOf(writes: Iterable<Write>, last: Write): Generator<readonly Write[]> {
  let portion: Write[] = []
  let bytes = 0
  for (const write of writes) {
    portion.push(write)
    bytes += write.key.length + (write.value?.length ?? 0)
    if (portion.length < PORTION_WRITES_MAX && bytes < PORTION_BYTES_MAX) continue
    yield portion
    portion = []
    bytes = 0
  }
  yield [...portion, last]
}
