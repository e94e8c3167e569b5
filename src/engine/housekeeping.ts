import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Cancel, Scheduler } from '../base/scheduler.ts'
import { StoreClosed } from '../storage/store.ts'
import type { Backup } from './backup.ts'
import { carryOutDelayed } from './delayed-entries.ts'
import type { DurableJob } from './durable-jobs.ts'
import { DurableJobs } from './durable-jobs.ts'
import { sweepExpired } from './expiry-sweep.ts'
import { backfillExpiry, backfillIndex, removeDerivedSet } from './index-build.ts'
import { removeOutlivedTokens } from './once-only.ts'
import type { RegionEngine } from './region-engine.ts'
import { restoreFillers } from './restores.ts'
import { trimChanges } from './stream-reader.ts'
import { isReadable } from './stream-shards.ts'
import { splitBusyShards } from './stream-splits.ts'
import type { Expiry, Index, Table } from './table.ts'
import type { TableFillers } from './table-filling.ts'
import { FillJob } from './table-filling.ts'

/**
 * What a Region's engine does beside answering: fills new tables, fills new indexes and removes old ones, deletes what has expired, carries out
 * index entries that were held back. Every step is durable by itself, and what was interrupted is found again by its status.
 */
export class Housekeeping {
  readonly #options: HousekeepingOptions
  readonly #engine: RegionEngine
  readonly #building = new Set<number>()
  readonly #jobs: DurableJobs
  readonly #delayed = new Map<number, Cancel>()
  /** Tables whose entries are being carried out: by one at a time, or an older entry could come after a newer one. */
  readonly #carrying = new Set<number>()
  /** Ends of waits for indexes. */
  readonly #waits = new Set<() => void>()
  #cancelSweep: Cancel | undefined
  #cancelTidying: Cancel | undefined
  #closed = false

  private constructor(options: HousekeepingOptions) {
    this.#options = options
    this.#engine = options.engine
    const { scheduler, log, engine } = options
    this.#jobs = new DurableJobs({ region: engine.region, scheduler, log, pending: () => this.#pendingJobs() })
  }

  static start(options: HousekeepingOptions): Housekeeping {
    const housekeeping = new Housekeeping(options)
    const { engine } = options
    engine.onTableChange((table) => housekeeping.#follow(table))
    if (engine.indexDelayMs > 0) engine.onChange((table) => housekeeping.#carryOutLater(table.number, engine.indexDelayMs))
    for (const table of engine.tables()) housekeeping.#follow(table)
    engine.backups.onWork(() => housekeeping.#jobs.look())
    housekeeping.#jobs.look()
    housekeeping.#tidyLater()
    return housekeeping
  }

  close(): void {
    this.#closed = true
    this.#jobs.close()
    this.#cancelSweep?.()
    this.#cancelTidying?.()
    for (const cancel of this.#delayed.values()) cancel()
    for (const end of this.#waits) end()
  }

  #follow(table: Table): void {
    if (this.#closed) return
    this.#build(table)
    if (needsSweeps(table)) this.#sweepLater()
    if (table.filling !== undefined) this.#jobs.look()
  }

  *#pendingJobs(): Iterable<DurableJob> {
    for (const table of this.#engine.tables()) {
      if (table.filling !== undefined) yield { id: `fill-table-${table.number}`, run: () => this.#fillTable(table) }
    }
    const { backups } = this.#engine
    for (const backup of backups.unfinished()) yield { id: `backup-${backup.number}`, run: () => this.#copyBackup(backup) }
    for (const number of backups.removed()) yield { id: `remove-backup-${number}`, run: () => this.#removeBackup(number) }
  }

  async #copyBackup(backup: Backup): Promise<void> {
    await this.#engine.backups.copy(backup, () => this.#closed)
    await this.#engine.removeDropped()
  }

  async #removeBackup(number: number): Promise<void> {
    await this.#engine.removeRowsOf({ number })
    this.#engine.backups.rowsRemoved(number)
  }

  async #fillTable(table: Table): Promise<void> {
    const { fillers, log, discard } = this.#options
    const kind = table.filling?.kind ?? ''
    const known = { ...restoreFillers, ...fillers }
    const filler = Object.hasOwn(known, kind) ? known[kind] : undefined
    if (filler === undefined) throw new Error(`nothing here fills a table of kind '${kind}'`)
    const job = new FillJob(this.#engine, table, () => this.#closed)
    const outcome = await filler.fill(job)
    if (job.givenUp) return
    const about = { region: this.#engine.region, table: table.name, kind }
    switch (outcome.kind) {
      case 'filled':
        await this.#engine.changeTable(table.name, (now) => (now.number === table.number ? { status: 'ACTIVE', filling: undefined } : {}))
        await filler.ended?.(job)
        log.info('table-filled', about)
        return
      case 'failed':
        await discard(table)
        await filler.ended?.(job)
        log.warn('table-not-filled', { ...about, reason: outcome.reason })
        return
      case 'interrupted':
        throw new Error('a job was interrupted by nobody')
    }
  }

  /** One table after the other is brought to what its definition asks for; what its definition asks for meanwhile is seen at the end. */
  #build(table: Table): void {
    if (this.#building.has(table.number) || !this.#toDo(table)) return
    this.#building.add(table.number)
    this.#buildAll(table).then(
      () => {
        this.#building.delete(table.number)
        const current = this.#engine.current(table)
        if (current !== undefined && !this.#closed) this.#build(current)
      },
      (error: unknown) => {
        this.#building.delete(table.number)
        this.#failed('building', table, error)
      },
    )
  }

  #toDo({ indexes, expiry, status }: Table): boolean {
    if (status === 'CREATING' || status === 'DELETING') return false
    return indexes.some(isUnfinished) || expiry?.status === 'ENABLING' || expiry?.status === 'DISABLING'
  }

  async #buildAll(table: Table): Promise<void> {
    const current = this.#engine.current(table)
    if (current === undefined) return
    for (const index of current.indexes) {
      if (this.#closed) return
      if (index.status === 'CREATING') await this.#fill(current, index)
      if (index.status === 'DELETING') await this.#remove(current, index)
    }
    if (current.expiry !== undefined && !this.#closed) await this.#followExpiry(current, current.expiry)
  }

  async #fill(table: Table, index: Index): Promise<void> {
    const { log } = this.#options
    if (!(await backfillIndex(this.#engine, table, index, () => this.#closed))) return
    await this.#settled(index)
    if (this.#closed) return
    await this.#engine.changeTable(table.name, ({ indexes }) => ({
      indexes: indexes.map((each) => (each.number === index.number && each.status === 'CREATING' ? { ...each, status: 'ACTIVE' } : each)),
    }))
    log.info('index-active', { region: this.#engine.region, table: table.name, index: index.name })
  }

  async #remove(table: Table, index: Index): Promise<void> {
    await removeDerivedSet(this.#engine.store, table.number, index.number)
    await this.#settled(index)
    if (this.#closed) return
    await this.#engine.changeTable(table.name, ({ indexes }) => ({ indexes: indexes.filter(({ number }) => number !== index.number) }))
  }

  /** Waits until an index may be said to be done. Whoever dies meanwhile does it again, which changes nothing. */
  async #settled({ settlesAtMs }: Index): Promise<void> {
    const restMs = (settlesAtMs ?? 0) - this.#engine.clock.nowMs()
    if (restMs <= 0) return
    await new Promise<void>((resolve) => {
      const end = (): void => {
        this.#waits.delete(end)
        cancel()
        resolve()
      }
      const cancel = this.#options.scheduler.after(Math.min(restMs, this.#engine.lifecycleDelayMs), end)
      this.#waits.add(end)
    })
  }

  async #followExpiry(table: Table, expiry: Expiry): Promise<void> {
    if (expiry.status === 'ENABLING' && (await backfillExpiry(this.#engine, table, expiry, () => this.#closed))) {
      await this.#engine.changeTable(table.name, (now) =>
        now.expiry?.number === expiry.number && now.expiry.status === 'ENABLING' ? { expiry: { ...expiry, status: 'ENABLED' } } : {},
      )
    }
    if (expiry.status !== 'DISABLING') return
    await removeDerivedSet(this.#engine.store, table.number, expiry.number)
    await this.#engine.changeTable(table.name, (now) => (now.expiry?.number === expiry.number ? { expiry: undefined } : {}))
  }

  #sweepLater(): void {
    if (this.#closed) return
    this.#cancelSweep ??= this.#options.scheduler.after(this.#options.sweepEveryMs, () => {
      this.#sweep().then(
        () => {
          this.#cancelSweep = undefined
          for (const table of this.#engine.tables()) this.#follow(table)
        },
        (error: unknown) => {
          this.#cancelSweep = undefined
          this.#failed('sweeping', undefined, error)
          this.#sweepLater()
        },
      )
    })
  }

  async #sweep(): Promise<void> {
    for (const table of this.#engine.tables()) {
      if (this.#closed) return
      const deleted = await sweepExpired(this.#engine, table)
      if (deleted > 0) this.#options.expired?.(this.#engine.region, table, deleted)
    }
  }

  #tidyLater(): void {
    if (this.#closed) return
    this.#cancelTidying = this.#options.scheduler.after(tidyEveryMs, () => {
      this.#tidy().then(
        () => {
          this.#tidyLater()
        },
        (error: unknown) => {
          this.#failed('tidying', undefined, error)
          this.#tidyLater()
        },
      )
    })
  }

  /** What nobody can ask for any more goes; a stream that is written to faster than one reader keeps up with gets more shards. */
  async #tidy(): Promise<void> {
    const { clock } = this.#options
    await removeOutlivedTokens(this.#engine.store, clock.nowMs())
    await this.#engine.readers.forgetOutlived()
    await this.#engine.backups.removeExpired(Math.min(clock.nowMs(), this.#engine.clock.nowMs()))
    await this.#engine.removeDropped()
    for (const table of this.#engine.tables()) {
      if (this.#closed) return
      // Changes bear the time of the Region's clock. Where that is wrong, rather too much is kept.
      await trimChanges(this.#engine.store, table, Math.min(clock.nowMs(), this.#engine.clock.nowMs()))
      await splitBusyShards(this.#engine, table)
    }
    await this.#releaseEnded()
  }

  /** The streams of dropped tables are kept as long as others; beyond the limit the tables that were made first go. */
  async #releaseEnded(): Promise<void> {
    const nowMs = Math.min(this.#options.clock.nowMs(), this.#engine.clock.nowMs())
    const ended = this.#engine.endedTables()
    for (const [at, table] of ended.entries()) {
      if (this.#closed) return
      const isOver = !table.streams.some((stream) => isReadable(stream, nowMs))
      if (isOver || at < ended.length - endedTablesMax) await this.#engine.releaseEnded(table)
    }
  }

  /** A write that comes while entries are carried out arms it anew: its own entry may not have been seen. */
  #carryOutLater(tableNumber: number, afterMs: number): void {
    if (this.#delayed.has(tableNumber) || this.#closed) return
    const { scheduler, clock } = this.#options
    const cancel = scheduler.after(afterMs, () => {
      this.#delayed.delete(tableNumber)
      if (this.#carrying.has(tableNumber)) {
        this.#carryOutLater(tableNumber, afterMs)
        return
      }
      this.#carrying.add(tableNumber)
      const nowMs = clock.nowMs()
      carryOutDelayed(this.#engine.store, tableNumber, nowMs).then(
        (nextDueMs) => {
          this.#carrying.delete(tableNumber)
          if (nextDueMs !== undefined) this.#carryOutLater(tableNumber, Math.max(1, nextDueMs - nowMs))
        },
        (error: unknown) => {
          this.#carrying.delete(tableNumber)
          this.#failed('index-delay', undefined, error)
          if (!(error instanceof StoreClosed)) this.#carryOutLater(tableNumber, retryMs)
        },
      )
    })
    this.#delayed.set(tableNumber, cancel)
  }

  #failed(doing: string, table: Table | undefined, error: unknown): void {
    if (this.#closed || error instanceof StoreClosed) return
    this.#options.log.error('housekeeping-failed', { region: this.#engine.region, doing, table: table?.name, error })
  }
}

export interface HousekeepingOptions {
  readonly engine: RegionEngine
  readonly scheduler: Scheduler
  /** The process's clock, by which held back entries are due. */
  readonly clock: Clock
  readonly log: Log
  /** How long between two sweeps, ms. */
  readonly sweepEveryMs: number
  /** What fills new tables, beside what is restored. */
  readonly fillers: TableFillers
  /** Removes a table that could not be filled. */
  readonly discard: (table: Table) => Promise<void>
  readonly expired?: OnExpired | undefined
}

/** Is told how many items of a table a sweep deleted. */
export type OnExpired = (region: string, table: Table, count: number) => void

/** Tables of which time alone asks something. */
function needsSweeps({ expiry }: Table): boolean {
  return expiry !== undefined
}

const tidyEveryMs = 60_000
const endedTablesMax = 10_000
const retryMs = 1000

function isUnfinished({ status }: Index): boolean {
  return status === 'CREATING' || status === 'DELETING'
}
