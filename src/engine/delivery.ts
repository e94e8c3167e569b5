import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Cancel, Scheduler } from '../base/scheduler.ts'
import type { Key, Value } from '../storage/store.ts'
import { StoreClosed } from '../storage/store.ts'
import type { ChangeRecord, Sequence } from './change-log.ts'
import { changeRange, decodeChange, sequenceAt, STREAM_RETENTION_MS } from './change-log.ts'
import type { ChangeSink } from './change-sink.ts'
import { definitionKey, rowKey, spaces } from './keyspace.ts'
import type { RegionEngine } from './region-engine.ts'
import type { Destination, Table } from './table.ts'
import { decodeTable, isLive } from './table.ts'

/**
 * One destination of one table. It reads the change log from its cursor, hands over a batch, moves the cursor when the batch is safe, and sleeps
 * when there is nothing more. The cursor is durable and moves last, so whatever dies in between is delivered again.
 *
 * What the log no longer keeps cannot be delivered: a destination that is more than 24 hours behind has failed, and says so in the table.
 */
export class Delivery {
  readonly #options: DeliveryOptions
  readonly #table: Table
  readonly #sinceMs: number
  readonly #ended: () => void
  #state: 'asleep' | 'awake' | 'waiting' | 'closed' = 'asleep'
  /** Something may have come since it was last looked. */
  #woken = false
  #next: Sequence | undefined
  #attempts = 0
  #cancelWait: Cancel | undefined

  constructor(options: DeliveryOptions, table: Table, sinceMs: number, ended: () => void) {
    this.#options = options
    this.#table = table
    this.#sinceMs = sinceMs
    this.#ended = ended
  }

  wake(): void {
    this.#woken = true
    if (this.#state === 'asleep') this.#run()
  }

  close(): void {
    this.#state = 'closed'
    this.#cancelWait?.()
  }

  #run(): void {
    this.#state = 'awake'
    this.#deliverAll().then(
      (end) => {
        if (this.#state === 'closed') return
        if (end === 'over') {
          this.#state = 'closed'
          this.#ended()
        } else if (this.#woken) this.#run()
        else this.#state = 'asleep'
      },
      (error: unknown) => this.#failed(error),
    )
  }

  /** Again after a while: twice as long each time, up to a limit. */
  #failed(error: unknown): void {
    if (this.#state === 'closed' || error instanceof StoreClosed) return
    const { engine, log, scheduler } = this.#options
    const fields = { region: engine.region, table: this.#table.name, target: this.#destination()?.target, error }
    if (this.#attempts === 0) log.warn('delivery-failed', fields)
    this.#state = 'waiting'
    this.#cancelWait = scheduler.after(Math.min(retryMsMax, retryMsMin * 2 ** this.#attempts++), () => this.#run())
  }

  async #deliverAll(): Promise<'over' | 'nothing-more'> {
    const { engine, sink, log } = this.#options
    for (;;) {
      this.#woken = false
      const destination = this.#destination()
      if (this.#isClosed() || destination === undefined) {
        if (!this.#isClosed()) await this.#forget()
        return 'over'
      }
      if (destination.status === 'ENABLING') await this.#settle(destination)
      else {
        const changes = await this.#nextChanges()
        const [first] = changes
        if (first === undefined) return 'nothing-more'
        if (this.#isTooOld(first)) {
          await this.#giveUp(destination)
          continue
        }
        await sink.deliver({ region: engine.region, table: engine.current(this.#table) ?? this.#table, destination, changes })
        if (this.#attempts > 0) log.info('delivery-resumed', { region: engine.region, table: this.#table.name, target: destination.target })
        this.#attempts = 0
        if (!this.#isClosed()) await this.#moveTo((changes.at(-1) ?? first).sequence + 1n)
      }
    }
  }

  #isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** Undefined when nothing is to be delivered any more. */
  #destination(): Destination | undefined {
    return liveDestination(this.#options.engine.current(this.#table), this.#sinceMs)
  }

  async #settle({ target }: Destination): Promise<void> {
    const { engine, sink, log } = this.#options
    const failure = sink.refusal(engine.region, target)
    if (failure !== undefined) log.warn('delivery-refused', { region: engine.region, table: this.#table.name, target, reason: failure })
    await this.#change(failure === undefined ? { status: 'ACTIVE' } : { status: 'ENABLE_FAILED', failure })
  }

  async #giveUp({ target }: Destination): Promise<void> {
    const { engine, log } = this.#options
    log.error('delivery-given-up', { region: engine.region, table: this.#table.name, target, behindMs: STREAM_RETENTION_MS })
    await this.#change({
      status: 'ENABLE_FAILED',
      failure: 'Changes could not be delivered for 24 hours; those not delivered until then are lost',
    })
  }

  async #change(change: Partial<Destination>): Promise<void> {
    await this.#options.engine.changeTable(this.#table.name, ({ number, own }) => {
      if (number !== this.#table.number) return {}
      const changed = (each: Destination): Destination => (each.sinceMs === this.#sinceMs && isLive(each) ? { ...each, ...change } : each)
      return { own: { ...own, destinations: (own.destinations ?? []).map(changed) } }
    })
  }

  async #nextChanges(): Promise<readonly ChangeRecord[]> {
    const { store } = this.#options.engine
    this.#next ??= decodeCursor(await store.get(this.#cursorKey())) ?? sequenceAt(this.#sinceMs)
    const { entries } = await store.page(changeRange(this.#table.number, this.#next), batchMax)
    return entries.map(({ key, value }) => decodeChange(key, value))
  }

  /** Changes bear the time of the Region's clock. Where that is wrong, rather too much is delivered. */
  #isTooOld({ atMs }: ChangeRecord): boolean {
    const { clock, engine } = this.#options
    return atMs < Math.min(clock.nowMs(), engine.clock.nowMs()) - STREAM_RETENTION_MS
  }

  /** A table that was dropped meanwhile, and a destination that has ended, leave nothing behind. */
  async #moveTo(next: Sequence): Promise<void> {
    const { name, number } = this.#table
    const key = this.#cursorKey()
    await this.#options.engine.store.transact([definitionKey(name)], ([row]) => {
      const table = row && decodeTable(row)
      const isGone = table?.number !== number || liveDestination(table, this.#sinceMs) === undefined
      return { writes: isGone ? [] : [{ key, value: encodeCursor(next) }], result: undefined }
    })
    this.#next = next
  }

  async #forget(): Promise<void> {
    const key = this.#cursorKey()
    await this.#options.engine.store.transact([key], ([row]) => ({
      writes: row === undefined ? [] : [{ key, value: undefined }],
      result: undefined,
    }))
  }

  #cursorKey(): Key {
    const suffix = Buffer.alloc(6)
    suffix.writeUIntBE(this.#sinceMs, 0, 6)
    return rowKey(this.#table.number, spaces.deliveries, suffix)
  }
}

export interface DeliveryOptions {
  readonly engine: RegionEngine
  readonly sink: ChangeSink
  readonly scheduler: Scheduler
  /** The process's clock. */
  readonly clock: Clock
  readonly log: Log
}

/** What is in memory of a destination at a time: as many records as Kinesis takes in one call. */
const batchMax = { entriesMax: 500, bytesMax: 2 << 20 }
const retryMsMin = 100
const retryMsMax = 30_000

function liveDestination(table: Table | undefined, sinceMs: number): Destination | undefined {
  return table?.own.destinations?.find((each) => each.sinceMs === sinceMs && isLive(each))
}

function encodeCursor(next: Sequence): Value {
  const row = Buffer.allocUnsafe(8)
  row.writeBigUInt64BE(next)
  return row
}

function decodeCursor(row: Value | undefined): Sequence | undefined {
  return row && Buffer.from(row.buffer, row.byteOffset, row.byteLength).readBigUInt64BE()
}
