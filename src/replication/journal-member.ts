import { assert } from '../base/assert.ts'
import type { Cancel, Scheduler } from '../base/scheduler.ts'
import { StoreClosed } from '../storage/store.ts'
import type { Entry, Journal, Place, Placed } from './journal.ts'
import { decodeEntry, encodeEntry } from './journal-entry.ts'
import type { JournalLog } from './journal-log.ts'
import { epochOf, withEpoch } from './journal-log.ts'
import type { JournalOrder, OrderedMember } from './journal-order.ts'
import type { JournalMessage, JournalSaying, Transport } from './messages.ts'

/**
 * One Region's part in the journal of a strong table, where all Regions are in one process: its log, what it knows of the other members' logs, and the
 * {@link Journal} of its own clients. Places are given out by the process ({@link JournalOrder}); everything else goes over the Region's links [STR-6].
 *
 *     entry ──place──> own log, and to the others ──flushed──> "my log is flushed up to here" to all ──> on a majority: committed [STR-3]
 *
 * Logs are compared by epochs. Whoever finds that nobody gives out places, or that one which was given out cannot be had, opens a new epoch [STR-5]: a
 * majority promises it, the best of their logs is taken, an entry of the new epoch is put behind it and brought to a majority; then places are given out
 * again. A member that promised takes nothing of an earlier epoch, so what is not in the log of the new one never comes into it, and is placed again.
 *
 * Nothing relies on a message that arrives. While something is missing, what may have been lost is said again, at a pace that slows down.
 */
export class JournalMember implements Journal, OrderedMember {
  readonly region: string
  readonly #options: MemberOptions
  readonly #log: JournalLog
  readonly #peerByName: Map<string, Peer>
  /** Entries of the promised epoch that came before those that they follow. */
  readonly #ahead = new Map<number, Uint8Array>()
  readonly #pendingByPlace = new Map<number, Pending>()
  readonly #readyWaiters: (() => void)[] = []
  readonly #listeners: (() => void)[] = []
  #committed: number
  #applied: number
  #opening: Opening | undefined
  /** The entry that this member put behind the best log, until it is on a majority. */
  #openedAt: { readonly epoch: number; readonly position: number } | undefined
  #round: Round | undefined
  #nextRound: Waiting[] = []
  #rounds = 0
  #pulse: Cancel | undefined
  #pulseMs = pulseMsMin
  #withoutQuorumSinceMs: number | undefined
  #closed = false

  /** @param options.applied up to where this Region needs no entry any more */
  constructor(options: MemberOptions) {
    this.#options = options
    this.region = options.region
    this.#log = options.log
    const peers = options.order.members.filter((member) => member !== options.region)
    this.#peerByName = new Map(peers.map((name) => [name, { name, epoch: 0, tail: undefined, applied: 0, ...patient }]))
    this.#committed = Math.max(this.#log.start, options.applied)
    this.#applied = options.applied
    options.order.enrol(this)
    this.#wake()
  }

  tailIn(epoch: number): number | undefined {
    return this.#log.promised === epoch && this.#isAligned ? this.#log.tail : undefined
  }

  get committed(): number {
    return this.#committed
  }

  async append(entry: Entry): Promise<Place | { readonly kind: 'unknown' }> {
    const bytes = encodeEntry(entry)
    const untilMs = this.#nowMs + answerMsMax
    for (;;) {
      this.#assertOpen()
      // Whatever was placed before is in no log that counts: nothing has happened yet.
      const { order } = this.#options
      if (!order.hasQuorum(this.region) || order.isSealed || this.#nowMs > untilMs) return noQuorum
      const epoch = this.#log.promised
      const position = this.#isAligned ? order.place(this, epoch) : undefined
      if (position === undefined) {
        await this.#ready()
        continue
      }
      const placed = withEpoch(epoch, bytes)
      const outcome = new Promise<Outcome>((resolve) => this.#pendingByPlace.set(position, { epoch, untilMs, resolve }))
      this.#take(position - 1, [placed])
      for (const { name } of this.#peerByName.values()) {
        this.#send(name, { kind: 'entries', after: position - 1, afterEpoch: epoch, entries: [placed], base: false })
      }
      this.#wake()
      const reached = await outcome
      if (reached === 'committed') return { kind: 'at', position }
      if (reached === 'unknown') return { kind: 'unknown' }
    }
  }

  barrier(): Promise<Place> {
    this.#assertOpen()
    if (!this.#options.order.hasQuorum(this.region)) return Promise.resolve(noQuorum)
    return new Promise((resolve) => {
      this.#nextRound.push({ resolve, untilMs: this.#nowMs + answerMsMax })
      this.#beginRound()
      this.#wake()
    })
  }

  /** Lets nobody append any more. Everything that was committed, or ever will be, is at or below the position returned. */
  seal(): Promise<Place> {
    const { order } = this.#options
    order.seal()
    // What was placed and is not in the log of a new epoch comes into none.
    if (order.hasQuorum(this.region)) this.#open()
    return this.barrier()
  }

  async read(after: number): Promise<readonly Placed[]> {
    const entries = await this.#log.read(after)
    return entries.slice(0, Math.max(0, this.#committed - after)).map((bytes, at) => ({
      position: after + 1 + at,
      entry: decodeEntry(bytes.subarray(6)),
    }))
  }

  applied(position: number): void {
    if (position <= this.#applied) return
    this.#applied = position
    this.#trim()
  }

  onCommitted(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** The link to a member is up: what was on its way may be lost. */
  linkUp(name: string): void {
    const peer = this.#peerByName.get(name)
    if (peer === undefined || this.#closed) return
    Object.assign(peer, patient)
    this.#tell(name, { asked: 0 })
    this.#wake()
  }

  receive(from: string, { epoch, says }: JournalMessage): void {
    const peer = this.#peerByName.get(from)
    if (this.#closed || peer === undefined) return
    if (epoch < this.#log.promised) {
      // Whoever is behind learns so from the answer.
      if (says.kind !== 'promise' && says.kind !== 'tail') this.#tell(from, {})
      if (says.kind === 'tail' && says.asked !== undefined) this.#tell(from, {})
      return
    }
    switch (says.kind) {
      case 'open':
        this.#settles(this.#promise(from, epoch))
        return
      case 'promise':
        this.#promisedBy(from, epoch, says)
        return
      case 'want':
        if (epoch === this.#log.promised) this.#settles(this.#serve(from, says.after, says.base))
        return
      case 'entries':
        if (says.base) this.#takeBase(from, epoch, says)
        else this.#takeEntries(from, epoch, says)
        return
      case 'tail':
        this.#noteTail(peer, epoch, says)
    }
  }

  /** What waits is told that the Region is gone; nothing is sent any more. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#pulse?.()
    this.#options.order.leave(this)
    for (const { resolve } of this.#pendingByPlace.values()) resolve('closed')
    this.#pendingByPlace.clear()
    for (const { resolve } of [...(this.#round?.waiting ?? []), ...this.#nextRound]) resolve(noQuorum)
    this.#round = undefined
    this.#nextRound = []
    this.#releaseReady()
  }

  // Opening an epoch [STR-5]

  #open(): void {
    const { order } = this.#options
    const epoch = order.begin(this)
    const promised = this.#promised(epoch)
    this.#opening = { epoch, promises: new Map(), source: undefined, last: undefined }
    this.#settles(
      promised.then(() => {
        if (this.#opening?.epoch === epoch) this.#promisedBy(this.region, epoch, { tail: this.#log.tail, tailEpoch: this.#tailEpoch })
      }),
    )
    for (const { name } of this.#peerByName.values()) this.#send(name, { kind: 'open' }, epoch)
  }

  async #promise(from: string, epoch: number): Promise<void> {
    await this.#promised(epoch)
    if (this.#log.promised !== epoch) return
    this.#send(from, { kind: 'promise', tail: this.#log.tail, tailEpoch: this.#tailEpoch })
  }

  async #promised(epoch: number): Promise<void> {
    if (epoch < this.#log.promised) return
    if (epoch > this.#log.promised) this.#entersEpoch()
    await this.#log.promise(epoch)
  }

  #promisedBy(from: string, epoch: number, log: { readonly tail: number; readonly tailEpoch: number }): void {
    const opening = this.#opening
    if (opening === undefined || opening.epoch !== epoch || opening.source !== undefined) return
    opening.promises.set(from, log)
    if (opening.promises.size < this.#options.order.majority || !opening.promises.has(this.region)) return
    let [best, source] = [{ tail: this.#log.tail, tailEpoch: this.#tailEpoch }, this.region]
    for (const [name, promise] of opening.promises) {
      const isBetter = promise.tailEpoch > best.tailEpoch || (promise.tailEpoch === best.tailEpoch && promise.tail > best.tail)
      if (isBetter) [best, source] = [promise, name]
    }
    opening.source = source
    opening.last = best
    if (source === this.region) this.#beginEpoch(epoch)
    else this.#want(source, Math.min(this.#log.tail, best.tail), true)
  }

  /** The best log is here: the entry that opens the epoch comes behind it. */
  #beginEpoch(epoch: number): void {
    this.#opening = undefined
    const base = this.#log.tail
    const opener = withEpoch(epoch, noEntry)
    const afterEpoch = this.#tailEpoch
    this.#append(base, [opener])
    for (const { name } of this.#peerByName.values()) {
      this.#send(name, { kind: 'entries', after: base, afterEpoch, entries: [opener], base: false })
    }
    this.#openedAt = { epoch, position: base + 1 }
  }

  #takeBase(from: string, epoch: number, { after, afterEpoch, entries }: Extract<JournalSaying, { kind: 'entries' }>): void {
    const opening = this.#opening
    if (opening?.epoch !== epoch || opening.source !== from || opening.last === undefined) return
    const { last } = opening
    if (this.#fits(from, after, afterEpoch, true)) this.#appendNew(after, entries.slice(0, last.tail - after))
    if (this.#log.tail < last.tail || this.#log.epochAt(last.tail) !== last.tailEpoch) {
      if (entries.length > 0) this.#want(from, Math.min(this.#log.tail, last.tail), true)
      return
    }
    this.#cut(last.tail)
    this.#beginEpoch(epoch)
  }

  // Entries

  async #serve(to: string, after: number, base: boolean): Promise<void> {
    if (!base && !this.#isAligned) return this.#tell(to, {})
    const from = Math.max(after, this.#log.start)
    const afterEpoch = this.#log.epochAt(from)
    const epoch = this.#log.promised
    // What is asked for lies beyond this log: its end is where to look.
    if (afterEpoch === undefined) {
      const tail = this.#log.tail
      this.#send(to, { kind: 'entries', after: tail, afterEpoch: this.#tailEpoch, entries: [], base })
      return
    }
    const entries = await this.#log.read(from)
    if (this.#closed || this.#log.promised !== epoch) return
    this.#send(to, { kind: 'entries', after: from, afterEpoch, entries, base })
    if (!base) this.#tell(to, {})
  }

  #takeEntries(from: string, epoch: number, { after, afterEpoch, entries }: Extract<JournalSaying, { kind: 'entries' }>): void {
    if (epoch > this.#log.promised) {
      this.#entersEpoch()
      this.#settles(this.#log.promise(epoch))
    }
    if (after > this.#log.tail && this.#isAligned) {
      for (const [at, entry] of entries.entries()) this.#putAhead(after + 1 + at, entry)
      this.#wake()
      return
    }
    if (!this.#fits(from, after, afterEpoch, false)) return
    this.#appendNew(after, entries)
    const peer = this.#peerByName.get(from)
    if (peer !== undefined && peer.askedUntilMs > 0) {
      // What was asked for: the rest of it at once.
      peer.askedUntilMs = 0
      if (entries.length > 0 && (peer.tail ?? 0) > this.#log.tail) this.#missing(peer, epoch)
    }
    this.#wake()
  }

  /** Whether entries behind this one continue the log. If not, earlier ones are asked for. */
  #fits(from: string, after: number, afterEpoch: number, base: boolean): boolean {
    if (after < this.#log.start) return true // what was trimmed is the same everywhere
    if (this.#log.epochAt(after) === afterEpoch) return true
    this.#want(from, after > this.#log.tail ? this.#log.tail : this.#log.beforeRun(after), base)
    return false
  }

  /** Appends what is not held. What is held in the same epoch is the same. */
  #appendNew(after: number, entries: readonly Uint8Array[]): void {
    let at = Math.max(0, this.#log.start - after)
    while (at < entries.length && this.#log.epochAt(after + 1 + at) === epochOf(entries[at] ?? noEpoch)) at++
    if (at < entries.length) this.#append(after + at, entries.slice(at))
  }

  /** Entries of the promised epoch, in their place. */
  #take(after: number, entries: readonly Uint8Array[]): void {
    if (after === this.#log.tail && this.#isAligned) this.#append(after, entries)
    else for (const [at, entry] of entries.entries()) this.#putAhead(after + 1 + at, entry)
  }

  #putAhead(position: number, entry: Uint8Array): void {
    if (position > this.#log.tail && (this.#ahead.size < aheadMax || this.#pendingByPlace.has(position))) this.#ahead.set(position, entry)
  }

  #append(after: number, entries: readonly Uint8Array[]): void {
    assert(after >= this.#committed || entries.length === 0, 'what is committed stays')
    const last = entries.at(-1)
    if (last !== undefined && epochOf(last) > this.#log.promised) this.#entersEpoch()
    this.#flushes(this.#log.append(after, entries))
    if (this.#isAligned) {
      const followers: Uint8Array[] = []
      for (let next = this.#ahead.get(this.#log.tail + 1 + followers.length); next !== undefined;) {
        followers.push(next)
        next = this.#ahead.get(this.#log.tail + 1 + followers.length)
      }
      if (followers.length > 0) this.#flushes(this.#log.append(this.#log.tail, followers))
      if (this.#ahead.size > 0) for (const position of this.#ahead.keys()) if (position <= this.#log.tail) this.#ahead.delete(position)
    }
    this.#releaseReady()
  }

  #flushes(written: Promise<void>): void {
    this.#settles(written.then(() => this.#flushed()))
  }

  #cut(tail: number): void {
    if (this.#log.tail > tail) this.#settles(this.#log.append(tail, []))
  }

  /** What waits to be placed, and what was put ahead, belongs to the epoch that ends here. */
  #entersEpoch(): void {
    this.#ahead.clear()
    this.#opening = undefined
    this.#openedAt = undefined
  }

  // Who has what

  #flushed(): void {
    if (this.#closed) return
    for (const { name } of this.#peerByName.values()) this.#tell(name, {})
    this.#advance()
    this.#beginRound()
  }

  #tell(to: string, { asked, answers }: { readonly asked?: number; readonly answers?: number }): void {
    const tail = this.#flushedInEpoch
    const needless = this.#options.isWitness ? (tail ?? 0) : this.#applied
    this.#send(to, { kind: 'tail', tail, applied: needless, asked, answers })
  }

  #noteTail(peer: Peer, epoch: number, says: Extract<JournalSaying, { kind: 'tail' }>): void {
    const isNewer = epoch > peer.epoch
    // Messages may overtake each other; within one epoch a flushed log only grows.
    if (isNewer || (epoch === peer.epoch && (says.tail ?? -1) > (peer.tail ?? -1))) {
      peer.patienceMs = patienceMsMin
      peer.quietUntilMs = this.#nowMs + patienceMsMin
    }
    if (isNewer || epoch === peer.epoch) {
      peer.tail = isNewer ? says.tail : Math.max(says.tail ?? -1, peer.tail ?? -1)
      if (peer.tail === -1) peer.tail = undefined
      peer.epoch = epoch
    }
    if (says.applied > peer.applied) {
      peer.applied = says.applied
      this.#trim()
    }
    if (says.asked !== undefined) this.#tell(peer.name, { answers: says.asked })
    if (says.answers !== undefined && epoch === this.#log.promised) this.#answered(peer.name, says.answers, says.tail)
    // In the same epoch, what is lacking is mostly on its way: only when nothing has come for a while, it is asked for.
    const isOther = peer.tail !== undefined && (epoch > this.#log.promised || !this.#isAligned)
    if (isOther && epoch >= this.#log.promised) this.#missing(peer, epoch)
    this.#advance()
    if (this.#isMissingSomething) this.#wake()
  }

  /** Its log has something that this one lacks: that is asked for, and again when nothing came for a while. */
  #missing(peer: Peer, epoch: number): void {
    if (this.#nowMs < peer.askedUntilMs) return
    peer.askedUntilMs = this.#nowMs + patienceMsMin
    this.#send(peer.name, { kind: 'want', after: this.#log.tail, base: false }, epoch)
  }

  #advance(): void {
    const own = this.#flushedInEpoch
    if (own === undefined || this.#closed) return
    const epoch = this.#log.promised
    const tails = [own]
    for (const peer of this.#peerByName.values()) if (peer.epoch === epoch && peer.tail !== undefined) tails.push(peer.tail)
    tails.sort((a, b) => b - a)
    const counted = Math.min(own, tails[this.#options.order.majority - 1] ?? 0)
    if (counted <= this.#committed) return this.#settlePending()
    // An epoch counts nothing before an entry of its own is on a majority, and then all that is before it.
    if (this.#log.epochAt(counted) !== epoch) return
    this.#committed = counted
    this.#options.order.committed(epoch, counted)
    if (this.#openedAt?.epoch === epoch && counted >= this.#openedAt.position) {
      this.#options.order.opened(epoch, this.#openedAt.position)
      this.#openedAt = undefined
    }
    this.#settlePending()
    this.#settleRound()
    this.#releaseReady()
    for (const listener of this.#listeners) listener()
  }

  /** Tells those who wait what became of their entries, as far as that is known. */
  #settlePending(): void {
    if (this.#pendingByPlace.size === 0 || !this.#isAligned) return
    for (const [position, { epoch, resolve }] of this.#pendingByPlace) {
      const isHeld = this.#log.epochAt(position) === epoch
      if (isHeld && position <= this.#committed) {
        this.#pendingByPlace.delete(position)
        resolve('committed')
      } else if (!isHeld && epoch < this.#log.promised) {
        this.#pendingByPlace.delete(position)
        resolve('void')
      } else if (epoch === this.#log.promised) return // they are in order, and those behind it are not further
    }
  }

  // Barriers [STR-4]

  #beginRound(): void {
    if (this.#round !== undefined || this.#nextRound.length === 0 || this.#flushedInEpoch === undefined) return
    this.#rounds++
    this.#round = {
      number: this.#rounds,
      epoch: this.#log.promised,
      answers: new Map(),
      target: undefined,
      waiting: this.#nextRound,
    }
    this.#nextRound = []
    this.#ask()
  }

  #ask(): void {
    const round = this.#round
    if (round === undefined || round.target !== undefined) return
    for (const { name } of this.#peerByName.values()) if (!round.answers.has(name)) this.#tell(name, { asked: round.number })
  }

  #answered(from: string, number: number, tail: number | undefined): void {
    const round = this.#round
    if (round?.number !== number || round.epoch !== this.#log.promised || round.target !== undefined) return
    // A log that is not of this epoch yet has nothing that counts and that the log of this epoch lacks.
    round.answers.set(from, tail ?? 0)
    if (round.answers.size + 1 < this.#options.order.majority) return
    round.target = Math.max(this.#log.flushed, ...round.answers.values())
    this.#settleRound()
  }

  #settleRound(): void {
    const round = this.#round
    if (round === undefined) return
    if (round.epoch !== this.#log.promised) {
      // Another epoch has begun: all is asked again.
      this.#round = undefined
      this.#nextRound = [...round.waiting, ...this.#nextRound]
      this.#beginRound()
      return
    }
    if (round.target === undefined || this.#committed < round.target) return
    this.#round = undefined
    for (const { resolve } of round.waiting) resolve({ kind: 'at', position: round.target })
    this.#beginRound()
  }

  // Saying it again

  #wake(): void {
    if (this.#pulse !== undefined || this.#closed) return
    this.#pulse = this.#options.scheduler.after(this.#pulseMs, () => {
      this.#pulse = undefined
      if (this.#closed) return
      this.#beat()
      this.#pulseMs = this.#isWaitedFor ? pulseMsMin : Math.min(this.#pulseMs * 2, pulseMsMax)
      if (this.#isMissingSomething) this.#wake()
      else this.#pulseMs = pulseMsMin
    })
  }

  get #isWaitedFor(): boolean {
    return this.#pendingByPlace.size > 0 || this.#round !== undefined || this.#nextRound.length > 0 || this.#readyWaiters.length > 0
  }

  get #isMissingSomething(): boolean {
    if (this.#isWaitedFor) return true
    if (this.#opening !== undefined || this.#openedAt !== undefined || this.#ahead.size > 0) return true
    const { order } = this.#options
    if (!order.hasQuorum(this.region)) return false
    if (order.needsOpening) return !this.#options.isWitness
    for (const peer of this.#peerByName.values()) {
      if (this.#isUp(peer.name) && (peer.epoch !== this.#log.promised || peer.tail !== this.#log.tail)) return true
    }
    return false
  }

  #beat(): void {
    const { order } = this.#options
    const hasQuorum = order.hasQuorum(this.region)
    this.#giveUp(hasQuorum)
    if (hasQuorum && !this.#options.isWitness && (order.needsOpening || this.#isHeldUp)) this.#open()
    const opening = this.#opening
    const nowMs = this.#nowMs
    for (const peer of this.#peerByName.values()) {
      if (!this.#isUp(peer.name) || nowMs < peer.quietUntilMs) continue
      peer.patienceMs = Math.min(peer.patienceMs * 2, patienceMsMax)
      peer.quietUntilMs = nowMs + peer.patienceMs
      if (opening !== undefined) {
        if (!opening.promises.has(peer.name)) this.#send(peer.name, { kind: 'open' }, opening.epoch)
        if (opening.source === peer.name) this.#want(peer.name, Math.min(this.#log.tail, opening.last?.tail ?? 0), true)
        continue
      }
      if (peer.epoch > this.#log.promised || (peer.tail !== undefined && peer.epoch === this.#log.promised && peer.tail > this.#log.tail)) {
        this.#missing(peer, peer.epoch)
      } else if (peer.epoch === this.#log.promised && peer.tail !== undefined && this.#isAligned && peer.tail < this.#log.flushed) {
        this.#settles(this.#serve(peer.name, peer.tail, false))
      }
      // Of a log that is not known, or not of this epoch, it has to be heard where it ends.
      if (peer.epoch !== this.#log.promised || peer.tail !== this.#log.tail) {
        if (this.#isAligned && peer.tail === undefined) this.#settles(this.#serve(peer.name, this.#log.tail, false))
        this.#tell(peer.name, { asked: 0 })
      }
      if (this.#round !== undefined && !this.#round.answers.has(peer.name)) this.#tell(peer.name, { asked: this.#round.number })
    }
  }

  /** Somebody waits here for what cannot be had. */
  get #isHeldUp(): boolean {
    return this.#isWaitedFor && this.#opening === undefined && this.#options.order.isStuck(this)
  }

  /** Who has waited too long, or waits for what cannot be had now, is told so. */
  #giveUp(hasQuorum: boolean): void {
    const nowMs = this.#nowMs
    this.#withoutQuorumSinceMs = hasQuorum ? undefined : (this.#withoutQuorumSinceMs ?? nowMs)
    const isCutOff = this.#withoutQuorumSinceMs !== undefined
    for (const [position, pending] of this.#pendingByPlace) {
      if (nowMs < pending.untilMs && !(isCutOff && nowMs - (this.#withoutQuorumSinceMs ?? nowMs) >= unknownAfterMs)) continue
      this.#pendingByPlace.delete(position)
      pending.resolve('unknown')
    }
    const round = this.#round
    if (round !== undefined && round.epoch !== this.#log.promised) this.#settleRound()
    else if (round !== undefined && (isCutOff || round.waiting.every(({ untilMs }) => nowMs >= untilMs))) {
      this.#round = undefined
      for (const { resolve } of round.waiting) resolve(noQuorum)
    }
    const late = this.#nextRound.filter(({ untilMs }) => isCutOff || nowMs >= untilMs)
    if (late.length > 0) this.#nextRound = this.#nextRound.filter((each) => !late.includes(each))
    for (const { resolve } of late) resolve(noQuorum)
    this.#beginRound()
    if (this.#readyWaiters.length > 0) this.#releaseReady()
  }

  /** Until places may be given out, or something else has changed. */
  #ready(): Promise<void> {
    return new Promise((resolve) => {
      this.#readyWaiters.push(resolve)
      this.#wake()
    })
  }

  #releaseReady(): void {
    for (const resolve of this.#readyWaiters.splice(0)) resolve()
  }

  #trim(): void {
    let upTo = this.#options.isWitness ? this.#committed : this.#applied
    for (const peer of this.#peerByName.values()) upTo = Math.min(upTo, peer.applied)
    upTo = Math.min(upTo, this.#committed, this.#log.flushed)
    if (upTo - this.#log.start >= trimmedFrom) this.#settles(this.#log.trim(upTo))
  }

  #want(from: string, after: number, base: boolean): void {
    this.#send(from, { kind: 'want', after, base })
  }

  #send(to: string, says: JournalSaying, epoch = this.#log.promised): void {
    const { journal, transport } = this.#options
    transport.send(to, { kind: 'journal', journal, epoch, says })
  }

  #isUp(peer: string): boolean {
    return this.#options.isUp(this.region, peer)
  }

  /** The log is that of the promised epoch, as far as it goes. */
  get #isAligned(): boolean {
    return this.#log.promised > 0 && this.#tailEpoch === this.#log.promised
  }

  get #flushedInEpoch(): number | undefined {
    const { flushed, promised } = this.#log
    return promised > 0 && this.#log.epochAt(flushed) === promised ? flushed : undefined
  }

  get #tailEpoch(): number {
    return this.#log.epochAt(this.#log.tail) ?? 0
  }

  get #nowMs(): number {
    return this.#options.scheduler.monotonicMs()
  }

  #settles(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!(error instanceof StoreClosed)) this.#options.failed(error)
    })
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreClosed()
  }
}

export interface MemberOptions {
  readonly region: string
  readonly journal: string
  /** It keeps the log and has no table. */
  readonly isWitness: boolean
  readonly log: JournalLog
  readonly order: JournalOrder
  readonly applied: number
  readonly transport: Transport
  /** Whether the link there is known to be up. */
  readonly isUp: (from: string, to: string) => boolean
  readonly scheduler: Scheduler
  readonly failed: (error: unknown) => void
}

/** What is known of another member. */
interface Peer {
  readonly name: string
  epoch: number
  /** How much of its log of that epoch is flushed; undefined: it is not of that epoch yet. */
  tail: number | undefined
  applied: number
  /** What may have been lost is said again then, and the next time twice as late, unless something comes meanwhile. */
  quietUntilMs: number
  patienceMs: number
  /** What is lacking was asked for, and may come until then; 0: it was not. */
  askedUntilMs: number
}

type Outcome = 'committed' | 'void' | 'unknown' | 'closed'

interface Pending {
  readonly epoch: number
  readonly untilMs: number
  readonly resolve: (outcome: Outcome) => void
}

interface Opening {
  readonly epoch: number
  readonly promises: Map<string, { readonly tail: number; readonly tailEpoch: number }>
  /** Whose log is the best, once a majority has promised, and where it ends. */
  source: string | undefined
  last: { readonly tail: number; readonly tailEpoch: number } | undefined
}

/** One question to all members, on behalf of all who waited for the one before. */
interface Round {
  readonly number: number
  readonly epoch: number
  readonly answers: Map<string, number>
  target: number | undefined
  readonly waiting: readonly Waiting[]
}

interface Waiting {
  readonly resolve: (place: Place) => void
  readonly untilMs: number
}

const noQuorum: Place = { kind: 'no-quorum' }
const noEntry = new Uint8Array(0)
const noEpoch = new Uint8Array(6)
/** How long anybody waits for an answer, ms: several round trips of the slowest links that we make. */
const answerMsMax = 20_000
/** How long a write that was placed is waited for where the quorum is lost: a link may come back. */
const unknownAfterMs = 1000
const pulseMsMin = 100
const pulseMsMax = 2000
const patienceMsMin = 250
const patienceMsMax = 4000
const patient = { quietUntilMs: 0, patienceMs: patienceMsMin, askedUntilMs: 0 }
/** How many entries are kept that came too early. Of more, they are asked for again. */
const aheadMax = 2000
/** Trimming is worth a transaction from so many entries on. */
const trimmedFrom = 500
