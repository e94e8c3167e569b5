/**
 * LMDB with a log before it: where flushed writes are until LMDB has them, and when they go there.
 *
 *     commit ──> log, then tip      the writes since the last turn of the log, in its current file
 *                     │ turn        when they are many, or the first of them has waited
 *                     ▼
 *                  frozen ──> LMDB  the writes in the log's other file, which is free when they are applied
 *
 * There are never more than these two, so what is not applied is bounded, in memory and in the log: while the frozen ones are being applied the
 * tip grows up to a limit, and then writers wait.
 */
import type { Transaction } from 'lmdb'
import type { Cancel, Scheduler } from '../base/scheduler.ts'
import { applyWrites } from './lmdb-apply.ts'
import type { Layers, LmdbDatabase } from './lmdb-read.ts'
import { Overlay } from './overlay.ts'
import type { Write } from './store.ts'
import type { OpenedLog, WriteLog } from './write-log.ts'

export interface ApplyLimits {
  /** So many bytes of the log begin an apply. The more there are, the fewer pages of LMDB are written for each; the longer takes a recovery. */
  readonly applyBytes: number
  /** With so many written while one is under way, writers wait for its end; a batch may go beyond. */
  readonly waitBytes: number
  /** How long a write stays out of LMDB at most, when an apply can begin. */
  readonly applyAfterMs: number
}

export interface LayeredTreeOptions {
  readonly database: LmdbDatabase
  readonly opened: OpenedLog
  readonly scheduler: Scheduler
  readonly limits: ApplyLimits
  /** Hears, once, of an apply that failed. Nothing is lost by it: the log is kept, and nothing is applied any more. */
  readonly onFailure: (error: unknown) => void
}

export class LayeredTree {
  readonly #options: LayeredTreeOptions
  readonly #log: WriteLog
  #tip = new Overlay()
  /** The uppermost first: the tip, and the frozen one while there is one. */
  #overlays: readonly Overlay[] = [this.#tip]
  #committing = false
  #applying: Promise<void> | undefined
  /** Applies nothing any more. */
  #stopped = false
  #waitedEnough = false
  #cancelTimer: Cancel | undefined

  constructor(options: LayeredTreeOptions) {
    this.#options = options
    const { log, unapplied } = options.opened
    this.#log = log
    const [older, newer] = unapplied.length > 1 ? unapplied : [undefined, unapplied[0]]
    if (newer !== undefined) this.#tip.add(newer.writes)
    if (older === undefined) {
      this.#applyIfDue()
    } else {
      const frozen = new Overlay()
      frozen.add(older.writes)
      this.#begin(frozen, older.sequence)
    }
  }

  /** The flushed state; moves on. */
  layers(): Layers {
    return { overlays: this.#overlays, database: this.#options.database }
  }

  /** The flushed state as it is now. */
  held(transaction: Transaction): Layers {
    return { overlays: this.#overlays.map((overlay) => overlay.clone()), database: this.#options.database, transaction }
  }

  /** Resolves when more may be written. */
  async room(): Promise<void> {
    if (this.#log.bytes >= this.#options.limits.waitBytes) await this.#applying
  }

  /** Makes writes durable, and then readable. One at a time. */
  async commit(writes: ReadonlyMap<string, Write>): Promise<void> {
    this.#committing = true
    try {
      await this.#log.append([...writes.values()])
    } finally {
      this.#committing = false
    }
    for (const [key, write] of writes) this.#tip.set(key, write)
    this.#applyIfDue()
  }

  /** Applies all there is and empties the log, unless an apply fails or failed: then the log keeps it. Nothing may be committed meanwhile. */
  async drain(): Promise<void> {
    this.#waitedEnough = true
    this.#applyIfDue()
    while (this.#applying !== undefined) await this.#applying
    if (!this.#stopped) await this.#log.empty()
  }

  /** Leaves what is not applied to the log, and closes the files. */
  async close(): Promise<void> {
    this.#stopped = true
    this.#cancelTimer?.()
    await this.#applying
    await this.#options.database.close()
    await this.#log.close()
  }

  /** Called whenever the answer may have changed. */
  #applyIfDue(): void {
    if (this.#stopped || this.#committing || this.#applying !== undefined || this.#tip.size === 0) return
    if (this.#waitedEnough || this.#log.bytes >= this.#options.limits.applyBytes) {
      const frozen = this.#tip
      this.#tip = new Overlay()
      this.#log.turn()
      this.#begin(frozen, this.#log.sequence)
      return
    }
    this.#cancelTimer ??= this.#options.scheduler.after(this.#options.limits.applyAfterMs, () => {
      this.#cancelTimer = undefined
      this.#waitedEnough = true
      this.#applyIfDue()
    })
  }

  #begin(frozen: Overlay, sequence: number): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#waitedEnough = false
    this.#overlays = [this.#tip, frozen]
    this.#applying = this.#apply(frozen, sequence)
  }

  async #apply(frozen: Overlay, sequence: number): Promise<void> {
    const { database, opened, onFailure } = this.#options
    try {
      await applyWrites(database, frozen.values(), { storeId: opened.log.storeId, applied: sequence })
      this.#overlays = [this.#tip]
    } catch (error) {
      this.#stopped = true
      onFailure(error)
    }
    this.#applying = undefined
    this.#applyIfDue()
  }
}
