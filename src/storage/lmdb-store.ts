/**
 * The durable store: a log and one LMDB environment (a memory-mapped B+ tree, copy on write) in a folder.
 *
 * Group commit. Transactions that arrive while a batch is being flushed wait, and are then decided together on the main thread. What they write is
 * one record of the log (`write-log.ts`), flushed once, and is brought into LMDB later with what many other batches wrote (`lmdb-apply.ts`):
 *
 *     batch after batch ──> log ─── flushed ──> answers
 *                            └────────────────> tip ──(the apply begins)──> frozen ──(it ends)──> LMDB
 *                                              reads look into the tip, the frozen overlay and LMDB, in this order
 *
 * So nothing is read before it is flushed, and a reader waits for nobody. The frozen overlay lies above an LMDB that has none, some or all of it,
 * and covers the difference; it goes when LMDB has all of it on the disk. A snapshot is the two overlays and LMDB as they are at one moment.
 * LMDB publishes after its flush only: lmdb's `overlappingSync` is off.
 *
 * The lock on a data folder and the version of what is stored in it are the caller's affair.
 */
import { mkdir } from 'node:fs/promises'
import { dirname, join, resolve as absolute } from 'node:path'
import type { RootDatabase } from 'lmdb'
import { open } from 'lmdb'
import { assert } from '../base/assert.ts'
import type { Random } from '../base/random.ts'
import { hex64 } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import { sleep } from '../base/scheduler.ts'
import { allocateFile, flushFile, flushFolder, freeBytes } from './durable-folder.ts'
import { assertKey, assertPage } from './key-bounds.ts'
import type { ApplyLimits } from './layered-tree.ts'
import { LayeredTree } from './layered-tree.ts'
import { applyWrites } from './lmdb-apply.ts'
import { commitFailure, storeFailure } from './lmdb-failure.ts'
import type { LmdbDatabase } from './lmdb-read.ts'
import { bytesEncoder, readPage, readValue } from './lmdb-read.ts'
import { openLogFile } from './log-file.ts'
import { readMark } from './log-mark.ts'
import { textOf } from './overlay.ts'
import type { Pending } from './pending-transaction.ts'
import { PendingTransaction } from './pending-transaction.ts'
import type { Decision, Key, Page, PageLimit, Range, Snapshot, Store, StoreStats, Value, Write } from './store.ts'
import { StoreClosed, StoreDamaged, StoreFailed } from './store.ts'
import type { LogMark, OpenedLog } from './write-log.ts'
import { openWriteLog } from './write-log.ts'

export interface LmdbStoreOptions {
  /** The folder of the store; it is made when it does not exist. */
  readonly path: string
  readonly scheduler: Scheduler
  readonly random: Random
  /** Undefined: as measured to be good. */
  readonly limits?: ApplyLimits
}

export interface LmdbStore extends Store {
  /**
   * A crash put in on purpose: rejects what is unanswered with {@link StoreClosed} at once, without waiting for its flush.
   * Resolves when the files are released, which is when the write that is under way in the kernel has returned.
   */
  abandon(): Promise<void>
  stats(): StoreStats
}

/** Each holds a slot of LMDB's table of readers, and keeps the pages that it sees from being used again. */
const SNAPSHOTS_MAX = 512
/** A slot per snapshot, and some for the reads of a turn. */
const READERS_MAX = SNAPSHOTS_MAX + 64
/** 64 bytes per reader, and more than LMDB's own header. */
const LOCK_FILE_BYTES = 64 * READERS_MAX + 8192
const NEW_STORE_FREE_BYTES_MIN = 1024 * 1024
/** One batch occupies the main thread for some 10 ms at most. */
const BATCH_TRANSACTIONS_MAX = 512
/** Fewer are not worth two flushes. */
const BATCH_TRANSACTIONS_MIN = 8
const BATCH_BYTES_MAX = 16 * 1024 * 1024
const applyLimits: ApplyLimits = { applyBytes: 4 * 1024 * 1024, waitBytes: 16 * 1024 * 1024, applyAfterMs: 1000 }

/** @throws StoreFailed, StoreDamaged */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<LmdbStore> {
  const { path } = options
  const opened: { close(): Promise<unknown> }[] = []
  try {
    await mkdir(path, { recursive: true })
    // A process that was killed may have published a root that the disk does not have yet; nobody may read it before.
    const exists = await flushFile(join(path, 'data.mdb'))
    // lmdb ends the whole process when it cannot write the first pages of a new environment.
    if (!exists && (await freeBytes(path)) < NEW_STORE_FREE_BYTES_MIN)
      throw new StoreFailed('DISK_FULL', `no space for a new store in ${path}`)
    await allocateFile(join(path, 'lock.mdb'), LOCK_FILE_BYTES)
    const database = openDatabase(path)
    opened.push(database)
    const files = [await openLogFile(join(path, 'log-0')), await openLogFile(join(path, 'log-1'))] as const
    opened.push(...files)
    const mark = readMark(database) ?? (await firstMark(database, options))
    const log = await openWriteLog(files, mark)
    await flushFolder(path)
    await flushFolder(dirname(absolute(path)))
    return new GroupCommitStore(database, log, options)
  } catch (cause) {
    for (const each of opened) await each.close()
    throw cause instanceof StoreFailed || cause instanceof StoreDamaged ? cause : await commitFailure(cause, path)
  }
}

function openDatabase(path: string): RootDatabase<Uint8Array, Uint8Array> {
  return open<Uint8Array, Uint8Array>({
    path,
    noSubdir: false,
    // Keys of up to 4,026 bytes. The size of existing environments stays what it is.
    pageSize: 8192,
    encoding: 'binary',
    encoder: bytesEncoder,
    keyEncoding: 'binary',
    overlappingSync: false,
    // Writes come in batches that are put together here; lmdb need not wait for the turn to end before it begins one.
    eventTurnBatching: false,
    maxDbs: 1,
    maxReaders: READERS_MAX,
  })
}

/** A new store, or one from before there were logs, becomes one that its log can be told by. */
async function firstMark(database: LmdbDatabase, { random }: LmdbStoreOptions): Promise<LogMark> {
  const mark = { storeId: BigInt(`0x${hex64(random)}`), applied: 0 }
  await applyWrites(database, [], mark)
  return mark
}

class GroupCommitStore implements LmdbStore {
  readonly failed: Promise<StoreFailed>
  readonly #tellFailed: (failure: StoreFailed) => void
  readonly #database: LmdbDatabase
  readonly #tree: LayeredTree
  readonly #path: string
  readonly #scheduler: Scheduler
  readonly #snapshots = new Set<Snapshot>()
  /** Not decided yet. */
  #waiting: Pending[] = []
  /** Decided, and not flushed yet. */
  #underWay: Pending[] = []
  #writing: Promise<void> | undefined
  #released: Promise<void> | undefined
  #abandoned = false
  #failure: StoreFailed | undefined
  /** How many transactions the last batch held. */
  #lastBatch = 0
  #commits = 0
  #flushes = 0

  constructor(database: LmdbDatabase, opened: OpenedLog, { path, scheduler, limits = applyLimits }: LmdbStoreOptions) {
    this.#database = database
    this.#path = path
    this.#scheduler = scheduler
    let tellFailed: (failure: StoreFailed) => void = () => undefined
    this.failed = new Promise((resolve) => (tellFailed = resolve))
    this.#tellFailed = tellFailed
    this.#tree = new LayeredTree({ database, opened, scheduler, limits, onFailure: (error) => void this.#failOf(error) })
  }

  transact<T>(keys: readonly Key[], decide: (values: readonly (Value | undefined)[]) => Decision<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#assertOpen()
      keys.forEach(assertKey)
      this.#waiting.push(new PendingTransaction(keys, decide, resolve, reject))
      this.#writing ??= this.#writeBatches()
    })
  }

  async get(key: Key): Promise<Value | undefined> {
    this.#assertOpen()
    assertKey(key)
    return this.#reading(() => readValue(this.#tree.layers(), key))
  }

  async getMany(keys: readonly Key[]): Promise<(Value | undefined)[]> {
    this.#assertOpen()
    keys.forEach(assertKey)
    // One turn, one read transaction.
    const layers = this.#tree.layers()
    return this.#reading(() => keys.map((key) => readValue(layers, key)))
  }

  async page(range: Range, limit: PageLimit): Promise<Page> {
    this.#assertOpen()
    assertPage(range, limit)
    return this.#reading(() => readPage(this.#tree.layers(), range, limit))
  }

  async snapshot(): Promise<Snapshot> {
    this.#assertOpen()
    assert(this.#snapshots.size < SNAPSHOTS_MAX, `more than ${SNAPSHOTS_MAX} snapshots are open`)
    const transaction = this.#reading(() => this.#database.useReadTransaction())
    const layers = this.#tree.held(transaction)
    const assertHeld = (): void => {
      this.#assertOpen()
      if (!this.#snapshots.has(snapshot)) throw new StoreClosed('the snapshot was closed')
    }
    const snapshot: Snapshot = {
      get: async (key) => {
        assertHeld()
        assertKey(key)
        return this.#reading(() => readValue(layers, key))
      },
      page: async (range, limit) => {
        assertHeld()
        assertPage(range, limit)
        return this.#reading(() => readPage(layers, range, limit))
      },
      close: () => {
        if (this.#snapshots.delete(snapshot)) transaction.done()
      },
    }
    this.#snapshots.add(snapshot)
    return snapshot
  }

  close(): Promise<void> {
    this.#released ??= this.#release()
    return this.#released
  }

  abandon(): Promise<void> {
    this.#abandoned = true
    this.#rejectAll(new StoreClosed())
    return this.close()
  }

  stats(): StoreStats {
    return { commits: this.#commits, flushes: this.#flushes }
  }

  /** Writes until nothing waits. Never rejects: what goes wrong is the failure of the store. */
  async #writeBatches(): Promise<void> {
    while (this.#waiting.length > 0) {
      // What else arrives in this turn belongs into the batch.
      await sleep(this.#scheduler, 0)
      await this.#tree.room()
      try {
        const writes = this.#decideBatch()
        // A batch that only refuses costs no flush.
        if (writes.size > 0) {
          await this.#tree.commit(writes)
          this.#flushes++
        }
      } catch (error) {
        await this.#failOf(error)
      }
      const flushed = this.#underWay
      this.#underWay = []
      for (const transaction of flushed) transaction.answer()
    }
    this.#writing = undefined
  }

  /**
   * Decides the transactions of a batch, each on what those before it write.
   * @returns the last write of each key: transactions of one batch write some keys again and again, such as a table's replica row
   */
  #decideBatch(): ReadonlyMap<string, Write> {
    // Half of those who write now: while they are flushed, the main thread prepares the other half, instead of both waiting for one flush.
    const transactionsMax = Math.min(
      BATCH_TRANSACTIONS_MAX,
      Math.max(BATCH_TRANSACTIONS_MIN, Math.ceil((this.#waiting.length + this.#lastBatch) / 2)),
    )
    let taken = 0
    let bytes = 0
    const writes = new Map<string, Write>()
    const layers = this.#tree.layers()
    const read = (key: Key): Value | undefined => {
      const write = writes.get(textOf(key))
      return write === undefined ? readValue(layers, key) : write.value
    }
    for (const transaction of this.#waiting) {
      if (taken === transactionsMax || bytes >= BATCH_BYTES_MAX) break
      taken++
      for (const write of transaction.decide(read)) {
        writes.set(textOf(write.key), write)
        bytes += write.value?.length ?? 0
      }
      if (transaction.committed) this.#commits++
    }
    this.#lastBatch = taken
    this.#underWay = this.#waiting.splice(0, taken)
    return writes
  }

  #reading<T>(read: () => T): T {
    try {
      return read()
    } catch (cause) {
      throw this.#fail(storeFailure(cause))
    }
  }

  async #failOf(error: unknown): Promise<void> {
    this.#fail(await commitFailure(error, this.#path))
  }

  #fail(failure: StoreFailed): StoreFailed {
    this.#failure ??= failure
    this.#rejectAll(this.#failure)
    this.#tellFailed(this.#failure)
    return this.#failure
  }

  #rejectAll(reason: Error): void {
    const unanswered = [...this.#underWay, ...this.#waiting]
    this.#underWay = []
    this.#waiting = []
    for (const transaction of unanswered) transaction.reject(reason)
  }

  async #release(): Promise<void> {
    await this.#writing
    for (const snapshot of this.#snapshots) snapshot.close()
    if (!this.#abandoned && this.#failure === undefined) await this.#tree.drain()
    await this.#tree.close()
  }

  #assertOpen(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#released !== undefined) throw new StoreClosed()
  }
}
