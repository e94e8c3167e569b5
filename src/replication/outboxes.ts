import type { Scheduler } from '../base/scheduler.ts'
import type { Store } from '../storage/store.ts'
import type { Cursors } from './cursors.ts'
import { cursorOf } from './cursors.ts'
import type { Dot, Incarnation } from './dot.ts'
import type { Membership } from './membership.ts'
import type { Progress, Transport } from './messages.ts'
import type { Served } from './outbox.ts'
import { Outbox, reportOf } from './outbox.ts'
import type { ReplicaRow } from './replica-row.ts'
import { logKey } from './rows.ts'
import { decodeVersion } from './version.ts'

/** What one replica sends to the other members: an outbox for each. */
export class Outboxes {
  readonly #options: OutboxesOptions
  readonly #outboxByPeer = new Map<string, Outbox>()

  constructor(options: OutboxesOptions) {
    this.#options = options
  }

  /** True while there is nobody to send to. */
  get none(): boolean {
    return this.#outboxByPeer.size === 0
  }

  /** Those that it sends to are these from now on. Returns the new ones. */
  follow(peers: ReadonlySet<string>): readonly Outbox[] {
    for (const [peer, outbox] of this.#outboxByPeer) {
      if (peers.has(peer)) continue
      outbox.close()
      this.#outboxByPeer.delete(peer)
    }
    const added: Outbox[] = []
    for (const peer of peers) {
      if (this.#outboxByPeer.has(peer)) continue
      const { store, scheduler, tableNumber, globalId, transport, failed } = this.#options
      const send = transport.send.bind(transport, peer)
      const logs = (row: ReplicaRow): readonly Served[] => this.#logs(row)
      const lacking = (): void => this.#options.lacking(peer)
      const outbox = new Outbox({ store, scheduler, tableNumber, globalId, logs, lacking, send, failed })
      this.#outboxByPeer.set(peer, outbox)
      added.push(outbox)
    }
    return added
  }

  /** There may be something to ship. */
  wake(): void {
    for (const outbox of this.#outboxByPeer.values()) outbox.wake()
  }

  /** What was on its way to this member may be lost; without a name: to any. */
  restart(peer?: string): void {
    if (peer !== undefined) this.#outboxByPeer.get(peer)?.restart()
    else for (const outbox of this.#outboxByPeer.values()) outbox.restart()
  }

  /** A member said how far it has come; false when it is none. */
  received(from: string, progress: Progress): boolean {
    const outbox = this.#outboxByPeer.get(from)
    outbox?.received(progress)
    return outbox !== undefined
  }

  /** Answers a member that it has come so far. */
  answer(to: string, row: ReplicaRow, gap: boolean): void {
    const { transport, globalId } = this.#options
    if (transport.send(to, { kind: 'progress', globalId, report: reportOf(row), gap })) this.#outboxByPeer.get(to)?.reported(row)
  }

  /** What each member last said that it has; undefined where it never said so. */
  known(): ReadonlyMap<string, Cursors | undefined> {
    return new Map([...this.#outboxByPeer].map(([peer, outbox]) => [peer, outbox.known]))
  }

  /** Tells every member that this replica is ready for changes, and from where on. */
  announce(row: ReplicaRow): void {
    const { transport, globalId } = this.#options
    for (const peer of this.#outboxByPeer.keys()) transport.send(peer, { kind: 'progress', globalId, report: reportOf(row), gap: true })
  }

  /** Tells the members how far this replica has come, those that have not just been told. */
  report(row: ReplicaRow): void {
    for (const outbox of this.#outboxByPeer.values()) outbox.report(row)
  }

  /** Asks the members how far they have come: what they last said may be lost. */
  ask(row: ReplicaRow): void {
    for (const outbox of this.#outboxByPeer.values()) outbox.ask(row)
  }

  /** How far each member is behind this Region's own logs. */
  async distances(row: ReplicaRow, nowMs: number): Promise<readonly Distance[]> {
    return Promise.all(
      [...this.#outboxByPeer].map(async ([peer, outbox]) => {
        const pending = outbox.known && this.#pending(row, outbox.known)
        const oldestPendingMs = pending && (await this.#oldest(pending.firsts, nowMs))
        return { peer, known: outbox.known, pending: pending?.count, oldestPendingMs, stalled: outbox.stalled }
      }),
    )
  }

  /** Its own logs, and those that are closed: whoever wrote these may be gone [REP-26]. What lies beyond a final number is nobody's. */
  #logs(row: ReplicaRow): readonly Served[] {
    const membership = this.#options.membership()
    const served: Served[] = []
    for (const [incarnation, n] of row.cursors) {
      if (this.#isComplete(incarnation)) continue
      const final = membership.closed[incarnation]
      if (final !== undefined) served.push({ incarnation, to: Math.min(n, final) })
      else if (row.ours.has(incarnation) && this.#options.mayShip(incarnation)) served.push({ incarnation, to: n })
    }
    return served
  }

  /** Its drop is announced: every member has it in full, whether or not the cursors still name it. */
  #isComplete(incarnation: Incarnation): boolean {
    return this.#options.membership().dropped[incarnation] !== undefined
  }

  /** What of this Region's own logs is beyond `known`: how much, and where it begins in each. */
  #pending(row: ReplicaRow, known: Cursors): { readonly count: number; readonly firsts: readonly Dot[] } {
    let count = 0
    const firsts: Dot[] = []
    for (const incarnation of row.ours) {
      const n = cursorOf(known, incarnation) + 1
      const missing = cursorOf(row.cursors, incarnation) - n + 1
      if (missing <= 0 || this.#isComplete(incarnation)) continue
      count += missing
      firsts.push({ incarnation, n })
    }
    return { count, firsts }
  }

  /** How long ago the oldest of these changes was committed; undefined when there are none, or they were let go of meanwhile. */
  async #oldest(dots: readonly Dot[], nowMs: number): Promise<number | undefined> {
    if (dots.length === 0) return undefined
    const { store, tableNumber } = this.#options
    const records = await store.getMany(dots.map((dot) => logKey(tableNumber, dot)))
    const committedMs = records.flatMap((record) => (record === undefined ? [] : [decodeVersion(record).committedAtMs]))
    return committedMs.length === 0 ? undefined : Math.max(0, nowMs - Math.min(...committedMs))
  }

  close(): void {
    for (const outbox of this.#outboxByPeer.values()) outbox.close()
  }
}

export interface OutboxesOptions {
  readonly store: Store
  readonly scheduler: Scheduler
  readonly tableNumber: number
  readonly globalId: string
  readonly transport: Transport
  readonly membership: () => Membership
  /** False for a log whose beginning is still to be compared with what the members remember [REP-35]. */
  readonly mayShip: (incarnation: Incarnation) => boolean
  /** A member needs what is in no log any more. */
  readonly lacking: (peer: string) => void
  readonly failed: (error: unknown) => void
}

/** Between this replica and one member. */
export interface Distance {
  readonly peer: string
  /** What it last said that it has; undefined: nothing yet. */
  readonly known: Cursors | undefined
  /** Changes of ours that it does not have yet; undefined while it has not said how far it is. */
  readonly pending: number | undefined
  /** How long ago the oldest of them was committed; undefined when there are none. */
  readonly oldestPendingMs: number | undefined
  /** Why nothing is shipped; undefined when all is well. */
  readonly stalled: string | undefined
}
