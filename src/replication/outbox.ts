import type { Cancel, Scheduler } from '../base/scheduler.ts'
import type { Store } from '../storage/store.ts'
import type { Cursors } from './cursors.ts'
import { cursorOf, equalCursors, joinInto } from './cursors.ts'
import type { Incarnation } from './dot.ts'
import type { Message, Progress, Report } from './messages.ts'
import type { ReplicaRow } from './replica-row.ts'
import { decodeReplicaRow } from './replica-row.ts'
import { dotOfRow, logFrom, replicaRowKey } from './rows.ts'

/**
 * Ships one replica's own logs, and closed ones that it holds, to one other member: in log order, from where the receiver says it is, at the receiver's pace [REP-29].
 * It reads what is flushed and nothing else [REP-23], and keeps no record in memory but those on their way.
 */
export class Outbox {
  readonly #options: OutboxOptions
  /** How far the receiver has come; undefined before it said so. */
  #acknowledged: Cursors | undefined
  /** The same, as far as it was ever said: it is not forgotten while the receiver is asked again. */
  #known: Cursors | undefined
  readonly #sent = new Map<Incarnation, number>()
  readonly #inFlight: InFlight[] = []
  #inFlightBytes = 0
  #lastReport: { readonly cursors: Cursors; readonly epoch: number } | undefined
  /** Where the receiver was when it last told of a gap: the other batches on their way tell of the same one. */
  #lastGap: Cursors | undefined
  #pumping = false
  #again = false
  #retryMs = retryMsMin
  #cancelRetry: Cancel | undefined
  #closed = false
  #stalled: string | undefined
  /** The first of the records that the receiver needed and that are not kept, when it was last so. */
  #lastMissing: string | undefined

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** What the receiver last said that it has, for whoever wants to know what it lacks; undefined when it never said so. */
  get known(): Cursors | undefined {
    return this.#known
  }

  /** Why nothing is shipped; undefined when all is well. */
  get stalled(): string | undefined {
    return this.#stalled
  }

  /** There may be something to ship. */
  wake(): void {
    if (this.#closed) return
    if (this.#pumping) {
      this.#again = true
      return
    }
    this.#pumping = true
    this.#pump().then(
      () => this.#rest(),
      (error: unknown) => {
        this.#options.failed(error)
        this.#rest()
      },
    )
  }

  /** The link is up (again): what was on its way may be lost. */
  restart(): void {
    this.#forgetFlight()
    this.#retryMs = retryMsMin
    this.#acknowledged = undefined
    this.#lastReport = undefined
    this.wake()
  }

  received(progress: Progress): void {
    const { cursors } = progress.report
    this.#retryMs = retryMsMin
    this.#stalled = undefined
    let acknowledged = cursors
    if (progress.gap && !(this.#lastGap !== undefined && equalCursors(this.#lastGap, cursors))) {
      this.#forgetFlight()
      this.#lastGap = cursors
    } else {
      // It may have been overtaken by a newer one, and a receiver does not go back.
      const joined = new Map(this.#acknowledged)
      joinInto(joined, cursors)
      acknowledged = joined
    }
    this.#acknowledged = acknowledged
    this.#known = acknowledged
    for (let first = this.#inFlight[0]; first !== undefined; first = this.#inFlight[0]) {
      if (cursorOf(acknowledged, first.incarnation) < first.to) break
      this.#inFlight.shift()
      this.#inFlightBytes -= first.bytes
    }
    this.#watch()
    this.wake()
  }

  /** Tells the receiver how far this replica has come, unless it has just been told. */
  report(row: ReplicaRow): void {
    const last = this.#lastReport
    if (this.#closed || (last !== undefined && last.epoch === row.epoch && equalCursors(last.cursors, row.cursors))) return
    this.#send(row, '', 0, [], false)
  }

  /** Asks the receiver how far it has come: what it last said may be lost. */
  ask(row: ReplicaRow): void {
    if (!this.#closed) this.#send(row, '', 0, [], true)
  }

  /** A progress message told the receiver so. */
  reported(row: ReplicaRow): void {
    this.#lastReport = row
  }

  close(): void {
    this.#closed = true
    this.#cancelRetry?.()
  }

  async #pump(): Promise<void> {
    const { store, tableNumber } = this.#options
    do {
      this.#again = false
      const encoded = await store.get(replicaRowKey(tableNumber))
      if (encoded === undefined || this.#closed) return
      const row = decodeReplicaRow(encoded)
      if (this.#acknowledged === undefined) {
        if (!this.#send(row, '', 0, [], true)) return
        this.#watch()
        continue
      }
      for (const { incarnation, to } of this.#options.logs(row)) {
        for (;;) {
          const from = Math.max(cursorOf(this.#sent, incarnation), cursorOf(this.#acknowledged, incarnation)) + 1
          if (from > to || this.#windowIsFull()) break
          const shipped = await this.#ship(row, incarnation, from, to)
          if (shipped === 'missing' && !row.ours.has(incarnation)) break // another member may have them
          if (shipped === 'missing') this.#missing(incarnation, from)
          if (shipped !== 'shipped') return
        }
      }
    } while (this.#again && !this.#closed)
  }

  async #ship(row: ReplicaRow, incarnation: Incarnation, from: number, to: number): Promise<'shipped' | 'missing' | 'not-now'> {
    const { store, tableNumber } = this.#options
    const page = await store.page(logFrom(tableNumber, incarnation, from), batchLimit)
    const [first] = page.entries
    if (this.#closed || this.#acknowledged === undefined) return 'not-now'
    if (first === undefined || dotOfRow(first.key).n !== from) return 'missing'
    const records = page.entries.slice(0, to - from + 1).map((entry) => entry.value)
    const bytes = records.reduce((sum, record) => sum + record.length, 0)
    if (!this.#send(row, incarnation, from, records, true)) return 'not-now'
    const last = from + records.length - 1
    this.#sent.set(incarnation, last)
    this.#inFlight.push({ incarnation, to: last, bytes })
    this.#inFlightBytes += bytes
    this.#watch()
    return 'shipped'
  }

  /** Either what the receiver said is out of date, then it says so when asked again, or it needs what is in no log: a state [REP-30]. */
  #missing(incarnation: Incarnation, from: number): void {
    const what = `${incarnation}:${from}`
    this.#stalled = `the records from ${what} on are not kept any more`
    this.#acknowledged = undefined
    this.#watch()
    if (this.#lastMissing === what) this.#options.lacking()
    this.#lastMissing = what
  }

  #send(row: ReplicaRow, incarnation: Incarnation, from: number, records: readonly Uint8Array[], answer: boolean): boolean {
    const { globalId, send } = this.#options
    const sent = send({ kind: 'changes', globalId, incarnation, from, records, report: reportOf(row), answer })
    if (sent) this.#lastReport = row
    return sent
  }

  #windowIsFull(): boolean {
    return this.#inFlight.length >= batchesInFlightMax || this.#inFlightBytes >= bytesInFlightMax
  }

  #forgetFlight(): void {
    this.#sent.clear()
    this.#inFlight.length = 0
    this.#inFlightBytes = 0
    this.#lastGap = undefined
  }

  /** While something is unanswered, sends it again after a while that grows; an answer or a link that comes up does so at once. */
  #watch(): void {
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    if (this.#closed || (this.#acknowledged !== undefined && this.#inFlight.length === 0)) return
    this.#cancelRetry = this.#options.scheduler.after(this.#retryMs, () => {
      this.#retryMs = Math.min(this.#retryMs * 2, retryMsMax)
      this.#forgetFlight()
      this.#acknowledged = undefined
      this.wake()
    })
  }

  #rest(): void {
    this.#pumping = false
    if (this.#again) this.wake()
  }
}

export interface OutboxOptions {
  readonly store: Store
  readonly scheduler: Scheduler
  readonly tableNumber: number
  readonly globalId: string
  /** The logs that this replica serves, each with the last number that counts. */
  readonly logs: (row: ReplicaRow) => readonly Served[]
  /** The receiver needs what is not kept any more, and has said so twice. */
  readonly lacking: () => void
  readonly send: (message: Message) => boolean
  readonly failed: (error: unknown) => void
}

export function reportOf(row: ReplicaRow): Report {
  return { cursors: row.cursors, epoch: row.epoch, ours: [...row.ours] }
}

/** A log that is shipped, to this number. */
export interface Served {
  readonly incarnation: Incarnation
  readonly to: number
}

interface InFlight {
  readonly incarnation: Incarnation
  readonly to: number
  readonly bytes: number
}

/** One message. */
const batchLimit = { entriesMax: 256, bytesMax: 1 << 20 }
/** What may be on its way to one receiver: with these a sender never outruns a receiver by more than a few megabytes. */
const batchesInFlightMax = 16
const bytesInFlightMax = 8 << 20
const retryMsMin = 5_000
const retryMsMax = 60_000
