/**
 * The durable store: one LMDB environment (a memory-mapped B+ tree, copy on write, crash-safe without a recovery step) in a folder.
 *
 * Group commit. Transactions that arrive while a batch is being written wait, and are then decided together in one write
 * transaction that is flushed once. `decide` runs on the main thread; writing the pages, flushing them and publishing the
 * new root happen on a thread of the pool, in that order:
 *
 *     main thread   decide decide decide ─┐                                          ┌─ answers, next batch
 *     pool thread                         └─ write pages ─ fdatasync ─ publish root ─┘
 *     readers       ──────────────────── the state before ──────────────────┴─ the state after
 *
 * So a reader sees what is flushed, and only that, without waiting for anybody. This rests on lmdb's `overlappingSync` being off:
 * with it the root is published before the flush, and committing on the main thread costs that thread twice the time.
 * Measured on bare lmdb, 32 writers, 2 reads and 3 writes each, values of 400 bytes (lmdb 3.5.6, Node 20, 2 shared cores, ext4):
 * this way 16,600 transactions/s and 28 µs of main thread each; `transactionSync`, then `sync` on the pool: 17,300/s and 57 µs.
 * On the busy machine 10,400/s and 33 µs against 13,300/s and 74 µs: chosen for the main thread, which serves requests, not for the rate.
 *
 * The lock on a data folder and the version of what is stored in it are the caller's affair.
 */
import { mkdir } from 'node:fs/promises'
import { dirname, join, resolve as absolute } from 'node:path'
import { open } from 'lmdb'
import { assert } from '../base/assert.ts'
import { allocateFile, flushFile, flushFolder, freeBytes } from './durable-folder.ts'
import { assertKey, assertPage } from './key-bounds.ts'
import { commitFailure, storeFailure } from './lmdb-failure.ts'
import type { LmdbDatabase } from './lmdb-read.ts'
import { bytesEncoder, readPage, readValue } from './lmdb-read.ts'
import type { Pending } from './pending-transaction.ts'
import { PendingTransaction } from './pending-transaction.ts'
import type { Decision, Key, Page, PageLimit, Range, Snapshot, Store, StoreStats, Value, Write } from './store.ts'
import { StoreClosed, StoreFailed } from './store.ts'

export interface LmdbStoreOptions {
  /** The folder of the environment; it is made when it does not exist. */
  readonly path: string
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

export async function openLmdbStore({ path }: LmdbStoreOptions): Promise<LmdbStore> {
  try {
    await mkdir(path, { recursive: true })
    // A process that was killed may have published a root that the disk does not have yet; nobody may read it before.
    const exists = await flushFile(join(path, 'data.mdb'))
    // lmdb ends the whole process when it cannot write the first pages of a new environment.
    if (!exists && (await freeBytes(path)) < NEW_STORE_FREE_BYTES_MIN)
      throw new StoreFailed('DISK_FULL', `no space for a new store in ${path}`)
    await allocateFile(join(path, 'lock.mdb'), LOCK_FILE_BYTES)
    const database = open<Uint8Array, Uint8Array>({
      path,
      noSubdir: false,
      // Keys of up to 4,026 bytes. The size of existing environments stays what it is.
      pageSize: 8192,
      encoding: 'binary',
      encoder: bytesEncoder,
      keyEncoding: 'binary',
      overlappingSync: false,
      // Transactions are grouped here; lmdb need not wait for the turn to end before it begins one.
      eventTurnBatching: false,
      maxDbs: 1,
      maxReaders: READERS_MAX,
    })
    await flushFolder(path)
    await flushFolder(dirname(absolute(path)))
    return new GroupCommitStore(database, path)
  } catch (cause) {
    throw cause instanceof StoreFailed ? cause : storeFailure(cause)
  }
}

class GroupCommitStore implements LmdbStore {
  readonly failed: Promise<StoreFailed>
  readonly #tellFailed: (failure: StoreFailed) => void
  readonly #database: LmdbDatabase
  readonly #path: string
  readonly #snapshots = new Set<Snapshot>()
  /** Not decided yet. */
  #waiting: Pending[] = []
  /** Decided, and not flushed yet. */
  #underWay: Pending[] = []
  #writing: Promise<void> | undefined
  #released: Promise<void> | undefined
  #failure: StoreFailed | undefined
  /** How many transactions the last batch held. */
  #lastBatch = 0
  #commits = 0
  #flushes = 0

  constructor(database: LmdbDatabase, path: string) {
    this.#database = database
    this.#path = path
    let tellFailed: (failure: StoreFailed) => void = () => undefined
    this.failed = new Promise((resolve) => (tellFailed = resolve))
    this.#tellFailed = tellFailed
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
    return this.#reading(() => readValue(this.#database, key))
  }

  async getMany(keys: readonly Key[]): Promise<(Value | undefined)[]> {
    this.#assertOpen()
    keys.forEach(assertKey)
    // One turn, one read transaction.
    return this.#reading(() => keys.map((key) => readValue(this.#database, key)))
  }

  async page(range: Range, limit: PageLimit): Promise<Page> {
    this.#assertOpen()
    assertPage(range, limit)
    return this.#reading(() => readPage(this.#database, range, limit))
  }

  async snapshot(): Promise<Snapshot> {
    this.#assertOpen()
    assert(this.#snapshots.size < SNAPSHOTS_MAX, `more than ${SNAPSHOTS_MAX} snapshots are open`)
    const transaction = this.#reading(() => this.#database.useReadTransaction())
    const assertHeld = (): void => {
      this.#assertOpen()
      if (!this.#snapshots.has(snapshot)) throw new StoreClosed('the snapshot was closed')
    }
    const snapshot: Snapshot = {
      get: async (key) => {
        assertHeld()
        assertKey(key)
        return this.#reading(() => this.#database.get(key, { transaction }))
      },
      page: async (range, limit) => {
        assertHeld()
        assertPage(range, limit)
        return this.#reading(() => readPage(this.#database, range, limit, transaction))
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
    this.#rejectAll(new StoreClosed())
    return this.close()
  }

  stats(): StoreStats {
    return { commits: this.#commits, flushes: this.#flushes }
  }

  /** Writes until nothing waits. Never rejects: what goes wrong is the failure of the store. */
  async #writeBatches(): Promise<void> {
    while (this.#waiting.length > 0) {
      try {
        if (await this.#database.transaction(() => this.#decideBatch())) this.#flushes++
      } catch (error) {
        this.#fail(await commitFailure(error, this.#path))
      }
      const flushed = this.#underWay
      this.#underWay = []
      for (const transaction of flushed) transaction.answer()
    }
    this.#writing = undefined
  }

  /**
   * Runs inside the write transaction, so each transaction reads what those before it wrote. When LMDB refuses a write it
   * also refuses to commit the transaction, and the whole batch fails.
   * @returns whether anything was written: a batch that only refuses costs no flush
   */
  #decideBatch(): boolean {
    // Half of those who write now: while they are flushed, the main thread prepares the other half, instead of both waiting for one flush.
    const transactionsMax = Math.min(
      BATCH_TRANSACTIONS_MAX,
      Math.max(BATCH_TRANSACTIONS_MIN, Math.ceil((this.#waiting.length + this.#lastBatch) / 2)),
    )
    let taken = 0
    let bytes = 0
    // Transactions of one batch write some keys again and again, such as a table's replica row; LMDB gets the last value only.
    const written = new Map<string, Write>()
    const read = (key: Key): Value | undefined => {
      const write = written.get(nameOf(key))
      return write === undefined ? readValue(this.#database, key) : write.value
    }
    for (const transaction of this.#waiting) {
      if (taken === transactionsMax || bytes >= BATCH_BYTES_MAX) break
      taken++
      for (const write of transaction.decide(read)) {
        written.set(nameOf(write.key), write)
        bytes += write.value?.length ?? 0
      }
      if (transaction.committed) this.#commits++
    }
    for (const { key, value } of written.values()) {
      if (value === undefined) this.#database.removeSync(key)
      else this.#database.putSync(key, value)
    }
    this.#lastBatch = taken
    this.#underWay = this.#waiting.splice(0, taken)
    return written.size > 0
  }

  #reading<T>(read: () => T): T {
    try {
      return read()
    } catch (cause) {
      throw this.#fail(storeFailure(cause))
    }
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
    await this.#database.close()
  }

  #assertOpen(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#released !== undefined) throw new StoreClosed()
  }
}

/** A map compares bytes by identity, and text by what it holds. */
function nameOf(key: Key): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}
